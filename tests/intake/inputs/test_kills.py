"""`kill -9` between storing and reading: every acknowledged input becomes exactly one lead."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter as Counted
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.intake.inputs.conftest import Counter

from vestnik.db import now
from vestnik.intake.inputs.tables import input_table

pytestmark = pytest.mark.slow

KILLS = 8
SEED = os.environ.get("VESTNIK_FAULT_SEED", "1")
CHILD = Path(__file__).with_name("taking_child.py")


def killed(url: str, folder: Path, name: str, after: int) -> list[int]:
    """What a process acknowledged before it was killed, some time after so many."""
    command = [sys.executable, str(CHILD), url, str(folder), name]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(after)]
        process.kill()
        rest = process.stdout.read().split(b"\n")[:-1]  # what the pipe still held; a half line was not said
    return acknowledged + [int(line) for line in rest]


async def test_every_acknowledged_input_becomes_exactly_one_lead(
    counter: Counter, database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(SEED)  # noqa: S311
    acknowledged: list[int] = []
    for number in range(KILLS):
        acknowledged += killed(database_url, tmp_path, str(number), chance.randrange(1, 120))
    waiting = sum(row.state == "new" for row in await counter.desk.rows(sa.select(input_table.c.state)))

    # A dead process's lease would end in some minutes; the next start on SQLite does not wait for it.
    await counter.desk.do(
        sa.update(input_table).where(input_table.c.state == "new").values(next_at=now(), attempts=0)
    )
    await counter.inputs.work()

    leads = await counter.leads()
    of_input = Counted(lead.input_id for lead in leads)
    assert {of_input[input_id] for input_id in acknowledged} == {1}
    assert set(of_input.values()) == {1}
    assert [lead.number for lead in leads] == list(range(1, len(leads) + 1))
    titles = Counted(lead.title for lead in leads)
    assert set(titles.values()) == {1}
    print(f"{len(acknowledged)} acknowledged, {len(leads)} leads, {waiting} waited for the next process")
