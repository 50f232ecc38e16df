"""What calls need to know, kept in memory: versions, accounts ready to be called, webhook tokens, lists.

Every change of the tables raises a generation in the same unit of work; whoever sees a new one forgets
everything but versions, which never change. The index of tokens and lists is read as a whole, because a
webhook asks for it without waiting and the writer's thread asks for lists without a connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik.contract.facade import facade
from vestnik.contract.manifest import PART_SUFFIX, Manifest
from vestnik.contract.manifest import parse as parse_manifest
from vestnik.db import Database, after_commit, insert
from vestnik.egress import Approval, Budget, HostPolicy, SealedSecret, public_part
from vestnik.modules.ports import AccountFacts
from vestnik.modules.tables import (
    account,
    account_list,
    account_secret,
    change,
    host_approval,
    module,
    module_version,
)
from vestnik.sandbox import Program
from vestnik.vault import Vault, VaultError

log = structlog.get_logger("vestnik.modules")

POLL_S = 1.0
BURST_SHARE = 0.1  # of a rate limit's requests may be sent at once; the rest at an even pace
TOKEN_PURPOSE = "webhook-token"  # noqa: S105  (what the hash is for, not a token)


def secret_context(account_id: int, name: str) -> str:
    """What the ciphertext of a secret is bound to."""
    return f"account:{account_id}:secret:{name}"


def token_context(account_id: int) -> str:
    """What the ciphertext of a webhook token is bound to."""
    return f"account:{account_id}:token"


@dataclass(frozen=True, slots=True)
class Version:
    """One version, ready to be run."""

    id: int | None
    module_id: int
    number: int
    manifest: Manifest
    functions: frozenset[str]
    program: Program


@dataclass(frozen=True, slots=True)
class PathBudget:
    """A budget for requests whose path contains `path`, or for all of them."""

    path: str | None
    budget: Budget


@dataclass(frozen=True, slots=True)
class Ready:
    """An account with everything that a call needs. Without an account (`account_id` None): a bare draft."""

    module_id: int
    module_name: str
    module_title: Mapping[str, str]
    enabled: bool
    version: Version
    account_id: int | None = None
    account_title: str = ""
    state: str = "unchecked"
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, SealedSecret] = field(default_factory=dict, repr=False)
    #: Names of secrets that the installation's key does not open: they must be entered again.
    unreadable: frozenset[str] = frozenset()
    policy: HostPolicy = field(default_factory=HostPolicy)
    budgets: Sequence[PathBudget] = ()
    recording: bool = True
    #: The list at the service that stands for a category, by the category's id as modules see it.
    lists: Mapping[str, str] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """The key under which budgets and spooled bodies belong together."""
        return f"module:{self.module_id}" if self.account_id is None else f"account:{self.account_id}"

    @property
    def facts(self) -> AccountFacts:
        """What features may know of it."""
        if self.account_id is None or self.version.id is None:
            raise LookupError("a draft is no account")
        return AccountFacts(
            id=self.account_id,
            title=self.account_title,
            module_id=self.module_id,
            module_name=self.module_name,
            module_title=self.module_title,
            version_id=self.version.id,
            enabled=self.enabled,
            state=self.state,
            functions=self.version.functions,
            manifest=self.version.manifest,
        )


class Registry:
    """Reads and remembers. `refresh` after a change of one's own; other processes' changes are polled for."""

    def __init__(self, database: Database, vault: Vault, own_listeners: Sequence[tuple[str, int]]) -> None:
        self._database, self._vault = database, vault
        self.own_listeners = own_listeners
        self.facade = facade()
        self._versions: dict[int, Version] = {}
        self._ready: dict[tuple[int, int | None], Ready] = {}
        self._generation = 0
        self._epoch = 0  # counts how often everything was forgotten
        self._by_token: dict[str, tuple[str, int]] = {}
        self._lists: dict[int, dict[str, int]] = {}
        self._refreshing = asyncio.Lock()
        self._poller: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read the index; on PostgreSQL begin to look for other processes' changes."""
        await self.refresh()
        if not self._database.on_sqlite:
            self._poller = asyncio.create_task(self._poll(), name="module-registry")

    async def stop(self) -> None:
        """End the polling."""
        if self._poller is not None:
            self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller
            self._poller = None

    # -- what is asked for

    def account_id_by_token(self, module_name: str, token: str) -> int | None:
        """The account with this webhook address; None for any other."""
        found = self._by_token.get(self._vault.keyed_hash(TOKEN_PURPOSE, token))
        return found[1] if found is not None and found[0] == module_name else None

    def categories_of_lists(self, account_id: int) -> Mapping[str, int]:
        """The category of each mapped list at the account's service; may be asked from any thread."""
        return self._lists.get(account_id, {})

    async def ready(self, account_id: int, version_id: int | None = None) -> Ready | None:
        """An account with its live version, or with the given one; None when there is none."""
        key = (account_id, version_id)
        found = self._ready.get(key)
        if found is not None:
            return found
        epoch = self._epoch
        found = await self._load(account_id, version_id)
        if found is not None and epoch == self._epoch:
            self._ready[key] = found
        return found

    async def version(self, version_id: int) -> Version | None:
        """One version; None for a number that is none."""
        found = self._versions.get(version_id)
        if found is None:
            async with self._database.read() as connection:
                statement = (
                    sa.select(module_version, module.c.name)
                    .join(module, module.c.id == module_version.c.module_id)
                    .where(module_version.c.id == version_id)
                )
                row = (await connection.execute(statement)).one_or_none()
            if row is None:
                return None
            found = self._versions[version_id] = Version(
                id=row.id,
                module_id=row.module_id,
                number=row.number,
                manifest=parse_manifest(row.manifest),
                functions=frozenset(row.functions),
                program=self.program(f"{row.name}@{row.id}", row.source),
            )
        return found

    def program(self, key: str, source: str) -> Program:
        """A text ready for the sandbox, with the contract's names."""
        return Program(key=key, source=source, facade=self.facade)

    # -- changes

    def changed(self, connection: sa.Connection) -> None:
        """Says that the unit of work of `connection` changes what is remembered here."""
        statement = insert(connection, change).values(id=1, generation=1)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["id"], set_={"generation": change.c.generation + 1}
            )
        )
        after_commit(connection, self._forget)

    def list_mapped(
        self, connection: sa.Connection, account_id: int, external_id: str, category_id: int | None
    ) -> None:
        """Says that the unit of work of `connection` gives a list its category."""
        if category_id is not None:
            after_commit(connection, lambda: self._keep_list(account_id, external_id, category_id))
        self.changed(connection)  # forgets what was loaded with the lists as they were

    async def refresh(self) -> None:
        """Read the index of tokens and lists anew, and forget what was loaded before."""
        async with self._refreshing:
            async with self._database.read() as connection:
                generation = await connection.scalar(sa.select(change.c.generation)) or 0
                tokens = await connection.execute(
                    sa.select(account.c.token_hash, module.c.name, account.c.id)
                    .join(module, module.c.id == account.c.module_id)
                    .where(account.c.archived_at.is_(None))
                )
                by_token = {row.token_hash: (row.name, row.id) for row in tokens}
                mapped = await connection.execute(
                    sa.select(account_list).where(account_list.c.category_id.is_not(None))
                )
                lists: dict[int, dict[str, int]] = {}
                for row in mapped:
                    lists.setdefault(row.account_id, {})[row.external_id] = row.category_id
            self._by_token, self._lists = by_token, lists
            self._forget()
            self._generation = generation

    def _forget(self) -> None:
        self._ready.clear()
        self._epoch += 1

    def _keep_list(self, account_id: int, external_id: str, category_id: int) -> None:
        self._lists[account_id] = {**self._lists.get(account_id, {}), external_id: category_id}

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                async with self._database.read() as connection:
                    generation = await connection.scalar(sa.select(change.c.generation)) or 0
                if generation != self._generation:
                    await self.refresh()
            except sa.exc.SQLAlchemyError:
                log.exception("module.registry_not_refreshed")

    # -- loading

    async def _load(self, account_id: int, version_id: int | None) -> Ready | None:
        async with self._database.read() as connection:
            statement = (
                sa.select(
                    account.c.id,
                    account.c.title,
                    account.c.settings,
                    account.c.state,
                    account.c.module_id,
                    module.c.name,
                    module.c.title.label("module_title"),
                    module.c.enabled,
                    module.c.recording,
                    module.c.live_version_id,
                )
                .join(module, module.c.id == account.c.module_id)
                .where(account.c.id == account_id, account.c.archived_at.is_(None))
            )
            row = (await connection.execute(statement)).one_or_none()
            if row is None:
                return None
            sealed = await connection.execute(
                sa.select(account_secret).where(account_secret.c.account_id == account_id)
            )
            secrets = {each.name: each for each in sealed}
            approvals = (
                await connection.execute(
                    sa.select(host_approval).where(host_approval.c.account_id == account_id)
                )
            ).all()
        version = await self.version(version_id or row.live_version_id)
        if version is None or version.module_id != row.module_id:
            return None
        opened = self._opened(account_id, secrets, approvals, version.manifest)
        return Ready(
            module_id=row.module_id,
            module_name=row.name,
            module_title=row.module_title,
            enabled=row.enabled,
            recording=row.recording,
            version=version,
            account_id=row.id,
            account_title=row.title,
            state=row.state,
            settings=settings_for_module(version.manifest, row.settings, opened),
            secrets=opened,
            unreadable=frozenset(secrets) & set(version.manifest.secrets) - set(opened),
            policy=HostPolicy([_approval(each) for each in approvals], self.own_listeners),
            budgets=budgets_of(version.manifest, f"account:{account_id}"),
            lists={str(category): external for external, category in self._lists.get(account_id, {}).items()},
        )

    def _opened(
        self,
        account_id: int,
        sealed: Mapping[str, sa.Row[Any]],
        approvals: Sequence[sa.Row[Any]],
        manifest: Manifest,
    ) -> dict[str, SealedSecret]:
        """The secrets that the version's manifest knows and our key opens, each with where it may be sent."""
        opened: dict[str, SealedSecret] = {}
        for setting in manifest.settings:
            if not setting.secret or setting.name not in sealed:
                continue
            try:
                row = sealed[setting.name]
                value = self._vault.decrypt(row.sealed, secret_context(account_id, setting.name))
            except VaultError:
                log.error("module.secret_unreadable", account_id=account_id, name=setting.name)
                continue
            approved = [_approval(each) for each in approvals if setting.name in each.secrets]
            public = setting.public_part if setting.public_part == row.public_pattern else None
            opened[setting.name] = SealedSecret(value.decode(), approved, public)
        return opened


def settings_for_module(
    manifest: Manifest, settings: Mapping[str, Any], secrets: Mapping[str, SealedSecret]
) -> dict[str, Any]:
    """The settings that a module sees: with defaults, and with the public parts of secrets."""
    known = {setting.name for setting in manifest.settings if not setting.secret}
    values = {name: value for name, value in manifest.with_defaults(settings).items() if name in known}
    for name, secret in secrets.items():
        part = public_part(secret)
        if part is not None:
            values[name + PART_SUFFIX] = part
    return values


def budgets_of(manifest: Manifest, owner: str) -> list[PathBudget]:
    """The budgets of an owner by the manifest's rate limits; the first one bounds what is in flight."""
    budgets = [PathBudget(None, Budget(owner, concurrency=manifest.concurrency))]
    for number, limit in enumerate(manifest.rate_limits):
        budget = Budget(
            f"{owner}:{number}",
            calls_per_minute=limit.requests * 60 / limit.seconds,
            burst=max(1, int(limit.requests * BURST_SHARE)),
        )
        budgets.append(PathBudget(limit.path, budget))
    return budgets


def _approval(row: sa.Row[Any]) -> Approval:
    return Approval(row.scheme, row.pattern, row.port, row.private)
