"""What the editor asks for while somebody writes: the language server, the formatter, a missing function."""

from __future__ import annotations

from typing import Literal

from vestnik import contract
from vestnik.http.api import Context, Router, Shape
from vestnik.http.errors import NotFound
from vestnik.http.sockets import SocketContext
from vestnik.modules.api.shapes import SOURCE_BODY_BYTES, FunctionName, Source
from vestnik.modules.editor.language import sdk_for
from vestnik.modules.errors import SourceUnreadable

router = Router("modules")


class FormatBody(Shape):
    """A text to lay out."""

    source: Source


class Formatted(Shape):
    """The text in the usual layout."""

    source: str


class ScaffoldBody(Shape):
    """A text, and the function of the contract that it lacks."""

    source: Source
    function: FunctionName
    language: Literal["ru", "en"] | None = None


class Scaffolded(Shape):
    """The text with the function in it, and the line of its declaration."""

    source: str
    line: int


@router.socket("/modules/{id:key}/lsp", right="modules.write")
async def language_server(context: SocketContext, id: int) -> None:
    """The Language Server Protocol for the module's text, one JSON message a frame."""
    modules = context.services.modules
    _, live = await modules.library.card(context.actor, id)
    sdk = sdk_for(live.manifest, context.language)
    await modules.language.serve(context.socket, context.actor.user_id, sdk, context.language)


@router.post(
    "/modules/{id:key}/format",
    body=FormatBody,
    returns=Formatted,
    right="modules.write",
    body_bytes=SOURCE_BODY_BYTES,
)
async def format_source(context: Context, id: int, body: FormatBody) -> Formatted:
    """Lay a text out and sort its imports. Runs nothing of it."""
    await _require_readable(context, id, body.source)
    return Formatted(source=await context.services.modules.formatter.format(body.source))


@router.post(
    "/modules/{id:key}/scaffold",
    body=ScaffoldBody,
    returns=Scaffolded,
    right="modules.write",
    body_bytes=SOURCE_BODY_BYTES,
)
async def scaffold_function(context: Context, id: int, body: ScaffoldBody) -> Scaffolded:
    """Put a function of the contract into a text, commented in a language, where it belongs."""
    if body.function not in contract.functions():
        raise NotFound()
    await _require_readable(context, id, body.source)
    inserted = contract.with_function(body.source, body.function, body.language or context.language)
    return Scaffolded(source=inserted.source, line=inserted.line)


async def _require_readable(context: Context, module_id: int, source: str) -> None:
    """Raise SourceUnreadable for a text with a syntax error, in the words of the check."""
    library = context.services.modules.library
    await library.card(context.actor, module_id)
    for finding in (await library.check(source)).findings:
        if finding.kind == "syntax" and finding.severity == "error":
            raise SourceUnreadable(line=finding.line, column=finding.column, reason=dict(finding.message))
