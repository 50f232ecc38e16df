"""Letters that wait in a table: each is sent once, also where a process rests longer than it may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from tests.mailbox import Mailbox, mailbox, smtp

from vestnik.db import Database, Instant, Key, now
from vestnik.mail import Letter, Mail, Smtp
from vestnik.mail.outbox import Outbox

__all__ = ["mailbox", "smtp"]

_metadata = sa.MetaData()
letters = sa.Table(
    "letter_of_a_test",
    _metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", Instant),
    sa.Column("sent_at", Instant),
    sa.Column("problem", sa.Text),
)


@pytest.fixture
async def waiting(database: Database) -> AsyncIterator[Database]:
    """A database with three letters that are due."""

    def write(connection: sa.Connection) -> None:
        _metadata.create_all(connection)
        rows = [
            {
                "id": number,
                "address": f"reader{number}@example.org",
                "at": now(),
                "tries": 0,
                "next_at": now(),
            }
            for number in (1, 2, 3)
        ]
        connection.execute(sa.insert(letters), rows)

    await database.write(write)
    yield database
    await database.write(_metadata.drop_all)


@pytest.fixture
def server(smtp: dict[str, Any]) -> Smtp:
    """The organisation's mail server."""
    return Smtp(smtp["host"], smtp["port"], "none", smtp["sender"], "", smtp["username"], smtp["password"])


async def composed(row: sa.Row[Any]) -> Letter:
    return Letter(row.address, f"Number {row.id}", "Good day!")


def another(database: Database, server: Smtp) -> Outbox:
    """What a second process has."""

    async def found() -> Smtp:
        return server

    return Outbox(database, Mail(found), letters, composed)


async def end_leases(database: Database) -> None:
    """Let so much time pass that whoever has a letter has it no more."""
    due = sa.update(letters).where(letters.c.next_at.is_not(None)).values(next_at=now())
    await database.write(lambda connection: connection.execute(due))


def written_to(mailbox: Mailbox) -> list[str]:
    return sorted(envelope.rcpt_tos[0] for envelope in mailbox.envelopes)


EACH_ONCE = [f"reader{number}@example.org" for number in (1, 2, 3)]


async def test_a_process_that_rested_sends_nothing_that_another_has_taken(
    waiting: Database, server: Smtp, mailbox: Mailbox
) -> None:
    rested: list[int] = []

    async def after_a_rest(row: sa.Row[Any]) -> Letter:
        if not rested:
            rested.append(row.id)
            await end_leases(waiting)
            await another(waiting, server).send_due()
        return await composed(row)

    async def found() -> Smtp:
        return server

    await Outbox(waiting, Mail(found), letters, after_a_rest).send_due()
    assert written_to(mailbox) == EACH_ONCE


async def test_a_failure_that_comes_late_changes_nothing_of_what_another_did(
    waiting: Database, server: Smtp, mailbox: Mailbox
) -> None:
    rested: list[int] = []

    async def away() -> Smtp | None:
        if not rested:
            rested.append(1)
            await end_leases(waiting)
            await another(waiting, server).send_due()
        return None  # so that it fails

    await Outbox(waiting, Mail(away), letters, composed).send_due()
    assert written_to(mailbox) == EACH_ONCE
    async with waiting.read() as connection:
        rows = (await connection.execute(sa.select(letters))).all()
    assert all(row.sent_at is not None and row.next_at is None and row.problem is None for row in rows)
