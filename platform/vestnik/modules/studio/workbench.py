"""What an integrator does with calls: try a function, look at recorded ones, replay and keep them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from vestnik import audit, contract
from vestnik.contract.manifest import Manifest
from vestnik.db import Database
from vestnik.http.errors import NotFound
from vestnik.modules.accounts.storage import AccountStorage, ScratchStorage, Storage
from vestnik.modules.calls import failures
from vestnik.modules.calls.caller import Caller
from vestnik.modules.calls.failures import Escaped
from vestnik.modules.errors import CallNotReplayable
from vestnik.modules.ports import CallReport
from vestnik.modules.recordings.personal_data import Replacement
from vestnik.modules.recordings.recorded import Recorded, RecordedRow, Recordings
from vestnik.modules.replays import tests
from vestnik.modules.replays.differences import Difference
from vestnik.modules.replays.kept_tests import KeptTests, TestRow, TestRun
from vestnik.modules.replays.replay import ReplayOutcome, replay, verdict
from vestnik.modules.sources.checks import Both
from vestnik.modules.sources.registry import Ready, Registry, Version, budgets_of, settings_for_module
from vestnik.modules.studio.library import Library
from vestnik.modules.tables import module
from vestnik.people.access import Actor
from vestnik.sandbox import Program, Sandbox

#: An account ready for a function; raises ModuleCallFailed where it can't be called.
ReadyFor = Callable[[int, str], Awaitable[Ready]]

PARSE = "CRM_Marketing_ParseWebhookRequest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is to be tried: a function with arguments, or what came as a webhook, or what a call was given."""

    function: str
    arguments: Mapping[str, Any] | None = None
    webhook_id: int | None = None
    call_id: int | None = None
    account_id: int | None = None
    source: str | None = None
    allow_writes: bool = False


@dataclass(frozen=True, slots=True)
class _Text:
    """What replays and tests run; `live`: it is the text that calls take."""

    program: Program
    manifest: Manifest
    title: Both
    live: bool


@dataclass(frozen=True, slots=True)
class Replayed:
    """A replay beside the call that it repeats."""

    recorded: Recorded
    outcome: ReplayOutcome
    differences: Sequence[Difference]

    @property
    def same(self) -> bool:
        """Whether it ended as it had, and asked for nothing that was not recorded."""
        return not self.differences and not self.outcome.unrecorded


class Workbench:
    """Every method takes an actor and asks for a right of theirs."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        library: Library,
        sandbox: Sandbox,
        caller: Caller,
        recordings: Recordings,
        ready: ReadyFor,
    ) -> None:
        self._database, self._registry, self._library = database, registry, library
        self._sandbox, self._caller, self._ready = sandbox, caller, ready
        self.recordings = recordings
        self.kept_tests = KeptTests(database, sandbox)

    # -- trying

    async def run(self, actor: Actor, module_id: int, trial: Trial) -> CallReport:
        """A try of one function: of the live version, or of the text in the editor.

        With an account, requests other than GET and HEAD end the call as NeedsConsent unless they are
        allowed. A draft's storage is a copy that is thrown away. Raises ModuleCallFailed.
        """
        actor.require("modules.write")
        row, live = await self._library.card(actor, module_id)
        version = await self._registry.version(live.row.id)
        if version is None:
            raise NotFound()
        ready = _bare(row.id, row.name, row.title, version)
        kept: AccountStorage | None = None
        if trial.account_id is not None:
            actor.require("accounts.read")
            ready = await self._ready(trial.account_id, trial.function)
            if ready.module_id != module_id:
                raise NotFound()
            kept = AccountStorage(self._database, trial.account_id)
        storage: Storage = kept or ScratchStorage(None)
        if trial.source is not None and trial.source != live.source:
            ready = await self._draft(ready, trial.function, trial.source)
            storage = ScratchStorage(kept)
        if trial.function not in contract.functions():
            raise failures.not_implemented(ready.module_title, trial.function)
        if trial.webhook_id is not None:
            actor.require("webhooks.read")
        if trial.allow_writes and trial.account_id is not None:
            actor.require("modules.publish")
            noted = "account.tried_with_writes", "account", trial.account_id
            await self._database.write(audit.record, actor, *noted)
        arguments = await self._arguments(actor, module_id, trial)
        try:
            return await self._caller.call(
                ready,
                trial.function,
                arguments,
                lane="interactive",
                storage=storage,
                asks_before_writing=trial.account_id is not None and not trial.allow_writes,
                knows_contacts=actor.may("contacts.read"),
            )
        except Escaped:
            if ready.version.id is None:  # else the call has suspended the module
                await self._library.escaped(actor, module_id, live=False)
            raise

    async def _arguments(self, actor: Actor, module_id: int, trial: Trial) -> Mapping[str, Any]:
        if trial.webhook_id is not None:
            sample = await self.recordings.webhooks(trial.webhook_id)
            if sample is None or await self._module_of(sample.account_id) != module_id:
                raise NotFound()
            return {"request": sample.request}
        if trial.call_id is not None:
            recorded = await self._whole(actor, module_id, trial.call_id)
            # A function sees them unmasked, and may write them to its log.
            await self._database.write(
                audit.record, actor, "module.call_revealed", "module_call", recorded.id
            )
            return recorded.arguments
        return trial.arguments or {}

    async def _module_of(self, account_id: int) -> int | None:
        ready = await self._registry.ready(account_id)
        return None if ready is None else ready.module_id

    async def _draft(self, ready: Ready, function: str, source: str) -> Ready:
        program, functions = await self._program_of(ready.module_name, ready.module_title, function, source)
        return replace(ready, version=replace(ready.version, id=None, functions=functions, program=program))

    async def _program_of(
        self, name: str, title: Both, function: str, source: str
    ) -> tuple[Program, frozenset[str]]:
        """A draft ready to be run; raises Refused for a text that may not run."""
        check = await self._library.check(source)
        error = check.first_error
        if error is not None and error.kind in ("syntax", "policy"):
            raise failures.refused(title, function, error.message, error.line, error.kind)
        return self._registry.program(f"{name}@draft", source), frozenset(check.functions)

    # -- recorded calls

    async def calls(
        self,
        actor: Actor,
        module_id: int,
        *,
        function: str | None = None,
        kind: str | None = None,
        account_id: int | None = None,
        trace_id: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[list[RecordedRow], int]:
        """The newest recorded calls of a module, and how many there are."""
        actor.require("modules.read")
        return await self.recordings.page(
            module_id,
            function=function,
            kind=kind,
            account_id=account_id,
            trace_id=trace_id,
            offset=offset,
            limit=limit,
        )

    async def call(self, actor: Actor, module_id: int, call_id: int, *, reveal: bool = False) -> Recorded:
        """One recorded call in full. To see personal data takes the right to write modules, and is noted.

        What came as a webhook is left out for those who may not read webhooks.
        """
        actor.require("modules.write" if reveal else "modules.read")
        recorded = await self._recorded(module_id, call_id)
        if reveal:
            await self._database.write(audit.record, actor, "module.call_revealed", "module_call", call_id)
        return recorded if _shows_arguments(actor, recorded) else replace(recorded, arguments={})

    async def _recorded(self, module_id: int, call_id: int) -> Recorded:
        recorded = await self.recordings.load(call_id)
        if recorded is None or recorded.module_id != module_id:
            raise NotFound()
        return recorded

    async def _whole(self, actor: Actor, module_id: int, call_id: int) -> Recorded:
        """A recorded call to work on; Forbidden where it came as a webhook that the actor may not read."""
        recorded = await self._recorded(module_id, call_id)
        if not _shows_arguments(actor, recorded):
            actor.require("webhooks.read")
        return recorded

    async def recording(self, actor: Actor, module_id: int) -> bool:
        """Whether calls of the module are recorded."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            statement = sa.select(module.c.recording)
            found: bool | None = await connection.scalar(
                statement.where(module.c.id == module_id, module.c.archived_at.is_(None))
            )
        if found is None:
            raise NotFound()
        return found

    async def set_recording(self, actor: Actor, module_id: int, enabled: bool) -> None:
        """Record the module's calls from now on, or no longer."""
        actor.require("modules.write")
        await self._database.write(self._set_recording, actor, module_id, enabled)
        await self._registry.refresh()

    def _set_recording(self, connection: sa.Connection, actor: Actor, module_id: int, enabled: bool) -> None:
        statement = module.update().where(module.c.id == module_id, module.c.archived_at.is_(None))
        if connection.execute(statement.values(recording=enabled)).rowcount == 0:
            raise NotFound()
        self._registry.changed(connection)
        action = "module.recording_on" if enabled else "module.recording_off"
        audit.record(connection, actor, action, "module", module_id)

    # -- replays and tests

    async def replay(
        self,
        actor: Actor,
        module_id: int,
        call_id: int,
        *,
        source: str | None = None,
        version_id: int | None = None,
    ) -> Replayed:
        """A recorded call by a text, by a version, or by the live version: offline."""
        actor.require("modules.write")
        recorded = await self._whole(actor, module_id, call_id)
        if not recorded.replayable:
            raise CallNotReplayable()
        text = await self._text(actor, module_id, recorded.function, source, version_id)
        secrets: Mapping[str, Any] = {}
        if recorded.account_id is not None and actor.may("accounts.read"):
            ready = await self._registry.ready(recorded.account_id)
            secrets = {} if ready is None else ready.secrets
        outcome = await replay(self._sandbox, text.program, recorded, secrets=secrets, title=text.title)
        if isinstance(outcome.failure, Escaped):
            await self._library.escaped(actor, module_id, live=text.live)
        return Replayed(recorded, outcome, verdict(recorded, outcome))

    async def _text(
        self, actor: Actor, module_id: int, function: str, source: str | None, version_id: int | None
    ) -> _Text:
        row, live = await self._library.card(actor, module_id)
        version = await self._registry.version(version_id or live.row.id)
        if version is None or version.module_id != module_id:
            raise NotFound()
        if source is None:
            return _Text(version.program, version.manifest, row.title, version.id == live.row.id)
        program, _ = await self._program_of(row.name, row.title, function, source)
        return _Text(program, version.manifest, row.title, source == live.source)

    async def tests(self, actor: Actor, module_id: int) -> list[TestRow]:
        """A module's tests by name."""
        actor.require("modules.read")
        return await self.kept_tests.rows(module_id)

    async def save_as_test(
        self, actor: Actor, module_id: int, call_id: int, name: str, *, replace_personal_data: bool = True
    ) -> TestRow:
        """Keep a recorded call as a test that expects what it gave."""
        actor.require("modules.write")
        recorded = await self._whole(actor, module_id, call_id)
        if not recorded.replayable:
            raise CallNotReplayable()
        if replace_personal_data:
            recorded = Replacement().recorded(recorded)
        else:
            await self._database.write(audit.record, actor, "module.call_revealed", "module_call", call_id)
        return await self.kept_tests.save(actor, module_id, name.strip(), tests.dump(recorded), call_id)

    async def delete_test(self, actor: Actor, module_id: int, name: str) -> None:
        """Forget a test."""
        actor.require("modules.write")
        await self.kept_tests.delete(actor, module_id, name)

    async def run_tests(
        self, actor: Actor, module_id: int, *, source: str | None = None, version_id: int | None = None
    ) -> list[TestRun]:
        """Run a module's tests by a text, by a version, or by the live version."""
        actor.require("modules.write")
        text = await self._text(actor, module_id, PARSE, source, version_id)
        runs = await self.kept_tests.run(module_id, text.program, text.manifest, text.title)
        if any(run.outcome.escaped for run in runs):
            await self._library.escaped(actor, module_id, live=text.live)
        return runs


def _shows_arguments(actor: Actor, recorded: Recorded) -> bool:
    """Whether the actor may know what the call was given: a webhook is for those who may read webhooks."""
    return recorded.webhook_id is None or actor.may("webhooks.read")


def _bare(module_id: int, name: str, title: Both, version: Version) -> Ready:
    """A module without an account: default settings, no secrets, no address."""
    manifest: Manifest = version.manifest
    return Ready(
        module_id=module_id,
        module_name=name,
        module_title=title,
        enabled=True,
        version=version,
        settings=settings_for_module(manifest, {}, {}),
        budgets=budgets_of(manifest, f"module:{module_id}"),
    )
