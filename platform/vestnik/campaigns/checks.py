"""What a check before sending says of one thing, to a person and to a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from vestnik.campaigns.fixes import Fix
from vestnik.http.errors import Language, Text

Level = Literal["ok", "warning", "error"]

TEXTS: Mapping[str, Text] = {
    "name_missing": {"ru": "Укажите название рассылки.", "en": "Give the campaign a name."},
    "subject_missing": {"ru": "Укажите тему письма.", "en": "Give the letter a subject."},
    "sender_missing": {
        "ru": "Укажите имя и адрес отправителя.",
        "en": "Give the sender's name and address.",
    },
    "template_missing": {"ru": "Выберите шаблон письма.", "en": "Choose a template."},
    "template_gone": {
        "ru": "Шаблона больше нет: выберите другой.",
        "en": "The template is gone: choose another.",
    },
    "template_foreign": {
        "ru": "Шаблон «{template}» принадлежит другому аккаунту сервиса.",
        "en": "The template “{template}” belongs to another account.",
    },
    "text_missing": {"ru": "Напишите текст SMS.", "en": "Write the text of the SMS."},
    "account_missing": {"ru": "Выберите сервис рассылки.", "en": "Choose a sending service."},
    "account_gone": {"ru": "Аккаунта сервиса больше нет.", "en": "The service's account is gone."},
    "account_disabled": {
        "ru": "Модуль «{module}» выключен. Его включает интегратор.",
        "en": "The module “{module}” is switched off. An integrator switches it on.",
    },
    "account_ready": {"ru": "Сервис «{account}» подключён.", "en": "The service “{account}” is connected."},
    "type_unsupported": {
        "ru": "Сервис «{account}» не отправляет рассылки этого вида.",
        "en": "The service “{account}” does not send campaigns of this type.",
    },
    "function_missing": {
        "ru": "Модуль сервиса не умеет «{function}», а без этого рассылку не отправить.",
        "en": "The service's module does not define {function}, and a campaign needs it.",
    },
    "sender_known": {
        "ru": "Сервис знает отправителя {sender}.",
        "en": "The service knows the sender {sender}.",
    },
    "sender_unknown": {
        "ru": "Сервис не знает отправителя {sender}. Подтвердите адрес в сервисе или выберите: {known}.",
        "en": "The service does not know the sender {sender}. Confirm it at the service, or choose: {known}.",
    },
    "sender_unverified": {
        "ru": "Адрес {sender} ещё не подтверждён в сервисе.",
        "en": "The address {sender} is not confirmed at the service yet.",
    },
    "sms_sender_missing": {
        "ru": "Имя отправителя SMS не указано, и у сервиса его нет: рассылку он может не принять.",
        "en": "No sender's name is given for the SMS, and the service has none: it may refuse the campaign.",
    },
    "plan_too_small": {
        "ru": "Тариф сервиса позволяет отправить ещё {left} писем, а получателей {recipients}.",
        "en": "The service's plan has {left} letters left, and there are {recipients} recipients.",
    },
    "plan_enough": {"ru": "Тарифа сервиса хватает.", "en": "The service's plan is large enough."},
    "service_silent": {
        "ru": "Сервис не ответил на проверку: {text}",
        "en": "The service did not answer the check: {text}",
    },
    "segment_gone": {
        "ru": "Сегмента больше нет: выберите другой.",
        "en": "The segment is gone: choose another.",
    },
    "segment_broken": {
        "ru": "Правило сегмента «{segment}» больше не читается. {problem} Измените правило.",
        "en": "The rule of the segment “{segment}” can't be read any more. {problem} Change the rule.",
    },
    "value_missing": {
        "ru": "Поле «{field}» не заполнено у получателей: {recipients}. В их письме это место будет пустым.",
        "en": "The field “{field}” is empty for this many recipients: {recipients}. Their letter will have a "
        "gap there.",
    },
    "text_value_missing": {
        "ru": "Поле «{field}» не заполнено у получателей: {recipients}. В их SMS это место будет пустым.",
        "en": "The field “{field}” is empty for this many recipients: {recipients}. Their SMS will have "
        "a gap there.",
    },
    "fields_unknown": {
        "ru": "В письме есть поля, которых сервис может не знать: {fields}. Он отправит их как есть "
        "или пустыми.",
        "en": "The letter has fields that the service may not know: {fields}. It sends them as they are, or "
        "empty.",
    },
    "text_fields_unknown": {
        "ru": "В тексте SMS есть поля, которых сервис может не знать: {fields}. Он отправит их как есть или "
        "пустыми.",
        "en": "The SMS has fields that the service may not know: {fields}. It sends them as they are, or "
        "empty.",
    },
    "letter_unread": {
        "ru": "Сервис не показал письмо, поэтому его поля не проверены: {text}",
        "en": "The service did not show the letter, so its fields are not checked: {text}",
    },
    "nobody": {
        "ru": "Нет ни одного получателя. Проверьте сегмент и причины исключений.",
        "en": "There is not one recipient. Look at the segment and at the reasons for exclusion.",
    },
    "no_category": {
        "ru": "Категория не выбрана: отписка из письма отпишет человека от всех рассылок.",
        "en": "No category is chosen: whoever unsubscribes will get no campaigns at all.",
    },
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    code: str
    level: Level
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: What a person can do about it.
    fixes: Sequence[Fix] = ()

    def sentence(self, language: Language) -> str:
        """The check for a reader of `language`."""
        shown = {name: _shown(value, language) for name, value in self.facts.items()}
        return TEXTS[self.code][language].format(**shown)


def _shown(value: Any, language: Language) -> Any:
    if isinstance(value, Mapping) and set(value) == {"ru", "en"}:
        return value[language]
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\N{NO-BREAK SPACE}" if language == "ru" else ",")
    return value
