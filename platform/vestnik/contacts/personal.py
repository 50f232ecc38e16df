"""What this room holds of a person: the card, addresses, consents, the stop-list, what imports changed.

An erased contact keeps its row, for what refers to it, and is merged into itself: into nobody that there
is, so that whatever leaves out merged contacts leaves it out as well. Its addresses keep their rows, too,
under a name that no address can have and a hash that no address has. What the person withdrew from goes to
the stop-list before, which knows addresses by their keyed hash only: a later import finds it there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vestnik.companies.service import named_clients
from vestnik.contacts.consents import Evidence
from vestnik.contacts.imports.erasing import Files
from vestnik.contacts.imports.tables import (
    contact_change,
    contact_import,
    contact_import_reject,
    contact_import_run,
    contact_import_schedule,
)
from vestnik.contacts.last_activity import NEVER
from vestnik.contacts.leaving import part
from vestnik.contacts.tables import (
    address,
    bulk_run,
    category,
    consent,
    contact,
    contact_address,
    erased_address,
    saved_view,
    subscription,
    suppression,
)
from vestnik.db import Database, now
from vestnik.http.errors import NotFound
from vestnik.privacy.holdings import Holding, Page, Subject, Sweep, page
from vestnik.privacy.texts import Texts
from vestnik.retention import Term

#: How the stop-list and the journal name an erasure.
SOURCE = "erasure"

#: How long late news of an erased person find the empty row of the address.
ERASED_KNOWN_FOR = timedelta(days=180)
ERASED = Term("erased_addresses", days=ERASED_KNOWN_FOR.days, least=30)

#: Bytes of a hash in the stop-list (addresses.py).
_HASH_BYTES = 16


def find(connection: sa.Connection, contact_id: int) -> Subject:
    """The person behind a contact's key, with the contacts that were merged into it."""
    row = connection.execute(
        sa.select(contact.c.id, contact.c.merged_into, contact.c.erased_at).where(contact.c.id == contact_id)
    ).one_or_none()
    if row is None or row.erased_at is not None:
        raise NotFound()
    kept = row.merged_into or row.id
    merged = connection.scalars(
        sa.select(contact.c.id).where(contact.c.merged_into == kept, contact.c.id != kept)
    )
    ids = [kept, *merged]
    own = connection.execute(
        sa.select(address.c.id, address.c.normalised)
        .where(address.c.id.in_(_addresses_of(ids)), sa.not_(_shared(ids)))
        .order_by(address.c.id)
    ).all()
    cards = connection.execute(
        sa.select(contact.c.name, contact.c.external_id, contact.c.custom)
        .where(contact.c.id.in_(ids))
        .order_by(contact.c.id)
    ).all()
    before = connection.scalars(
        sa.select(contact_change.c.before).where(
            contact_change.c.contact_id.in_(ids), contact_change.c.before.is_not(None)
        )
    )
    # As the person was called before an import changed it, too: the texts of that time say so.
    known = [*(row._mapping for row in cards), *before]
    values = [text for each in known for text in (each.get("custom") or {}).values()]
    return Subject(
        kept,
        ids,
        [row.id for row in own],
        [row.normalised for row in own],
        names=_different(each.get("name") for each in known),
        identifiers=_different(each.get("external_id") for each in known),
        values=_different(text for text in values if isinstance(text, str)),
    )


def _different(texts: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _shared(contact_ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Whether somebody else has the address, too."""
    other = contact_address.alias("other")
    return sa.exists().where(other.c.address_id == address.c.id, other.c.contact_id.not_in(contact_ids))


def _addresses_of(contact_ids: Sequence[int]) -> sa.Select[Any]:
    return sa.select(contact_address.c.address_id).where(contact_address.c.contact_id.in_(contact_ids))


def _cards(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    """All at once: few were merged into one."""
    rows = connection.execute(
        sa.select(contact).where(contact.c.id.in_(person.contact_ids)).order_by(contact.c.id)
    ).all()
    companies = named_clients(connection, {row.company_id for row in rows if row.company_id is not None})
    cards = [
        {
            "id": str(row.id),
            "name": row.name,
            "company": companies[row.company_id].name if row.company_id in companies else None,
            "inn": companies[row.company_id].inn if row.company_id in companies else None,
            "externalId": row.external_id,
            "fields": row.custom,
            "blocked": row.blocked,
            "unsubscribed": row.unsubscribed,
            "createdAt": row.created_at,
            "updatedAt": row.updated_at,
            "lastActivityAt": None if row.last_activity_at == NEVER else row.last_activity_at,
            "mergedInto": None if row.merged_into is None else str(row.merged_into),
        }
        for row in rows
    ]
    return Page(cards)


def _erase_cards(connection: sa.Connection, person: Subject) -> int:
    at = now()
    return connection.execute(
        sa.update(contact)
        .where(contact.c.id.in_(person.contact_ids))
        .values(
            name="",
            name_folded="",
            company_id=None,
            owner_id=None,
            custom={},
            custom_folded={},
            external_id=None,
            merged_into=person.contact_id,
            erased_at=at,
            updated_at=at,
            last_activity_at=NEVER,
        )
    ).rowcount


def _addresses(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    return page(
        connection,
        sa.select(address.c.kind, address.c.normalised, contact_address.c.is_primary)
        .join(contact_address, contact_address.c.address_id == address.c.id)
        .where(contact_address.c.contact_id.in_(person.contact_ids)),
        (address.c.id, contact_address.c.contact_id),
        after,
        lambda row: {"kind": row.kind, "address": row.normalised, "primary": row.is_primary},
    )


def _erase_addresses(connection: sa.Connection, person: Subject) -> int:
    """An address that somebody else has, too, stays theirs, without what the person withdrew from."""
    gone = part(connection, person.contact_ids, sa.true(), Evidence(now(), SOURCE, SOURCE))
    _note_erased(connection, person)
    rename = sa.update(address).where(address.c.id == sa.bindparam("key"))
    if person.address_ids:
        connection.execute(
            rename.values(
                normalised=sa.bindparam("name"), domain=None, suppression_hash=sa.bindparam("hash")
            ),
            [
                {"key": id, "name": f"{SOURCE}:{id}", "hash": secrets.token_bytes(_HASH_BYTES)}
                for id in person.address_ids
            ],
        )
    return len(gone)


def _note_erased(connection: sa.Connection, person: Subject) -> None:
    """Keep the hashes for a while: late news find the empty rows, and files of before bring nobody."""
    at = now()
    rows = connection.execute(
        sa.select(address.c.id, address.c.suppression_hash).where(address.c.id.in_(person.address_ids))
    ).all()
    if rows:
        connection.execute(
            sa.insert(erased_address),
            [{"address_id": row.id, "address_hash": row.suppression_hash, "at": at} for row in rows],
        )


def _consents(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    return page(
        connection,
        sa.select(consent.c.state, consent.c.at, consent.c.how, consent.c.from_where, category.c.title)
        .outerjoin(category, category.c.id == consent.c.category_id)
        .where(consent.c.contact_id.in_(person.contact_ids)),
        (consent.c.at, consent.c.id),
        after,
        lambda row: {
            "category": row.title,
            "state": row.state,
            "at": row.at,
            "how": row.how,
            "fromWhere": row.from_where,
        },
    )


def _erase_consents(connection: sa.Connection, person: Subject) -> int:
    """When somebody came or went stays, for the figures of a category; how and from where does not."""
    connection.execute(sa.delete(subscription).where(subscription.c.contact_id.in_(person.contact_ids)))
    return connection.execute(
        sa.update(consent)
        .where(consent.c.contact_id.in_(person.contact_ids))
        .values(how=SOURCE, from_where="")
    ).rowcount


def _stops(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    return page(
        connection,
        sa.select(
            address.c.normalised,
            suppression.c.reason,
            suppression.c.at,
            suppression.c.source,
            category.c.title,
        )
        .join(suppression, suppression.c.address_hash == address.c.suppression_hash)
        .outerjoin(category, category.c.id == suppression.c.category_id)
        .where(address.c.id.in_(_addresses_of(person.contact_ids))),
        (suppression.c.id, address.c.id),
        after,
        lambda row: {
            "address": row.normalised,
            "reason": row.reason,
            "category": row.title,
            "at": row.at,
            "source": row.source,
        },
    )


def _keep_stops(connection: sa.Connection, person: Subject) -> int:
    """The stop-list stays: it holds hashes, and is what keeps the person from being written to."""
    return 0


def _changes(connection: sa.Connection, person: Subject, after: Sequence[Any] | None) -> Page:
    return page(
        connection,
        sa.select(contact_change.c.changed_at, contact_change.c.before).where(
            contact_change.c.contact_id.in_(person.contact_ids)
        ),
        (contact_change.c.changed_at, contact_change.c.import_id, contact_change.c.contact_id),
        after,
        lambda row: {"changedAt": row.changed_at, "before": row.before},
    )


def _erase_changes(connection: sa.Connection, person: Subject) -> int:
    """What there was before an import goes, so that undoing the import brings nothing back."""
    return connection.execute(
        sa.delete(contact_change).where(contact_change.c.contact_id.in_(person.contact_ids))
    ).rowcount


#: Erased from the last to the first: the stop-list learns of withdrawals before consents are forgotten.
HOLDINGS = (
    Holding("contacts", _cards, _erase_cards),
    Holding("consents", _consents, _erase_consents),
    Holding("addresses", _addresses, _erase_addresses),
    Holding("suppression", _stops, _keep_stops),
    Holding("imports", _changes, _erase_changes),
)


def sweeps(database: Database, folder: Path) -> Sequence[Sweep]:
    """Files on their way in, refused rows, how others were before an import, filters with an address."""
    told = ("file_name", "reading", "mapping", "policy", "reason")
    return (
        Files(database, folder),
        Texts(database, "imports", contact_import, told),
        Texts(database, "imports", contact_import_reject, ("cells", "reason"), rows=("cells",)),
        Texts(database, "imports", contact_change, ("before",), deletes=True),
        Texts(database, "imports", contact_import_schedule, ("reading", "mapping", "reason")),
        Texts(database, "imports", contact_import_run, ("reason",)),
        Texts(database, "filters", saved_view, ("name", "query")),
        Texts(database, "filters", bulk_run, ("arguments", "selection", "reason")),
    )


async def forget_hashes(database: Database) -> None:
    """Forget whose addresses the empty rows were, once no service tells of them any more."""
    before = await ERASED.cutoff(database)
    if before is not None:
        old = sa.delete(erased_address).where(erased_address.c.at < before)
        await database.write(lambda connection: connection.execute(old))
