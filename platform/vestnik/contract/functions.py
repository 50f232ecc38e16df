"""The functions of the contract as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from vestnik.contract.schemas import Schema, load
from vestnik.contract.violations import Text

PREFIX = "CRM_Marketing_"
LimitClass = Literal["parse", "interactive", "bulk"]


@dataclass(frozen=True)
class Parameter:
    """One parameter, with an argument to try the function with."""

    name: str
    schema: Schema
    description: Text
    sample: Any


@dataclass(frozen=True)
class Function:
    """One function that a module may define.

    `repeatable`: the host may repeat a call after any doubt. `at_most` names the parameter that bounds the
    length of the result.
    """

    name: str
    title: Text
    description: Text
    parameters: tuple[Parameter, ...]
    returns: Schema
    returns_description: Text
    returns_sample: Any
    required: bool
    limit: LimitClass
    limit_s: float
    repeatable: bool
    at_most: str | None

    @property
    def sample_arguments(self) -> dict[str, Any]:
        """Arguments that the contract accepts, for a first try in the editor."""
        return {parameter.name: parameter.sample for parameter in self.parameters}

    @property
    def arguments_schema(self) -> Schema:
        """The schema of all arguments as one object by name."""
        return {
            "type": "object",
            "additionalProperties": False,
            "required": [parameter.name for parameter in self.parameters],
            "properties": {parameter.name: parameter.schema for parameter in self.parameters},
        }


def functions() -> dict[str, Function]:
    """Every function of the contract by name, in the order of the contract."""
    return dict(table())


@cache
def table() -> Mapping[str, Function]:
    """The same without a copy."""
    limits = load().limits_s
    return {raw["name"]: _function(raw, limits[raw["limit"]]) for raw in load().functions}


def _function(raw: Mapping[str, Any], limit_s: float) -> Function:
    returns = raw["returns"]
    return Function(
        name=raw["name"],
        title=Text(**raw["title"]),
        description=Text(**raw["description"]),
        parameters=tuple(_parameter(parameter) for parameter in raw["parameters"]),
        returns=returns["schema"],
        returns_description=Text(**returns["description"]),
        returns_sample=returns["sample"],
        required=raw["required"],
        limit=raw["limit"],
        limit_s=limit_s,
        repeatable=raw["repeatable"],
        at_most=returns.get("atMost"),
    )


def _parameter(raw: Mapping[str, Any]) -> Parameter:
    return Parameter(raw["name"], raw["schema"], Text(**raw["description"]), raw["sample"])
