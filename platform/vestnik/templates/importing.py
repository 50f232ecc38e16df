"""One import of templates: pages asked for until a short one, each stored before the next is asked.

The position moves in the transaction that stores a page, so an import that was killed goes on where
it was: at worst it asks for one page again, which changes nothing. Of two processes that have the
same import the slower one finds the position moved, and leaves it to the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import sqlalchemy as sa

from vestnik.contract.manifest import BatchSizes, Personalisation
from vestnik.db import Database, fold, now, upsert
from vestnik.people.access import Actor
from vestnik.templates.errors import PageRepeated, PageTooLong, TooManyTemplates
from vestnik.templates.tables import template, template_import

FUNCTION = "CRM_Marketing_ImportTemplates"
MOST_TEMPLATES = 100_000

_UPDATED = (
    "type",
    "name",
    "name_folded",
    "subject",
    "subject_folded",
    "description",
    "language",
    "screenshot_url",
    "editor_url",
    "service_created_at",
    "service_updated_at",
    "updated_at",
    "import_id",
    "archived_at",
)


class Account(Protocol):
    """What templates need to know of a sending account."""

    @property
    def batch_sizes(self) -> BatchSizes:
        """How much its functions take in one call."""

    @property
    def personalisation(self) -> Personalisation:
        """How its letters name a recipient's values."""


class Modules(Protocol):
    """What templates need of the room `modules`."""

    async def call(
        self,
        account_id: int,
        function: str,
        arguments: dict[str, Any],
        *,
        lane: Literal["interactive", "bulk"],
    ) -> Any:
        """The validated result of a module's function; raises a Problem when the call fails."""

    async def account(self, account_id: int) -> Account | None:
        """The account, None for one that is not there."""

    async def require_use(self, actor: Actor, account_id: int) -> None:
        """Raise NotFound for an account that is not there, or that the actor may not choose."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where an import stands."""

    id: int
    account_id: int
    offset: int


async def import_all(database: Database, modules: Modules, import_id: int) -> None:
    """Bring an import from where it stands to its end; raises the Problem that stops it."""
    async with database.read() as connection:
        row = (
            await connection.execute(
                sa.select(template_import.c.id, template_import.c.account_id, template_import.c.offset).where(
                    template_import.c.id == import_id
                )
            )
        ).one()
    position = Position(*row)
    account = await modules.account(position.account_id)
    limit = (BatchSizes() if account is None else account.batch_sizes).import_templates
    while True:
        page: Sequence[Mapping[str, Any]] = await modules.call(
            position.account_id,
            FUNCTION,
            {"offset": position.offset, "limit": limit},
            lane="bulk",
        )
        if len(page) > limit:
            raise PageTooLong(got=len(page), limit=limit, offset=position.offset)
        if not await database.write(_store_page, position, page, limit):
            return
        if len(page) < limit:
            await database.write(_finish, position)
            return
        position = Position(position.id, position.account_id, position.offset + limit)
        if position.offset >= MOST_TEMPLATES:
            raise TooManyTemplates(limit=MOST_TEMPLATES)


def _store_page(
    connection: sa.Connection, position: Position, page: Sequence[Mapping[str, Any]], limit: int
) -> bool:
    """Keep a page and move the position behind it; False when another process did that."""
    rows = {row["externalId"]: _row(position, row) for row in page}
    here = (template_import.c.id == position.id) & (template_import.c.state == "running")
    at = template_import.c.offset == position.offset
    # The row's lock orders two processes: the second one counts what the first has stored.
    locked = sa.select(template_import.c.id).where(here, at).with_for_update()
    if connection.scalar(locked) is None:
        return False
    known = connection.scalar(
        sa.select(sa.func.count())
        .select_from(template)
        .where(
            template.c.account_id == position.account_id,
            template.c.external_id.in_(rows),
            template.c.import_id == position.id,
        )
    )
    # A short page may repeat: a template that was added at the service meanwhile moves the others on.
    if rows and known == len(rows) and len(page) == limit:
        raise PageRepeated(offset=position.offset)
    if rows:
        connection.execute(
            upsert(connection, template, ["account_id", "external_id"], _UPDATED), list(rows.values())
        )
    connection.execute(
        sa.update(template_import)
        .where(template_import.c.id == position.id)
        .values(
            offset=position.offset + limit,
            pages=template_import.c.pages + 1,
            imported=template_import.c.imported + len(rows) - (known or 0),
        )
    )
    return True


def _row(position: Position, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "account_id": position.account_id,
        "external_id": told["externalId"],
        "type": told.get("type", "email"),
        "name": told["name"],
        "name_folded": fold(told["name"]),
        "subject": told.get("subject", ""),
        "subject_folded": fold(told.get("subject", "")),
        "description": told.get("description", ""),
        "language": told.get("language"),
        "screenshot_url": told.get("thumbnailUrl"),
        "editor_url": told.get("editorUrl"),
        "service_created_at": _instant(told.get("createdAt")),
        "service_updated_at": _instant(told.get("updatedAt")),
        "updated_at": now(),
        "import_id": position.id,
        "archived_at": None,
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _finish(connection: sa.Connection, position: Position) -> None:
    """Archive what this import did not see: it is gone at the service."""
    gone = connection.execute(
        sa.update(template)
        .where(
            template.c.account_id == position.account_id,
            template.c.import_id != position.id,
            template.c.archived_at.is_(None),
        )
        .values(archived_at=now())
    ).rowcount
    connection.execute(
        sa.update(template_import)
        .where(template_import.c.id == position.id)
        .values(state="done", archived=gone, finished_at=now())
    )
