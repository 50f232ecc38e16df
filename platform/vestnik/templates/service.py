"""What can be done with templates."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
import structlog

from vestnik.audit import record
from vestnik.db import Database, fold, insert_ignore, now, upsert
from vestnik.egress import Broker
from vestnik.http.errors import InternalError, NotFound, Problem
from vestnik.people.access import Actor
from vestnik.templates.images import AccountPolicy, Images, Picture
from vestnik.templates.importing import Modules, import_all
from vestnik.templates.letters import document
from vestnik.templates.tables import template, template_html, template_import
from vestnik.vault import Vault

ImportState = Literal["running", "done", "stopped"]

HTML_FUNCTION = "CRM_Marketing_GetTemplateHTML"

# A service that tells when a template changed is believed for a day, any other for some minutes.
_TRUSTED_FOR = timedelta(days=1)
_KEPT_FOR = timedelta(minutes=10)

log = structlog.get_logger("vestnik.templates")


@dataclass(frozen=True, slots=True)
class Template:
    """A template of letters at a sending service."""

    id: int
    account_id: int
    external_id: str
    type: Literal["email", "sms"]
    name: str
    subject: str
    description: str
    language: str | None
    screenshot_url: str | None
    service_updated_at: datetime | None
    updated_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Import:
    """An import of templates: under way, done, or stopped for a reason ({code, ru, en})."""

    id: int
    account_id: int
    state: ImportState
    pages: int
    imported: int
    archived: int
    reason: Mapping[str, str] | None
    started_at: datetime
    finished_at: datetime | None


class Templates:
    """Templates, their imports and previews. `start` goes on with imports that were cut off."""

    def __init__(
        self,
        database: Database,
        modules: Modules,
        broker: Broker,
        vault: Vault,
        *,
        own_listeners: Sequence[tuple[str, int]] = (),
        account_policy: AccountPolicy | None = None,
    ) -> None:
        self._database, self._modules = database, modules
        self._images = Images(broker, vault, own_listeners, account_policy)
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Go on with every import that a stop or a kill cut off."""
        async with self._database.read() as connection:
            running = await connection.scalars(
                sa.select(template_import.c.id).where(template_import.c.state == "running")
            )
        for id in running:
            self._run(id)

    async def stop(self) -> None:
        """Cut off what is under way; the next `start` goes on with it."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Imports

    async def import_from(self, actor: Actor, account_id: int) -> int:
        """Begin to import an account's templates, or join the import that is under way; its key."""
        actor.require("templates.import")
        if await self._modules.account(account_id) is None:
            raise NotFound()
        id, begun = await self._database.write(_begin, actor, account_id)
        if begun:
            self._run(id)
        return id

    async def import_state(self, actor: Actor, import_id: int) -> Import:
        """How far an import is."""
        actor.require("templates.read")
        async with self._database.read() as connection:
            found = await connection.execute(_IMPORTS.where(template_import.c.id == import_id))
            row = found.one_or_none()
        if row is None:
            raise NotFound()
        return Import(*row)

    async def finished(self, import_id: int) -> None:
        """Wait until an import that this process runs has ended."""
        if (task := self._tasks.get(import_id)) is not None:
            await asyncio.wait([task])

    def _run(self, import_id: int) -> None:
        task = asyncio.create_task(self._import(import_id), name=f"template import {import_id}")
        self._tasks[import_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(import_id, None))

    async def _import(self, import_id: int) -> None:
        try:
            await import_all(self._database, self._modules, import_id)
        except Problem as problem:
            await self._database.write(_stop, import_id, problem)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("templates.import_failed", import_id=import_id, reference=reference)
            await self._database.write(_stop, import_id, InternalError(reference=reference))

    # Templates

    async def page(
        self,
        actor: Actor,
        *,
        account_id: int | None = None,
        search: str = "",
        archived: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[list[Template], int]:
        """Templates by name, of one account or of all, and how many there are."""
        actor.require("templates.read")
        gone = template.c.archived_at.is_not(None) if archived else template.c.archived_at.is_(None)
        where: list[sa.ColumnElement[bool]] = [gone]
        if account_id is not None:
            where.append(template.c.account_id == account_id)
        if search.strip():
            where.append(template.c.name_folded.contains(fold(search.strip()), autoescape=True))
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(template).where(*where))
            ordered = _TEMPLATES.where(*where).order_by(template.c.name_folded, template.c.id)
            rows = await connection.execute(ordered.offset(offset).limit(limit))
            return [Template(**row._mapping) for row in rows], total or 0

    async def get(self, actor: Actor, template_id: int) -> Template:
        """One template, also an archived one."""
        actor.require("templates.read")
        found = await self.find(template_id)
        if found is None:
            raise NotFound()
        return found

    async def find(self, template_id: int) -> Template | None:
        """The same for rooms that refer to templates; None when there is none."""
        async with self._database.read() as connection:
            found = await connection.execute(_TEMPLATES.where(template.c.id == template_id))
            row = found.one_or_none()
        return None if row is None else Template(**row._mapping)

    # Previews

    async def preview(self, actor: Actor, template_id: int, *, refresh: bool = False) -> str:
        """The letter as a document to be served with `letters.POLICY`; `refresh` asks the service anew."""
        shown = await self.get(actor, template_id)
        html = await self._html(shown, refresh=refresh)
        return await asyncio.to_thread(
            document, html, lambda url: self._images.link(template_id, url), shown.name
        )

    async def image(self, template_id: int, signed: str) -> Picture:
        """A picture of a letter, by the link in its preview; the link is the right to see it."""
        found = await self.find(template_id)
        if found is None:
            raise NotFound()
        return await self._images.linked(template_id, found.account_id, signed)

    async def thumbnail(self, actor: Actor, template_id: int) -> Picture:
        """The service's picture of a template."""
        shown = await self.get(actor, template_id)
        if shown.screenshot_url is None:
            raise NotFound()
        return await self._images.fetch(shown.account_id, shown.screenshot_url)

    async def _html(self, shown: Template, *, refresh: bool) -> str:
        async with self._database.read() as connection:
            kept = (
                await connection.execute(
                    sa.select(template_html).where(template_html.c.template_id == shown.id)
                )
            ).one_or_none()
        if kept is not None and not refresh and _is_fresh(kept, shown):
            return str(kept.html)
        try:
            html: str = await self._modules.call(
                shown.account_id,
                HTML_FUNCTION,
                {"templateExternalId": shown.external_id},
                lane="interactive",
            )
        except Problem as problem:
            if kept is None:
                raise
            log.warning("templates.stale_preview", template_id=shown.id, code=problem.code)
            return str(kept.html)
        await self._database.write(_keep_html, shown, html)
        return html


_TEMPLATES = sa.select(
    template.c.id,
    template.c.account_id,
    template.c.external_id,
    template.c.type,
    template.c.name,
    template.c.subject,
    template.c.description,
    template.c.language,
    template.c.screenshot_url,
    template.c.service_updated_at,
    template.c.updated_at,
    template.c.archived_at,
)
_IMPORTS = sa.select(
    template_import.c.id,
    template_import.c.account_id,
    template_import.c.state,
    template_import.c.pages,
    template_import.c.imported,
    template_import.c.archived,
    template_import.c.reason,
    template_import.c.started_at,
    template_import.c.finished_at,
)


def _is_fresh(kept: sa.Row[Any], shown: Template) -> bool:
    age: timedelta = now() - kept.fetched_at
    if shown.service_updated_at is None:
        return age < _KEPT_FOR
    return age < _TRUSTED_FOR and bool(shown.service_updated_at == kept.service_updated_at)


def _begin(connection: sa.Connection, actor: Actor, account_id: int) -> tuple[int, bool]:
    begun = connection.scalar(
        insert_ignore(connection, template_import)
        .values(
            account_id=account_id,
            state="running",
            offset=0,
            pages=0,
            imported=0,
            archived=0,
            started_by=actor.user_id,
            started_at=now(),
        )
        .returning(template_import.c.id)
    )
    if begun is not None:
        record(connection, actor, "templates.import_started", "account", account_id)
        return begun, True
    running = sa.select(template_import.c.id).where(
        template_import.c.account_id == account_id, template_import.c.state == "running"
    )
    return connection.execute(running).scalar_one(), False


def _stop(connection: sa.Connection, import_id: int, problem: Problem) -> None:
    reason = {"code": problem.code, "ru": problem.detail("ru"), "en": problem.detail("en")}
    connection.execute(
        sa.update(template_import)
        .where(template_import.c.id == import_id)
        .values(state="stopped", reason=reason, finished_at=now())
    )


def _keep_html(connection: sa.Connection, shown: Template, html: str) -> None:
    connection.execute(
        upsert(
            connection, template_html, ["template_id"], ["html", "fetched_at", "service_updated_at"]
        ).values(
            template_id=shown.id,
            html=html,
            fetched_at=now(),
            service_updated_at=shown.service_updated_at,
        )
    )
