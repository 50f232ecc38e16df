"""HTTP as a module sees it inside the jail: requests that came in, requests that go out through the host."""

import json as json_module
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from vestnik.sandbox.scheduler import FetchError, Operation


class Headers:
    """Headers of a request or a response; names in any case."""

    __slots__ = ("_pairs",)

    def __init__(self, source: Any) -> None:
        pairs = source.items() if isinstance(source, dict) else source or ()
        self._pairs = [(str(name), str(value)) for name, value in pairs]

    def get(self, name: str, default: Any = None) -> Any:
        """The first value of that name."""
        wanted = str(name).lower()
        return next((value for key, value in self._pairs if key.lower() == wanted), default)

    def get_all(self, name: str) -> list[str]:
        """Every value of that name."""
        wanted = str(name).lower()
        return [value for key, value in self._pairs if key.lower() == wanted]

    def items(self) -> list[tuple[str, str]]:
        """Pairs as they came."""
        return list(self._pairs)

    def keys(self) -> list[str]:
        return [name for name, _ in self._pairs]

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return str(value)

    def __contains__(self, name: object) -> bool:
        return self.get(str(name)) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._pairs)


def _charset(headers: Headers) -> str:
    content_type = str(headers.get("content-type") or "")
    _, found, charset = content_type.lower().partition("charset=")
    return charset.split(";")[0].strip("\"' ") if found else "utf-8"


def _decoded(raw: bytes, headers: Headers) -> str:
    try:
        return raw.decode(_charset(headers), errors="replace")
    except LookupError:
        return raw.decode("utf-8", errors="replace")


class Response:
    """The answer to a fetch."""

    __slots__ = ("_body", "headers", "ok", "spool_id", "status", "url")

    def __init__(self, answer: dict[str, Any]) -> None:
        self.status = int(answer["status"])
        self.ok = 200 <= self.status < 300
        self.headers = Headers(answer.get("headers"))
        self.url = str(answer.get("url") or "")
        self.spool_id = answer.get("spool_id")
        body = answer.get("body") or b""
        self._body = body.encode() if isinstance(body, str) else bytes(body)

    def bytes(self) -> "bytes":
        """The body as it came."""
        return self._body

    def text(self) -> str:
        """The body decoded by the charset of its content type, UTF-8 without one."""
        return _decoded(self._body, self.headers)

    def json(self) -> Any:
        """The body parsed as JSON."""
        return json_module.loads(self._body)

    def lines(self, offset: int = 0, n: int = 1000) -> Operation:
        """Up to `n` lines from line `offset` of a body that stays in the host (spool=True)."""
        if self.spool_id is None:
            raise ValueError("only an answer fetched with spool=True has lines()")
        return _lines(self.spool_id, offset, n)


class Spooled:
    """A body that an earlier call left in the host."""

    __slots__ = ("spool_id",)

    def __init__(self, spool_id: str) -> None:
        self.spool_id = str(spool_id)

    def lines(self, offset: int = 0, n: int = 1000) -> Operation:
        """Up to `n` lines from line `offset`."""
        return _lines(self.spool_id, offset, n)


def _lines(spool_id: str, offset: int, count: int) -> Operation:
    argument = {"spool_id": spool_id, "offset": int(offset), "n": int(count)}
    return Operation("fetch.lines", argument, error=FetchError)


class IncomingRequest:
    """A request that came to the module's webhook address."""

    __slots__ = ("body", "headers", "method", "path", "query", "raw")

    def __init__(self, source: dict[str, Any]) -> None:
        self.method = str(source.get("method") or "GET")
        self.path = str(source.get("path") or "/")
        self.query: dict[str, Any] = dict(source.get("query") or {})
        self.headers = Headers(source.get("headers"))
        body, raw = source.get("body"), source.get("raw")
        if raw is None:
            raw = b"" if body is None else body.encode() if isinstance(body, str) else body
        self.raw = bytes(raw)
        self.body: str | None = body if isinstance(body, str) else _text_or_none(self.raw, self.headers)

    def json(self) -> Any:
        """The body parsed as JSON."""
        return json_module.loads(self.raw)

    def form(self, multiple: bool = False) -> dict[str, Any]:
        """Fields of a form body: the last value of each name, or with `multiple` a list of all values."""
        pairs = parse_qsl(_decoded(self.raw, self.headers), keep_blank_values=True)
        if not multiple:
            return dict(pairs)
        fields: dict[str, Any] = {}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        return fields


def _text_or_none(raw: bytes, headers: Headers) -> str | None:
    if not raw:
        return None
    try:
        return raw.decode(_charset(headers))
    except (UnicodeDecodeError, LookupError):
        return None


class SealedValue:
    """A secret that never comes here: its text is a marker that the host replaces on the way out."""

    __slots__ = ("_marker",)

    def __init__(self, marker: str) -> None:
        self._marker = marker

    def __str__(self) -> str:
        return self._marker

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(self._marker, spec)

    def __add__(self, other: Any) -> str:
        return self._marker + str(other)

    def __radd__(self, other: Any) -> str:
        return str(other) + self._marker


def plain(value: Any) -> Any:
    """The value as it goes to the host: handles become markers, sealed operations not awaited their trees."""
    if isinstance(value, SealedValue):
        return value._marker
    if isinstance(value, Operation):
        if not value._name.startswith("sealed."):
            raise TypeError("only sealed operations can be nested; await the others first")
        return value._argument
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    return value


def _pairs(fields: Any) -> list[list[Any]] | None:
    """A mapping or pairs as pairs; a list as a value repeats its name in the host."""
    if fields is None:
        return None
    rows: Iterable[Any] = fields.items() if isinstance(fields, (dict, Headers)) else fields
    return [[str(name), plain(value)] for name, value in rows]


def fetch(
    url: str,
    method: str = "GET",
    headers: Any = None,
    json: Any = None,
    form: Any = None,
    body: Any = None,
    query: Any = None,
    timeout: float | None = None,
    spool: bool = False,
) -> Operation:
    """An HTTP request through the host; `await` it for a Response. Raises FetchError.

    The host writes query, form and JSON: it puts secrets in place of markers, each escaped for its place.
    """
    if sum(part is not None for part in (json, form, body)) > 1:
        raise ValueError("give only one of json, form and body")
    request: dict[str, Any] = {
        "url": str(url),
        "method": str(method).upper(),
        "headers": _pairs(headers),
        "query": _pairs(query),
        "json": plain(json),
        "form": _pairs(form),
        "body": bytes(body) if isinstance(body, bytearray) else plain(body),
        "timeout_s": None if timeout is None else float(timeout),
        "spool": bool(spool),
    }
    given = {key: value for key, value in request.items() if value is not None}
    return Operation("fetch", given, Response, FetchError)
