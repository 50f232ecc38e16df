"""Writes the reference of the contract as Markdown."""

import json
from typing import Final

from vestnik.contract.functions import Function, table
from vestnik.contract.python_types import annotation, declaration
from vestnik.contract.schemas import load
from vestnik.contract.shapes import Shape, shapes
from vestnik.contract.violations import Language, Text

_GENERATED: Final = (
    "<!-- Generated from schemas/contract by `python -m vestnik.contract.generate`; do not edit. -->"
)

_TITLE: Final = Text("# Контракт пользовательского модуля", "# The contract of a user module")
_INTRODUCTION: Final = Text(
    "Модуль — это файл `module.py`, который определяет функции `CRM_Marketing_*`. Система вызывает их с "
    "проверенными аргументами и проверяет то, что они вернули: лишнее поле, неверный тип или неизвестное "
    "значение отклоняются с указанием пути вида `$.actions[2].status`. Необязательное поле без значения не "
    "указывается (не `None`). Идентификаторы — всегда текст, моменты времени — с часовым поясом. Как пишется "
    "модуль: [modules.md](modules.md).",
    "A module is a file `module.py` that defines functions `CRM_Marketing_*`. The system calls them with "
    "checked arguments and checks what they return: a field too many, a wrong type or an unknown value is "
    "refused with its path, like `$.actions[2].status`. An optional field without a value is left out (it is "
    "not `None`). Identifiers are always text, instants have a time zone. How a module is written: "
    "[modules.md](modules.md).",
)
_FUNCTIONS: Final = Text("## Функции", "## Functions")
_TYPES: Final = Text("## Типы", "## Types")
_LIMITS: Final = Text("Пределы времени", "Time limits")


def reference(language: Language = "en") -> str:
    """The text of `docs/contract.md`, or of its Russian twin."""
    parts = [_GENERATED, _TITLE.of(language), _INTRODUCTION.of(language), _limits(language)]
    parts.append(_FUNCTIONS.of(language))
    parts.append(_overview(language))
    parts += [_function(function, language) for function in table().values()]
    parts.append(_TYPES.of(language))
    for file in load().files:
        public = [shapes()[name] for name in file.types if shapes()[name].is_public]
        if public:
            parts.append(f"### {file.title[language]}")
            parts += [_shape(shape, language) for shape in public]
    return "\n\n".join(parts) + "\n"


def _limits(language: Language) -> str:
    listed = ", ".join(f"{name} {seconds:g} s" for name, seconds in load().limits_s.items())
    tail = Text(
        "Ожидание очереди запросов к сервису в них не входит.",
        "Waiting for the service's rate limit does not count.",
    )
    return f"{_LIMITS.of(language)}: {listed}. {tail.of(language)}"


def _overview(language: Language) -> str:
    head = {
        "ru": "| функция | что делает | обязательна | предел | повтор |",
        "en": "| function | what it does | required | limit | repeated |",
    }[language]
    rows = [
        f"| [`{function.name}`](#{function.name.lower()}) | {function.title.of(language)} "
        f"| {_mark(function.required)} | {function.limit} | {_mark(function.repeatable)} |"
        for function in table().values()
    ]
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _function(function: Function, language: Language) -> str:
    parts = [
        f"### {function.name}",
        f"```python\n{declaration(function)}\n```",
        function.description.of(language),
    ]
    rules = [
        f"- `{parameter.name}`: {parameter.description.of(language)}" for parameter in function.parameters
    ]
    word = Text("возвращает", "returns").of(language)
    parts.append("\n".join([*rules, f"- {word}: {function.returns_description.of(language)}"]))
    example = json.dumps(function.returns_sample, ensure_ascii=False, indent=1)
    if function.returns_sample is not None:
        parts.append(f"```json\n{example}\n```")
    if not function.repeatable:
        never = Text("Система не повторяет этот вызов сама.", "The system never repeats this call by itself.")
        parts.append(never.of(language))
    return "\n\n".join(parts)


def _shape(shape: Shape, language: Language) -> str:
    parts = [f"#### {shape.name}", f"{shape.title.of(language)}. {shape.description.of(language)}"]
    if shape.kind == "enum":
        rows = [f'| `{each.name}` | `"{each.value}"` | {each.title.of(language)} |' for each in shape.members]
        head = Text("| константа | значение | смысл |", "| constant | value | meaning |").of(language)
        parts.append("\n".join([head, "|---|---|---|", *rows]))
    elif shape.kind == "object":
        parts.append(_fields(shape, language))
    else:
        parts.append(f"`{annotation(shape.schema, 'signature')}`")
    return "\n\n".join(parts)


def _fields(shape: Shape, language: Language) -> str:
    head = Text("| поле | тип | обязательно | смысл |", "| field | type | required | meaning |").of(language)
    rows = [
        f"| `{field.name}` | `{annotation(field.schema, 'signature').replace('|', chr(92) + '|')}` "
        f"| {_mark(field.required)} | {field.description.of(language)} |"
        for field in shape.fields
    ]
    table_text = "\n".join([head, "|---|---|---|---|", *rows])
    if not shape.at_least_one_of:
        return table_text
    listed = ", ".join(f"`{name}`" for name in shape.at_least_one_of)
    rule = Text(f"Нужно хотя бы одно из полей {listed}.", f"At least one of the fields {listed} is needed.")
    return f"{table_text}\n\n{rule.of(language)}"


def _mark(value: bool) -> str:
    return "✓" if value else ""
