"""The formatter behind the editor: ruff in a child of its own, over its standard input."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from vestnik.modules.editor import children
from vestnik.modules.errors import FormatterUnavailable

PROGRAM = "ruff"
#: Texts formatted at the same time, and how long one waits and takes together.
AT_ONCE = 2
FORMAT_S = 10.0
FORMAT_CPU_S = 10
LINE_CHARACTERS = 110

_COMMON = (
    "--isolated",
    "--no-cache",
    "--quiet",
    "--target-version",
    "py311",
    "--stdin-filename",
    "module.py",
)
_SORT_IMPORTS = ("check", *_COMMON, "--select", "I", "--fix", "--exit-zero", "-")
_LAY_OUT = ("format", *_COMMON, "--line-length", str(LINE_CHARACTERS), "-")


class Formatter:
    """Sorts imports and lays a text out."""

    def __init__(self, program: str = PROGRAM) -> None:
        self._program = program
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def format(self, source: str) -> str:
        """The text, free of syntax errors, in the usual layout; raises FormatterUnavailable."""
        path = children.program(self._program)
        if path is None:
            raise FormatterUnavailable()
        try:
            async with asyncio.timeout(FORMAT_S), self._turns:
                return await _run(path, _LAY_OUT, await _run(path, _SORT_IMPORTS, source))
        except TimeoutError:
            raise FormatterUnavailable() from None


async def _run(path: Path, arguments: tuple[str, ...], source: str) -> str:
    with tempfile.TemporaryDirectory(prefix="vestnik-format-") as folder:
        process = await children.start(path, arguments, Path(folder), cpu_s=FORMAT_CPU_S)
        try:
            output, _ = await process.communicate(source.encode())
        finally:
            await children.end(process)
    if process.returncode != 0:
        raise FormatterUnavailable()
    return output.decode()
