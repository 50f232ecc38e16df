"""Exports of contacts over HTTP."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

import msgspec
from starlette.responses import StreamingResponse

from vestnik.contacts.listing import Selection
from vestnik.contacts.writing import Sheet
from vestnik.http.api import Context, Router, Shape

router = Router("contacts")

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ExportBody(Shape, kw_only=True):
    """Whom to export, and into what file."""

    selection: Selection = msgspec.field(default_factory=Selection)
    format: Literal["csv", "xlsx"] = "csv"
    delimiter: Literal[";", ","] = ";"


@router.post(
    "/contacts/export",
    body=ExportBody,
    media_type="text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    right="contacts.export",
)
async def export_contacts(context: Context, body: ExportBody) -> StreamingResponse:
    """A file of the contacts of a selection: CSV (UTF-8) or XLSX, streamed as it is made."""
    services = context.services
    owners = await services.people.users.working(context.actor)
    sheet = Sheet(format=body.format, delimiter=body.delimiter)
    pieces = await services.exporting.export(context.actor, body.selection, sheet, owners)
    return StreamingResponse(
        pieces,
        media_type=_TYPES[body.format],
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(f'contacts.{body.format}')}",
            "cache-control": "no-store",
        },
    )
