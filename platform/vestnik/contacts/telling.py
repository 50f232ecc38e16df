"""What other systems hear of people who unsubscribe (outgoing webhooks), whichever way they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from vestnik.contacts.addresses import Address
from vestnik.contacts.tables import address, category, contact, contact_address, erased_address
from vestnik.outgoing.service import announce_all, wanted

_KIND = "contact.unsubscribed"


class _Said(Protocol):
    """How somebody chose: `consents.Evidence`."""

    @property
    def at(self) -> datetime: ...

    @property
    def how(self) -> str: ...

    @property
    def from_where(self) -> str: ...


class _Choice(Protocol):
    """What one contact chose: `consents.Choice`."""

    @property
    def contact_id(self) -> int: ...

    @property
    def category_id(self) -> int | None: ...

    @property
    def evidence(self) -> _Said: ...


def tell_withdrawn(connection: sa.Connection, withdrawn: Sequence[_Choice]) -> None:
    """Tell that contacts withdrew consent."""
    if not withdrawn or not wanted(connection, _KIND):
        return
    ids = {each.contact_id for each in withdrawn}
    named = sa.select(contact.c.id, contact.c.external_id).where(contact.c.id.in_(ids))
    external = {row.id: row.external_id for row in connection.execute(named)}
    held: defaultdict[int, list[dict[str, str]]] = defaultdict(list)
    links = sa.select(contact_address.c.contact_id, address.c.kind, address.c.normalised)
    own = links.join(address, address.c.id == contact_address.c.address_id).where(
        contact_address.c.contact_id.in_(ids)
    )
    for row in connection.execute(own.order_by(contact_address.c.is_primary.desc(), address.c.id)):
        held[row.contact_id].append({"kind": row.kind, "address": row.normalised})
    titles = _titles(connection, (each.category_id for each in withdrawn))
    announce_all(
        connection,
        _KIND,
        [
            {
                "contactId": str(each.contact_id),
                "externalId": external.get(each.contact_id),
                "addresses": held[each.contact_id],
                **_said(each.category_id, titles, each.evidence),
            }
            for each in withdrawn
        ],
    )


def tell_addresses(
    connection: sa.Connection,
    unsubscribed: Mapping[bytes, Address],
    category_id: int | None,
    evidence: _Said,
) -> None:
    """Tell that addresses were unsubscribed, those that no contact has: of contacts `tell_withdrawn` tells.

    `unsubscribed`: by the stop-list's hash. Of people who were erased nobody hears.
    """
    if not unsubscribed or not wanted(connection, _KIND):
        return
    hashes = list(unsubscribed)
    of_contacts = (
        sa.select(address.c.suppression_hash)
        .join(contact_address, contact_address.c.address_id == address.c.id)
        .where(address.c.suppression_hash.in_(hashes))
    )
    erased = sa.select(erased_address.c.address_hash).where(erased_address.c.address_hash.in_(hashes))
    passed = {bytes(each) for each in connection.scalars(of_contacts.union(erased))}
    titles = _titles(connection, (category_id,))
    announce_all(
        connection,
        _KIND,
        [
            {
                "contactId": None,
                "externalId": None,
                "addresses": [{"kind": each.kind, "address": each.normalised}],
                **_said(category_id, titles, evidence),
            }
            for key, each in unsubscribed.items()
            if key not in passed
        ],
    )


def _titles(connection: sa.Connection, ids: Iterable[int | None]) -> Mapping[int, str]:
    wanted_ids = {each for each in ids if each is not None}
    if not wanted_ids:
        return {}
    named = sa.select(category.c.id, category.c.title).where(category.c.id.in_(wanted_ids))
    return {row.id: row.title for row in connection.execute(named)}


def _said(category_id: int | None, titles: Mapping[int, str], evidence: _Said) -> dict[str, Any]:
    return {
        "categoryId": None if category_id is None else str(category_id),
        "category": None if category_id is None else titles.get(category_id),
        "how": evidence.how,
        "source": evidence.from_where,
        "at": evidence.at.isoformat(),
    }
