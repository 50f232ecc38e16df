"""Modules and versions as rows, and the units of work that make, publish and read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from vestnik import audit
from vestnik.contract import Manifest
from vestnik.db import insert_ignore, now
from vestnik.http.errors import NotFound
from vestnik.modules.errors import (
    ManifestInvalid,
    ModuleHasAccounts,
    ModuleNameTaken,
    RehearsalGoesOn,
    RehearsalShowsLosses,
    SuspensionStands,
)
from vestnik.modules.sources.checks import Both
from vestnik.modules.sources.packages import read_manifest
from vestnik.modules.sources.registry import Registry
from vestnik.modules.tables import account, module, module_version, rehearsal
from vestnik.people.access import SYSTEM, Actor

#: Who may switch on a module that tried to leave the sandbox: who says where modules may send things.
LIFTING_RIGHT = "hosts.approve"


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """A module in a list.

    `version` is the number of the version that calls take: the live one, or the newest while none was
    ever published (`live_version_id` is None then, and the module can't be on).
    """

    id: int
    name: str
    title: Both
    description: Both
    enabled: bool
    bundled: bool
    version: int
    accounts: int
    updated_at: datetime
    suspended_at: datetime | None
    live_version_id: int | None
    latest_version_id: int

    @property
    def has_draft(self) -> bool:
        """Whether the newest version is not the live one."""
        return self.latest_version_id != self.live_version_id


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version without its text."""

    id: int
    number: int
    note: str
    author: str
    created_at: datetime
    live: bool


@dataclass(frozen=True, slots=True)
class VersionCard:
    """A version with its text, its manifest as JSON and the functions that it defines."""

    row: VersionRow
    source: str
    manifest: Mapping[str, Any]
    functions: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A text that was checked, to be kept as a version; without a manifest, with that of the one before."""

    source: str
    manifest: Manifest | None
    functions: Sequence[str]
    note: str


_LATEST = (
    sa.select(module_version.c.id)
    .where(module_version.c.module_id == module.c.id)
    .order_by(module_version.c.number.desc())
    .limit(1)
    .correlate(module)
    .scalar_subquery()
)


def module_rows() -> sa.Select[Any]:
    """Every module that is not archived."""
    accounts = (
        sa.select(sa.func.count())
        .where(account.c.module_id == module.c.id, account.c.archived_at.is_(None))
        .scalar_subquery()
    )
    return (
        sa.select(
            module, module_version.c.number, accounts.label("accounts"), _LATEST.label("latest_version_id")
        )
        .join(module_version, module_version.c.id == module.c.live_version_id)
        .where(module.c.archived_at.is_(None))
    )


def module_row(row: sa.Row[Any]) -> ModuleRow:
    """A row of `module_rows` as a value."""
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
        live_version_id=None if row.published_at is None else row.live_version_id,
        suspended_at=row.suspended_at,
        latest_version_id=row.latest_version_id,
    )


def version_rows(module_id: int, version_id: int | None = None) -> sa.Select[Any]:
    """The versions of a module that is not archived, or one of them."""
    live = sa.and_(module_version.c.id == module.c.live_version_id, module.c.published_at.is_not(None))
    statement = (
        sa.select(module_version, live.label("live"))
        .join(module, module.c.id == module_version.c.module_id)
        .where(module.c.id == module_id, module.c.archived_at.is_(None))
    )
    return statement if version_id is None else statement.where(module_version.c.id == version_id)


def version_row(row: sa.Row[Any]) -> VersionRow:
    """A row of `version_rows` as a value."""
    return VersionRow(row.id, row.number, row.note, row.author, row.created_at, bool(row.live))


def version_card(row: sa.Row[Any]) -> VersionCard:
    """The same with the text."""
    return VersionCard(version_row(row), row.source, row.manifest, row.functions)


# -- units of work


def add_module(
    connection: sa.Connection, actor: Actor, name: str, version: NewVersion, *, bundled: bool
) -> int:
    """A new module, switched off and never published; return its id."""
    at, manifest = now(), version.manifest
    if manifest is None:
        raise ValueError("a new module has a manifest")
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
    _insert_version(connection, actor, module_id, version, manifest, follow=True)
    audit.record(connection, actor, "module.added", "module", module_id, ["source", "manifest"])
    return cast(int, module_id)


def add_version(
    connection: sa.Connection,
    registry: Registry,
    actor: Actor,
    module_id: int,
    version: NewVersion,
) -> int:
    """The next version of a module: a draft, unless none was ever published; return its id."""
    present = locked(connection, module_id)
    manifest = version.manifest
    if manifest is None:
        newest = version_rows(module_id).order_by(module_version.c.number.desc()).limit(1)
        manifest = read_manifest(connection.execute(newest).one().manifest)
    if manifest.name != present.name:
        raise _other_name(present.name, manifest.name)
    follow = present.published_at is None
    version_id = _insert_version(connection, actor, module_id, version, manifest, follow=follow)
    if follow:
        registry.changed(connection)
    audit.record(connection, actor, "module.version_saved", "module", module_id, ["source"])
    return version_id


def publish(
    connection: sa.Connection,
    registry: Registry,
    actor: Actor,
    module_id: int,
    version_id: int,
    confirmed: bool,
) -> None:
    """Make a version the live one; an older one than before is a roll back.

    Raises RehearsalShowsLosses or RehearsalGoesOn, unless confirmed.
    """
    present = locked(connection, module_id)
    version = connection.execute(version_rows(module_id, version_id)).one_or_none()
    if version is None:
        raise NotFound()
    if version.live:
        return
    if not confirmed:
        _require_no_losses(connection, version_id, present.live_version_id)
    live = sa.select(module_version.c.number).where(module_version.c.id == present.live_version_id)
    back = present.published_at is not None and version.number < connection.execute(live).scalar_one()
    _make_live(connection, registry, module_id, version_id, read_manifest(version.manifest))
    action = "module.rolled_back" if back else "module.published"
    audit.record(connection, actor, action, "module", module_id, ["version"])


def switch(
    connection: sa.Connection, registry: Registry, actor: Actor, module_id: int, enabled: bool
) -> None:
    """Switch a module on or off; one that was never published gets its newest version published.

    Raises SuspensionStands where the module is suspended and the actor may not lift that.
    """
    present = locked(connection, module_id)
    if enabled and present.suspended_at is not None:
        _lift(connection, actor, present)
    if enabled and present.published_at is None:
        version = connection.execute(version_rows(module_id, present.live_version_id)).one()
        _make_live(connection, registry, module_id, version.id, read_manifest(version.manifest))
        audit.record(connection, actor, "module.published", "module", module_id, ["version"])
    changes = {"enabled": enabled, "updated_at": now()}
    connection.execute(module.update().where(module.c.id == module_id).values(**changes))
    registry.changed(connection)
    action = "module.enabled" if enabled else "module.disabled"
    audit.record(connection, actor, action, "module", module_id)


def suspend(connection: sa.Connection, registry: Registry, module_id: int) -> None:
    """Switch a module off until an administrator looks: it tried to leave the sandbox. The audit says so."""
    at = now()
    changes = {"enabled": False, "suspended_at": at, "updated_at": at}
    news = sa.or_(module.c.enabled, module.c.suspended_at.is_(None))
    on = sa.and_(module.c.id == module_id, module.c.archived_at.is_(None), news)
    if connection.execute(module.update().where(on).values(**changes)).rowcount:
        registry.changed(connection)
        audit.record(connection, SYSTEM, "module.suspended", "module", module_id)


def draft_escaped(connection: sa.Connection, actor: Actor, module_id: int) -> None:
    """Note that a text which is not live tried to leave the sandbox when the actor ran it."""
    audit.record(connection, actor, "module.draft_escaped", "module", module_id)


def archive(connection: sa.Connection, registry: Registry, actor: Actor, module_id: int) -> None:
    """Delete a module for people; one that has accounts stays: ModuleHasAccounts."""
    locked(connection, module_id)
    accounts = connection.scalars(
        sa.select(account.c.title)
        .where(account.c.module_id == module_id, account.c.archived_at.is_(None))
        .order_by(account.c.id)
    ).all()
    if accounts:
        raise ModuleHasAccounts(accounts=", ".join(accounts[:5]), count=len(accounts))
    of_module = module.update().where(module.c.id == module_id)
    connection.execute(of_module.values(archived_at=now(), enabled=False))
    registry.changed(connection)
    audit.record(connection, actor, "module.archived", "module", module_id)


def locked(connection: sa.Connection, module_id: int) -> sa.Row[Any]:
    """The row of a module that nobody else changes until the unit of work ends; NotFound for none."""
    statement = sa.select(module).where(module.c.id == module_id, module.c.archived_at.is_(None))
    row = connection.execute(statement.with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _lift(connection: sa.Connection, actor: Actor, present: sa.Row[Any]) -> None:
    """End a suspension, for which the right to publish is not enough."""
    if not actor.may(LIFTING_RIGHT):
        raise SuspensionStands(name=present.name)
    connection.execute(module.update().where(module.c.id == present.id).values(suspended_at=None))
    audit.record(connection, actor, "module.suspension_lifted", "module", present.id)


def _make_live(
    connection: sa.Connection, registry: Registry, module_id: int, version_id: int, manifest: Manifest
) -> None:
    at = now()
    changes = {**_described(manifest), "live_version_id": version_id, "updated_at": at, "published_at": at}
    connection.execute(module.update().where(module.c.id == module_id).values(**changes))
    registry.changed(connection)


def _insert_version(
    connection: sa.Connection,
    actor: Actor,
    module_id: int,
    version: NewVersion,
    manifest: Manifest,
    *,
    follow: bool,
) -> int:
    """`follow`: the module was never published, so that its accounts are set up for the newest text."""
    of_module = module_version.c.module_id == module_id
    last = connection.execute(sa.select(sa.func.max(module_version.c.number)).where(of_module)).scalar()
    at = now()
    version_id = connection.execute(
        module_version.insert()
        .values(
            module_id=module_id,
            number=(last or 0) + 1,
            source=version.source,
            manifest=dict(manifest.source),
            functions=sorted(version.functions),
            note=version.note,
            author_id=actor.user_id,
            author=actor.name,
            created_at=at,
        )
        .returning(module_version.c.id)
    ).scalar_one()
    changes: dict[str, Any] = {"updated_at": at}
    if follow:
        changes |= {**_described(manifest), "live_version_id": version_id}
    connection.execute(module.update().where(module.c.id == module_id).values(**changes))
    return cast(int, version_id)


def _require_no_losses(connection: sa.Connection, version_id: int, live_version_id: int | None) -> None:
    """Refuse a version whose latest rehearsal against the one that is live now lost something, or goes on."""
    statement = (
        sa.select(rehearsal)
        .where(
            rehearsal.c.version_id == version_id,
            rehearsal.c.live_version_id == live_version_id,
            rehearsal.c.state != "interrupted",
        )
        .order_by(rehearsal.c.id.desc())
        .limit(1)
    )
    found = connection.execute(statement).one_or_none()
    if found is not None and found.state != "done":
        raise RehearsalGoesOn()
    if found is not None and (found.actions_lost or found.actions_changed or found.failed):
        raise RehearsalShowsLosses(
            lost=found.actions_lost, changed=found.actions_changed, failed=found.failed
        )


def _described(manifest: Manifest) -> dict[str, Any]:
    description = manifest.description
    return {
        "title": {"ru": manifest.title.ru, "en": manifest.title.en},
        "description": None if description is None else {"ru": description.ru, "en": description.en},
    }


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
