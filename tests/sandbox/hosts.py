"""Hosts for the tests: what a call asks for is kept, and answered by plain functions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from vestnik.sandbox import Control, HostError

Answer = Callable[[Any], Any]


class Recorder:
    """Answers operations from a table and keeps (name, argument) of each; the rest is refused."""

    def __init__(self, **answers: Any) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.control: Control | None = None
        self._answers = {name.replace("__", "."): answer for name, answer in answers.items()}

    def bind(self, control: Control) -> None:
        self.control = control

    async def operate(self, name: str, argument: Any) -> Any:
        self.asked.append((name, argument))
        if name not in self._answers:
            raise HostError("unavailable", f"{name} is not available in this test")
        answer = self._answers[name]
        value = answer(argument) if callable(answer) else answer
        if isinstance(value, Exception):
            raise value
        return value


class Stalled(Recorder):
    """Never answers; `reached` is set when the first operation has come."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def operate(self, name: str, argument: Any) -> Any:
        self.asked.append((name, argument))
        self.reached.set()
        await asyncio.Event().wait()


def text_answer(text: str, status: int = 200, **headers: str) -> dict[str, Any]:
    """What a host answers to a fetch."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"status": status, "headers": named, "body": text.encode(), "url": "https://service.example/"}
