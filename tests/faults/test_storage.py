"""A database full, cut off or read-only in the middle of a launch: said clearly, and nothing by halves."""

from __future__ import annotations

import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import sqlalchemy as sa
from tests.faults.conftest import installed
from tests.faults.product import CHUNK, Desk, Product, Simulator, once
from tests.faults.requests import signed
from tests.processes import WITHIN_S, until

pytestmark = pytest.mark.slow

READERS = [f"reader{number}+read@example.com" for number in range(3 * CHUNK)]
OUTAGE_S = 2.0
SMALL_DISK_BYTES = 64 << 20


class Watch:
    """Uses an installation while its database is out of order, and notes every answer."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.product = desk, desk.product
        self.hook: str = self.product.get(f"/accounts/{desk.account_id}")["webhookUrl"]
        self.stored = self._contacts()
        self.answers: dict[str, list[tuple[int, str | None]]] = {"write": [], "read": [], "webhook": []}

    def look(self) -> None:
        """A write, a read, a webhook."""
        written = self.product.request("POST", "/contacts", {"name": "Новый", "emails": ["new@example.com"]})
        self.stored += written.status_code == 201
        self._note("write", written)
        self._note("read", self.product.request("GET", "/contacts", params={"limit": 1}))
        body = signed([], self.desk.simulator.api_key)
        self._note("webhook", httpx.post(self.hook, content=body, timeout=WITHIN_S))

    def _note(self, what: str, answer: httpx.Response) -> None:
        code = answer.json().get("code") if what != "webhook" and answer.status_code >= 400 else None
        self.answers[what].append((answer.status_code, code))

    def _contacts(self) -> int:
        return int(self.product.get("/contacts", limit=1)["total"])

    def nothing_by_halves(self) -> None:
        """What was answered 201 is stored, and nothing else."""
        assert self._contacts() == self.stored

    def ready(self) -> bool:
        """What the installation says of itself."""
        return httpx.get(f"{self.product.address}/readyz", timeout=WITHIN_S).status_code == 200


@pytest.fixture
def launching(desk: Desk, simulator: Simulator) -> Iterator[tuple[Watch, str]]:
    """An installation that hands a campaign over to a service that takes its time."""
    desk.product.tolerates = ("sqlalchemy.exc.", "OperationalError", "InternalError", "psycopg.errors.")
    desk.prepare(READERS)
    watch = Watch(desk)
    simulator.fault("*", "delay", seconds=0.08, times=100_000)
    campaign_id = desk.send("В тяжёлый час")
    until(lambda: desk.card(campaign_id)["progress"]["steps"]["exported"] > 0, "the launch is under way")
    yield watch, campaign_id
    watch.nothing_by_halves()
    desk.settle([campaign_id])
    assert simulator.written(campaign_id) == once(READERS)
    assert desk.deliveries(campaign_id) == desk.deliveries_at_service(campaign_id)
    assert simulator.calls("createCampaign") == 1
    assert desk.product.get("/webhooks", state="failed")["items"] == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_full_disk_is_said_and_the_launch_goes_on_when_there_is_room(launching: tuple[Watch, str]) -> None:
    watch, _ = launching
    with full_disk(watch.product.pid):
        _for(OUTAGE_S, watch.look)
        assert not watch.ready()
    assert set(watch.answers["write"]) == {(503, "database_unavailable")}
    assert set(watch.answers["webhook"]) == {(503, None)}
    assert set(watch.answers["read"]) == {(200, None)}
    assert watch.ready()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own on which an installation has a little room left."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_BYTES}", "vestnik-test", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no disk may be mounted, so a REAL full disk is not tested here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_without_room_is_said_nothing_acknowledged_is_lost_and_room_mends_it(
    small_disk: Path,
) -> None:
    with installed(small_disk) as product:
        product.tolerates = ("sqlalchemy.exc.", "OperationalError", "database_unavailable")
        ready = f"{product.address}/readyz"
        acknowledged = 0
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 200_000))
        while (answer := _write(product, acknowledged)).status_code == 201:
            acknowledged += 1
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        until(lambda: httpx.get(ready, timeout=WITHIN_S).status_code == 503, "it says that it is not ready")
        assert httpx.get(ready, timeout=WITHIN_S).json()["checks"]["database"]["ok"] is True
        assert product.get("/contacts", limit=1)["total"] == acknowledged > 0

        ballast.unlink()
        until(lambda: httpx.get(ready, timeout=WITHIN_S).status_code == 200, "it is ready by itself")
        assert _write(product, acknowledged).status_code == 201
        product.kill()
        product.start()
        assert product.get("/contacts", limit=1)["total"] == acknowledged + 1


def _write(product: Product, number: int) -> httpx.Response:
    """Store a contact with a long name."""
    name = f"{number} " + "длинное имя " * 16
    return product.request("POST", "/contacts", {"name": name, "emails": [f"full{number}@example.com"]})


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_connections_cut_again_and_again_lose_nothing(
    launching: tuple[Watch, str], administrator: Administrator
) -> None:
    watch, _ = launching

    def look() -> None:
        administrator.cut()
        watch.look()

    _for(OUTAGE_S, look)
    assert {status for status, _ in watch.answers["read"]} <= {200, 503}
    assert {status for status, _ in watch.answers["write"]} <= {201, 503}
    assert {status for status, _ in watch.answers["webhook"]} <= {200, 503}
    assert (201, None) in watch.answers["write"]
    assert watch.ready()


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_database_that_became_a_standby_is_said_and_the_launch_goes_on_afterwards(
    launching: tuple[Watch, str], administrator: Administrator
) -> None:
    watch, _ = launching
    administrator.take_writes(False)
    _for(OUTAGE_S, watch.look)
    assert not watch.ready()
    administrator.take_writes(True)
    assert set(watch.answers["write"]) == {(503, "database_unavailable")}
    assert set(watch.answers["webhook"]) == {(503, None)}
    assert set(watch.answers["read"]) == {(200, None)}
    assert watch.ready()


class Administrator:
    """Who looks after the PostgreSQL server."""

    def __init__(self, connection: psycopg.Connection[Any], name: str) -> None:
        self._connection, self._name = connection, name

    def cut(self) -> None:
        """Cut every connection to the database."""
        statement = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        self._connection.execute(statement, [self._name])

    def take_writes(self, writes: bool) -> None:
        """Make the database what a standby is, or a primary again."""
        read_only = "off" if writes else "on"
        self._connection.execute(
            f'ALTER DATABASE "{self._name}" SET default_transaction_read_only = {read_only}'
        )
        self.cut()


@pytest.fixture
def administrator(postgresql_server: str, empty_database_url: str) -> Iterator[Administrator]:
    """A connection of its own."""
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        yield Administrator(connection, str(sa.make_url(empty_database_url).database))


@contextmanager
def full_disk(pid: int) -> Iterator[None]:
    """Let no file of a process grow: what a disk without room does to it."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


def _for(seconds: float, act: Callable[[], None]) -> None:
    """Act again and again for a while, at least three times."""
    deadline, times = time.monotonic() + seconds, 0
    while time.monotonic() < deadline or times < 3:
        act()
        times += 1
