"""`vestnik_sdk` inside the jail: names from the facade that came as data, and the operations of the host.

The objects live as long as the worker; what belongs to one call (settings, markers, log) is swapped in by
`begin`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from vestnik.sandbox.exchange import IncomingRequest, Response, SealedValue, Spooled, fetch, plain
from vestnik.sandbox.guards import facade
from vestnik.sandbox.scheduler import (
    FetchError,
    KeyRefused,
    Operation,
    OperationError,
    RetryLater,
    ServiceDown,
)
from vestnik.sandbox.wire import KIB, LOG_LEVELS

LOG_LIMIT: Final = 64 * KIB
LINE_LIMIT: Final = 8 * KIB
LOG_LINES: Final = 1000
# A facade's own "operations" come on top of these.
FIXED_NAMES: Final = (
    "fetch", "spooled", "settings", "sealed", "storage", "log", "IncomingRequest", "Response", "FetchError",
    "OperationError", "RetryLater", "ServiceDown", "KeyRefused",
)  # fmt: skip


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


class Sealed:
    """`sealed.<name>` is a handle. The computations are made in the host; they nest, and take templates.

    A part is text or bytes (in which markers stand for secrets), a handle, or a computation not awaited.
    """

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[str, SealedValue] = {}

    def digest(self, algorithm: str, *parts: Any, encoding: str = "hex") -> Operation:
        """A digest of the joined parts."""
        return _sealed("digest", algorithm=algorithm, parts=parts, encoding=encoding)

    def hmac(self, algorithm: str, key: Any, *parts: Any, encoding: str = "hex") -> Operation:
        """A keyed digest of the joined parts."""
        return _sealed("hmac", algorithm=algorithm, key=key, parts=parts, encoding=encoding)

    def base64(self, *parts: Any, urlsafe: bool = False) -> Operation:
        """The joined parts in Base64: a new marker."""
        return _sealed("base64", parts=parts, urlsafe=urlsafe)

    def basic(self, user: Any, password: Any) -> Operation:
        """The value of an Authorization header: a new marker."""
        return _sealed("basic", user=user, password=password)

    def verify(self, of: Operation, expected: str) -> Operation:
        """Whether a digest or hmac equals the signature that came."""
        return _sealed("verify", of=of, expected=expected)

    def equals(self, left: Any, right: Any) -> Operation:
        """Whether two values are the same."""
        return _sealed("equals", left=left, right=right)

    def verify_ecdsa(self, public_key: Any, signature: str | bytes, *parts: Any) -> Operation:
        """Whether a P-256 key signed the parts with SHA-256; the signature is DER, in Base64 or bytes."""
        return _sealed("verify_ecdsa", public_key=public_key, signature=signature, parts=parts)

    def verify_ed25519(self, public_key: Any, signature: str | bytes, *parts: Any) -> Operation:
        """Whether an Ed25519 key signed the joined parts; the signature is in Base64 or bytes."""
        return _sealed("verify_ed25519", public_key=public_key, signature=signature, parts=parts)

    def __getattr__(self, name: str) -> SealedValue:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"the account has no secret {name!r}") from None

    def __getitem__(self, name: str) -> SealedValue:
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values


def _sealed(name: str, **fields: Any) -> Operation:
    return Operation(f"sealed.{name}", {"op": name} | {key: plain(value) for key, value in fields.items()})


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
    """Lines of one call, sent as they are written so that a killed call keeps them; bounded.

    A module holds this object: what it may not do (a new budget, a level that does not exist) is private.
    """

    __slots__ = ("_bytes_left", "_lines_left", "_send")

    def __init__(self, send: Callable[[int, str], None]) -> None:
        self._send = send
        self._bytes_left = LOG_LIMIT
        self._lines_left = LOG_LINES

    def _begin(self) -> None:
        """Starts a call."""
        self._bytes_left, self._lines_left = LOG_LIMIT, LOG_LINES

    def _write(self, level: int, values: tuple[Any, ...], separator: str = " ") -> None:
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
        self._write(1, values)

    def debug(self, *values: Any) -> None:
        self._write(0, values)

    def info(self, *values: Any) -> None:
        self._write(1, values)

    def warning(self, *values: Any) -> None:
        self._write(2, values)

    def error(self, *values: Any) -> None:
        self._write(3, values)

    def print(
        self, *values: Any, sep: Any = " ", end: Any = "\n", file: Any = None, flush: Any = False
    ) -> None:
        """print(): a line of level info; `end`, `file` and `flush` mean nothing here."""
        self._write(1, values, " " if sep is None else str(sep))


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


def _operation(name: str) -> Callable[..., Operation]:
    def ask(*args: Any, **options: Any) -> Operation:
        if args and (options or len(args) > 1):
            raise TypeError(f"{name}() takes one argument, or named ones")
        return Operation(name, plain(args[0] if args else options or None))

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
            "RetryLater": RetryLater,
            "ServiceDown": ServiceDown,
            "KeyRefused": KeyRefused,
        }
        self.facade = facade("vestnik_sdk", {name: values[name] for name in names})

    def begin(self, settings: dict[str, Any], markers: dict[str, str]) -> None:
        """Starts a call with its own settings, markers and an empty log."""
        self.settings._values = settings
        self.sealed._values = {name: SealedValue(marker) for name, marker in markers.items()}
        self.log._begin()

    def end(self) -> None:
        """Forgets the call's settings and markers."""
        self.settings._values = {}
        self.sealed._values = {}

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
