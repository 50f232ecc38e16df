"""The child process that reads a file: a job comes by stdin, frames go by stdout, the file is a descriptor.

Reading a file is work for the processor: in the server it would hold up everybody's answers.
"""

from __future__ import annotations

import itertools
import os
import resource
import struct
import sys
from collections.abc import Sequence
from typing import BinaryIO
from zoneinfo import ZoneInfo

import msgspec

from vestnik.contacts.imports import stop_rows
from vestnik.contacts.imports.files import Unreadable, all_rows, inspect
from vestnik.contacts.imports.mapping import RowReader, guess
from vestnik.contacts.imports.rows import BATCH_ROWS, Batch, Failed, Frame, Inspected, Job, Row, Told
from vestnik.contacts.imports.stop_rows import StopReader

MEMORY_BYTES = 2 << 30
_NICENESS = 5
_encode = msgspec.msgpack.Encoder().encode


def main() -> None:
    """Do one job."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    out = sys.stdout.buffer
    with os.fdopen(job.file, "rb") as file:
        try:
            if job.kind == "inspect":
                _send(out, Told(_inspected(file, job)))
            else:
                _rows(out, file, job)
        except Unreadable as unreadable:
            _send(out, Failed(unreadable.code, unreadable.row, unreadable.limit))
        except MemoryError:
            _send(out, Failed("too_large_unpacked"))


def _inspected(file: BinaryIO, job: Job) -> Inspected:
    found = inspect(file, job.reading)
    width = len(found.columns)
    targets = _guessed(found, job) if job.columns is None else [*job.columns[:width]]
    reader = _reader(job, targets, found.columns)
    found.targets = [*targets, *(None for _ in range(width - len(targets)))]
    found.taken = [
        reader.read(number, cells) for number, cells in enumerate(found.rows, 1 + found.reading.header)
    ]
    return found


def _guessed(found: Inspected, job: Job) -> list[str | None]:
    if job.purpose == "suppression":
        return stop_rows.guess(found.columns, found.rows)
    return guess(found.columns, found.rows, job.called)


def _reader(job: Job, columns: Sequence[str | None], titles: Sequence[str]) -> RowReader | StopReader:
    if job.purpose == "suppression":
        return StopReader(columns, titles, ZoneInfo(job.zone))
    return RowReader(columns, titles, job.fields, job.owners)


def _rows(out: BinaryIO, file: BinaryIO, job: Job) -> None:
    if job.reading is None:
        raise ValueError("a job that reads rows says how")
    rows = all_rows(file, job.reading)
    titles = next(rows, []) if job.reading.header else []
    reader = _reader(job, job.columns or (), titles)
    first = job.start + 1 + job.reading.header
    end = None if job.limit is None else job.start + job.limit
    batch: list[Row] = []
    for number, cells in enumerate(itertools.islice(rows, job.start, end), first):
        batch.append(reader.read(number, cells))
        if len(batch) == BATCH_ROWS:
            _send(out, Batch(batch))
            batch = []
    if batch:
        _send(out, Batch(batch))


def _send(out: BinaryIO, frame: Frame) -> None:
    data = _encode(frame)
    out.write(struct.pack(">I", len(data)))
    out.write(data)
    out.flush()


if __name__ == "__main__":
    main()
