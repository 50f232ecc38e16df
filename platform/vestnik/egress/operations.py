"""The operations on sealed secrets: plain trees from a worker, carried out in the host.

    {"op": "digest", "algorithm": "md5", "parts": ["text", {"secret": "api_key"}, …], "encoding": "hex"}
    {"op": "hmac", "algorithm": "sha256", "key": part, "parts": […], "encoding": "base64"}
    {"op": "base64", "parts": […], "urlsafe": false}
    {"op": "basic", "user": part, "password": part}
    {"op": "verify", "of": <digest or hmac>, "expected": "…"}
    {"op": "equals", "left": part, "right": part}
    {"op": "verify_ecdsa", "public_key": part, "signature": text or bytes, "parts": […]}   P-256, SHA-256
    {"op": "verify_ed25519", "public_key": part, "signature": text or bytes, "parts": […]}

A part is a text or bytes (in which markers stand for secrets), `{"secret": name}`, a list of parts, or one of
the first four operations; `"encoding": "raw"` hands the bytes of a digest to the operation around it.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from vestnik.egress.errors import SealedRefused
from vestnik.egress.signatures import is_signed

ALGORITHMS = frozenset({"md5", "sha1", "sha256", "sha512"})
ENCODINGS = frozenset({"hex", "base64", "base64url", "raw"})
TREE_NODES = 256
TREE_DEPTH = 8
TEMPLATE_BYTES = 16 << 20

_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    # operation: keys it must have, keys it may have
    "digest": (frozenset({"op", "algorithm", "parts"}), frozenset({"encoding"})),
    "hmac": (frozenset({"op", "algorithm", "key", "parts"}), frozenset({"encoding"})),
    "base64": (frozenset({"op", "parts"}), frozenset({"urlsafe"})),
    "basic": (frozenset({"op", "user", "password"}), frozenset()),
    "verify": (frozenset({"op", "of", "expected"}), frozenset()),
    "equals": (frozenset({"op", "left", "right"}), frozenset()),
    "verify_ecdsa": (frozenset({"op", "public_key", "signature", "parts"}), frozenset()),
    "verify_ed25519": (frozenset({"op", "public_key", "signature", "parts"}), frozenset()),
}


#: A part of a template, and the secrets that it holds: none for plain text.
Piece = tuple[bytes, frozenset[str]]


class Values(Protocol):
    """What a computation may ask for: values by name, and templates cut at their markers."""

    def value_of(self, name: str) -> bytes:
        """The value of a secret; raises SealedRefused."""

    def pieces(self, data: bytes) -> Sequence[Piece]:
        """The pieces of a template, each with the secrets in it."""


@dataclass(frozen=True)
class Computed:
    """The bytes of a part, the secrets in it, whether text is too, and whether all can come out again."""

    data: bytes
    sources: frozenset[str] = frozenset()
    has_text: bool = False
    reversible: bool = False
    operation: str = ""


class Computation:
    """One evaluation of a tree, with its bounds."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._nodes = 0
        self._bytes = 0

    def answer(self, operation: Any) -> Computed | bool:
        """The result of the whole tree; raises SealedRefused."""
        kind = _kind(operation)
        if kind == "verify":
            return self._verify(operation)
        if kind in ("verify_ecdsa", "verify_ed25519"):
            return self._signed(kind, operation)
        if kind == "equals":
            left = self._part(operation["left"], 1)
            right = self._part(operation["right"], 1)
            _demand_secret(left, right)
            return hmac.compare_digest(left.data, right.data)
        if operation.get("encoding") == "raw":
            raise SealedRefused("raw bytes are only for the operation around it; ask for hex or base64")
        return self._operation(operation, 0)

    def _verify(self, operation: Mapping[str, Any]) -> bool:
        inner = operation["of"]
        expected = operation["expected"]
        if not isinstance(inner, Mapping) or _kind(inner) not in ("digest", "hmac"):
            raise SealedRefused("verify takes a digest or an hmac")
        if not isinstance(expected, str):
            raise SealedRefused("verify takes the expected signature as a text")
        computed = self._operation(inner, 1)
        _demand_secret(computed)
        encoding = inner.get("encoding", "hex")
        if encoding == "raw":
            raise SealedRefused("verify takes hex or base64")
        if encoding == "hex":
            expected = expected.lower()
        if encoding == "base64url":
            expected = expected.rstrip("=")
        return hmac.compare_digest(computed.data, expected.encode("utf-8", "surrogatepass"))

    def _signed(self, kind: str, operation: Mapping[str, Any]) -> bool:
        """Whether the holder of the private half signed the parts. The key is public: it may be plain text.

        No secret may be among the parts: to check a guess of it, an attacker signs the guess themselves.
        """
        signature = operation["signature"]
        if not isinstance(signature, str | bytes):
            raise SealedRefused(f"{kind} takes the signature as a text or bytes")
        key = self._part(operation["public_key"], 1)
        # Whether a key made of a secret and of chosen text is on the curve would tell one bit at each try.
        if key.sources and (len(key.sources) > 1 or key.data != self._values.value_of(min(key.sources))):
            raise SealedRefused(
                f"{kind} takes the public key as plain text, or as one secret that is all of it"
            )
        parts = self._part(operation["parts"], 1)
        if parts.sources:
            raise SealedRefused(f"{kind} takes no secret in what was signed")
        return is_signed(kind.removeprefix("verify_"), key.data, signature, parts.data)

    def _operation(self, operation: Mapping[str, Any], depth: int) -> Computed:
        kind = _kind(operation)
        if kind in ("digest", "hmac"):
            return self._digested(kind, operation, depth)
        if kind == "base64":
            inner = self._part(operation["parts"], depth + 1)
            encode = base64.urlsafe_b64encode if operation.get("urlsafe") else base64.b64encode
            return Computed(encode(inner.data), inner.sources, inner.has_text, True, kind)
        if kind == "basic":
            user = self._part(operation["user"], depth + 1)
            password = self._part(operation["password"], depth + 1)
            if b":" in user.data:
                raise SealedRefused("a user name of basic may not hold a colon")
            data = b"Basic " + base64.b64encode(user.data + b":" + password.data)
            return Computed(data, user.sources | password.sources, True, True, kind)
        raise SealedRefused(f"{kind} can't stand inside another operation")

    def _digested(self, kind: str, operation: Mapping[str, Any], depth: int) -> Computed:
        algorithm = operation["algorithm"]
        parts = self._part(operation["parts"], depth + 1)
        if kind == "digest":
            data = hashlib.new(algorithm, parts.data, usedforsecurity=False).digest()
            return Computed(_encoded(data, operation), parts.sources, parts.has_text, False, kind)
        key = self._part(operation["key"], depth + 1)
        data = hmac.digest(key.data, parts.data, algorithm)
        return Computed(
            _encoded(data, operation),
            key.sources | parts.sources,
            key.has_text or parts.has_text,
            False,
            kind,
        )

    def _part(self, part: Any, depth: int) -> Computed:
        self._nodes += 1
        if depth > TREE_DEPTH or self._nodes > TREE_NODES:
            raise SealedRefused("the tree of operations is too large")
        if isinstance(part, str | bytes):
            data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
            return self._joined(
                Computed(piece, sources, bool(piece) and not sources)
                for piece, sources in self._values.pieces(data)
            )
        if isinstance(part, list | tuple):
            return self._joined(self._part(inner, depth + 1) for inner in part)
        if isinstance(part, Mapping) and set(part) == {"secret"} and isinstance(part["secret"], str):
            return Computed(self._values.value_of(part["secret"]), frozenset({part["secret"]}))
        if isinstance(part, Mapping):
            return self._operation(part, depth)
        raise SealedRefused("a part must be a text, bytes, a secret, an operation, or a list of these")

    def _joined(self, parts: Iterator[Computed]) -> Computed:
        pieces: list[bytes] = []
        sources: frozenset[str] = frozenset()
        has_text = False
        for part in parts:
            self._bytes += len(part.data)
            if self._bytes > TEMPLATE_BYTES:
                raise SealedRefused(f"the template is larger than {TEMPLATE_BYTES} bytes")
            pieces.append(part.data)
            sources |= part.sources
            has_text = has_text or part.has_text
        return Computed(b"".join(pieces), sources, has_text)


def _kind(operation: Any) -> str:
    """The kind of a well-formed operation: exactly the declared keys; raises SealedRefused."""
    kind = operation.get("op") if isinstance(operation, Mapping) else None
    if not isinstance(kind, str) or kind not in _KEYS:
        raise SealedRefused("the operation must be one of " + ", ".join(sorted(_KEYS)))
    needed, allowed = _KEYS[kind]
    if not needed <= set(operation) <= needed | allowed:
        raise SealedRefused(f"{kind} takes " + ", ".join(sorted((needed | allowed) - {"op"})))
    _demand_one_of("encoding", operation.get("encoding", "hex"), ENCODINGS)
    _demand_one_of("algorithm", operation.get("algorithm", "md5"), ALGORITHMS)
    return kind


def _demand_one_of(name: str, value: Any, allowed: frozenset[str]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise SealedRefused(f"the {name} must be one of " + ", ".join(sorted(allowed)))


def _encoded(data: bytes, operation: Mapping[str, Any]) -> bytes:
    encoding = operation.get("encoding", "hex")
    if encoding == "raw":
        return data
    if encoding == "base64":
        return base64.b64encode(data)
    return base64.urlsafe_b64encode(data).rstrip(b"=") if encoding == "base64url" else data.hex().encode()


def _demand_secret(*parts: Computed) -> None:
    """Without a secret anyone could make the expected value: such a check would let everything in."""
    if not any(part.sources for part in parts):
        raise SealedRefused("there is no secret in the comparison")
