"""docs/scaling.md: its figures are those of the benchmarks and of the code, and its arithmetic comes out."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.docs.blocks import blocks
from tests.docs.documents import rows, section, text_of

from vestnik.sandbox.values import Limits, SandboxOptions
from vestnik.webhooks.door import ANSWER_WITHIN_S

TEXT = text_of("docs/scaling.md")
MEASURED = text_of("docs/benchmarks.md")


def test_what_one_process_does_is_what_was_measured() -> None:
    _, *lines = rows(section(TEXT, "What one process does"))
    figures = [figure for cells in lines for figure in cells[1:3] if figure]
    assert len(figures) >= 12
    assert [figure for figure in figures if not re.search(rf"(?<![\d,.]){figure}(?![\d,])", MEASURED)] == []


def test_the_arithmetic_prints_what_stands_below_it() -> None:
    program, printed = (block.text for block in blocks(section(TEXT, "The arithmetic")))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == printed


def test_a_service_that_takes_one_address_a_request_needs_that_long() -> None:
    assert round(1_000_000 / 1_200 / 60) == 14
    assert "14 hours" in " ".join(TEXT.split())


def test_connections_and_workers_are_those_of_the_code() -> None:
    told = " ".join(TEXT.split())
    assert "opens up to 28," in told
    assert "each opens up to 28 connections" in " ".join(text_of("docs/operations.md").split())
    assert ANSWER_WITHIN_S == 2.5
    assert (Limits().memory_bytes >> 20, SandboxOptions().workers) == (128, 8)


def test_every_metric_that_is_named_is_one() -> None:
    named = set(re.findall(r"`(vestnik_\w+)`", TEXT))
    assert named <= set(re.findall(r"^\| `(vestnik_\w+)`", text_of("docs/operations.md"), re.MULTILINE))
