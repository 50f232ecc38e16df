"""How values and types are called in a sentence."""

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from vestnik.contract.schemas import Schema
from vestnik.contract.violations import Text

_EXCERPT = 80
_NAMES_SHOWN = 12

_TYPES: Mapping[str, Text] = {
    "string": Text("текст", "text"),
    "integer": Text("целое число", "a whole number"),
    "number": Text("число", "a number"),
    "boolean": Text("true или false", "true or false"),
    "array": Text("список", "a list"),
    "object": Text("объект с полями", "an object with fields"),
    "null": Text("ничего (None)", "nothing (None)"),
}

NOTHING = Text("ничего: поля нет", "nothing: there is no such field")


def type_name(value: Any) -> str:
    """The JSON Schema type of a value; empty for what is no JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    kinds: tuple[tuple[type, str], ...] = (
        (str, "string"),
        (float, "number"),
        (list, "array"),
        (tuple, "array"),
        (dict, "object"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "")


def types(names: str | Iterable[str]) -> Text:
    """Type names of a schema, joined by "or"."""
    words = [_TYPES[name] for name in ([names] if isinstance(names, str) else names)]
    return either(words)


def either(words: Iterable[Text]) -> Text:
    """Alternatives in one phrase."""
    unique = list(dict.fromkeys(words))
    return Text(" или ".join(word.ru for word in unique), " or ".join(word.en for word in unique))


def one_of(values: Iterable[Any]) -> Text:
    """A closed set of values."""
    listed = ", ".join(literal(value) for value in values)
    return Text(f"одно из значений {listed}", f"one of {listed}")


def literal(value: Any) -> str:
    """A short excerpt of a value as JSON, the same in both languages."""
    try:
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        text = ascii(value)
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"


def seen(value: Any) -> Text:
    """What stands in a place, in a few words."""
    kind = type_name(value)
    if kind == "null":
        return _TYPES["null"]
    if kind == "array":
        return Text(f"список, элементов: {len(value)}", f"a list, elements: {len(value)}")
    if kind == "object":
        if not value:
            return Text("пустой объект", "an empty object")
        shown = names(value)
        return Text(f"объект с полями {shown}", f"an object with the fields {shown}")
    if kind == "":
        name = type(value).__name__
        return Text(f"значение типа {name}", f"a value of the type {name}")
    text = literal(value)
    word = {"string": Text("текст", "text"), "boolean": Text("значение", "the value")}.get(
        kind, Text("число", "the number")
    )
    return Text(f"{word.ru} {text}", f"{word.en} {text}")


def names(keys: Iterable[Any]) -> str:
    """Names separated by commas, cut when there are many."""
    every = [str(key)[:_EXCERPT] for key in keys]
    shown = every[:_NAMES_SHOWN]
    return ", ".join(shown) + ("…" if len(every) > len(shown) else "")


def nearest(word: Any, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    if not isinstance(word, str):
        return None
    by_folded = {name.casefold(): name for name in known}
    found = get_close_matches(word[:_EXCERPT].casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def perhaps(word: str | None) -> Text | None:
    """The sentence that suggests a word."""
    if word is None:
        return None
    return Text(f"Возможно, имелось в виду {literal(word)}.", f"Perhaps {literal(word)} was meant.")


def branch_title(schema: Schema) -> Text:
    """How one alternative of a union is called."""
    if "const" in schema:
        text = literal(schema["const"])
        return Text(text, text)
    base = types(schema["type"])
    if schema.get("type") != "object":
        return base
    fields = names(schema.get("required") or schema.get("properties", {}))
    return Text(f"объект с полями {fields}", f"an object with the fields {fields}")


def path_text(path: Iterable[str | int]) -> str:
    """`$.actions[2].status`; a name that is no identifier is written as `$["x-y"]`."""
    parts = ["$"]
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif step.isidentifier():
            parts.append(f".{step}")
        else:
            parts.append(f"[{literal(step)}]")
    return "".join(parts)
