"""Rows of a file, or of a request, brought into the contacts: set by set, in a unit of work of the writer.

A row finds its contact by the external number, else by an e-mail address, else by a phone. Of two contacts
with different external numbers neither takes the other's row. By phone only contacts are found that have no
e-mail address, or rows without one: colleagues share a telephone.

No import takes back an unsubscribe. A consent is noted only where the contact never chose; a primary
address is never replaced by another; and a new contact at an address whose holder withdrew inherits that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.companies.finding import hold_inns
from vestnik.companies.matching import find_clients
from vestnik.companies.service import NewClient, insert_clients
from vestnik.contacts.addresses import Address
from vestnik.contacts.consents import Evidence
from vestnik.contacts.imports.erasing import without_erased
from vestnik.contacts.imports.keeping import give_where_unasked, inherit_withdrawals, stopped
from vestnik.contacts.imports.rows import Policy, Row
from vestnik.contacts.storing import NewContact, address_ids, fold_values, insert_contacts
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import RowsStatement, fold, load
from vestnik.vault import Vault

Status = Literal["created", "updated", "unchanged", "skipped"]

#: Adds contacts to a static segment within a unit of work; those who were not in it yet. None: the segment
#: takes nobody any more.
Joiner = Callable[[sa.Connection, int, Sequence[int]], Sequence[int] | None]

_BY_EXTERNAL_ID = RowsStatement(
    "SELECT r.n, coalesce(c.merged_into, c.id) FROM {rows} CROSS JOIN contact AS c"
    " WHERE c.external_id = r.text",
    {"n": "bigint", "text": "text"},
)
_BY_ADDRESS = RowsStatement(
    "SELECT r.n, r.rank, c.id, c.external_id, l.is_primary, EXISTS (SELECT 1 FROM contact_address AS e"
    " WHERE e.contact_id = c.id AND e.kind = 'email')"
    " FROM {rows} CROSS JOIN address AS a CROSS JOIN contact_address AS l CROSS JOIN contact AS c"
    " WHERE a.kind = r.kind AND a.normalised = r.text AND l.address_id = a.id AND c.id = l.contact_id"
    " AND c.merged_into IS NULL",
    {"n": "bigint", "rank": "integer", "kind": "text", "text": "text"},
)


@dataclass(slots=True)
class Outcome:
    """What became of a row."""

    status: Status
    contact_id: int
    kept_unsubscribed: bool = False
    # Not added to the segment: it was archived meanwhile.
    left_out: bool = False
    # How the contact was before, as far as it was changed; None for one that was created or that stayed.
    before: dict[str, Any] | None = None
    fields: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Known:
    """A contact as it is before its row is applied."""

    id: int
    name: str
    company_id: int | None
    owner_id: int | None
    custom: Mapping[str, Any]
    external_id: str | None
    # (address key, kind, normalised, is_primary)
    links: list[tuple[int, str, str, bool]] = field(default_factory=list)

    def image(self) -> dict[str, Any]:
        """What undoing brings back."""
        return {
            "name": self.name,
            "company_id": self.company_id,
            "owner_id": self.owner_id,
            "custom": dict(self.custom),
            "external_id": self.external_id,
            "addresses": [id for id, *_ in self.links],
        }


class Applier:
    """Applies rows; `joiner` is what adds to segments."""

    def __init__(self, vault: Vault, joiner: Joiner) -> None:
        self._vault, self._joiner = vault, joiner

    def without_erased(self, connection: sa.Connection, import_id: int, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows, those refused that are of people who were erased since the file came."""
        return without_erased(connection, self._vault, import_id, rows)

    def apply(
        self, connection: sa.Connection, rows: Sequence[Row], policy: Policy, at: datetime
    ) -> list[Outcome]:
        """Apply the rows at the beginning of `rows` that don't touch one another; an outcome for each.

        There is at least one, so whoever goes on with the rest comes to the end.
        """
        rows = rows[: _apart(rows)]
        found = _find(connection, rows)
        holders: dict[int, int] = {}
        for place in range(len(rows)):
            if (id := found.get(place)) is not None and holders.setdefault(id, place) != place:
                rows = rows[:place]  # two rows are of one contact: the second has its turn after the first
                break
        found = {place: id for place, id in found.items() if place < len(rows)}
        known = _known(connection, found.values())
        outcomes: list[Outcome | None] = [None] * len(rows)
        self._create(connection, [(n, row) for n, row in enumerate(rows) if n not in found], outcomes, at)
        present = [(n, row, known[found[n]]) for n, row in enumerate(rows) if n in found]
        if policy.duplicates == "skip":
            for n, _, person in present:
                outcomes[n] = Outcome("skipped", person.id)
        else:
            self._update(connection, present, policy.duplicates == "update", outcomes, at)
        done = [outcome for outcome in outcomes if outcome is not None]
        self._consent_and_join(connection, done, policy, at)
        return done

    # New contacts

    def _create(
        self,
        connection: sa.Connection,
        rows: Sequence[tuple[int, Row]],
        outcomes: list[Outcome | None],
        at: datetime,
    ) -> None:
        if not rows:
            return
        companies = _companies(connection, [row for _, row in rows])
        stops = self._stops(connection, [row for _, row in rows])
        new = [
            NewContact(
                name=row.name or _shown(row),
                addresses=sorted(_addresses(row), key=lambda each: each not in stops)
                if stops
                else _addresses(row),
                company_id=companies.get((row.inn, fold(row.company))),
                owner_id=row.owner_id,
                custom=row.custom,
                external_id=row.external_id,
            )
            for _, row in rows
        ]
        keys = insert_contacts(connection, self._vault, new, at)
        inherit_withdrawals(connection, keys, at)
        for (n, _), key in zip(rows, keys, strict=True):
            outcomes[n] = Outcome("created", key)

    def _stops(self, connection: sa.Connection, rows: Sequence[Row]) -> frozenset[Address]:
        """Addresses of rows with several that are on the stop-list: those stay primary, and so decide."""
        several = [
            each for row in rows if len(row.emails) > 1 or len(row.phones) > 1 for each in _addresses(row)
        ]
        return stopped(connection, self._vault, several) if several else frozenset()

    # Contacts that are here already

    def _update(
        self,
        connection: sa.Connection,
        rows: Sequence[tuple[int, Row, _Known]],
        replace: bool,
        outcomes: list[Outcome | None],
        at: datetime,
    ) -> None:
        if not rows:
            return
        companies = _companies(
            connection, [row for _, row, person in rows if replace or person.company_id is None]
        )
        changes: list[dict[str, Any]] = []
        added: list[tuple[_Known, list[Address]]] = []
        for n, row, person in rows:
            company_id = companies.get((row.inn, fold(row.company)))
            given: dict[str, Any] = {
                "name": row.name or None,
                "company_id": company_id,
                "owner_id": row.owner_id,
                "external_id": row.external_id,
            }
            wanted = {
                name: value
                for name, value in given.items()
                if value is not None
                and value != getattr(person, name)
                and (replace or getattr(person, name) in (None, ""))
            }
            # The number by which others know a contact is given once.
            if person.external_id is not None:
                wanted.pop("external_id", None)
            custom = {
                key: value
                for key, value in row.custom.items()
                if person.custom.get(key) != value and (replace or person.custom.get(key) is None)
            }
            own = {(kind, text) for _, kind, text, _ in person.links}
            new = [each for each in _addresses(row) if (each.kind, each.normalised) not in own]
            if not (wanted or custom or new):
                outcomes[n] = Outcome("unchanged", person.id)
                continue
            fields = [
                *wanted,
                *(f"fields.{key}" for key in custom),
                *(sorted({f"{each.kind}s" for each in new})),
            ]
            outcomes[n] = Outcome("updated", person.id, before=person.image(), fields=fields)
            merged = {**person.custom, **custom}
            name = wanted.get("name", person.name)
            changes.append(
                {
                    "key": person.id,
                    "new_name": name,
                    "new_name_folded": fold(name),
                    "new_company_id": wanted.get("company_id", person.company_id),
                    "new_owner_id": wanted.get("owner_id", person.owner_id),
                    "new_external_id": wanted.get("external_id", person.external_id),
                    "new_custom": merged,
                    "new_custom_folded": fold_values(merged),
                    "at": at,
                }
            )
            if new:
                added.append((person, new))
        if changes:
            connection.execute(_CHANGE, changes)
        self._link(connection, added, at)

    def _link(
        self, connection: sa.Connection, added: Sequence[tuple[_Known, list[Address]]], at: datetime
    ) -> None:
        """Add addresses; one becomes primary only where the contact has none of its kind."""
        if not added:
            return
        ids = address_ids(connection, self._vault, (each for _, new in added for each in new))
        links: list[tuple[int, int, str, bool]] = []
        for person, new in added:
            kinds = {kind for _, kind, _, _ in person.links}
            for each in new:
                links.append((person.id, ids[each], each.kind, each.kind not in kinds))
                kinds.add(each.kind)
        load(connection, contact_address, ("contact_id", "address_id", "kind", "is_primary"), links)
        inherit_withdrawals(connection, [person.id for person, _ in added], at)

    # What becomes of all

    def _consent_and_join(
        self, connection: sa.Connection, outcomes: Sequence[Outcome], policy: Policy, at: datetime
    ) -> None:
        taken = [outcome for outcome in outcomes if outcome.status != "skipped"]
        if policy.category_id is not None:
            evidence = Evidence(at, policy.how, policy.from_where)
            given, kept = give_where_unasked(
                connection, [outcome.contact_id for outcome in taken], policy.category_id, evidence
            )
            for outcome in taken:
                outcome.kept_unsubscribed = outcome.contact_id in kept
                if outcome.status == "unchanged" and outcome.contact_id in given:
                    outcome.before = {}
        if policy.segment_id is not None:
            added = self._joiner(connection, policy.segment_id, [each.contact_id for each in taken])
            joined = set(added or ())
            for outcome in taken:
                outcome.left_out = added is None
                if outcome.contact_id in joined and outcome.status != "created":
                    outcome.before = {**(outcome.before or {}), "joined": policy.segment_id}


_CHANGE = (
    sa.update(contact)
    .where(contact.c.id == sa.bindparam("key"))
    .values(
        name=sa.bindparam("new_name"),
        name_folded=sa.bindparam("new_name_folded"),
        company_id=sa.bindparam("new_company_id"),
        owner_id=sa.bindparam("new_owner_id"),
        external_id=sa.bindparam("new_external_id"),
        custom=sa.bindparam("new_custom"),
        custom_folded=sa.bindparam("new_custom_folded"),
        updated_at=sa.bindparam("at"),
    )
)


def _addresses(row: Row) -> list[Address]:
    return [
        *(Address("email", text, domain) for text, domain in row.emails),
        *(Address("phone", text, None) for text in row.phones),
    ]


def _shown(row: Row) -> str:
    """What a contact without a name is called."""
    return row.emails[0][0] if row.emails else row.phones[0] if row.phones else row.external_id or ""


def _apart(rows: Sequence[Row]) -> int:
    """How many rows at the beginning can't be of one contact with another of them."""
    seen: set[tuple[str, str]] = set()
    only_phones: set[str] = set()
    phones: set[str] = set()
    for place, row in enumerate(rows):
        keys = [("email", text) for text, _ in row.emails]
        if row.external_id is not None:
            keys.append(("external_id", row.external_id))
        met = phones if not row.emails else only_phones
        if any(key in seen for key in keys) or any(phone in met for phone in row.phones):
            return place
        seen.update(keys)
        phones.update(row.phones)
        if not row.emails:
            only_phones.update(row.phones)
    return len(rows)


def _find(connection: sa.Connection, rows: Sequence[Row]) -> dict[int, int]:
    """The contact of each row that has one, by the row's place."""
    numbered = [
        {"n": n, "text": row.external_id} for n, row in enumerate(rows) if row.external_id is not None
    ]
    found: dict[int, int] = dict(_BY_EXTERNAL_ID.rows(connection, numbered)) if numbered else {}
    sought: list[dict[str, Any]] = []
    for n, row in enumerate(rows):
        if n in found:
            continue
        texts = [("email", text) for text, _ in row.emails] + [("phone", text) for text in row.phones]
        sought += [
            {"n": n, "rank": rank, "kind": kind, "text": text} for rank, (kind, text) in enumerate(texts)
        ]
    best: dict[int, tuple[int, bool, int]] = {}
    for n, rank, id, external_id, is_primary, has_email in (
        _BY_ADDRESS.rows(connection, sought) if sought else ()
    ):
        row = rows[n]
        if external_id is not None and row.external_id not in (None, external_id):
            continue
        if rank >= len(row.emails) and row.emails and has_email:
            continue
        candidate = (rank, not is_primary, id)
        if n not in best or candidate < best[n]:
            best[n] = candidate
    return found | {n: id for n, (_, _, id) in best.items()}


def _known(connection: sa.Connection, ids: Any) -> dict[int, _Known]:
    keys = sorted(set(ids))
    if not keys:
        return {}
    rows = connection.execute(
        sa.select(
            contact.c.id,
            contact.c.name,
            contact.c.company_id,
            contact.c.owner_id,
            contact.c.custom,
            contact.c.external_id,
        )
        .where(contact.c.id.in_(keys))
        .order_by(contact.c.id)
        .with_for_update()
    )
    known = {row.id: _Known(*row) for row in rows}
    links = connection.execute(
        sa.select(
            contact_address.c.contact_id,
            address.c.id,
            address.c.kind,
            address.c.normalised,
            contact_address.c.is_primary,
        )
        .join(address, address.c.id == contact_address.c.address_id)
        .where(contact_address.c.contact_id.in_(keys))
    )
    for contact_id, *link in links:
        known[contact_id].links.append((link[0], link[1], link[2], link[3]))
    return known


def _companies(connection: sa.Connection, rows: Sequence[Row]) -> dict[tuple[str | None, str], int]:
    """The client of each INN and folded name in the rows, stored where there is none."""
    names: dict[tuple[str | None, str], str] = {}
    for row in rows:
        if row.company or row.inn:
            names.setdefault((row.inn, fold(row.company)), row.company)
    if not names:
        return {}
    found = find_clients(connection, list(names))
    missing = [key for key in names if key not in found]
    if hold_inns(connection, [inn for inn, _ in missing]):
        found |= find_clients(connection, missing)
        missing = [key for key in missing if key not in found]
    kinds = {10: "company", 12: "person"}
    new = [
        NewClient(names[key] or f"ИНН {key[0]}", kinds.get(len(key[0] or ""), "company"), key[0])
        for key in missing
    ]
    return found | dict(zip(missing, insert_clients(connection, new), strict=True))
