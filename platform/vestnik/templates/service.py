"""What can be done with templates."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
import structlog

from vestnik.audit import record
from vestnik.contacts.fields import SELECT_FIELDS
from vestnik.contacts.fields import fields_of as custom_fields_of
from vestnik.contract.manifest import Personalisation
from vestnik.db import Database, fold, insert_ignore, now, upsert
from vestnik.egress import Broker
from vestnik.http.errors import InternalError, NotFound, Problem
from vestnik.logs import fault
from vestnik.people.access import Actor
from vestnik.templates.images import AccountPolicy, Images, Picture
from vestnik.templates.importing import Modules, import_all
from vestnik.templates.letters import document
from vestnik.templates.personalisation import Field, fields_of
from vestnik.templates.tables import template, template_html, template_import
from vestnik.vault import Vault

ImportState = Literal["running", "done", "stopped"]
Sort = Literal["name", "-changed"]

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
    editor_url: str | None
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


@dataclass(frozen=True, slots=True)
class Letter:
    """A template's letter as it was kept: since when, and why it is not newer ({code, ru, en})."""

    html: str
    fetched_at: datetime
    failure: Mapping[str, str] | None = None


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
        await self._modules.require_use(actor, account_id)
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

    async def last_imports(self, actor: Actor) -> list[Import]:
        """The last import of each account that has one."""
        actor.require("templates.read")
        newest = sa.select(sa.func.max(template_import.c.id)).group_by(template_import.c.account_id)
        async with self._database.read() as connection:
            rows = await connection.execute(
                _IMPORTS.where(template_import.c.id.in_(newest)).order_by(template_import.c.account_id)
            )
            return [Import(*row) for row in rows]

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
        except Exception as error:
            reference = fault(log, "templates.import_failed", error, import_id=import_id)
            await self._database.write(_stop, import_id, InternalError(reference=reference))

    # Templates

    async def page(
        self,
        actor: Actor,
        *,
        account_id: int | None = None,
        search: str = "",
        language: str | None = None,
        archived: bool = False,
        sort: Sort = "name",
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[list[Template], int]:
        """Templates of one account or of all, and how many there are.

        `search` is a part of the name or of the subject; `-changed` has those first that were changed last.
        """
        actor.require("templates.read")
        gone = template.c.archived_at.is_not(None) if archived else template.c.archived_at.is_(None)
        where: list[sa.ColumnElement[bool]] = [gone]
        if account_id is not None:
            where.append(template.c.account_id == account_id)
        if language is not None:
            where.append(template.c.language == language)
        if sought := fold(search.strip()):
            named = template.c.name_folded.contains(sought, autoescape=True)
            where.append(named | template.c.subject_folded.contains(sought, autoescape=True))
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(template).where(*where))
            ordered = _TEMPLATES.where(*where).order_by(*_SORTS[sort])
            rows = await connection.execute(ordered.offset(offset).limit(limit))
            return [Template(**row._mapping) for row in rows], total or 0

    async def languages(self, actor: Actor) -> list[str]:
        """The languages that templates are in, as the services name them."""
        actor.require("templates.read")
        named = sa.select(template.c.language).where(template.c.language.is_not(None)).distinct()
        async with self._database.read() as connection:
            return sorted(await connection.scalars(named))

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
        letter = await self._letter(shown, refresh=refresh)
        return await asyncio.to_thread(
            document, letter.html, lambda url: self._images.link(template_id, url), shown.name
        )

    async def letter(
        self, actor: Actor, template_id: int, *, refresh: bool = False
    ) -> tuple[Letter, list[Field]]:
        """The letter that `preview` shows, and the fields that it leaves to its recipient."""
        shown = await self.get(actor, template_id)
        letter = await self._letter(shown, refresh=refresh)
        return letter, await self._fields(shown.account_id, shown.subject, letter.html)

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

    async def _letter(self, shown: Template, *, refresh: bool = False) -> Letter:
        async with self._database.read() as connection:
            row = (
                await connection.execute(
                    sa.select(template_html).where(template_html.c.template_id == shown.id)
                )
            ).one_or_none()
        # What is gone at the service can't be newer there: nobody is asked unless a person wants it.
        if row is not None and not refresh and (shown.archived_at is not None or _is_fresh(row, shown)):
            return Letter(row.html, row.fetched_at)
        try:
            html: str = await self._modules.call(
                shown.account_id,
                HTML_FUNCTION,
                {"templateExternalId": shown.external_id},
                lane="interactive",
            )
        except Problem as problem:
            if row is None:
                raise
            log.warning("templates.stale_preview", template_id=shown.id, code=problem.code)
            return Letter(row.html, row.fetched_at, _reason(problem))
        fetched_at = await self._database.write(_keep_html, shown, html)
        return Letter(html, fetched_at)

    # Personalisation

    async def letter_fields(self, template_id: int, head: str) -> list[Field]:
        """The fields of a template's letter under another head: what stands in the list of letters.

        Raises the Problem with which the service's module failed when the letter was never fetched.
        """
        shown = await self.find(template_id)
        if shown is None:
            raise NotFound()
        return await self._fields(shown.account_id, head, (await self._letter(shown)).html)

    async def text_fields(self, account_id: int, text: str) -> list[Field]:
        """The fields of a text that an account sends without a template."""
        return await self._fields(account_id, "", text)

    async def _fields(self, account_id: int, head: str, body: str) -> list[Field]:
        account = await self._modules.account(account_id)
        personalisation = Personalisation() if account is None else account.personalisation
        async with self._database.read() as connection:
            custom = custom_fields_of(await connection.execute(SELECT_FIELDS))
        return await asyncio.to_thread(fields_of, head, body, personalisation, custom)


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
    template.c.editor_url,
    template.c.service_updated_at,
    template.c.updated_at,
    template.c.archived_at,
)
_SORTS: Mapping[Sort, Sequence[sa.ColumnElement[Any]]] = {
    "name": (template.c.name_folded, template.c.id),
    "-changed": (
        sa.func.coalesce(template.c.service_updated_at, template.c.updated_at).desc(),
        template.c.id,
    ),
}
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


def _reason(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "ru": problem.detail("ru"), "en": problem.detail("en")}


def _stop(connection: sa.Connection, import_id: int, problem: Problem) -> None:
    connection.execute(
        sa.update(template_import)
        .where(template_import.c.id == import_id, template_import.c.state == "running")
        .values(state="stopped", reason=_reason(problem), finished_at=now())
    )


def _keep_html(connection: sa.Connection, shown: Template, html: str) -> datetime:
    at = now()
    connection.execute(
        upsert(
            connection, template_html, ["template_id"], ["html", "fetched_at", "service_updated_at"]
        ).values(
            template_id=shown.id,
            html=html,
            fetched_at=at,
            service_updated_at=shown.service_updated_at,
        )
    )
    return at
