"""One input to be read: here at once when it is small, in a child process when it is not."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from vestnik import children
from vestnik.intake.parsing.classic import CLASSIC, read_classic, with_person
from vestnik.intake.parsing.documents import Context, read_decoded, refused
from vestnik.intake.parsing.forms import read_request
from vestnik.intake.parsing.letters import read_letter
from vestnik.intake.parsing.names import Names
from vestnik.intake.parsing.reading import Reading
from vestnik.intake.parsing.showing import SHOWN_CHARACTERS, Shown, show_letter, show_request
from vestnik.intake.parsing.texts import Decoded

#: What is not larger is read in well under 20 ms.
AT_ONCE_BYTES = 32_768
CHILD_S = 90.0
#: Large inputs that are read side by side in one process.
CHILDREN = 2
READING_BYTES = 64_000_000

_PLACES = asyncio.Semaphore(CHILDREN)


class Job(msgspec.Struct, frozen=True):
    """An input and how to read it. `correction`: the document as a person mended it."""

    kind: Literal["letter", "request", "classic"]
    raw: bytes
    media_type: str
    zone: str
    mapped: Mapping[str, Sequence[str]] = {}
    trap: str = ""
    correction: str | None = None
    is_shown: bool = False
    shown_characters: int = SHOWN_CHARACTERS


def run(job: Job) -> Reading:
    """Read an input in this process. Never raises."""
    context = _context(job)
    try:
        if job.correction is not None:
            reading = read_decoded(Decoded(job.correction, "utf-8", "certain"), None, context)
            letter = read_letter(job.raw, context).letter if job.kind == "letter" else None
            return with_person(reading) if job.kind == "classic" else replace(reading, letter=letter)
        if job.kind == "letter":
            return read_letter(job.raw, context)
        if job.kind == "classic":
            return read_classic(job.raw, job.media_type, context)
        return read_request(job.raw, job.media_type, context)
    except (MemoryError, RecursionError):
        return refused("too_heavy")


def run_shown(job: Job) -> Sequence[Shown]:
    """Make an input readable in this process. Never raises."""
    if job.kind == "letter":
        return show_letter(job.raw, _context(job), job.shown_characters)
    return show_request(job.raw, job.media_type, _context(job), job.shown_characters)


async def read(job: Job) -> Reading:
    """Read an input wherever it holds up nobody."""
    if _is_small(job):
        return run(job)
    told = await _in_child(job)
    return refused("too_heavy") if told is None else msgspec.msgpack.decode(told, type=Reading)


async def show(job: Job) -> Sequence[Shown]:
    """Make an input readable wherever that holds up nobody; nothing of what takes too long."""
    if _is_small(job):
        return run_shown(job)
    told = await _in_child(msgspec.structs.replace(job, is_shown=True))
    return [] if told is None else msgspec.msgpack.decode(told, type=list[Shown])


def _context(job: Job) -> Context:
    if job.kind == "classic":
        return Context(Names(CLASSIC), ZoneInfo(job.zone))
    return Context(Names(job.mapped, usual=job.kind == "request"), ZoneInfo(job.zone), job.trap)


def _is_small(job: Job) -> bool:
    return len(job.raw) + len(job.correction or "") <= AT_ONCE_BYTES


async def _in_child(job: Job) -> bytes | None:
    """What a child made of the job; None where that took more than a child may take."""
    async with _PLACES:
        process = await asyncio.create_subprocess_exec(
            *children.command("vestnik.intake.parsing.child"),
            stdin=PIPE,
            stdout=PIPE,
            cwd=children.NOWHERE,
            env=children.environment(),
            limit=1 << 20,
        )
        try:
            async with asyncio.timeout(CHILD_S):
                told, _ = await process.communicate(msgspec.msgpack.encode(job))
        except TimeoutError:
            return None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
    return told if process.returncode == 0 and len(told) <= READING_BYTES else None
