"""`vestnik_sdk` inside the jail: names from the facade that came as data, and the operations of the host.

The objects live as long as the worker; what belongs to one call (settings, markers, log) is swapped in by `begin`.
"""

import json as json_module
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from vestnik.sandbox.guards import facade
from vestnik.sandbox.scheduler import FetchError, Operation, OperationError
from vestnik.sandbox.wire import KIB, LOG_LEVELS

LOG_LIMIT: Final = 64 * KIB
LINE_LIMIT: Final = 8 * KIB
LOG_LINES: Final = 1000
SEALED_OPERATIONS: Final = ("hmac", "digest", "basic", "base64", "verify", "equals")
# A facade's own "operations" come on top of these.
FIXED_NAMES: Final = (
    "fetch", "spooled", "settings", "sealed", "storage", "log", "IncomingRequest", "Response", "FetchError",
    "OperationError",
)  # fmt: skip


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


class Settings:
    """The account's settings, read-only, as attributes or items."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, name: str, default: Any = None) -> Any:
        """A setting that may be missing."""
        return self._values.get(name, default)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"the account has no setting {name!r}") from None

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)


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


class Sealed:
    """`sealed.<name>` is a handle; hmac, digest, basic, base64, verify and equals are computed in the host."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, SealedValue] = {}

    def hmac(self, *args: Any, **options: Any) -> Operation:
        return _sealed("hmac", args, options)

    def digest(self, *args: Any, **options: Any) -> Operation:
        return _sealed("digest", args, options)

    def basic(self, *args: Any, **options: Any) -> Operation:
        return _sealed("basic", args, options)

    def base64(self, *args: Any, **options: Any) -> Operation:
        return _sealed("base64", args, options)

    def verify(self, *args: Any, **options: Any) -> Operation:
        return _sealed("verify", args, options)

    def equals(self, *args: Any, **options: Any) -> Operation:
        return _sealed("equals", args, options)

    def __getattr__(self, name: str) -> SealedValue:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"the account has no secret {name!r}") from None

    __getitem__ = __getattr__

    def __contains__(self, name: object) -> bool:
        return name in self._values


def _sealed(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Operation:
    tree = {
        "op": name,
        "args": [_plain(each) for each in args],
        "options": {key: _plain(value) for key, value in options.items()},
    }
    return Operation(f"sealed.{name}", tree)


def _plain(value: Any) -> Any:
    """Handles become markers; a sealed operation that is not awaited becomes its tree, so that they nest."""
    if isinstance(value, SealedValue):
        return value._marker
    if isinstance(value, Operation):
        if not value._name.startswith("sealed."):
            raise TypeError("only sealed operations can be nested; await the others first")
        return value._argument
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return value


class Storage:
    """The account's key-value store; each operation is committed before it answers."""

    __slots__ = ()

    def get(self, key: str, default: Any = None) -> Operation:
        return Operation("storage.get", {"key": str(key)}, lambda value: default if value is None else value)

    def set(self, key: str, value: Any) -> Operation:
        return Operation("storage.set", {"key": str(key), "value": value})

    def delete(self, key: str) -> Operation:
        return Operation("storage.delete", {"key": str(key)})

    def compare_and_set(self, key: str, expected: Any, value: Any) -> Operation:
        return Operation("storage.compare_and_set", {"key": str(key), "expected": expected, "value": value})

    def keys(self, prefix: str = "") -> Operation:
        return Operation("storage.keys", {"prefix": str(prefix)})


class Log:
    """Lines of one call, sent as they are written so that a killed call keeps them; bounded."""

    __slots__ = ("_bytes_left", "_lines_left", "_send")

    def __init__(self, send: Callable[[int, str], None]) -> None:
        self._send = send
        self._bytes_left = LOG_LIMIT
        self._lines_left = LOG_LINES

    def begin(self) -> None:
        """Starts a call."""
        self._bytes_left, self._lines_left = LOG_LIMIT, LOG_LINES

    def write(self, level: int, values: tuple[Any, ...], separator: str = " ") -> None:
        """One line; past the limit one last line says so and the rest is dropped."""
        if self._lines_left <= 0:
            return
        text = separator.join(str(value)[:LINE_LIMIT] for value in values[:64])
        text = text[:LINE_LIMIT].encode(errors="replace").decode()
        self._lines_left -= 1
        self._bytes_left -= len(text.encode()) + 16
        if self._lines_left <= 0 or self._bytes_left <= 0:
            self._lines_left = 0
            level, text = LOG_LEVELS.index("warning"), "the log of this call is full; later lines are dropped"
        self._send(level, text)

    def __call__(self, *values: Any) -> None:
        self.write(1, values)

    def debug(self, *values: Any) -> None:
        self.write(0, values)

    def info(self, *values: Any) -> None:
        self.write(1, values)

    def warning(self, *values: Any) -> None:
        self.write(2, values)

    def error(self, *values: Any) -> None:
        self.write(3, values)

    def print(self, *values: Any, sep: Any = " ", end: Any = "\n", file: Any = None, flush: Any = False) -> None:
        """print(): a line of level info; `end`, `file` and `flush` mean nothing here."""
        self.write(1, values, " " if sep is None else str(sep))


class Constants:
    """An enum of the contract: members as attributes, iteration over the values."""

    __slots__ = ("_members", "_name")

    def __init__(self, name: str, members: Mapping[str, Any]) -> None:
        self._name = name
        self._members = dict(members)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._members[name]
        except KeyError:
            raise AttributeError(f"{self._name} has no member {name!r}") from None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._members.values())

    def __contains__(self, value: object) -> bool:
        return value in self._members.values()


def _body(json: Any, form: Any, body: Any, headers: list[list[str]]) -> tuple[bytes | None, str | None]:
    """The bytes to send and how they are encoded, so that the host encodes what it puts in place of a marker."""
    if sum(part is not None for part in (json, form, body)) > 1:
        raise ValueError("give only one of json, form and body")
    if json is not None:
        encoded, kind, media = json_module.dumps(json, default=_json_default).encode(), "json", "application/json"
    elif form is not None:
        encoded, kind, media = _urlencoded(form).encode(), "form", "application/x-www-form-urlencoded"
    elif body is not None:
        return (bytes(body) if isinstance(body, (bytes, bytearray)) else str(body).encode()), "raw"
    else:
        return None, None
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(["Content-Type", media])
    return encoded, kind


def _json_default(value: Any) -> Any:
    if isinstance(value, SealedValue):
        return value._marker
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _urlencoded(fields: Any) -> str:
    """Pairs as a form sends them: lists repeat the name, None is an empty value, booleans are true and false."""
    pairs: Iterable[Any] = fields.items() if isinstance(fields, dict) else fields
    flat: list[tuple[str, str]] = []
    for name, value in pairs:
        values = value if isinstance(value, (list, tuple)) else (value,)
        flat.extend((str(name), _form_text(each)) for each in values)
    return urlencode(flat)


def _form_text(value: Any) -> str:
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    return value.decode() if isinstance(value, bytes) else str(value)


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
    """An HTTP request through the host; `await` it for a Response. Raises FetchError."""
    address = str(url)
    if query:
        address += ("&" if "?" in address else "?") + _urlencoded(query)
    pairs = headers.items() if isinstance(headers, (dict, Headers)) else headers or ()
    sent = [[str(name), str(value)] for name, value in pairs]
    encoded, kind = _body(json, form, body, sent)
    request = {
        "url": address,
        "method": str(method).upper(),
        "headers": sent,
        "body": encoded,
        "body_kind": kind,
        "timeout": None if timeout is None else float(timeout),
        "spool": bool(spool),
    }
    return Operation("fetch", request, Response, FetchError)


def _operation(name: str) -> Callable[..., Operation]:
    def ask(*args: Any, **options: Any) -> Operation:
        if args and (options or len(args) > 1):
            raise TypeError(f"{name}() takes one argument, or named ones")
        return Operation(name, _plain(args[0] if args else options or None))

    return ask


class Sdk:
    """The facade of one program; the parts that change from call to call are attributes."""

    def __init__(self, data: Mapping[str, Any], log: Log) -> None:
        self.settings = Settings()
        self.sealed = Sealed()
        self.log = log
        self._wraps: dict[str, dict[str, str]] = {
            name: dict(function.get("wraps") or {}) for name, function in data.get("functions", {}).items()
        }
        names = offered_names(data)
        values: dict[str, Any] = dict.fromkeys(data.get("types", ()), dict)
        values |= {name: Constants(name, members) for name, members in data.get("constants", {}).items()}
        values |= {name: _operation(name) for name in data.get("operations", ())}
        values |= {
            "fetch": fetch,
            "spooled": Spooled,
            "settings": self.settings,
            "sealed": self.sealed,
            "storage": Storage(),
            "log": log,
            "IncomingRequest": IncomingRequest,
            "Response": Response,
            "FetchError": FetchError,
            "OperationError": OperationError,
        }
        self.facade = facade("vestnik_sdk", {name: values[name] for name in names})

    def begin(self, settings: dict[str, Any], markers: dict[str, str]) -> None:
        """Starts a call with its own settings, markers and an empty log."""
        self.settings._values = settings
        self.sealed._values = {name: SealedValue(marker) for name, marker in markers.items()}
        self.log.begin()

    def wrap(self, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments with the contract's wrappers around those that have one."""
        for parameter, wrapper in self._wraps.get(function, {}).items():
            if wrapper == "IncomingRequest" and isinstance(arguments.get(parameter), dict):
                arguments[parameter] = IncomingRequest(arguments[parameter])
        return arguments


def offered_names(data: Mapping[str, Any]) -> frozenset[str]:
    """Everything that `vestnik_sdk` offers for this facade."""
    return frozenset(FIXED_NAMES).union(
        data.get("types", ()), data.get("constants", {}), data.get("operations", ())
    )
