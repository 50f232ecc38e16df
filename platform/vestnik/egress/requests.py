"""What a module asks for (a draft, hostile until checked) and what the broker sends."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from vestnik.egress.errors import InvalidRequest

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
URL_CHARACTERS = 16_384
HEADER_COUNT = 64
HEADER_BYTES = 32_768
# An argument of about this size takes about a millisecond.
LARGE_BYTES = 131_072

# Headers that belong to the connection or to the broker, never to a module. Those that ask for a part of an
# answer are among them: nobody masks a part of a secret.
BROKER_HEADERS = frozenset(
    {
        "a-im",
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "if-range",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_FORBIDDEN_IN_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~-._"

Headers = tuple[tuple[str, str], ...]
BodyKind = Literal["form", "json", "text", "none"]
Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class FetchRequest:
    """A request ready to be sent: the values of secrets are in it already."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)
    timeout_s: float | None = None
    follow_redirects: bool = True

    def checked(self, body_limit_bytes: int) -> Self:
        """This request with a normal URL, after every rule about its parts; raises InvalidRequest."""
        if self.method not in METHODS:
            raise InvalidRequest("the method must be one of " + ", ".join(sorted(METHODS)))
        if len(self.body) > body_limit_bytes:
            raise InvalidRequest(f"the body is larger than {body_limit_bytes} bytes")
        check_headers(self.headers)
        return replace(self, url=normal_url(self.url))


def check_headers(headers: Iterable[tuple[str, str]]) -> None:
    """Refuses headers that would break out of their line or override the broker's own; raises InvalidRequest.

    The sentence names the header and never its value, which may be a secret.
    """
    total_bytes = 0
    count = 0
    for name, value in headers:
        count += 1
        total_bytes += len(name) + len(value.encode("utf-8", "surrogatepass"))
        if _HEADER_NAME.fullmatch(name) is None:
            raise InvalidRequest("a header's name has a character that is not allowed there")
        if name.lower() in BROKER_HEADERS:
            raise InvalidRequest(f"the header {name} is set by Vestnik and can't be given")
        if _FORBIDDEN_IN_VALUE.search(value):
            raise InvalidRequest(f"the value of the header {name} has a line break or a control character")
        if not value.isprintable() and "\t" not in value:
            raise InvalidRequest(f"the value of the header {name} has a character that is not allowed there")
    if count > HEADER_COUNT:
        raise InvalidRequest(f"there are more than {HEADER_COUNT} headers")
    if total_bytes > HEADER_BYTES:
        raise InvalidRequest(f"the headers are larger than {HEADER_BYTES} bytes")


def normal_url(url: str) -> str:
    """The URL as it goes over the wire: percent-encoded, without a fragment; raises InvalidRequest."""
    if len(url) > URL_CHARACTERS:
        raise InvalidRequest(f"the URL is longer than {URL_CHARACTERS} characters")
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in url):
        raise InvalidRequest("the URL has a space, a backslash or a control character; percent-encode it")
    try:
        parts = urlsplit(url)
        path = quote(parts.path or "/", safe=_URL_SAFE)
        query = quote(parts.query, safe=_URL_SAFE)
    except (ValueError, UnicodeError):
        raise InvalidRequest("the URL can't be read") from None
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


@dataclass(frozen=True)
class Draft:
    """What a module asked for. Markers of sealed secrets may stand in it; none is replaced yet.

    At most one of `form`, `json` and `body` is given. A form is a mapping or a list of pairs; a list as a
    value repeats its key.
    """

    url: str
    method: str = "GET"
    headers: Headers = ()
    query: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    body_kind: BodyKind = "none"
    timeout_s: float | None = None
    follow_redirects: bool = True
    spool: bool = False

    @classmethod
    async def parse_aside(cls, argument: Any) -> Self:
        """As `parse`; a large argument in a thread, in which nothing holds the event loop up for long."""
        return await asyncio.to_thread(cls.parse, argument) if is_large(argument) else cls.parse(argument)

    @classmethod
    def parse(cls, argument: Any) -> Self:
        """Reads the plain value that came from a worker, with declared keys only; raises InvalidRequest."""
        if not isinstance(argument, Mapping):
            raise InvalidRequest("fetch takes a URL and named options")
        unknown = sorted(str(key) for key in argument if key not in _OPTIONS)
        if unknown:
            raise InvalidRequest("fetch has no option " + ", ".join(unknown)[:100])
        url = argument.get("url")
        if not isinstance(url, str) or not url:
            raise InvalidRequest("the URL must be a text")
        body, kind, content_type = _body_of(argument)
        method = argument.get("method") or ("GET" if kind == "none" else "POST")
        if not isinstance(method, str):
            raise InvalidRequest("the method must be a text")
        headers = _pairs(argument.get("headers"), "headers")
        if content_type and not any(name.lower() == "content-type" for name, _ in headers):
            headers = (*headers, ("Content-Type", content_type))
        return cls(
            url=url,
            method=method.upper(),
            headers=headers,
            query=_pairs(argument.get("query"), "query"),
            body=body,
            body_kind=_kind_by_header(kind, headers),
            timeout_s=_seconds(argument.get("timeout_s")),
            follow_redirects=_flag(argument, "follow_redirects", default=True),
            spool=_flag(argument, "spool", default=False),
        )

    def to_request(self) -> FetchRequest:
        """The request with the query written into its URL; markers stay where they are."""
        url = self.url
        if self.query:
            base, _, fragment = url.partition("#")
            url = base + ("&" if "?" in base else "?") + urlencode(self.query, errors="replace")
            url += f"#{fragment}" if fragment else ""
        return FetchRequest(self.method, url, self.headers, self.body, self.timeout_s, self.follow_redirects)


_OPTIONS = frozenset(
    {
        "url",
        "method",
        "headers",
        "query",
        "form",
        "json",
        "body",
        "timeout_s",
        "follow_redirects",
        "spool",
    }
)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def is_large(value: Any) -> bool:
    """Whether a plain value takes long enough to work through that others would feel it."""
    size = 0
    waiting = [value]
    while waiting:
        each = waiting.pop()
        size += len(each) if isinstance(each, str | bytes) else 32
        if size > LARGE_BYTES:
            return True
        if isinstance(each, Mapping):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple):
            waiting += each
    return False


def _body_of(argument: Mapping[str, Any]) -> tuple[bytes, BodyKind, str]:
    given = [name for name in ("form", "json", "body") if argument.get(name) is not None]
    if len(given) > 1:
        raise InvalidRequest("only one of form, json and body can be given")
    if not given:
        return b"", "none", ""
    value = argument[given[0]]
    try:
        if given[0] == "form":
            return urlencode(_pairs(value, "form")).encode(), "form", "application/x-www-form-urlencoded"
        if given[0] == "json":
            # piece by piece when it is large: the encoder in C lets no other thread run until it has ended
            text = "".join(_JSON.iterencode(value)) if is_large(value) else _JSON.encode(value)
            return text.encode(), "json", "application/json"
        if isinstance(value, str):
            return value.encode(), "text", "text/plain; charset=utf-8"
    except (TypeError, ValueError, RecursionError):
        raise InvalidRequest(f"the {given[0]} holds a value that can't be sent") from None
    if isinstance(value, bytes):
        return value, "text", "application/octet-stream"
    raise InvalidRequest("the body must be a text or bytes")


def _kind_by_header(kind: BodyKind, headers: Headers) -> BodyKind:
    """A text that its own header calls JSON or a form takes secrets escaped as such."""
    if kind != "text":
        return kind
    content_type = next((value.lower() for name, value in headers if name.lower() == "content-type"), "")
    if "json" in content_type:
        return "json"
    return "form" if "x-www-form-urlencoded" in content_type else "text"


def _pairs(value: Any, name: str) -> Headers:
    if value is None:
        return ()
    rows: Iterable[Any] = value.items() if isinstance(value, Mapping) else value
    if isinstance(rows, str | bytes) or not isinstance(rows, Iterable):
        raise InvalidRequest(f"{name} must be a mapping or a list of pairs")
    pairs: list[tuple[str, str]] = []
    for row in rows:
        if not isinstance(row, tuple | list) or len(row) != 2 or not isinstance(row[0], str):
            raise InvalidRequest(f"{name} must be a mapping or a list of pairs")
        items = row[1] if isinstance(row[1], list | tuple) else (row[1],)
        pairs.extend((row[0], _text(item, name)) for item in items)
    return tuple(pairs)


def _text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if value is None:
        return ""
    raise InvalidRequest(f"a value of {name} must be a text, a number, true or false")


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 86_400:
        raise InvalidRequest("timeout_s must be a number of seconds")
    return float(value)


def _flag(argument: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = argument.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise InvalidRequest(f"{name} must be true or false")
    return value
