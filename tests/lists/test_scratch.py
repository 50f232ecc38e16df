"""The scratch file: who may read it, when it counts as lost, and what a killed process leaves of it."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vestnik.contacts.addresses import normalise
from vestnik.contacts.errors import InvalidAddress
from vestnik.lists.applying import Applied, Batch, next_batch
from vestnik.lists.difference import differ, forget_people, keep_people
from vestnik.lists.planning_job import Job, Statement
from vestnik.lists.scratch import Held, Op, Scratch, ScratchLost, listed_form, remove
from vestnik.lists.scratch_file import open_file

TOKEN = "of this plan"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "syncs" / "5.db"


def planned(path: Path) -> Scratch:
    """A file with a plan: two to take out, three to add, two held back."""
    with Scratch.create(path, TOKEN) as made:
        made.stage(
            [("A@example.ru", "subscribed"), ("b@example.ru", "subscribed"), ("f@example.ru", "pending")]
        )
    rows = [(n, f"{letter}@example.ru", "ok", n) for n, letter in enumerate("cdef", 1)]
    with closing(open_file(path, TOKEN)) as connection:
        forget_people(connection)
        keep_people(connection, [*rows, (9, None, "no_address", 9)])
        differ(connection, Job(str(path), TOKEN, "exact", people=Statement("", {})))
    return Scratch.open(path, TOKEN)


def test_nobody_else_may_read_the_file_or_its_folder(path: Path) -> None:
    with Scratch.create(path, TOKEN) as scratch:
        scratch.stage([("a@example.ru", "subscribed")])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_file_is_opened_again_with_what_was_staged(path: Path) -> None:
    with Scratch.create(path, TOKEN) as scratch:
        scratch.stage([("a@example.ru", "subscribed")])
    with Scratch.open(path, TOKEN) as scratch:
        scratch.stage([("b@example.ru", "subscribed")])
        assert scratch.staged_rows() == 2
        scratch.clear_staged()
        assert scratch.staged_rows() == 0


def test_making_the_file_anew_forgets_what_was_in_it(path: Path) -> None:
    with Scratch.create(path, "earlier") as scratch:
        scratch.stage([("a@example.ru", "subscribed")])
    with Scratch.create(path, TOKEN) as scratch:
        assert scratch.staged_rows() == 0


def test_a_file_that_is_not_there_is_lost(path: Path) -> None:
    with pytest.raises(ScratchLost):
        Scratch.open(path, TOKEN)


def test_a_file_of_another_plan_is_lost(path: Path) -> None:
    Scratch.create(path, "another").close()
    with pytest.raises(ScratchLost, match=r"^5\.db belongs to another plan$"):
        Scratch.open(path, TOKEN)


def test_a_file_of_before_the_machines_last_start_is_lost(path: Path) -> None:
    Scratch.create(path, TOKEN).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE about SET boot = 'an earlier one'")
    with pytest.raises(ScratchLost, match=r"^5\.db belongs to another plan$"):
        Scratch.open(path, TOKEN)


def test_a_file_of_another_layout_is_lost(path: Path) -> None:
    Scratch.create(path, TOKEN).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=0")
    with pytest.raises(ScratchLost, match=r"^5\.db has another layout$"):
        Scratch.open(path, TOKEN)


@pytest.mark.parametrize("left", [b"", b"no database at all" * 500])
def test_a_damaged_file_is_lost(path: Path, left: bytes) -> None:
    Scratch.create(path, TOKEN).close()
    path.write_bytes(left)
    with pytest.raises(ScratchLost):
        Scratch.open(path, TOKEN)


def test_a_file_whose_pages_are_damaged_is_lost_when_they_are_read(path: Path) -> None:
    with planned(path) as scratch:
        assert scratch.op_counts() == {"add": 3, "remove": 2}
    data = bytearray(path.read_bytes())
    for place in range(4096, len(data)):
        data[place] = 0xA5
    path.write_bytes(data)
    with pytest.raises(ScratchLost):
        Scratch.open(path, TOKEN).ops(0, 10)


def test_a_file_that_is_deleted_while_it_is_open_is_lost(path: Path) -> None:
    with Scratch.create(path, TOKEN) as scratch:
        remove(path)
        with pytest.raises(ScratchLost):
            scratch.stage([("a@example.ru", "subscribed")])


def test_a_process_that_is_killed_half_way_leaves_what_it_had_staged_before(path: Path) -> None:
    with Scratch.create(path, TOKEN) as scratch:
        scratch.stage([(f"{n}@example.ru", "subscribed") for n in range(20_000)])
    half_way = (
        "import sys, time, pathlib\n"
        "from vestnik.lists.scratch_file import open_file\n"
        "connection = open_file(pathlib.Path(sys.argv[1]), sys.argv[2])\n"
        "connection.execute('PRAGMA cache_size=10')\n"  # so that much of it is in the file already
        "connection.execute('BEGIN')\n"
        "connection.execute('UPDATE staged SET strength = 4')\n"
        "connection.execute('DELETE FROM staged WHERE rowid % 2')\n"
        "print('half way', flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", half_way, str(path), TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half way\n"
        assert path.with_name("5.db-journal").stat().st_size > 0
        os.kill(writer.pid, signal.SIGKILL)
    with closing(open_file(path, TOKEN)) as connection:
        counted = connection.execute("SELECT count(*), sum(strength) FROM staged").fetchone()
    assert counted == (20_000, 0)


def test_removing_takes_the_journal_along_and_may_be_repeated(path: Path) -> None:
    Scratch.create(path, TOKEN).close()
    path.with_name("5.db-journal").touch()
    remove(path)
    remove(path)
    assert list(path.parent.iterdir()) == []


def test_held_people_come_page_by_page(path: Path) -> None:
    with planned(path) as scratch:
        [first] = scratch.held(limit=1)
        assert first == Held(first.number, 9, None, "no_address")
        [second] = scratch.held(after=first.number, limit=5)
        assert second == Held(second.number, 4, "f@example.ru", "at_service_pending")
        assert scratch.held(verdict="at_service_pending", limit=5) == [second]
        assert scratch.held(verdict="plan_limit", limit=5) == []


def test_batches_are_of_one_side_and_removals_come_first(path: Path) -> None:
    with planned(path) as scratch:
        sizes = []
        at = 0
        while batch := next_batch(scratch, at, 2):
            sizes.append((batch.kind, [each.called for each in batch.ops], batch.last))
            at = batch.last
    assert sizes == [
        ("remove", ["A@example.ru", "b@example.ru"], 2),
        ("add", ["c@example.ru", "d@example.ru"], 4),
        ("add", ["e@example.ru"], 5),
    ]


def test_a_batch_is_named_by_the_service_as_it_likes_and_its_strangers_are_left_out() -> None:
    ops = [
        Op(7, "add", "anna@example.ru", "anna@example.ru", 1),
        Op(8, "add", "boris@example.ru", "Boris@Example.ru", 2),
    ]
    batch = Batch("add", ops, 8)
    assert batch.of([" ANNA@example.ru ", "nobody@example.ru"]) == ops[:1]
    assert batch.of(["boris@example.ru"]) == ops[1:]
    assert batch.without({1}) == Batch("add", ops[1:], 8)
    assert Applied(to=6, added=1, removed=3).after(batch.without({1}), late=1, rejected=1) == Applied(
        to=8, added=1, removed=3, rejected=1, late=1
    )


@given(
    st.text("abzAZ09._+-", min_size=1, max_size=8),
    st.sampled_from(["example.ru", "Example.COM", "пример.рф", "Пример.РФ", "xn--e1afmkfd.xn--p1ai", "a.de"]),
)
@example("Anna", "xn--e1afmkfd.xn--p1ai")
@example("иван", "пример.рф")
def test_the_form_of_a_listed_address_is_the_one_that_contacts_have(local: str, domain: str) -> None:
    raw = f" {local}@{domain} "
    try:
        expected = normalise("email", raw).normalised
    except InvalidAddress:
        return
    assert listed_form(raw) == expected


def test_what_can_be_no_address_is_compared_in_lower_case() -> None:
    assert listed_form(" Не адрес ") == "не адрес"
