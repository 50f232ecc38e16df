"""Accounts at services: settings, secrets, approved addresses, the webhook's token, lists."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vestnik import audit
from vestnik.contract.manifest import Manifest
from vestnik.contract.manifest import parse as parse_manifest
from vestnik.db import Database, new_key, now, upsert
from vestnik.http.errors import NotFound
from vestnik.http.hosts import is_public
from vestnik.modules.accounts.approvals import (
    approval_of,
    approve_for_account,
    line_of,
    replace_approvals,
    requested,
)
from vestnik.modules.accounts.entering import Entered, check, entered_of, split
from vestnik.modules.accounts.lists import ListAtService, as_lists, lists_of
from vestnik.modules.accounts.sharing import (
    manages,
    may_use,
    require_manages,
    require_sight,
    require_use,
)
from vestnik.modules.accounts.twins import is_same_login
from vestnik.modules.accounts.usage import Usage, keep_usage, usage_of
from vestnik.modules.accounts.values import (
    AccountCard,
    AccountChanges,
    AccountRow,
    Both,
    HostChoice,
    HostLine,
    ServiceOffer,
    Unchanged,
)
from vestnik.modules.errors import AccountConnectedAlready, AccountInUse
from vestnik.modules.ports import BaseUrl
from vestnik.modules.sources.registry import TOKEN_PURPOSE, Registry, secret_context, token_context
from vestnik.modules.tables import account, account_secret, host_approval, module, module_version
from vestnik.people.access import Actor
from vestnik.people.keys import maker_of
from vestnik.vault import Vault

TOKEN_BYTES = 24
CHECK = "CRM_Marketing_CheckAccount"

#: Names of what needs an account and goes on.
Uses = Callable[[sa.Connection, int], Sequence[str]]


class Accounts:
    """What can be done with accounts."""

    def __init__(self, database: Database, vault: Vault, registry: Registry, base_url: BaseUrl) -> None:
        self._database, self._vault = database, vault
        self._registry, self._base_url = registry, base_url
        self._uses: list[Uses] = []

    # -- reading

    async def page(
        self, actor: Actor, *, search: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[list[AccountRow], int]:
        """Accounts by title that have `search` in theirs, and how many there are, of those one may use.

        Those that are not connected yet are there for whoever may go on with them.
        """
        actor.require("accounts.read")
        found = [
            row
            for row in await self.rows()
            if (may_use(actor, row) if row.connected_at is not None else manages(actor, row))
            and search.casefold() in row.title.casefold()
        ]
        return found[offset : offset + limit], len(found)

    async def usable(self, actor: Actor) -> list[AccountRow]:
        """The accounts that the actor may choose, by title: none before its first check succeeded."""
        return [row for row in await self.rows() if row.connected_at is not None and may_use(actor, row)]

    async def require_use(self, actor: Actor, account_id: int) -> None:
        """Raise NotFound for an account that is not there or not connected, or that they may not choose."""
        await require_use(self._database, actor, account_id)

    async def require_sight(self, actor: Actor, account_id: int) -> None:
        """The same, also for accounts that are not connected yet."""
        await require_sight(self._database, actor, account_id)

    async def require_manages(self, actor: Actor, account_id: int) -> None:
        """Raise Forbidden for an account that the actor may not change, NotFound for one out of sight."""
        await require_manages(self._database, actor, account_id)

    async def usage(self, account_id: int) -> Usage:
        """Plan and usage as the service told them last, with the limit entered by hand."""
        async with self._database.read() as connection:
            row = (await connection.execute(_rows().where(account.c.id == account_id))).one_or_none()
        if row is None:
            raise NotFound()
        return usage_of(row)

    async def told(self, account_id: int, what: Mapping[str, Any]) -> None:
        """Keep what the service told of the account, a CRM_Marketing_Account."""
        await self._database.write(keep_usage, account_id, what)

    async def services(self, actor: Actor) -> list[ServiceOffer]:
        """The modules that are switched on, with how many accounts each has."""
        actor.require("accounts.connect")
        of_module = sa.select(sa.func.count()).where(
            account.c.module_id == module.c.id, account.c.archived_at.is_(None)
        )
        statement = (
            sa.select(
                module.c.id,
                module.c.name,
                module.c.title,
                module.c.description,
                module_version.c.manifest,
                module_version.c.functions,
                of_module.scalar_subquery().label("accounts"),
            )
            .join(module_version, module_version.c.id == module.c.live_version_id)
            .where(module.c.enabled, module.c.archived_at.is_(None))
            .order_by(module.c.name)
        )
        async with self._database.read() as connection:
            return [
                ServiceOffer(
                    module_id=row.id,
                    name=row.name,
                    title=row.title,
                    description=row.description,
                    settings_schema=_schema(parse_manifest(row.manifest)),
                    functions=row.functions,
                    accounts=row.accounts,
                )
                for row in await connection.execute(statement)
            ]

    async def rows(self) -> list[AccountRow]:
        """Every account by title."""
        async with self._database.read() as connection:
            rows = [_row(row) for row in await connection.execute(_rows())]
        return sorted(rows, key=lambda row: (row.title.casefold(), row.id))

    async def card(self, actor: Actor, account_id: int) -> AccountCard:
        """One account; its webhook address is for those who may change it."""
        actor.require("accounts.read")
        await self.require_sight(actor, account_id)
        async with self._database.read() as connection:
            row = (await connection.execute(_rows().where(account.c.id == account_id))).one_or_none()
            if row is None:
                raise NotFound()
            of_account = account_secret.c.account_id == account_id
            names = await connection.scalars(sa.select(account_secret.c.name).where(of_account))
            secrets_set = sorted(names)
        manifest = parse_manifest(row.manifest)
        known = {setting.name for setting in manifest.settings if not setting.secret}
        return AccountCard(
            row=_row(row),
            settings={name: value for name, value in row.settings.items() if name in known},
            settings_schema=_schema(manifest),
            secrets_set=[name for name in secrets_set if name in manifest.secrets],
            webhook_url=await self._webhook_url(row) if manages(actor, row) else "",
            webhooks_arrive=is_public(await self._base_url()),
            webhook_set=row.hooked_at is not None,
            check_message=row.check_message,
        )

    async def webhook_url(self, account_id: int) -> str:
        """The address that the account's service reports to."""
        async with self._database.read() as connection:
            row = (await connection.execute(_rows().where(account.c.id == account_id))).one_or_none()
        if row is None:
            raise NotFound()
        return await self._webhook_url(row)

    async def _webhook_url(self, row: sa.Row[Any]) -> str:
        token = self._vault.decrypt(row.token_sealed, token_context(row.id)).decode()
        return f"{await self._base_url()}/hooks/{row.name}/{token}"

    async def lists(self, actor: Actor, account_id: int) -> list[ListAtService]:
        """The lists of an account at its service."""
        actor.require("accounts.read")
        await self.require_sight(actor, account_id)
        async with self._database.read() as connection:
            return as_lists((await connection.execute(lists_of(account_id))).all())

    async def hosts(self, actor: Actor, account_id: int) -> list[HostLine]:
        """The addresses that the account's module asks for, then those approved beside them."""
        actor.require("accounts.read")
        await self.require_sight(actor, account_id)
        ready = await self._registry.ready(account_id)
        if ready is None:
            raise NotFound()
        async with self._database.read() as connection:
            rows = (
                await connection.execute(
                    sa.select(host_approval).where(host_approval.c.account_id == account_id)
                )
            ).all()
        approved = {(row.scheme, row.pattern, row.port): row for row in rows}
        asked_for = requested(ready.version.manifest, ready.settings)
        lines = [line_of(origin, asked, approved.get(origin)) for origin, asked in asked_for.items()]
        return lines + [
            line_of(origin, None, row) for origin, row in approved.items() if origin not in asked_for
        ]

    # -- changing

    async def create(
        self,
        actor: Actor,
        module_id: int,
        title: str,
        settings: Mapping[str, Any],
        *,
        once: bool = False,
    ) -> int:
        """A new account, not checked yet, with what was approved for its module; return its id.

        With `once` it raises AccountConnectedAlready where another has the same login.
        """
        actor.require("accounts.connect")
        manifest, functions = await self._live(module_id)
        plain, sealed = split(manifest, settings)
        check(manifest, {**plain, **sealed})
        if once:
            await self._refuse_twice(actor, module_id, manifest, {**plain, **sealed})
        account_id = new_key()
        entered = entered_of(manifest, sealed)
        title = title.strip()

        def unit(connection: sa.Connection) -> None:
            self._create(connection, actor, account_id, module_id, title, plain, entered)
            if CHECK not in functions:
                self._connect(connection, account_id)
            approve_for_account(connection, module_id, account_id, manifest, plain)

        await self._database.write(unit)
        await self._registry.refresh()
        return account_id

    async def change(self, actor: Actor, account_id: int, changes: AccountChanges) -> None:
        """Set what `changes` names; a secret that is left out or empty stays as it is."""
        await self.require_manages(actor, account_id)
        ready = await self._registry.ready(account_id)
        if ready is None:
            raise NotFound()
        columns: dict[str, Any] = {}
        entered = dict[str, Entered]()
        fields: list[str] = []
        if changes.title is not None:
            columns["title"] = changes.title.strip()
        if not isinstance(changes.contact_limit, Unchanged):
            columns["contact_limit"] = changes.contact_limit
        if not isinstance(changes.open_to, Unchanged):
            columns["open_to"] = None if changes.open_to is None else sorted(set(changes.open_to))
        fields = list(columns)
        if changes.settings is not None:
            manifest = ready.version.manifest
            plain, sealed = split(manifest, changes.settings)
            kept = {name: secret.value for name, secret in ready.secrets.items()}
            check(manifest, {**plain, **kept, **sealed})
            values = {**plain, **kept, **sealed}
            if changes.once and not is_same_login(manifest, values, ready):
                await self._refuse_twice(actor, ready.module_id, manifest, values, account_id)
            entered = entered_of(manifest, sealed)
            columns |= {"settings": plain, "state": "unchecked", "check_message": None}
            fields += [*plain, *sealed]

        def unit(connection: sa.Connection) -> None:
            self._change(connection, actor, account_id, columns, entered, fields)
            if "settings" in columns and self._is_new(connection, account_id):
                manifest, given = ready.version.manifest, columns["settings"]
                approve_for_account(connection, ready.module_id, account_id, manifest, given)

        await self._database.write(unit)
        await self._registry.refresh()

    def keep_while(self, uses_of: Uses) -> None:
        """Delete no account for which `uses_of` names something that needs it still."""
        self._uses.append(uses_of)

    async def archive(self, actor: Actor, account_id: int) -> None:
        """Delete an account for people: its secrets are erased, what refers to it stays.

        Raises AccountInUse while something goes on that needs it.
        """
        await self.require_manages(actor, account_id)
        await self._database.write(self._archive, actor, account_id)
        await self._registry.refresh()

    async def rotate_token(self, actor: Actor, account_id: int) -> None:
        """Give the account a new webhook address; the old one leads nowhere from now on."""
        await self.require_manages(actor, account_id)
        await self._database.write(self._rotate, actor, account_id)
        await self._registry.refresh()

    async def approve(self, actor: Actor, account_id: int, choices: Sequence[HostChoice]) -> None:
        """Replace the approvals of an account; raises AddressInvalid."""
        actor.require("hosts.approve")
        ready = await self._registry.ready(account_id)
        if ready is None:
            raise NotFound()
        asked = requested(ready.version.manifest, ready.settings)
        approvals = [(approval_of(choice), choice.secrets) for choice in choices if choice.approved]
        rows = []
        for approval, wanted in approvals:
            origin = (approval.scheme, approval.host_pattern, approval.port)
            if wanted is None:
                wanted = asked[origin].secrets if origin in asked else ()
            known = sorted(set(wanted) & set(ready.version.manifest.secrets))
            rows.append((approval, known))

        def unit(connection: sa.Connection) -> None:
            replace_approvals(connection, actor, account_id, rows, asked)
            self._registry.changed(connection)

        await self._database.write(unit)
        await self._registry.refresh()

    async def checked(self, account_id: int, state: str, message: Both | None) -> None:
        """Keep the outcome of a check."""
        statement = account.update().where(account.c.id == account_id)
        values = {"state": state, "check_message": message, "checked_at": now()}

        def unit(connection: sa.Connection) -> None:
            connection.execute(statement.values(**values))
            if state == "ready":
                self._connect(connection, account_id)
            self._registry.changed(connection)

        await self._database.write(unit)

    async def connected(self, account_id: int) -> None:
        """Keep that the account works as far as its module can tell."""
        await self._database.write(self._connect, account_id)

    async def hooked(self, account_id: int) -> None:
        """Keep that the account's service was told the webhook's address."""
        statement = account.update().where(account.c.id == account_id)
        await self._database.write(lambda connection: connection.execute(statement.values(hooked_at=now())))

    async def _refuse_twice(
        self,
        actor: Actor,
        module_id: int,
        manifest: Manifest,
        values: Mapping[str, Any],
        own_id: int | None = None,
    ) -> None:
        for row in await self.rows():
            if row.module_id != module_id or row.id == own_id:
                continue
            ready = await self._registry.ready(row.id)
            if ready is not None and is_same_login(manifest, values, ready):
                raise AccountConnectedAlready.of(row.title if may_use(actor, row) else None)

    async def _live(self, module_id: int) -> tuple[Manifest, Sequence[str]]:
        async with self._database.read() as connection:
            statement = (
                sa.select(module_version.c.manifest, module_version.c.functions)
                .join(module, module.c.live_version_id == module_version.c.id)
                .where(module.c.id == module_id, module.c.archived_at.is_(None))
            )
            row = (await connection.execute(statement)).one_or_none()
        if row is None:
            raise NotFound()
        return parse_manifest(row.manifest), row.functions

    # -- units of work

    def _connect(self, connection: sa.Connection, account_id: int) -> None:
        this = account.update().where(account.c.id == account_id, account.c.connected_at.is_(None))
        connection.execute(this.values(connected_at=now()))

    def _is_new(self, connection: sa.Connection, account_id: int) -> bool:
        statement = sa.select(account.c.connected_at).where(account.c.id == account_id)
        return connection.scalar(statement) is None

    def _create(
        self,
        connection: sa.Connection,
        actor: Actor,
        account_id: int,
        module_id: int,
        title: str,
        settings: Mapping[str, Any],
        sealed: Mapping[str, Entered],
    ) -> None:
        at = now()
        values = {"id": account_id, "module_id": module_id, "title": title, "settings": dict(settings)}
        statement = account.insert().values(**values, **self._token(account_id), state="unchecked")
        by = maker_of(connection, actor)
        connection.execute(statement.values(created_by=by, created_at=at, updated_at=at))
        self._seal(connection, account_id, sealed)
        self._registry.changed(connection)
        audit.record(connection, actor, "account.added", "account", account_id, [*settings, *sealed])

    def _change(
        self,
        connection: sa.Connection,
        actor: Actor,
        account_id: int,
        columns: Mapping[str, Any],
        sealed: Mapping[str, Entered],
        fields: Sequence[str],
    ) -> None:
        statement = account.update().where(account.c.id == account_id, account.c.archived_at.is_(None))
        if connection.execute(statement.values(**columns, updated_at=now())).rowcount == 0:
            raise NotFound()
        self._seal(connection, account_id, sealed)
        self._registry.changed(connection)
        audit.record(connection, actor, "account.changed", "account", account_id, fields)

    def _archive(self, connection: sa.Connection, actor: Actor, account_id: int) -> None:
        statement = account.update().where(account.c.id == account_id, account.c.archived_at.is_(None))
        if connection.execute(statement.values(archived_at=now())).rowcount == 0:
            raise NotFound()
        uses = [use for uses_of in self._uses for use in uses_of(connection, account_id)]
        if uses:
            raise AccountInUse(uses=", ".join(uses[:5]))
        connection.execute(account_secret.delete().where(account_secret.c.account_id == account_id))
        connection.execute(host_approval.delete().where(host_approval.c.account_id == account_id))
        self._registry.changed(connection)
        audit.record(connection, actor, "account.archived", "account", account_id)

    def _rotate(self, connection: sa.Connection, actor: Actor, account_id: int) -> None:
        statement = account.update().where(account.c.id == account_id, account.c.archived_at.is_(None))
        changed = {**self._token(account_id), "hooked_at": None, "updated_at": now()}
        if connection.execute(statement.values(**changed)).rowcount == 0:
            raise NotFound()
        self._registry.changed(connection)
        audit.record(connection, actor, "account.token_rotated", "account", account_id)

    def _token(self, account_id: int) -> dict[str, Any]:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        return {
            "token_sealed": self._vault.encrypt(token.encode(), token_context(account_id)),
            "token_hash": self._vault.keyed_hash(TOKEN_PURPOSE, token),
        }

    def _seal(self, connection: sa.Connection, account_id: int, values: Mapping[str, Entered]) -> None:
        changed = ["sealed", "public_pattern", "updated_at"]
        for name, entered in values.items():
            sealed = self._vault.encrypt(entered.value.encode(), secret_context(account_id, name))
            statement = upsert(connection, account_secret, ["account_id", "name"], changed)
            values_of_row = {"sealed": sealed, "public_pattern": entered.public_pattern, "updated_at": now()}
            connection.execute(statement.values(account_id=account_id, name=name, **values_of_row))


def _rows() -> sa.Select[Any]:
    return (
        sa.select(
            account,
            module.c.name,
            module.c.title.label("module_title"),
            module.c.enabled,
            module_version.c.manifest,
        )
        .join(module, module.c.id == account.c.module_id)
        .join(module_version, module_version.c.id == module.c.live_version_id)
        .where(account.c.archived_at.is_(None))
    )


def _row(row: sa.Row[Any]) -> AccountRow:
    return AccountRow(
        id=row.id,
        title=row.title,
        module_id=row.module_id,
        module_name=row.name,
        module_title=row.module_title,
        state=row.state if row.enabled else "disabled",
        campaign_types=row.manifest.get("campaignTypes", ["email"]),
        checked_at=row.checked_at,
        created_at=row.created_at,
        usage=usage_of(row),
        open_to=row.open_to,
        created_by=row.created_by,
        connected_at=row.connected_at,
    )


def _schema(manifest: Manifest) -> Mapping[str, Any]:
    found: Mapping[str, Any] = manifest.source.get("settings", {"type": "object", "properties": {}})
    return found
