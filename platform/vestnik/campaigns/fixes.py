"""What a person can do about a check that did not pass: a step of the wizard, a page, a value to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from vestnik.http.errors import Language, Text

Step = Literal["service", "recipients", "letter"]

TEXTS: Mapping[str, Text] = {
    "enter_name": {"ru": "Ввести название", "en": "Enter a name"},
    "choose_service": {"ru": "Выбрать сервис", "en": "Choose a service"},
    "choose_other_service": {"ru": "Выбрать другой сервис", "en": "Choose another service"},
    "add_account": {"ru": "Добавить аккаунт", "en": "Add an account"},
    "open_account": {"ru": "Открыть аккаунт", "en": "Open the account"},
    "choose_segment": {"ru": "Выбрать другой сегмент", "en": "Choose another segment"},
    "choose_smaller": {"ru": "Выбрать сегмент поменьше", "en": "Choose a smaller segment"},
    "choose_category": {"ru": "Выбрать категорию", "en": "Choose a category"},
    "edit_segment": {"ru": "Изменить сегмент", "en": "Edit the segment"},
    "open_segments": {"ru": "Открыть сегменты", "en": "Open the segments"},
    "import_contacts": {"ru": "Открыть контакты", "en": "Open the contacts"},
    "enter_subject": {"ru": "Ввести тему", "en": "Enter a subject"},
    "enter_text": {"ru": "Написать текст", "en": "Write the text"},
    "choose_template": {"ru": "Выбрать шаблон", "en": "Choose a template"},
    "import_templates": {"ru": "Импортировать шаблоны", "en": "Import templates"},
    "change_text": {"ru": "Изменить текст", "en": "Change the text"},
    "choose_other_template": {"ru": "Выбрать другой шаблон", "en": "Choose another template"},
    "open_template": {"ru": "Открыть шаблон", "en": "Open the template"},
    "show_recipients": {"ru": "Показать этих получателей", "en": "Show these recipients"},
    "enter_sender": {"ru": "Указать отправителя", "en": "Enter a sender"},
    "take_sender": {"ru": "Отправить от {sender}", "en": "Send from {sender}"},
    "check_again": {"ru": "Проверить ещё раз", "en": "Check again"},
}

#: Senders that are offered at once.
SENDERS = 3


@dataclass(frozen=True, slots=True)
class Fix:
    """One way out: a step of the wizard, a page of the application, or values that the draft may take."""

    code: str
    step: Step | None = None
    path: str | None = None
    change: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self, language: Language) -> str:
        """What it does, for a reader of `language`."""
        return TEXTS[self.code][language].format(**self.facts)


_STEPS: Mapping[str, tuple[str, Step]] = {
    "name_missing": ("enter_name", "service"),
    "account_missing": ("choose_service", "service"),
    "account_gone": ("choose_other_service", "service"),
    "account_disabled": ("choose_other_service", "service"),
    "type_unsupported": ("choose_other_service", "service"),
    "function_missing": ("choose_other_service", "service"),
    "segment_gone": ("choose_segment", "recipients"),
    "nobody": ("choose_segment", "recipients"),
    "plan_too_small": ("choose_smaller", "recipients"),
    "no_category": ("choose_category", "recipients"),
    "subject_missing": ("enter_subject", "letter"),
    "text_missing": ("enter_text", "letter"),
    "template_missing": ("choose_template", "letter"),
    "template_gone": ("choose_template", "letter"),
    "template_foreign": ("choose_template", "letter"),
    "value_missing": ("choose_other_template", "letter"),
    "text_value_missing": ("change_text", "letter"),
    "fields_unknown": ("choose_other_template", "letter"),
    "text_fields_unknown": ("change_text", "letter"),
    "sender_missing": ("enter_sender", "letter"),
    "sender_unknown": ("enter_sender", "letter"),
    "sms_sender_missing": ("enter_sender", "letter"),
    "sender_unverified": ("enter_sender", "letter"),
}
_PATHS: Mapping[str, Sequence[tuple[str, str]]] = {
    "account_missing": [("add_account", "/accounts/new")],
    "account_disabled": [("open_account", "/accounts/{account}")],
    "function_missing": [("open_account", "/accounts/{account}")],
    "plan_too_small": [("open_account", "/accounts/{account}")],
    "service_silent": [("check_again", ""), ("open_account", "/accounts/{account}")],
    "segment_gone": [("open_segments", "/segments")],
    "segment_broken": [("edit_segment", "/segments/{segment_id}")],
    "nobody": [("import_contacts", "/contacts")],
    "sms_sender_missing": [("open_account", "/accounts/{account}")],
    "template_missing": [("import_templates", "/templates")],
    "template_gone": [("import_templates", "/templates")],
    "fields_unknown": [("open_template", "/templates/{template}")],
    "letter_unread": [("check_again", ""), ("open_template", "/templates/{template}")],
}
#: Pages that come before the wizard's step.
_PEOPLE: Mapping[str, Sequence[tuple[str, str]]] = {
    code: [("show_recipients", "/campaigns/{campaign}/audience?lacking={value}")]
    for code in ("value_missing", "text_value_missing")
}


def fixes_of(code: str, facts: Mapping[str, Any]) -> list[Fix]:
    """The ways out of a check that did not pass, the likeliest first.

    `facts` has the keys of what the campaign refers to, and whatever the check found: `senders` that
    may be sent from.
    """
    found = [
        Fix("take_sender", change={"senderEmail": sender}, facts={"sender": sender})
        for sender in facts.get("senders", ())[:SENDERS]
    ]
    found += [Fix(name, path=path.format(**facts)) for name, path in _PEOPLE.get(code, ())]
    if code in _STEPS:
        name, step = _STEPS[code]
        found.append(Fix(name, step=step))
    found += [Fix(name, path=path.format(**facts)) for name, path in _PATHS.get(code, ())]
    return found
