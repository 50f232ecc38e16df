"""Merging contacts that are one person: what each room keeps of them follows to the one that stays.

The strictest choice wins: whoever withdrew from a category, or from all of them, or was blocked, in one
of the contacts, is so in the one that stays. That holds for a withdrawal which only the stop-list knows
of, too: an address that unsubscribed before its contact was made speaks for its whole contact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.contacts.consents import Choice, Evidence, record_choices
from vestnik.contacts.distinct import follow_merge
from vestnik.contacts.errors import CannotMerge
from vestnik.contacts.storing import fold_values
from vestnik.contacts.tables import (
    address,
    consent,
    contact,
    contact_address,
    subscription,
    suppression,
)
from vestnik.db import Database, load, now
from vestnik.people.access import Actor

#: Contacts that become one at a time.
AT_ONCE = 20

#: What is noted as the ground of a withdrawal that a merge carries over.
BY_MERGE = "merge"

_PARTS = ("name", "company_id", "owner_id", "external_id")

#: Has what a room keeps of contacts follow: (connection, the one that stays, the others).
Follower = Callable[[sa.Connection, int, Sequence[int]], None]


@dataclass(frozen=True, slots=True)
class Taken:
    """From which contact each part is taken; a part that is not named is the staying contact's, or the
    first that any has. `email` and `phone` name the contact whose primary address stays primary."""

    parts: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, int] = field(default_factory=dict)


class Merging:
    """Makes one contact of several."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._followers: list[Follower] = []

    def follow(self, follower: Follower) -> None:
        """Have a room's rows follow a merged contact."""
        self._followers.append(follower)

    async def merge(
        self, actor: Actor, kept_id: int, other_ids: Sequence[int], taken: Taken | None = None
    ) -> None:
        """Merge the others into `kept_id`; each keeps its row and leads to the one that stays."""
        actor.require("contacts.write")
        others = list(dict.fromkeys(other_ids))
        await self._database.write(self._merge, actor, kept_id, others, taken or Taken())

    def _merge(
        self, connection: sa.Connection, actor: Actor, kept_id: int, others: Sequence[int], taken: Taken
    ) -> None:
        rows = _rows(connection, [kept_id, *others])
        at = now()
        primaries = _primaries(connection, rows)
        values = _values(rows, taken)
        withdrawals = _withdrawals(connection, list(rows))
        # The external number is one of a kind: what the staying contact had goes to the one it takes it from.
        _swap_external_id(connection, rows, kept_id, values)
        _move_addresses(connection, kept_id, others, _chosen_primaries(primaries, rows, taken))
        _move_consents(connection, kept_id, others, withdrawals, at)
        stays = sa.update(contact).where(contact.c.id == kept_id)
        connection.execute(
            stays.values(
                **values,
                blocked=any(row.blocked for row in rows.values()),
                unsubscribed=None in withdrawals or any(row.unsubscribed for row in rows.values()),
                last_activity_at=max(row.last_activity_at for row in rows.values()),
                updated_at=at,
            )
        )
        for follower in (follow_merge, *self._followers):
            follower(connection, kept_id, others)
        goes = sa.update(contact)
        connection.execute(goes.where(contact.c.merged_into.in_(others)).values(merged_into=kept_id))
        connection.execute(goes.where(contact.c.id.in_(others)).values(merged_into=kept_id, updated_at=at))
        for other in others:
            record(connection, actor, "contact.merged_away", "contact", other)
        record(connection, actor, "contact.merged", "contact", kept_id, [*taken.parts, *taken.fields])


def _rows(connection: sa.Connection, ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
    """The contacts to become one, the staying one first; `CannotMerge` unless all of them are there."""
    if not 1 < len(set(ids)) == len(ids) <= AT_ONCE:
        raise CannotMerge()
    found = {
        row.id: row
        for row in connection.execute(
            sa.select(contact)
            .where(contact.c.id.in_(ids), contact.c.merged_into.is_(None))
            .order_by(contact.c.id)
            .with_for_update()
        )
    }
    if len(found) < len(ids):
        raise CannotMerge()
    return {id: found[id] for id in ids}


def _values(rows: Mapping[int, sa.Row[Any]], taken: Taken) -> dict[str, Any]:
    """What the staying contact becomes: each part as chosen, else its own, else the first there is."""
    values: dict[str, Any] = {}
    for part in _PARTS:
        if (source := taken.parts.get(part)) is not None:
            values[part] = getattr(_of(rows, source), part)
        else:
            values[part] = next((v for row in rows.values() if (v := getattr(row, part))), None)
    custom: dict[str, Any] = {}
    for row in rows.values():
        custom = dict(row.custom) | custom
    for key, source in taken.fields.items():
        value = _of(rows, source).custom.get(key)
        custom.pop(key, None)
        if value is not None:
            custom[key] = value
    values["name"] = values["name"] or ""
    # Of a chosen name the twin comes along with it.
    named = next((row.name_folded for row in rows.values() if row.name == values["name"]), "")
    return values | {"name_folded": named, "custom": custom, "custom_folded": fold_values(custom)}


def _of(rows: Mapping[int, sa.Row[Any]], id: int) -> sa.Row[Any]:
    if id not in rows:
        raise CannotMerge()
    return rows[id]


def _swap_external_id(
    connection: sa.Connection, rows: Mapping[int, sa.Row[Any]], kept_id: int, values: Mapping[str, Any]
) -> None:
    wanted, own = values["external_id"], rows[kept_id].external_id
    if wanted == own:
        return
    giver = next(row.id for row in rows.values() if row.external_id == wanted)
    for id, number in ((kept_id, None), (giver, own)):
        connection.execute(sa.update(contact).where(contact.c.id == id).values(external_id=number))


def _primaries(connection: sa.Connection, ids: Mapping[int, Any]) -> dict[tuple[int, str], int]:
    """Primary addresses by (contact, kind)."""
    links = connection.execute(
        sa.select(contact_address).where(contact_address.c.contact_id.in_(ids), contact_address.c.is_primary)
    )
    return {(row.contact_id, row.kind): row.address_id for row in links}


def _chosen_primaries(
    primaries: Mapping[tuple[int, str], int], ids: Mapping[int, Any], taken: Taken
) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for kind in ("email", "phone"):
        first = taken.parts.get(kind)
        if first is not None and first not in ids:
            raise CannotMerge()
        order = [*([first] if first is not None else []), *ids]
        found = next((primaries[id, kind] for id in order if (id, kind) in primaries), None)
        if found is not None:
            chosen[kind] = found
    return chosen


def _move_addresses(
    connection: sa.Connection, kept_id: int, others: Sequence[int], primary: Mapping[str, int]
) -> None:
    """Give the staying contact every address of all of them, one of each kind primary."""
    links = connection.execute(
        sa.select(contact_address.c.address_id, contact_address.c.kind)
        .where(contact_address.c.contact_id.in_([kept_id, *others]))
        .distinct()
        .order_by(contact_address.c.address_id)
    ).all()
    connection.execute(sa.delete(contact_address).where(contact_address.c.contact_id.in_([kept_id, *others])))
    load(
        connection,
        contact_address,
        ("contact_id", "address_id", "kind", "is_primary"),
        [(kept_id, row.address_id, row.kind, primary.get(row.kind) == row.address_id) for row in links],
    )


def _withdrawals(connection: sa.Connection, ids: Sequence[int]) -> dict[int | None, int]:
    """What any of the contacts withdrew from (None: everything), and one of those who did."""
    found: dict[int | None, int] = {}
    chosen = connection.execute(
        sa.select(subscription.c.contact_id, subscription.c.category_id)
        .where(subscription.c.contact_id.in_(ids), sa.not_(subscription.c.subscribed))
        .order_by(subscription.c.contact_id, subscription.c.category_id)
    )
    stopped = connection.execute(
        sa.select(contact_address.c.contact_id, suppression.c.category_id)
        .join(address, address.c.id == contact_address.c.address_id)
        .join(suppression, suppression.c.address_hash == address.c.suppression_hash)
        .where(
            contact_address.c.contact_id.in_(ids),
            contact_address.c.is_primary,
            suppression.c.reason.in_(("unsubscribe", "spam")),
        )
        .order_by(contact_address.c.contact_id, suppression.c.id)
    )
    for row in [*chosen, *stopped]:
        found.setdefault(row.category_id, row.contact_id)
    return found


def _move_consents(
    connection: sa.Connection,
    kept_id: int,
    others: Sequence[int],
    withdrawals: Mapping[int | None, int],
    at: datetime,
) -> None:
    """Bring the journals together, and the present state to the strictest of them."""
    everybody = [kept_id, *others]
    withdrawn_by_kept = set(
        connection.scalars(
            sa.select(subscription.c.category_id).where(
                subscription.c.contact_id == kept_id, sa.not_(subscription.c.subscribed)
            )
        )
    )
    given = connection.execute(
        sa.select(subscription.c.category_id, sa.func.max(subscription.c.at).label("at"))
        .where(subscription.c.contact_id.in_(everybody))
        .group_by(subscription.c.category_id)
    ).all()
    own = set(
        connection.scalars(sa.select(subscription.c.category_id).where(subscription.c.contact_id == kept_id))
    )
    connection.execute(sa.delete(subscription).where(subscription.c.contact_id.in_(others)))
    load(
        connection,
        subscription,
        ("contact_id", "category_id", "subscribed", "at"),
        [(kept_id, row.category_id, True, row.at) for row in given if row.category_id not in own],
    )
    connection.execute(sa.update(consent).where(consent.c.contact_id.in_(others)).values(contact_id=kept_id))
    unsubscribed = connection.scalar(sa.select(contact.c.unsubscribed).where(contact.c.id == kept_id))
    record_choices(
        connection,
        [
            Choice(kept_id, category_id, "withdrawn", Evidence(at, BY_MERGE, f"contact:{who}"))
            for category_id, who in withdrawals.items()
            if not (unsubscribed if category_id is None else category_id in withdrawn_by_kept)
        ],
    )
