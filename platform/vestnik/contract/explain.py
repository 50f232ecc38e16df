"""Finds the one thing to say about a value that was refused.

jsonschema-rs names the place; jsonschema, run on that place alone, says which rule failed there. So the
explanation of a list of 20,000 rows costs little more than that of one row. In a union the branch is chosen
by its discriminator, its type or its fields, and the explanation goes on inside of that branch.
"""

import math
from typing import Any, NamedTuple

import jsonschema_rs

from vestnik.contract import wording
from vestnik.contract.schemas import Definitions, Schema
from vestnik.contract.violations import Finding, Text

Path = tuple[str | int, ...]

_DEPTH = 60


class _Place(NamedTuple):
    """A value inside of the refused one, with the schema that it must keep."""

    schema: Schema
    value: Any
    path: Path


def explain(schema: Schema, value: Any, definitions: Definitions) -> Finding:
    """What is wrong with a refused value. Call it only after a refusal."""
    try:
        return _explain(_Place(schema, value, ()), definitions)
    except (ValueError, TypeError, RecursionError):  # what jsonschema-rs raises for a value that is no JSON
        return _not_json(value) or _unclear(_Place(schema, value, ()))


def _explain(place: _Place, definitions: Definitions) -> Finding:
    while True:
        place = _narrow(place, definitions)
        choice = _choose(place, definitions)
        if isinstance(choice, Finding):
            return choice
        if choice is None:
            return _describe(place, definitions)
        place = place._replace(schema=choice)


def _narrow(place: _Place, definitions: Definitions) -> _Place:
    """Goes to the innermost value in which jsonschema-rs saw the first error."""
    schema, value, path = definitions.resolve(place.schema), place.value, place.path
    for step in _first_error(definitions.compile(place.schema), place.value):
        inner = _inner(schema, step)
        if inner is None:
            break
        schema, value, path = definitions.resolve(inner), value[step], (*path, step)
    return _Place(schema, value, path)


def _first_error(validator: jsonschema_rs.Draft202012Validator, value: Any) -> list[str | int]:
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return error.instance_path
    return []


def _inner(schema: Schema, step: str | int) -> Schema | None:
    """The schema of an element or a field; None where a union stands in between."""
    inner: Any
    if isinstance(step, int):
        inner = schema.get("items")
    else:
        inner = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    return inner if isinstance(inner, dict) else None


def _choose(place: _Place, definitions: Definitions) -> Schema | Finding | None:
    """The branch of a union that a value is meant for, or why there is none; None without a union."""
    if "anyOf" not in place.schema or "properties" in place.schema:
        return None
    branches = [definitions.resolve(branch) for branch in place.schema["anyOf"]]
    tag = place.schema.get("x-discriminator")
    if tag is not None:
        return _by_tag(place, branches, tag)
    flat = _flatten(branches, definitions)
    fitting = [branch for branch in flat if _fits(branch, place.value)]
    if len(fitting) > 1 and isinstance(place.value, dict):
        fitting = _by_fields(fitting, place.value)
    if len(fitting) == 1:
        return fitting[0]
    expected = wording.either(wording.branch_title(branch) for branch in flat)
    return Finding(wording.path_text(place.path), expected, wording.seen(place.value))


def _flatten(branches: list[Schema], definitions: Definitions) -> list[Schema]:
    result: list[Schema] = []
    for branch in branches:
        if "anyOf" in branch and "properties" not in branch:
            result.extend(_flatten([definitions.resolve(inner) for inner in branch["anyOf"]], definitions))
        else:
            result.append(branch)
    return result


def _by_tag(place: _Place, branches: list[Schema], tag: str) -> Schema | Finding:
    value, path = place.value, wording.path_text(place.path)
    if not isinstance(value, dict):
        return Finding(
            path, Text(f"объект с полем {tag}", f"an object with the field {tag}"), wording.seen(value)
        )
    by_tag = {branch["properties"][tag]["const"]: branch for branch in branches}
    expected = wording.one_of(by_tag)
    path = wording.path_text((*place.path, tag))
    if tag not in value:
        return Finding(path, expected, wording.NOTHING)
    given = value[tag]
    if not isinstance(given, str) or given not in by_tag:
        hint = wording.perhaps(wording.nearest(given, by_tag))
        return Finding(path, expected, wording.seen(given), hint)
    return by_tag[given]


def _fits(branch: Schema, value: Any) -> bool:
    if "const" in branch:
        return type(value) is type(branch["const"])
    kind = wording.type_name(value)
    declared = branch.get("type", ())
    names = (declared,) if isinstance(declared, str) else declared
    return kind in names or (kind == "integer" and "number" in names)


def _by_fields(branches: list[Schema], value: Any) -> list[Schema]:
    """The objects among the branches that share most fields with the value; all when none shares any."""
    shared = [len(branch.get("properties", {}).keys() & value.keys()) for branch in branches]
    best = max(shared)
    return [branch for branch, count in zip(branches, shared, strict=True) if count == best]


def _describe(place: _Place, definitions: Definitions) -> Finding:
    # Imported at the first refusal, for most processes never need it: jsonschema takes 0.03 s, but more than
    # a second where packages for its optional formats are installed beside it.
    from vestnik.contract.rules import first_failure

    finding = first_failure(place.schema, place.value, place.path, definitions)
    return finding or _not_json(place.value) or _unclear(place)


def _unclear(place: _Place) -> Finding:
    """For a value that jsonschema-rs refuses and no rule explains, such as NaN."""
    return Finding(wording.path_text(place.path), _JSON_VALUE, wording.seen(place.value))


def _not_json(value: Any) -> Finding | None:
    """The first thing in a value that JSON can't hold: bytes, NaN, a key that is no text, endless depth."""
    stack: list[tuple[Any, Path]] = [(value, ())]
    while stack:
        item, path = stack.pop()
        if len(path) > _DEPTH:
            return Finding(
                wording.path_text(path[:4]) + "…",
                Text(f"не больше {_DEPTH} уровней вложенности", f"at most {_DEPTH} levels of nesting"),
                Text("более глубокое значение", "a deeper value"),
            )
        if isinstance(item, dict):
            bad = next((key for key in item if not _is_text(key)), None)
            if bad is not None:
                return Finding(wording.path_text(path), _TEXT_KEYS, wording.seen(bad))
            stack.extend((inner, (*path, key)) for key, inner in reversed(item.items()))
        elif isinstance(item, list | tuple):
            stack.extend((item[index], (*path, index)) for index in range(len(item) - 1, -1, -1))
        elif not _is_scalar(item):
            return Finding(wording.path_text(path), _JSON_VALUE, wording.seen(item))
    return None


_TEXT_KEYS = Text("имена полей в виде текста", "names of fields that are text")
_JSON_VALUE = Text("значение, которое можно записать в JSON", "a value that JSON can hold")


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_scalar(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int) or _is_text(value)
