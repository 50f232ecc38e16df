"""Messages of the service: which delivery each belongs to, learned from events that name both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from vestnik.campaigns.effects import Ref
from vestnik.db import RowsStatement

#: Names a message: (account, its id at the service).
Name = tuple[int, str]


class Message(NamedTuple):
    """A message of an account that went to an address for a campaign."""

    account_id: int
    external_id: str
    address_id: int
    campaign_id: int


class Recipient(NamedTuple):
    """Whom a message went to, and for which campaign."""

    address_id: int
    campaign: Ref


_STORE = RowsStatement(
    "INSERT INTO message (account_id, external_id, address_id, campaign_id)"
    " SELECT r.account_id, r.external_id, r.address_id, r.campaign_id FROM {rows}"
    " WHERE true ON CONFLICT DO NOTHING RETURNING account_id, external_id",
    {"account_id": "bigint", "external_id": "text", "address_id": "bigint", "campaign_id": "bigint"},
)
_FIND = RowsStatement(
    "SELECT m.account_id, m.external_id, m.address_id, m.campaign_id, c.category_id"
    " FROM {rows} CROSS JOIN message AS m CROSS JOIN campaign AS c"
    " WHERE m.account_id = r.account_id AND m.external_id = r.external_id AND c.id = m.campaign_id"
    " ORDER BY m.account_id, m.external_id, m.address_id",
    {"account_id": "bigint", "external_id": "text"},
)


def remember(connection: sa.Connection, messages: Sequence[Message]) -> set[Name]:
    """Keep what is not known yet; the names of the messages that this made known."""
    return set(_STORE.rows(connection, [each._asdict() for each in messages]))


def recipients(connection: sa.Connection, names: Iterable[Name]) -> dict[Name, list[Recipient]]:
    """Whom each known message went to."""
    wanted = [
        {"account_id": account_id, "external_id": external_id}
        for account_id, external_id in sorted(set(names))
    ]
    found: dict[Name, list[Recipient]] = {}
    for account_id, external_id, address_id, campaign_id, category_id in _FIND.rows(connection, wanted):
        to = Recipient(address_id, Ref(campaign_id, category_id))
        found.setdefault((account_id, external_id), []).append(to)
    return found
