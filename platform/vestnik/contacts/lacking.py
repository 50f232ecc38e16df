"""Which values people lack: what a letter would leave empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.contacts.addresses import AddressKind
from vestnik.contacts.audience import Verdict, audience
from vestnik.contacts.tables import contact, contact_address

#: What of a contact may stand in a letter, besides a custom field, which is `fields.KEY`.
VALUES = ("name", "email", "phone", "company")
CUSTOM = "fields."

_VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of an audience have each verdict, and how many of its recipients lack each value."""

    verdicts: Mapping[Verdict, int]
    lacking: Mapping[str, int]


async def count_audience(
    connection: AsyncConnection,
    members: sa.Select[Any],
    category_id: int | None,
    kind: AddressKind,
    values: Sequence[str] = (),
) -> Counts:
    """Count an audience by verdict, and those of them who may be written to and lack any of `values`.

    `members` as for `audience`. A value is one of VALUES or `fields.KEY`. All by one statement, which
    finds each verdict once and sorts nothing: a million people cost little more than their verdicts.
    """
    judged = audience(members, category_id, kind)
    people = (
        judged.with_only_columns(judged.selected_columns.contact_id, judged.selected_columns.verdict)
        .cte("judged")
        .prefix_with("MATERIALIZED")
    )
    wanted = list(dict.fromkeys(values))
    counts = [_number(people.c.verdict == verdict) for verdict in _VERDICTS]
    counts += [_number((people.c.verdict == "ok") & is_empty(value)) for value in wanted]
    source: sa.FromClause = people
    if wanted:
        source = people.join(contact, contact.c.id == people.c.contact_id)
    found = list((await connection.execute(sa.select(*counts).select_from(source))).one())
    verdicts = zip(_VERDICTS, found, strict=False)
    return Counts(
        {verdict: number for verdict, number in verdicts if number},
        dict(zip(wanted, found[len(_VERDICTS) :], strict=True)),
    )


def is_empty(value: str) -> sa.ColumnElement[bool]:
    """Whether a row of `contact` has nothing where `value` would come from."""
    match value:
        case "name":
            return sa.func.trim(contact.c.name) == ""
        case "company":
            return contact.c.company_id.is_(None)
        case "email" | "phone":
            link = contact_address.alias(f"own_{value}")
            primary = (link.c.contact_id == contact.c.id) & (link.c.kind == value) & link.c.is_primary
            return sa.not_(sa.exists().where(primary))
    if not value.startswith(CUSTOM):
        raise LookupError(f"contacts have no value {value!r}")
    stored = contact.c.custom_folded[value.removeprefix(CUSTOM)].as_string()
    return sa.func.coalesce(sa.func.trim(stored), "") == ""


def _number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """How many rows of a statement `condition` holds for."""
    return sa.func.count().filter(condition)
