"""docs/own-module.*.md: its files and its commands, in their order, lead to a module that works."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.app.conftest import Start, command, start
from tests.app.test_first_start import set_up
from tests.docs.blocks import Block, blocks
from tests.docs.documents import text_of
from tests.processes import Command, free_port

__all__ = ["command", "start"]

PAGES = ("docs/own-module.en.md", "docs/own-module.ru.md")
SERVICE = "python3 pigeon_service.py 9000\n"
PUSHED = "vestnik module push "
#: Where the page's service listens.
PORT = "9000"


@contextmanager
def service(folder: Path, port: int) -> Iterator[None]:
    """The Pigeon of the page, on a port of this test's own."""
    line = [sys.executable, "pigeon_service.py", str(port)]
    with subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"Pigeon flies on http://127.0.0.1:{port}\n"
            yield
        finally:
            process.terminate()


class Reader:
    """Somebody who does what the page says, in a folder of their own."""

    def __init__(self, folder: Path, command: Command, port: int) -> None:
        self.folder, self.port = folder, port
        binaries = str(Path(sys.executable).parent)
        self.environ = {**command.environ, "PATH": f"{binaries}:{command.environ['PATH']}"}

    def writes(self, block: Block) -> None:
        """Puts a block into the file of its title, or to its end."""
        assert block.title is not None
        path = self.folder / block.title.removesuffix(" +")
        before = f"{path.read_text()}\n\n" if block.title.endswith(" +") else ""
        path.write_text(before + block.text)

    def runs(self, *line: str) -> str:
        """What a command prints, with the page's port."""
        here = [word.replace(PORT, str(self.port)) for word in line]
        done = subprocess.run(here, cwd=self.folder, env=self.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.replace(str(self.port), PORT)


def without_times(text: str) -> str:
    """The text with milliseconds left out."""
    return re.sub(r"\d+(\.\d+)? ms", "… ms", text)


def the_same(block: Block) -> tuple[str, str, str | None]:
    """What a block has in every language: all but its line and the reason for people."""
    return block.language, block.text, block.title


def test_both_pages_show_the_same_files_and_commands() -> None:
    english, russian = ([the_same(block) for block in blocks(text_of(page))] for page in PAGES)
    assert english == russian


@pytest.mark.slow
def test_who_does_what_the_page_says_has_a_module_that_works(
    command: Command, start: Start, tmp_path: Path
) -> None:
    reader = Reader(tmp_path, command, free_port())
    first, *page = blocks(text_of(PAGES[0]))
    reader.writes(first)
    printed, compared = "", 0
    with service(tmp_path, reader.port):
        for block in page:
            if block.title:
                reader.writes(block)
            elif block.language == "python":
                assert reader.runs(sys.executable, "-c", block.text).strip() in text_of(PAGES[0])
            elif block.language == "text":
                assert without_times(printed) == without_times(block.text)
                compared += 1
            elif block.text.startswith(PUSHED):
                set_up(start(command, "up"))
                printed = reader.runs("bash", "-eu", "-c", block.text)
            elif block.text != SERVICE:
                printed = reader.runs("bash", "-eu", "-c", block.text)
    assert compared == 5
    assert printed.splitlines()[0] == "pigeon is made, with version 1, a draft."
    assert "Version 1 is live." in printed
    typed = subprocess.run(["pyrefly", "check"], cwd=tmp_path / "pigeon", env=reader.environ)
    assert typed.returncode == 0
