"""Decides whether a value keeps the contract: jsonschema-rs, in microseconds. Only a refusal is explained."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from vestnik.contract.explain import explain
from vestnik.contract.functions import Function, table
from vestnik.contract.schemas import Schema, load
from vestnik.contract.violations import ContractViolation, Finding, Side, Text


def check_arguments(function: str, arguments: Mapping[str, Any]) -> None:
    """Checks the arguments by name, all of them given; raises ContractViolation."""
    _check(table()[function], "arguments", arguments)


def check_result(function: str, value: Any, arguments: Mapping[str, Any] | None = None) -> None:
    """Checks what a module returned; with the arguments also what depends on them (`limit`).

    The value may be anything that came off the wire. Raises ContractViolation.
    """
    declared = table()[function]
    _check(declared, "result", value)
    if arguments is not None and declared.at_most is not None and len(value) > arguments[declared.at_most]:
        raise ContractViolation(function, "result", _too_many(declared.at_most, arguments, len(value)))


def accepts(schema: Schema, value: Any) -> bool:
    """The verdict alone, for a schema of the contract."""
    return is_valid(load().definitions.compile(schema), value)


def _check(function: Function, side: Side, value: Any) -> None:
    schema, validator = _validator(function.name, side)
    if not is_valid(validator, value):
        raise ContractViolation(function.name, side, explain(schema, value, load().definitions))


def is_valid(validator: jsonschema_rs.Draft202012Validator, value: Any) -> bool:
    """The verdict on any value, even one that JSON can't hold."""
    try:
        return validator.is_valid(value)
    except (ValueError, TypeError, RecursionError):  # bytes, keys that are no text, half a surrogate pair
        return False


@cache
def _validator(function: str, side: Side) -> tuple[Schema, jsonschema_rs.Draft202012Validator]:
    declared = table()[function]
    schema = declared.arguments_schema if side == "arguments" else declared.returns
    return schema, load().definitions.compile(schema)


def _too_many(parameter: str, arguments: Mapping[str, Any], length: int) -> Finding:
    limit = arguments[parameter]
    return Finding(
        path="$",
        expected=Text(
            f"не больше {limit} элементов ({parameter})", f"at most {limit} elements ({parameter})"
        ),
        got=Text(f"список, элементов: {length}", f"a list, elements: {length}"),
    )
