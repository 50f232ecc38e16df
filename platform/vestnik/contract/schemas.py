"""The schemas, loaded once: from the installed package, else from the checkout."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

Schema = dict[str, Any]

# Keywords that look at a value itself come before those that look into it, so that the first error that
# jsonschema finds is the outermost one and is found without walking through a long list.
_OUTER_FIRST = ("$ref", "type", "const", "enum", "additionalProperties", "required")
_INNER_LAST = ("anyOf", "items", "properties")

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True)
class TypeFile:
    """One file of `schemas/contract/` with the names of the types in it, in order."""

    name: str
    title: Mapping[str, str]
    types: tuple[str, ...]


@dataclass(frozen=True)
class Definitions:
    """Named schemas that others refer to as `#/$defs/Name`."""

    by_name: Mapping[str, Schema]

    def resolve(self, schema: Schema) -> Schema:
        """Follows references to the schema that decides."""
        while "$ref" in schema:
            schema = self.by_name[schema["$ref"].rpartition("/")[2]]
        return schema

    def compile(self, schema: Schema) -> jsonschema_rs.Draft202012Validator:
        """The fast validator of a schema."""
        return jsonschema_rs.Draft202012Validator(
            self.whole(schema), formats={"date-time": is_instant}, validate_formats=True
        )

    def whole(self, schema: Schema) -> Schema:
        """The schema with all that it may refer to."""
        return {**schema, "$defs": self.by_name}


@dataclass(frozen=True)
class Schemas:
    """All types of the contract, the raw table of its functions, and the schema of a manifest."""

    definitions: Definitions
    files: tuple[TypeFile, ...]
    functions: tuple[Mapping[str, Any], ...]
    limits_s: Mapping[str, float]
    manifest: Schema


# The order in which the files are read and shown: what others refer to stands first.
_FILES = (
    "enums",
    "values",
    "templates",
    "campaigns",
    "webhook",
    "actions",
    "bulk",
    "lists",
    "account",
    "contacts",
)


def folder() -> Path:
    """The folder `schemas`: packed into the wheel as `vestnik/_schemas`, or the checkout's own."""
    packed = Path(__file__).parents[1] / "_schemas"
    return packed if packed.is_dir() else Path(__file__).parents[3] / "schemas"


@cache
def load() -> Schemas:
    """Reads all schemas; the first call costs a few milliseconds."""
    base = folder()
    definitions: dict[str, Schema] = {}
    files = []
    for name in _FILES:
        document = _read(base / "contract" / f"{name}.json")
        definitions.update({key: _prepared(value) for key, value in document["$defs"].items()})
        title = {"ru": document["x-title-ru"], "en": document["title"]}
        files.append(TypeFile(name, title, tuple(document["$defs"])))
    table = _read(base / "contract" / "functions.json")
    return Schemas(
        definitions=Definitions(definitions),
        files=tuple(files),
        functions=tuple(_prepared(function) for function in table["functions"]),
        limits_s={name: limit["seconds"] for name, limit in table["limits"].items()},
        manifest=_prepared(_read(base / "module.schema.json")),
    )


def instant(text: str) -> datetime:
    """The UTC datetime that an `Instant` of the contract writes; raises ValueError or OverflowError."""
    if _INSTANT.fullmatch(text) is None:
        raise ValueError("an instant is written like 2026-11-21T10:00:00+03:00")
    return datetime.fromisoformat(text).astimezone(UTC)


def is_instant(text: object) -> bool:
    """True for an instant that this program can represent; other types are not its business."""
    if not isinstance(text, str):
        return True
    try:
        instant(text)
    except (ValueError, OverflowError):
        return False
    return True


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _prepared(value: Any) -> Any:
    """References shortened to `#/$defs/Name`, keywords in the order described above."""
    if isinstance(value, list):
        return [_prepared(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: _prepared(item) for key, item in value.items()}
    if isinstance(result.get("$ref"), str):
        result["$ref"] = "#/$defs/" + result["$ref"].rpartition("/")[2]
    first = [key for key in _OUTER_FIRST if key in result]
    last = [key for key in _INNER_LAST if key in result]
    middle = [key for key in result if key not in first and key not in last]
    return {key: result[key] for key in (*first, *middle, *last)}
