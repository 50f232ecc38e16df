"""Values that the contract accepts, built from its own schemas, and damaged ones."""

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from vestnik.contract.schemas import Schema, load

# No half surrogate pairs: JSON can't hold them, and their refusal has a test of its own.
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([-1, 0, 2**53, 2**64, 10**30])
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from(
        ["sent", "unsubscribe", "2026-11-21T10:00:00Z", "2026-02-31T10:00:00Z", "a\n", "a\x00"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)

INSTANTS = st.sampled_from(
    ["2026-11-21T10:00:00+03:00", "2026-11-21T07:00:00Z", "1999-12-31T23:59:59.123456-11:00"]
)


def accepted(schema: Schema) -> st.SearchStrategy[Any]:
    """Values that a schema of the contract accepts."""
    schema = load().definitions.resolve(schema)
    if "anyOf" in schema and "properties" not in schema:
        return st.one_of([accepted(branch) for branch in schema["anyOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_of_kind(schema, kind) for kind in kinds])


def _of_kind(schema: Schema, kind: str) -> st.SearchStrategy[Any]:
    if kind == "string":
        return _text(schema)
    if kind == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    if kind == "number":
        return st.floats(schema["minimum"], schema["maximum"])
    if kind == "array":
        return st.lists(accepted(schema["items"]), min_size=schema.get("minItems", 0), max_size=3)
    if kind == "object":
        return _object(schema)
    return {"boolean": st.booleans(), "null": st.none()}[kind]


def _text(schema: Schema) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return INSTANTS
    pattern = schema.get("pattern", "")
    if pattern.startswith("^https?"):
        return st.just("https://example.com/путь?a=1")
    plain = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=8)
    return plain if pattern.startswith("^[ -~]") else st.just("a") | plain


def _object(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        names = st.from_regex(r"[A-Za-z-]{1,8}", fullmatch=True)
        return st.dictionaries(names, accepted(schema["additionalProperties"]), max_size=3)
    fields = {name: accepted(inner) for name, inner in schema["properties"].items()}
    required = set(schema.get("required", ()))
    choices = [branch["required"][0] for branch in schema.get("anyOf", ())] or [None]
    if schema.get("minProperties"):
        choices = list(fields)

    def with_choice(choice: str | None) -> st.SearchStrategy[dict[str, Any]]:
        needed = required | ({choice} if choice else set())
        return st.fixed_dictionaries(
            {name: fields[name] for name in fields if name in needed},
            optional={name: fields[name] for name in fields if name not in needed},
        )

    return st.sampled_from(choices).flatmap(with_choice)


@st.composite
def damaged(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> Any:
    """An accepted value with one to three changes at random places; now and then it is still accepted."""
    value = copy.deepcopy(draw(values))
    for _ in range(draw(st.integers(1, 3))):
        value = _changed(draw, value)
    return value


def _changed(draw: st.DrawFn, value: Any) -> Any:
    places = list(_places(value, ()))
    path = draw(st.sampled_from(places))
    if not path:
        return draw(JSON)
    parent = value
    for step in path[:-1]:
        parent = parent[step]
    _change(draw, parent, path[-1])
    return value


def _change(draw: st.DrawFn, parent: Any, step: Any) -> None:
    kind = draw(st.sampled_from(["replace", "delete", "rename", "add"]))
    if kind == "replace":
        parent[step] = draw(JSON)
    elif kind == "delete":
        del parent[step]
    elif kind == "rename" and isinstance(parent, dict):
        parent[step + draw(st.sampled_from(["s", " ", ""]))] = parent.pop(step)
    elif isinstance(parent, dict):
        parent[draw(TEXT)] = draw(JSON)
    else:
        parent.append(draw(JSON))


def _places(value: Any, path: tuple[Any, ...]) -> Any:
    yield path
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, (*path, index))
