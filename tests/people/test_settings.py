"""The organisation's settings, its outgoing mail, and the audit of both."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Installation, install
from tests.mailbox import Mailbox

from vestnik.egress import Approval, ForbiddenHost, HostPolicy
from vestnik.egress.policy import Target
from vestnik.mail import Letter, MailNotConfigured
from vestnik.people.access import SYSTEM
from vestnik.people.tables import organisation
from vestnik.settings import Settings


async def test_settings_are_read_and_changed_one_by_one(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    before = (await administrator.get("/settings")).json()
    assert before == {
        "name": "Ромашка",
        "language": "ru",
        "timezone": "Europe/Moscow",
        "baseUrl": "http://vestnik.test",
        "demo": False,
        "secondFactorRequired": False,
        "smtp": None,
    }
    changes = {"name": " Василёк ", "timezone": "Asia/Omsk", "baseUrl": "https://mail.example.org/"}
    after = (await administrator.patch("/settings", changes)).json()
    assert after == before | {
        "name": "Василёк",
        "timezone": "Asia/Omsk",
        "baseUrl": "https://mail.example.org",
    }
    people = installation.services.people
    assert (await people.organisation.base_url(), str(await people.organisation.zone())) == (
        "https://mail.example.org",
        "Asia/Omsk",
    )


async def test_no_module_may_call_the_address_that_the_settings_name(installation: Installation) -> None:
    approval = Approval("https", "mail.example.org", 443)
    policy = HostPolicy([approval], installation.services.modules.registry.own_listeners)
    target = Target.of("https://mail.example.org/api/v1/users")
    assert policy.admit(target) == approval
    administrator = await installation.signed_in("administrator")
    assert (
        await administrator.patch("/settings", {"baseUrl": "https://mail.example.org"})
    ).status_code == 200
    with pytest.raises(ForbiddenHost) as refused:
        policy.admit(target)
    assert refused.value.fields["reason"] == "own_listener"


@pytest.mark.slow
async def test_another_process_follows_a_change_without_being_asked(
    installation: Installation, settings: Settings
) -> None:
    async with install(settings, at_work=True) as other:
        organisation = other.services.people.organisation
        changes = {"timezone": "Asia/Omsk", "base_url": "https://mail.example.org"}
        await installation.services.people.organisation.change(SYSTEM, changes)
        async with asyncio.timeout(20):
            while str(organisation.zone_known()) != "Asia/Omsk":
                await asyncio.sleep(0.05)
        assert ("mail.example.org", 443) in other.services.modules.registry.own_listeners


async def test_only_the_right_reaches_the_settings(installation: Installation) -> None:
    marketer = await installation.signed_in("marketer")
    assert (await marketer.get("/settings")).status_code == 403
    assert (await marketer.patch("/settings", {"name": "x"})).status_code == 403


async def test_an_unknown_zone_or_field_is_refused_with_its_path(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    zone = await administrator.patch("/settings", {"timezone": "Mars/Olympus"})
    assert (zone.status_code, zone.json()["path"], zone.json()["reason"]) == (
        422,
        "$.timezone",
        "нет часового пояса 'Mars/Olympus'",
    )
    field = await administrator.patch("/settings", {"demo": True})
    assert (field.status_code, field.json()["code"]) == (422, "invalid_request")


async def test_the_mail_password_is_sealed_and_never_shown(
    installation: Installation, smtp: dict[str, Any], mailbox: Mailbox
) -> None:
    administrator = await installation.signed_in("administrator")
    answer = await administrator.patch("/settings", {"smtp": smtp})
    expected = {name: value for name, value in smtp.items() if name != "password"} | {"hasPassword": True}
    assert answer.json()["smtp"] == expected
    async with installation.services.database.read() as connection:
        stored = (await connection.execute(sa.select(organisation))).one()
    assert smtp["password"] not in str(stored.smtp)
    assert smtp["password"].encode() not in stored.smtp_password
    await installation.services.mail.send(Letter("olga@example.org", "Hello", "Text"))
    assert mailbox.letter()["to"] == "olga@example.org"


async def test_the_stored_password_stays_when_it_is_left_out_and_goes_to_its_own_server_only(
    installation: Installation, smtp: dict[str, Any], mailbox: Mailbox
) -> None:
    administrator = await installation.signed_in("administrator")
    await administrator.patch("/settings", {"smtp": smtp})
    without = {name: value for name, value in smtp.items() if name != "password"}
    renamed = await administrator.patch("/settings", {"smtp": without | {"senderName": "Новое имя"}})
    assert (renamed.status_code, renamed.json()["smtp"]["hasPassword"]) == (200, True)
    test = {"smtp": without, "to": "olga@example.org"}
    assert (await administrator.post("/setup/test-letter", test)).status_code == 204
    for changes in ({"host": "localhost"}, {"port": 2525}, {"username": "other"}, {"security": "starttls"}):
        moved = await administrator.patch("/settings", {"smtp": without | changes})
        assert (moved.status_code, moved.json()["code"]) == (422, "smtp_password_needed")
        tried = await administrator.post(
            "/setup/test-letter", {"smtp": without | changes, "to": "olga@example.org"}
        )
        assert (tried.status_code, tried.json()["code"]) == (422, "smtp_password_needed")
    assert len(mailbox.envelopes) == 1


async def test_mail_switches_off(installation: Installation, smtp: dict[str, Any]) -> None:
    administrator = await installation.signed_in("administrator")
    await administrator.patch("/settings", {"smtp": smtp})
    assert (await administrator.patch("/settings", {"smtp": None})).json()["smtp"] is None


async def test_a_failed_letter_says_at_which_stage_and_in_whose_words(
    installation: Installation, smtp: dict[str, Any]
) -> None:
    administrator = await installation.signed_in("administrator")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed_port = unused.getsockname()[1]

    async def failure(to: str = "olga@example.org", **changes: Any) -> tuple[int, str, str]:
        body = {"smtp": smtp | changes, "to": to}
        answer = await administrator.post("/setup/test-letter", body)
        document = answer.json()
        return answer.status_code, document["code"], document.get("stage", "")

    assert await failure(port=closed_port) == (502, "mail_failed", "connect")
    assert await failure(security="tls") == (502, "mail_failed", "tls")
    assert await failure(security="starttls") == (502, "mail_failed", "tls")
    assert await failure(password="not this one") == (502, "mail_failed", "login")
    assert await failure(sender="forged@example.org") == (502, "mail_failed", "sender")
    assert await failure("nobody@example.org") == (502, "mail_failed", "recipient")
    assert await failure(host="mail.example.org") == (422, "mail_not_encrypted", "")
    answer = await administrator.post("/setup/test-letter", {"smtp": smtp, "to": "nobody@example.org"})
    assert answer.json()["detail"] == ("Сервер не принял адрес получателя. Ответ: 550 no such mailbox")


async def test_without_a_server_no_letter_goes_out(installation: Installation) -> None:
    with pytest.raises(MailNotConfigured):
        await installation.services.mail.send(Letter("olga@example.org", "Hello", "Text"))


@pytest.mark.parametrize(
    "url",
    [
        "https://[",
        "https://[1]x",
        "https://a:b",
        "https://a:99999",
        "https://:80",
        "https://u@a",
    ],
)
async def test_an_address_that_nobody_can_reach_is_refused(installation: Installation, url: str) -> None:
    administrator = await installation.signed_in("administrator")
    refused = await administrator.patch("/settings", {"baseUrl": url})
    assert (refused.status_code, refused.json()["path"]) == (422, "$.baseUrl")
    assert (await administrator.get("/settings")).json()["baseUrl"] == "http://vestnik.test"


async def test_the_audit_names_fields_and_never_values(
    installation: Installation, smtp: dict[str, Any]
) -> None:
    administrator = await installation.signed_in("administrator")
    own_id = (await administrator.get("/session")).json()["user"]["id"]
    await administrator.patch("/settings", {"name": "Василёк", "smtp": smtp})
    await administrator.patch("/session/user", {"name": "Новое имя"})
    page = (await administrator.get("/audit", params={"limit": "2"})).json()
    assert page["total"] == 4
    rows = [{name: row[name] for name in ("action", "kind", "objectId", "fields")} for row in page["items"]]
    assert rows == [
        {"action": "user.changed", "kind": "user", "objectId": own_id, "fields": ["name"]},
        {
            "action": "organisation.changed",
            "kind": "organisation",
            "objectId": "1",
            "fields": ["name", "smtp", "smtp_password"],
        },
    ]
    assert {row["userName"] for row in page["items"]} == {"Новое имя"}
    only = (await administrator.get("/audit", params={"action": "session.begun", "userId": own_id})).json()
    assert [row["action"] for row in only["items"]] == ["session.begun"]
    assert (await (await installation.signed_in("marketer")).get("/audit")).status_code == 403


@pytest.mark.parametrize(("id", "status"), [("9" * 19, 404), ("9" * 30, 422), ("olga", 422), ("7", 200)])
async def test_an_id_that_none_has_is_no_fault_of_ours(
    installation: Installation, id: str, status: int
) -> None:
    administrator = await installation.signed_in("administrator")
    for name in ("userId", "objectId"):
        answer = await administrator.get("/audit", params={name: id})
        assert (answer.status_code, answer.json().get("items", [])) == (status, [])
