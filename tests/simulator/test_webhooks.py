"""Webhooks as the service posts them: signed, in time or again, until the hook is stopped."""

import hashlib
import json
import re
from collections import Counter
from typing import Any

from tests.simulator.conftest import Client, Receiver, eventually


async def hook(simulator: Client, receiver: Receiver, **more: object) -> None:
    """Set the receiver as the account's hook."""
    await simulator.result(
        "setHook",
        hook_url=receiver.url,
        event_format="json_post",
        events={"email_status": "*", "unsubscribe": "*", "campaign_status": "*"},
        **more,
    )


def events(receiver: Receiver) -> list[dict[str, Any]]:
    """All events of all bodies, in the order of arrival."""
    return [event for body in receiver.bodies for event in json.loads(body)["events_by_user"][0]["events"]]


def signed(body: bytes, api_key: str) -> bool:
    """Whether auth is the md5 of the body with the key in its place."""
    auth = json.loads(body)["auth"]
    with_key = re.sub(rb'"auth":"[0-9a-f]{32}"', f'"auth":"{api_key}"'.encode(), body, count=1)
    return hashlib.md5(with_key, usedforsecurity=False).hexdigest() == str(auth)


async def quiet(simulator: Client) -> bool:
    """Whether no event waits any more."""
    return bool((await simulator.seen("webhooks"))["waiting"]["events"] == 0)


async def test_a_campaign_reports_every_event_signed_and_batched(
    simulator: Client, receiver: Receiver
) -> None:
    await hook(simulator, receiver)
    emails = [f"p{index}+delivered@mail.example" for index in range(30)] + ["q+unsubscribe@mail.example"]
    list_id = await simulator.list_with("Список", *emails)
    key = await simulator.campaign(list_id, track_read=1, track_links=1)
    await simulator.ended(key)
    await eventually(lambda: quiet(simulator))
    assert all(signed(body, simulator.api_key) for body in receiver.bodies)
    assert len(receiver.bodies) < len(events(receiver))
    seen = Counter((event["event_name"], event["event_data"].get("status")) for event in events(receiver))
    assert seen == {
        ("campaign_status", "scheduled"): 1,
        ("campaign_status", "in_progress"): 1,
        ("campaign_status", "analysed"): 1,
        ("campaign_status", "completed"): 1,
        ("email_status", "ok_sent"): 31,
        ("email_status", "ok_delivered"): 31,
        ("email_status", "ok_read"): 1,
        ("email_status", "ok_unsubscribed"): 1,
        ("unsubscribe", None): 1,
    }
    delivered = next(
        event for event in events(receiver) if event["event_data"].get("status") == "ok_delivered"
    )
    assert set(delivered["event_data"]) == {"email", "status", "status_group", "email_id", "campaign_id"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", delivered["event_time"])


async def test_a_hook_gets_what_it_asked_for_one_by_one(simulator: Client, receiver: Receiver) -> None:
    await simulator.result(
        "setHook", hook_url=receiver.url, events={"email_status": "ok_delivered,ok_read"}, single_event=1
    )
    await simulator.ended(
        await simulator.campaign(await simulator.list_with("Список", "a+click@mail.example"), track_read=1)
    )
    await eventually(lambda: quiet(simulator))
    assert sorted(event["event_data"]["status"] for event in events(receiver)) == ["ok_delivered", "ok_read"]
    assert len(receiver.bodies) == 2


async def test_another_status_than_200_is_repeated_with_a_count(
    simulator: Client, receiver: Receiver
) -> None:
    await simulator.set(retry_interval_s=0.05)
    await hook(simulator, receiver)
    receiver.status = 202
    await simulator.http.post(
        "/_simulator/events",
        json={"account": "mayak", "events": [{"name": "unsubscribe", "data": {"email": "a@b"}}]},
    )

    async def repeated() -> bool:
        return len(receiver.bodies) >= 3

    await eventually(repeated)
    receiver.status = 200
    await eventually(lambda: quiet(simulator))
    counts = [json.loads(body).get("retry_count") for body in receiver.bodies]
    assert counts == [None, *range(1, len(counts))]
    assert all(signed(body, simulator.api_key) for body in receiver.bodies)


async def test_an_answer_that_comes_too_late_counts_as_none(simulator: Client, receiver: Receiver) -> None:
    await simulator.set(webhook_timeout_s=0.1, retry_interval_s=0.05)
    receiver.delay_s = 0.4
    await hook(simulator, receiver)
    await simulator.http.post(
        "/_simulator/events", json={"account": "mayak", "events": [{"name": "unsubscribe", "data": {}}]}
    )

    async def failed() -> dict[str, Any] | None:
        recent = (await simulator.seen("webhooks"))["recent"]
        return recent[0] if recent else None

    assert (await eventually(failed))["error"] == "no answer within 0.1 s"
    receiver.delay_s = 0.0
    await eventually(lambda: quiet(simulator))


async def test_a_hook_that_fails_too_long_is_stopped_until_it_is_set_again(
    simulator: Client, receiver: Receiver
) -> None:
    await simulator.set(retry_interval_s=0.02, retry_window_s=0.1)
    await hook(simulator, receiver)
    receiver.status = 500
    event = {"account": "mayak", "events": [{"name": "unsubscribe", "data": {}}]}
    await simulator.http.post("/_simulator/events", json=event)

    async def stopped() -> bool:
        return bool((await simulator.result("listHooks"))[0]["status"] == "stopped")

    await eventually(stopped)
    receiver.status = 200
    received = len(receiver.bodies)
    await simulator.http.post("/_simulator/events", json=event)
    assert await quiet(simulator)
    await hook(simulator, receiver, status="active")
    await simulator.http.post("/_simulator/events", json=event)
    await eventually(lambda: quiet(simulator))
    assert len(receiver.bodies) == received + 1


async def test_connections_stay_open_and_their_number_is_bounded(
    simulator: Client, receiver: Receiver
) -> None:
    await simulator.set(webhook_batch=1)
    await hook(simulator, receiver, max_parallel=4)
    emails = [f"p{index}@mail.example" for index in range(500)]
    await simulator.ended(await simulator.campaign(await simulator.list_with("Список", *emails)))
    await eventually(lambda: quiet(simulator))
    assert len(receiver.bodies) >= 1000
    assert len(receiver.connections) <= 4


async def test_a_removed_hook_gets_nothing_more(simulator: Client, receiver: Receiver) -> None:
    await hook(simulator, receiver)
    await simulator.result("removeHook", hook_url=receiver.url)
    await simulator.ended(await simulator.campaign(await simulator.list_with("Список", "a@mail.example")))
    assert await simulator.result("listHooks") == []
    assert receiver.bodies == []
