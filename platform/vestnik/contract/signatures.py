"""Compares the functions that a module defines with the contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from vestnik.contract.functions import PREFIX, Function, table
from vestnik.contract.violations import Language, Text

Code = Literal["missing_function", "unknown_function", "wrong_parameters"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A function that is missing, unknown or declared with other parameters."""

    code: Code
    severity: Literal["error", "warning"]
    function: str
    message: Text

    def sentence(self, language: Language) -> str:
        """The message in a language."""
        return self.message.of(language)


def check_signatures(functions: Mapping[str, Sequence[str]]) -> list[Problem]:
    """The problems of a module that defines these functions, given as parameter names by function name.

    A required function that is missing is a warning: the module runs, and the platform says so where it needs
    the function. Helpers of the module's own are not looked at.
    """
    problems = []
    for name, parameters in functions.items():
        if not name.startswith(PREFIX):
            continue
        declared = table().get(name)
        if declared is None:
            problems.append(_unknown(name, functions))
        elif list(parameters) != [parameter.name for parameter in declared.parameters]:
            problems.append(_wrong_parameters(declared, parameters))
    suggested = {name: nearest_function(name, functions) for name in functions if name.startswith(PREFIX)}
    return problems + [
        _missing(function)
        for function in table().values()
        if function.required and function.name not in functions and function.name not in suggested.values()
    ]


def nearest_function(name: str, functions: Mapping[str, Sequence[str]]) -> str | None:
    """The function that an unknown name was meant for, unless the module defines that one too."""
    if name in table():
        return None
    by_folded = {known.casefold(): known for known in table() if known not in functions}
    # The prefix is common to all; without it a short name is compared fairly.
    short = {known.removeprefix(PREFIX.casefold()): full for known, full in by_folded.items()}
    found = get_close_matches(name[:80].casefold().removeprefix(PREFIX.casefold()), short, n=1, cutoff=0.7)
    return short[found[0]] if found else None


def signature(function: Function) -> str:
    """How a function is declared, without annotations."""
    return f"{function.name}({', '.join(parameter.name for parameter in function.parameters)})"


def _unknown(name: str, functions: Mapping[str, Sequence[str]]) -> Problem:
    near = nearest_function(name, functions)
    if near is None:
        message = Text(
            f"В контракте нет функции {name}, система её не вызовет.",
            f"The contract has no function {name}; the system will never call it.",
        )
    else:
        message = Text(
            f"В контракте нет функции {name}. Возможно, имелась в виду {near}.",
            f"The contract has no function {name}. Perhaps {near} was meant.",
        )
    return Problem("unknown_function", "error", name, message)


def _wrong_parameters(function: Function, given: Sequence[str]) -> Problem:
    now = f"{function.name}({', '.join(given)})"
    return Problem(
        "wrong_parameters",
        "error",
        function.name,
        Text(
            f"Параметры не совпадают с контрактом: нужно {signature(function)}, объявлено {now}.",
            f"The parameters differ from the contract: it needs {signature(function)}, not {now}.",
        ),
    )


def _missing(function: Function) -> Problem:
    return Problem(
        "missing_function",
        "warning",
        function.name,
        Text(
            f"Нет обязательной функции {signature(function)} ({function.title.ru}).",
            f"The required function {signature(function)} is missing ({function.title.en}).",
        ),
    )
