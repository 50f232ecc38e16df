"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds), and recovery codes."""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import b32encode
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

# RFC 4226, section 4, R6: 160 bits are recommended.
SECRET_BYTES = 20
DIGITS = 6
STEP_S = 30
#: Codes of so many steps before and after the present one are taken: clocks differ, people type slowly.
WINDOW = 1
RECOVERY_CODES = 10
_GROUPS, _GROUP_LENGTH = 3, 4
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_OF_APP = re.compile(rf"[0-9]{{{DIGITS}}}")


def new_secret() -> bytes:
    """What a person's app and we share."""
    return secrets.token_bytes(SECRET_BYTES)


def in_letters(secret: bytes) -> str:
    """The secret as apps take it from a keyboard: 32 letters and digits."""
    return b32encode(secret).decode()


def address_of(secret: bytes, account: str, issuer: str) -> str:
    """The `otpauth://` address that a QR code holds."""
    # Some apps show a space that is written as a plus as a plus; a plus itself is written as %2B.
    return _totp(secret).get_provisioning_uri(account, issuer.replace(":", " ")).replace("+", "%20")


def plain(code: str) -> str:
    """A code as it is compared, whatever spaces, dashes and capitals a person writes it with."""
    return re.sub(r"[\s-]", "", code).lower()


def is_of_app(code: str) -> bool:
    """Whether a plain code is one of an app's; else it can be a recovery code only."""
    return _OF_APP.fullmatch(code) is not None


def matching_step(secret: bytes, code: str, at: datetime, after: int) -> int | None:
    """The step whose code a plain `code` is, around `at` and later than step `after`; None where it is none.

    The same work is done whichever step it is, and whether it is any.
    """
    totp, present, found = _totp(secret), int(at.timestamp()) // STEP_S, None
    for step in range(present - WINDOW, present + WINDOW + 1):
        if hmac.compare_digest(totp.generate(step * STEP_S), code.encode()) and step > after:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of 60 random bits each, as a person reads them: `abcd-efgh-jkmn`."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303  (what every app computes; HMAC stands it)
