"""From the cells of a row to a contact: which column is what, and values that fit. Runs in the child."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from stdnum.ru import inn as inn_rules

from vestnik.contacts.addresses import entered
from vestnik.contacts.errors import InvalidAddress
from vestnik.contacts.imports.rows import FieldRule, Row
from vestnik.folding import fold

NAME_CHARACTERS = 500
TEXT_CHARACTERS = 2_000
EXTERNAL_ID_CHARACTERS = 255
ADDRESSES = 20

_SEVERAL = re.compile(r"[,;\n]+")
_SPACES = re.compile(r"[,;\s]+")
_TRUE = frozenset({"1", "да", "yes", "true", "истина", "+", "y", "д", "v", "x"})
_FALSE = frozenset({"0", "нет", "no", "false", "ложь", "-", "n", "н"})
_EMAIL = re.compile(r"@.*\.|\..*@")
_PHONE = re.compile(r"[\s()+.-]*(?:\d[\s()+.-]*){10,15}")
_RUSSIAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:\s.*)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T\s].*)?")

#: What columns are called, folded; the order is that in which a column is looked at.
_CALLED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"e-?mail|почт|^мейл|^мэйл|электронн")),
    ("phone", re.compile(r"phone|телефон|^тел\b|мобильн|mobile|сотов")),
    ("inn", re.compile(r"^инн\b|^inn\b|tax.?id")),
    ("external_id", re.compile(r"^id$|^ид$|^код$|внешн|external|uuid|guid")),
    ("owner", re.compile(r"ответственн|менеджер|owner|manager|responsible")),
    ("company", re.compile(r"компани|организаци|фирма|company|organi[sz]ation|юр.?лицо|клиент$|^client$")),
    ("name", re.compile(r"^фио$|ф\.и\.о|имя|фамили|отчеств|name|контакт|получатель")),
)


class Rejected(Exception):
    """A cell that does not fit."""

    def __init__(self, code: str, column: int | None = None) -> None:
        super().__init__(code)
        self.code, self.column = code, column


def guess(
    columns: Sequence[str], rows: Sequence[Sequence[str]], fields: Mapping[str, str]
) -> list[str | None]:
    """What each column seems to be, by its name and its first values; `fields` are keys by folded title."""
    found: list[str | None] = []
    for place, title in enumerate(columns):
        values = [row[place] for row in rows if place < len(row) and row[place]]
        target = _by_name(fold(title.strip()), fields) or _by_values(values)
        if target in found and target not in ("name", "email", "phone"):
            target = None
        found.append(target)
    return found


def _by_name(title: str, fields: Mapping[str, str]) -> str | None:
    if title in fields:
        return f"field:{fields[title]}"
    return next((target for target, called in _CALLED if title and called.search(title)), None)


def _by_values(values: Sequence[str]) -> str | None:
    if values and all(_EMAIL.search(value) for value in values):
        return "email"
    if values and all(_PHONE.fullmatch(value) for value in values):
        return "phone"
    return None


def looks_like_addresses(values: Sequence[str]) -> bool:
    """Whether values seem to be e-mail addresses and phones, be they mixed."""
    return bool(values) and all(_EMAIL.search(value) or _PHONE.fullmatch(value) for value in values)


def rejected(number: int, cells: list[str], titles: Sequence[str], code: str, column: int | None) -> Row:
    """A row that is not taken, with the title of the column that does not fit, or its number."""
    reason = {"code": code}
    if column is not None:
        reason["column"] = (titles[column] if column < len(titles) else "") or str(column + 1)
    return Row(number, reason=reason, cells=cells)


class RowReader:
    """Makes rows of cells by a mapping, one for each file."""

    def __init__(
        self,
        columns: Sequence[str | None],
        titles: Sequence[str],
        fields: Sequence[FieldRule],
        owners: Mapping[str, int],
    ) -> None:
        self._titles, self._owners = titles, owners
        self._fields = {each.key: each for each in fields}
        self._columns = [(place, target) for place, target in enumerate(columns) if target]

    def read(self, number: int, cells: list[str]) -> Row:
        """The row `number` of the file as it is to be applied, or with the reason why it is rejected."""
        try:
            return self._read(number, cells)
        except Rejected as wrong:
            return rejected(number, cells, self._titles, wrong.code, wrong.column)

    def _read(self, number: int, cells: list[str]) -> Row:
        row = Row(number, emails=[], phones=[], custom={})
        names: list[str] = []
        for place, target in self._columns:
            value = cells[place] if place < len(cells) else ""
            if not value:
                continue
            try:
                if target == "name":
                    names.append(value)
                else:
                    self._take(row, target, value)
            except Rejected as wrong:
                raise Rejected(wrong.code, place) from None
        row.name = " ".join(" ".join(names).split())
        if len(row.name) > NAME_CHARACTERS:
            raise Rejected("too_long")
        if not (row.emails or row.phones or row.external_id or row.name):
            raise Rejected("nobody")
        return row

    def _take(self, row: Row, target: str, value: str) -> None:
        match target:
            case "email":
                for text in _SPACES.split(value):
                    self._address(row, "email", text)
            case "phone":
                for text in _SEVERAL.split(value):
                    self._address(row, "phone", text)
            case "company":
                row.company = _within(" ".join(value.split()), NAME_CHARACTERS)
            case "inn":
                row.inn = _inn(value)
            case "external_id":
                row.external_id = _within(value, EXTERNAL_ID_CHARACTERS)
            case "owner":
                owner = self._owners.get(fold(value))
                if owner is None:
                    raise Rejected("unknown_owner")
                row.owner_id = owner
            case _:
                rule = self._fields.get(target.removeprefix("field:"))
                if rule is not None:
                    row.custom[rule.key] = value_of(rule, value)

    def _address(self, row: Row, kind: str, text: str) -> None:
        text = text.strip()
        if not text:
            return
        if kind == "email":
            try:
                found = entered("email", text)
            except InvalidAddress:
                raise Rejected("invalid_email") from None
            if (pair := (found.normalised, found.domain)) not in row.emails:
                row.emails.append(pair)
        else:
            try:
                found = entered("phone", text)
            except InvalidAddress:
                raise Rejected("invalid_phone") from None
            if found.normalised not in row.phones:
                row.phones.append(found.normalised)
        if len(row.emails) + len(row.phones) > ADDRESSES:
            raise Rejected("too_many_addresses")


def value_of(rule: FieldRule, text: str) -> Any:
    """A custom field's value from a text; raises `Rejected`."""
    match rule.kind:
        case "number":
            return _number(text)
        case "boolean":
            folded = fold(text)
            if folded in _TRUE or folded in _FALSE:
                return folded in _TRUE
            raise Rejected("not_yes_or_no")
        case "date":
            return to_date(text)
        case "choice":
            folded = fold(text)
            for option in rule.options:
                if fold(option) == folded:
                    return option
            raise Rejected("not_an_option")
    return _within(text, TEXT_CHARACTERS)


def _within(text: str, characters: int) -> str:
    if len(text) > characters:
        raise Rejected("too_long")
    return text


def _inn(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    # A spreadsheet takes an INN for a number, and its first zero away.
    digits = digits.zfill(10) if len(digits) == 9 else digits.zfill(12) if len(digits) == 11 else digits
    if not inn_rules.is_valid(digits):
        raise Rejected("invalid_inn")
    return digits


def _number(text: str) -> float | int:
    plain = re.sub(r"[\s\u00a0\u202f']", "", text).replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,18})?", plain):
        raise Rejected("not_a_number")
    number = float(plain)
    return int(number) if number.is_integer() and "." not in plain else number


def to_date(text: str) -> str:
    """A date as YYYY-MM-DD, whatever stands after it; raises `Rejected`."""
    if found := _RUSSIAN_DATE.fullmatch(text):
        day, month, year = map(int, found.groups())
    elif found := _ISO_DATE.fullmatch(text):
        year, month, day = map(int, found.groups())
    else:
        raise Rejected("not_a_date")
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise Rejected("not_a_date") from None
