"""The text of a new module: the functions with their comments, each not implemented yet."""

import textwrap
from collections.abc import Sequence

from vestnik.contract.functions import Function, table
from vestnik.contract.python_types import declaration
from vestnik.contract.shapes import shapes, used_types
from vestnik.contract.violations import Language, Text

_WIDTH = 100

_HEAD = Text(
    "Модуль интеграции с сервисом рассылки: реализуйте функции, сохраните модуль и включите его.",
    "Integration with a sending service: implement the functions, save the module and switch it on.",
)


def scaffold(language: Language = "ru", functions: Sequence[str] | None = None) -> str:
    """A module with these functions (the required ones when not given), commented in a language."""
    chosen = [
        function
        for function in table().values()
        if (function.required if functions is None else function.name in functions)
    ]
    head = f'"""{_HEAD.of(language)}"""\n\n{_imports(chosen)}'
    return "\n\n\n".join([head.rstrip("\n"), *(block(function, language) for function in chosen)]) + "\n"


def comment(function: Function, language: Language) -> str:
    """What a function does and what its parameters are, as Python comments."""
    blocks = textwrap.wrap(function.description.of(language), _WIDTH - 2)
    for parameter in function.parameters:
        text = f"- {parameter.name}: {parameter.description.of(language)}"
        blocks.extend(textwrap.wrap(text, _WIDTH - 2, subsequent_indent="  "))
    return "\n".join(f"# {line}" for line in blocks)


def block(function: Function, language: Language) -> str:
    """A function with its comments, not implemented yet."""
    body = '    raise NotImplementedError("not implemented")'
    return f"{comment(function, language)}\n{_wrapped(function)}\n{body}"


def _wrapped(function: Function) -> str:
    """The declaration, one parameter a line when it is long."""
    line = declaration(function)
    if len(line) <= _WIDTH or not function.parameters:
        return line
    head, _, rest = line.partition("(")
    parameters, _, tail = rest.rpartition(")")
    inner = "".join(f"    {parameter},\n" for parameter in parameters.split(", "))
    return f"{head}(\n{inner}){tail}"


def _imports(functions: Sequence[Function]) -> str:
    names = imported_names(functions)
    listed = "".join(f"    {name},\n" for name in names)
    return f"from vestnik_sdk import (\n{listed})\n" if names else ""


def imported_names(functions: Sequence[Function]) -> list[str]:
    """The types of the SDK that the declarations of functions name, in order of the alphabet."""
    names: set[str] = set()
    for function in functions:
        for schema in (*(parameter.schema for parameter in function.parameters), function.returns):
            names.update(name for name in used_types(schema) if shapes()[name].is_public)
    return sorted(names)
