"""The letter about a lead: to who is responsible, in their language, once, through a real mail server."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from tests.intake.leads.desk import Desk
from tests.mailbox import Mailbox, mailbox, smtp

from vestnik.db import now
from vestnik.intake.leads.letters import Letters
from vestnik.intake.leads.tables import lead, lead_letter
from vestnik.mail import Mail, Smtp
from vestnik.people.organisation import Organisation, Profile
from vestnik.people.tables import user
from vestnik.settings import Settings
from vestnik.vault import Vault

__all__ = ["mailbox", "smtp"]


@pytest.fixture
async def letters(desk: Desk, settings: Settings, smtp: dict[str, Any]) -> Letters:
    """The letters of an organisation with a mail server."""
    server = Smtp(
        smtp["host"], smtp["port"], "none", smtp["sender"], "Вестник", smtp["username"], smtp["password"]
    )

    async def outgoing() -> Smtp | None:
        return server

    organisation = Organisation(settings, desk.database, Vault(settings))
    profile = Profile("Ромашка", "ru", "Europe/Moscow", "https://crm.example.org", demo=False)
    await desk.database.write(organisation.create, profile)
    engine = cast(Any, SimpleNamespace(every=lambda *_: None))
    return Letters(desk.database, engine, Mail(outgoing), organisation)


def sent(mailbox: Mailbox) -> list[tuple[str, str, str]]:
    """Whom the server took letters for, with subjects and texts."""
    read: Callable[..., Any] = email.message_from_bytes
    found = []
    for envelope in mailbox.envelopes:
        letter = read(envelope.content, policy=email.policy.default)
        found.append((envelope.rcpt_tos[0], letter["Subject"], letter.get_content()))
    return found


async def test_each_reads_of_the_lead_in_their_own_language(
    desk: Desk, letters: Letters, mailbox: Mailbox
) -> None:
    await desk.person("anna", "administrator")
    await desk.person("bob", language="en")
    row = await desk.accept(title="Баннер", person="Пётр", phone="8 925 642-42-90", description="Срочно!")
    await desk.accept(title="Banner", responsible="bob@vestnik.test")
    await letters.outbox.send_due()
    await letters.outbox.send_due()
    russian, english = sorted(sent(mailbox))
    assert russian[:2] == ("anna@vestnik.test", "Заявка № 1: Баннер")
    for part in ("координатора", "Контактное лицо: Пётр", "Телефон: 8 925 642-42-90", "Срочно!"):
        assert part in russian[2]
    assert f"https://crm.example.org/leads/{row.id}" in russian[2]
    assert english[:2] == ("bob@vestnik.test", "Lead no. 2: Banner")
    assert "You are responsible for it." in english[2]


async def test_a_letter_waits_for_a_mail_server_that_refuses_it(
    desk: Desk, letters: Letters, mailbox: Mailbox
) -> None:
    anna = await desk.person("anna", "administrator")
    await desk.do(sa.update(user).values(email="nobody@example.org"))
    await desk.accept(title="Баннер")
    await letters.outbox.send_due()
    [row] = await desk.rows(sa.select(lead_letter))
    assert (row.user_id, row.tries, row.sent_at) == (anna, 1, None)
    assert "no such mailbox" in row.problem
    await desk.do(sa.update(user).values(email="anna@example.org"))
    await desk.do(sa.update(lead_letter).values(next_at=now()))
    await letters.outbox.send_due()
    assert [each[0] for each in sent(mailbox)] == ["anna@example.org"]


async def test_nobody_is_told_of_a_lead_that_is_another_s_by_now_or_closed(
    desk: Desk, letters: Letters, mailbox: Mailbox
) -> None:
    await desk.person("anna", "administrator")
    boris = await desk.person("boris")
    first = await desk.accept(title="А")
    second = await desk.accept(title="Б")
    await desk.do(sa.update(lead).where(lead.c.id == first.id).values(responsible_id=boris))
    await desk.do(sa.update(lead).where(lead.c.id == second.id).values(status="closed", result="spam"))
    await letters.outbox.send_due()
    assert sent(mailbox) == []
    waiting = await desk.rows(sa.select(lead_letter.c.id).where(lead_letter.c.next_at.is_not(None)))
    assert waiting == []
