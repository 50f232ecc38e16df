"""Letters about what fails and works again: one for each change, to whom it concerns, by a mail server."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from tests.alerts.post import add_person, alerts_of, letters
from tests.mailbox import Mailbox, mailbox, smtp

from vestnik.alerts import Alerts, Kind, Subject, Wording
from vestnik.alerts.tables import alert, alert_letter
from vestnik.db import Database, now
from vestnik.mail import Smtp
from vestnik.mail.outbox import GIVEN_UP_AFTER
from vestnik.people.organisation import Organisation, Profile
from vestnik.people.tables import user
from vestnik.settings import Settings
from vestnik.vault import Vault

__all__ = ["mailbox", "smtp"]

KIND = Kind(
    "robot",
    right="settings.manage",
    failing=Wording(
        {"ru": "Робот «{name}» сломан", "en": "The robot “{name}” is broken"},
        {"ru": "Робот «{name}» не работает.", "en": "The robot “{name}” does not work."},
    ),
    working=Wording(
        {"ru": "Робот «{name}» починен", "en": "The robot “{name}” is mended"},
        {"ru": "Робот «{name}» работает.", "en": "The robot “{name}” works."},
    ),
)
WHY = {"ru": "Села батарея.", "en": "The battery is empty."}
OTHER = {"ru": "Сломалось колесо.", "en": "A wheel broke."}
ROBOT = Subject(7, "Р2", "/robots/7")


class Desk:
    """Alerts with a mail server, and what a room tells them."""

    def __init__(self, database: Database, alerts: Alerts, mailbox: Mailbox) -> None:
        self.database, self.alerts, self.mailbox = database, alerts, mailbox

    async def tell(self, reason: dict[str, str] | None, subject: Subject = ROBOT) -> None:
        await self.database.write(self.alerts.tell, "robot", subject, cast(Any, reason))

    async def pass_time(self) -> None:
        """Let every pause end."""
        due = sa.update(alert_letter).where(alert_letter.c.next_at.is_not(None)).values(next_at=now())
        await self.database.write(lambda connection: connection.execute(due))

    def sent(self) -> list[tuple[str, str]]:
        """Whom the server took letters for, and their subjects."""
        read: Callable[..., Any] = email.message_from_bytes
        return sorted(
            (envelope.rcpt_tos[0], read(envelope.content, policy=email.policy.default)["Subject"])
            for envelope in self.mailbox.envelopes
        )


@pytest.fixture
async def desk(
    database: Database, database_url: str, tmp_path: Path, mailbox: Mailbox, smtp: dict[str, Any]
) -> Desk:
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data")
    server = Smtp(
        smtp["host"], smtp["port"], "none", smtp["sender"], "Вестник", smtp["username"], smtp["password"]
    )
    engine = cast(Any, SimpleNamespace(every=lambda *_: None))
    alerts = alerts_of(database, settings, engine, server)
    alerts.add(KIND)
    profile = Profile("Ромашка", "ru", "Asia/Yekaterinburg", "https://crm.example.org", demo=False)
    organisation = Organisation(settings, database, Vault(settings))
    await database.write(organisation.create, profile)
    return Desk(database, alerts, mailbox)


async def test_a_failure_and_its_end_are_told_once_each_in_the_reader_s_language(desk: Desk) -> None:
    await add_person(desk.database, "administrator", email="anna@example.org")
    await add_person(desk.database, "administrator", email="bob@example.org", language="en")
    await add_person(desk.database, "marketer", email="not-asked@example.org")
    for reason in (None, WHY, WHY, OTHER):
        await desk.tell(cast(Any, reason))
    await desk.alerts.send_due()
    await desk.alerts.send_due()
    await desk.tell(OTHER)
    assert desk.sent() == [
        ("anna@example.org", "Робот «Р2» сломан"),
        ("bob@example.org", "The robot “Р2” is broken"),
    ]
    desk.mailbox.envelopes.clear()
    for _ in range(2):
        await desk.tell(None)
        await desk.alerts.send_due()
    assert desk.sent() == [
        ("anna@example.org", "Робот «Р2» починен"),
        ("bob@example.org", "The robot “Р2” is mended"),
    ]


async def test_a_letter_says_why_and_when_and_where_to_look(desk: Desk) -> None:
    await add_person(desk.database, "administrator", email="anna@example.org")
    await desk.tell(WHY)
    at = sa.update(alert_letter).values(at=now().replace(2026, 11, 22, 2, 5))
    await desk.database.write(lambda connection: connection.execute(at))
    await desk.alerts.send_due()
    assert desk.mailbox.letter().get_content().splitlines() == [
        "Робот «Р2» не работает.",
        "",
        "Причина: Села батарея.",
        "Когда: 22.11.2026 07:05 (Asia/Yekaterinburg)",
        "",
        "Открыть: https://crm.example.org/robots/7",
        "",
        "Больше писем об этой неполадке не будет. Когда всё заработает, Вестник напишет ещё раз.",
        "",
        "--",
        "Вестник, Ромашка",
    ]


async def test_who_is_in_charge_hears_of_it_alone_while_they_may_sign_in(desk: Desk) -> None:
    await add_person(desk.database, "administrator")
    own = await add_person(desk.database, "marketer")
    await desk.tell(WHY, replace(ROBOT, in_charge=own))
    away = sa.update(user).where(user.c.id == own).values(disabled=True)
    await desk.database.write(lambda connection: connection.execute(away))
    await desk.tell(WHY, Subject(8, "Р3", "/robots/8", own))
    assert await letters(desk.database) == [
        ("marketer@vestnik.test", True),
        ("administrator@vestnik.test", True),
    ]
    await desk.alerts.send_due()
    assert [to for to, _ in desk.sent()] == ["administrator@vestnik.test"]


async def test_what_is_over_before_anybody_heard_of_it_is_not_told(desk: Desk) -> None:
    await add_person(desk.database, "administrator")
    await desk.tell(WHY)
    await desk.tell(None)
    await desk.alerts.send_due()
    assert desk.sent() == []
    await desk.tell(WHY)
    await desk.alerts.send_due()
    await desk.tell(None)
    await desk.tell(OTHER)
    await desk.alerts.send_due()
    assert desk.sent() == [("administrator@vestnik.test", "Робот «Р2» сломан")]


async def test_a_letter_waits_for_a_mail_server_that_is_away_and_is_given_up_in_the_end(desk: Desk) -> None:
    await add_person(desk.database, "administrator", email="nobody@example.org")
    await desk.tell(WHY)
    await desk.alerts.send_due()
    async with desk.database.read() as connection:
        row = (await connection.execute(sa.select(alert_letter))).one()
    assert (row.tries, row.sent_at) == (1, None)
    assert "no such mailbox" in row.problem
    assert timedelta(0) < row.next_at - now() <= timedelta(minutes=1)
    moved = sa.update(user).values(email="anna@example.org")
    await desk.database.write(lambda connection: connection.execute(moved))
    await desk.pass_time()
    await desk.alerts.send_due()
    assert desk.sent() == [("anna@example.org", "Робот «Р2» сломан")]

    await desk.tell(None)
    broken = sa.update(user).values(email="nobody@example.org")
    old = sa.update(alert_letter).values(at=now() - GIVEN_UP_AFTER)
    for statement in (broken, old):
        await desk.database.write(lambda connection, do=statement: connection.execute(do))  # type: ignore[misc]
    await desk.alerts.send_due()
    async with desk.database.read() as connection:
        waiting = await connection.scalar(
            sa.select(sa.func.count()).select_from(alert_letter).where(alert_letter.c.next_at.is_not(None))
        )
    assert waiting == 0


async def test_a_thing_that_is_gone_leaves_no_letters(desk: Desk) -> None:
    await add_person(desk.database, "administrator")
    await desk.tell(WHY)
    await desk.database.write(desk.alerts.forget, "robot", 7)
    await desk.alerts.send_due()
    assert desk.sent() == []
    async with desk.database.read() as connection:
        assert (await connection.execute(sa.select(alert))).all() == []


async def test_a_kind_needs_a_right_that_there_is(desk: Desk) -> None:
    with pytest.raises(LookupError):
        replace(KIND, right="robots.mend")
    with pytest.raises(ValueError, match="twice"):
        desk.alerts.add(KIND)
