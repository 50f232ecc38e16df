"""Several hosts share the durable work of one database: one that dies or freezes is stood in for."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from vestnik.db import Database
from vestnik.db.database import write_engine

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_kind", ["postgresql"])]

CHILD = Path(__file__).with_name("counting_child.py")
RELEASE = Path(__file__).with_name("release_child.py")
EARLIER = Path(__file__).with_name("earlier_child.py")
WITHIN_S = 60.0
#: More than one host does while another one starts.
NUMBERS = 200


class Host:
    """A host that does durable work."""

    def __init__(self, url: str, folder: Path, *workflow: str, child: Path = CHILD) -> None:
        command = [sys.executable, str(child), url, str(folder), *workflow]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._said: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._said.get(timeout=WITHIN_S) == "ready"

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in map(str.strip, self.process.stdout):
            if line == "ready" or line.isdecimal():  # the rest is its log
                self._said.put(line)

    def step(self) -> int:
        """The number of the next step that it does."""
        return int(self._said.get(timeout=WITHIN_S))

    def steps(self) -> list[int]:
        """The numbers of the steps that it has done and that nobody asked for yet."""
        return [int(self._said.get()) for _ in range(self._said.qsize())]

    def end(self) -> list[int]:
        """Kill it; the steps that nobody asked for."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.steps()


NewHost = Callable[..., Host]


@pytest.fixture
def new_host(database: Database, database_url: str, tmp_path: Path) -> Iterator[NewHost]:
    """Starts hosts, each with a folder of its own."""
    hosts: list[Host] = []

    def new(*workflow: str, child: Path = CHILD) -> Host:
        hosts.append(Host(database_url, tmp_path / str(len(hosts)), *workflow, child=child))
        return hosts[-1]

    yield new
    for host in hosts:
        host.end()


def test_a_killed_hosts_work_goes_on_at_another_with_the_step_that_was_under_way(new_host: NewHost) -> None:
    other, first = new_host(), new_host("count-1")
    while first.step() < 5:
        pass
    last = first.end()[-1:] or [5]
    killed_at = time.monotonic()

    next_one = other.step()
    print(f"taken over after {time.monotonic() - killed_at:.1f} s")
    assert next_one in (last[0], last[0] + 1)
    assert [other.step() for _ in range(5)] == [next_one + each for each in range(1, 6)]


def test_a_host_that_stops_in_order_leaves_its_work_at_once(new_host: NewHost, database_url: str) -> None:
    other, first = new_host(), new_host("count-1")
    while first.step() < 5:
        pass
    first.process.terminate()
    assert first.process.wait(WITHIN_S) == 0
    engine = write_engine(sa.make_url(database_url))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM executor")).scalar() == 1
    engine.dispose()
    done = [5, *first.steps()]
    assert other.step() in (done[-1], done[-1] + 1)


def test_a_host_that_freezes_finds_its_work_done_by_another(new_host: NewHost) -> None:
    other, first = new_host(), new_host("count-1")
    while first.step() < 5:
        pass
    first.process.send_signal(signal.SIGSTOP)
    taken_over = other.step()
    assert taken_over <= max([5, *first.steps()]) + 1
    assert other.step() == taken_over + 1

    first.process.send_signal(signal.SIGCONT)
    # Whatever it was doing it may end. Then it begins nothing: the other one is long past its place.
    done = [other.step() for _ in range(40)]
    assert done == [*range(taken_over + 2, taken_over + 42)]
    assert len(first.steps()) <= 1
    assert first.process.poll() is None

    other.end()
    assert first.step() >= done[-1]  # it lives, and stands in for others


@pytest.mark.parametrize("releases", [("old", "new"), ("new", "old")])
def test_work_goes_on_in_a_release_whose_steps_are_others_and_each_thing_is_done_once(
    new_host: NewHost, database_url: str, releases: tuple[str, str]
) -> None:
    engine = write_engine(sa.make_url(database_url))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE todo (number INTEGER PRIMARY KEY, times INTEGER NOT NULL)"))
        connection.execute(
            sa.text("INSERT INTO todo SELECT each, 0 FROM generate_series(1, :most) AS each"),
            {"most": NUMBERS},
        )
        connection.execute(sa.text("CREATE TABLE run_of (generation INTEGER NOT NULL)"))
        connection.execute(sa.text("INSERT INTO run_of VALUES (1)"))

    first = new_host(releases[0], child=RELEASE)
    assert first.step() == 1
    second = new_host(releases[1], child=RELEASE)
    first.process.terminate()
    assert first.process.wait(WITHIN_S) == 0
    while second.step() < NUMBERS:
        pass

    with engine.connect() as connection:
        times = connection.execute(sa.text("SELECT number, times FROM todo ORDER BY number"))
        assert [tuple(each) for each in times] == [(number, 1) for number in range(1, NUMBERS + 1)]
        generation = connection.execute(sa.text("SELECT generation FROM run_of")).scalar()
    engine.dispose()
    assert generation == 2


def test_work_of_an_earlier_version_goes_on_at_a_host_of_that_version_and_at_no_other(
    new_host: NewHost,
) -> None:
    later, second = new_host(), new_host(child=EARLIER)
    first = new_host("count-1", child=EARLIER)
    while first.step() < 5:
        pass
    last = first.end()[-1:] or [5]

    next_one = second.step()
    assert next_one in (last[0], last[0] + 1)
    assert [second.step() for _ in range(60)] == [next_one + each for each in range(1, 61)]
    assert later.steps() == []
