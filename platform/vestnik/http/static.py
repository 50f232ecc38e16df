"""The web application: files made by its build, ready compressed, with the right caching.

Files are looked up in a map that is read from the folder, so no path of a request ever reaches the
file system. A build that replaces the folder is noticed at the next request.
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from vestnik.http.api import language_of
from vestnik.http.errors import NotFound

FOLDER = Path(__file__).parent.parent / "static"

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_HASHED = "assets/"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_MACHINES = ("api/", "hooks/", "intake/", "developer/", _HASHED)

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
    """Answers GET for files, and with the page itself for every address that the page routes."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._read: tuple[int, int] | None = None
        self._files: dict[str, _File] = {}

    async def __call__(self, request: Request) -> Response:
        """The file of that name, else the page, else a page that says what is missing."""
        self._refresh()
        name = request.path_params.get("path", "")
        if name in self._files and name != "index.html":
            return _answer(request, self._files[name], _FOR_EVER if name.startswith(_HASHED) else _ASK_AGAIN)
        if name.startswith(_MACHINES):
            raise NotFound()
        if "index.html" in self._files:
            return _answer(request, self._files["index.html"], _ASK_AGAIN)
        language = language_of(request)
        title, text = _MISSING[language]
        page = (
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
            f"<h1>{title}</h1><p>{text}</p></html>"
        )
        return HTMLResponse(page, 503)

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


def _answer(request: Request, file: _File, caching: str) -> Response:
    accepted = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    encoding = next((code for code in file.encodings if code in accepted), None)
    etag = f'"{file.etag}{"-" + encoding if encoding else ""}"'
    headers = {"cache-control": caching, "etag": etag, "vary": "accept-encoding"}
    if etag in [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    path = file.path
    if encoding is not None:
        headers["content-encoding"] = encoding
        path = path.with_name(path.name + dict(_ENCODINGS)[encoding])
    return FileResponse(path, headers=headers, media_type=file.media_type)
