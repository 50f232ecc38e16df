"""Defining custom fields: an administrator's work, done seldom and seen everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.contacts.errors import (
    FieldExists,
    FieldKindFixed,
    FieldOptionsMissing,
    FieldOptionTwice,
    FieldOptionUsed,
    TooManyFields,
)
from vestnik.contacts.fields import Field, FieldKind
from vestnik.contacts.tables import contact, contact_field
from vestnik.db import Database, fold, now
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor

#: Live fields of an organisation; every card, list and rule offers all of them.
FIELDS = 200


@dataclass(frozen=True, slots=True)
class Definition:
    """A custom field as its administrator sees it; an archived one keeps its key and its values."""

    id: int
    field: Field
    archived_at: datetime | None


#: In how many rules of segments a value of a field is asked for: (connection, the field's key, the value).
RulesWith = Callable[[sa.Connection, str, str], int]


class ContactFields:
    """The definitions of contacts' custom fields."""

    def __init__(self, database: Database, rules_with: RulesWith) -> None:
        self._database, self._rules_with = database, rules_with

    async def page(self, actor: Actor) -> list[Definition]:
        """Every definition in the order in which cards show them; archived ones last."""
        actor.require("fields.manage")
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(contact_field).order_by(
                    contact_field.c.archived_at.is_not(None), contact_field.c.position, contact_field.c.id
                )
            )
            return [_definition(row) for row in rows]

    async def create(
        self,
        actor: Actor,
        key: str,
        title: Mapping[str, str],
        kind: FieldKind,
        options: Sequence[str] = (),
    ) -> int:
        """Define a field, the last in the order; its key is never given again, not even after archiving."""
        actor.require("fields.manage")
        wanted = Field(key, title, kind, tuple(_options(options)))
        return await self._database.write(_create, actor, wanted)

    async def change(
        self,
        actor: Actor,
        id: int,
        *,
        title: Mapping[str, str] | None = None,
        options: Sequence[str] | None = None,
        archived: bool | None = None,
    ) -> None:
        """Rename a field, change a choice's options, archive it or take it back.

        An option that contacts have, or rules of segments ask for, is not taken away.
        """
        actor.require("fields.manage")
        wanted = None if options is None else _options(options)
        await self._database.write(_change, actor, id, title, wanted, archived, self._rules_with)

    async def order(self, actor: Actor, ids: Sequence[int]) -> None:
        """Put these fields first, in this order; the others keep theirs behind them."""
        actor.require("fields.manage")
        await self._database.write(_order, actor, ids)


def _create(connection: sa.Connection, actor: Actor, wanted: Field) -> int:
    if wanted.kind == "choice" and not wanted.options:
        raise FieldOptionsMissing()
    if wanted.kind != "choice" and wanted.options:
        raise FieldKindFixed(kind=wanted.kind)
    if connection.scalar(sa.select(contact_field.c.id).where(contact_field.c.key == wanted.key)) is not None:
        raise FieldExists(field=wanted.key)
    _refuse_too_many(connection)
    last = connection.scalar(sa.select(sa.func.max(contact_field.c.position)))
    id: int = connection.execute(
        sa.insert(contact_field)
        .values(
            key=wanted.key,
            title=dict(wanted.title),
            kind=wanted.kind,
            options=list(wanted.options),
            position=(last or 0) + 1,
        )
        .returning(contact_field.c.id)
    ).scalar_one()
    record(connection, actor, "field.created", "field", id, ["key", "title", "kind"])
    return id


def _change(
    connection: sa.Connection,
    actor: Actor,
    id: int,
    title: Mapping[str, str] | None,
    options: Sequence[str] | None,
    archived: bool | None,
    rules_with: RulesWith,
) -> None:
    known = connection.execute(sa.select(contact_field).where(contact_field.c.id == id)).one_or_none()
    if known is None:
        raise NotFound()
    values: dict[str, Any] = {}
    if title is not None and dict(title) != known.title:
        values["title"] = dict(title)
    if options is not None and list(options) != known.options:
        if known.kind != "choice":
            raise FieldKindFixed(kind=known.kind)
        if not options:
            raise FieldOptionsMissing()
        _refuse_used(
            connection, known.key, [each for each in known.options if each not in options], rules_with
        )
        values["options"] = list(options)
    if archived is not None and archived != (known.archived_at is not None):
        if not archived:
            _refuse_too_many(connection)
        values["archived_at"] = now() if archived else None
    if not values:
        return
    connection.execute(sa.update(contact_field).where(contact_field.c.id == id).values(values))
    record(connection, actor, "field.changed", "field", id, values)


def _order(connection: sa.Connection, actor: Actor, ids: Sequence[int]) -> None:
    known = connection.scalars(
        sa.select(contact_field.c.id).order_by(contact_field.c.position, contact_field.c.id)
    ).all()
    if not set(ids) <= set(known):
        raise NotFound()
    first = list(dict.fromkeys(ids))
    wanted = [*first, *(id for id in known if id not in set(first))]
    place = sa.update(contact_field).where(contact_field.c.id == sa.bindparam("field_id"))
    connection.execute(
        place.values(position=sa.bindparam("place")),
        [{"field_id": id, "place": number} for number, id in enumerate(wanted, 1)],
    )
    record(connection, actor, "field.ordered", "field", None)


def _refuse_too_many(connection: sa.Connection) -> None:
    live = connection.scalar(
        sa.select(sa.func.count()).select_from(contact_field).where(contact_field.c.archived_at.is_(None))
    )
    if (live or 0) >= FIELDS:
        raise TooManyFields(limit=FIELDS)


def _definition(row: sa.Row[Any]) -> Definition:
    return Definition(row.id, Field(row.key, row.title, row.kind, tuple(row.options)), row.archived_at)


def _refuse_used(connection: sa.Connection, key: str, leaving: Sequence[str], rules_with: RulesWith) -> None:
    """Raise `FieldOptionUsed` for the first option that a contact has or a rule asks for."""
    if not leaving:
        return
    value = contact.c.custom[key].as_string()
    live = contact.c.merged_into.is_(None) & contact.c.erased_at.is_(None)
    counted = sa.select(value, sa.func.count()).where(live, value.in_(leaving)).group_by(value)
    contacts: dict[str, int] = {option: count for option, count in connection.execute(counted)}
    for option in leaving:
        have, ask = contacts.get(option, 0), rules_with(connection, key, option)
        if have or ask:
            raise FieldOptionUsed(option=option, contacts=have, segments=ask)


def _options(options: Sequence[str]) -> list[str]:
    """The options as they are kept; `FieldOptionTwice` for one that is there already, whatever the case."""
    kept: dict[str, str] = {}
    for place, text in enumerate(each.strip() for each in options):
        if fold(text) in kept:
            raise FieldOptionTwice(path=f"$.options[{place}]", option=text)
        if text:
            kept[fold(text)] = text
    return list(kept.values())
