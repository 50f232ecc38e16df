"""Who is behind the numbers of a check: people of a campaign's audience by verdict, or by what they lack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vestnik.campaigns.ledger import Row
from vestnik.campaigns.ports import Surroundings
from vestnik.contacts.addresses import KIND_OF_CAMPAIGN
from vestnik.contacts.audience import Verdict, audience
from vestnik.contacts.lacking import is_empty
from vestnik.contacts.tables import contact
from vestnik.db import Database
from vestnik.people.access import Actor


@dataclass(frozen=True, slots=True)
class Member:
    """A contact of an audience; without an address it has none of the campaign's kind."""

    contact_id: int
    name: str
    address: str | None


class People:
    """Lists the people of audiences, as they are now."""

    def __init__(
        self, database: Database, surroundings: Surroundings, row_of: Callable[[int], Awaitable[Row]]
    ) -> None:
        self._database, self._surroundings, self._row_of = database, surroundings, row_of

    async def page(
        self,
        actor: Actor,
        campaign_id: int,
        verdict: Verdict,
        *,
        lacking: str | None = None,
        after: int = 0,
        limit: int = 50,
    ) -> list[Member]:
        """Those with a verdict, by their keys after `after`; of them those who lack a value, if one is named.

        `lacking` is one of `contacts.lacking.VALUES`, or `fields.KEY`; `LookupError` for anything else.
        """
        actor.require("campaigns.read")
        actor.require("contacts.read")
        row = await self._row_of(campaign_id)
        empty = None if lacking is None else is_empty(lacking)

        def members(connection: sa.Connection) -> sa.Select[Any]:
            return self._surroundings.members(connection, row.segment_id)

        async with self._database.read() as connection:
            chosen = await connection.run_sync(members)
            judged = audience(chosen, row.category_id, KIND_OF_CAMPAIGN[row.type]).subquery("judged")
            statement = (
                sa.select(judged.c.contact_id, contact.c.name, judged.c.address)
                .join(contact, contact.c.id == judged.c.contact_id)
                .where(judged.c.verdict == verdict, judged.c.contact_id > after)
                .order_by(judged.c.contact_id)
                .limit(limit)
            )
            rows = await connection.execute(statement if empty is None else statement.where(empty))
            return [Member(each.contact_id, each.name, each.address) for each in rows]
