"""Imports of contacts over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from starlette.responses import StreamingResponse

from vestnik.contacts.imports import reasons
from vestnik.contacts.imports.files import CELL_CHARACTERS, COLUMNS
from vestnik.contacts.imports.rows import Policy, Purpose, Reading, Row
from vestnik.contacts.imports.storing import FILE_BYTES
from vestnik.contacts.reasons import Reason
from vestnik.http.api import Context, Id, Page, Router, Shape, key_of
from vestnik.http.csv_files import csv_file
from vestnik.http.errors import Language
from vestnik.http.uploads import FileBody

router = Router("imports")

State = Literal["uploaded", "running", "done", "failed", "cancelled", "undoing", "undone"]
Target = Annotated[str, msgspec.Meta(max_length=100)]
Columns = Annotated[list[Target | None], msgspec.Meta(max_length=COLUMNS)]
Title = Annotated[str, msgspec.Meta(max_length=CELL_CHARACTERS)]


class ReadingShape(Shape):
    """How a file is read."""

    format: Literal["csv", "xlsx"]
    encoding: Literal["utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8_r", "cp866", "mac_cyrillic"] = "utf-8"
    delimiter: Literal[";", ",", "\t", "|"] = ";"
    sheet: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    header: bool = True


class PolicyShape(Shape):
    """What to do with contacts that are here already, and what becomes of everybody in the file.

    A category needs `how`: the evidence of their consent. Who has unsubscribed stays so. Of a list for the
    stop-list it is the category that its addresses are not written to in, none for all.
    """

    duplicates: Literal["update", "fill", "skip"] = "update"
    segment_id: Id | None = None
    category_id: Id | None = None
    how: Annotated[str, msgspec.Meta(max_length=500)] = ""
    from_where: Annotated[str, msgspec.Meta(max_length=500)] = ""
    # Of a list for the stop-list: why its addresses are there, where a row does not say.
    reason: Reason | None = None


class ImportRow(Shape):
    """An import in a list."""

    id: Id
    state: State
    purpose: Purpose
    file_name: str
    file_bytes: int
    schedule_id: Id | None
    schedule_name: str | None
    total_rows: int | None
    done_rows: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    rejected: int
    kept_unsubscribed: int
    # Not added to the segment, which was archived meanwhile.
    left_out: int
    undone: int
    not_undone: int
    # Why it failed, for the reader.
    reason: str | None
    created_by: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ImportCard(ImportRow):
    """An import with how its file is read and mapped."""

    reading: ReadingShape
    titles: list[str]
    columns: list[str | None]
    policy: PolicyShape | None


class ImportPage(Shape):
    """A page of imports."""

    items: list[ImportRow]
    total: int


class UploadQuery(Shape):
    """The name of the file that is the body."""

    file_name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    # What its rows become: contacts, or entries of the stop-list.
    purpose: Purpose = "contacts"


class PreviewBody(Shape, kw_only=True):
    """How to read the file, and what each column becomes; null: as it seems to be."""

    reading: ReadingShape | None = None
    columns: Columns | None = None


class TakenShape(Shape):
    """A row as it would be taken; with a reason it would be rejected."""

    number: int
    name: str
    emails: list[str]
    phones: list[str]
    reason: str | None


class PreviewShape(Shape):
    """The first rows of a file as they stand in it, and as they would be taken."""

    reading: ReadingShape
    sheets: list[str]
    titles: list[str]
    columns: list[str | None]
    rows: list[list[str]]
    taken: list[TakenShape]
    total: int


class StartBody(Shape, kw_only=True):
    """What an import is begun with."""

    reading: ReadingShape
    columns: Columns
    titles: Annotated[list[Title], msgspec.Meta(max_length=COLUMNS)] = []
    policy: PolicyShape = msgspec.field(default_factory=PolicyShape)


@router.get("/imports", query=Page, returns=ImportPage, right="contacts.write")
async def list_imports(context: Context, query: Page) -> ImportPage:
    """Imports of contacts, newest first."""
    rows, total = await context.services.imports.page(context.actor, query.offset, query.limit)
    names = await names_of(context, rows)
    items = [ImportRow(**values_of(row, names, context.language)) for row in rows]
    return ImportPage(items=items, total=total)


@router.post(
    "/imports",
    query=UploadQuery,
    returns=ImportCard,
    status=201,
    right="contacts.write",
    upload=FileBody(FILE_BYTES),
)
async def upload_import(context: Context, query: UploadQuery, upload: AsyncIterator[bytes]) -> ImportCard:
    """Upload a CSV or XLSX file, which is the request's body; nothing is imported before it is started."""
    id = await context.services.imports.upload(context.actor, query.file_name, upload, query.purpose)
    return await _card(context, id)


@router.get("/imports/{id:key}", returns=ImportCard, right="contacts.write")
async def get_import(context: Context, id: int) -> ImportCard:
    """One import: how far it is, and what became of the rows."""
    return await _card(context, id)


@router.post("/imports/{id:key}/preview", body=PreviewBody, returns=PreviewShape, right="contacts.write")
async def preview_import(context: Context, id: int, body: PreviewBody) -> PreviewShape:
    """The first rows of an uploaded file, read and mapped in this way."""
    reading = None if body.reading is None else _reading(body.reading)
    found = await context.services.imports.preview(context.actor, id, reading, body.columns)
    return PreviewShape(
        reading=_reading_shape(found.reading),
        sheets=found.sheets,
        titles=found.columns,
        columns=found.targets,
        rows=found.rows,
        taken=[_taken(row, context.language) for row in found.taken],
        total=found.total,
    )


@router.post("/imports/{id:key}/start", body=StartBody, returns=ImportCard, right="contacts.write")
async def start_import(context: Context, id: int, body: StartBody) -> ImportCard:
    """Begin to bring the rows into the contacts, in the background."""
    await context.services.imports.start(
        context.actor, id, _reading(body.reading), body.columns, body.titles, policy_of(body.policy)
    )
    return await _card(context, id)


@router.post("/imports/{id:key}/cancel", returns=ImportCard, right="contacts.write")
async def cancel_import(context: Context, id: int) -> ImportCard:
    """Stop an import; what is applied stays."""
    await context.services.imports.cancel(context.actor, id)
    return await _card(context, id)


@router.post("/imports/{id:key}/resume", returns=ImportCard, right="contacts.write")
async def resume_import(context: Context, id: int) -> ImportCard:
    """Go on with an import that failed or was stopped, where it stands."""
    await context.services.imports.resume(context.actor, id)
    return await _card(context, id)


@router.post("/imports/{id:key}/undo", returns=ImportCard, right="contacts.write")
async def undo_import(context: Context, id: int) -> ImportCard:
    """Take back what an import did; contacts that changed since stay, and are listed."""
    await context.services.imports.undo(context.actor, id)
    return await _card(context, id)


@router.delete("/imports/{id:key}", right="contacts.write")
async def remove_import(context: Context, id: int) -> None:
    """Throw away an uploaded file that was never imported."""
    await context.services.imports.remove(context.actor, id)


@router.get("/imports/{id:key}/rejects", media_type="text/csv", right="contacts.write")
async def get_import_rejects(context: Context, id: int) -> StreamingResponse:
    """The rows that were not taken, as a CSV file with the reason of each."""
    rows = await context.services.imports.rejects(context.actor, id, context.language)
    return csv_file(rows, f"rejects-{id}.csv")


@router.get("/imports/{id:key}/not-undone", media_type="text/csv", right="contacts.write")
async def get_import_not_undone(context: Context, id: int) -> StreamingResponse:
    """The contacts that undoing left as they are, as a CSV file with the reason of each."""
    rows = await context.services.imports.not_undone(context.actor, id, context.language)
    return csv_file(rows, f"not-undone-{id}.csv")


def policy_of(shape: PolicyShape) -> Policy:
    """A policy off the wire."""
    return Policy(
        duplicates=shape.duplicates,
        segment_id=None if shape.segment_id is None else key_of(shape.segment_id),
        category_id=None if shape.category_id is None else key_of(shape.category_id),
        how=shape.how.strip(),
        from_where=shape.from_where.strip(),
        reason=shape.reason,
    )


def policy_shape(policy: Policy) -> PolicyShape:
    """A policy for the wire."""
    return PolicyShape(
        duplicates=policy.duplicates,
        segment_id=None if policy.segment_id is None else str(policy.segment_id),
        category_id=None if policy.category_id is None else str(policy.category_id),
        how=policy.how,
        from_where=policy.from_where,
        reason=policy.reason,
    )


def _reading(shape: ReadingShape) -> Reading:
    return Reading(shape.format, shape.encoding, shape.delimiter, shape.sheet, shape.header)


def _reading_shape(reading: Reading) -> ReadingShape:
    return msgspec.convert(msgspec.to_builtins(reading), ReadingShape)


def _taken(row: Row, language: Language) -> TakenShape:
    reason = None
    if row.reason is not None:
        values = {name: value for name, value in row.reason.items() if name != "code"}
        reason = reasons.words(reasons.ROWS, row.reason["code"], language, **values)
    return TakenShape(
        number=row.number,
        name=row.name,
        emails=[text for text, _ in row.emails],
        phones=list(row.phones),
        reason=reason,
    )


async def _card(context: Context, id: int) -> ImportCard:
    row = await context.services.imports.get(context.actor, id)
    mapping = row.mapping or {"columns": [], "titles": []}
    policy = None if row.policy is None else policy_shape(msgspec.convert(row.policy, Policy))
    return ImportCard(
        **values_of(row, await names_of(context, [row]), context.language),
        reading=msgspec.convert(row.reading, ReadingShape),
        titles=mapping["titles"],
        columns=mapping["columns"],
        policy=policy,
    )


async def names_of(context: Context, rows: Sequence[sa.Row[Any]]) -> dict[int, str]:
    """What people and schedules are called, by their keys."""
    services = context.services
    people = await services.people.users.names([row.created_by for row in rows if row.created_by])
    return people | await services.schedules.names([row.schedule_id for row in rows if row.schedule_id])


def values_of(row: sa.Row[Any], names: dict[int, str], language: Language) -> dict[str, Any]:
    """What `ImportRow` says of an import."""
    values = {
        name: getattr(row, name)
        for name in ImportRow.__struct_fields__
        if name not in ("id", "schedule_id", "schedule_name", "reason", "created_by")
    }
    return values | {
        "id": str(row.id),
        "schedule_id": None if row.schedule_id is None else str(row.schedule_id),
        "schedule_name": names.get(row.schedule_id),
        "created_by": names.get(row.created_by),
        "reason": None if row.reason is None else reasons.why(row.reason, language),
    }
