"""The web application: files made by its build, ready compressed, with the right caching.

Files are looked up in a map that is read from the folder, so no path of a request ever reaches the
file system. A build that replaces the folder is noticed at the next request. A file is always sent whole:
a range of it may be asked for and need not be served (RFC 9110, 14.2).
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from vestnik.http.api import language_of
from vestnik.http.errors import Language, NotFound

FOLDER = Path(__file__).parent.parent / "static"

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_HASHED = "assets/"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_RANGE = b"range"
_MACHINES = ("api/", "hooks/", "intake/", "developer/", "embed/", "healthz/", "readyz/", "metrics/", _HASHED)

_MISSING = {
    "ru": (
        "Веб-приложение не собрано",
        "Сервер работает, но его страниц здесь нет. Соберите их командой «make install» и обновите страницу.",
    ),
    "en": (
        "The web application is not built",
        "The server runs, but its pages are not here. Build them with “make install” and reload this page.",
    ),
}


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    encodings: tuple[str, ...]
    etag: str
    media_type: str


class WebApplication:
    """Answers GET for files, and with the page itself for every address that the page routes.

    It is the router's default: what no room answers comes here.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._read: tuple[int, int] | None = None
        self._files: dict[str, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 4404})
            return
        request = Request(scope, receive)
        if request.method not in ("GET", "HEAD"):
            raise NotFound()
        whole = {**scope, "headers": [each for each in scope["headers"] if each[0] != _RANGE]}
        await self._answer(request)(whole, receive, send)

    def page(self, request: Request, name: str) -> Response:
        """One page of the build, whole and never from a cache: for whoever adds headers of its own."""
        self._refresh()
        if name not in self._files:
            return _missing(language_of(request))
        return FileResponse(self._files[name].path, media_type="text/html; charset=utf-8")

    def _answer(self, request: Request) -> Response:
        self._refresh()
        name = request.url.path.removeprefix("/")
        if name in self._files and name != "index.html":
            return _send(request, self._files[name], _FOR_EVER if name.startswith(_HASHED) else _ASK_AGAIN)
        if name.startswith(_MACHINES):
            raise NotFound()
        if "index.html" in self._files:
            return _send(request, self._files["index.html"], _ASK_AGAIN)
        return _missing(language_of(request))

    def _refresh(self) -> None:
        try:
            status = self._folder.stat()
        except FileNotFoundError:
            self._read, self._files = None, {}
            return
        seen = (status.st_ino, status.st_mtime_ns)
        if seen != self._read:
            self._files = _files(self._folder)
            self._read = seen


def _missing(language: Language) -> Response:
    title, text = _MISSING[language]
    page = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{text}</p></html>"
    )
    return HTMLResponse(page, 503, {"cache-control": "no-store"})


def _files(folder: Path) -> dict[str, _File]:
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: _File(
            path=path,
            encodings=tuple(code for code, suffix in _ENCODINGS if name + suffix in paths),
            etag=sha256(path.read_bytes()).hexdigest()[:32],
            media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        )
        for name, path in paths.items()
        if path.suffix not in (".br", ".gz") and not path.name.startswith(".")
    }


def _send(request: Request, file: _File, caching: str) -> Response:
    accepted = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    encoding = next((code for code in file.encodings if code in accepted), None)
    etag = f'"{file.etag}{"-" + encoding if encoding else ""}"'
    headers = {
        "cache-control": caching,
        "etag": etag,
        "vary": "accept-encoding",
        "accept-ranges": "none",
    }
    if etag in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    path = file.path
    if encoding is not None:
        headers["content-encoding"] = encoding
        path = path.with_name(path.name + dict(_ENCODINGS)[encoding])
    return FileResponse(path, headers=headers, media_type=file.media_type)
