"""What the compatible leads API answers: its document's shapes and words, readable by pages of every site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/json; charset=utf-8"
#: A browser asks anew whether it may after so long.
PREFLIGHT_S = 600

_ALWAYS = {
    "access-control-allow-origin": "*",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Refused(Exception):
    """An answer that is an error. The document's own come with HTTP 200, those of ours with their status."""

    def __init__(self, code: str, text: str, status: int = 200, **headers: str) -> None:
        super().__init__(code)
        self.code, self.text, self.status = code, text, status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> Response:
        """The one shape of errors."""
        error = {"code": self.code, "text": self.text}
        return told({"result": "Error", "error": error}, self.status, self.headers)


def wrong_key() -> Refused:
    """The document's words, its spelling too."""
    return Refused("400", "Не верный API key")


def unknown_user() -> Refused:
    """Nobody who may sign in has this log-in."""
    return Refused("401", "Неизвестный пользователь")


def unknown_method() -> Refused:
    """There is no such action."""
    return Refused("402", "Неизвестный метод")


def not_found() -> Refused:
    """No such lead, or none on this page."""
    return Refused("404", "Не найдено")


def nothing_said() -> Refused:
    """A lead that says neither who nor what."""
    return Refused("405", "Отсутствуют параметры")


def wrong_value(name: str) -> Refused:
    """A parameter that can't be read."""
    return Refused("406", f"Неверное значение параметра: {name}")


def told(what: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A document."""
    response = Response(msgspec.json.encode(what), status, {**_ALWAYS, **(headers or {})})
    response.headers["content-type"] = MEDIA_TYPE
    return response


def preflight() -> Response:
    """What a page may send."""
    headers = {
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "content-type, x-requested-with",
        "access-control-max-age": str(PREFLIGHT_S),
    }
    return Response(b"", 204, {**_ALWAYS, **headers})
