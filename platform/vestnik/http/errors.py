"""The one tree of errors that a person or a machine may read, and its JSON shape (RFC 9457).

    Problem
    ├── NotSignedIn 401      ├── InvalidRequest 422       ├── TooManyRequests 429
    ├── Forbidden 403        ├── BodyTooLarge 413         ├── HeadTooLarge 431
    ├── NotFound 404         ├── Conflict 409             ├── InternalError 500
    ├── MethodNotAllowed 405 ├── CsrfFailed 403           └── DatabaseUnavailable 503
    └── UnknownHost 400      └── NotHttp 400

Rooms add their own classes below `Problem`. A class has a `code`, an HTTP `status`, a `title` and a
`message` in each language, and names its `fields`; the text is built from the fields alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

Language = Literal["ru", "en"]
Text = Mapping[Language, str]


class Problem(Exception):
    """What went wrong, what it means for the reader, and what to do next."""

    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 400
    title: ClassVar[Text] = {"ru": "Ошибка", "en": "Error"}
    message: ClassVar[Text] = {"ru": "Не получилось.", "en": "It did not work."}
    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: Any) -> None:
        if set(values) != set(self.fields):
            raise TypeError(f"{type(self).__name__} takes {self.fields}, not {tuple(values)}")
        super().__init__(*values.values())
        self.values = values

    def __str__(self) -> str:
        return self.detail("en")

    def detail(self, language: Language) -> str:
        """The sentence for a reader of `language`, built from the fields."""
        shown = {name: _in_language(value, language) for name, value in self.values.items()}
        return self.message[language].format(**shown)

    def as_json(self, language: Language) -> dict[str, Any]:
        """The problem document: type, title, status, detail, code, and every field by its name."""
        shown = {name: _in_language(value, language) for name, value in self.values.items()}
        return shown | {
            "type": f"urn:vestnik:problem:{self.code}",
            "title": self.title[language],
            "status": self.status,
            "detail": self.detail(language),
            "code": self.code,
        }

    @classmethod
    def tree(cls) -> Iterator[type[Problem]]:
        """This class and every class below it."""
        yield cls
        for child in cls.__subclasses__():
            yield from child.tree()


def _in_language(value: Any, language: Language) -> Any:
    return value[language] if isinstance(value, Mapping) and set(value) == {"ru", "en"} else value


class NotSignedIn(Problem):
    code = "not_signed_in"
    status = 401
    title = {"ru": "Нужен вход", "en": "Sign-in needed"}
    message = {"ru": "Войдите, чтобы продолжить.", "en": "Sign in to go on."}


class Forbidden(Problem):
    code = "forbidden"
    status = 403
    title = {"ru": "Нет права", "en": "Not allowed"}
    message = {
        "ru": "Для этого нужно право «{right}». Его выдаёт администратор.",
        "en": "This needs the right “{right}”. An administrator grants it.",
    }
    fields = ("right",)


class CsrfFailed(Problem):
    code = "csrf_failed"
    status = 403
    title = {"ru": "Запрос не подтверждён", "en": "Request not confirmed"}
    message = {
        "ru": "Страница устарела: обновите её и повторите действие.",
        "en": "The page is out of date: reload it and try again.",
    }


class UnknownHost(Problem):
    code = "unknown_host"
    status = 400
    title = {"ru": "Неизвестный адрес", "en": "Unknown address"}
    message = {
        "ru": "Под именем «{host}» Вестник не отвечает. Откройте его по публичному адресу; этот адрес "
        "администратор задаёт в настройках, а до запуска — переменной VESTNIK_BASE_URL.",
        "en": "Vestnik does not answer under the name “{host}”. Open it under its public address; "
        "an administrator sets that in Settings, or before the start as VESTNIK_BASE_URL.",
    }
    fields = ("host",)


class NotHttp(Problem):
    code = "not_http"
    status = 400
    title = {"ru": "Запрос не читается", "en": "Unreadable request"}
    message = {
        "ru": "Это не запрос HTTP/1.1: сервер не смог его разобрать. Соединение закрыто.",
        "en": "This is no request of HTTP/1.1: the server could not read it. The connection is closed.",
    }


class HeadTooLarge(Problem):
    code = "head_too_large"
    status = 431
    title = {"ru": "Слишком длинный заголовок", "en": "Head too large"}
    message = {
        "ru": "Адрес и заголовки запроса вместе длиннее {limit_bytes} байт.",
        "en": "The address and the headers of the request have more than {limit_bytes} bytes together.",
    }
    fields = ("limit_bytes",)


class NotFound(Problem):
    code = "not_found"
    status = 404
    title = {"ru": "Не найдено", "en": "Not found"}
    message = {"ru": "Такого адреса или такой записи нет.", "en": "There is no such address or record."}


class MethodNotAllowed(Problem):
    code = "method_not_allowed"
    status = 405
    title = {"ru": "Метод не поддерживается", "en": "Method not allowed"}
    message = {
        "ru": "Этот адрес не принимает метод {method}; принимает {allowed}.",
        "en": "This address does not take the method {method}; it takes {allowed}.",
    }
    fields = ("method", "allowed")


class Conflict(Problem):
    code = "conflict"
    status = 409
    title = {"ru": "Запись изменилась", "en": "The record has changed"}
    message = {
        "ru": "Пока вы работали, запись изменилась. Обновите страницу и повторите.",
        "en": "The record changed while you worked. Reload the page and try again.",
    }


class BodyTooLarge(Problem):
    code = "body_too_large"
    status = 413
    title = {"ru": "Слишком большой запрос", "en": "Request too large"}
    message = {
        "ru": "Запрос больше {limit_bytes} байт.",
        "en": "The request is larger than {limit_bytes} bytes.",
    }
    fields = ("limit_bytes",)


class InvalidRequest(Problem):
    code = "invalid_request"
    status = 422
    title = {"ru": "Проверьте данные", "en": "Check the data"}
    message = {"ru": "{path}: {reason}", "en": "{path}: {reason}"}
    fields = ("path", "reason")


class TooManyRequests(Problem):
    code = "too_many_requests"
    status = 429
    title = {"ru": "Слишком много попыток", "en": "Too many attempts"}
    message = {
        "ru": "Повторите через {retry_after_s} с.",
        "en": "Try again in {retry_after_s} s.",
    }
    fields = ("retry_after_s",)


class InternalError(Problem):
    code = "internal_error"
    status = 500
    title = {"ru": "Внутренняя ошибка", "en": "Internal error"}
    message = {
        "ru": "Ошибка на нашей стороне, она записана под номером {reference}. Ничего не потеряно.",
        "en": "The fault is ours; it is recorded under number {reference}. Nothing is lost.",
    }
    fields = ("reference",)


class DatabaseUnavailable(Problem):
    code = "database_unavailable"
    status = 503
    title = {"ru": "База данных недоступна", "en": "The database is out of order"}
    message = {
        "ru": "База данных сейчас не принимает запросы: изменение не сохранено. Повторите позже. "
        "Администратору: место на диске и журнал сервера, запись {reference}.",
        "en": "The database takes no requests now: the change is not stored. Try again later. "
        "For the administrator: the room on the disk, and the server's log, entry {reference}.",
    }
    fields = ("reference",)
