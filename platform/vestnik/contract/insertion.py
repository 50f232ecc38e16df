"""Putting a function of the contract into a text that lacks it.

The text is read by its tokens, never parsed as a whole: it is somebody's, may be half written, and Python's
own parser is not to be trusted with any text in the server's process.
"""

import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vestnik.contract.functions import table
from vestnik.contract.scaffold import block, imported_names
from vestnik.contract.violations import Language

_SDK = "vestnik_sdk"
_LAYOUT = (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement at the margin: its lines from 0, `above` with the comments and decorators before it."""

    above: int
    first: int
    end: int
    words: Sequence[str]

    @property
    def function(self) -> str:
        """The name of the function that it defines, else nothing."""
        for position, word in enumerate(self.words):
            if word == "def":
                return self.words[position + 1] if position + 1 < len(self.words) else ""
            if word != "async":
                return ""
        return ""


@dataclass(frozen=True, slots=True)
class Inserted:
    """A text with the function in it, and the line of its `def`, from 1."""

    source: str
    line: int


def with_function(source: str, name: str, language: Language) -> Inserted:
    """The text with a function of the contract, commented in a language, and with what it needs imported.

    It stands where the contract's order puts it among the functions that are there. A text that has the
    function stays as it is. Raises SyntaxError for a text whose brackets, quotes or indents do not match.
    """
    statements = _statements(source)
    present = next((each for each in statements if each.function == name), None)
    if present is not None:
        return Inserted(source, present.first + 1)
    lines = source.splitlines(keepends=True)
    place = _place(statements, name, len(lines))
    before = "".join(lines[:place]).rstrip("\n")
    after = "".join(lines[place:]).lstrip("\n")
    parts = [part for part in (before, block(table()[name], language), after.rstrip("\n")) if part]
    text = _with_imports("\n\n\n".join(parts) + "\n", imported_names([table()[name]]))
    declaration = next(each for each in _statements(text) if each.function == name)
    return Inserted(text, declaration.first + 1)


def _place(statements: Sequence[_Statement], name: str, end: int) -> int:
    """Before which line a function goes: after the one before it in the contract, else before the next."""
    order = list(table())
    wanted = order.index(name)
    ranks = {order.index(each.function): each for each in statements if each.function in order}
    earlier = [rank for rank in ranks if rank < wanted]
    if earlier:
        follows = statements.index(ranks[max(earlier)]) + 1
        return statements[follows].above if follows < len(statements) else end
    later = [rank for rank in ranks if rank > wanted]
    return ranks[min(later)].above if later else end


def _with_imports(source: str, names: Sequence[str]) -> str:
    statements = _statements(source)
    lines = source.splitlines(keepends=True)
    for each in statements:
        if tuple(each.words[:3]) != ("from", _SDK, "import"):
            continue
        present = [word for word in each.words[3:] if word not in "(),"]
        if "*" in present or not set(names) - set(present):
            return source
        text = "".join(lines[each.first : each.end])
        if "as" not in present and "#" not in text:
            return "".join(
                [
                    *lines[: each.first],
                    _import({*present, *names}, spread="\n" in text.strip()),
                    *lines[each.end :],
                ]
            )
        missing = set(names) - set(present)
        return "".join([*lines[: each.end], _import(missing), *lines[each.end :]])
    if not names:
        return source
    place = _after_imports(statements)
    before = "".join(lines[:place]).rstrip("\n")
    parts = ([before] if before else []) + [_import(set(names)).rstrip("\n")]
    return "\n\n".join(parts) + "\n\n\n" + "".join(lines[place:]).lstrip("\n")


def _after_imports(statements: Sequence[_Statement]) -> int:
    """The line after the docstring and the imports at the top."""
    place = 0
    for position, each in enumerate(statements):
        first = each.words[0] if each.words else ""
        is_docstring = position == 0 and first[-1:] in "\"'"
        if not is_docstring and first not in ("import", "from"):
            break
        place = each.end
    return place


def _import(names: set[str], *, spread: bool = False) -> str:
    """The import of names in order, one a line where they were so or have no room."""
    line = f"from {_SDK} import {', '.join(sorted(names))}\n"
    if len(line) <= 100 and not spread:
        return line
    listed = "".join(f"    {name},\n" for name in sorted(names))
    return f"from {_SDK} import (\n{listed})\n"


def _statements(source: str) -> list[_Statement]:
    """The statements at the margin, in order; a decorated one begins with its decorators."""
    lines = source.splitlines()
    found: list[_Statement] = []
    decorated: int | None = None
    for level, tokens in _logical_lines(source):
        first, end, words = tokens[0].start[0] - 1, tokens[-1].end[0], [token.string for token in tokens]
        if level > 0:
            last = found[-1]
            found[-1] = _Statement(last.above, last.first, end, last.words)
        elif words[0] == "@":
            decorated = first if decorated is None else decorated
        else:
            above = first if decorated is None else decorated
            bottom = found[-1].end if found else 0
            while above > bottom and lines[above - 1].startswith("#"):
                above -= 1
            found.append(_Statement(above, first, end, words))
            decorated = None
    return found


def _logical_lines(source: str) -> Iterator[tuple[int, list[tokenize.TokenInfo]]]:
    """Each logical line's words with the level of its indent."""
    level, words = 0, list[tokenize.TokenInfo]()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.INDENT:
                level += 1
            elif token.type == tokenize.DEDENT:
                level -= 1
            elif token.type == tokenize.NEWLINE and words:
                yield level, words
                words = []
            elif token.type not in _LAYOUT:
                words.append(token)
    except tokenize.TokenError as error:
        raise SyntaxError(str(error.args[0])) from None
