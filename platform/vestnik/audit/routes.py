"""HTTP of the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from starlette.responses import StreamingResponse

from vestnik.audit.chain import Break, Verdict
from vestnik.audit.service import Wanted
from vestnik.http.api import Context, Page, Router, Shape, key_of
from vestnik.http.csv_files import csv_file, moment, safe
from vestnik.http.errors import InvalidRequest, Text

router = Router("audit")

OptionalId = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,19})?$")]
Word = Annotated[str, msgspec.Meta(max_length=100)]
OptionalDay = Annotated[str, msgspec.Meta(pattern=r"^([12][0-9]{3}-[01][0-9]-[0-3][0-9])?$")]
Doers = Literal["", "key", "system"]

_TITLES: Sequence[Text] = (
    {"ru": "Когда", "en": "When"},
    {"ru": "Кто", "en": "Who"},
    {"ru": "Ключ API", "en": "API key"},
    {"ru": "Действие", "en": "Action"},
    {"ru": "Вид", "en": "Kind"},
    {"ru": "Номер", "en": "Number"},
    {"ru": "Поля", "en": "Fields"},
)


class AuditFilter(Shape):
    """Every filter that is given must match. `by`: only what keys did, or the platform itself.

    `since` and `until` are days on the organisation's clock, both of them included.
    """

    user_id: OptionalId = ""
    key_id: OptionalId = ""
    by: Doers = ""
    kind: Word = ""
    object_id: OptionalId = ""
    action: Word = ""
    since: OptionalDay = ""
    until: OptionalDay = ""


class AuditQuery(Page):
    """Every filter that is given must match, as in the export."""

    user_id: OptionalId = ""
    key_id: OptionalId = ""
    by: Doers = ""
    kind: Word = ""
    object_id: OptionalId = ""
    action: Word = ""
    since: OptionalDay = ""
    until: OptionalDay = ""


class AuditRow(Shape):
    """Who did what to which record; `fields` are names of what changed, never values."""

    id: str
    at: datetime
    user_id: str | None
    user_name: str | None
    key_id: str | None
    key_name: str | None
    action: str
    kind: str
    object_id: str | None
    fields: list[str]


class AuditPage(Shape):
    items: list[AuditRow]
    total: int


class AuditAction(Shape):
    """An action that was recorded at some time, and the kind of what it was done to."""

    action: str
    kind: str


class AuditVerdict(Shape):
    """Whether every sealed row is as it was sealed, and if not, the first link of the chain that breaks.

    `waiting` rows are not sealed yet. `problem`: changed, missing (a row is gone), order (a link is gone),
    tail (the newest are gone), remembered (the data folder remembers another chain), cut (old rows are
    gone that Vestnik did not take away).
    """

    holds: bool
    at: datetime
    sealed: int
    waiting: int
    problem: Break | None
    number: str | None
    row_id: str | None


@router.get("/audit", query=AuditQuery, returns=AuditPage, right="audit.read")
async def list_audit(context: Context, query: AuditQuery) -> AuditPage:
    """The audit, newest first."""
    audit, zone = context.services.audit, await context.services.people.organisation.zone()
    rows, total = await audit.page(
        context.actor, _wanted(query, zone), offset=query.offset, limit=query.limit
    )
    users, keys = await _names(context, rows)
    items = [
        AuditRow(
            id=str(row.id),
            at=row.at,
            user_id=_text(row.user_id),
            user_name=users.get(row.user_id),
            key_id=_text(row.key_id),
            key_name=keys.get(row.key_id),
            action=row.action,
            kind=row.kind,
            object_id=_text(row.object_id),
            fields=row.fields,
        )
        for row in rows
    ]
    return AuditPage(items=items, total=total)


@router.get("/audit/actions", returns=list[AuditAction], right="audit.read")
async def list_audit_actions(context: Context) -> list[AuditAction]:
    """Every action that was ever recorded: what the audit can be searched for."""
    found = await context.services.audit.actions(context.actor)
    return [AuditAction(action=action, kind=kind) for action, kind in found]


@router.get("/audit/export", query=AuditFilter, media_type="text/csv", right="audit.read")
async def export_audit(context: Context, query: AuditFilter) -> StreamingResponse:
    """The rows that the filters leave as a CSV file, newest first; that they were taken is recorded."""
    zone = await context.services.people.organisation.zone()
    parts = await context.services.audit.export(context.actor, _wanted(query, zone))
    return csv_file(_cells(context, parts, zone), "audit.csv")


@router.post("/audit/verify", returns=AuditVerdict, right="audit.read")
async def verify_audit(context: Context) -> AuditVerdict:
    """Seal what is not sealed yet, then compute the whole chain anew and compare."""
    return _verdict(await context.services.audit.verify(context.actor))


async def _names(
    context: Context, rows: Sequence[Any]
) -> tuple[dict[int | None, str], dict[int | None, str]]:
    people = context.services.people
    users = await people.users.names(row.user_id for row in rows if row.user_id)
    keys = await people.keys.names(row.key_id for row in rows if row.key_id)
    return {key: name for key, name in users.items()}, {key: name for key, name in keys.items()}


async def _cells(
    context: Context, parts: AsyncIterator[Sequence[Any]], zone: ZoneInfo
) -> AsyncIterator[list[str]]:
    yield [title[context.language] for title in _TITLES]
    async for rows in parts:
        users, keys = await _names(context, rows)
        for row in rows:
            yield [
                moment(row.at, zone),
                safe(users.get(row.user_id, "")),
                safe(keys.get(row.key_id, "")),
                row.action,
                row.kind,
                _text(row.object_id) or "",
                ", ".join(row.fields),
            ]


def _wanted(query: AuditQuery | AuditFilter, zone: ZoneInfo) -> Wanted:
    return Wanted(
        user_id=_key(query.user_id),
        key_id=_key(query.key_id),
        by_key=query.by == "key",
        by_system=query.by == "system",
        kind=query.kind or None,
        object_id=_key(query.object_id),
        action=query.action or None,
        since=_midnight(query.since, "since", zone),
        until=_midnight(query.until, "until", zone, days=1),
    )


def _midnight(text: str, name: str, zone: ZoneInfo, days: int = 0) -> datetime | None:
    """When a day begins, or so many days later; a day that no calendar has can't be asked for."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), tzinfo=zone)
    except ValueError:
        reason = {"ru": f"нет дня {text}", "en": f"there is no day {text}"}
        raise InvalidRequest(path=f"$.{name}", reason=reason) from None


def _verdict(found: Verdict) -> AuditVerdict:
    return AuditVerdict(
        holds=found.holds,
        at=found.at,
        sealed=found.sealed,
        waiting=found.waiting,
        problem=found.kind,
        number=_text(found.number),
        row_id=_text(found.row_id),
    )


def _key(text: str) -> int | None:
    return key_of(text) if text else None


def _text(key: int | None) -> str | None:
    return None if key is None else str(key)
