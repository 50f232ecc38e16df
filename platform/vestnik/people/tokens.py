"""Opaque tokens: 256 random bits for a person's browser, a machine or a link; stored as digests."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

_BYTES = 32
KEY_PREFIX = "vst_"
KEY_PREFIX_SHOWN = len(KEY_PREFIX) + 6


def new_token() -> str:
    """43 URL-safe characters that nobody can guess."""
    return secrets.token_urlsafe(_BYTES)


def new_api_key() -> str:
    """A key that a secret scanner recognises by its prefix."""
    return KEY_PREFIX + new_token()


def digest(token: str) -> bytes:
    """What is stored of a token. No salt is needed: the token itself is 256 random bits."""
    return sha256(token.encode()).digest()


def csrf_token(session_token: str) -> str:
    """The token that a page of this session repeats in X-CSRF-Token; it can't be made without the cookie."""
    return hmac.new(session_token.encode(), b"vestnik csrf", sha256).hexdigest()
