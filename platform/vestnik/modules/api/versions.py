"""Versions of modules over HTTP: saved, published, rolled back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from vestnik.http.api import Context, Router, Shape
from vestnik.modules.api.module_shapes import (
    ModuleCardShape,
    VersionPage,
    VersionRowShape,
    VersionShape,
    card_shape,
    modules_of,
    version_shape,
    version_values,
)
from vestnik.modules.api.shapes import SOURCE_BODY_BYTES, Source
from vestnik.modules.sources.packages import read_manifest
from vestnik.modules.studio.library import NOTE_CHARACTERS

router = Router("modules")


class NewVersion(Shape):
    """A text to save as the next version; without a manifest it has the newest version's."""

    source: Source
    note: Annotated[str, msgspec.Meta(max_length=NOTE_CHARACTERS)] = ""
    manifest: dict[str, Any] | None = None


class Publishing(Shape):
    """`confirmed`: publish though the version's last rehearsal shows actions lost or changed."""

    confirmed: bool = False


@router.get("/modules/{id:key}/versions", returns=VersionPage, right="modules.read")
async def list_versions(context: Context, id: int) -> VersionPage:
    """The versions of a module, the newest first."""
    rows = await modules_of(context).library.versions(context.actor, id)
    return VersionPage(items=[VersionRowShape(**version_values(row)) for row in rows], total=len(rows))


@router.post(
    "/modules/{id:key}/versions",
    body=NewVersion,
    returns=VersionShape,
    status=201,
    right="modules.write",
    body_bytes=SOURCE_BODY_BYTES,
)
async def save_version(context: Context, id: int, body: NewVersion) -> VersionShape:
    """Save a text as the module's next version, a draft until it is published."""
    manifest = None if body.manifest is None else read_manifest(body.manifest)
    card = await modules_of(context).library.save(context.actor, id, body.source, body.note, manifest)
    return version_shape(card)


@router.get("/modules/{id:key}/versions/{version_id:key}", returns=VersionShape, right="modules.read")
async def get_version(context: Context, id: int, version_id: int) -> VersionShape:
    """One version with its text."""
    return version_shape(await modules_of(context).library.version(context.actor, id, version_id))


@router.post(
    "/modules/{id:key}/versions/{version_id:key}/publish",
    body=Publishing,
    returns=ModuleCardShape,
    right="modules.publish",
)
async def publish_version(context: Context, id: int, version_id: int, body: Publishing) -> ModuleCardShape:
    """Make a version the live one, an older one to roll back. Campaigns keep the one they began with."""
    library = modules_of(context).library
    await library.publish(context.actor, id, version_id, confirmed=body.confirmed)
    return await card_shape(context, id)
