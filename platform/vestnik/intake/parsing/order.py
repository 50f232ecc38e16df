"""A document's object becomes the fields of a lead: what does not fit is kept beside them, with a warning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from vestnik.intake.fields import LeadFields, Marks, Warned
from vestnik.intake.parsing.names import Level, Names, Target
from vestnik.intake.parsing.values import (
    LINE_CHARACTERS,
    TEXT_CHARACTERS,
    NotOne,
    instant_of,
    line_of,
    link_of,
    number_of,
    plain,
    text_of,
    yes_of,
)
from vestnik.sales.lines import OrderLine, Work

#: Beyond these the rest is left out of the lead, with a warning; the input keeps all.
LINES = 1_000
WORKS = 100
LAYOUTS = 200
#: Unknown names that are kept, how many characters their values may have together, and warnings.
EXTRA_NAMES = 100
EXTRA_CHARACTERS = 50_000
WARNINGS = 100
#: Unknown names that are compared with known ones.
COMPARED_NAMES = 50
_NAME_SHOWN = 100
_VALUE_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Understood:
    """What was made of an object. `known`: how many of its own names were."""

    fields: LeadFields
    warnings: Sequence[Warned]
    known: int


def understand(value: Mapping[str, Any], names: Names, zone: ZoneInfo) -> Understood:
    """The fields of a lead from an object whose names are the sender's. Never raises."""
    return _Reading(names, zone).order(value)


@dataclass(slots=True)
class _Reading:
    names: Names
    zone: ZoneInfo
    warnings: list[Warned] = field(default_factory=list)
    compared: int = 0
    extra_left: int = EXTRA_CHARACTERS

    def warn(self, code: str, where: str = "", **facts: Any) -> None:
        if len(self.warnings) < WARNINGS:
            self.warnings.append(Warned(code, where, facts))
        elif len(self.warnings) == WARNINGS:
            self.warnings.append(Warned("more_warnings"))

    def order(self, value: Mapping[str, Any]) -> Understood:
        taken, extra, known = self.members("order", value, "")
        text = _Texts(self, taken, extra)
        fields = LeadFields(
            title=text.line("title"),
            person=text.line("person"),
            company=text.line("company"),
            email=text.line("email"),
            phone=text.line("phone"),
            description=text.long("description"),
            inn=text.line("inn"),
            **{
                name: text.line(name)
                for name in ("ip", "country", "city", "site", "path", "partner", "responsible")
            },
            marks=Marks(
                **{name: text.line(f"utm_{name}") for name in _MARKS}, referrer=text.line("referrer")
            ),
            dated_at=self._date(taken, extra),
            layouts=self._layouts(taken, extra),
            lines=self._lines(taken, extra),
            extra=extra,
        )
        return Understood(fields, self.warnings, known)

    def members(
        self, level: Level, value: Mapping[str, Any], where: str
    ) -> tuple[dict[Target, tuple[str, Any]], dict[str, Any], int]:
        """Members by what they stand for, with their own names; unknown ones; how many were known."""
        taken: dict[Target, tuple[str, Any]] = {}
        extra: dict[str, Any] = {}
        known = 0
        for name, each in value.items():
            target = self.names.target(level, name)
            if target is None:
                self._near(level, name, where)
                self.keep(extra, name, each, where)
                continue
            known += 1
            if each is None or each in ("", [], {}):
                continue
            if target in taken:
                self.warn("said_twice", where + name[:_NAME_SHOWN], other=taken[target][0][:_NAME_SHOWN])
                self.keep(extra, name, each, where)
            else:
                taken[target] = name, each
        return taken, extra, known

    def _near(self, level: Level, name: str, where: str) -> None:
        if self.compared < COMPARED_NAMES:
            self.compared += 1
            if (near := self.names.near(level, name)) is not None:
                self.warn("near_name", where + name[:_NAME_SHOWN], like=near[0], target=near[1])

    def keep(self, extra: dict[str, Any], name: str, value: Any, where: str) -> None:
        """Keep a value beside the fields, as far as there is room."""
        kept, label = plain(value), line_of(name[:_NAME_SHOWN]) or "?"
        size = len(label) + _size(kept, self.extra_left)
        if len(extra) >= EXTRA_NAMES or size > self.extra_left:
            self.warn("left_out", where + label)
            return
        self.extra_left -= size
        extra[label] = kept

    def read(
        self,
        taken: Mapping[Target, tuple[str, Any]],
        extra: dict[str, Any],
        target: Target,
        read: Callable[[Any], Any],
        where: str = "",
    ) -> Any:
        """The value of a target; None where there is none, and where it is of another kind."""
        if target not in taken:
            return None
        name, value = taken[target]
        try:
            return read(value)
        except NotOne:
            self.unlike(extra, name, value, target, where)
            return None

    def unlike(self, extra: dict[str, Any], name: str, value: Any, target: str, where: str) -> None:
        """Say that a value is not of its kind, and keep it as it is."""
        self.warn("wrong_kind", where + name[:_NAME_SHOWN], target=target, value=_shown(value))
        self.keep(extra, name, value, where)

    def _date(self, taken: Mapping[Target, tuple[str, Any]], extra: dict[str, Any]) -> datetime | None:
        found: datetime | None = self.read(taken, extra, "date", lambda value: instant_of(value, self.zone))
        return found

    def _layouts(self, taken: Mapping[Target, tuple[str, Any]], extra: dict[str, Any]) -> list[str]:
        if "layouts" not in taken:
            return []
        name, value = taken["layouts"]
        found: list[str] = []
        unread: list[Any] = []
        for number, each in enumerate(self._listed(name, value, LAYOUTS), 1):
            inner = each
            if isinstance(each, Mapping):
                of_file, _, _ = self.members("layout", each, f"{name[:_NAME_SHOWN]}[{number}].")
                inner = of_file["layout.file"][1] if "layout.file" in of_file else None
            try:
                link = link_of(inner)
            except NotOne:
                self.warn("no_link", f"{name[:_NAME_SHOWN]}[{number}]", value=_shown(inner))
                unread.append(each)
                continue
            if link not in found:
                found.append(link)
        if unread:
            self.keep(extra, name, unread, "")
        return found

    def _listed(self, name: str, value: Any, most: int) -> Sequence[Any]:
        """The members of a list; what is none is a list of one."""
        listed = value if isinstance(value, list) else [value]
        if len(listed) > most:
            self.warn("too_many", name[:_NAME_SHOWN], count=len(listed), limit=most)
        return listed[:most]

    def _lines(self, taken: Mapping[Target, tuple[str, Any]], extra: dict[str, Any]) -> list[OrderLine]:
        if "lines" not in taken:
            return []
        name, value = taken["lines"]
        found: list[OrderLine] = []
        unread: list[Any] = []
        for number, each in enumerate(self._listed(name, value, LINES), 1):
            where = f"{name[:_NAME_SHOWN]}[{number}]"
            if isinstance(each, Mapping):
                found.append(self._line(each, f"{where}."))
            else:
                self.warn("wrong_kind", where, target="lines", value=_shown(each))
                unread.append(each)
        if unread:
            self.keep(extra, name, unread, "")
        return found

    def _line(self, value: Mapping[str, Any], where: str) -> OrderLine:
        taken, extra, _ = self.members("line", value, where)
        text = _Texts(self, taken, extra, where)

        def number(target: Target) -> Decimal | None:
            found: Decimal | None = self.read(taken, extra, target, number_of, where)
            return found

        return OrderLine(
            item=text.line("line.item"),
            machine_code=text.line("line.machine_code"),
            resolution=text.line("line.resolution"),
            material=text.line("line.material"),
            material_code=text.line("line.material_code"),
            width=number("line.width"),
            height=number("line.height"),
            quantity=number("line.quantity"),
            price=number("line.price"),
            amount=number("line.amount"),
            is_service=bool(self.read(taken, extra, "line.is_service", yes_of, where)),
            works=list(self._works(taken, extra, where)),
            extra=extra,
        )

    def _works(
        self, taken: Mapping[Target, tuple[str, Any]], extra: dict[str, Any], where: str
    ) -> Iterator[Work]:
        if "line.works" not in taken:
            return
        name, value = taken["line.works"]
        unread: list[Any] = []
        for number, each in enumerate(self._listed(name, value, WORKS), 1):
            inner = f"{where}{name[:_NAME_SHOWN]}[{number}]"
            if isinstance(each, str) and (kind := line_of(each)):
                yield Work(kind[:LINE_CHARACTERS])
            elif isinstance(each, Mapping):
                yield self._work(each, f"{inner}.", unread)
            else:
                self.warn("wrong_kind", inner, target="line.works", value=_shown(each))
                unread.append(each)
        if unread:
            self.keep(extra, name, unread, where)

    def _work(self, value: Mapping[str, Any], where: str, unread: list[Any]) -> Work:
        taken, extra, _ = self.members("work", value, where)
        text = _Texts(self, taken, extra, where)
        work = Work(
            kind=text.line("work.kind"),
            quantity=self.read(taken, extra, "work.quantity", number_of, where),
            description=text.long("work.description"),
        )
        if extra:
            unread.append(extra)
        return work


_MARKS = ("source", "medium", "campaign", "term", "content")


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts among the members of an object; longer ones than are kept are cut, with a warning."""

    reading: _Reading
    taken: Mapping[Target, tuple[str, Any]]
    extra: dict[str, Any]
    where: str = ""

    def line(self, target: Any) -> str:
        return self._cut(target, line_of, LINE_CHARACTERS)

    def long(self, target: Any) -> str:
        return self._cut(target, text_of, TEXT_CHARACTERS)

    def _cut(self, target: Target, read: Callable[[Any], str], most: int) -> str:
        text = self.reading.read(self.taken, self.extra, target, read, self.where) or ""
        if len(text) > most:
            self.reading.warn("cut", self.where + self.taken[target][0][:_NAME_SHOWN], limit=most)
        return text[:most]


def _shown(value: Any) -> str:
    """The beginning of a value, for a warning."""
    kept = plain(value)
    if isinstance(kept, str):
        return kept[:_VALUE_SHOWN]
    if isinstance(kept, dict | list):
        return "{…}" if isinstance(kept, dict) else "[…]"
    return "true" if kept is True else "false" if kept is False else str(kept)[:_VALUE_SHOWN]


def _size(value: Any, most: int) -> int:
    """How many characters a value has, about; no more than `most` and one value are counted."""
    if isinstance(value, str):
        return len(value) + 2
    inner: Sequence[Any] = ()
    if isinstance(value, dict):
        inner = [part for pair in value.items() for part in pair]
    elif isinstance(value, list):
        inner = value
    size = 8
    for each in inner:
        size += _size(each, most)
        if size > most:
            break
    return size
