"""What an order's letter says by now, beside the order's lines: shown line by line, taken over by a person.

Nothing of an order changes because its letter was read again. Job tickets stay as they are in any case, and
so does a line that has one, even where the letter has it no longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.db import Database, now
from vestnik.people.access import Actor
from vestnik.sales import decimals
from vestnik.sales.errors import OrderChanged
from vestnik.sales.keeping import NUMBERS, TEXTS, columns_of, works_of
from vestnik.sales.lines import OrderLine
from vestnik.sales.orders import StoredLine, card_of, hold_order, lines_of, replace_lines
from vestnik.sales.tables import order_reading

#: What of a line is compared; what the sender said beside it shows nowhere.
COMPARED = (*TEXTS, *NUMBERS, "is_service", "works")
#: What two lines that are the same thing have in common, the surest first.
_ALIKE: Sequence[Sequence[str]] = (COMPARED, ("item", "machine_code", "material_code"), ("item",))

ChangeKind = Literal["same", "changed", "new", "gone", "kept"]


@dataclass(frozen=True, slots=True)
class LineChange:
    """One line as the order has it (`before`) beside the letter's; `fields` are what differs.

    `kept`: the letter has it no longer, and it stays for its job ticket.
    """

    kind: ChangeKind
    before: StoredLine | None
    after: OrderLine | None
    fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a letter that was read again would make of an order's lines."""

    read_at: datetime
    order_changed_at: datetime
    changes: Sequence[LineChange]


def changes_between(known: Sequence[StoredLine], fresh: Sequence[OrderLine]) -> list[LineChange]:
    """How an order's lines become those of a letter: in the letter's order, then what it has no longer."""
    own: dict[int, int] = {}
    was, will = [columns_of(each.line) for each in known], [columns_of(each) for each in fresh]
    for names in _ALIKE:
        taken = set(own.values())
        alike: dict[str, list[int]] = {}
        for place in reversed(range(len(known))):
            if place not in taken:
                alike.setdefault(_facts(was[place], names), []).append(place)
        for place, columns in enumerate(will):
            if place not in own and (found := alike.get(_facts(columns, names))):
                own[place] = found.pop()
    left = [place for place in range(len(known)) if place not in own.values()]
    if len(known) == len(fresh):
        for place in [each for each in left if each not in own]:
            own[place] = place  # what it is called was mended: nothing else fits
            left.remove(place)
    changes = []
    for place, line in enumerate(fresh):
        if place not in own:
            changes.append(LineChange("new", None, line))
            continue
        before = own[place]
        fields = [name for name in COMPARED if was[before][name] != will[place][name]]
        changes.append(LineChange("changed" if fields else "same", known[before], line, fields))
    gone = [LineChange("kept" if known[each].ticket else "gone", known[each], None) for each in left]
    return [*changes, *gone]


def differs(changes: Sequence[LineChange]) -> bool:
    """Whether there is something for a person to take over."""
    return any(each.kind in ("changed", "new", "gone") for each in changes)


def note_reading(
    connection: sa.Connection, order_id: int, lines: Sequence[OrderLine], *, dry: bool = False
) -> bool:
    """Keep the lines that an order's letter says by now for a person to look at; False where nothing differs.

    `dry` only says it.
    """
    hold_order(connection, order_id)
    something = differs(changes_between(lines_of(connection, order_id), lines))
    if dry:
        return something
    connection.execute(sa.delete(order_reading).where(order_reading.c.order_id == order_id))
    if something:
        row = {"order_id": order_id, "lines": [_json(each) for each in lines], "read_at": now()}
        connection.execute(sa.insert(order_reading).values(row))
    return something


class Rereading:
    """What a person does with the lines of a letter that was read again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_order(self, actor: Actor, order_id: int) -> Reading | None:
        """What the letter would change; None where it was not read again, or nothing differs any more."""
        actor.require("sales.read")
        kept = sa.select(order_reading).where(order_reading.c.order_id == order_id)
        async with self._database.read() as connection:
            card = await card_of(connection, order_id)
            row = (await connection.execute(kept)).one_or_none()
        if row is None:
            return None
        changes = changes_between(card.lines, [_line(each) for each in row.lines])
        return Reading(row.read_at, card.order.updated_at, changes) if differs(changes) else None

    async def take(self, actor: Actor, order_id: int, read_at: datetime, unchanged_since: datetime) -> None:
        """Have the letter's lines be the order's; once done, doing it again does nothing.

        Raises `OrderChanged` where the letter or the order is no longer what the person saw.
        """
        actor.require("sales.write")
        await self._database.write(_take, actor, order_id, read_at, unchanged_since)

    async def leave(self, actor: Actor, order_id: int) -> None:
        """Have the order's lines stay as they are."""
        actor.require("sales.write")
        await self._database.write(_leave, actor, order_id)


def _take(
    connection: sa.Connection, actor: Actor, order_id: int, read_at: datetime, unchanged_since: datetime
) -> None:
    ordered = hold_order(connection, order_id)
    row = connection.execute(
        sa.select(order_reading).where(order_reading.c.order_id == order_id)
    ).one_or_none()
    if row is None:
        return
    if row.read_at != read_at or ordered.updated_at != unchanged_since:
        raise OrderChanged()
    changes = changes_between(lines_of(connection, order_id), [_line(each) for each in row.lines])
    lines: list[tuple[int | None, OrderLine]] = []
    for each in changes:
        if each.after is not None:
            lines.append((each.before.id if each.before else None, each.after))
        elif each.kind == "kept" and each.before is not None:
            lines.append((each.before.id, each.before.line))
    gone = [each.before.id for each in changes if each.kind == "gone" and each.before]
    replace_lines(connection, order_id, lines, gone)
    connection.execute(sa.delete(order_reading).where(order_reading.c.order_id == order_id))
    record(connection, actor, "order.lines_taken", "order", order_id, ["lines"])


def _leave(connection: sa.Connection, actor: Actor, order_id: int) -> None:
    hold_order(connection, order_id)
    left = connection.execute(sa.delete(order_reading).where(order_reading.c.order_id == order_id))
    if left.rowcount:
        record(connection, actor, "order.lines_left", "order", order_id)


def _facts(columns: Mapping[str, Any], names: Sequence[str]) -> str:
    return repr([columns[name] for name in names])


def _json(line: OrderLine) -> dict[str, Any]:
    columns = columns_of(line)
    numbers = {name: None if columns[name] is None else decimals.plain(columns[name]) for name in NUMBERS}
    return columns | numbers


def _line(kept: Mapping[str, Any]) -> OrderLine:
    numbers: dict[str, Any] = {name: None if kept[name] is None else Decimal(kept[name]) for name in NUMBERS}
    return OrderLine(
        **{name: kept[name] for name in TEXTS},
        **numbers,
        is_service=kept["is_service"],
        works=works_of(kept["works"]),
        extra=kept["extra"],
    )
