"""The fenced blocks of a document, each with its language and, where nothing looks at it, the reason why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_OPENED = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
_TITLE = re.compile(r'\btitle="([^"]+)"')
_MARK = re.compile(r"^ *<!-- not run: (.+?) -->$")


class Block(NamedTuple):
    """A fenced block: the line of its fence, counted from 1, and its text without the indent of the fence.

    `title` names the file that the text is for; with ` +` behind it the text goes to its end.
    """

    line: int
    language: str
    text: str
    not_run: str | None
    title: str | None


class Unclosed(ValueError):
    """A fence that nothing closes: all below it would be code."""


class MarkOfNothing(ValueError):
    """A reason that stands before no block: the block has gone, or another one is exempt than was meant."""


def blocks(text: str) -> Iterator[Block]:
    """The blocks in their order. A mark `<!-- not run: … -->` stands on a line before its block."""
    lines = enumerate(text.splitlines(), 1)
    reason: str | None = None
    for number, line in lines:
        if opened := _OPENED.match(line):
            indent, fence, information = opened.groups()
            kept = []
            for _, inner in lines:
                if inner.strip() == fence:
                    break
                kept.append(inner.removeprefix(indent))
            else:
                raise Unclosed(f"line {number}")
            language, _, more = information.strip().partition(" ")
            title = _TITLE.search(more)
            code = "".join(f"{each}\n" for each in kept)
            yield Block(number, language, code, reason, title[1] if title else None)
            reason = None
        elif reason is not None and line.strip():
            raise MarkOfNothing(f"line {number}")
        elif mark := _MARK.match(line):
            reason = mark[1]
    if reason is not None:
        raise MarkOfNothing("the last line")


def without_blocks(text: str) -> str:
    """The text with its fences and what stands between them taken out."""
    kept, fence = list[str](), ""
    for line in text.splitlines():
        opened = _OPENED.match(line)
        if fence:
            fence = "" if line.strip() == fence else fence
        elif opened:
            fence = opened[2]
        else:
            kept.append(line)
    return "\n".join(kept)
