"""Signatures of Standard Webhooks (standardwebhooks.com, specification 1.0.0): symmetric, version 1."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

SECRET_BYTES = 32
_PREFIX = "whsec_"


def new_secret() -> str:
    """A secret as it is shown: `whsec_` and 32 random bytes as base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(
    message_id: str, at: datetime, body: bytes, signing: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """The three headers of a message that is sent at `at`, signed with each of the secrets."""
    stamp = str(int(at.timestamp()))
    signed = f"{message_id}.{stamp}.".encode() + body
    signatures = [f"v1,{_signature(secret, signed)}" for secret in signing]
    return (
        ("webhook-id", message_id),
        ("webhook-timestamp", stamp),
        ("webhook-signature", " ".join(signatures)),
    )


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
