"""A later release has migrated, or is about to, while processes of this one run."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.app.conftest import Start
from tests.db.test_survival import later_release
from tests.processes import Command

from vestnik.db.database import write_engine
from vestnik.db.migrate import own_revision, schema_of

pytestmark = pytest.mark.slow

KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="


def test_a_process_starts_on_what_a_later_release_expanded_and_on_nothing_else(
    empty_database_url: str, tmp_path: Path, start: Start
) -> None:
    command = Command(tmp_path / "data", empty_database_url)
    assert command.run("db", "migrate").returncode == 0
    later_release(empty_database_url, oldest=None)

    checked = command.run("db", "check")
    assert (checked.returncode, "this one may work on it" in checked.stderr) == (0, True)
    assert command.json("doctor")[1]["ok"]["schema"] is True
    for name in ("serve", "up"):
        server = start(command, name)
        server.line("later release has migrated the database")
        server.line("First start")
        with server.client() as client:
            checks = client.get("/readyz").json()["checks"]
            assert checks["migration"]["ok"] is True
        assert server.stop() == 0
    assert schema_of(empty_database_url) == "newer"

    later_release(empty_database_url, oldest="9998", column="another")
    for arguments in (["serve"], ["up"], ["db", "migrate"], ["db", "check"]):
        refused = command.run(*arguments)
        words = (
            "to schema 9999, which needs a program of schema 9998 or later, "
            f"and this one is of {own_revision()}: start that release, or a later one."
        )
        assert (refused.returncode, words in " ".join(refused.stderr.split())) == (1, True)
    assert command.json("doctor")[1]["database"]["schema"] == "too_new"


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_what_an_older_process_would_not_survive_is_migrated_when_none_runs(
    empty_database_url: str, tmp_path: Path, start: Start
) -> None:
    running = Command(tmp_path / "running", empty_database_url, VESTNIK_SECRET_KEY=KEY)
    other = Command(tmp_path / "other", empty_database_url, VESTNIK_SECRET_KEY=KEY)
    server = start(running, "up")
    server.line("First start")
    assert other.run("db", "migrate").returncode == 0  # there is nothing to do, so nobody is in the way
    earlier_release(empty_database_url)

    refused = other.run("db", "migrate")
    assert refused.returncode == 1
    assert "would not survive what is to be migrated (0030)" in refused.stderr
    assert schema_of(empty_database_url) == "older"

    assert server.stop() == 0
    done = other.run("db", "migrate")  # at once: who has just ended is waited for
    assert (done.returncode, schema_of(empty_database_url)) == (0, "current"), done.stderr


def earlier_release(url: str) -> None:
    """Have the database look as if the release before migration 0030 had made it."""
    engine = write_engine(sa.make_url(url))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE schema_compatibility"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0029'"))
    engine.dispose()
