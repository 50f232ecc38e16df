"""What a refusal says: whole sentences, in both languages."""

import time
from typing import Any

import pytest

from vestnik import contract

WEBHOOK = "CRM_Marketing_ParseWebhookRequest"
PREPARE = "CRM_Marketing_PrepareCampaign"
STATUS = {"type": "updateDeliveryStatus", "email": "a@example.com", "status": "sent"}
STATUSES = (
    '"pending", "sent", "delivered", "opened", "clicked", "unsubscribed", "spam", "softBounce", '
    '"hardBounce", "skipped", "failed"'
)


def refused(function: str, value: Any) -> contract.ContractViolation:
    with pytest.raises(contract.ContractViolation) as caught:
        contract.check_result(function, value)
    return caught.value


def test_an_accepted_result_passes() -> None:
    contract.check_result(WEBHOOK, {"actions": [STATUS]})


def test_a_word_that_is_not_in_an_enum_is_shown_with_its_path_and_the_nearest_word() -> None:
    violation = refused(WEBHOOK, {"actions": [STATUS, {**STATUS, "status": "sentt"}]})
    assert (violation.function, violation.path) == (WEBHOOK, "$.actions[1].status")
    assert violation.sentence("en") == (
        "The function CRM_Marketing_ParseWebhookRequest returned an invalid value. $.actions[1].status: "
        f'expected one of {STATUSES}; got text "sentt". Perhaps "sent" was meant.'
    )
    assert violation.sentence("ru") == (
        "Функция CRM_Marketing_ParseWebhookRequest вернула неверное значение. $.actions[1].status: "
        f'ожидалось: одно из значений {STATUSES}; получено: текст "sentt". Возможно, имелось в виду "sent".'
    )


@pytest.mark.parametrize(
    ("change", "path", "expected", "got", "hint"),
    [
        ({"email": 5}, "email", "text", "the number 5", "Turn the number into text: str(…)."),
        ({"email": None}, "email", "text", "nothing (None)", "When there is no value, leave the field out."),
        ({"email": True}, "email", "text", "the value true", None),
        ({"email": ""}, "email", "text that is not empty", 'text ""', None),
        ({"email": "a" * 321}, "email", "text of at most 320 characters", f'text "{"a" * 78}…', None),
        (
            {"occurredAt": "2026-11-21 10:00:00"},
            "occurredAt",
            "an instant with a time zone like 2026-11-21T10:00:00+03:00",
            'text "2026-11-21 10:00:00"',
            None,
        ),
        ({"reason": ["full"]}, "reason", "text", "a list, elements: 1", None),
        ({"status": {}}, "status", "text", "an empty object", None),
    ],
)
def test_a_wrong_field_names_what_was_expected_and_what_came(
    change: dict[str, Any], path: str, expected: str, got: str, hint: str | None
) -> None:
    violation = refused(WEBHOOK, {"actions": [STATUS | change]})
    assert violation.path == f"$.actions[0].{path}"
    assert (violation.expected, violation.got) == (expected, got)
    assert (violation.finding.hint.en if violation.finding.hint else None) == hint


def test_a_misspelt_field_is_named_with_the_field_that_was_meant() -> None:
    violation = refused(WEBHOOK, {"actions": [{"type": "unsubscribe", "emial": "a@example.com"}]})
    assert violation.path == "$.actions[0].emial"
    assert violation.finding.hint == contract.Text(
        'Возможно, имелось в виду "email".', 'Perhaps "email" was meant.'
    )


def test_a_missing_field_is_named() -> None:
    violation = refused(WEBHOOK, {"actions": [{"type": "updateCampaign", "externalId": "4"}]})
    assert violation.path == "$.actions[0].status"
    assert violation.got == "nothing: there is no such field"


def test_an_action_without_any_address_says_which_fields_would_do() -> None:
    violation = refused(WEBHOOK, {"actions": [{"type": "unsubscribe"}]})
    assert violation.path == "$.actions[0]"
    assert violation.expected == "at least one of the fields email, phone, messageExternalId"


def test_an_unknown_action_is_explained_by_its_type_alone() -> None:
    violation = refused(WEBHOOK, {"actions": [{"type": "Unsubscribe", "whatever": 1}]})
    assert violation.path == "$.actions[0].type"
    assert violation.sentence("en").endswith('got text "Unsubscribe". Perhaps "unsubscribe" was meant.')


@pytest.mark.parametrize(
    ("external_id", "path"),
    [
        (7, "$.actions[0].externalId"),
        ({"al": True}, "$.actions[0].externalId"),
        ({"all": False}, "$.actions[0].externalId.all"),
        ({"listExternalId": 88}, "$.actions[0].externalId.listExternalId"),
    ],
)
def test_the_category_of_an_unsubscription_is_explained_inside_of_its_form(
    external_id: Any, path: str
) -> None:
    violation = refused(
        WEBHOOK, {"actions": [{"type": "unsubscribe", "email": "a@example.com", "externalId": external_id}]}
    )
    assert violation.path == path


@pytest.mark.parametrize("external_id", ["3", {"all": True}, {"listExternalId": "88"}])
def test_a_category_is_its_id_or_all_or_a_list_at_the_service(external_id: Any) -> None:
    action = {"type": "unsubscribe", "email": "a@example.com", "externalId": external_id}
    contract.check_result(WEBHOOK, {"actions": [action]})


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"rejected": [{"key": "a@example.com"}]}, "$.rejected[0].reason"),
        ({"jobid": "17"}, "$"),
        ({"jobId": 17}, "$.jobId"),
        ({}, "$"),
        ("done", "$"),
    ],
)
def test_a_bulk_result_is_explained_as_the_form_that_it_resembles(value: Any, path: str) -> None:
    assert refused(PREPARE, value).path == path


def test_nothing_returned_where_a_value_is_needed_says_so() -> None:
    violation = refused("CRM_Marketing_GetCampaignStats", None)
    assert violation.sentence("ru") == (
        "Функция CRM_Marketing_GetCampaignStats вернула неверное значение. $: ожидалось: объект с полями; "
        "получено: ничего (None)."
    )


def test_a_wrong_argument_is_called_an_argument() -> None:
    with pytest.raises(contract.ContractViolation) as caught:
        contract.check_arguments("CRM_Marketing_ImportTemplates", {"offset": -1, "limit": 50})
    assert caught.value.sentence("ru") == (
        "Функции CRM_Marketing_ImportTemplates передан неверный аргумент. $.offset: ожидалось: число не "
        "меньше 0; получено: число -1."
    )


def test_more_templates_than_asked_for_are_refused() -> None:
    templates = [{"externalId": str(number), "name": "Письмо"} for number in range(3)]
    arguments = {"offset": 0, "limit": 2}
    contract.check_result("CRM_Marketing_ImportTemplates", templates[:2], arguments)
    with pytest.raises(contract.ContractViolation) as caught:
        contract.check_result("CRM_Marketing_ImportTemplates", templates, arguments)
    assert caught.value.expected == "at most 2 elements (limit)"


def test_an_error_at_the_end_of_twenty_thousand_actions_is_explained_at_once() -> None:
    actions = [STATUS] * 19_999 + [{**STATUS, "status": "lost"}]
    refused(WEBHOOK, {"actions": [{}]})
    started = time.process_time()
    assert refused(WEBHOOK, {"actions": actions}).path == "$.actions[19999].status"
    assert time.process_time() - started < 1.0


def test_a_name_that_is_no_identifier_is_quoted_in_the_path() -> None:
    violation = refused(WEBHOOK, {"response": {"headers": {"x-y": 1}}})
    assert violation.path == '$.response.headers["x-y"]'


def test_an_excerpt_is_cut() -> None:
    violation = refused("CRM_Marketing_GetCampaignStats", {"sent": "9" * 5000})
    assert len(violation.got) < 100
