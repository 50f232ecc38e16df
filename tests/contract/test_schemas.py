"""The schemas themselves: valid, closed, described in both languages, and every rule can be explained."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vestnik import contract
from vestnik.contract import rules, schemas
from vestnik.contract.shapes import Shape, shapes

SEVEN = [
    "CRM_Marketing_ImportTemplates",
    "CRM_Marketing_ExportContacts",
    "CRM_Marketing_PrepareCampaign",
    "CRM_Marketing_CreateCampaign",
    "CRM_Marketing_GetCampaignStats",
    "CRM_Marketing_ParseWebhookRequest",
    "CRM_Marketing_GetTemplateHTML",
]
FILES = sorted((schemas.folder() / "contract").glob("*.json"))
OBJECTS = [shape for shape in shapes().values() if shape.kind == "object"]
ENUMS = [shape for shape in shapes().values() if shape.kind == "enum"]


def walk(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for inner in schema.values():
            yield from walk(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from walk(inner)


@pytest.mark.parametrize(
    "path", [*FILES, schemas.folder() / "module.schema.json"], ids=lambda path: path.stem
)
def test_each_file_is_json_schema_2020_12(path: Path) -> None:
    document = json.loads(path.read_text())
    if path.stem != "functions":
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert document["$id"] == f"https://schemas.vestnik.example/{path.relative_to(schemas.folder())}"
        jsonschema.Draft202012Validator.check_schema(document)


def test_every_file_of_the_folder_is_loaded() -> None:
    loaded = {file.name for file in schemas.load().files} | {"functions"}
    assert loaded == {path.stem for path in FILES}


def test_every_reference_leads_to_a_type() -> None:
    for schema in walk([*schemas.load().definitions.by_name.values(), *schemas.load().functions]):
        if "$ref" in schema:
            assert schema["$ref"].removeprefix("#/$defs/") in schemas.load().definitions.by_name


def test_the_seven_functions_come_first_and_are_the_required_ones() -> None:
    functions = contract.functions()
    assert list(functions)[:7] == SEVEN
    assert [name for name, function in functions.items() if function.required] == SEVEN


def test_only_what_would_happen_twice_is_not_repeated() -> None:
    once = [name for name, function in contract.functions().items() if not function.repeatable]
    assert once == ["CRM_Marketing_CreateCampaign", "CRM_Marketing_CreateList", "CRM_Marketing_SendTest"]


def test_a_webhook_is_parsed_within_two_seconds() -> None:
    functions = contract.functions().values()
    assert [each.name for each in functions if each.limit == "parse"] == ["CRM_Marketing_ParseWebhookRequest"]
    assert {each.limit: each.limit_s for each in functions} == {"parse": 2, "interactive": 10, "bulk": 120}


@pytest.mark.parametrize("function", contract.functions().values(), ids=lambda each: each.name)
def test_samples_keep_the_contract(function: contract.Function) -> None:
    contract.check_arguments(function.name, function.sample_arguments)
    contract.check_result(function.name, function.returns_sample, function.sample_arguments)


@pytest.mark.parametrize("shape", shapes().values(), ids=lambda each: each.name)
def test_every_type_has_a_title_and_a_description_in_both_languages(shape: Shape) -> None:
    texts = [shape.title, shape.description, *(field.description for field in shape.fields)]
    texts += [member.title for member in shape.members]
    assert all(text.ru and text.en for text in texts)


@pytest.mark.parametrize("function", contract.functions().values(), ids=lambda each: each.name)
def test_every_function_is_described_in_both_languages(function: contract.Function) -> None:
    texts = [function.title, function.description, function.returns_description]
    texts += [parameter.description for parameter in function.parameters]
    assert all(text.ru and text.en for text in texts)


@pytest.mark.parametrize("shape", OBJECTS, ids=lambda each: each.name)
def test_every_object_is_closed(shape: Shape) -> None:
    assert shape.schema["additionalProperties"] is False
    assert set(shape.schema.get("required", ())) <= set(shape.schema["properties"])


@pytest.mark.parametrize("shape", ENUMS, ids=lambda each: each.name)
def test_every_enum_is_closed_and_its_members_are_its_values(shape: Shape) -> None:
    assert shape.schema["enum"] == [member.value for member in shape.members]
    assert len({member.name for member in shape.members}) == len(shape.members)


def test_every_text_and_every_list_has_a_largest_size() -> None:
    described = {"CRM_Marketing_FetchRequest", "FetchRequest"}
    for name, schema in schemas.load().definitions.by_name.items():
        for inner in walk(schema) if name not in described else ():
            if inner.get("type") == "string" and "enum" not in inner:
                assert "maxLength" in inner, (name, inner)
            if inner.get("type") == "array":
                assert "maxItems" in inner, (name, inner)


def test_no_text_of_a_result_may_hold_a_nul_character() -> None:
    """PostgreSQL stores none."""
    result = {"actions": [{"type": "unsubscribe", "email": "a\x00@example.com"}]}
    with pytest.raises(contract.ContractViolation) as refused:
        contract.check_result("CRM_Marketing_ParseWebhookRequest", result)
    assert refused.value.path == "$.actions[0].email"
    assert refused.value.expected == "text without NUL characters"


def test_every_keyword_that_the_schemas_use_can_be_explained() -> None:
    explained = set(rules.RULES) | {"required", "propertyNames"}
    annotations = {"$ref", "title", "description", "properties", "items"}
    for schema in walk([*schemas.load().definitions.by_name.values(), *(schemas.load().manifest,)]):
        if "type" in schema and isinstance(schema["type"], str | list):
            used = {key for key in schema if not key.startswith(("x-", "$"))}
            assert used <= explained | annotations, used - explained - annotations


@pytest.mark.parametrize(
    "name", ["Unsubscribe", "UpdateDeliveryStatus", "UpdateCampaign", "UpdateCampaignStats"]
)
def test_every_action_may_carry_what_makes_it_one_event(name: str) -> None:
    fields = {field.name for field in shapes()[f"CRM_Marketing_{name}Action"].fields}
    assert {"occurredAt", "eventId", "link", "reason", "phone", "messageExternalId"} <= fields


def test_an_instant_is_read_as_utc() -> None:
    moment = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
    assert contract.instant("2026-11-21T10:00:00+03:00") == moment
    assert contract.instant("2026-11-21T07:00:00Z").tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        "2026-11-21 10:00:00Z",
        "2026-11-21T10:00:00",
        "2026-02-31T10:00:00Z",
        "2026-11-21T10:00:00Z\n",
        "0001-01-01T00:00:00+14:00",
        "٢٠٢٦-11-21T10:00:00Z",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        contract.instant(text)
    assert not schemas.is_instant(text)
