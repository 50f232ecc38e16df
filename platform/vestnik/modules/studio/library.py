"""Modules and their versions: made, uploaded, saved, published, switched on and off, archived."""

from __future__ import annotations

from collections.abc import Callable

import anyio.to_thread
import sqlalchemy as sa
import structlog

from vestnik import contract
from vestnik.contract import Manifest, ManifestError, Text
from vestnik.db import Database
from vestnik.http.errors import Language, NotFound
from vestnik.modules.errors import ModulesCantRun
from vestnik.modules.replays import kept_tests
from vestnik.modules.sources import versions
from vestnik.modules.sources.checks import Check, broken, check_of, require_sound
from vestnik.modules.sources.packages import Package, manifest_invalid, read_upload
from vestnik.modules.sources.registry import Registry
from vestnik.modules.sources.versions import ModuleRow, NewVersion, VersionCard, VersionRow
from vestnik.modules.tables import module, module_version
from vestnik.people.access import Actor
from vestnik.sandbox import Sandbox, SandboxError, SandboxUnavailable

log = structlog.get_logger("vestnik.modules")

NOTE_CHARACTERS = 500


class Library:
    """What can be done with modules; every text is checked in the sandbox before it is kept."""

    def __init__(self, database: Database, registry: Registry, sandbox: Sandbox) -> None:
        self._database, self._registry = database, registry
        self._sandbox = sandbox

    # -- reading

    async def page(
        self, actor: Actor, *, search: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[list[ModuleRow], int]:
        """Modules by title that have `search` in name or title, and how many there are."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            rows = [versions.module_row(row) for row in await connection.execute(versions.module_rows())]
        wanted = search.casefold()
        found = [
            row for row in rows if wanted in f"{row.name} {row.title['ru']} {row.title['en']}".casefold()
        ]
        found.sort(key=lambda row: (row.title[actor.language].casefold(), row.id))
        return found[offset : offset + limit], len(found)

    async def card(self, actor: Actor, module_id: int) -> tuple[ModuleRow, VersionCard]:
        """One module with the version that calls take: the live one, or the newest while there is none."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            statement = versions.module_rows().where(module.c.id == module_id)
            row = (await connection.execute(statement)).one_or_none()
            if row is None:
                raise NotFound()
            live = (await connection.execute(versions.version_rows(module_id, row.live_version_id))).one()
        return versions.module_row(row), versions.version_card(live)

    async def versions(self, actor: Actor, module_id: int) -> list[VersionRow]:
        """The versions of a module, the newest first."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            rows = await connection.execute(
                versions.version_rows(module_id).order_by(module_version.c.number.desc())
            )
            found = [versions.version_row(row) for row in rows]
        if not found:
            raise NotFound()
        return found

    async def version(self, actor: Actor, module_id: int, version_id: int) -> VersionCard:
        """One version of a module."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            row = (await connection.execute(versions.version_rows(module_id, version_id))).one_or_none()
        if row is None:
            raise NotFound()
        return versions.version_card(row)

    # -- checking

    async def check(self, source: str) -> Check:
        """What the sandbox's policy and the contract say of a text; raises ModulesCantRun."""
        try:
            report = await self._sandbox.check(source, self._registry.facade)
        except SandboxUnavailable as error:
            raise ModulesCantRun(wall=error.wall) from error
        except SandboxError as error:
            return Check([broken(error)], ())
        return check_of(report)

    # -- changing

    async def create(self, actor: Actor, name: str, title: str, language: Language) -> int:
        """A new module from the scaffold, switched off; return its id."""
        actor.require("modules.write")
        try:
            manifest = Manifest.bare(name, Text(title, title))
        except ManifestError as error:
            raise manifest_invalid(error) from None
        return await self.add(actor, Package(name, contract.scaffold(language), manifest), "")

    async def upload(
        self, actor: Actor, filename: str, data: bytes, note: str = ""
    ) -> tuple[int, int | None]:
        """A module from a file; the id of the module, and of the draft when there was one with its name."""
        actor.require("modules.write")
        package = await anyio.to_thread.run_sync(read_upload, filename, data)
        async with self._database.read() as connection:
            statement = sa.select(module.c.id).where(
                module.c.name == package.name, module.c.archived_at.is_(None)
            )
            known: int | None = await connection.scalar(statement)
        note = note.replace("\0", "").strip()[:500] or filename[:200]
        if known is None:
            return await self.add(actor, package, note), None
        return known, await self.draft(actor, known, package, note)

    async def add(
        self,
        actor: Actor,
        package: Package,
        note: str,
        *,
        bundled: bool = False,
        also: Callable[[sa.Connection, int], None] | None = None,
    ) -> int:
        """A new module, switched off; `also` belongs to the same unit of work. Return its id."""
        actor.require("modules.write")
        manifest = package.manifest or Manifest.bare(package.name)
        version = await self._checked(package.source, manifest, note)
        tests = await kept_tests.usable(package.tests)

        def unit(connection: sa.Connection) -> int:
            module_id = versions.add_module(connection, actor, package.name, version, bundled=bundled)
            kept_tests.import_tests(connection, actor, module_id, tests)
            if also is not None:
                also(connection, module_id)
            return module_id

        module_id = await self._database.write(unit)
        await self._registry.refresh()
        return module_id

    async def save(
        self, actor: Actor, module_id: int, source: str, note: str, manifest: Manifest | None = None
    ) -> VersionCard:
        """The module's next version, a draft until it is published; without a manifest it keeps its last."""
        name = (await self.card(actor, module_id))[0].name
        version_id = await self.draft(actor, module_id, Package(name, source, manifest), note)
        return await self.version(actor, module_id, version_id)

    async def draft(self, actor: Actor, module_id: int, package: Package, note: str) -> int:
        """A package as the next version of a module; return the version's id."""
        actor.require("modules.write")
        version = await self._checked(package.source, package.manifest, note)
        tests = await kept_tests.usable(package.tests)

        def unit(connection: sa.Connection) -> int:
            version_id = versions.add_version(connection, self._registry, actor, module_id, version)
            kept_tests.import_tests(connection, actor, module_id, tests)
            return version_id

        version_id = await self._database.write(unit)
        await self._registry.refresh()
        return version_id

    async def _checked(self, source: str, manifest: Manifest | None, note: str) -> NewVersion:
        """A text that may be kept; raises SourceRefused."""
        check = await self.check(source)
        require_sound(check)
        return NewVersion(source, manifest, check.functions, note.strip()[:NOTE_CHARACTERS])

    async def publish(self, actor: Actor, module_id: int, version_id: int, *, confirmed: bool) -> None:
        """Make a version the live one, an older one to roll back; raises RehearsalShowsLosses."""
        actor.require("modules.publish")

        def unit(connection: sa.Connection) -> None:
            versions.publish(connection, self._registry, actor, module_id, version_id, confirmed)

        await self._database.write(unit)
        await self._registry.refresh()

    async def enable(self, actor: Actor, module_id: int, enabled: bool) -> None:
        """Switch a module on or off; the first time on publishes its newest version."""
        actor.require("modules.publish")

        def unit(connection: sa.Connection) -> None:
            versions.switch(connection, self._registry, actor, module_id, enabled)

        await self._database.write(unit)
        await self._registry.refresh()

    async def escaped(self, actor: Actor, module_id: int, *, live: bool) -> None:
        """A text that the actor ran tried to leave the sandbox: suspend the live one, note any other."""
        log.error("module.escaped", module_id=module_id, live=live)
        if live:
            await self.suspend(module_id)
        else:
            await self._database.write(versions.draft_escaped, actor, module_id)

    async def suspend(self, module_id: int) -> None:
        """Switch off a module that tried to leave the sandbox, until an administrator looks."""

        def unit(connection: sa.Connection) -> None:
            versions.suspend(connection, self._registry, module_id)

        await self._database.write(unit)
        await self._registry.refresh()

    async def archive(self, actor: Actor, module_id: int) -> None:
        """Delete a module for people: it stays for what refers to it, with its accounts."""
        actor.require("modules.publish")

        def unit(connection: sa.Connection) -> None:
            versions.archive(connection, self._registry, actor, module_id)

        await self._database.write(unit)
        await self._registry.refresh()
