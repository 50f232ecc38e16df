"""Outgoing webhooks over HTTP: secrets, addresses that are refused, examples, and sending again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import pytest
import sqlalchemy as sa
from tests.application import Browser, Installation
from tests.outgoing.conftest import checked, verified
from tests.outgoing.receiver import Receiver, Say

from vestnik.audit.tables import audit_row
from vestnik.outgoing import endpoints
from vestnik.outgoing.service import KINDS, announce
from vestnik.outgoing.tables import delivery, endpoint, message

#: What is no matter of the database.
ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
async def admin(installation: Installation) -> AsyncIterator[Browser]:
    yield await installation.signed_in("administrator")
    await installation.services.outgoing.stop()


async def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def made(browser: Browser, url: str, **others: Any) -> tuple[dict[str, Any], str]:
    body = {"title": "CRM", "url": url, "kinds": ["lead.created"], "private": True, **others}
    answer = await ok(await browser.post("/outgoing-webhooks", body), 201)
    return answer["webhook"], answer["secret"]


async def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def send(installation: Installation) -> None:
    sender = installation.services.outgoing.sender
    await sender.look()
    await sender.idle()


async def test_an_endpoint_is_entered_shown_changed_and_deleted(
    installation: Installation, admin: Browser
) -> None:
    card, secret = await made(admin, "https://crm.example.org/hook", private=False)
    id = card["id"]
    assert card == {
        "id": id,
        "title": "CRM",
        "url": "https://crm.example.org/hook",
        "kinds": ["lead.created"],
        "private": False,
        "enabled": True,
        "offReason": None,
        "failingSince": None,
        "deliveredAt": None,
        "formerSecretUntil": None,
        "createdAt": card["createdAt"],
    }
    assert secret.startswith("whsec_") and len(secret) == len("whsec_") + 44
    assert secret not in (await admin.get(f"/outgoing-webhooks/{id}")).text
    assert await ok(await admin.post(f"/outgoing-webhooks/{id}/secret/show")) == {"secret": secret}
    changed = {"title": "Учёт", "kinds": ["order.created", "lead.changed"], "enabled": False}
    after = await ok(await admin.patch(f"/outgoing-webhooks/{id}", changed))
    assert after == {**card, **changed, "kinds": ["lead.changed", "order.created"]}
    rotated = (await ok(await admin.post(f"/outgoing-webhooks/{id}/secret")))["secret"]
    assert rotated != secret
    (listed,) = (await ok(await admin.get("/outgoing-webhooks")))["items"]
    assert listed["formerSecretUntil"] is not None
    async with installation.services.database.read() as connection:
        row = (await connection.execute(sa.select(endpoint))).one()
        noted = list(await connection.scalars(sa.select(audit_row.c.action).order_by(audit_row.c.id)))
    assert secret.encode() not in row.former_sealed and rotated.encode() not in row.secret_sealed
    assert [each for each in noted if each.startswith("outgoing")] == [
        "outgoing.created",
        "outgoing.secret_shown",
        "outgoing.changed",
        "outgoing.secret_changed",
    ]
    await ok(await admin.delete(f"/outgoing-webhooks/{id}"), 204)
    assert await refusal(await admin.get(f"/outgoing-webhooks/{id}")) == (404, "not_found")


@ONE_DATABASE
@pytest.mark.parametrize(
    ("url", "private", "word"),
    [
        ("http://crm.example.org/", False, "https"),
        ("ftp://crm.example.org/", False, "https"),
        ("https://user:secret@crm.example.org/", False, "https"),
        ("https://127.0.0.1/", False, "внутренней сети"),
        ("https://[::1]/", False, "внутренней сети"),
        ("https://[::ffff:127.0.0.1]/", False, "внутренней сети"),
        ("https://localhost/", False, "внутренней сети"),
        ("https://crm.localhost./", False, "внутренней сети"),
        ("https://0x7f.1/", False, "внутренней сети"),
        ("https://2130706433/", False, "внутренней сети"),
        ("https://169.254.169.254/", False, "сервера быть не может"),
        ("https://0.0.0.0/", False, "сервера быть не может"),
        ("https://0/", True, "сервера быть не может"),
        ("https://crm.example.1000/", False, "сервера быть не может"),
        ("http://127.0.0.1:8000/", True, "самого Вестника"),
        ("http://vestnik.test/", True, "самого Вестника"),
        ("https://crm .example.org/", False, "https"),
        ("https://crm.example.org:0/", False, "сервера быть не может"),
    ],
)
async def test_an_address_to_which_nothing_may_be_sent_is_refused(
    admin: Browser, url: str, private: bool, word: str
) -> None:
    body = {"title": "CRM", "url": url, "kinds": ["lead.created"], "private": private}
    answer = await admin.post("/outgoing-webhooks", body)
    assert await refusal(answer) == (422, "endpoint_refused")
    assert answer.json()["path"] == "$.url"
    assert word in answer.json()["detail"]


@ONE_DATABASE
async def test_a_private_network_takes_the_right_to_approve_addresses(
    installation: Installation, admin: Browser
) -> None:
    integrator = await installation.signed_in("integrator")
    body = {"title": "CRM", "url": "http://127.0.0.1:9/", "kinds": ["lead.created"], "private": True}
    assert await refusal(await integrator.post("/outgoing-webhooks", body)) == (403, "forbidden")
    card, _ = await made(admin, "http://127.0.0.1:9/")
    moved = await integrator.patch(f"/outgoing-webhooks/{card['id']}", {"url": "http://127.0.0.1:10/"})
    assert await refusal(moved) == (403, "forbidden")
    await ok(await integrator.patch(f"/outgoing-webhooks/{card['id']}", {"title": "Учёт"}))
    own, _ = await made(integrator, "https://crm.example.org/", private=False)
    opened = await integrator.patch(f"/outgoing-webhooks/{own['id']}", {"private": True})
    assert await refusal(opened) == (403, "forbidden")


@ONE_DATABASE
async def test_there_are_only_so_many_endpoints(admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "ENDPOINTS", 1)
    await made(admin, "https://crm.example.org/", private=False)
    body = {"title": "CRM", "url": "https://crm.example.org/", "kinds": ["lead.created"]}
    answer = await admin.post("/outgoing-webhooks", body)
    assert (await refusal(answer), answer.json()["limit"]) == ((409, "endpoints_full"), 1)


@ONE_DATABASE
async def test_every_kind_is_documented_with_its_schema(admin: Browser) -> None:
    found = (await ok(await admin.get("/outgoing-webhooks/kinds")))["items"]
    assert [each["kind"] for each in found] == list(KINDS)
    for each in found:
        jsonschema.Draft202012Validator(each["schema"]).validate(each["example"])
    assert found[0]["title"] == "Пришла заявка"


@ONE_DATABASE
@pytest.mark.parametrize("kind", KINDS)
async def test_an_example_is_sent_at_once_and_its_outcome_answered(
    admin: Browser, receiver: Receiver, kind: str
) -> None:
    card, secret = await made(admin, receiver.url)
    await ok(await admin.patch(f"/outgoing-webhooks/{card['id']}", {"enabled": False}))
    sent = await ok(await admin.post(f"/outgoing-webhooks/{card['id']}/test", {"kind": kind}))
    assert (sent["state"], sent["kind"], sent["lastStatus"], sent["problem"]) == (
        "delivered",
        kind,
        204,
        None,
    )
    assert checked(receiver.got[0].body)["test"] is True
    assert verified(secret, receiver)["type"] == kind
    assert sent["body"].encode() == receiver.got[0].body
    assert [attempt["status"] for attempt in sent["attempts"]] == [204]


@ONE_DATABASE
async def test_an_example_that_is_not_taken_is_not_tried_again_and_counts_for_nothing(
    installation: Installation, admin: Browser, receiver: Receiver
) -> None:
    receiver.answer = lambda number: Say(410)
    card, _ = await made(admin, receiver.url)
    sent = await ok(await admin.post(f"/outgoing-webhooks/{card['id']}/test", {}))
    assert (sent["state"], sent["nextAt"]) == ("given_up", None)
    assert sent["problem"] == "Сервер ответил 410: сообщения здесь больше не нужны."
    await send(installation)
    assert len(receiver.got) == 1
    assert (await ok(await admin.get(f"/outgoing-webhooks/{card['id']}")))["enabled"] is True


async def test_deliveries_are_listed_by_state_and_sent_again(
    installation: Installation, admin: Browser, receiver: Receiver
) -> None:
    database = installation.services.database
    receiver.answer = lambda number: Say(500) if number <= 2 else Say()
    card, _ = await made(admin, receiver.url, kinds=["lead.created", "lead.changed"])
    url = f"/outgoing-webhooks/{card['id']}"
    for kind in ("lead.created", "lead.changed"):
        await database.write(announce, kind, {"id": "1"})
        await send(installation)
    await database.write(announce, "lead.created", {"id": "2"})
    await send(installation)

    async def listed(**query: str) -> list[tuple[str, str]]:
        page = await ok(await admin.get(f"{url}/deliveries", params=query))
        assert page["total"] == len(page["items"])
        return [(each["kind"], each["state"]) for each in page["items"]]

    created, changed = "lead.created", "lead.changed"
    assert await listed() == [(created, "delivered"), (changed, "failed"), (created, "failed")]
    assert await listed(state="failed") == [(changed, "failed"), (created, "failed")]
    assert await listed(kind=changed) == [(changed, "failed")]
    delivered = (await ok(await admin.get(f"{url}/deliveries?state=delivered")))["items"][0]
    again = await ok(await admin.post(f"/outgoing-deliveries/{delivered['id']}/redeliver"))
    assert again["state"] == "waiting"
    await send(installation)
    assert receiver.got[-1].headers["webhook-id"] == delivered["messageId"]
    assert await ok(await admin.post(f"{url}/redeliver", {"since": "2099-01-01T00:00:00Z"})) == {"count": 0}
    assert await ok(await admin.post(f"{url}/redeliver", {"since": "2026-01-01T00:00:00Z"})) == {"count": 2}
    await send(installation)
    assert {state for _, state in await listed()} == {"delivered"}
    whole = await ok(await admin.get(f"/outgoing-deliveries/{delivered['id']}"))
    assert [each["status"] for each in whole["attempts"]] == [204, 204]
    await ok(await admin.patch(url, {"enabled": False}))
    for path, body in (
        (f"/outgoing-deliveries/{delivered['id']}/redeliver", None),
        (f"{url}/redeliver", {"since": "2026-01-01T00:00:00Z"}),
    ):
        assert await refusal(await admin.post(path, body)) == (409, "endpoint_off")


async def test_with_an_endpoint_go_its_deliveries(
    installation: Installation, admin: Browser, receiver: Receiver
) -> None:
    card, _ = await made(admin, receiver.url)
    await installation.services.database.write(announce, "lead.created", {"id": "1"})
    await ok(await admin.delete(f"/outgoing-webhooks/{card['id']}"), 204)
    await send(installation)
    assert receiver.got == []
    async with installation.services.database.read() as connection:
        for table, count in ((delivery, 0), (endpoint, 0), (message, 1)):
            assert await connection.scalar(sa.select(sa.func.count()).select_from(table)) == count


async def test_who_is_erased_is_taken_out_of_what_is_still_to_be_sent(
    installation: Installation, admin: Browser, receiver: Receiver
) -> None:
    await made(admin, receiver.url, kinds=["contact.unsubscribed"])
    person = {"name": "Анна Ёлкина", "emails": ["anna@example.ru"]}
    id = (await ok(await admin.post("/contacts", person), 201))["id"]
    said = {"categoryId": None, "state": "withdrawn", "how": "Позвонила anna@example.ru"}
    await ok(await admin.post(f"/contacts/{id}/consents", said), 204)
    async with installation.services.database.read() as connection:
        assert "anna@example.ru" in str(await connection.scalar(sa.select(message.c.body)))
    assert (await admin.post(f"/contacts/{id}/erase")).status_code < 300
    await installation.services.privacy.sweeper.work()
    await send(installation)
    (got,) = receiver.got
    assert b"anna" not in got.body
    assert checked(got.body)["data"]["contactId"] == id
