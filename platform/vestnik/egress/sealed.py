"""Sealed secrets: a module holds markers, the host holds the values.

The threat reasoning is in docs/security/sealed-secrets.md; in short:

* a value leaves the host only inside a request to a target approved for it, or through a keyed digest;
* what an operation gives back is never a value, nor what can be turned back into one, nor what serves in
  place of one: `base64`, `basic` and a digest of secrets alone give a new marker;
* a comparison is of wholes only, in constant time, and counted.
"""

import asyncio
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from vestnik.egress.errors import InvalidRequest, SealedRefused, SecretNotAllowed
from vestnik.egress.masks import Masker
from vestnik.egress.operations import Computation, Computed, Piece
from vestnik.egress.policy import Approval, Target
from vestnik.egress.requests import BodyKind, Draft, FetchRequest, is_large

SHORTEST_SECRET = 8
# A digest of a shorter secret could be turned back by guessing at home; it stays sealed.
SHORTEST_DIGESTED = 16
MARKER_CHARACTERS = 40
OPERATIONS_PER_CALL = 64
COMPARISONS_PER_CALL = 16

PUBLIC_PART_VALUE_CHARACTERS = 256

_PIECE = r"(?:\\[dwW.\-]|\[[A-Za-z0-9_. -]+\]|[A-Za-z0-9_.:@ -])(?:[+*?]|\{\d{1,2}(?:,\d{0,2})?\})?"
_PUBLIC_PATTERN = re.compile(rf"\^?(?:{_PIECE})*(?:\((?:{_PIECE})+\))?(?:{_PIECE})*\$?")
_REPETITION = re.compile(r"(?<!\\)[+*{]")


@dataclass(frozen=True)
class SealedSecret:
    """A secret of an account: its value, where it may be sent, a pattern for its part that is not secret."""

    value: str
    approvals: Sequence[Approval] = ()
    public_pattern: str | None = None

    def __repr__(self) -> str:
        return "SealedSecret(…)"


@dataclass(frozen=True)
class _Held:
    """What a marker stands for: a value, its name in masks, and the secrets that went into it."""

    value: str
    name: str
    sources: frozenset[str]


class SealedCall:
    """The secrets of one call of a module. Its markers are random and mean nothing in any other call."""

    def __init__(self, secrets_by_name: Mapping[str, SealedSecret]) -> None:
        for name, secret in secrets_by_name.items():
            if len(secret.value) < SHORTEST_SECRET:
                raise ValueError(f"the secret {name} is shorter than {SHORTEST_SECRET} characters")
        self._secrets = dict(secrets_by_name)
        self._held: dict[str, _Held] = {}
        self._operations = 0
        self._comparisons = 0
        self.markers: dict[str, str] = {
            name: self._hold(_Held(secret.value, name, frozenset({name})))
            for name, secret in secrets_by_name.items()
        }

    @property
    def names(self) -> list[str]:
        """The names of the secrets."""
        return sorted(self._secrets)

    def names_of_markers(self) -> dict[str, str]:
        """The name in masks of what each marker stands for by now."""
        return {marker: held.name for marker, held in self._held.items()}

    def public_parts(self) -> dict[str, str]:
        """The declared public part of each secret that has one."""
        parts = {name: public_part(secret) for name, secret in self._secrets.items()}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def masker(self) -> Masker:
        """A masker of every value that a marker stands for by now."""
        return Masker({held.name: held.value for held in list(self._held.values())})

    def mask(self, content: str) -> str:
        """A text with every value masked, however it is encoded."""
        return self.masker.text(content)

    def mask_bytes(self, content: bytes) -> bytes:
        """Bytes with every value masked, however it is encoded."""
        return self.masker.data(content)

    def replace(self, draft: Draft) -> FetchRequest:
        """The request with values in place of markers, each escaped for where it stands.

        Raises SecretNotAllowed when a marker's secret is not approved for the request's target, and
        InvalidRequest for a marker where no secret belongs: in the host, in a header's name.
        """
        request = draft.to_request()
        request.checked(len(request.body))
        self._refuse_markers_in(urlsplit(request.url).netloc, "the host of the URL")
        for name, _ in request.headers:
            self._refuse_markers_in(name, "the name of a header")
        target = Target.of(request.url)
        return replace(
            request,
            url=self._fill(request.url, target, lambda value: quote(value, safe="")),
            headers=tuple((name, self._fill(value, target, str)) for name, value in request.headers),
            body=self._fill_body(request.body, draft.body_kind, target),
        )

    def evaluate(self, operation: Any) -> str | bool:
        """Carries out an operation on secrets, given as a plain tree; raises SealedRefused.

        `verify…` and `equals` answer true or false; `digest` and `hmac` a text; `base64`, `basic` and a
        digest of secrets alone answer a new marker.
        """
        self._operations += 1
        if self._operations > OPERATIONS_PER_CALL:
            raise SealedRefused(f"a call may make {OPERATIONS_PER_CALL} of them")
        answer = Computation(self).answer(operation)
        if isinstance(answer, bool):
            self._comparisons += 1
            if self._comparisons > COMPARISONS_PER_CALL:
                raise SealedRefused(f"a call may make {COMPARISONS_PER_CALL} comparisons")
            return answer
        if not self._stays_sealed(answer):
            return answer.data.decode()
        name = f"{answer.operation}({', '.join(sorted(answer.sources))})"
        number = sum(held.name.startswith(name) for held in list(self._held.values()))
        return self._hold(
            _Held(answer.data.decode(), f"{name}#{number + 1}" if number else name, answer.sources)
        )

    async def evaluate_aside(self, operation: Any) -> str | bool:
        """As `evaluate`; one over a large text in a thread, beside the event loop."""
        if is_large(operation):
            return await asyncio.to_thread(self.evaluate, operation)
        return self.evaluate(operation)

    def value_of(self, name: str) -> bytes:
        """The value of a secret, for a computation in the host; raises SealedRefused for an unknown name."""
        secret = self._secrets.get(name)
        if secret is None:
            raise SealedRefused("there is no secret of that name")
        return secret.value.encode()

    def pieces(self, data: bytes) -> Sequence[Piece]:
        """A template cut at its markers: each piece with the secrets that it holds (none for plain text)."""
        pieces: list[Piece] = [(data, frozenset())]
        for text, held in list(self._held.items()):
            marker = text.encode()
            if marker in data:
                filling = held.value.encode(), held.sources
                pieces = [part for piece in pieces for part in _cut(piece, marker, filling)]
        return pieces

    def _stays_sealed(self, answer: Computed) -> bool:
        """A digest of secrets alone serves as one at some services; that of a short one can be guessed."""
        if not answer.sources:
            return False
        if answer.reversible or not answer.has_text:
            return True
        return any(len(self._secrets[name].value) < SHORTEST_DIGESTED for name in answer.sources)

    def _hold(self, held: _Held) -> str:
        marker = secrets.token_hex(MARKER_CHARACTERS // 2)
        self._held[marker] = held
        return marker

    def _refuse_markers_in(self, text: str, place: str) -> None:
        lowered = text.lower()
        if any(marker.lower() in lowered for marker in list(self._held)):
            raise InvalidRequest(f"a sealed secret may not stand in {place}")

    def _fill(self, text: str, target: Target, escape: Callable[[str], str]) -> str:
        for marker, held in list(self._held.items()):
            if marker in text:
                self._check_target(held, target)
                text = text.replace(marker, escape(held.value))
        return text

    def _fill_body(self, body: bytes, kind: BodyKind, target: Target) -> bytes:
        for marker, held in list(self._held.items()):
            if marker.encode() in body:
                self._check_target(held, target)
                body = body.replace(marker.encode(), _escaped(held.value, kind).encode())
        return body

    def _check_target(self, held: _Held, target: Target) -> None:
        for name in sorted(held.sources):
            if not any(approval.covers(target) for approval in self._secrets[name].approvals):
                raise SecretNotAllowed(name, target.scheme, target.host, target.port)


def _cut(piece: Piece, marker: bytes, filling: Piece) -> Iterator[Piece]:
    """A plain piece cut at a marker, with what the marker stands for between; a filling stays whole."""
    data, sources = piece
    if sources:
        yield piece
        return
    first, *others = data.split(marker)
    yield first, sources
    for other in others:
        yield filling
        yield other, sources


def _escaped(value: str, kind: BodyKind) -> str:
    if kind == "form":
        return quote_plus(value)
    return json.dumps(value, ensure_ascii=False)[1:-1] if kind == "json" else value


def public_part(secret: SealedSecret) -> str | None:
    """The part of a secret that its manifest declares not secret (Mailchimp's data centre), or None.

    It is the pattern's group, or all that the pattern matches; never more than a quarter of the value.
    """
    if secret.public_pattern is None or len(secret.value) > PUBLIC_PART_VALUE_CHARACTERS:
        return None
    check_public_pattern(secret.public_pattern)
    match = re.search(secret.public_pattern, secret.value)
    if match is None:
        return None
    part = match.group(1) if match.re.groups else match.group()
    return part if len(part) * 4 <= len(secret.value) else None


def check_public_pattern(pattern: str) -> None:
    """Refuses a pattern that could run for long in the host; raises ValueError.

    Allowed are letters, classes, one group, and at most two repetitions.
    """
    if len(pattern) > 100 or _PUBLIC_PATTERN.fullmatch(pattern) is None:
        raise ValueError(
            "the public part takes letters, classes such as [a-z] or \\d, one group, and + * ? {n}"
        )
    if len(_REPETITION.findall(pattern)) > 2:
        raise ValueError("the public part may have two repetitions at most")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError("the public part is not a valid pattern") from error
