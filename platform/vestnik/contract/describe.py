"""The contract as one JSON value, for the editor and for machines."""

from functools import cache
from typing import Any

from vestnik.contract.facade import OPERATIONS
from vestnik.contract.functions import Function, table
from vestnik.contract.python_types import annotation, declaration
from vestnik.contract.schemas import load
from vestnik.contract.shapes import Shape, shapes
from vestnik.contract.violations import Text


@cache
def describe() -> dict[str, Any]:
    """Functions, types and schemas, with every text in both languages; don't change the value.

    `constants` are the member names of each enum, `operations` what a module can call.
    """
    public = [shape for shape in shapes().values() if shape.is_public]
    return {
        "functions": [_function(function) for function in table().values()],
        "types": [_type(shape) for shape in public],
        "constants": {
            shape.name: [member.name for member in shape.members] for shape in public if shape.kind == "enum"
        },
        "operations": ["fetch", *OPERATIONS],
        "definitions": dict(load().definitions.by_name),
    }


def _function(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "title": _text(function.title),
        "description": _text(function.description),
        "declaration": declaration(function),
        "required": function.required,
        "repeatable": function.repeatable,
        "limit": function.limit,
        "limitSeconds": function.limit_s,
        "parameters": [
            {
                "name": each.name,
                "type": annotation(each.schema, "signature"),
                "description": _text(each.description),
                "schema": each.schema,
                "sample": each.sample,
            }
            for each in function.parameters
        ],
        "returns": {
            "type": annotation(function.returns, "signature"),
            "description": _text(function.returns_description),
            "schema": function.returns,
            "sample": function.returns_sample,
        },
    }


def _type(shape: Shape) -> dict[str, Any]:
    return {
        "name": shape.name,
        "kind": shape.kind,
        "group": shape.file,
        "title": _text(shape.title),
        "description": _text(shape.description),
        "members": [
            {"name": each.name, "value": each.value, "title": _text(each.title)} for each in shape.members
        ],
        "fields": [
            {
                "name": each.name,
                "type": annotation(each.schema, "signature"),
                "description": _text(each.description),
                "required": each.required,
            }
            for each in shape.fields
        ],
        "atLeastOneOf": list(shape.at_least_one_of),
    }


def _text(text: Text) -> dict[str, str]:
    return {"ru": text.ru, "en": text.en}
