"""From a stored request to its effects: parse in the module, apply once, answer, retry, take over.

Requests that this process has just stored are worked on at once, a few of an account at a time. What
does not fit in memory, what another process left behind and what failed before is found by the sweep.
"""

from __future__ import annotations

import asyncio
import base64
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

import msgspec
import structlog

from vestnik import tracing
from vestnik.db import Batcher, Database, WriterStopped, now
from vestnik.webhooks import inbox
from vestnik.webhooks.answers import FAILED, OK, Answer, answer_of
from vestnik.webhooks.apply import Applied, Parsed
from vestnik.webhooks.door import Waiter
from vestnik.webhooks.inbox import Failure, Stored
from vestnik.webhooks.metrics import WebhookMetrics

log = structlog.get_logger("vestnik.webhooks")

PARSE = "CRM_Marketing_ParseWebhookRequest"

BACKLOG_SHARE = 8  # every so many requests one of the backlog is taken before those that just came
AT_ONCE = 8  # calls of one account under way at the same time
AT_ONCE_AFTER_TIMEOUTS = 1  # … once its module has run into its time limit several times in a row
TIMEOUTS_IN_A_ROW = 3
IN_MEMORY = 2000  # requests held in memory; more are left to the sweep
STOP_WITHIN_S = 5.0  # calls still under way then are given up: they are stored, and the next start makes them
SWEEP_EVERY_S = 1.0
SWEEP_ROWS = 200

_encode = msgspec.json.Encoder().encode


class CallReport(Protocol):
    """What `modules` tells of one call."""

    @property
    def value(self) -> Any: ...
    @property
    def version_id(self) -> int | None: ...


class CallFailed(Exception):
    """What the plugged-in parser raises: the call did not give actions."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


#: Takes the account, the request as the contract has it, and the key of its inbox row.
Parser = Callable[[int, dict[str, Any], int], Awaitable[CallReport]]


@dataclass(slots=True)
class _Lane:
    """The requests of one account: in work, in line, and how its module has behaved.

    A provider that waits for its answer goes before the backlog of an outage, which still moves.
    """

    line: deque[tuple[Stored, Waiter | None]] = field(default_factory=deque)
    backlog: deque[tuple[Stored, Waiter | None]] = field(default_factory=deque)
    working: int = 0
    timeouts: int = 0
    taken: int = 0

    @property
    def width(self) -> int:
        return AT_ONCE_AFTER_TIMEOUTS if self.timeouts >= TIMEOUTS_IN_A_ROW else AT_ONCE

    @property
    def has_work(self) -> bool:
        return bool(self.line or self.backlog)

    def put(self, request: Stored, waiter: Waiter | None) -> None:
        (self.backlog if waiter is None else self.line).append((request, waiter))

    def take(self) -> tuple[Stored, Waiter | None]:
        self.taken += 1
        late = self.backlog and (not self.line or self.taken % BACKLOG_SHARE == 0)
        return self.backlog.popleft() if late else self.line.popleft()


class Pipeline:
    """Works on stored requests; the door hands them on, the sweep runs by itself."""

    def __init__(
        self,
        database: Database,
        parse: Parser,
        effects: Batcher[Parsed, Applied],
        metrics: WebhookMetrics,
    ) -> None:
        self._database, self._parse, self._effects = database, parse, effects
        self._metrics = metrics
        self._lanes: defaultdict[int, _Lane] = defaultdict(_Lane)
        self._held: set[int] = set()
        self._places_kept = 0
        self._left: list[Stored] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin to sweep: first of all what the last process left behind."""
        self._sweeper = asyncio.create_task(self._sweep(), name="webhook-sweep")

    async def stop(self) -> None:
        """Finish the calls under way, if they end soon; the rest stays stored for the next start."""
        self._stopping = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeper
        for lane in self._lanes.values():
            while lane.has_work:
                self._leave(*lane.take())
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=STOP_WITHIN_S)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        while self._left:
            unparsed, self._left = self._left, []
            with suppress(WriterStopped):
                await self._database.write(inbox.answered_unparsed, unparsed, OK.status)

    @property
    def _room(self) -> int:
        return 0 if self._stopping else IN_MEMORY - len(self._held) - self._places_kept

    def take_place(self) -> bool:
        """Keep a place for a request that is about to be stored; without one the sweep will find it."""
        if self._room <= 0:
            return False
        self._places_kept += 1
        return True

    def give_back(self) -> None:
        """Free a place whose request was not stored."""
        self._places_kept -= 1

    def hand_on(self, request: Stored, waiter: Waiter) -> None:
        """Work on `request`, which is stored; its lease lets the sweep find it if this never ends."""
        self._places_kept -= 1
        if self._stopping:
            self._leave(request, waiter)
        else:
            self._line_up(request, waiter)

    def _leave(self, request: Stored, waiter: Waiter | None) -> None:
        """Leave a request to the next start. Its provider is told so, or was told at the deadline."""
        if waiter is not None:
            waiter.answer(OK)
            self._left.append(request)

    def _line_up(self, request: Stored, waiter: Waiter | None) -> None:
        self._held.add(request.id)
        self._lanes[request.account_id].put(request, waiter)
        self._fill(request.account_id)

    async def replay(self, request: Stored, parse: Parser | None = None) -> None:
        """Work on `request` now, whatever became of it before; return when it is settled."""
        await self._handle(self._lanes[request.account_id], request, None, parse)

    def _fill(self, account_id: int) -> None:
        lane = self._lanes[account_id]
        while lane.has_work and lane.working < lane.width:
            lane.working += 1
            task = asyncio.create_task(self._work(lane), name=f"webhooks-of-{account_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, lane: _Lane) -> None:
        """Take requests of one account in turn until none is left or the lane has narrowed."""
        try:
            while lane.has_work and lane.working <= lane.width:
                request, waiter = lane.take()
                try:
                    await self._handle(lane, request, waiter)
                except asyncio.CancelledError:
                    self._leave(request, waiter)
                    raise
                except Exception:
                    log.exception("webhook.not_handled", inbox_id=request.id)
                finally:
                    self._held.discard(request.id)
        finally:
            lane.working -= 1

    async def _handle(
        self, lane: _Lane, request: Stored, waiter: Waiter | None, parse: Parser | None = None
    ) -> None:
        with tracing.under(tracing.of_key(request.id)), tracing.span("webhook"):
            await self._settle(lane, request, waiter, parse)

    async def _settle(
        self, lane: _Lane, request: Stored, waiter: Waiter | None, parse: Parser | None
    ) -> None:
        try:
            with self._metrics.parse_seconds.time():
                call = parse or self._parse
                report = await call(request.account_id, as_argument(request), request.id)
        except CallFailed as error:
            lane.timeouts = lane.timeouts + 1 if error.failure.kind == "timeout" else 0
            await self._fail(request, error.failure, waiter)
            return
        lane.timeouts = 0
        value: dict[str, Any] = report.value or {}
        response = value.get("response")
        answer, in_time = answer_of(response), waiter is not None and waiter.open
        parsed = Parsed(
            request=request,
            version_id=report.version_id,
            actions=value.get("actions") or [],
            response=response,
            response_sent=in_time,
            answered=_answered(waiter, answer),
        )
        try:
            await self._effects.put(parsed)
        except WriterStopped:
            answer = OK  # it is stored, and will be parsed at the next start
        except Exception as error:
            log.exception("webhook.not_applied", inbox_id=request.id)
            described = {"message": type(error).__name__, "line": None}
            await self._fail(
                request, Failure("internal", _encode(described), b"[]", report.version_id, None), waiter
            )
            return
        await self._tell(request, waiter, answer, in_time=in_time)

    async def _fail(self, request: Stored, failure: Failure, waiter: Waiter | None) -> None:
        in_time = waiter is not None and waiter.open
        with suppress(WriterStopped):
            await self._database.write(inbox.fail, request, failure, now(), _answered(waiter, FAILED))
        await self._tell(request, waiter, FAILED, in_time=in_time)

    async def _tell(self, request: Stored, waiter: Waiter | None, answer: Answer, *, in_time: bool) -> None:
        """Answer the provider; a deadline that came while the outcome was being stored is noted."""
        if waiter is None or waiter.answer(answer) or not in_time:
            return
        with suppress(WriterStopped):
            await self._database.write(inbox.answered_at_deadline, request, OK.status)

    async def _sweep(self) -> None:
        while True:
            try:
                room = min(SWEEP_ROWS, self._room)
                found = await self._database.write(inbox.due, now(), room) if room > 0 else []
                for request in found:
                    if request.id not in self._held:
                        self._line_up(request, None)
            except WriterStopped:
                return
            except Exception:
                log.exception("webhook.sweep_failed")
                found = []
            if len(found) < SWEEP_ROWS:
                await asyncio.sleep(SWEEP_EVERY_S)


def as_argument(request: Stored) -> dict[str, Any]:
    """The request as the contract's FetchRequest: header names in lower case, the body as text or Base64."""
    headers: dict[str, str] = {}
    for name, value in request.headers:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    argument: dict[str, Any] = {
        "method": request.method,
        "path": request.path,
        "query": dict(parse_qsl(request.query, keep_blank_values=True)) if request.query else {},
        "headers": headers,
    }
    try:
        argument["body"] = request.body.decode()
    except UnicodeDecodeError:
        argument["body"] = None
        argument["bodyBase64"] = base64.b64encode(request.body).decode()
    return argument


def _answered(waiter: Waiter | None, answer: Answer) -> int | None:
    """The status that the provider gets: 200 once the deadline has passed, none when nobody waits."""
    if waiter is None:
        return None
    return answer.status if waiter.open else OK.status
