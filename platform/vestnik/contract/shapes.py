"""The types of the contract as values, from which stub, TypeScript types and reference are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from vestnik.contract.functions import PREFIX, table
from vestnik.contract.schemas import Schema, load
from vestnik.contract.violations import Text

Kind = Literal["enum", "object", "union", "value"]


@dataclass(frozen=True)
class Member:
    """One value of a closed set."""

    name: str
    value: str
    title: Text


@dataclass(frozen=True)
class Field:
    """One field of an object."""

    name: str
    schema: Schema
    description: Text
    required: bool


@dataclass(frozen=True)
class Shape:
    """One named type: an enum has members, an object has fields, a union has branches, a value is plain.

    `at_least_one_of` names fields of which an object must have one. `is_tag`: the enum's members tell the
    branches of a union apart.
    """

    name: str
    kind: Kind
    title: Text
    description: Text
    schema: Schema
    file: str
    members: tuple[Member, ...] = ()
    fields: tuple[Field, ...] = ()
    at_least_one_of: tuple[str, ...] = ()
    is_tag: bool = False

    @property
    def is_public(self) -> bool:
        """True for a type that a module can import; plain values are written out where they are used."""
        return self.name.startswith(PREFIX) or self.name == "FetchRequest"


@cache
def shapes() -> Mapping[str, Shape]:
    """Every type of the contract by name, in the order of the files."""
    result = {}
    for file in load().files:
        for name in file.types:
            result[name] = _shape(name, load().definitions.by_name[name], file.name)
    return result


def reference(schema: Schema) -> str | None:
    """The name of the type that a schema refers to."""
    target = schema.get("$ref")
    return None if target is None else str(target).rpartition("/")[2]


def alternatives(schema: Schema) -> list[Schema]:
    """The branches of a union; a union beside fields is a rule about them and no branch."""
    branches = schema.get("anyOf", ()) if "properties" not in schema else ()
    return list(branches)


def used_types(schema: Any) -> list[str]:
    """The names of all types that a schema refers to directly, in order."""
    if isinstance(schema, list):
        return [name for item in schema for name in used_types(item)]
    if not isinstance(schema, dict):
        return []
    found = reference(schema)
    return ([found] if found else []) + [name for item in schema.values() for name in used_types(item)]


def result_types() -> frozenset[str]:
    """The types that stand in what functions return: those that a module builds."""
    seen: set[str] = set()
    waiting = [name for function in table().values() for name in used_types(function.returns)]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(used_types(load().definitions.by_name[name]))
    return frozenset(seen)


def text_of(schema: Schema, key: Literal["title", "description"]) -> Text:
    """A title or description in both languages; empty where there is none."""
    return Text(schema.get(f"x-{key}-ru", ""), schema.get(key, ""))


def _shape(name: str, schema: Schema, file: str) -> Shape:
    title, description = text_of(schema, "title"), text_of(schema, "description")
    if "enum" in schema:
        members = tuple(
            Member(member["name"], member["value"], Text(**member["title"])) for member in schema["x-members"]
        )
        is_tag = any(member.value in _tags() for member in members)
        return Shape(name, "enum", title, description, schema, file, members=members, is_tag=is_tag)
    if "properties" in schema:
        required = schema.get("required", ())
        fields = tuple(
            Field(key, inner, _field_description(inner), key in required)
            for key, inner in schema["properties"].items()
        )
        one_of = tuple(branch["required"][0] for branch in schema.get("anyOf", ()))
        return Shape(name, "object", title, description, schema, file, fields=fields, at_least_one_of=one_of)
    kind: Kind = "union" if alternatives(schema) else "value"
    return Shape(name, kind, title, description, schema, file)


def _field_description(schema: Schema) -> Text:
    """The field's own description, else the title of its type."""
    if "description" in schema:
        return text_of(schema, "description")
    resolved = load().definitions.resolve(schema)
    title = text_of(resolved, "title")
    return Text(f"{title.ru}.", f"{title.en}.") if title.en else title


@cache
def _tags() -> frozenset[str]:
    """The values of the discriminators of all unions."""
    definitions = load().definitions
    found = set()
    for schema in definitions.by_name.values():
        tag = schema.get("x-discriminator")
        for branch in alternatives(schema) if tag else ():
            found.add(definitions.resolve(branch)["properties"][tag]["const"])
    return frozenset(found)
