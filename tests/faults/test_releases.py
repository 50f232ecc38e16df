"""Two releases on one database: one works on what the other expanded, and ends what the other began."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.faults.product import CHUNK, Desk, Product, Simulator, once
from tests.processes import Command, Running, until

import vestnik.tables  # noqa: F401
from vestnik.db.database import write_engine
from vestnik.db.migrate import schema_of
from vestnik.db.statements import metadata

pytestmark = pytest.mark.slow

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


@pytest.mark.parametrize("database_kind", ["postgresql"])
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


def test_a_release_does_its_whole_job_on_tables_that_a_later_one_expanded(
    simulator: Simulator, empty_database_url: str, tmp_path: Path
) -> None:
    product = Product(tmp_path, empty_database_url)
    assert product.command.run("db", "migrate").returncode == 0
    expand_every_table(empty_database_url)
    assert schema_of(empty_database_url) == "newer"
    try:
        product.found()
        desk = Desk(product, simulator)
        desk.prepare(READERS)
        (contact_id,), _ = desk.gather(["anna@example.com"])
        product.call("PATCH", f"/contacts/{contact_id}", {"name": "Анна"})
        assert product.get(f"/contacts/{contact_id}")["name"] == "Анна"
        campaign_id = desk.send("На новых таблицах")
        desk.settle([campaign_id])
        assert desk.deliveries(campaign_id) == desk.deliveries_at_service(campaign_id)
        assert simulator.written(campaign_id) == once(READERS)
    finally:
        product.close()
    assert product.faults_in_log() == []


def expand_every_table(url: str) -> None:
    """Migrate as a later release does: more columns everywhere, and a table that refers to a known one."""
    engine = write_engine(sa.make_url(url))
    with engine.begin() as connection:
        for name in metadata.tables:
            connection.execute(sa.text(f"ALTER TABLE {name} ADD COLUMN of_later TEXT"))
            connection.execute(sa.text(f"ALTER TABLE {name} ADD COLUMN later_yet INTEGER NOT NULL DEFAULT 7"))
        connection.execute(
            sa.text(
                "CREATE TABLE later_page (id BIGINT PRIMARY KEY, "
                "contact_id BIGINT REFERENCES contact (id) ON DELETE CASCADE)"
            )
        )
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
