"""Why a run stands where it stands: stored as a code with its facts, shown as a sentence.

`text` is what the service or the module said in its own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vestnik.contract.functions import table
from vestnik.http.errors import Language, Text

Reason = Mapping[str, Any]

SENTENCES: Mapping[str, Text] = {
    "first_plan": {
        "ru": "План готов. Ничего не передано: проверьте его и нажмите «Сохранить и запустить».",
        "en": "The plan is ready. Nothing was transferred: check it and press “Save and run”.",
    },
    "guard": {
        "ru": "Предохранитель: запуск исключил бы из списка {remove} из {before} — больше {percent} %. "
        "Проверьте план и подтвердите, если так и нужно.",
        "en": "The guard: this run would remove {remove} of {before} from the list, more than {percent} %. "
        "Check the plan, and confirm it if that is what you want.",
    },
    "list_taken": {
        "ru": "В сервисе появился список с таким названием, и его уже синхронизирует другая синхронизация.",
        "en": "The service has a list of this name by now, and another sync has it.",
    },
    "segment_broken": {
        "ru": "Состав сегмента нельзя определить: {text}. Исправьте условия сегмента.",
        "en": "Nobody can tell who is in the segment: {text}. Mend the segment's conditions.",
    },
    "not_implemented": {
        "ru": "Модуль сервиса не умеет «{function}», а без этого список не синхронизировать. "
        "Попросите интегратора дополнить модуль.",
        "en": "The service's module does not implement {function}, and a sync needs it. "
        "Ask the integrator to complete the module.",
    },
    "waiting": {
        "ru": "Сервис просит подождать ({function}): {text}. Попытка {attempts} из {at_most}; следующая "
        "начнётся сама.",
        "en": "The service asks to wait ({function}): {text}. Attempt {attempts} of {at_most}; the next one "
        "begins by itself.",
    },
    "key_refused": {
        "ru": "Сервис не принимает ключ аккаунта ({function}): {text}. Проверьте ключ в настройках аккаунта "
        "и запустите ещё раз.",
        "en": "The service does not accept the account's key ({function}): {text}. Check the key in the "
        "account's settings and run it again.",
    },
    "retrying": {
        "ru": "Шаг не удался: {text}. Попытка {attempts} из {at_most}; следующая начнётся сама.",
        "en": "The step failed: {text}. Attempt {attempts} of {at_most}; the next one begins by itself.",
    },
    "unavailable": {
        "ru": "Сервис не ответил после {attempts} попыток ({function}): {text}. Сделанное не потеряно; "
        "следующий запуск продолжит с того, что есть в списке.",
        "en": "The service did not answer after {attempts} attempts ({function}): {text}. Nothing that was "
        "done is lost; the next run goes on from what is in the list.",
    },
    "module": {
        "ru": "Модуль сервиса завершился с ошибкой ({function}): {text}",
        "en": "The service's module failed ({function}): {text}",
    },
    "job": {
        "ru": "Сервис не выполнил задание ({function}): {text}",
        "en": "The service did not do its job ({function}): {text}",
    },
    "job_endless": {
        "ru": "Задание сервиса не завершилось за {hours} ч ({function}). Сделанное не потеряно; следующий "
        "запуск продолжит с того, что есть в списке.",
        "en": "The service's job did not end within {hours} hours ({function}). Nothing that was done is "
        "lost; the next run goes on from what is in the list.",
    },
    "endless": {
        "ru": "Модуль выдаёт одну и ту же часть списка без конца ({function}). Попросите интегратора "
        "исправить модуль.",
        "en": "The module gives the same part of the list without end ({function}). Ask the integrator to "
        "mend it.",
    },
    "empty_pages": {
        "ru": "Модуль выдал {pages} пустых частей списка подряд и обещает следующую ({function}). Попросите "
        "интегратора исправить модуль.",
        "en": "The module gave {pages} empty parts of the list in a row and promises another ({function}). "
        "Ask the integrator to mend it.",
    },
    "too_long": {
        "ru": "Модуль выдал больше {rows} строк списка: таких длинных списков Вестник не синхронизирует.",
        "en": "The module gave more than {rows} rows of the list: Vestnik syncs no list that long.",
    },
    "waited_in_vain": {
        "ru": "Сервис просил подождать {attempts} раз подряд ({function}): {text}. Сделанное не потеряно; "
        "следующий запуск продолжит с того, что есть в списке.",
        "en": "The service asked to wait {attempts} times in a row ({function}): {text}. Nothing that was "
        "done is lost; the next run goes on from what is in the list.",
    },
    "planning": {
        "ru": "План не удалось составить: {text}",
        "en": "The plan could not be made: {text}",
    },
    "account_gone": {
        "ru": "Аккаунта сервиса больше нет или его модуль выключен. Выберите другой аккаунт.",
        "en": "The service's account is gone, or its module is switched off. Choose another account.",
    },
    "many_rejected": {
        "ru": "Сервис отклонил строк: {rejected}. Причины — в отчёте запуска.",
        "en": "The service refused {rejected} rows. The reasons are in the report of the run.",
    },
    "stopped": {"ru": "Запуск остановил {name}.", "en": "{name} stopped the run."},
    "changed": {
        "ru": "Синхронизацию изменили, и этот план больше не годится.",
        "en": "The sync was changed, and this plan is of no use any more.",
    },
    "only_shown": {
        "ru": "План был только показан: синхронизацию сохранили без запуска.",
        "en": "The plan was only shown: the sync was saved without running it.",
    },
    "internal": {
        "ru": "Ошибка на нашей стороне, она записана под номером {text}. Ничего не потеряно; запустите ещё "
        "раз.",
        "en": "The fault is ours; it is recorded under number {text}. Nothing is lost; run it again.",
    },
}

#: Why a plan could not be made: `text` of the reason `planning`.
PLANNING: Mapping[str, Text] = {
    "disk_full": {"ru": "на диске Вестника нет места", "en": "the disk of Vestnik is full"},
    "database": {"ru": "база данных не ответила", "en": "the database did not answer"},
    "ended": {"ru": "процесс прервался", "en": "its process was cut short"},
    "silent": {"ru": "процесс слишком долго молчал", "en": "its process was silent for too long"},
    "lost": {
        "ru": "рабочий файл запуска снова и снова пропадает или портится",
        "en": "the working file of the run is lost or damaged again and again",
    },
}


def reason(code: str, **facts: Any) -> dict[str, Any]:
    """A reason to store; `code` is a key of `SENTENCES`."""
    if code not in SENTENCES:
        raise KeyError(code)
    return {"code": code, **facts}


def sentence(stored: Reason, language: Language) -> str:
    """The reason for a reader of `language`."""
    facts = {name: _in_language(value, language) for name, value in stored.items()}
    known = table().get(facts.get("function", ""))
    if known and stored["code"] != "not_implemented":
        facts["function"] = known.title.of(language)
    return SENTENCES[stored["code"]][language].format(**facts)


def both(stored: Reason) -> Text:
    """The sentence in every language, for a letter."""
    return {"ru": sentence(stored, "ru"), "en": sentence(stored, "en")}


def _in_language(value: Any, language: Language) -> Any:
    return value[language] if isinstance(value, Mapping) and set(value) == {"ru", "en"} else value
