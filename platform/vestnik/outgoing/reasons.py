"""Why a message was not delivered, and why an endpoint was turned off: in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vestnik.http.errors import Language, Text

#: Codes of attempts that failed.
ATTEMPTS: Mapping[str, Text] = {
    "status": {
        "ru": "Сервер ответил {status}. Принятым сообщение считается при ответе от 200 до 299.",
        "en": "The server answered {status}. A message is taken when the answer is from 200 to 299.",
    },
    "redirect": {
        "ru": "Сервер ответил {status}: перенаправление. Укажите адрес, на который оно ведёт.",
        "en": "The server answered {status}, a redirect. Enter the address to which it leads.",
    },
    "gone": {
        "ru": "Сервер ответил 410: сообщения здесь больше не нужны.",
        "en": "The server answered 410: it wants no messages any more.",
    },
    "dns": {
        "ru": "Сервер {host} не найден. Проверьте адрес.",
        "en": "The server {host} was not found. Check the address.",
    },
    "connect": {
        "ru": "Сервер {host} не принимает соединение.",
        "en": "The server {host} takes no connection.",
    },
    "tls": {
        "ru": "Защищённое соединение с {host} не установлено: проверьте его сертификат.",
        "en": "There is no secure connection to {host}: check its certificate.",
    },
    "timeout": {
        "ru": "Сервер {host} не ответил за 15 секунд.",
        "en": "The server {host} did not answer within 15 seconds.",
    },
    "protocol": {
        "ru": "Соединение с {host} оборвалось, или его ответ не читается.",
        "en": "The connection to {host} broke off, or its answer can't be read.",
    },
    "busy": {
        "ru": "Сейчас отправляется слишком много сообщений.",
        "en": "Too many messages are being sent now.",
    },
    "private_address": {
        "ru": "Адрес {host} находится во внутренней сети. Разрешить его может администратор.",
        "en": "{host} is in a private network. An administrator may allow it.",
    },
    "own_address": {
        "ru": "{host} — это адрес самого Вестника.",
        "en": "{host} is Vestnik itself.",
    },
    "unusable_address": {
        "ru": "По адресу {host} сервера быть не может.",
        "en": "There can be no server at {host}.",
    },
    "not_https": {
        "ru": "Адрес {host} без https. Возьмите адрес, который начинается с https://.",
        "en": "The address at {host} has no https. Take one that begins with https://.",
    },
    "bad_address": {
        "ru": "Это не адрес сервера. Он начинается с https://, без имени и пароля.",
        "en": "This is no address of a server. It begins with https://, without name and password.",
    },
}

#: Why the platform turned an endpoint off.
OFF: Mapping[str, Text] = {
    "gone": ATTEMPTS["gone"],
    "failing": {
        "ru": "Пять дней подряд ни одно сообщение не доставлено. Вебхук отключён.",
        "en": "No message was delivered for five days. The webhook is turned off.",
    },
}


def explained(error: Mapping[str, Any] | None, language: Language) -> str | None:
    """The sentence for an attempt's error: a code with its facts."""
    if error is None:
        return None
    return ATTEMPTS[error["code"]][language].format(**error)


def both(error: Mapping[str, Any]) -> Text:
    """The same in both languages."""
    return {"ru": str(explained(error, "ru")), "en": str(explained(error, "en"))}
