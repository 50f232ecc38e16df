"""The catalogue in use: modules are installed from it, updated and copied; and packed to be taken along."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import sqlalchemy as sa

from vestnik.contract import Manifest
from vestnik.db import Database
from vestnik.modules.accounts.approvals import approve_for_module
from vestnik.modules.errors import NothingToUpdate
from vestnik.modules.replays.kept_tests import KeptTests
from vestnik.modules.sources.catalogue import Catalogue
from vestnik.modules.sources.packages import Package, read_manifest
from vestnik.modules.sources.packing import pack
from vestnik.modules.sources.versions import ModuleRow, module_row, module_rows
from vestnik.modules.studio.library import Library
from vestnik.modules.tables import module_version
from vestnik.people.access import Actor

TITLE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A module that comes with Vestnik; `module_id` is the installed one's, if there is one."""

    package: Package
    manifest: Manifest
    module_id: int | None
    update_available: bool


class Installer:
    """Brings modules in from the catalogue, and out as archives."""

    def __init__(self, database: Database, library: Library, catalogue: Catalogue, tests: KeptTests) -> None:
        self._database, self._library = database, library
        self._catalogue, self._tests = catalogue, tests

    async def entries(self, actor: Actor) -> list[Entry]:
        """The modules that come with Vestnik, by name."""
        actor.require("modules.read")
        present = await self._present()
        entries = []
        for package in self._catalogue.entries():
            row, manifest = present.get(package.name, (None, None))
            newer = row is not None and row.bundled and _is_newer(package, manifest)
            entries.append(Entry(package, _manifest(package), None if row is None else row.id, newer))
        return entries

    async def install(self, actor: Actor, name: str, *, approve_hosts: bool = False) -> int:
        """A module of the catalogue, switched off; return its id.

        `approve_hosts` opens the addresses that it asks for by default for every account made later.
        """
        actor.require("modules.write")
        package = self._catalogue.entry(name)
        if not approve_hosts:
            return await self._library.add(actor, package, "", bundled=True)
        actor.require("hosts.approve")
        manifest = _manifest(package)

        def approve(connection: sa.Connection, module_id: int) -> None:
            approve_for_module(connection, actor, module_id, manifest)

        return await self._library.add(actor, package, "", bundled=True, also=approve)

    async def update(self, actor: Actor, module_id: int) -> int:
        """The catalogue's newer version as a draft; return its id. Raises NothingToUpdate."""
        actor.require("modules.write")
        row, _ = await self._library.card(actor, module_id)
        _, manifest = (await self._present())[row.name]
        if not row.bundled:
            raise NothingToUpdate(name=row.name)
        package = self._catalogue.entry(row.name)
        if not _is_newer(package, manifest):
            raise NothingToUpdate(name=row.name)
        return await self._library.draft(actor, module_id, package, _manifest(package).version)

    async def fork(self, actor: Actor, module_id: int, name: str) -> int:
        """A module of one's own with the text of another's live version; return its id."""
        row, live = await self._library.card(actor, module_id)
        titles = {
            language: f"{text[: TITLE_CHARACTERS - len(name) - 3]} ({name})"
            for language, text in row.title.items()
        }
        manifest = read_manifest({**live.manifest, "name": name, "title": titles})
        package = Package(name, live.source, manifest, await self._tests.files(module_id))
        return await self._library.add(actor, package, f"{row.name} {row.version}")

    async def export(self, actor: Actor, module_id: int, version_id: int | None) -> tuple[str, bytes]:
        """A version (None: the live one) as an archive that another Vestnik takes, and its file name.

        The module's tests may tell of people: they are for those who may write modules.
        """
        actor.require("modules.read")
        row, version = await self._library.card(actor, module_id)
        if version_id is not None:
            version = await self._library.version(actor, module_id, version_id)
        tests = await self._tests.files(module_id)
        writes = actor.may("modules.write")
        data = await asyncio.to_thread(
            pack,
            version.source,
            version.manifest,
            version.functions,
            tests if writes else {},
            actor.language,
            tests_left_out=0 if writes else len(tests),
        )
        return f"{row.name}-{version.row.number}.zip", data

    async def _present(self) -> dict[str, tuple[ModuleRow, Manifest]]:
        """Every module by name, with the manifest of its newest version."""
        async with self._database.read() as connection:
            rows = [module_row(row) for row in await connection.execute(module_rows())]
            newest = module_version.c.id.in_([row.latest_version_id for row in rows])
            statement = sa.select(module_version.c.id, module_version.c.manifest).where(newest)
            documents = {each.id: each.manifest for each in await connection.execute(statement)}
        return {row.name: (row, read_manifest(documents[row.latest_version_id])) for row in rows}


def _manifest(package: Package) -> Manifest:
    """The manifest of a module of the catalogue, where each has one."""
    return package.manifest or Manifest.bare(package.name)


def _is_newer(package: Package, present: Manifest | None) -> bool:
    return present is not None and _numbers(_manifest(package).version) > _numbers(present.version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
