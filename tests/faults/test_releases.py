"""A release that can't go on with another one's steps takes its place in the middle of a campaign."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path

import pytest
from tests.faults.product import CHUNK, Desk, Product, Simulator, once
from tests.processes import Command, Running, until

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_kind", ["postgresql"])]

VERSIONED = Path(__file__).parents[1] / "versioned.py"
READERS = [f"reader{number}+read@example.com" for number in range(4 * CHUNK)]
CHUNKS = len(READERS) // CHUNK
#: How long the service takes over a call.
LATENCY_S = 0.2


class Earlier(Command):
    """The program of a release whose workflows have another version."""

    def start(self, *arguments: str) -> Running:
        """The command, running."""
        return Running([sys.executable, str(VERSIONED), "0", *arguments], self.environ, self.address)


def with_earlier_release(product: Product, folder: Path, database_url: str) -> Product:
    """Another host of an installation, which was not updated yet."""
    other = Product(folder, database_url)
    other.data_dir.mkdir(parents=True, mode=0o700)
    shutil.copy(product.data_dir / "secret.key", other.data_dir)
    other.command = Earlier(other.data_dir, database_url, VESTNIK_PORT=str(other.command.port))
    other.api.headers = product.api.headers
    return other


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_a_campaign_begun_by_an_earlier_release_is_ended_by_the_later_one(
    desk: Desk, simulator: Simulator, empty_database_url: str, tmp_path: Path, by: signal.Signals
) -> None:
    desk.prepare(READERS)
    simulator.client.delete("requests")
    simulator.fault("*", "delay", seconds=LATENCY_S, times=100_000)
    earlier = with_earlier_release(desk.product, tmp_path / "earlier", empty_database_url)
    try:
        earlier.start()
        campaign_id = desk.draft("При смене выпуска")
        earlier.post(f"/campaigns/{campaign_id}/send", {})
        until(
            lambda: desk.card(campaign_id)["progress"]["steps"]["exported"] > 0, "the first are handed over"
        )
        earlier.end(by)
        desk.settle([campaign_id])
    finally:
        earlier.close()

    card = desk.card(campaign_id)
    assert (card["state"], card["run"], card["figures"]["handedOver"]) == ("sent", 2, len(READERS))
    assert simulator.written(campaign_id) == once(READERS)
    assert simulator.get("state")["twice"] == 0
    assert simulator.calls("createCampaign") == simulator.calls("createEmailMessage") == 1
    cut_short = 0 if by == signal.SIGTERM else 1
    assert simulator.calls("importContacts") <= 2 * CHUNKS + cut_short
    assert earlier.faults_in_log() == []
