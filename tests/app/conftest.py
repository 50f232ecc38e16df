"""Commands on folders of their own; whatever a test leaves running is ended."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.processes import Command, Running

Start = Callable[..., Running]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """`vestnik` on an empty SQLite folder."""
    return Command(tmp_path / "data")


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a command that is ended after the test."""
    started: list[Running] = []

    def begin(command: Command, *arguments: str) -> Running:
        started.append(command.start(*arguments))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            running.stop()
