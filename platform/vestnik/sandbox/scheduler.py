"""Coroutines of one call, driven by hand over one blocking socket: no event loop, no descriptors of its own.

A coroutine yields either an Operation (ask the host, go on with its answer) or a tuple of Tasks (go on when
one of them is done). Operations are sent as soon as they are awaited, so that `gather` overlaps them in the
host.
"""

import types
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Final, Protocol

from vestnik.sandbox.clock import CLOCK
from vestnik.sandbox.wire import LOG_LEVELS, RETRY_LATER_LIMIT_S

TASK_LIMIT: Final = 256
REPORT_LIMIT: Final = 10
REPORT_CHARACTERS: Final = 500


class OperationError(Exception):
    """The host could not do what the module asked for; `kind` says why in one word."""

    def __init__(self, message: str, kind: str = "failed") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class FetchError(OperationError):
    """A request could not be sent or got no usable answer."""


class RetryLater(Exception):
    """The service asks to come back later; raised by the module. `seconds` None: it does not say when."""

    def __init__(self, seconds: float | None = None, message: str = "") -> None:
        super().__init__(message)
        if seconds is not None and not 0 <= float(seconds) < float("inf"):
            raise ValueError("RetryLater takes a number of seconds from now")
        self.seconds = None if seconds is None else min(float(seconds), RETRY_LATER_LIMIT_S)
        self.message = message


class ServiceDown(RetryLater):
    """The service is out of order; raised by the module. `seconds` as in RetryLater."""


class KeyRefused(Exception):
    """The service does not accept the account's key; raised by the module."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class Line(Protocol):
    """The worker's end of the socket."""

    def send_operation(self, number: int, name: str, argument: Any) -> None: ...
    def send_cancel(self, number: int) -> None: ...
    def send_log(self, level: int, text: str) -> None: ...
    def receive_reply(self) -> tuple[int, bool, Any]: ...


class Operation:
    """An awaitable request to the host."""

    __slots__ = ("_argument", "_convert", "_error", "_name")

    def __init__(
        self,
        name: str,
        argument: Any,
        convert: Callable[[Any], Any] | None = None,
        error: type[OperationError] = OperationError,
    ) -> None:
        self._name = name
        self._argument = argument
        self._convert = convert
        self._error = error

    def __await__(self) -> Generator[Any, Any, Any]:
        value = yield self
        return value if self._convert is None else self._convert(value)


class Task:
    """A coroutine that runs beside others."""

    __slots__ = (
        "_coroutine",
        "_done",
        "_error",
        "_operation",
        "_result",
        "_scheduler",
        "_seen",
        "_waiters",
        "_wanted",
    )

    def __init__(self, scheduler: "Scheduler", coroutine: Any) -> None:
        self._scheduler = scheduler
        self._coroutine = coroutine
        self._done = False
        self._result: Any = None
        self._error: BaseException | None = None
        self._operation: int | None = None
        self._seen = False  # somebody has taken the result or the error
        self._wanted: object | None = None  # the one wait that may wake this task
        self._waiters: list[tuple[Task, object]] = []

    def __await__(self) -> Generator[Any, Any, Any]:
        while not self._done:
            yield (self,)
        return self._outcome()

    def _outcome(self) -> Any:
        self._seen = True
        if self._error is not None:
            raise self._error
        return self._result

    def done(self) -> bool:
        """True when the task has a result or an error."""
        return self._done

    def result(self) -> Any:
        """The task's result; raises its error, or RuntimeError while it still runs."""
        if not self._done:
            raise RuntimeError("the task is not done")
        return self._outcome()

    def cancel(self) -> bool:
        """Ends the task where it waits. False when it was done already."""
        return self._scheduler.cancel(self)


class Scheduler:
    """Runs the coroutines of one call until the first one is done."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._ready: deque[tuple[Task, Any, BaseException | None]] = deque()
        self._pending: dict[int, tuple[Task, Operation]] = {}
        self._tasks: list[Task] = []
        self._numbers = 0
        self._reports = 0

    def spawn(self, coroutine: Any) -> Task:
        """Starts a coroutine; it runs when the current one waits."""
        if len(self._tasks) >= TASK_LIMIT:
            self._tasks = [task for task in self._tasks if not task._done]
        if len(self._tasks) >= TASK_LIMIT:
            coroutine.close()
            raise RuntimeError(f"a call may have {TASK_LIMIT} tasks at once")
        task = Task(self, coroutine)
        self._tasks.append(task)
        self._ready.append((task, None, None))
        return task

    def run(self, coroutine: Any) -> Any:
        """The coroutine's result; what is still running when it ends is cancelled."""
        main = self.spawn(coroutine)
        ready = self._ready
        try:
            while True:
                while ready and not main._done:
                    task, value, error = ready.popleft()
                    if not task._done:
                        self._step(task, value, error)
                if main._done:
                    return main._outcome()
                if not self._pending:
                    raise RuntimeError("deadlock: every task waits for another one")
                self._receive()
        finally:
            main._seen = True
            for task in self._tasks:
                self._close(task)
                if task._error is not None and not task._seen:
                    error = task._error
                    self._report(f"a task failed and nothing waited for it: {type(error).__name__}: {error}")

    def cancel(self, task: Task) -> bool:
        """Ends a task; whoever waits for it gets RuntimeError."""
        if task._done:
            return False
        if task._operation is not None:
            self._pending.pop(task._operation, None)
            self._line.send_cancel(task._operation)
        self._finish(task, None, RuntimeError("the task was cancelled"))
        task._seen = True
        self._close(task)
        return True

    def _step(self, task: Task, value: Any, error: BaseException | None) -> None:
        coroutine = task._coroutine
        try:
            wanted = coroutine.send(value) if error is None else coroutine.throw(error)
        except StopIteration as stop:
            self._finish(task, stop.value, None)
        except BaseException as raised:
            self._finish(task, None, raised)
        else:
            self._wait(task, wanted)

    def _wait(self, task: Task, wanted: Any) -> None:
        if type(wanted) is Operation:
            self._numbers += 1
            try:
                self._line.send_operation(self._numbers, wanted._name, wanted._argument)
            except (TypeError, ValueError, OverflowError, RecursionError) as error:
                refusal = TypeError(f"{wanted._name}: {error}")
                self._ready.append((task, None, refusal))
                return
            task._operation = self._numbers
            self._pending[self._numbers] = (task, wanted)
        elif type(wanted) is tuple and all(type(other) is Task for other in wanted):
            task._wanted = wait = object()
            for other in wanted:
                other._waiters.append((task, wait))
            if any(other._done for other in wanted):
                self._wake(task, wait)
        else:
            self._ready.append((task, None, TypeError("this object can't be awaited")))

    def _wake(self, task: Task, wait: object) -> None:
        if task._wanted is wait and not task._done:
            task._wanted = None
            self._ready.append((task, None, None))

    def _finish(self, task: Task, result: Any, error: BaseException | None) -> None:
        task._done, task._result, task._error = True, result, error
        waiters, task._waiters = task._waiters, []
        for waiter, wait in waiters:
            self._wake(waiter, wait)

    def _close(self, task: Task) -> None:
        if not task._done:
            task._done = True
        try:
            task._coroutine.close()
        except BaseException as error:
            self._report(f"the end of a cancelled task failed: {type(error).__name__}: {error}")

    def _report(self, text: str) -> None:
        if self._reports < REPORT_LIMIT:
            self._reports += 1
            self._line.send_log(LOG_LEVELS.index("warning"), text[:REPORT_CHARACTERS])

    def _receive(self) -> None:
        number, ok, value = self._line.receive_reply()
        task, operation = self._pending.pop(number, (None, None))
        if task is None or operation is None:
            return  # the answer to a cancelled operation
        task._operation = None
        if ok:
            self._ready.append((task, value, None))
        else:
            kind, message = value
            self._ready.append((task, None, operation._error(message, kind)))


class Asyncio:
    """What `import asyncio` offers to a module, over the scheduler of the running call."""

    def __init__(self, scheduler: Callable[[], Scheduler]) -> None:
        self._scheduler = scheduler

    def names(self) -> dict[str, Any]:
        """The names of the facade."""
        return {
            "gather": self.gather,
            "sleep": self.sleep,
            "create_task": self.create_task,
            "wait_for": self.wait_for,
            "TimeoutError": TimeoutError,
        }

    def create_task(self, awaitable: Any) -> Task:
        """Starts an awaitable beside the current coroutine."""
        if isinstance(awaitable, Task):
            return awaitable
        if isinstance(awaitable, types.CoroutineType):
            return self._scheduler().spawn(awaitable)
        if isinstance(awaitable, (Operation, _Gathered)):
            return self._scheduler().spawn(_awaited(awaitable))
        raise TypeError(f"an awaitable is required, got {type(awaitable).__name__}")

    def gather(self, *awaitables: Any, return_exceptions: bool = False) -> Any:
        """All results in order; the first error cancels the rest unless errors are wanted as results."""
        return _Gathered([self.create_task(each) for each in awaitables], return_exceptions)

    async def sleep(self, delay: float, result: Any = None) -> Any:
        """Waits `delay` seconds; the host keeps the time."""
        until = CLOCK.now_us() + int(max(float(delay), 0.0) * 1_000_000)
        await Operation("sleep", max(float(delay), 0.0))
        CLOCK.advance_to(until)
        return result

    async def wait_for(self, awaitable: Any, timeout: float | None) -> Any:  # noqa: ASYNC109
        """The awaitable's result, or TimeoutError and a cancelled awaitable after `timeout` seconds."""
        task = self.create_task(awaitable)
        if timeout is None:
            return await task
        timer = self.create_task(self.sleep(timeout))
        await _FirstDone((task, timer))
        if task._done:
            timer.cancel()
            return task._outcome()
        task.cancel()
        raise TimeoutError(f"no result within {timeout} s")


class _Gathered:
    __slots__ = ("_keep_errors", "_tasks")

    def __init__(self, tasks: list[Task], keep_errors: bool) -> None:
        self._tasks = tasks
        self._keep_errors = keep_errors

    def __await__(self) -> Generator[Any, Any, list[Any]]:
        waiting = [task for task in self._tasks if not task._done]
        while True:
            failed = next((task for task in self._tasks if task._done and task._error is not None), None)
            if failed is not None and not self._keep_errors:
                for task in self._tasks:
                    task.cancel()
                failed._outcome()
            if not waiting:
                for task in self._tasks:
                    task._seen = True
                return [task._result if task._error is None else task._error for task in self._tasks]
            yield tuple(waiting)
            waiting = [task for task in waiting if not task._done]


class _FirstDone:
    __slots__ = ("_tasks",)

    def __init__(self, tasks: tuple[Task, ...]) -> None:
        self._tasks = tasks

    def __await__(self) -> Generator[Any, Any, None]:
        while not any(task._done for task in self._tasks):
            yield self._tasks


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable
