"""An import as it goes on, or as it is taken back: a stream of server-sent events."""

from __future__ import annotations

from vestnik.contacts.imports.routes import ImportRow, names_of, values_of
from vestnik.http.api import Context, Router
from vestnik.http.events import EventStream, still_may

router = Router("imports")

_GOES_ON = ("running", "undoing")


@router.get("/imports/{id:key}/events", right="contacts.write", media_type="text/event-stream")
async def watch_import(context: Context, id: int) -> EventStream:
    """Live progress: an event `progress` at once and at every change, and `end` when it is over."""
    # `NotFound` before the stream begins. Whose the import is does not change on the way.
    names = await names_of(context, [await context.services.imports.get(context.actor, id)])

    async def look() -> ImportRow:
        row = await context.services.imports.get(context.actor, id)
        return ImportRow(**values_of(row, names, context.language))

    return EventStream(
        context.services.events,
        f"import:{id}",
        event="progress",
        look=look,
        may_go_on=lambda: still_may(context.request, "contacts.write"),
        has_ended=lambda row: row.state not in _GOES_ON,
    )
