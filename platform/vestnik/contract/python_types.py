"""Writes schemas as Python annotations, for the stub, the scaffold and the reference."""

import json
from collections.abc import Iterable
from typing import Literal

from vestnik.contract.functions import Function
from vestnik.contract.schemas import Schema, load
from vestnik.contract.shapes import alternatives, reference, shapes

# A field of an enum also takes the bare string; a signature names the enum alone.
Place = Literal["field", "signature"]

_PLAIN = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}


def annotation(schema: Schema, place: Place) -> str:
    """The annotation of a value of this schema."""
    name = reference(schema)
    if name is not None:
        return _named(name, place)
    if alternatives(schema):
        return _union(annotation(branch, place) for branch in alternatives(schema))
    if "const" in schema:
        return f"Literal[{literal(schema['const'])}]"
    kinds = schema["type"]
    if isinstance(kinds, list):
        return _union(_PLAIN[kind] for kind in kinds)
    if kinds == "array":
        return _array(schema["items"], place)
    if kinds == "object":
        return f"dict[str, {annotation(schema['additionalProperties'], place)}]"
    return _PLAIN[kinds]


def declaration(function: Function) -> str:
    """The line that declares a function, up to the colon."""
    parameters = [f"{each.name}: {annotation(each.schema, 'signature')}" for each in function.parameters]
    return (
        f"async def {function.name}({', '.join(parameters)}) -> {annotation(function.returns, 'signature')}:"
    )


def literal(value: str | bool) -> str:
    """A constant as Python source."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def literal_alias(enum: str) -> str:
    """The name under which the stub keeps the bare strings of an enum."""
    return f"_{enum}"


def _named(name: str, place: Place) -> str:
    shape = shapes()[name]
    if not shape.is_public:
        return annotation(load().definitions.by_name[name], place)
    if shape.kind == "enum" and place == "field":
        return f"{name} | {literal_alias(name)}"
    return name


def _array(items: Schema, place: Place) -> str:
    inner = annotation(items, place)
    name = reference(items)
    # Sequence, so that a list of one kind of action can stand where a list of any action is wanted.
    holds_objects = (
        name is not None and shapes()[name].kind in ("object", "union") and shapes()[name].is_public
    )
    return f"{'Sequence' if place == 'field' and holds_objects else 'list'}[{inner}]"


def _union(parts: Iterable[str]) -> str:
    flat = [name for part in parts for name in part.split(" | ")]
    without_none = [name for name in dict.fromkeys(flat) if name != "None"]
    return " | ".join([*without_none, *(["None"] if "None" in flat else [])])
