"""The door: stored before it is answered, answered in time, and silent to strangers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from tests.webhooks.conftest import ACCOUNT, INBOX_STATE, TOKEN, Room, delivered, states

from vestnik.webhooks import door, pipeline
from vestnik.webhooks.arrivals import Arrivals
from vestnik.webhooks.inbox import Failure
from vestnik.webhooks.pipeline import CallFailed
from vestnik.webhooks.tables import inbox

COUNT = sa.select(sa.func.count()).select_from(inbox)
ANSWERED = sa.select(inbox.c.answered)


async def answers(room: Room) -> list[tuple[str, int | None]]:
    """Of each stored request: its state, and what the provider was told."""
    async with room.database.read() as connection:
        rows = await connection.execute(sa.select(inbox.c.state, inbox.c.answered).order_by(inbox.c.id))
        return [(row.state, row.answered) for row in rows]


def failure(kind: str = "raised") -> CallFailed:
    return CallFailed(Failure(kind, b'{"message": "ValueError: no", "line": 12}', b"[]", 3, 1.5))


def raising(error: Exception) -> Any:
    def result(_request: dict[str, Any]) -> Any:
        raise error

    return result


async def test_a_request_is_stored_before_the_module_sees_it(room: Room) -> None:
    seen: list[Any] = []

    async def parse() -> dict[str, Any]:
        seen.append(await room.scalar(INBOX_STATE))
        return {}

    room.result = lambda request: parse()
    assert (await room.post(b'{"a": 1}', headers={"X-Sign": "s"})).status_code == 200
    assert seen == ["received"]
    card = await room.newest()
    assert (card.body, card.line.state, card.line.answered) == ('{"a": 1}', "applied", 200)
    assert ("x-sign", "s") in card.headers


async def test_the_module_gets_the_request_of_the_contract(room: Room) -> None:
    await room.client.post(
        f"/hooks/unisender/{TOKEN}?a=1&a=2&empty=", content=b"\xff\xfe", headers={"X-One": "1"}
    )
    request = room.requests[0]
    assert request["headers"].pop("x-one") == "1"
    assert {name: value for name, value in request.items() if name != "headers"} == {
        "method": "POST",
        "path": "/hooks/unisender",
        "query": {"a": "2", "empty": ""},
        "body": None,
        "bodyBase64": "//4=",
    }


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_a_probe_is_answered_and_not_parsed(room: Room, method: str) -> None:
    answer = await room.client.request(method, f"/hooks/unisender/{TOKEN}")
    assert (answer.status_code, room.requests) == (200, [])
    assert await answers(room) == ([] if method == "HEAD" else [("probe", 200)])


@pytest.mark.parametrize(
    "path", ["/hooks/unisender/guess", f"/hooks/other/{TOKEN}", "/hooks/unisender", "/hooks/a/b/c"]
)
async def test_a_stranger_is_told_nothing_and_nothing_is_stored(room: Room, path: str) -> None:
    answer = await room.client.post(path, content=b"{}")
    assert (answer.status_code, answer.content, await room.scalar(COUNT)) == (404, b"", 0)


async def test_who_tries_many_addresses_is_slowed_down_and_providers_are_not(room: Room) -> None:
    answers = [await room.client.post(f"/hooks/unisender/guess{number}") for number in range(70)]
    assert [answer.status_code for answer in answers].count(404) == 60
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "1")
    assert (await room.post()).status_code == 200


async def test_a_body_that_does_not_come_is_given_up(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_WITHIN_S", 0.05)
    never = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    answer = await room.client.post(f"/hooks/unisender/{TOKEN}", content=slowly())
    assert (answer.status_code, await room.scalar(COUNT)) == (408, 0)


async def test_a_body_over_the_limit_is_refused(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "BODY_LIMIT_BYTES", 10)
    assert [(await room.post(b"x" * size)).status_code for size in (10, 11)] == [200, 413]
    assert await room.scalar(COUNT) == 1


async def test_the_response_of_the_module_answers_the_provider(room: Room) -> None:
    response = {"status": 202, "headers": {"X-Reply": "yes"}, "body": "принято"}
    room.result = lambda request: {"response": response}
    answer = await room.post()
    assert (answer.status_code, answer.text, answer.headers["x-reply"]) == (202, "принято", "yes")
    card = await room.newest()
    assert (card.response, card.response_sent, card.line.answered) == (response, True, 202)


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        (None, "text/plain; charset=utf-8"),
        ("text/html", "text/plain; charset=utf-8"),
        ("image/svg+xml", "text/plain; charset=utf-8"),
        ("Application/JSON; charset=utf-16", "application/json"),
    ],
)
async def test_no_answer_of_a_module_does_anything_in_a_browser(
    room: Room, told: str | None, sent: str
) -> None:
    """It comes from our own origin: a page there would act as whoever is signed in."""
    unwanted = {
        "Location": "https://elsewhere.example",
        "Set-Cookie": "a=b",
        "Access-Control-Allow-Origin": "*",
        "Content-Encoding": "gzip",
        "Content-Security-Policy": "script-src *",
        "X-Content-Type-Options": "no",
        "X-Accel-Redirect": "/etc/passwd",
        "Server": "other",
    }
    headers = {**unwanted, **({} if told is None else {"Content-Type": told}), "X-Reply": "yes"}
    room.result = lambda request: {
        "response": {"status": 302, "headers": headers, "body": "<script>alert(1)</script>"}
    }
    answer = await room.post()
    assert (answer.status_code, answer.text) == (302, "<script>alert(1)</script>")
    assert dict(answer.headers) == {
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "content-type": sent,
        "x-reply": "yes",
        "content-length": "25",
    }


async def test_an_exception_of_the_module_is_500_and_is_tried_again(room: Room) -> None:
    room.result = raising(failure())
    assert (await room.post()).status_code == 500
    card = await room.newest()
    assert (card.line.state, card.line.attempts, card.line.answered) == ("retrying", 1, 500)
    assert [(one.kind, one.error) for one in card.failures] == [
        ("raised", {"message": "ValueError: no", "line": 12})
    ]
    room.result = lambda request: {"actions": [delivered("reader1@example.com")]}
    await room.database.write(lambda c: c.execute(sa.text("UPDATE inbox SET next_attempt_at = 1")))
    await room.until(INBOX_STATE, "applied")
    assert await room.counters() == {"sent": 1, "delivered": 1}


async def test_an_account_tells_its_last_webhook_and_the_failures_of_a_day(room: Room) -> None:
    assert await room.webhooks.arrivals([ACCOUNT]) == [Arrivals(ACCOUNT, None, 0)]
    await room.send(delivered("reader1@example.com"))
    first = (await room.newest()).line.received_at
    assert await room.webhooks.arrivals([8, ACCOUNT]) == [Arrivals(8, None, 0), Arrivals(ACCOUNT, first, 0)]
    room.result = raising(failure())
    await room.post()
    second = (await room.newest()).line.received_at
    assert await room.webhooks.arrivals([ACCOUNT]) == [Arrivals(ACCOUNT, second, 1)]
    await room.database.write(lambda c: c.execute(sa.text("UPDATE webhook_attempt SET at = 1")))
    assert await room.webhooks.arrivals([ACCOUNT]) == [Arrivals(ACCOUNT, second, 0)]


async def test_past_the_deadline_the_answer_is_200_and_the_work_goes_on(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "ANSWER_WITHIN_S", 0.05)
    release = asyncio.Event()

    async def slow() -> dict[str, Any]:
        await release.wait()
        return {"actions": [delivered("reader1@example.com")], "response": {"status": 299}}

    room.result = lambda request: slow()
    assert (await room.post()).status_code == 200
    release.set()
    await room.until(INBOX_STATE, "applied")
    card = await room.newest()
    assert (states(card), card.response, card.response_sent) == (["applied"], {"status": 299}, False)
    assert card.line.answered == 200


@pytest.mark.parametrize("fails", [False, True])
async def test_a_deadline_that_comes_while_the_outcome_is_stored_is_what_the_inspector_shows(
    room: Room, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    monkeypatch.setattr(door, "ANSWER_WITHIN_S", 0.05)
    release = threading.Event()

    def result(_request: dict[str, Any]) -> dict[str, Any]:
        room.database.submit(lambda _: release.wait(10))  # the writer is busy
        if fails:
            raise failure()
        return {"response": {"status": 299}}

    room.result = result
    assert (await room.post()).status_code == 200
    release.set()
    await room.until(sa.select(inbox.c.answered), 200)
    card = await room.newest()
    assert (card.line.state, card.response_sent) == (("retrying", None) if fails else ("applied", False))


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_an_answer_that_has_no_body_in_http_is_sent_without(room: Room, status: int) -> None:
    room.result = lambda request: {"response": {"status": status, "body": "HTTP/1.1 200 OK"}}
    answer = await room.post()
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (status, b"", "0")


async def test_a_stop_gives_up_calls_that_do_not_end_and_they_stay_stored(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "STOP_WITHIN_S", 0.05)
    began = asyncio.Event()

    async def endless() -> None:
        began.set()
        await asyncio.get_running_loop().create_future()

    room.result = lambda request: endless()
    posted = asyncio.create_task(room.post())
    await began.wait()
    await room.webhooks.pipeline.stop()
    assert (await posted).status_code == 200
    assert await room.scalar(INBOX_STATE) == "received"
    assert await room.scalar(sa.select(inbox.c.next_attempt_at.is_not(None)))
    assert await room.scalar(ANSWERED) == 200


async def test_what_waits_in_line_at_a_stop_shows_its_answer(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "AT_ONCE", 1)
    monkeypatch.setattr(pipeline, "STOP_WITHIN_S", 0.05)
    room.result = lambda request: asyncio.get_running_loop().create_future()
    posted = [asyncio.create_task(room.post()) for _ in range(5)]
    await room.until(COUNT, 5)
    await room.webhooks.pipeline.stop()
    assert [(await each).status_code for each in posted] == [200] * 5
    assert await answers(room) == [("received", 200)] * 5


async def test_what_comes_during_a_stop_is_stored_and_shows_its_answer(room: Room) -> None:
    await room.webhooks.pipeline.stop()
    assert ((await room.post()).status_code, room.requests) == (200, [])
    assert await answers(room) == [("received", 200)]


async def test_what_finds_no_place_in_memory_is_only_stored_and_shows_its_answer(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "IN_MEMORY", 2)
    release = asyncio.Event()

    async def slow() -> dict[str, Any]:
        await release.wait()
        return {"response": {"status": 202}}

    room.result = lambda request: slow()
    posted = [asyncio.create_task(room.post()) for _ in range(5)]
    await room.until(sa.select(sa.func.count()).where(inbox.c.answered == 200), 3)
    assert sorted(await answers(room), key=str) == [("received", 200)] * 3 + [("received", None)] * 2
    release.set()
    assert sorted([(await each).status_code for each in posted]) == [200] * 3 + [202] * 2
    await room.database.write(
        lambda c: c.execute(sa.text("UPDATE inbox SET next_attempt_at = 1 WHERE state = 'received'"))
    )
    await room.until(sa.select(sa.func.count()).where(inbox.c.state == "applied"), 5)
    assert sorted(await answers(room)) == [("applied", 200)] * 3 + [("applied", 202)] * 2


async def test_a_request_that_could_not_be_stored_leaves_its_place_to_others(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "IN_MEMORY", 1)
    await room.database.write(lambda c: c.execute(sa.text("ALTER TABLE inbox RENAME TO elsewhere")))
    assert (await room.post()).status_code == 503
    await room.database.write(lambda c: c.execute(sa.text("ALTER TABLE elsewhere RENAME TO inbox")))
    assert ((await room.post()).status_code, len(room.requests)) == (200, 1)


async def test_a_module_in_an_endless_loop_gets_one_call_at_a_time(room: Room) -> None:
    working: list[int] = []
    most: list[int] = []

    async def times_out() -> None:
        working.append(1)
        most.append(len(working))
        await asyncio.sleep(0)
        working.pop()
        raise failure("timeout")

    room.result = lambda request: times_out()
    await asyncio.gather(*(room.post() for _ in range(40)))
    assert most[-1] == 1
    assert max(most) <= 8
