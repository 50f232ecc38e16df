"""Modules as other rooms use them: the library, the accounts, and calls of their functions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.egress import Broker, HostPolicy
from vestnik.modules.accounts.lists import Lists, map_list
from vestnik.modules.accounts.service import CHECK, Accounts
from vestnik.modules.accounts.storage import AccountStorage
from vestnik.modules.accounts.usage import GET_ACCOUNT, Usage
from vestnik.modules.calls import failures
from vestnik.modules.calls.caller import Caller
from vestnik.modules.calls.failures import FunctionMissing, KeyRefused, ModuleCallFailed
from vestnik.modules.editor.formatting import Formatter
from vestnik.modules.editor.language import LanguageServers
from vestnik.modules.metrics import CallMetrics
from vestnik.modules.ports import AccountFacts, BaseUrl, CallReport, CategoryNames, ContactSource, NoContacts
from vestnik.modules.recordings.recorded import Recordings
from vestnik.modules.recordings.recorder import Recorder
from vestnik.modules.rehearsals.service import Rehearsals
from vestnik.modules.sources.catalogue import Catalogue
from vestnik.modules.sources.checks import Both
from vestnik.modules.sources.registry import Ready, Registry
from vestnik.modules.studio.installing import Installer
from vestnik.modules.studio.library import Library
from vestnik.modules.studio.workbench import Workbench
from vestnik.people.access import Actor
from vestnik.sandbox import Lane, Sandbox
from vestnik.vault import Vault

ENSURE_WEBHOOK = "CRM_Marketing_EnsureWebhook"
_UNNAMED = {"ru": "—", "en": "—"}


async def _no_names(ids: Sequence[int]) -> Mapping[int, str]:
    return {}


@dataclass(frozen=True, slots=True)
class ModulesOptions:
    """What the application plugs in: contacts, names of categories, our own listeners, the catalogue …"""

    contacts: ContactSource = field(default_factory=NoContacts)
    category_names: CategoryNames = _no_names
    own_listeners: Sequence[tuple[str, int]] = ()
    catalogue: Catalogue | None = None
    metrics: CallMetrics = field(default_factory=CallMetrics)
    #: The folder of recordings on SQLite; without one it is beside the database.
    recordings: Path | None = None


@dataclass(frozen=True, slots=True)
class AccountChecked:
    """What a check of an account said."""

    ok: bool
    message: Both
    #: The setting that the service did not accept, where its module says so.
    setting: str | None = None


class Modules:
    """The room's service. `library` and `accounts` take an actor; calls are made by features."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        sandbox: Sandbox,
        broker: Broker,
        base_url: BaseUrl,
        options: ModulesOptions | None = None,
    ) -> None:
        options = options or ModulesOptions()
        self._database = database
        self.registry = Registry(database, vault, options.own_listeners)
        catalogue = options.catalogue or Catalogue.bundled()
        self.library = Library(database, self.registry, sandbox)
        self.accounts = Accounts(database, vault, self.registry, base_url)
        self.category_names = options.category_names
        self.lists = Lists(
            database,
            self.registry,
            self._interactive,
            options.category_names,
            self.accounts.require_manages,
        )
        self.language, self.formatter = LanguageServers(), Formatter()
        self.recorder = Recorder(database, options.recordings)
        self.recordings = Recordings(self.recorder.store)
        self._caller = Caller(
            sandbox, broker, self.recorder, options.contacts, options.metrics, self.library.suspend
        )
        self.rehearsals = Rehearsals(database, self.library, self.registry, sandbox, self.recordings)
        self.workbench = Workbench(
            database, self.registry, self.library, sandbox, self._caller, self.recordings, self._ready
        )
        self.installer = Installer(database, self.library, catalogue, self.workbench.kept_tests)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read the index of accounts and write recordings while the context lasts.

        The sandbox and the broker are the application's; without walls calls fail as `unavailable`.
        """
        await self.registry.start()
        await self.recorder.start()
        await self.rehearsals.start()
        try:
            yield
        finally:
            await self.rehearsals.stop()
            await self.recorder.stop()
            await self.registry.stop()

    # -- calls

    async def call(
        self,
        account_id: int,
        function: str,
        arguments: Mapping[str, Any],
        *,
        lane: Lane,
        version_id: int | None = None,
    ) -> Any:
        """The validated result of a function for an account; raises ModuleCallFailed.

        `version_id` None is the live version; a campaign pins the one that it began with.
        """
        report = await self.report(account_id, function, arguments, lane=lane, version_id=version_id)
        return report.value

    async def _interactive(self, account_id: int, function: str, arguments: Mapping[str, Any]) -> Any:
        return await self.call(account_id, function, arguments, lane="interactive")

    async def report(
        self,
        account_id: int,
        function: str,
        arguments: Mapping[str, Any],
        *,
        lane: Lane,
        version_id: int | None = None,
        webhook_id: int | None = None,
    ) -> CallReport:
        """The same with version, log, exchanges and cost.

        `webhook_id` says which stored request the arguments are: its recording needs no copy then.
        """
        ready = await self._ready(account_id, function, version_id)
        if not ready.enabled:
            raise failures.switched_off(ready.module_title, function)
        storage = AccountStorage(self._database, account_id)
        try:
            return await self._caller.call(
                ready, function, arguments, lane=lane, storage=storage, webhook_id=webhook_id
            )
        except KeyRefused as refused:
            if ready.state != "failing":
                await self.accounts.checked(account_id, "failing", _both(refused))
            raise

    async def _ready(self, account_id: int, function: str, version_id: int | None = None) -> Ready:
        ready = await self.registry.ready(account_id, version_id)
        if ready is None:
            raise failures.switched_off(_UNNAMED, function)
        if ready.unreadable:
            names = ", ".join(sorted(ready.unreadable))
            reason = f"the installation's key does not open the stored {names}; enter it again"
            raise failures.unavailable(ready.module_title, function, reason)
        return ready

    async def check_account(self, actor: Actor, account_id: int) -> AccountChecked:
        """Ask the service whether it accepts the account, point its webhook here, keep what it said."""
        await self.accounts.require_manages(actor, account_id)
        try:
            value = await self.call(account_id, CHECK, {}, lane="interactive")
            outcome = AccountChecked(value["ok"], _message(value), value.get("setting"))
            if "account" in value:
                await self.accounts.told(account_id, value["account"])
            elif outcome.ok:
                await self.ask_usage(account_id)
            if outcome.ok:
                await self.ensure_webhook(account_id)
        except FunctionMissing:
            await self.accounts.connected(account_id)
            return AccountChecked(True, _NO_CHECK)
        except ModuleCallFailed as failure:
            outcome = AccountChecked(False, _both(failure))
        await self.accounts.checked(account_id, "ready" if outcome.ok else "failing", outcome.message)
        return outcome

    async def ask_usage(self, account_id: int) -> Usage:
        """Ask the service for plan and usage and keep them; a module that can't tell leaves them as known.

        Raises ModuleCallFailed.
        """
        if GET_ACCOUNT in await self.functions(account_id):
            try:
                told = await self.call(account_id, GET_ACCOUNT, {}, lane="interactive")
            except FunctionMissing:
                return await self.accounts.usage(account_id)
            await self.accounts.told(account_id, told)
        return await self.accounts.usage(account_id)

    async def ensure_webhook(self, account_id: int) -> bool:
        """Have the service report to the account's webhook address; False when its module can't do that."""
        facts = await self.account(account_id)
        if facts is None or ENSURE_WEBHOOK not in facts.functions:
            return False
        url = await self.accounts.webhook_url(account_id)
        try:
            said = await self.call(account_id, ENSURE_WEBHOOK, {"url": url}, lane="interactive")
        except FunctionMissing:
            return False
        if said["active"]:
            await self.accounts.hooked(account_id)
        return True

    # -- what features ask

    async def account(self, account_id: int, version_id: int | None = None) -> AccountFacts | None:
        """An account with its live version, or with the given one; None when there is none."""
        ready = await self.registry.ready(account_id, version_id)
        return None if ready is None else ready.facts

    async def require_use(self, actor: Actor, account_id: int) -> None:
        """Raise NotFound for an account that is not there, or that the actor may not choose."""
        await self.accounts.require_use(actor, account_id)

    async def sending_accounts(self, campaign_type: str) -> list[AccountFacts]:
        """The accounts of enabled modules that send campaigns of a type, by title."""
        connected = [row for row in await self.accounts.rows() if row.connected_at is not None]
        found = [await self.account(row.id) for row in connected]
        return [facts for facts in found if facts and facts.enabled and campaign_type in facts.campaign_types]

    async def functions(self, account_id: int) -> frozenset[str]:
        """The functions that the account's live version defines; none for no account."""
        facts = await self.account(account_id)
        return frozenset() if facts is None else facts.functions

    async def host_policy(self, account_id: int) -> HostPolicy:
        """The approved addresses of an account; none for no account."""
        ready = await self.registry.ready(account_id)
        return HostPolicy() if ready is None else ready.policy

    def account_id_by_token(self, module: str, token: str) -> int | None:
        """The account with this webhook address; None for any other."""
        return self.registry.account_id_by_token(module, token)

    # -- lists

    def categories_of_lists(self, account_id: int) -> Mapping[str, int]:
        """The category of each mapped list at the account's service; may be asked from any thread."""
        return self.registry.categories_of_lists(account_id)

    async def list_of_category(self, account_id: int, category_id: int) -> str | None:
        """The service's list that stands for the category at the account, if one does."""
        lists = self.registry.categories_of_lists(account_id)
        return next((external for external, category in lists.items() if category == category_id), None)

    def map_list(
        self,
        connection: sa.Connection,
        account_id: int,
        external_id: str,
        title: str,
        category_id: int | None,
    ) -> None:
        """Remember a list that was created or imported, in the unit of work that did it."""
        map_list(connection, account_id, external_id, title, category_id)
        self.registry.list_mapped(connection, account_id, external_id, category_id)


_NO_CHECK = {
    "ru": "Модуль не умеет проверять подключение.",
    "en": "The module has no check of the connection.",
}


def _both(failure: ModuleCallFailed) -> Both:
    return {"ru": failure.detail("ru"), "en": failure.detail("en")}


def _message(value: Mapping[str, Any]) -> Both:
    message = value.get("message")
    if isinstance(message, Mapping):
        return {"ru": str(message["ru"]), "en": str(message["en"])}
    return {"ru": message or "", "en": message or ""}
