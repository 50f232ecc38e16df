"""Messages on their way: signed, tried again, given up, to nobody who may not be reached."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook, WebhookVerificationError
from tests.alerts.post import letters
from tests.outgoing.conftest import Post, checked, verified
from tests.outgoing.receiver import Receiver, Say
from tests.processes import PLATFORM

from vestnik.db import now
from vestnik.outgoing import sending
from vestnik.outgoing.kinds import documented
from vestnik.outgoing.sending import AT_ONCE, ATTEMPTS_KEPT, KEPT_FOR, RETRY_AFTER
from vestnik.outgoing.tables import delivery, endpoint, message


async def test_a_message_is_sent_signed_and_once(post: Post, receiver: Receiver) -> None:
    _, secret = await post.listen(receiver.url)
    await post.tell(1)
    await post.send()
    await post.send()
    (row,), (stored,) = await post.rows(), await post.rows(message)
    (got,) = receiver.got
    assert verified(secret, receiver) == {
        "type": "lead.created",
        "timestamp": stored_at(got.body),
        "data": {"id": "1"},
    }
    assert got.body == stored["body"].encode()
    assert got.headers["webhook-id"] == row["message_id"] == stored["id"]
    assert stored["id"].startswith("msg_")
    assert got.headers["content-type"] == "application/json"
    assert (row["state"], row["last_status"], row["last_error"], row["next_at"]) == (
        "delivered",
        204,
        None,
        None,
    )
    assert [(each["status"], each["error"]) for each in row["attempts"]] == [(204, None)]
    (card,) = await post.rows(endpoint)
    assert card["delivered_at"] == row["delivered_at"] is not None


def stored_at(body: bytes) -> str:
    return str(json.loads(body)["timestamp"])


async def test_a_message_goes_to_everybody_who_wants_its_kind_and_to_nobody_else(
    post: Post, receiver: Receiver, other_receiver: Receiver
) -> None:
    await post.listen(receiver.url, "lead.created", "lead.changed")
    await post.listen(other_receiver.url, "lead.changed")
    await post.tell(1)
    await post.tell(2, kind="lead.changed")
    await post.tell(3, kind="order.created")
    await post.send()
    assert sorted(got.headers["webhook-id"] for got in receiver.got) == [
        row["id"] for row in await post.rows(message)
    ]
    assert len(await post.rows(message)) == 2
    assert len(other_receiver.got) == 1
    assert len({got.headers["webhook-id"] for got in receiver.got + other_receiver.got}) == 2


async def test_what_is_not_taken_is_tried_again_as_planned_and_given_up(
    post: Post, receiver: Receiver
) -> None:
    receiver.answer = lambda number: Say(500, body=b"broken")
    await post.listen(receiver.url)
    await post.tell(1)
    pauses = []
    for _ in range(len(RETRY_AFTER) + 1):
        before = now()
        await post.send()
        (row,) = await post.rows()
        if row["next_at"] is not None:
            pauses.append(round((row["next_at"] - before) / timedelta(seconds=5)))
        await post.pass_time()
    await post.send()
    assert pauses == [pause // timedelta(seconds=5) for pause in RETRY_AFTER]
    assert len(receiver.got) == len(RETRY_AFTER) + 1
    assert len({(got.headers["webhook-id"], got.body) for got in receiver.got}) == 1
    assert (row["state"], row["last_error"]) == ("given_up", {"code": "status", "status": 500})
    assert len(row["attempts"]) == ATTEMPTS_KEPT == len(RETRY_AFTER) + 1


async def test_what_was_refused_first_is_taken_later(post: Post, receiver: Receiver) -> None:
    receiver.answer = lambda number: Say(503) if number == 1 else Say(200, body=b"ok")
    await post.listen(receiver.url)
    await post.tell(1)
    await post.send()
    assert await post.states() == ["failed"]
    assert (await post.rows(endpoint))[0]["failing_since"] is not None
    await post.pass_time()
    await post.send()
    assert await post.states() == ["delivered"]
    assert (await post.rows(endpoint))[0]["failing_since"] is None


async def test_an_endpoint_that_is_gone_is_turned_off_at_once(post: Post, receiver: Receiver) -> None:
    receiver.answer = lambda number: Say(410) if number == 1 else Say()
    endpoint_id, _ = await post.listen(receiver.url)
    await post.tell(1)
    await post.send()
    (card,) = await post.rows(endpoint)
    assert (card["enabled"], card["off_reason"], card["told"]) == (False, "gone", True)
    assert await letters(post.database) == [("administrator@vestnik.test", True)]
    await post.tell(2)
    await post.pass_time()
    await post.send()
    assert (len(receiver.got), await post.states()) == (1, ["failed"])
    await post.outgoing.change(post.actor, endpoint_id, {"enabled": True})
    await post.send()
    assert (len(receiver.got), await post.states()) == (2, ["delivered"])
    (card,) = await post.rows(endpoint)
    assert (card["enabled"], card["off_reason"], card["told"]) == (True, None, False)


@pytest.mark.parametrize(("days", "is_on"), [(4.9, True), (5.1, False)])
async def test_an_endpoint_that_only_fails_is_turned_off_after_five_days(
    post: Post, receiver: Receiver, days: float, is_on: bool
) -> None:
    receiver.answer = lambda number: Say(500)
    await post.listen(receiver.url)
    await post.put(failing_since=now() - timedelta(days=days))
    await post.tell(1)
    await post.send()
    (card,) = await post.rows(endpoint)
    assert (card["enabled"], card["off_reason"]) == (is_on, None if is_on else "failing")
    assert await letters(post.database) == ([] if is_on else [("administrator@vestnik.test", True)])


async def test_a_redirect_is_not_followed(post: Post, receiver: Receiver, other_receiver: Receiver) -> None:
    receiver.answer = lambda number: Say(307, {"location": other_receiver.url})
    await post.listen(receiver.url)
    await post.tell(1)
    await post.send()
    (row,) = await post.rows()
    assert (row["state"], row["last_error"]) == ("failed", {"code": "redirect", "status": 307})
    assert (len(receiver.got), other_receiver.got) == (1, [])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
async def test_a_name_that_leads_into_a_private_network_is_not_reached(post: Post, address: str) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return [address]

    await post.listen("https://hooks.example.org/", private=False)
    await post.tell(1)
    await post.send(post.sender(resolver))
    (row,) = await post.rows()
    assert row["state"] == "failed"
    assert row["last_error"]["code"] in ("private_address", "unusable_address")
    assert row["last_error"]["host"] == "hooks.example.org"


async def test_vestnik_itself_is_not_reached_even_where_private_networks_are(post: Post) -> None:
    await post.listen("http://hooks.example.org:8000/")

    async def resolver(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    await post.tell(1)
    await post.send(post.sender(resolver))
    (row,) = await post.rows()
    assert row["last_error"] == {"code": "own_address", "host": "hooks.example.org"}


async def test_a_server_that_is_silent_is_left_after_a_while(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "WITHIN_S", 0.2)
    ready = threading.Event()

    def silent(number: int) -> Say:
        ready.wait(10)
        return Say()

    receiver.answer = silent
    await post.listen(receiver.url)
    await post.tell(1)
    await post.send()
    ready.set()
    (row,) = await post.rows()
    assert (row["state"], row["last_status"]) == ("failed", None)
    assert row["last_error"] == {"code": "timeout", "host": "127.0.0.1"}


async def test_a_long_answer_is_not_read_to_its_end_and_counts_by_its_status(
    post: Post, receiver: Receiver
) -> None:
    receiver.answer = lambda number: Say(200 if number == 1 else 500, body=b"x" * 1_000_000)
    await post.listen(receiver.url)
    await post.tell(1)
    await post.send()
    await post.tell(2)
    await post.send()
    assert await post.states() == ["delivered", "failed"]


async def test_a_slow_endpoint_delays_nobody_else_and_gets_few_at_once(
    post: Post, receiver: Receiver, other_receiver: Receiver
) -> None:
    ready = threading.Event()

    def slow(number: int) -> Say:
        ready.wait(10)
        return Say()

    receiver.answer = slow
    await post.listen(receiver.url)
    await post.listen(other_receiver.url)
    await post.tell(*range(AT_ONCE + 2))
    await post.outgoing.sender.look()
    async with asyncio.timeout(10):
        while len(other_receiver.got) < AT_ONCE + 2 or len(receiver.got) < AT_ONCE:
            await asyncio.sleep(0.01)  # the servers are other threads
    assert len(receiver.got) == AT_ONCE
    ready.set()
    await post.outgoing.sender.idle()
    assert len(receiver.got) == AT_ONCE + 2
    assert set(await post.states()) == {"delivered"}


async def test_two_processes_send_each_message_once(post: Post, receiver: Receiver) -> None:
    await post.listen(receiver.url)
    await post.tell(*range(23))
    await asyncio.gather(*(post.send(sender) for sender in (post.outgoing.sender, post.sender())))
    assert len(receiver.got) == len({got.headers["webhook-id"] for got in receiver.got}) == 23


async def test_what_a_killed_process_had_taken_is_sent_under_the_same_id(
    post: Post, receiver: Receiver
) -> None:
    endpoint_id, secret = await post.listen(receiver.url)
    url = post.settings.database_url
    child = Path(__file__).with_name("taking_child.py")
    process = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, str(child), url, str(endpoint_id)],
        env={"PYTHONPATH": str(PLATFORM), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    message_id = (await asyncio.to_thread(process.stdout.readline)).strip()
    process.kill()
    await asyncio.to_thread(process.wait)
    process.stdout.close()
    await post.send()
    assert receiver.got == [], "until its lease is over it may be on its way"
    await post.pass_time()
    await post.send()
    assert [got.headers["webhook-id"] for got in receiver.got] == [message_id]
    assert verified(secret, receiver)["data"] == {"id": "1"}
    assert await post.states() == ["delivered"]


async def test_both_secrets_sign_for_a_day_after_a_change(post: Post, receiver: Receiver) -> None:
    endpoint_id, first = await post.listen(receiver.url)
    second = await post.outgoing.rotate(post.actor, endpoint_id)
    await post.tell(1)
    await post.send()
    for secret in (first, second):
        assert verified(secret, receiver)["data"] == {"id": "1"}
    await post.put(former_until=now())
    await post.tell(2)
    await post.send()
    assert verified(second, receiver)["data"] == {"id": "2"}
    with pytest.raises(WebhookVerificationError):
        verified(first, receiver)
    forged = receiver.got[-1].body.replace(b'"2"', b'"3"')
    with pytest.raises(WebhookVerificationError):
        Webhook(second).verify(forged, receiver.got[-1].headers)


async def test_messages_are_forgotten_after_a_month(post: Post, receiver: Receiver) -> None:
    await post.listen(receiver.url)
    await post.tell(1, 2)
    first, second = await post.rows(message)
    old = (
        sa.update(message).where(message.c.id == first["id"]).values(at=now() - KEPT_FOR - timedelta(hours=1))
    )
    await post.database.write(lambda connection: connection.execute(old))
    await post.outgoing.sender.sweep()
    assert [row["id"] for row in await post.rows(message)] == [second["id"]]
    assert [row["message_id"] for row in await post.rows(delivery)] == [second["id"]]


def test_the_documented_examples_are_what_their_schemas_say() -> None:
    for kind in documented():
        assert checked(json.dumps(kind.example))["type"] == kind.kind
        assert kind.title["ru"] and kind.title["en"] and kind.description["ru"] and kind.description["en"]
