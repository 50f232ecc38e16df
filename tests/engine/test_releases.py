"""Durable work that a release began, and another one, with other steps, finds."""

from __future__ import annotations

import asyncio
import inspect
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from vestnik.app import build_services
from vestnik.engine import Engine, Run, Wanted, engine
from vestnik.settings import Settings

NewEngine = Callable[[], Engine]

#: What the steps of each workflow were when APPLICATION_VERSION was raised last.
VERSION = "1"
WORKFLOWS = {
    "campaign": """
        async def _drive(self, run: Run, campaign_id: int, generation: int) -> None:
            while (wait_s := await run.step("advance", self.advance, campaign_id, generation)) is not None:
                if wait_s > 0:
                    await run.sleep(wait_s)
    """,
    "contact_import": """
        async def _drive(self, run: Run, import_id: int, generation: int) -> None:
            while await run.step("advance", self.runner.advance, import_id, generation):
                continue
    """,
    "scheduled_import": """
        async def _drive(self, run: Run, run_id: int, generation: int) -> None:
            begun = await run.step("fetch", self.fetch, run_id, generation)
            if begun is not None:
                await self._imports.go_on(*begun)
    """,
    "sync": """
        async def _drive(self, run: Run, run_id: int, generation: int) -> None:
            while (wait_s := await run.step("advance", self.advance, run_id, generation)) is not None:
                if wait_s > 0:
                    await run.sleep(wait_s)
    """,
}


class Work:
    """A room with one piece of work in two steps, which a step of the first release may be held in."""

    def __init__(self) -> None:
        self.generation = 1
        self.steps: list[str] = []
        self.held, self.go_on, self.done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def known_to(self, engine: Engine, first: str, second: str) -> Engine:
        """Have an engine know the work, as a release that calls its steps so."""

        async def workflow(run: Run, generation: int) -> None:
            await run.step(first, self._do, f"{first} of {generation}")
            await run.step(second, self._do, f"{second} of {generation}")
            self.done.set()

        engine.workflow("work", workflow)
        engine.keep(self._wanted, self._finished)
        return engine

    async def _do(self, name: str) -> None:
        if self.steps:
            self.held.set()
            await self.go_on.wait()
        self.steps.append(name)

    async def _wanted(self) -> Sequence[Wanted]:
        mine = (self.generation,)
        return [] if self.done.is_set() else [Wanted("work", f"work-{self.generation}", mine)]

    async def _finished(self, wanted: Wanted) -> None:
        if wanted.arguments == (self.generation,):
            self.generation += 1


@pytest.fixture
def work() -> Work:
    """What is to be done."""
    return Work()


@pytest.fixture
async def begun(work: Work, new_engine: NewEngine) -> None:
    """The work was begun by a release that stopped in the second step of it."""
    first = work.known_to(new_engine(), "one", "two")
    await first.start()
    await asyncio.wait_for(work.held.wait(), 10)
    await first.stop(drain_s=0.05)
    work.go_on.set()
    assert work.steps == ["one of 1"]


async def test_work_of_another_version_is_begun_anew_when_no_process_of_that_version_takes_it(
    work: Work, begun: None, new_engine: NewEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "APPLICATION_VERSION", "2")
    later = work.known_to(new_engine(), "prepare", "act")
    await later.start()
    async with asyncio.timeout(30):
        while not work.done.is_set():
            await later.take_up_strays()
            await later.end_unclaimed()
            await later.sweep()
    assert work.steps == ["one of 1", "prepare of 2", "act of 2"]


async def test_work_is_begun_anew_where_somebody_changed_its_steps_and_forgot_the_version(
    work: Work, begun: None, new_engine: NewEngine
) -> None:
    later = work.known_to(new_engine(), "prepare", "act")
    await later.start()
    async with asyncio.timeout(30):
        while not work.done.is_set():
            await later.sweep()
    assert work.steps == ["one of 1", "prepare of 2", "act of 2"]


async def test_work_goes_on_after_its_last_step_in_a_later_release_of_the_same_version(
    work: Work, begun: None, new_engine: NewEngine
) -> None:
    later = work.known_to(new_engine(), "one", "two")
    await later.start()
    await asyncio.wait_for(work.done.wait(), 10)
    await later.end_unclaimed()
    await later.end_unclaimed()
    assert work.steps == ["one of 1", "two of 1"]


def test_whoever_changes_the_steps_of_a_workflow_raises_the_version(tmp_path: Path) -> None:
    services = build_services(Settings(database_url=f"sqlite:///{tmp_path}/x.db", data_dir=tmp_path))
    found = {
        name: textwrap.dedent(inspect.getsource(function)).strip()
        for name, function in services.engine._workflows.items()
    }
    expected = {name: textwrap.dedent(text).strip() for name, text in WORKFLOWS.items()}
    assert (engine.APPLICATION_VERSION, found) == (VERSION, expected)
