"""What a lead's warnings and matches say, as sentences: stored as codes with their facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vestnik.http.errors import Language, Text
from vestnik.intake.fields import Warned
from vestnik.intake.parsing.reasons import SENTENCES, sentence

#: What accepting warns of. What reading an input warns of is told by `parsing/reasons.py`.
WARNINGS: Mapping[str, Text] = {
    "wrong_inn": {
        "ru": "ИНН «{inn}» с ошибкой: контрольная сумма не сходится. Клиент по нему не создан.",
        "en": "The INN “{inn}” has a mistake: its check digits don't fit. No client was made of it.",
    },
    "unknown_responsible": {
        "ru": "Сотрудника с логином «{login}» нет, или он не может войти. Ответственный выбран по правилам.",
        "en": "Nobody with the log-in “{login}” may sign in. The rules chose who is responsible.",
    },
    "email_unreadable": {
        "ru": "«{value}» не похоже на адрес почты: поиск по нему не проводился.",
        "en": "“{value}” does not look like an e-mail address: nobody was looked for by it.",
    },
    "phone_unreadable": {
        "ru": "«{value}» не похоже на телефон: поиск по нему не проводился.",
        "en": "“{value}” does not look like a phone number: nobody was looked for by it.",
    },
    "sum_differs": {
        "ru": "Строка {line} «{item}»: указана сумма {given}, а цена на количество даёт {computed}.",
        "en": "Line {line} “{item}”: the sum is {given}, but price times quantity makes {computed}.",
    },
    "odd_number": {
        "ru": "Строка {line}: число «{value}» не подходит и не сохранено.",
        "en": "Line {line}: the number “{value}” does not fit and was not kept.",
    },
    "odd_date": {
        "ru": "Дата «{value}» вне разумных пределов и не сохранена.",
        "en": "The date “{value}” is out of all bounds and was not kept.",
    },
    "text_cut": {
        "ru": "Поле «{field}» длиннее {length} знаков и сохранено не целиком.",
        "en": "The field “{field}” has more than {length} characters and was cut.",
    },
    "list_cut": {
        "ru": "В поле «{field}» {count} значений: сохранены первые {most}.",
        "en": "The field “{field}” has {count} values: the first {most} were kept.",
    },
    "extra_left_out": {
        "ru": "Дополнительных данных больше {most} знаков: в заявке их нет, они остались в исходном тексте.",
        "en": "There is more than {most} characters of other data: they are in the input, not in the lead.",
    },
    "calendar_gone": {
        "ru": "Календаря, указанного для этих заявок, больше нет: событие стоит в другом.",
        "en": "The calendar that is set for these leads is gone: the event stands in another one.",
    },
    "channel_not_kept": {
        "ru": "Источник «{title}» не внесён в справочник: в нём уже {most} непроверенных.",
        "en": "The source “{title}” was not added to the directory: {most} in it are not checked yet.",
    },
}

_MATCHES: Mapping[tuple[str, str], Text] = {
    ("client", "email"): {"ru": "Почта как у клиента «{name}»", "en": "The client “{name}” has this e-mail"},
    ("client", "phone"): {"ru": "Телефон как у клиента «{name}»", "en": "The client “{name}” has this phone"},
    ("contact", "email"): {
        "ru": "Почта как у контакта «{name}»",
        "en": "The contact “{name}” has this e-mail",
    },
    ("contact", "phone"): {
        "ru": "Телефон как у контакта «{name}»",
        "en": "The contact “{name}” has this phone",
    },
    ("lead", "email"): {"ru": "Почта как в заявке № {name}", "en": "Lead no. {name} has the same e-mail"},
    ("lead", "phone"): {"ru": "Телефон как в заявке № {name}", "en": "Lead no. {name} has the same phone"},
}


def warning_text(stored: Mapping[str, Any], language: Language) -> str:
    """The sentence for a stored warning, of accepting or of reading."""
    text = WARNINGS.get(stored["code"])
    if text is None and stored["code"] not in SENTENCES:
        return str(stored["code"])  # of another version
    if text is None:
        return sentence(Warned(stored["code"], stored["field"], stored["facts"]), language)
    return text[language].format_map(_Given({"field": stored["field"], **stored["facts"]}))


def match_text(kind: str, signal: str, name: str, language: Language) -> str:
    """Why somebody or something was found for a lead."""
    return _MATCHES[kind, signal][language].format(name=name)


class _Given(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
