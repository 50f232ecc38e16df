"""HTTP of the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from vestnik.http.api import Context, Page, Router, Shape, key_of

router = Router("audit")

OptionalId = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,19})?$")]


class AuditQuery(Page):
    """Every filter that is given must match."""

    user_id: OptionalId = ""
    kind: str = ""
    object_id: OptionalId = ""
    action: str = ""


class AuditRow(Shape):
    """Who did what to which record; `fields` are names of what changed, never values."""

    id: str
    at: datetime
    user_id: str | None
    user_name: str | None
    key_id: str | None
    action: str
    kind: str
    object_id: str | None
    fields: list[str]


class AuditPage(Shape):
    items: list[AuditRow]
    total: int


@router.get("/audit", query=AuditQuery, returns=AuditPage, right="audit.read")
async def list_audit(context: Context, query: AuditQuery) -> AuditPage:
    """The audit, newest first."""
    rows, total = await context.services.audit.page(
        context.actor,
        user_id=_key(query.user_id),
        kind=query.kind or None,
        object_id=_key(query.object_id),
        action=query.action or None,
        offset=query.offset,
        limit=query.limit,
    )
    names = await context.services.people.users.names(row.user_id for row in rows if row.user_id)
    items = [
        AuditRow(
            id=str(row.id),
            at=row.at,
            user_id=_text(row.user_id),
            user_name=names.get(row.user_id),
            key_id=_text(row.key_id),
            action=row.action,
            kind=row.kind,
            object_id=_text(row.object_id),
            fields=row.fields,
        )
        for row in rows
    ]
    return AuditPage(items=items, total=total)


def _key(text: str) -> int | None:
    return key_of(text) if text else None


def _text(key: int | None) -> str | None:
    return None if key is None else str(key)
