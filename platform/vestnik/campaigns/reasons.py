"""Why a campaign stands where it stands: stored as a code with its facts, shown as a sentence.

A stored reason is `{"code": …, facts…}`. `text` is what the service or the module said in its own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vestnik.contract.functions import table
from vestnik.http.errors import Language, Problem, Text

Reason = Mapping[str, Any]

SENTENCES: Mapping[str, Text] = {
    "service": {"ru": "Сервис сообщил: {text}", "en": "The service said: {text}"},
    "no_recipients": {
        "ru": "Не осталось ни одного получателя: все исключены или отклонены сервисом. "
        "Посмотрите причины исключений и измените сегмент или категорию.",
        "en": "Not one recipient is left: all were excluded, or refused by the service. "
        "Look at the reasons and change the segment or the category.",
    },
    "recipients_left": {
        "ru": "Среди тех, кого сервис уже получил, есть отписавшиеся или попавшие в стоп-лист "
        "(найдено: {count}). Забрать их оттуда нельзя, поэтому рассылка не отправлена. Сделайте копию: "
        "получатели будут выбраны заново. Чтобы Вестник забирал их сам, попросите интегратора добавить в "
        "модуль функцию WithdrawRecipients.",
        "en": "Among those whom the service has got already are people who unsubscribed or were stopped "
        "since (found: {count}). They can't be taken back, so the campaign was not sent. Make a copy: "
        "recipients are chosen anew. To have Vestnik take them back, ask the integrator to add the function "
        "WithdrawRecipients to the module.",
    },
    "not_implemented": {
        "ru": "Модуль сервиса не умеет «{function}», а без этого рассылку не отправить. "
        "Выберите другой сервис или попросите интегратора дополнить модуль.",
        "en": "The service's module does not implement {function}, and a campaign needs it. "
        "Choose another service, or ask the integrator to complete the module.",
    },
    "unavailable": {
        "ru": "Сервис не ответил после {attempts} попыток ({function}): {text}. "
        "Никто не получил письмо дважды; повторите, когда сервис заработает.",
        "en": "The service did not answer after {attempts} attempts ({function}): {text}. "
        "Nobody was written to twice; retry when the service works again.",
    },
    "waiting": {
        "ru": "Сервис просит подождать ({function}): {text}. Попытка {attempts} из {at_most}; следующая "
        "начнётся сама, пауза перед ней — {seconds} с.",
        "en": "The service asks to wait ({function}): {text}. Attempt {attempts} of {at_most}; the next one "
        "begins by itself, the pause before it is {seconds} s.",
    },
    "down": {
        "ru": "Сервис не работает ({function}): {text}. Попытка {attempts} из {at_most}; следующая "
        "начнётся сама, пауза перед ней — {seconds} с.",
        "en": "The service is out of order ({function}): {text}. Attempt {attempts} of {at_most}; the next "
        "one begins by itself, the pause before it is {seconds} s.",
    },
    "key_refused": {
        "ru": "Сервис не принимает ключ аккаунта ({function}): {text}. Проверьте ключ в настройках аккаунта "
        "и повторите.",
        "en": "The service does not accept the account's key ({function}): {text}. Check the key in the "
        "account's settings and retry.",
    },
    "waited_in_vain": {
        "ru": "Сервис просил подождать {attempts} раз подряд ({function}): {text}. "
        "Никто не получил письмо дважды; повторите, когда сервис снова будет принимать запросы.",
        "en": "The service asked to wait {attempts} times in a row ({function}): {text}. "
        "Nobody was written to twice; retry when the service takes requests again.",
    },
    "module": {
        "ru": "Модуль сервиса завершился с ошибкой ({function}): {text}",
        "en": "The service's module failed ({function}): {text}",
    },
    "job": {
        "ru": "Сервис не выполнил задание ({function}): {text}",
        "en": "The service did not do its job ({function}): {text}",
    },
    "account_gone": {
        "ru": "Аккаунта сервиса больше нет. Выберите другой аккаунт в копии рассылки.",
        "en": "The service's account is gone. Choose another account in a copy of the campaign.",
    },
    "create_refused": {
        "ru": "Модуль сервиса завершился с ошибкой на последнем шаге: {text}. "
        "Создана ли рассылка, неизвестно. Откройте сервис: если её там нет, нажмите «Отправить заново».",
        "en": "The service's module failed at the last step: {text}. "
        "Nobody knows whether it created the campaign. Look at the service: if it is not there, press "
        "“Send again”.",
    },
    "create_unknown": {
        "ru": "Передача в сервис прервалась на последнем шаге, и модуль не умеет проверить, "
        "создана ли рассылка. Откройте сервис: если рассылки там нет, нажмите «Отправить заново».",
        "en": "The last step of the hand-over was cut short, and the module can't check whether the "
        "campaign exists. Look at the service: if it is not there, press “Send again”.",
    },
    "create_unchecked": {
        "ru": "Передача в сервис прервалась на последнем шаге, а сервис пока не отвечает: {text}. "
        "Мы продолжаем спрашивать; можно нажать «Проверить в сервисе».",
        "en": "The last step of the hand-over was cut short, and the service does not answer: {text}. "
        "We keep asking; you can press “Check at the service”.",
    },
    "create_not_found": {
        "ru": "Передача в сервис прервалась на последнем шаге; сервис отвечает, что такой рассылки нет. "
        "Если в сервисе её действительно нет, нажмите «Отправить заново».",
        "en": "The last step of the hand-over was cut short; the service says that it has no such campaign. "
        "If it is really not there, press “Send again”.",
    },
    "restored": {
        "ru": "База восстановлена из резервной копии, а рассылка могла уйти после того, как копию сделали. "
        "Посмотрите в сервисе: если её там нет, нажмите «Продолжить», если есть — «Отменить».",
        "en": "The database was restored from a backup, and the campaign may have gone out since the backup "
        "was made. Look at the service: if it is not there, press “Resume”, else “Cancel”.",
    },
    "restored_unclear": {
        "ru": "База восстановлена из резервной копии, которую сделали на последнем шаге передачи в сервис. "
        "Мы спрашиваем сервис, есть ли у него эта рассылка; можно нажать «Проверить в сервисе».",
        "en": "The database was restored from a backup that was made at the last step of the hand-over. "
        "We ask the service whether it has the campaign; you can press “Check at the service”.",
    },
    "unanswered": {
        "ru": "Сервис не ответил ({function}): {text}",
        "en": "The service did not answer ({function}): {text}",
    },
    "unable": {
        "ru": "Модуль сервиса этого не сообщает ({function}).",
        "en": "The service's module does not tell this ({function}).",
    },
    "not_ready": {
        "ru": "Выпуск не отправлен: проверка нашла ошибки. {text}",
        "en": "The issue was not sent: its check found errors. {text}",
    },
    "missed": {
        "ru": "Один выпуск пропущен: в его время Вестник не работал больше суток.",
        "en": "One issue was left out: Vestnik was not running for more than a day.",
    },
    "internal": {
        "ru": "Ошибка на нашей стороне, она записана под номером {text}. Ничего не потеряно; нажмите "
        "«Повторить».",
        "en": "The fault is ours; it is recorded under number {text}. Nothing is lost; press “Retry”.",
    },
    "superseded": {
        "ru": "Рассылку из запуска {run} сервис всё же создал: {external_id}. Проверьте её в сервисе.",
        "en": "The service has created the campaign of run {run} after all: {external_id}. Check it there.",
    },
}


def reason(code: str, **facts: Any) -> dict[str, Any]:
    """A reason to store; `code` is a key of `SENTENCES`."""
    if code not in SENTENCES:
        raise KeyError(code)
    return {"code": code, **facts}


def of_service(words: str | None) -> dict[str, Any] | None:
    """The service's own words as a reason."""
    return reason("service", text=words) if words else None


def sentence(stored: Reason, language: Language) -> str:
    """The reason for a reader of `language`."""
    facts = {name: _in_language(value, language) for name, value in stored.items()}
    # Whoever is to write a function needs its name; a marketer wants to know what was being done.
    known = table().get(facts.get("function", ""))
    if known and stored["code"] != "not_implemented":
        facts["function"] = known.title.of(language)
    return SENTENCES[stored["code"]][language].format(**facts)


def words_of(error: Exception) -> str | dict[str, str]:
    """What an error says to a person: a module's own words where it said no, else ours in both languages."""
    if isinstance(error, Problem):
        if getattr(error, "in_own_words", False) and error.values.get("reason"):
            return str(error.values["reason"])
        return {"ru": error.detail("ru"), "en": error.detail("en")}
    return str(error) or type(error).__name__


def _in_language(value: Any, language: Language) -> Any:
    return value[language] if isinstance(value, Mapping) and set(value) == {"ru", "en"} else value
