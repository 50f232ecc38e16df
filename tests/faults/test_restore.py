"""Backups made in the middle of work, restored: everything is there, nothing goes out twice."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from tests.db.transfer.filled import digests, fill
from tests.faults.product import CHUNK, Desk, Product, Simulator, once
from tests.processes import Command, until

from vestnik.db.migrate import migrate, schema_of
from vestnik.db.transfer.archive import ArchiveSource
from vestnik.db.transfer.moving import Place, reading

pytestmark = pytest.mark.slow

READERS = [f"reader{number}+read@example.com" for number in range(3 * CHUNK)]
#: Rows of a table that takes a moment to copy.
MANY = 400_000
#: How long the service takes to create a campaign: longer than a backup.
IN_CREATION_S = 12.0
#: What a restore changes by itself.
HELD = {"campaign", "campaign_history", "campaign_repeat"}


class Load:
    """Writes contacts one after another, and knows which were acknowledged."""

    def __init__(self, product: Product) -> None:
        self.acknowledged: list[str] = []
        self._product, self._ended = product, threading.Event()
        self._thread = threading.Thread(target=self._write)

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._ended.set()
            self._thread.join()

    def _write(self) -> None:
        while not self._ended.is_set():
            name = f"load{len(self.acknowledged)}@example.com"
            self._product.post("/contacts", {"name": name, "emails": [name]})
            self.acknowledged.append(name)


def place(url: str, data_dir: Path) -> Place:
    """A database, and the recordings in the data folder where it is SQLite."""
    made = sa.make_url(url)
    return Place(made, data_dir / "recordings" if made.get_backend_name() == "sqlite" else None)


def test_a_backup_under_load_holds_what_was_acknowledged_and_is_restored_whole(
    product: Product, empty_database_url: str, tmp_path: Path
) -> None:
    load, file = Load(product), tmp_path / "backup.vestnik"
    with load.running():
        until(lambda: len(load.acknowledged) >= 20, "contacts are written")
        before = len(load.acknowledged)
        made = product.command.run("backup", str(file), "--with-key")
        after = len(load.acknowledged)
        until(lambda: len(load.acknowledged) > after, "the server writes on")
    assert made.returncode == 0, made.stderr
    held = digests(ArchiveSource(file))
    assert before <= held["contact"][0] <= after + 1
    product.end()

    elsewhere = Command(tmp_path / "elsewhere")
    refused = product.command.run("restore", str(file))
    assert (refused.returncode, "is not empty" in refused.stderr) == (1, True)
    unasked = product.command.run("restore", str(file), "--replace", given="yes\n")
    assert (unasked.returncode, "nothing was changed" in unasked.stderr) == (1, True)
    assert elsewhere.run("restore", str(file)).returncode == 0
    replaced = product.command.run("restore", str(file), "--replace", given="replace\n")
    assert replaced.returncode == 0, replaced.stderr
    assert (tmp_path / "elsewhere" / "secret.key").read_bytes() == (
        product.data_dir / "secret.key"
    ).read_bytes()
    new = f"sqlite:///{tmp_path / 'elsewhere' / 'vestnik.db'}"
    for url, folder in ((new, tmp_path / "elsewhere"), (empty_database_url, product.data_dir)):
        with reading(place(url, folder)) as rows:
            assert digests(rows) == held

    product.start()
    page = product.get("/contacts", limit=1)
    assert page["total"] == held["contact"][0]
    for name in load.acknowledged[:before]:
        assert product.get("/contacts", search=name)["total"] == 1, name


def test_nothing_that_went_out_since_the_backup_goes_out_again(
    desk: Desk, product: Product, simulator: Simulator, empty_database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.vestnik"
    desk.prepare(READERS)
    weekly = {"every": "week", "day": 0, "atTime": "10:00", "zone": "Europe/Moscow", "enabled": True}
    product.call("PUT", f"/campaigns/{desk.draft('Каждую неделю')}/repeat", weekly)
    at_last_step, later = desk.draft("На последнем шаге"), desk.draft("По расписанию")
    simulator.fault("createCampaign", "delay", seconds=IN_CREATION_S)
    desk.act(at_last_step, "send", {})
    at = datetime.now(UTC) + timedelta(seconds=IN_CREATION_S)
    desk.act(later, "send", {"at": at.isoformat()})
    until(lambda: desk.card(at_last_step)["progress"]["creating"], "the service is asked to create it")
    made = product.command.run("backup", str(file))
    assert made.returncode == 0, made.stderr
    assert desk.card(at_last_step)["progress"]["creating"]  # so it was when the backup was made

    simulator.mend()
    desk.settle([at_last_step, later])
    sent = {campaign_id: simulator.written(campaign_id) for campaign_id in (at_last_step, later)}
    assert sent == dict.fromkeys(sent, once(READERS))
    created = simulator.calls("createCampaign")
    product.end()

    restored = product.command.run("restore", str(file), "--replace", given="replace\n")
    assert restored.returncode == 0, restored.stderr
    assert "Paused, for they may have gone out since: “По расписанию”." in restored.stderr
    assert "To be looked for at the service: “На последнем шаге”." in restored.stderr
    assert "Repeats that rest: “Каждую неделю”." in restored.stderr
    with reading(place(empty_database_url, product.data_dir)) as rows:
        now_there, held = digests(rows), digests(ArchiveSource(file))
    assert {name for name in held if now_there[name] != held[name]} <= HELD

    product.start()
    desk.follow(at_last_step, "sent")  # the service was asked, and has it
    card = desk.card(later)
    assert (card["state"], card["reason"]["code"]) == ("paused", "restored")
    [rhythm] = product.get("/campaigns/repeats")["items"]
    assert rhythm["enabled"] is False
    desk.act(later, "cancel")
    assert {each: simulator.written(each) for each in sent} == sent
    assert simulator.calls("createCampaign") == created


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_copy_that_is_killed_leaves_nothing_and_the_next_one_is_whole(
    empty_database_url: str, tmp_path: Path
) -> None:
    source = f"sqlite:///{tmp_path / 'data' / 'vestnik.db'}"
    migrate(source)
    fill(source)
    engine = sa.create_engine(source)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO message SELECT 1, 'm' || i, i, 1 FROM n",
            (MANY,),
        )
    engine.dispose()
    command = Command(tmp_path / "data")
    running = command.start("db", "copy", "--to", empty_database_url)
    running.line("message: 100,000")
    assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: _nobody_is_on(empty_database_url), "PostgreSQL notices that nobody is there")
    assert schema_of(empty_database_url) == "missing"
    done = command.run("db", "copy", "--to", empty_database_url)
    assert done.returncode == 0, done.stderr
    data_dir = tmp_path / "data"
    with reading(place(source, data_dir)) as before, reading(place(empty_database_url, data_dir)) as after:
        assert digests(before) == digests(after)


def _nobody_is_on(url: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchone()
    return found == (1,)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_nothing_is_copied_or_restored_while_a_server_runs(product: Product, tmp_path: Path) -> None:
    copied = product.command.run("db", "copy", "--to", f"sqlite:///{tmp_path / 'copy.db'}")
    assert (copied.returncode, "a server is running on" in copied.stderr) == (1, True)
    file = tmp_path / "backup.vestnik"
    assert product.command.run("backup", str(file)).returncode == 0
    again = product.command.run("backup", str(file))
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    restored = product.command.run("restore", str(file), "--replace")
    assert (restored.returncode, "a server is running on" in restored.stderr) == (1, True)
    assert not (tmp_path / "copy.db").exists()
