"""The documents as text: headings, sections, links, shell commands, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.docs.blocks import blocks, without_blocks

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("user_modules/*/README.md")],
    key=str,
)

_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")


@cache
def text_of(name: str) -> str:
    """A document below the root, such as `docs/limits.md`."""
    return (ROOT / name).read_text()


def without_code(text: str) -> str:
    """The text with its blocks of code taken out: a comment of the shell is no heading."""
    return without_blocks(text)


def headings(text: str) -> list[str]:
    """The headings, without their marks."""
    return [found[1] for found in _HEADING.findall(without_code(text))]


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above; code included."""
    lines, level, kept, inside_code = text.splitlines(), 0, list[str](), False
    for line in lines:
        inside_code ^= line.startswith("```")
        found = None if inside_code else _HEADING.match(line)
        if found and level and len(found[1]) <= level:
            break
        if found and not level and found[2] == heading:
            level = len(found[1])
        elif level:
            kept.append(line)
    assert level, f"there is no heading {heading!r}"
    return "\n".join(kept)


def anchor(heading: str) -> str:
    """The anchor that a heading gets on GitHub."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def links(text: str) -> list[str]:
    """The targets of the links, without those in code."""
    return _LINK.findall(without_code(text))


def shell_lines(text: str) -> Iterator[str]:
    """The commands of the `sh` blocks, each on one line, without comments."""
    for block in blocks(text):
        if block.language == "sh":
            for line in block.text.replace("\\\n", " ").splitlines():
                command = line.split(" #")[0].strip()
                if command and not command.startswith("#"):
                    yield command


def rows(text: str) -> Iterator[list[str]]:
    """The rows of the tables, cell by cell, without heads and rules."""
    for line in text.splitlines():
        if line.startswith("|") and not re.fullmatch(r"\|[-| ]+\|", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]
