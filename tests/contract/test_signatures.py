"""What is said about the functions that a module defines."""

import pytest

from vestnik import contract
from vestnik.contract.functions import table

WHOLE = {name: [parameter.name for parameter in each.parameters] for name, each in table().items()}


def required_only() -> dict[str, list[str]]:
    return {name: parameters for name, parameters in WHOLE.items() if table()[name].required}


def test_a_module_with_every_function_has_no_problem() -> None:
    assert contract.check_signatures(WHOLE) == []


def test_optional_functions_may_be_missing() -> None:
    assert contract.check_signatures(required_only()) == []


def test_helpers_of_the_module_are_not_looked_at() -> None:
    assert contract.check_signatures({**required_only(), "call": ["method"], "main": []}) == []


def test_a_required_function_that_is_missing_is_a_warning() -> None:
    functions = required_only()
    del functions["CRM_Marketing_GetTemplateHTML"]
    (problem,) = contract.check_signatures(functions)
    assert (problem.code, problem.severity, problem.function) == (
        "missing_function",
        "warning",
        "CRM_Marketing_GetTemplateHTML",
    )
    assert problem.sentence("ru") == (
        "Нет обязательной функции CRM_Marketing_GetTemplateHTML(templateExternalId) (HTML-код шаблона)."
    )


@pytest.mark.parametrize(
    "parameters", [["offset"], ["limit", "offset"], ["offset", "limit", "x"], ["a", "b"]]
)
def test_other_parameters_are_an_error(parameters: list[str]) -> None:
    (problem,) = contract.check_signatures({**required_only(), "CRM_Marketing_ImportTemplates": parameters})
    assert problem.severity == "error"
    assert problem.sentence("en") == (
        "The parameters differ from the contract: it needs CRM_Marketing_ImportTemplates(offset, limit), not "
        f"CRM_Marketing_ImportTemplates({', '.join(parameters)})."
    )


@pytest.mark.parametrize(
    "name", ["CRM_Marketing_GetCampaignStat", "CRM_Marketing_GetcampaignStats", "CRM_Marketing_CampaignStats"]
)
def test_a_misspelt_function_is_one_problem_with_a_suggestion(name: str) -> None:
    functions = required_only()
    del functions["CRM_Marketing_GetCampaignStats"]
    (problem,) = contract.check_signatures({**functions, name: ["campaignExternalId"]})
    assert (problem.code, problem.severity) == ("unknown_function", "error")
    assert problem.sentence("ru") == (
        f"В контракте нет функции {name}. Возможно, имелась в виду CRM_Marketing_GetCampaignStats."
    )


def test_a_function_that_resembles_none_says_that_it_is_never_called() -> None:
    (problem,) = contract.check_signatures({**required_only(), "CRM_Marketing_Xyz": []})
    assert problem.sentence("en") == (
        "The contract has no function CRM_Marketing_Xyz; the system will never call it."
    )
