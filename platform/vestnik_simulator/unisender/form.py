"""Arguments of a call, in the way PHP reads a form: `data[0][1]=x`, `fields[email]=a@b`, `events[]=*`."""

from typing import Any
from urllib.parse import unquote

from vestnik_simulator.unisender.errors import ApiError, invalid

MAX_PAIRS = 200_000
MAX_DEPTH = 4

Tree = dict[str, Any]


def parse_form(text: str) -> Tree:
    """A tree of texts; brackets make inner dicts, `[]` takes the next free number."""
    # The escapes that an import is full of; undone first, most of its keys and values need no unquoting.
    text = text.replace("%5B", "[").replace("%5D", "]").replace("%5b", "[").replace("%5d", "]")
    text = text.replace("%40", "@")
    pairs = text.split("&") if text else []
    if len(pairs) > MAX_PAIRS:
        raise ApiError("invalid_arg", "слишком много аргументов", "too many arguments")
    tree: Tree = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if "+" in value:
            value = value.replace("+", " ")
        if "%" in value:
            value = unquote(value, errors="replace")
        if "%" in key or "+" in key:
            key = unquote(key.replace("+", " "), errors="replace")
        _put(tree, key, value)
    return tree


def _put(tree: Tree, key: str, value: str) -> None:
    if not key.endswith("]"):
        tree[key] = value
        return
    name, _, rest = key.partition("[")
    path = rest[:-1].split("][")
    if len(path) > MAX_DEPTH:
        raise ApiError("invalid_arg", "слишком глубокий аргумент", "the argument is nested too deeply")
    node = tree
    for step in path:
        inner = node.get(name)
        if not isinstance(inner, dict):
            inner = node[name] = {}
        node = inner
        name = step or str(len(node))
    node[name] = value


class Arguments:
    """Typed access to the arguments of one call; a wrong one is the service's `invalid_arg`."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def has(self, name: str) -> bool:
        """Whether the caller gave it a value."""
        return self.tree.get(name) not in (None, "", {})

    def text(self, name: str, default: str | None = None) -> str:
        """A text; required unless a default is given."""
        value = self.tree.get(name, default)
        if value is None or isinstance(value, dict) or (value == "" and default is None):
            raise invalid(name)
        return str(value)

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number; required unless a default is given."""
        if not self.has(name) and default is not None:
            return default
        try:
            return int(self.text(name))
        except ValueError:
            raise invalid(name) from None

    def flag(self, name: str, default: bool = False) -> bool:
        """A switch, written 0 or 1."""
        return self.integer(name, int(default)) == 1

    def numbers(self, name: str) -> list[int]:
        """Numbers in one text, separated by commas."""
        try:
            return [int(part) for part in self.text(name).split(",") if part.strip()]
        except ValueError:
            raise invalid(name) from None

    def mapping(self, name: str) -> dict[str, str]:
        """`name[key]=value` pairs; empty when absent."""
        value = self.tree.get(name)
        if not isinstance(value, dict):
            return {}
        return {key: str(item) for key, item in value.items() if not isinstance(item, dict)}

    def texts(self, name: str) -> list[str]:
        """`name[0]=…&name[1]=…` in the order of the numbers."""
        value = self.tree.get(name)
        if not isinstance(value, dict):
            return []
        return [str(item) for item in _ordered(value)]

    def table(self, name: str) -> list[list[str]]:
        """`name[row][column]=…` as rows; a missing cell is an empty text."""
        value = self.tree.get(name)
        if not isinstance(value, dict):
            raise invalid(name)
        return [_line(row, name) for row in _ordered(value)]


def _ordered(value: Tree) -> list[Any]:
    try:
        return [value[key] for key in sorted(value, key=int)]
    except ValueError:
        return list(value.values())


def _line(row: Any, name: str) -> list[str]:
    if not isinstance(row, dict):
        raise invalid(name)
    try:
        cells = {int(key): str(item) for key, item in row.items()}
    except ValueError:
        raise invalid(name) from None
    width = max(cells) + 1
    if width > 200:
        raise invalid(name)
    return [cells.get(index, "") for index in range(width)]
