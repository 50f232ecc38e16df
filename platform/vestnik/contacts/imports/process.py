"""The server's end of the child that reads files."""

from __future__ import annotations

import asyncio
import struct
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import BinaryIO

import msgspec

from vestnik import children
from vestnik.contacts.imports.rows import Failed, Frame, Job

#: No frame of a child is longer: a thousand rows of ordinary cells are some hundred kilobytes.
FRAME_BYTES = 128 << 20
#: Between two frames of a child.
SILENCE_S = 120.0

_decoder: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)


class ChildFailed(Exception):
    """The child ended without an answer, or fell silent."""


class Child:
    """A child at its job; `frame` gives what it says, piece by piece."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The child's process."""
        return self._process.pid

    async def frame(self) -> Frame | None:
        """The next frame, None at the end; `ChildFailed` when it ends in another way than well."""
        out = self._process.stdout
        if out is None:
            raise ChildFailed("the child has no output")
        try:
            async with asyncio.timeout(SILENCE_S):
                head = await out.readexactly(4)
                (length,) = struct.unpack(">I", head)
                if length > FRAME_BYTES:
                    raise ChildFailed(f"a frame of {length} bytes")
                return _decoder.decode(await out.readexactly(length))
        except TimeoutError:
            raise ChildFailed(f"silent for {SILENCE_S:g} s") from None
        except msgspec.DecodeError as error:
            raise ChildFailed(str(error)) from None
        except asyncio.IncompleteReadError as error:
            status = await self._process.wait()
            if status or error.partial:
                # A library that runs out of memory ends the whole process.
                return Failed("too_large_unpacked") if status == -6 else await self._failed(status)
            return None

    async def _failed(self, status: int) -> Frame:
        raise ChildFailed(f"the child ended with status {status}")

    async def end(self) -> None:
        """Kill the child if it lives, and wait until it is gone."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()


async def begin(file: BinaryIO, job: Job) -> Child:
    """Start a child on an open file; the file may be closed afterwards."""
    number = file.fileno()
    process = await asyncio.create_subprocess_exec(
        *children.command("vestnik.contacts.imports.child"),
        stdin=PIPE,
        stdout=PIPE,
        pass_fds=(number,),
        cwd=children.NOWHERE,
        env=children.environment(),
        limit=1 << 20,
    )
    if process.stdin is not None:
        process.stdin.write(msgspec.json.encode(msgspec.structs.replace(job, file=number)))
        await process.stdin.drain()
        process.stdin.close()
    return Child(process)


@asynccontextmanager
async def at_work(file: BinaryIO, job: Job) -> AsyncIterator[Child]:
    """A child that is gone when the block ends."""
    child = await begin(file, job)
    try:
        yield child
    finally:
        await child.end()
