"""What clients say, taken apart: words, quoted strings, literals and lists."""

import re
from dataclasses import dataclass

_LITERAL = re.compile(rb"\{(\d{1,9})(\+?)\}$")
_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\()|(\))|((?:[^\s()"\[]|\[[^\]]*\])+)')


@dataclass
class Command:
    """A command of a client: its tag, its name in capitals, and what follows."""

    tag: str
    name: str
    words: list["str | list[str]"]

    def text(self, at: int) -> str:
        """A word that is no list; "" where there is none."""
        word = self.words[at] if at < len(self.words) else ""
        return word if isinstance(word, str) else " ".join(word)


def literal_of(line: bytes) -> tuple[int, bool] | None:
    """The size of the literal that a line announces, and whether the client waits to be asked for it."""
    found = _LITERAL.search(line)
    return None if found is None else (int(found[1]), not found[2])


def without_literal(line: bytes) -> bytes:
    """The line without the announcement."""
    return _LITERAL.sub(b"", line)


def take_apart(parts: list[bytes]) -> Command:
    """A command of its lines and literals, by turns."""
    words: list[str | list[str]] = []
    within: list[str] | None = None
    for at, part in enumerate(parts):
        if at % 2:
            (words if within is None else within).append(part.decode("latin-1"))
            continue
        for quoted, opening, closing, word in _WORD.findall(part):
            if opening:
                within = []
            elif closing:
                words.append(within or [])
                within = None
            else:
                text = word or re.sub(rb"\\(.)", rb"\1", quoted)
                (words if within is None else within).append(text.decode("latin-1"))
    tag, name = (str(words.pop(0)) if words else "", str(words.pop(0)).upper() if words else "")
    if name == "UID" and words:
        name = f"UID {str(words.pop(0)).upper()}"
    return Command(tag, name, words)
