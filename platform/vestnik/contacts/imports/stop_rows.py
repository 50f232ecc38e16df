"""From the cells of a row to addresses for the stop-list: which column is what. Runs in the child."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from vestnik.contacts.addresses import Address, normalise
from vestnik.contacts.errors import InvalidAddress
from vestnik.contacts.imports.mapping import ADDRESSES, Rejected, looks_like_addresses, rejected, to_date
from vestnik.contacts.imports.rows import Row
from vestnik.contacts.reasons import Reason
from vestnik.folding import fold

_SEVERAL = re.compile(r"[,;\n]+")
_TIME = re.compile(r"[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$")

_YEARS = range(1971, 2199)

#: What columns are called, folded; the order is that in which a column is looked at.
_CALLED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("date", re.compile(r"дата|date|когда|^at$|_at$|time|время")),
    ("reason", re.compile(r"reason|причин|статус|status|состояни|событи|^event|^type$|^тип$")),
    ("address", re.compile(r"e-?mail|почт|адрес|address|phone|телефон|^тел\b|recipient|получатель")),
)
#: Why other services say that an address is on their list, folded and without signs between words.
_REASONS: tuple[tuple[Reason, re.Pattern[str]], ...] = (
    ("unsubscribe", re.compile(r"unsub\w*|opt(ed)? ?out|отпис\w*|отказ\w*")),
    ("spam", re.compile(r"spam( \w+)?|complain\w*|abuse|fbl|жалоб\w*( .*)?|(.* )?пожаловал\w*( .*)?|спам")),
    (
        "hard_bounce",
        re.compile(
            r"(hard|permanent)( ?(bounce\w*|fail\w*))?|bounce[ds]?|invalid\w*|cleaned|недоставк\w*"
            r"|(адреса? )?не существует|несуществующ\w*( .*)?|постоянная( ошибка.*)?|недействительн\w*"
            r"|(err )?user unknown|unknown user"
        ),
    ),
    (
        "manual",
        re.compile(r"manual(ly)?|block(ed)?|blacklist(ed)?|suppress(ed)?|вручную|заблокирован\w*|стоп лист"),
    ),
)


def reason_of(text: str) -> Reason | None:
    """What a service's word for a reason means; None for one that nobody taught us."""
    plain = " ".join(re.split(r"[\s_\-./]+", fold(text))).strip()
    return next((reason for reason, called in _REASONS if called.fullmatch(plain)), None)


def guess(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str | None]:
    """What each column seems to be; only addresses may stand in several."""
    found: list[str | None] = []
    for place, title in enumerate(columns):
        values = [row[place] for row in rows if place < len(row) and row[place]]
        folded = fold(title.strip())
        if looks_like_addresses(values):
            target: str | None = "address"
        elif values and all(reason_of(value) for value in values):
            target = "reason"
        else:
            target = next((each for each, called in _CALLED if folded and called.search(folded)), None)
        found.append(target if target == "address" or target not in found else None)
    if len(columns) == 1 and found == [None]:
        return ["address"]
    return found


class StopReader:
    """Makes rows of cells by a mapping, one for each file."""

    def __init__(self, columns: Sequence[str | None], titles: Sequence[str], zone: ZoneInfo) -> None:
        self._titles, self._zone = titles, zone
        self._columns = [(place, target) for place, target in enumerate(columns) if target]

    def read(self, number: int, cells: list[str]) -> Row:
        """The row `number` of the file as it is to be applied, or with the reason why it is rejected."""
        row, place = Row(number, emails=[], phones=[]), 0
        try:
            for place, target in self._columns:
                if place < len(cells) and cells[place]:
                    self._take(row, target, cells[place])
        except Rejected as wrong:
            return rejected(number, cells, self._titles, wrong.code, place)
        if not (row.emails or row.phones):
            return rejected(number, cells, self._titles, "no_address", None)
        return row

    def _take(self, row: Row, target: str, value: str) -> None:
        match target:
            case "address":
                for text in _SEVERAL.split(value):
                    self._address(row, text.strip())
            case "reason":
                row.stop = reason_of(value)
                if row.stop is None:
                    raise Rejected("unknown_reason")
            case "date":
                row.since = moment(value, self._zone)

    def _address(self, row: Row, text: str) -> None:
        if not text:
            return
        try:
            found: Address = normalise("email" if "@" in text else "phone", text)
        except InvalidAddress:
            raise Rejected("invalid_email" if "@" in text else "no_such_address") from None
        if found.kind == "phone":
            row.phones.append(found.normalised)
        else:
            row.emails.append((found.normalised, found.domain))
        if len(row.emails) + len(row.phones) > ADDRESSES:
            raise Rejected("too_many_addresses")


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A date, with its time if there is one; without an offset it is of `zone`. Raises `Rejected`."""
    day = datetime.fromisoformat(to_date(text))
    if day.year not in _YEARS:
        raise Rejected("not_a_date")
    found = _TIME.search(text)
    if found is None:
        return day.replace(tzinfo=zone).astimezone(UTC)
    hour, minute, second = (int(each or 0) for each in found.groups()[:3])
    offset = (found[4] or "").replace("UTC", "Z")
    clock = f"{day.date().isoformat()}T{hour:02d}:{minute:02d}:{second:02d}{offset}"
    try:
        at = datetime.fromisoformat(clock)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejected("not_a_date") from None
