"""What the language server says of a text, in both languages: its own words are English.

The usual sentences are translated whole; of any other the kind is, and the server's sentence follows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

Both = Mapping[str, str]

_NAME = r"`([^`\n]*)`"
_SENTENCES: Final = tuple(
    (re.compile(pattern.replace("{}", _NAME)), russian)
    for pattern, russian in (
        (r"Could not find name {}", "Имя «{0}» не определено"),
        (r"{} is uninitialized", "Имя «{0}» ещё не получило значения"),
        (r"{} may be uninitialized", "Имя «{0}» может не получить значения"),
        (r"Import {} may be unused", "Импорт «{0}» не используется"),
        (r"Variable {} is unused", "Переменная «{0}» не используется"),
        (r"Could not import {} from {}", "В «{1}» нет имени «{0}»"),
        (r"Cannot find module {}", "Модуль «{0}» не найден"),
        (r"No attribute {} in module {}", "В модуле «{1}» нет имени «{0}»"),
        (r"Object of class {} has no attribute {}", "У значения типа «{0}» нет атрибута «{1}»"),
        (r"Class {} has no class attribute {}", "У класса «{0}» нет атрибута «{1}»"),
        (r"{} is not assignable to {}", "Значение типа «{0}» не подходит: нужно «{1}»"),
        (
            r"{} is not assignable to TypedDict key {} with type {}",
            "Значение типа «{0}» не подходит ключу «{1}»: нужно «{2}»",
        ),
        (
            r"Argument {} is not assignable to parameter {} with type {} in function {}",
            "Значение типа «{0}» не подходит параметру «{1}» функции «{3}»: нужно «{2}»",
        ),
        (
            r"Returned type {} is not assignable to declared return type {}",
            "Возвращается «{0}», а объявлено «{1}»",
        ),
        (
            r"Function declared to return {} but is missing an explicit `return`",
            "Функция должна вернуть «{0}», но нет return",
        ),
        (
            r"Function declared to return {}, but one or more paths are missing an explicit `return`",
            "Функция должна вернуть «{0}», но не на каждом пути есть return",
        ),
        (r"Key {} is not defined in TypedDict {}", "В «{1}» нет ключа «{0}»"),
        (r"TypedDict {} does not have key {}", "В «{0}» нет ключа «{1}»"),
        (r"Missing required key {} for TypedDict {}", "В «{1}» нет обязательного ключа «{0}»"),
        (r"Missing argument {} in function {}", "Функции «{1}» не передан аргумент «{0}»"),
        (r"Unexpected keyword argument {} in function {}", "У функции «{1}» нет параметра «{0}»"),
        (
            r"Expected (\d+) positional arguments?, got (\d+) in function {}",
            "Функция «{2}» принимает аргументов без имени: {0}, передано: {1}",
        ),
        (r"Type {} is not iterable", "Значение типа «{0}» нельзя перебрать"),
        (r"Expected a callable, got {}", "Значение типа «{0}» нельзя вызвать"),
        (
            r"{} is not supported between {} and {}",
            "Операция «{0}» невозможна между «{1}» и «{2}»",
        ),
        (
            r"Result of async function call is unused\. Did you forget to `await`\?",
            "Вызов асинхронной функции не выполнится: не забыт ли await?",
        ),
        (r"Did you mean {}\?", "Может быть, «{0}»?"),
    )
)
_KINDS: Final = {
    "parse-error": "Синтаксическая ошибка",
    "invalid-syntax": "Синтаксическая ошибка",
    "unreachable": "Код никогда не выполнится",
    "deprecated": "Устарело",
}
_OTHER: Final = "Проверка типов"
#: Where the server looked for a module: its folders, which are no business of the reader.
_WHERE: Final = "Looked in these locations"


def worded(kind: str, message: str) -> Both:
    """A finding's message in both languages."""
    lines = message.partition(f"\n  {_WHERE}")[0].splitlines() or [""]
    first = _in_russian(lines[0]) or f"{_KINDS.get(kind, _OTHER)}: {lines[0]}"
    rest = [f"  {_in_russian(line.strip()) or line.strip()}" for line in lines[1:]]
    return {"en": "\n".join(lines), "ru": "\n".join([first, *rest])}


def _in_russian(sentence: str) -> str | None:
    for pattern, russian in _SENTENCES:
        found = pattern.fullmatch(sentence)
        if found is not None:
            return russian.format(*found.groups())
    return None
