"""Signed links to the embedded panel, and the short tokens by which its page asks.

A link is `/embed/contact?…&signature=…`: the signature is HMAC-SHA-256 with the key's secret, as lower-case
hexadecimal digits, over all other parameters, sorted by their names, percent-encoded as RFC 3986 says and
joined by `&`. It is made anew of what arrived, so that other ways of writing the same parameters do no harm.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from vestnik.db import from_microseconds, to_microseconds
from vestnik.http.decoding import MAX_KEY
from vestnik.lists.panel_errors import EmbedLinkExpired, EmbedLinkInvalid, EmbedTokenInvalid
from vestnik.vault import Vault

#: A link is signed for at most so long.
LINK_HOURS = 24
#: A page's token is good for so long, and for no longer than its link.
TOKEN_S = 900

PARAMETERS = frozenset({"key", "email", "contact", "until", "language", "theme"})
_PURPOSE = "embed token"
_VALUE_LENGTH = 320
_LATEST = 99_999_999_999


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says; one of `email` and `contact_id` is there. Not believed before both checks."""

    key_id: int
    email: str | None
    contact_id: int | None
    until: datetime
    language: str | None
    signed: Mapping[str, str]
    signature: str

    def check_signature(self, secret: str) -> None:
        """Raise unless the link is signed with `secret`."""
        if not hmac.compare_digest(self.signature.encode(), signature_of(secret, self.signed).encode()):
            raise EmbedLinkInvalid()

    def check_time(self, at: datetime) -> None:
        """Raise when the link's time is over or too far ahead."""
        if not at < self.until <= at + timedelta(hours=LINK_HOURS):
            raise EmbedLinkExpired(hours=LINK_HOURS)


def signature_of(secret: str, parameters: Mapping[str, str]) -> str:
    """The signature of a link's parameters."""
    canonical = urlencode(sorted(parameters.items()), quote_via=quote, safe="")
    return hmac.digest(secret.encode(), canonical.encode(), "sha256").hex()


def link_of(pairs: Sequence[tuple[str, str]]) -> Link:
    """The link that parameters are; `EmbedLinkInvalid` for any but the known ones, each once."""
    found = dict(pairs)
    signature = found.pop("signature", "")
    has_subject = ("email" in found) != ("contact" in found)
    if len(found) + 1 != len(pairs) or not signature or not has_subject:
        raise EmbedLinkInvalid()
    if not found.keys() <= PARAMETERS or any(len(each) > _VALUE_LENGTH for each in found.values()):
        raise EmbedLinkInvalid()
    until = _number(found.get("until", ""), _LATEST)
    contact = found.get("contact")
    return Link(
        key_id=_number(found.get("key", ""), MAX_KEY),
        email=found.get("email"),
        contact_id=None if contact is None else _number(contact, MAX_KEY),
        until=from_microseconds(until * 1_000_000),
        language=found.get("language"),
        signed=found,
        signature=signature,
    )


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whom a token is for: a key, and the one subject of the link that it was given for."""

    key_id: int
    email: str | None
    contact_id: int | None
    until: datetime


class Tickets:
    """Makes tokens that nobody else can make, and reads them."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def token(self, ticket: Ticket) -> str:
        """A token that says what the ticket says."""
        told = [ticket.key_id, ticket.email, ticket.contact_id, to_microseconds(ticket.until)]
        body = urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
        return f"{body}.{self._vault.keyed_hash(_PURPOSE, body)}"

    def read(self, token: str, at: datetime) -> Ticket:
        """The ticket of a token; `EmbedTokenInvalid` when it is none, or its time is over."""
        body, _, mark = token.partition(".")
        if not hmac.compare_digest(mark.encode(), self._vault.keyed_hash(_PURPOSE, body).encode()):
            raise EmbedTokenInvalid()
        key_id, email, contact_id, until = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        ticket = Ticket(key_id, email, contact_id, from_microseconds(until))
        if at >= ticket.until:
            raise EmbedTokenInvalid()
        return ticket


def _number(text: str, largest: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(largest))):
        raise EmbedLinkInvalid()
    if (found := int(text)) > largest:
        raise EmbedLinkInvalid()
    return found
