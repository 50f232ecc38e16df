"""Modules and their versions over HTTP, and trying a function."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from starlette.datastructures import UploadFile

from vestnik.http.api import Context, Id, Page, Router, Shape, key_of
from vestnik.http.errors import BodyTooLarge, InvalidRequest
from vestnik.modules.failures import ModuleCallFailed
from vestnik.modules.library import Check, ModuleRow, VersionCard, VersionRow
from vestnik.modules.packages import UPLOAD_BYTES, read_manifest
from vestnik.modules.ports import LogLine
from vestnik.modules.service import Modules
from vestnik.modules.shapes import (
    FunctionName,
    Name,
    RecordingCard,
    RecordingRow,
    RunShape,
    Source,
    Texts,
    Title,
    exchange_shape,
    log_shapes,
    run_shape,
    texts,
)

router = Router("modules")

SOURCE_BODY_BYTES = 3_000_000


class ModuleRowShape(Shape):
    """A module in a list; `version` is the number of the live one."""

    id: Id
    name: str
    title: Texts
    description: Texts
    enabled: bool
    bundled: bool
    version: int
    accounts: int
    updated_at: datetime


class ModulePage(Shape):
    """A page of modules."""

    items: list[ModuleRowShape]
    total: int


class VersionRowShape(Shape):
    """A version without its text."""

    id: Id
    number: int
    note: str
    author: str
    created_at: datetime
    live: bool


class VersionPage(Shape):
    """The versions of a module, the newest first."""

    items: list[VersionRowShape]
    total: int


class VersionShape(VersionRowShape):
    """A version with its text and its manifest."""

    source: str
    manifest: dict[str, Any]


class ModuleCardShape(ModuleRowShape):
    """A module with its live version and the functions that it defines."""

    live: VersionShape
    functions: list[str]


class CatalogueShape(Shape):
    """A module that comes with Vestnik."""

    name: str
    title: Texts
    description: Texts
    version: str
    installed: bool


class CataloguePage(Shape):
    """The catalogue."""

    items: list[CatalogueShape]
    total: int


class NewModule(Shape):
    """A module to make from the scaffold."""

    name: Name
    title: Title


class NewVersion(Shape):
    """A text to save as the next version; without a manifest the module keeps the one it has."""

    source: Source
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    manifest: dict[str, Any] | None = None


class SourceBody(Shape):
    """A text to check."""

    source: Source


class FindingShape(Shape):
    """One finding in a text; lines and columns count from 1, the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    severity: Literal["error", "warning"]
    kind: str
    message: str


class CheckShape(Shape):
    """What a check found, and the functions that the text defines."""

    diagnostics: list[FindingShape]
    functions: list[str]


class RunBody(Shape):
    """A function to try: of the given text, else of the live version; with an account's settings or none."""

    function: FunctionName
    arguments: dict[str, Any]
    account_id: Id | None = None
    source: Source | None = None


class RecordingPage(Shape):
    """The newest recorded calls."""

    items: list[RecordingRow]
    total: int


class RecordingQuery(Shape):
    """How many."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


@router.get("/modules", query=Page, returns=ModulePage, right="modules.read")
async def list_modules(context: Context, query: Page) -> ModulePage:
    """Modules by title."""
    rows, total = await _modules(context).library.page(
        context.actor, search=query.search, offset=query.offset, limit=query.limit
    )
    return ModulePage(items=[ModuleRowShape(**_row(row)) for row in rows], total=total)


@router.post("/modules", body=NewModule, returns=ModuleCardShape, status=201, right="modules.write")
async def create_module(context: Context, body: NewModule) -> ModuleCardShape:
    """Make a module from the scaffold."""
    library = _modules(context).library
    return await _card(
        context, await library.create(context.actor, body.name, body.title.strip(), context.language)
    )


@router.post(
    "/modules/upload",
    returns=ModuleCardShape,
    status=201,
    right="modules.write",
    body_bytes=UPLOAD_BYTES,
    media_type="multipart/form-data",
)
async def upload_module(context: Context) -> ModuleCardShape:
    """Upload a .py file or a .zip archive in the field `file`: a new module, or its next version."""
    filename, data = await _file(context)
    return await _card(context, await _modules(context).library.upload(context.actor, filename, data))


@router.get("/modules/catalogue", returns=CataloguePage, right="modules.read")
async def list_catalogue(context: Context) -> CataloguePage:
    """Modules that come with Vestnik."""
    items = []
    for package, installed in await _modules(context).library.catalogue(context.actor):
        manifest = package.manifest
        if manifest is None:
            continue
        description = manifest.description
        items.append(
            CatalogueShape(
                name=package.name,
                title=Texts(ru=manifest.title.ru, en=manifest.title.en),
                description=Texts(
                    ru="" if description is None else description.ru,
                    en="" if description is None else description.en,
                ),
                version=manifest.version,
                installed=installed,
            )
        )
    return CataloguePage(items=items, total=len(items))


@router.post("/modules/catalogue/{name}/install", returns=ModuleCardShape, status=201, right="modules.write")
async def install_module(context: Context, name: str) -> ModuleCardShape:
    """Install a module of the catalogue."""
    return await _card(context, await _modules(context).library.install(context.actor, name))


@router.get("/modules/{id:key}", returns=ModuleCardShape, right="modules.read")
async def get_module(context: Context, id: int) -> ModuleCardShape:
    """One module with its live version."""
    return await _card(context, id)


@router.delete("/modules/{id:key}", right="modules.publish")
async def delete_module(context: Context, id: int) -> None:
    """Archive a module with its accounts; what refers to it stays."""
    await _modules(context).library.archive(context.actor, id)


@router.post("/modules/{id:key}/enable", right="modules.publish")
async def enable_module(context: Context, id: int) -> None:
    """Switch a module on."""
    await _modules(context).library.enable(context.actor, id, True)


@router.post("/modules/{id:key}/disable", right="modules.publish")
async def disable_module(context: Context, id: int) -> None:
    """Switch a module off: no new calls are made."""
    await _modules(context).library.enable(context.actor, id, False)


@router.get("/modules/{id:key}/versions", returns=VersionPage, right="modules.read")
async def list_versions(context: Context, id: int) -> VersionPage:
    """The versions of a module, the newest first."""
    rows = await _modules(context).library.versions(context.actor, id)
    return VersionPage(items=[VersionRowShape(**_version_row(row)) for row in rows], total=len(rows))


@router.post(
    "/modules/{id:key}/versions",
    body=NewVersion,
    returns=VersionShape,
    status=201,
    right="modules.publish",
    body_bytes=SOURCE_BODY_BYTES,
)
async def save_version(context: Context, id: int, body: NewVersion) -> VersionShape:
    """Save a text as the module's next version, live from now on."""
    manifest = None if body.manifest is None else read_manifest(body.manifest)
    card = await _modules(context).library.save(context.actor, id, body.source, body.note, manifest)
    return _version(card)


@router.get("/modules/{id:key}/versions/{version_id:key}", returns=VersionShape, right="modules.read")
async def get_version(context: Context, id: int, version_id: int) -> VersionShape:
    """One version with its text."""
    return _version(await _modules(context).library.version(context.actor, id, version_id))


@router.post(
    "/modules/{id:key}/check",
    body=SourceBody,
    returns=CheckShape,
    right="modules.write",
    body_bytes=SOURCE_BODY_BYTES,
)
async def check_source(context: Context, id: int, body: SourceBody) -> CheckShape:
    """Check a text: syntax, forbidden constructs, missing functions, wrong signatures. Runs nothing of it."""
    library = _modules(context).library
    await library.card(context.actor, id)
    return _check(await library.check(body.source), context)


@router.post(
    "/modules/{id:key}/run",
    body=RunBody,
    returns=RunShape,
    right="modules.write",
    body_bytes=SOURCE_BODY_BYTES,
)
async def run_function(context: Context, id: int, body: RunBody) -> RunShape:
    """Try one function. A failure of the module is an answer like any other."""
    try:
        report = await _modules(context).run(
            context.actor,
            id,
            body.function,
            body.arguments,
            account_id=None if body.account_id is None else key_of(body.account_id),
            source=body.source,
        )
    except ModuleCallFailed as failure:
        return run_shape(failure, context.language)
    return run_shape(report, context.language)


@router.get("/modules/{id:key}/calls", query=RecordingQuery, returns=RecordingPage, right="modules.read")
async def list_calls(context: Context, id: int, query: RecordingQuery) -> RecordingPage:
    """The newest recorded calls of a module."""
    rows = await _modules(context).recordings(context.actor, id, query.limit)
    return RecordingPage(items=[RecordingRow(**_recording(row)) for row in rows], total=len(rows))


@router.get("/modules/{id:key}/calls/{call_id:key}", returns=RecordingCard, right="modules.read")
async def get_call(context: Context, id: int, call_id: int) -> RecordingCard:
    """One recorded call with its log and HTTP exchanges."""
    row = await _modules(context).recording(context.actor, id, call_id)
    lines = [LogLine(each["level"], each["message"], each["atMs"]) for each in msgspec.json.decode(row.log)]
    return RecordingCard(
        **_recording(row),
        error=None if row.error is None else msgspec.json.decode(row.error),
        log=log_shapes(lines),
        exchanges=[exchange_shape(trace) for trace in msgspec.json.decode(row.exchanges)],
    )


def _modules(context: Context) -> Modules:
    return context.services.modules


async def _file(context: Context) -> tuple[str, bytes]:
    """The uploaded file, never more of it than may be uploaded."""
    declared = context.request.headers.get("content-length", "")
    if not declared.isdecimal() or int(declared) > UPLOAD_BYTES + 10_000:
        raise BodyTooLarge(limit_bytes=UPLOAD_BYTES)
    async with context.request.form(max_files=1, max_fields=10, max_part_size=UPLOAD_BYTES) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidRequest(path="$.file", reason="a file is missing")
        return file.filename or "", await file.read()


async def _card(context: Context, module_id: int) -> ModuleCardShape:
    row, live = await _modules(context).library.card(context.actor, module_id)
    return ModuleCardShape(**_row(row), live=_version(live), functions=list(live.functions))


def _row(row: ModuleRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.name,
        "title": texts(row.title),
        "description": texts(row.description),
        "enabled": row.enabled,
        "bundled": row.bundled,
        "version": row.version,
        "accounts": row.accounts,
        "updated_at": row.updated_at,
    }


def _version_row(row: VersionRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "number": row.number,
        "note": row.note,
        "author": row.author,
        "created_at": row.created_at,
        "live": row.live,
    }


def _version(card: VersionCard) -> VersionShape:
    return VersionShape(**_version_row(card.row), source=card.source, manifest=dict(card.manifest))


def _check(check: Check, context: Context) -> CheckShape:
    return CheckShape(
        diagnostics=[
            FindingShape(
                line=each.line,
                column=each.column,
                end_line=each.end_line,
                end_column=each.end_column,
                severity=each.severity,
                kind=each.kind,
                message=each.message[context.language],
            )
            for each in check.findings
        ],
        functions=list(check.functions),
    )


def _recording(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "started_at": row.started_at,
        "account_id": None if row.account_id is None else str(row.account_id),
        "version_id": None if row.version_id is None else str(row.version_id),
        "function": row.function,
        "lane": row.lane,
        "kind": row.kind,
        "wall_ms": row.wall_ms,
        "cpu_ms": row.cpu_ms,
    }
