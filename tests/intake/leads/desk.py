"""Leads for tests: people, what web sites send, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from vestnik.calendars.tables import calendar_event
from vestnik.companies.service import NewClient, insert_clients
from vestnik.companies.tables import client
from vestnik.db import Database, fold, new_key, now
from vestnik.intake.fields import Accepted, Given, LeadFields, Warned
from vestnik.intake.leads.accepting import accept
from vestnik.intake.leads.tables import assignment_rule, channel, lead, lead_event, lead_letter
from vestnik.people.access import SYSTEM
from vestnik.people.tables import user

RECEIVED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class Desk:
    """A database into which leads come."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._inputs = 0

    async def do(self, statement: Any) -> None:
        await self.database.write(lambda connection: connection.execute(statement))

    async def person(self, name: str, *roles: str, disabled: bool = False, language: str = "ru") -> int:
        """Somebody who may sign in as <name>@vestnik.test."""
        id, email = new_key(), f"{name}@vestnik.test"
        row: dict[str, Any] = {
            "id": id, "email": email, "email_folded": fold(email), "name": name, "name_folded": fold(name),
            "password_hash": "", "roles": list(roles or ("sales_manager",)), "language": language,
            "theme": "auto", "disabled": disabled, "created_at": now(),
        }  # fmt: skip
        await self.do(sa.insert(user).values(row))
        return id

    async def client(self, name: str, *, inn: str | None = None, responsible_id: int | None = None) -> int:
        new = NewClient(name, "company", inn, responsible_id=responsible_id)
        [id] = await self.database.write(insert_clients, [new])
        return id

    async def channel(self, title: str) -> int:
        id = new_key()
        row = {"id": id, "title": title, "title_folded": fold(title), "checked": True, "created_at": now()}
        await self.do(sa.insert(channel).values(row))
        return id

    async def rule(
        self,
        kind: str,
        people: Sequence[int],
        *,
        position: int = 1,
        channels: Sequence[int] = (),
        cities: Sequence[str] = (),
        enabled: bool = True,
    ) -> int:
        id = new_key()
        row: dict[str, Any] = {
            "id": id, "position": position, "title": f"{kind} {position}", "kind": kind,
            "people": [str(each) for each in people], "channels": [str(each) for each in channels],
            "partners": [], "cities": list(cities), "enabled": enabled,
        }  # fmt: skip
        await self.do(sa.insert(assignment_rule).values(row))
        return id

    def given(self, fields: LeadFields | None = None, **parts: Any) -> Given:
        """What comes in next: fields by name, or whole; parts of `Given` by name."""
        self._inputs += 1
        own = {name: parts.pop(name) for name in list(parts) if name in Given.__dataclass_fields__}
        values = {"door": "http", "input_id": self._inputs, "received_at": RECEIVED, **own}
        return Given(fields=fields or LeadFields(**parts), **values)

    async def accept(self, fields: LeadFields | None = None, **parts: Any) -> sa.Row[Any]:
        """Accept what comes in; the lead's row."""
        return await self.row(await self.accepted(self.given(fields, **parts)))

    async def accepted(self, given: Given) -> Accepted:
        return await self.database.write(accept, SYSTEM, given)

    async def row(self, accepted: Accepted) -> sa.Row[Any]:
        return await self.row_of(accepted.lead_id)

    async def row_of(self, lead_id: int) -> sa.Row[Any]:
        [row] = await self.rows(sa.select(lead).where(lead.c.id == lead_id))
        return row

    async def rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        async with self.database.read() as connection:
            return list((await connection.execute(query)).all())

    async def events(self) -> list[sa.Row[Any]]:
        return await self.rows(sa.select(calendar_event).order_by(calendar_event.c.id))

    async def clients(self) -> list[tuple[str, str | None]]:
        return [(row.name, row.inn) for row in await self.rows(sa.select(client).order_by(client.c.id))]

    async def letters(self) -> list[int]:
        """To whom letters go."""
        return [row.user_id for row in await self.rows(sa.select(lead_letter).order_by(lead_letter.c.id))]

    async def history(self, lead_id: int) -> list[tuple[str, Mapping[str, Any]]]:
        query = sa.select(lead_event).where(lead_event.c.lead_id == lead_id).order_by(lead_event.c.id)
        return [(row.kind, row.detail) for row in await self.rows(query)]


def codes(row: sa.Row[Any]) -> list[str]:
    """The codes of a lead's warnings."""
    return [each["code"] for each in row.warnings]


__all__ = ["RECEIVED", "Desk", "LeadFields", "Warned", "codes"]
