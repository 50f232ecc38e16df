"""Modules and their versions over HTTP, and trying a function."""

from __future__ import annotations

from typing import Literal

from vestnik.http.api import Context, Page, Router, Shape
from vestnik.http.uploads import FileForm, Uploaded
from vestnik.modules.api.module_shapes import (
    ModuleCardShape,
    ModulePage,
    ModuleRowShape,
    UploadedShape,
    VersionRowShape,
    card_shape,
    modules_of,
    row_values,
    version_shape,
    version_values,
)
from vestnik.modules.api.shapes import (
    SOURCE_BODY_BYTES,
    Name,
    Source,
    Title,
)
from vestnik.modules.editor.findings import with_types
from vestnik.modules.editor.language import State, sdk_for
from vestnik.modules.sources.checks import Check
from vestnik.modules.sources.packages import UPLOAD_BYTES

router = Router("modules")


class NewModule(Shape):
    """A module to make from the scaffold."""

    name: Name
    title: Title


class UploadTexts(Shape):
    """What may be said of an uploaded file: `note` is what has changed; without it the file's name is."""

    note: str = ""


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
    """What a check found, and the functions that the text defines.

    `types` says whether types and names were looked at: not while too many texts are (busy), nor where the
    language server is not installed (missing).
    """

    diagnostics: list[FindingShape]
    functions: list[str]
    types: Literal["checked", "busy", "missing"]


@router.get("/modules", query=Page, returns=ModulePage, right="modules.read")
async def list_modules(context: Context, query: Page) -> ModulePage:
    """Modules by title."""
    rows, total = await modules_of(context).library.page(
        context.actor, search=query.search, offset=query.offset, limit=query.limit
    )
    return ModulePage(items=[ModuleRowShape(**row_values(row)) for row in rows], total=total)


@router.post("/modules", body=NewModule, returns=ModuleCardShape, status=201, right="modules.write")
async def create_module(context: Context, body: NewModule) -> ModuleCardShape:
    """Make a module from the scaffold."""
    library = modules_of(context).library
    return await card_shape(
        context, await library.create(context.actor, body.name, body.title.strip(), context.language)
    )


@router.post(
    "/modules/upload",
    returns=UploadedShape,
    status=201,
    right="modules.write",
    upload=FileForm(UPLOAD_BYTES, UploadTexts),
)
async def upload_module(context: Context, upload: Uploaded) -> UploadedShape:
    """Upload a .py file or a .zip archive: a new module, or a draft of a known one."""
    library = modules_of(context).library
    texts: UploadTexts = upload.texts
    module_id, draft_id = await library.upload(context.actor, upload.file_name, upload.data, texts.note)
    row, live = await library.card(context.actor, module_id)
    saved = await library.version(context.actor, module_id, draft_id or row.latest_version_id)
    return UploadedShape(
        **row_values(row),
        live=version_shape(live),
        functions=list(live.functions),
        created=draft_id is None,
        saved=VersionRowShape(**version_values(saved.row)),
    )


@router.get("/modules/{id:key}", returns=ModuleCardShape, right="modules.read")
async def get_module(context: Context, id: int) -> ModuleCardShape:
    """One module with its live version."""
    return await card_shape(context, id)


@router.delete("/modules/{id:key}", right="modules.publish")
async def delete_module(context: Context, id: int) -> None:
    """Archive a module with its accounts; what refers to it stays."""
    await modules_of(context).library.archive(context.actor, id)


@router.post("/modules/{id:key}/enable", right="modules.publish")
async def enable_module(context: Context, id: int) -> None:
    """Switch a module on; one that tried to leave the sandbox takes the right to approve addresses too."""
    await modules_of(context).library.enable(context.actor, id, True)


@router.post("/modules/{id:key}/disable", right="modules.publish")
async def disable_module(context: Context, id: int) -> None:
    """Switch a module off: no new calls are made."""
    await modules_of(context).library.enable(context.actor, id, False)


@router.post(
    "/modules/{id:key}/check",
    body=SourceBody,
    returns=CheckShape,
    right="modules.write",
    body_bytes=SOURCE_BODY_BYTES,
)
async def check_source(context: Context, id: int, body: SourceBody) -> CheckShape:
    """Check a text: syntax, forbidden constructs, functions, types and names. Runs nothing of it."""
    modules = modules_of(context)
    _, live = await modules.library.card(context.actor, id)
    check = await modules.library.check(body.source)
    checked = await modules.language.check(body.source, sdk_for(live.manifest, context.language))
    return _check(with_types(check, checked.diagnostics), checked.state, context)


def _check(check: Check, types: State, context: Context) -> CheckShape:
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
        types=types,
    )
