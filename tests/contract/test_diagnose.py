"""One list for the editor's margin from what the sandbox and the contract say."""

from vestnik import contract
from vestnik.contract.diagnose import Definition, Mark, Report
from vestnik.contract.functions import table

WHOLE = [
    Definition(name, tuple(parameter.name for parameter in each.parameters), 10 * number, 1)
    for number, (name, each) in enumerate(table().items(), 1)
]
OPEN = Mark(
    35, 4, 35, 8, "error", "policy", "unavailable_name", contract.Text("Имя open недоступно", "No open here")
)


def test_a_sound_module_has_no_diagnostics() -> None:
    diagnostics = contract.diagnose(Report([], WHOLE))
    assert diagnostics == []
    assert contract.is_accepted(diagnostics)


def test_marks_of_the_sandbox_and_problems_of_the_contract_are_sorted_by_line() -> None:
    functions = [Definition("CRM_Marketing_ImportTemplates", ("offset",), 40, 1), *WHOLE[1:6]]
    diagnostics = contract.diagnose(Report([OPEN], functions))
    assert [(each.line, each.column, each.end_column, each.source, each.code) for each in diagnostics] == [
        (1, 1, 1, "contract", "missing_function"),
        (35, 4, 8, "policy", "unavailable_name"),
        (40, 1, 40, "contract", "wrong_parameters"),
    ]
    assert diagnostics[0].function == "CRM_Marketing_GetTemplateHTML"
    assert diagnostics[1].message == OPEN.message
    assert not contract.is_accepted(diagnostics)


def test_a_text_that_was_refused_is_not_blamed_for_missing_functions() -> None:
    syntax = Mark(3, 7, 3, 8, "error", "syntax", "syntax", contract.Text("invalid syntax", "invalid syntax"))
    diagnostics = contract.diagnose(Report([syntax], []))
    assert [(each.line, each.source) for each in diagnostics] == [(3, "syntax")]
    assert [each.source for each in contract.diagnose(Report([OPEN], []))] == ["policy"]


def test_a_missing_function_does_not_stand_in_the_way_of_running() -> None:
    assert contract.is_accepted(contract.diagnose(Report([], WHOLE[:3])))
