"""Writes the contract's types as TypeScript, for the web app."""

import json
from collections.abc import Iterable
from typing import Final

from vestnik.contract.functions import Function, table
from vestnik.contract.schemas import Schema
from vestnik.contract.shapes import Shape, alternatives, reference, shapes

_HEAD: Final = "// Generated from schemas/contract by `python -m vestnik.contract.generate`; do not edit.\n"

_PLAIN: Final = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}

# The answer of `GET /api/v1/contract`, which `describe.py` builds.
_DESCRIPTION: Final = """
export interface ContractText {
  ru: string;
  en: string;
}

export interface ContractParameter {
  name: string;
  type: string;
  description: ContractText;
  schema: object;
  sample: unknown;
}

export interface ContractFunction {
  name: ContractFunctionName;
  title: ContractText;
  description: ContractText;
  declaration: string;
  required: boolean;
  repeatable: boolean;
  limit: "parse" | "interactive" | "bulk";
  limitSeconds: number;
  parameters: ContractParameter[];
  returns: { type: string; description: ContractText; schema: object; sample: unknown };
}

export interface ContractField {
  name: string;
  type: string;
  description: ContractText;
  required: boolean;
}

export interface ContractType {
  name: string;
  kind: "enum" | "object" | "union" | "value";
  group: string;
  title: ContractText;
  description: ContractText;
  members: { name: string; value: string; title: ContractText }[];
  fields: ContractField[];
  atLeastOneOf: string[];
}

export interface ContractDescription {
  functions: ContractFunction[];
  types: ContractType[];
  constants: Record<string, string[]>;
  operations: string[];
  definitions: Record<string, object>;
}
"""


def typescript() -> str:
    """The text of `web/src/api/contract.generated.d.ts`."""
    parts = [_HEAD, *(_shape(shape) for shape in shapes().values()), _functions(), _DESCRIPTION.lstrip("\n")]
    return "\n".join(parts)


def _shape(shape: Shape) -> str:
    head = f"{_comment(f'{shape.title.en}. {shape.description.en}', '')}export "
    if shape.kind == "enum":
        return f"{head}type {shape.name} = {' | '.join(_literal(each.value) for each in shape.members)};\n"
    if shape.kind == "object":
        fields = "".join(
            f"{_comment(field.description.en, '  ')}  {field.name}{'' if field.required else '?'}: "
            f"{_type(field.schema)};\n"
            for field in shape.fields
        )
        return f"{head}interface {shape.name} {{\n{fields}}}\n"
    return f"{head}type {shape.name} = {_type(shape.schema)};\n"


def _functions() -> str:
    lines = "".join(_function(function) for function in table().values())
    return (
        f"export interface ContractFunctions {{\n{lines}}}\n\n"
        "export type ContractFunctionName = keyof ContractFunctions;\n"
    )


def _function(function: Function) -> str:
    parameters = ", ".join(f"{each.name}: {_type(each.schema)}" for each in function.parameters)
    comment = _comment(function.title.en, "  ")
    return f"{comment}  {function.name}({parameters}): Promise<{_type(function.returns)}>;\n"


def _type(schema: Schema) -> str:
    name = reference(schema)
    if name is not None:
        return name
    if alternatives(schema):
        return _union(_type(branch) for branch in alternatives(schema))
    if "const" in schema:
        return _literal(schema["const"])
    kinds = schema["type"]
    if isinstance(kinds, list):
        return _union(_PLAIN[kind] for kind in kinds)
    if kinds == "array":
        inner = _type(schema["items"])
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if kinds == "object":
        return f"Record<string, {_type(schema['additionalProperties'])}>"
    return _PLAIN[kinds]


def _union(parts: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(parts))


def _literal(value: object) -> str:
    return json.dumps(value)


def _comment(text: str, indent: str) -> str:
    return f"{indent}/** {text.replace('*/', '* /')} */\n"
