"""Undoing an import, contact by contact: what changed since stays, and is listed with the reason.

What is undone leaves `contact_change` in the transaction that undoes it; what can't be keeps its row and
says why. So undoing goes on after a kill where it stood.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from vestnik.contacts.consents import Evidence
from vestnik.contacts.imports.keeping import INHERITED
from vestnik.contacts.imports.rows import Policy
from vestnik.contacts.imports.tables import contact_change, contact_import
from vestnik.contacts.leaving import part
from vestnik.contacts.storing import fold_values
from vestnik.contacts.tables import address, consent, contact, contact_address, subscription
from vestnik.db import fold, now

#: Contacts in one unit of work.
UNDONE_AT_ONCE = 100


class Elsewhere(Protocol):
    """What other rooms keep of contacts."""

    def join(
        self, connection: sa.Connection, segment_id: int, contact_ids: Sequence[int]
    ) -> Sequence[int] | None:
        """Add contacts to a static segment; those who were not in it yet. None: it takes nobody."""

    def leave(
        self, connection: sa.Connection, contact_ids: Sequence[int], segment_id: int | None = None
    ) -> None:
        """Take contacts out of a segment, or out of all."""

    def is_static(self, connection: sa.Connection, segment_id: int) -> bool:
        """Whether contacts can be added to the segment."""

    def is_there(self, connection: sa.Connection, segment_id: int) -> bool:
        """Whether there is such a segment that was not deleted."""

    def written_to(self, connection: sa.Connection, contact_ids: Sequence[int]) -> Collection[int]:
        """Those of the contacts who are in a campaign."""

    def known_addresses(self, connection: sa.Connection, address_ids: Sequence[int]) -> Collection[int]:
        """Those of the addresses that deliveries or events refer to."""


class Undoer:
    """Takes back what an import did."""

    def __init__(self, elsewhere: Elsewhere) -> None:
        self._elsewhere = elsewhere

    def undo_some(self, connection: sa.Connection, import_id: int, run: int) -> bool:
        """Undo the import for some of its contacts; False when all are done."""
        whole = connection.execute(
            sa.select(contact_import)
            .where(
                contact_import.c.id == import_id,
                contact_import.c.run == run,
                contact_import.c.state == "undoing",
            )
            .with_for_update()
        ).one_or_none()
        if whole is None:
            return False
        found = connection.execute(
            sa.select(
                contact_change.c.contact_id,
                contact_change.c.before,
                contact_change.c.changed_at,
                contact.c.id,
                contact.c.updated_at,
                contact.c.merged_into,
            )
            .outerjoin(contact, contact.c.id == contact_change.c.contact_id)
            .where(contact_change.c.import_id == import_id, contact_change.c.not_undone.is_(None))
            .order_by(contact_change.c.contact_id)
            .limit(UNDONE_AT_ONCE)
        )
        rows: list[Any] = list(found)
        if not rows:
            connection.execute(
                sa.update(contact_import)
                .where(contact_import.c.id == import_id)
                .values(state="undone", finished_at=now())
            )
            return False
        kept = {row.contact_id: why for row in rows if (why := _changed(row)) is not None}
        created = [row.contact_id for row in rows if row.before is None and row.contact_id not in kept]
        policy = msgspec.convert(whole.policy, Policy)
        kept |= self._bound(connection, created, policy, whole)
        changed = [row for row in rows if row.before is not None and row.contact_id not in kept]
        self._restore(connection, changed, policy, whole)
        self._delete(connection, [id for id in created if id not in kept])
        undone = [row.contact_id for row in rows if row.contact_id not in kept]
        connection.execute(
            sa.delete(contact_change).where(
                contact_change.c.import_id == import_id, contact_change.c.contact_id.in_(undone)
            )
        )
        for why in set(kept.values()):
            connection.execute(
                sa.update(contact_change)
                .where(
                    contact_change.c.import_id == import_id,
                    contact_change.c.contact_id.in_([id for id, each in kept.items() if each == why]),
                )
                .values(not_undone=why)
            )
        connection.execute(
            sa.update(contact_import)
            .where(contact_import.c.id == import_id)
            .values(
                undone=contact_import.c.undone + len(undone),
                not_undone=contact_import.c.not_undone + len(kept),
            )
        )
        return True

    def _bound(
        self, connection: sa.Connection, created: Sequence[int], policy: Policy, whole: sa.Row[Any]
    ) -> dict[int, str]:
        """Why contacts that the import made can't go any more."""
        if not created:
            return {}
        merged = connection.scalars(
            sa.select(contact.c.merged_into).where(contact.c.merged_into.in_(created)).distinct()
        )
        bound: dict[int, str] = {id: "merged" for id in merged if id is not None}
        chose = connection.scalars(
            sa.select(consent.c.contact_id)
            .where(consent.c.contact_id.in_(created), consent.c.how != INHERITED)
            .where(sa.not_(_ours(policy, whole) & (consent.c.state == "given")))
            .distinct()
        )
        bound |= dict.fromkeys(chose, "chose")
        return bound | dict.fromkeys(self._elsewhere.written_to(connection, created), "used")

    def _restore(
        self, connection: sa.Connection, rows: Sequence[sa.Row[Any]], policy: Policy, whole: sa.Row[Any]
    ) -> None:
        at = now()
        for row in rows:
            before = row.before
            if "joined" in before:
                self._elsewhere.leave(connection, [row.contact_id], before["joined"])
            if "name" not in before:
                continue
            connection.execute(
                sa.update(contact)
                .where(contact.c.id == row.contact_id)
                .values(
                    name=before["name"],
                    name_folded=fold(before["name"]),
                    company_id=before["company_id"],
                    owner_id=before["owner_id"],
                    external_id=before["external_id"],
                    custom=before["custom"],
                    custom_folded=fold_values(before["custom"]),
                    updated_at=at,
                )
            )
            added = contact_address.c.address_id.not_in(before["addresses"])
            evidence = Evidence(at, "unsubscribe", f"contact:{row.contact_id}")
            gone = part(connection, [row.contact_id], added, evidence)
            self._forget_addresses(connection, gone)
        if policy.category_id is not None and rows:
            self._take_back_consent(connection, [row.contact_id for row in rows], policy, whole)

    def _take_back_consent(
        self, connection: sa.Connection, contact_ids: Sequence[int], policy: Policy, whole: sa.Row[Any]
    ) -> None:
        """Delete the consents that the import noted and that nobody has changed since."""
        noted = connection.execute(
            sa.select(consent.c.id, consent.c.contact_id, consent.c.at).where(
                consent.c.contact_id.in_(contact_ids), _ours(policy, whole), consent.c.state == "given"
            )
        ).all()
        for row in noted:
            present = connection.execute(
                sa.delete(subscription).where(
                    subscription.c.contact_id == row.contact_id,
                    subscription.c.category_id == policy.category_id,
                    subscription.c.at == row.at,
                    subscription.c.subscribed,
                )
            )
            if present.rowcount:
                connection.execute(sa.delete(consent).where(consent.c.id == row.id))

    def _delete(self, connection: sa.Connection, contact_ids: Sequence[int]) -> None:
        """Delete contacts who said nothing themselves, so that their addresses have nothing to keep."""
        if not contact_ids:
            return
        self._elsewhere.leave(connection, contact_ids)
        for table in (consent, subscription):
            connection.execute(sa.delete(table).where(table.c.contact_id.in_(contact_ids)))
        links = sa.select(contact_address.c.address_id).where(contact_address.c.contact_id.in_(contact_ids))
        addresses = connection.scalars(links.distinct()).all()
        connection.execute(sa.delete(contact_address).where(contact_address.c.contact_id.in_(contact_ids)))
        connection.execute(sa.delete(contact).where(contact.c.id.in_(contact_ids)))
        self._forget_addresses(connection, addresses)

    def _forget_addresses(self, connection: sa.Connection, address_ids: Sequence[int]) -> None:
        """Delete addresses that nothing refers to any more; the stop-list knows them by their hash."""
        if not address_ids:
            return
        used = set(self._elsewhere.known_addresses(connection, address_ids))
        held = sa.select(contact_address.c.address_id).where(contact_address.c.address_id == address.c.id)
        connection.execute(
            sa.delete(address).where(
                address.c.id.in_([id for id in address_ids if id not in used]), sa.not_(held.exists())
            )
        )


def _changed(row: sa.Row[Any]) -> str | None:
    """Why a contact itself can't go back; None when it is as the import left it."""
    if row.id is None:
        return "gone"
    if row.merged_into is not None:
        return "merged"
    # Where the import changed nothing of the contact, later changes are no hindrance.
    touched = row.before is None or "name" in row.before
    return "changed" if touched and row.updated_at != row.changed_at else None


def _ours(policy: Policy, whole: sa.Row[Any]) -> sa.ColumnElement[bool]:
    """Whether a consent is what this import noted."""
    return sa.and_(
        consent.c.category_id == policy.category_id,
        consent.c.how == policy.how,
        consent.c.from_where == policy.from_where,
        consent.c.at >= whole.started_at,
    )
