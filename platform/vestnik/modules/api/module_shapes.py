"""Modules and their versions as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from vestnik.http.api import Context, Id, Shape
from vestnik.modules.api.shapes import Texts, texts
from vestnik.modules.service import Modules
from vestnik.modules.sources.versions import ModuleRow, VersionCard, VersionRow


class ModuleRowShape(Shape):
    """A module in a list; `version` is the number of the live one, of the newest while none is live.

    `suspended_at`: it tried to leave the sandbox; only an administrator switches it on again.
    """

    id: Id
    name: str
    title: Texts
    description: Texts
    enabled: bool
    bundled: bool
    version: int
    accounts: int
    updated_at: datetime
    suspended_at: datetime | None
    live_version_id: Id | None
    latest_version_id: Id
    has_draft: bool


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
    """A module with its live version, the newest while none is live, and the functions that it defines."""

    live: VersionShape
    functions: list[str]


class UploadedShape(ModuleCardShape):
    """What became of an uploaded file: `created` is false for a module that was there and got a draft."""

    created: bool
    saved: VersionRowShape


def modules_of(context: Context) -> Modules:
    """The room's service."""
    return context.services.modules


async def card_shape(context: Context, module_id: int) -> ModuleCardShape:
    """A module as it is answered wherever one was changed."""
    row, live = await modules_of(context).library.card(context.actor, module_id)
    return ModuleCardShape(**row_values(row), live=version_shape(live), functions=list(live.functions))


def row_values(row: ModuleRow) -> dict[str, Any]:
    """The fields of a module in a list."""
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
        "suspended_at": row.suspended_at,
        "live_version_id": None if row.live_version_id is None else str(row.live_version_id),
        "latest_version_id": str(row.latest_version_id),
        "has_draft": row.has_draft,
    }


def version_values(row: VersionRow) -> dict[str, Any]:
    """The fields of a version in a list."""
    return {
        "id": str(row.id),
        "number": row.number,
        "note": row.note,
        "author": row.author,
        "created_at": row.created_at,
        "live": row.live,
    }


def version_shape(card: VersionCard) -> VersionShape:
    """A version with its text."""
    return VersionShape(**version_values(card.row), source=card.source, manifest=dict(card.manifest))
