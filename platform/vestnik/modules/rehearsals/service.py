"""Rehearsals: what a draft makes of the calls and webhooks that the live version has answered.

A rehearsal runs in the background, offline: every request is answered from the recording, storage is a copy,
and nothing that the draft does is applied. A webhook without a recording is parsed by both versions, at the
time when it came. The outcome is kept with the version, for the page and for publishing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
import structlog

from vestnik.audit import record
from vestnik.db import Database, WriterStopped, now, to_microseconds
from vestnik.http.errors import Language, NotFound
from vestnik.modules.calls import failures
from vestnik.modules.calls.failures import Escaped, ModuleCallFailed
from vestnik.modules.errors import NothingToRehearse
from vestnik.modules.recordings.personal_data import hidden
from vestnik.modules.recordings.recorded import Recorded, RecordedRow, Recordings
from vestnik.modules.rehearsals import store
from vestnik.modules.rehearsals.comparison import PARSE, actions_in, compare
from vestnik.modules.rehearsals.progress import Progress, Replaced
from vestnik.modules.rehearsals.store import Both, Rehearsal, Row, Shown, Verdict
from vestnik.modules.replays.replay import ReplayOutcome, replay
from vestnik.modules.sources.registry import Ready, Registry, Version
from vestnik.modules.studio.library import Library
from vestnik.modules.tables import account
from vestnik.people.access import Actor
from vestnik.sandbox import Sandbox

log = structlog.get_logger("vestnik.modules")

CALLS = 50
CALLS_AT_MOST = 200
#: So many of a function's recordings are looked through for those of the live version.
LOOKED_THROUGH = 400
#: What is left when a rehearsal has taken this long is not compared any more.
LONGEST_S = 600.0
#: So often a call is tried whose worker is ended from outside.
ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class StoredWebhook:
    """A stored request of a service, without its text."""

    id: int
    account_id: int
    received_at: datetime


#: The newest stored requests of accounts that are parsed, the newest first.
StoredWebhooks = Callable[[Sequence[int], int], Awaitable[Sequence[StoredWebhook]]]


async def no_webhooks(account_ids: Sequence[int], count: int) -> Sequence[StoredWebhook]:
    """A source without stored requests."""
    return ()


@dataclass(frozen=True, slots=True)
class _Case:
    """What is tried: a recorded call, or a stored webhook that none was recorded for."""

    row: RecordedRow | None
    webhook: StoredWebhook | None

    def shown(self, verdict: Verdict = "notComparable", **more: Any) -> Row:
        """The line of the rehearsal that tells of it."""
        row, webhook = self.row, self.webhook
        at = row.started_at if row is not None else webhook.received_at if webhook is not None else now()
        webhook_id = webhook.id if webhook is not None else None if row is None else row.webhook_id
        return Row(
            call_id=None if row is None else str(row.id),
            webhook_id=None if webhook_id is None else str(webhook_id),
            function=PARSE if row is None else row.function,
            at=at,
            verdict=verdict,
            **more,
        )


@dataclass(slots=True)
class _Pair:
    """The two versions, what they are called, and who has them compared."""

    module_id: int
    live: Version
    draft: Version
    title: Both
    actor: Actor
    #: Whether one of them tried to leave the sandbox: then nothing more is tried.
    escaped: bool = False


@dataclass(frozen=True, slots=True)
class _Running:
    """A rehearsal of this process."""

    progress: Progress
    task: asyncio.Task[None]


class Rehearsals:
    """Runs rehearsals, one at a time, and keeps what they showed. `webhooks` is plugged in."""

    def __init__(
        self,
        database: Database,
        library: Library,
        registry: Registry,
        sandbox: Sandbox,
        recordings: Recordings,
    ) -> None:
        self._database, self._library, self._registry = database, library, registry
        self._sandbox, self._recordings = sandbox, recordings
        self.webhooks: StoredWebhooks = no_webhooks
        self._running: dict[int, _Running] = {}
        self._beginning: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Call those interrupted that another run of the program left behind."""
        await self._database.write(store.interrupt_stale, self._database.on_sqlite)

    async def stop(self) -> None:
        """Interrupt what is running."""
        for module_id in list(self._running):
            await self._interrupt(module_id)

    async def wait(self, module_id: int) -> None:
        """Wait until the module's rehearsal has ended."""
        running = self._running.get(module_id)
        if running is not None:
            await asyncio.wait([running.task])

    # -- what is asked for

    async def begin(self, actor: Actor, module_id: int, version_id: int, calls: int = CALLS) -> int:
        """Start a rehearsal in place of the one that the module may have, in any process; return its id."""
        actor.require("modules.write")
        row, live = await self._library.card(actor, module_id)
        await self._library.version(actor, module_id, version_id)
        if row.live_version_id is None or row.live_version_id == version_id:
            raise NothingToRehearse(name=row.name)
        live_version, draft = (
            await self._registry.version(live.row.id),
            await self._registry.version(version_id),
        )
        if live_version is None or draft is None:
            raise NotFound()
        if PARSE in live_version.functions:
            actor.require("webhooks.read")
        pair = _Pair(module_id, _apart(live_version), _apart(draft), row.title, actor)
        async with self._beginning.setdefault(module_id, asyncio.Lock()):
            await self._interrupt(module_id)
            rehearsal_id = await self._database.write(_add, actor, module_id, version_id, live.row.id)
            progress = Progress(self._database, rehearsal_id)
            task = asyncio.create_task(
                self._run(progress, module_id, pair, calls), name=f"rehearsal-{rehearsal_id}"
            )
            self._running[module_id] = _Running(progress, task)
        return rehearsal_id

    async def get(self, actor: Actor, module_id: int, rehearsal_id: int) -> Rehearsal:
        """A rehearsal with its rows, as far as it has come."""
        actor.require("modules.read")
        async with self._database.read() as connection:
            found = await store.load(connection, module_id, rehearsal_id)
        if found is None:
            raise NotFound()
        return found

    async def page(self, actor: Actor, module_id: int, version_id: int | None) -> Sequence[Rehearsal]:
        """The rehearsals of a module, or of one version, without their rows; the newest first."""
        await self._library.card(actor, module_id)
        async with self._database.read() as connection:
            return await store.page(connection, module_id, version_id)

    # -- running

    async def _interrupt(self, module_id: int) -> None:
        running = self._running.pop(module_id, None)
        if running is None or running.task.done():
            return
        running.task.cancel()
        with suppress(asyncio.CancelledError):
            await running.task
        with suppress(WriterStopped):
            await running.progress.end("interrupted")

    async def _run(self, progress: Progress, module_id: int, pair: _Pair, calls: int) -> None:
        rehearsal_id = progress.rehearsal_id
        try:
            async with asyncio.TaskGroup() as group:
                following = group.create_task(progress.follow())
                async with self._turn:
                    progress.has_turn()
                    await self._rehearse(progress, module_id, pair, calls)
                following.cancel()
            await progress.end("done")
        except* Replaced:
            log.info("module.rehearsal_replaced", rehearsal_id=rehearsal_id)
        except* WriterStopped:
            log.warning("module.rehearsal_not_kept", rehearsal_id=rehearsal_id)
        except* Exception:
            log.exception("module.rehearsal_broke", rehearsal_id=rehearsal_id)
            with suppress(WriterStopped):
                await self._database.write(store.end, rehearsal_id, "interrupted")
        finally:
            running = self._running.get(module_id)
            if running is not None and running.progress is progress:
                del self._running[module_id]

    async def _rehearse(self, progress: Progress, module_id: int, pair: _Pair, calls: int) -> None:
        ends = time.monotonic() + LONGEST_S
        cases = await self._cases(module_id, pair, calls)
        progress.expects(len(cases))
        for case in cases:
            if time.monotonic() > ends:
                await progress.add(case.shown(reason=_TIME_IS_UP))
            elif pair.escaped:
                await progress.add(case.shown(reason=_ESCAPED))
            else:
                await progress.add(await self._try(case, pair))

    # -- what is tried

    async def _cases(self, module_id: int, pair: _Pair, calls: int) -> list[_Case]:
        """The newest calls, of each function in turn, and the newest webhooks: at most so many of each."""
        by_function: list[list[RecordedRow]] = []
        of_webhook: dict[int, RecordedRow] = {}
        for function in sorted(pair.live.functions):
            page, _ = await self._recordings.page(module_id, function=function, limit=LOOKED_THROUGH)
            usable = [row for row in page if row.replayable and row.version_id is not None]
            usable.sort(key=lambda row: (row.version_id == pair.live.id, row.id), reverse=True)
            for row in usable:
                if row.webhook_id is not None:
                    of_webhook.setdefault(row.webhook_id, row)
            by_function.append([row for row in usable if row.webhook_id is None][:calls])
        in_turn = [row for turn in zip_longest(*by_function) for row in turn if row is not None]
        cases = [_Case(row, None) for row in in_turn[:calls]]
        if PARSE in pair.live.functions:
            async with self._database.read() as connection:
                of_module = sa.select(account.c.id).where(
                    account.c.module_id == module_id, account.c.archived_at.is_(None)
                )
                account_ids = (await connection.scalars(of_module)).all()
            for webhook in await self.webhooks(account_ids, calls):
                cases.append(_Case(of_webhook.get(webhook.id), webhook))
        return cases

    async def _try(self, case: _Case, pair: _Pair) -> Row:
        recorded = await self._recorded(case, pair)
        if recorded is None:
            return case.shown(reason=_GONE)
        ready = await self._ready(recorded, pair.draft)
        if recorded.version_id != pair.live.id:
            answered = await self._replay(recorded, pair, pair.live, await self._ready(recorded, pair.live))
            if answered.unrecorded:
                return case.shown(reason=_live_lacks(answered))
            if answered.failure is not None and _says_nothing(answered.failure):
                return case.shown(reason=_both(answered.failure))
            recorded = replace(recorded, result=answered.result, error=answered.error)
        if recorded.error is not None:
            return case.shown(reason=_live_failed(recorded.error))
        if recorded.function not in pair.draft.functions:
            missing = failures.not_implemented(pair.title, recorded.function)
            return self._failed(case, recorded, missing)
        tried = await self._replay(recorded, pair, pair.draft, ready)
        if tried.unrecorded:
            return case.shown(reason=_lacks(tried))
        if tried.failure is not None and _says_nothing(tried.failure):
            return case.shown(reason=_both(tried.failure))
        if tried.failure is not None:
            return self._failed(case, recorded, tried.failure)
        return await asyncio.to_thread(_compared, case, recorded, tried.result)

    @staticmethod
    def _failed(case: _Case, recorded: Recorded, failure: ModuleCallFailed) -> Row:
        """A draft that fails loses every action of the webhook."""
        lost = actions_in(recorded.function, recorded.result)
        return case.shown("failed", reason=_both(failure), lost=lost)

    async def _recorded(self, case: _Case, pair: _Pair) -> Recorded | None:
        """What to repeat; None where it is gone meanwhile."""
        webhook = case.webhook
        if case.row is not None:
            found = await self._recordings.load(case.row.id)
            if found is not None and found.replayable:
                return found
        if webhook is None:
            return None
        sample = await self._recordings.webhooks(webhook.id)
        ready = await self._registry.ready(webhook.account_id, pair.live.id)
        if sample is None or ready is None:
            return None
        return Recorded(
            account_id=webhook.account_id,
            function=PARSE,
            arguments={"request": sample.request},
            settings=ready.settings,
            secrets=sorted(ready.secrets),
            clock_us=to_microseconds(webhook.received_at),
            seed=webhook.id,
            webhook_id=webhook.id,
        )

    async def _ready(self, recorded: Recorded, version: Version) -> Ready | None:
        if recorded.account_id is None:
            return None
        return await self._registry.ready(recorded.account_id, version.id)

    async def _replay(
        self, recorded: Recorded, pair: _Pair, version: Version, ready: Ready | None
    ) -> ReplayOutcome:
        """The call by a version, once more where its worker was ended from outside.

        Settings that are new in the version's manifest have their defaults.
        """
        settings = version.manifest.with_defaults(recorded.settings)
        for _ in range(ATTEMPTS):
            outcome = await replay(
                self._sandbox,
                version.program,
                replace(recorded, settings=settings),
                secrets=None if ready is None else ready.secrets,
                title=pair.title,
                lane="bulk",
            )
            if outcome.failure is None or not outcome.failure.cut_from_outside:
                break
        if isinstance(outcome.failure, Escaped):
            pair.escaped = True
            await self._library.escaped(pair.actor, pair.module_id, live=version.id == pair.live.id)
        return outcome


def _add(connection: sa.Connection, actor: Actor, module_id: int, version_id: int, live_id: int) -> int:
    record(connection, actor, "module.rehearsed", "module", module_id)
    return store.add(connection, module_id, version_id, live_id, actor.name)


def _apart(version: Version) -> Version:
    """The version as a program of its own: its workers and its waiting calls are none of a live module's."""
    program = version.program
    return replace(version, program=replace(program, key=f"rehearsal:{program.key}"))


def _says_nothing(failure: ModuleCallFailed) -> bool:
    """Whether a call failed for a reason that is none of its module's."""
    return failure.cut_from_outside or failure.shown_kind in ("busy", "unavailable")


def _compared(case: _Case, recorded: Recorded, result: Any) -> Row:
    """The line of a call that both versions answered. For a thread: results may be large."""
    found = compare(recorded.function, recorded.result, result)
    return case.shown(
        "different" if found.differences else "equal",
        differences=[Shown.of(each) for each in found.differences[: store.DIFFERENCES_SHOWN]],
        lost=found.lost,
        changed=found.changed,
        added=found.added,
    )


_GONE = {
    "ru": "Запись или вебхук уже удалены, или аккаунта больше нет.",
    "en": "The recording or the webhook is gone, or the account is.",
}
_ESCAPED = {
    "ru": "Прогон прекращён: процесс модуля сделал запрещённый системный вызов.",
    "en": "The rehearsal was stopped: the module's process made a forbidden system call.",
}
_TIME_IS_UP = {
    "ru": "Прогон шёл слишком долго: до этого вызова очередь не дошла.",
    "en": "The rehearsal took too long: this call was not reached.",
}


def _both(failure: ModuleCallFailed) -> Both:
    return {"ru": _why(failure, "ru"), "en": _why(failure, "en")}


def _why(failure: ModuleCallFailed, language: Language) -> str:
    """Why a draft failed, for who writes it."""
    told = failure.for_integrator(language)
    if told["path"] is not None:
        words = ("ожидалось", "получено") if language == "ru" else ("expected", "got")
        text = f"{told['path']}: {words[0]} {told['expected']}, {words[1]} {told['got']}"
    else:
        line = "" if told["line"] is None else f"{'строка' if language == 'ru' else 'line'} {told['line']}: "
        text = f"{line}{told['message']}"
    return str(hidden(text))[: store.VALUE_CHARACTERS]


def _live_failed(error: Any) -> Both:
    why = failures.title_of(error.get("kind"))
    return {
        "ru": f"У действующей версии этот вызов не удался: {why['ru']}.",
        "en": f"The live version failed in this call: {why['en']}.",
    }


def _lacks(outcome: ReplayOutcome) -> Both:
    asked = _asked(outcome)
    return {
        "ru": f"Черновик запрашивает то, чего нет в записи: {asked}.",
        "en": f"The draft asks for what was not recorded: {asked}.",
    }


def _live_lacks(outcome: ReplayOutcome) -> Both:
    asked = _asked(outcome)
    return {
        "ru": f"Повторить вызов нельзя и действующей версией: в записи нет {asked}.",
        "en": f"The live version can't repeat the call either: not recorded is {asked}.",
    }


def _asked(outcome: ReplayOutcome) -> str:
    first = outcome.unrecorded[0]
    return str(hidden(f"{first.method} {first.url}".strip()))[:300]
