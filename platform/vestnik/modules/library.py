"""Modules and their versions: made, uploaded, installed, saved, switched on and off, archived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import sqlalchemy as sa

from vestnik import audit, contract
from vestnik.contract import Definition, Manifest, ManifestError, Mark, Text
from vestnik.db import Database, insert_ignore, now
from vestnik.http.errors import Language, NotFound
from vestnik.modules.catalogue import Catalogue
from vestnik.modules.errors import ManifestInvalid, ModuleNameTaken, ModulesCantRun, SourceRefused
from vestnik.modules.packages import Package, manifest_invalid, read_manifest, read_upload
from vestnik.modules.registry import Registry
from vestnik.modules.tables import account, module, module_version
from vestnik.people.access import Actor
from vestnik.sandbox import CheckReport, Sandbox, SandboxError, SandboxUnavailable
from vestnik.sandbox import Diagnostic as Found

Both = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding in a module's text; lines and columns count from 1, the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    severity: Literal["error", "warning"]
    kind: str
    message: Both


@dataclass(frozen=True, slots=True)
class Check:
    """What a check of a text found, and the functions that it defines."""

    findings: Sequence[Finding]
    functions: Sequence[str]

    @property
    def first_error(self) -> Finding | None:
        """The first finding that keeps the text from running."""
        return next((finding for finding in self.findings if finding.severity == "error"), None)


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """A module in a list; `version` is the live one's number."""

    id: int
    name: str
    title: Both
    description: Both
    enabled: bool
    bundled: bool
    version: int
    accounts: int
    updated_at: Any


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version without its text."""

    id: int
    number: int
    note: str
    author: str
    created_at: Any
    live: bool


@dataclass(frozen=True, slots=True)
class VersionCard:
    """A version with its text, its manifest as JSON and the functions that it defines."""

    row: VersionRow
    source: str
    manifest: Mapping[str, Any]
    functions: Sequence[str]


@dataclass(frozen=True, slots=True)
class _NewVersion:
    source: str
    manifest: Manifest
    functions: Sequence[str]
    note: str


class Library:
    """What can be done with modules; every text is checked in the sandbox before it is kept."""

    def __init__(
        self, database: Database, registry: Registry, sandbox: Sandbox, catalogue: Catalogue
    ) -> None:
        self._database, self._registry = database, registry
        self._sandbox, self._catalogue = sandbox, catalogue

    # -- reading

    async def page(
        self, actor: Actor, *, search: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[list[ModuleRow], int]:
        """Modules by title that have `search` in name or title, and how many there are."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            rows = [_row(row) for row in await connection.execute(_rows())]
        wanted = search.casefold()
        found = [
            row for row in rows if wanted in f"{row.name} {row.title['ru']} {row.title['en']}".casefold()
        ]
        found.sort(key=lambda row: (row.title[actor.language].casefold(), row.id))
        return found[offset : offset + limit], len(found)

    async def card(self, actor: Actor, module_id: int) -> tuple[ModuleRow, VersionCard]:
        """One module with its live version."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            row = (await connection.execute(_rows().where(module.c.id == module_id))).one_or_none()
            if row is None:
                raise NotFound()
            live = (await connection.execute(_version(module_id, row.live_version_id))).one()
        return _row(row), _version_card(live)

    async def versions(self, actor: Actor, module_id: int) -> list[VersionRow]:
        """The versions of a module, the newest first."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            rows = await connection.execute(
                _version(module_id, None).order_by(module_version.c.number.desc())
            )
            found = [_version_row(row) for row in rows]
        if not found:
            raise NotFound()
        return found

    async def version(self, actor: Actor, module_id: int, version_id: int) -> VersionCard:
        """One version of a module."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            row = (await connection.execute(_version(module_id, version_id))).one_or_none()
        if row is None:
            raise NotFound()
        return _version_card(row)

    async def catalogue(self, actor: Actor) -> list[tuple[Package, bool]]:
        """The modules that come with Vestnik, and whether each is installed."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            names = await connection.scalars(sa.select(module.c.name).where(module.c.archived_at.is_(None)))
            installed = set(names)
        return [(package, package.name in installed) for package in self._catalogue.entries()]

    # -- checking

    async def check(self, source: str) -> Check:
        """What the sandbox's policy and the contract say of a text; raises ModulesCantRun."""
        try:
            report = await self._sandbox.check(source, self._registry.facade)
        except SandboxUnavailable as error:
            raise ModulesCantRun(wall=error.wall) from error
        except SandboxError as error:
            return Check([_broken(error)], ())
        return _check(report)

    async def _checked(self, source: str) -> Check:
        """The check of a text that may be kept; raises SourceRefused."""
        check = await self.check(source)
        error = check.first_error
        if error is not None:
            diagnostics = [
                {
                    "line": each.line,
                    "column": each.column,
                    "severity": each.severity,
                    "kind": each.kind,
                    "message": dict(each.message),
                }
                for each in check.findings
            ]
            raise SourceRefused(line=error.line, reason=dict(error.message), diagnostics=diagnostics)
        return check

    # -- changing

    async def create(self, actor: Actor, name: str, title: str, language: Language) -> int:
        """A new module from the scaffold, switched off; return its id."""
        actor.require("modules.write")
        try:
            manifest = Manifest.bare(name, Text(title, title))
        except ManifestError as error:
            raise manifest_invalid(error) from None
        return await self._add(actor, Package(name, contract.scaffold(language), manifest), "", bundled=False)

    async def upload(self, actor: Actor, filename: str, data: bytes) -> int:
        """A module from a file: a new one, or the next version of the one with its name; return its id."""
        actor.require("modules.write")
        package = read_upload(filename, data)
        async with self._database.read() as connection:
            statement = sa.select(module.c.id).where(
                module.c.name == package.name, module.c.archived_at.is_(None)
            )
            known: int | None = await connection.scalar(statement)
        note = filename[:200]
        if known is None:
            return await self._add(actor, package, note, bundled=False)
        await self.save(actor, known, package.source, note, package.manifest)
        return known

    async def install(self, actor: Actor, name: str) -> int:
        """A module of the catalogue, switched off; return its id."""
        actor.require("modules.write")
        return await self._add(actor, self._catalogue.entry(name), "", bundled=True)

    async def _add(self, actor: Actor, package: Package, note: str, *, bundled: bool) -> int:
        check = await self._checked(package.source)
        manifest = package.manifest or Manifest.bare(package.name)
        version = _NewVersion(package.source, manifest, check.functions, note)
        module_id: int = await self._database.write(self._insert, actor, package.name, version, bundled)
        await self._registry.refresh()
        return module_id

    async def save(
        self, actor: Actor, module_id: int, source: str, note: str, manifest: Manifest | None = None
    ) -> VersionCard:
        """The module's next version, live from now on; without a manifest it keeps the one it has."""
        actor.require("modules.publish")
        check = await self._checked(source)
        version_id = await self._database.write(
            self._save, actor, module_id, source, note.strip()[:500], manifest, list(check.functions)
        )
        await self._registry.refresh()
        return await self.version(actor, module_id, version_id)

    async def enable(self, actor: Actor, module_id: int, enabled: bool) -> None:
        """Switch a module on or off."""
        actor.require("modules.publish")
        await self._database.write(self._enable, actor, module_id, enabled)
        await self._registry.refresh()

    async def archive(self, actor: Actor, module_id: int) -> None:
        """Delete a module for people: it stays for what refers to it, with its accounts."""
        actor.require("modules.publish")
        await self._database.write(self._archive, actor, module_id)
        await self._registry.refresh()

    # -- units of work

    def _insert(
        self, connection: sa.Connection, actor: Actor, name: str, version: _NewVersion, bundled: bool
    ) -> int:
        at = now()
        manifest = version.manifest
        taken = sa.select(module.c.id).where(module.c.name == name, module.c.archived_at.is_(None))
        if connection.execute(taken).first() is not None:
            raise ModuleNameTaken(name=name)
        values = {**_described(manifest), "name": name, "enabled": False, "bundled": bundled}
        module_id = connection.execute(
            insert_ignore(connection, module)
            .values(**values, created_at=at, updated_at=at)
            .returning(module.c.id)
        ).scalar_one_or_none()
        if module_id is None:
            raise ModuleNameTaken(name=name)
        self._add_version(connection, actor, module_id, version)
        audit.record(connection, actor, "module.added", "module", module_id, ["source", "manifest"])
        return cast(int, module_id)

    def _save(
        self,
        connection: sa.Connection,
        actor: Actor,
        module_id: int,
        source: str,
        note: str,
        manifest: Manifest | None,
        functions: list[str],
    ) -> int:
        present = connection.execute(
            sa.select(module.c.name, module_version.c.manifest)
            .join(module_version, module_version.c.id == module.c.live_version_id)
            .where(module.c.id == module_id, module.c.archived_at.is_(None))
            .with_for_update()
        ).one_or_none()
        if present is None:
            raise NotFound()
        if manifest is None:
            manifest = read_manifest(present.manifest)
        if manifest.name != present.name:
            raise _other_name(present.name, manifest.name)
        version_id = self._add_version(
            connection, actor, module_id, _NewVersion(source, manifest, functions, note)
        )
        audit.record(connection, actor, "module.version_saved", "module", module_id, ["source"])
        return version_id

    def _add_version(
        self, connection: sa.Connection, actor: Actor, module_id: int, version: _NewVersion
    ) -> int:
        of_module = module_version.c.module_id == module_id
        last = connection.execute(sa.select(sa.func.max(module_version.c.number)).where(of_module)).scalar()
        at = now()
        version_id = connection.execute(
            module_version.insert()
            .values(
                module_id=module_id,
                number=(last or 0) + 1,
                source=version.source,
                manifest=dict(version.manifest.source),
                functions=sorted(version.functions),
                note=version.note,
                author_id=actor.user_id,
                author=actor.name,
                created_at=at,
            )
            .returning(module_version.c.id)
        ).scalar_one()
        changes = {**_described(version.manifest), "live_version_id": version_id, "updated_at": at}
        connection.execute(module.update().where(module.c.id == module_id).values(**changes))
        self._registry.changed(connection)
        return cast(int, version_id)

    def _enable(self, connection: sa.Connection, actor: Actor, module_id: int, enabled: bool) -> None:
        statement = module.update().where(module.c.id == module_id, module.c.archived_at.is_(None))
        if connection.execute(statement.values(enabled=enabled, updated_at=now())).rowcount == 0:
            raise NotFound()
        self._registry.changed(connection)
        action = "module.enabled" if enabled else "module.disabled"
        audit.record(connection, actor, action, "module", module_id)

    def _archive(self, connection: sa.Connection, actor: Actor, module_id: int) -> None:
        at = now()
        statement = module.update().where(module.c.id == module_id, module.c.archived_at.is_(None))
        if connection.execute(statement.values(archived_at=at, enabled=False)).rowcount == 0:
            raise NotFound()
        connection.execute(
            account.update()
            .where(account.c.module_id == module_id, account.c.archived_at.is_(None))
            .values(archived_at=at)
        )
        self._registry.changed(connection)
        audit.record(connection, actor, "module.archived", "module", module_id)


def _described(manifest: Manifest) -> dict[str, Any]:
    description = manifest.description
    return {
        "title": {"ru": manifest.title.ru, "en": manifest.title.en},
        "description": None if description is None else {"ru": description.ru, "en": description.en},
    }


def _rows() -> sa.Select[Any]:
    accounts = (
        sa.select(sa.func.count())
        .where(account.c.module_id == module.c.id, account.c.archived_at.is_(None))
        .scalar_subquery()
    )
    return (
        sa.select(module, module_version.c.number, accounts.label("accounts"))
        .join(module_version, module_version.c.id == module.c.live_version_id)
        .where(module.c.archived_at.is_(None))
    )


def _row(row: sa.Row[Any]) -> ModuleRow:
    return ModuleRow(
        id=row.id,
        name=row.name,
        title=row.title,
        description=row.description or {"ru": "", "en": ""},
        enabled=row.enabled,
        bundled=row.bundled,
        version=row.number,
        accounts=row.accounts,
        updated_at=row.updated_at,
    )


def _version(module_id: int, version_id: int | None) -> sa.Select[Any]:
    statement = (
        sa.select(module_version, (module_version.c.id == module.c.live_version_id).label("live"))
        .join(module, module.c.id == module_version.c.module_id)
        .where(module.c.id == module_id, module.c.archived_at.is_(None))
    )
    return statement if version_id is None else statement.where(module_version.c.id == version_id)


def _version_row(row: sa.Row[Any]) -> VersionRow:
    return VersionRow(row.id, row.number, row.note, row.author, row.created_at, bool(row.live))


def _version_card(row: sa.Row[Any]) -> VersionCard:
    return VersionCard(_version_row(row), row.source, row.manifest, row.functions)


def _check(report: CheckReport) -> Check:
    marks = [_mark(each) for each in report.diagnostics]
    definitions = [
        Definition(info.name, info.parameters, info.line, info.column, info.is_async)
        for info in report.functions.values()
    ]
    findings = [_finding(each) for each in contract.diagnose(contract.Report(marks, definitions))]
    return Check(findings, sorted(name for name in report.functions if name.startswith(contract.PREFIX)))


def _mark(found: Found) -> Mark:
    return Mark(
        found.line,
        found.column,
        found.end_line,
        found.end_column,
        "error" if found.severity == "error" else "warning",
        "syntax" if found.kind == "syntax" else "policy",
        found.message_code,
        Text(found.text("ru"), found.text("en")),
    )


def _finding(found: contract.Diagnostic) -> Finding:
    kind: str = found.source
    if found.source == "contract":
        kind = "missing" if found.code == "missing_function" else "signature"
    return Finding(
        found.line,
        found.column,
        found.end_line,
        found.end_column,
        found.severity,
        kind,
        {"ru": found.message.ru, "en": found.message.en},
    )


def _broken(error: SandboxError) -> Finding:
    message = {"ru": f"Не удалось проверить код: {error.message}", "en": f"The check failed: {error.message}"}
    line = error.line or 1
    return Finding(line, 1, line, 1, "error", error.kind, message)


def _other_name(expected: str, got: str) -> ManifestInvalid:
    return ManifestInvalid(
        path="$.name",
        reason={
            "ru": f"В module.json другое имя: ожидалось {expected}, получено {got}. Имя нельзя изменить.",
            "en": f"The name in module.json differs: expected {expected}, got {got}. It can't be changed.",
        },
        expected={"ru": expected, "en": expected},
        got={"ru": got, "en": got},
    )
