"""The cable to PostgreSQL is cut and mended: it is said in time, nothing hangs, nobody gets two letters."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.faults.conftest import at_service, installed
from tests.faults.network import Cable, at_the_end_of_a_cable
from tests.faults.product import CHUNK, Desk, once
from tests.processes import WITHIN_S, until

from vestnik.db.connections import CONNECT_S, UNANSWERED_S
from vestnik.http.machines import CHECK_S

pytestmark = pytest.mark.slow

READERS = [f"reader{number}+read@example.com" for number in range(3 * CHUNK)]
#: What a slow machine takes on top.
SLACK_S = 3.0


@pytest.fixture
def cable() -> Iterator[Cable]:
    """A server of PostgreSQL, and the cable to it."""
    with at_the_end_of_a_cable() as cable:
        yield cable


def test_a_cut_cable_is_said_in_time_and_work_goes_on_when_it_is_mended(cable: Cable, tmp_path: Path) -> None:
    with installed(tmp_path, cable.url) as product, at_service(tmp_path) as simulator:
        desk = Desk(product, simulator)
        desk.prepare(READERS)
        product.tolerates = ("sqlalchemy.exc.", "OperationalError", "psycopg.errors.", "DBOS", "dbos")
        simulator.fault("*", "delay", seconds=0.08, times=100_000)
        campaign_id = desk.send("Через обрыв")
        until(lambda: desk.card(campaign_id)["progress"]["steps"]["exported"] > 0, "the launch is under way")
        stored = product.get("/contacts", limit=1)["total"]

        cable.cut()
        for _ in range(2):
            status, seconds = asked(f"{product.address}/readyz")
            assert status == 503 and seconds < CHECK_S + SLACK_S
        body = {"name": "Новый", "emails": ["new@example.com"]}
        begun = time.monotonic()
        written = product.request("POST", "/contacts", body)
        read = product.request("GET", "/contacts")
        took = time.monotonic() - begun
        assert (written.status_code, written.json()["code"]) == (503, "database_unavailable")
        assert (read.status_code, read.json()["code"]) == (503, "database_unavailable")
        assert took < 2 * (UNANSWERED_S + CONNECT_S + SLACK_S)
        assert asked(f"{product.address}/healthz")[0] == 200

        cable.mend()
        begun = time.monotonic()
        until(lambda: asked(f"{product.address}/readyz")[0] == 200, "it is ready again")
        assert time.monotonic() - begun < UNANSWERED_S + CONNECT_S + SLACK_S
        until(lambda: product.request("POST", "/contacts", body).status_code == 201, "it is written")
        assert product.get("/contacts", limit=1)["total"] == stored + 1
        desk.settle([campaign_id])
        assert simulator.written(campaign_id) == once(READERS)
        assert simulator.calls("createCampaign") == 1
    until(lambda: cable.connections() == 0, "the server has let go of the connections that were cut")


def asked(address: str) -> tuple[int, float]:
    """The status of an answer, and how long it took."""
    begun = time.monotonic()
    status = httpx.get(address, timeout=WITHIN_S).status_code
    return status, time.monotonic() - begun
