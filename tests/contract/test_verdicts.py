"""jsonschema-rs decides, jsonschema explains: they agree on every value, and every refusal is explained."""

from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.strategies import JSON, accepted, damaged

from vestnik import contract
from vestnik.contract.functions import table
from vestnik.contract.rules import FORMATS
from vestnik.contract.schemas import Schema, load
from vestnik.contract.violations import ContractViolation
from vestnik.contract.wording import path_text

SIDES = [(name, side) for name in contract.functions() for side in ("arguments", "result")]
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def schema_of(function: str, side: str) -> Schema:
    declared = table()[function]
    return declared.arguments_schema if side == "arguments" else declared.returns


def refusal(function: str, side: str, value: Any) -> ContractViolation | None:
    check = contract.check_arguments if side == "arguments" else contract.check_result
    try:
        check(function, value)
    except ContractViolation as violation:
        return violation
    return None


@pytest.mark.parametrize(("function", "side"), SIDES)
def test_what_the_schemas_describe_is_accepted(function: str, side: str) -> None:
    @QUICK
    @given(accepted(schema_of(function, side)))
    def holds(value: Any) -> None:
        assert refusal(function, side, value) is None

    holds()


@pytest.mark.parametrize(("function", "side"), SIDES)
def test_both_validators_give_the_same_verdict_and_every_refusal_is_explained(
    function: str, side: str
) -> None:
    schema = schema_of(function, side)
    slow = jsonschema.Draft202012Validator(load().definitions.whole(schema), format_checker=FORMATS)

    @QUICK
    @given(damaged(accepted(schema)) | JSON)
    def holds(value: Any) -> None:
        violation = refusal(function, side, value)
        assert (violation is None) == slow.is_valid(value)
        if violation is not None:
            assert_explained(violation, function, value)

    holds()


def assert_explained(violation: ContractViolation, function: str, value: Any) -> None:
    """The path leads into the value (its last step may be a missing field); both sentences are whole."""
    assert violation.path.startswith("$")
    assert violation.expected
    assert violation.got
    russian, english = violation.sentence("ru"), violation.sentence("en")
    assert function in russian
    assert function in english
    assert violation.path in russian
    assert violation.path in english
    assert "ожидалось" in russian
    assert "expected" in english
    assert leads_into(value, violation.path)


def leads_into(value: Any, path: str) -> bool:
    return path in paths_of(value, "$") or any(
        path.startswith(f"{parent}.") or path.startswith(f"{parent}[")
        for parent, inner in paths_of(value, "$").items()
        if isinstance(inner, dict)
    )


def paths_of(value: Any, path: str) -> dict[str, Any]:
    found = {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        found |= paths_of(inner, path + path_text([step])[1:])
    return found


NOT_JSON = st.sampled_from(
    [b"bytes", float("nan"), float("inf"), "\ud800", {1: 2}, {"\udfff": 1}, {1, 2}, object(), 1j]
)


@QUICK
@given(accepted(schema_of("CRM_Marketing_ParseWebhookRequest", "result")), NOT_JSON, st.data())
def test_what_is_no_json_is_refused_and_explained(
    result: dict[str, Any], strange: Any, data: st.DataObject
) -> None:
    result["actions"] = [{"type": "unsubscribe", "email": "a@example.com"}]
    field = data.draw(st.sampled_from(["type", "email", "eventId", "externalId", "occurredAt", "other"]))
    result["actions"][0][field] = strange
    violation = refusal("CRM_Marketing_ParseWebhookRequest", "result", result)
    assert violation is not None
    assert violation.path.startswith("$.actions[0]")
    assert violation.sentence("ru").startswith(
        "Функция CRM_Marketing_ParseWebhookRequest вернула неверное значение."
    )


def test_a_value_of_endless_depth_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(200_000):
        deep = [deep]
    violation = refusal("CRM_Marketing_ParseWebhookRequest", "result", {"actions": deep})
    assert violation is not None
    assert violation.expected == "at most 60 levels of nesting"
