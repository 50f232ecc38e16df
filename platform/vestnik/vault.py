"""Encryption at rest, and keyed hashes, with the installation's one secret key.

The key comes from `VESTNIK_SECRET_KEY` (32 bytes as base64) or from `secret.key` in the data folder,
which is made at first use with mode 600; installation.py keeps a database to the key it began with.
Whoever has the database without the key can read no secret and can't test a guessed address against
a keyed hash.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vestnik.settings import Settings

KEY_FILE = "secret.key"
KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class VaultError(Exception):
    """A key that can't be used, or a secret that this key does not open."""


class Vault:
    """AES-256-GCM bound to a context, and HMAC-SHA-256 with a key for each purpose."""

    def __init__(self, settings: Settings) -> None:
        self._key = _key(settings)
        self._cipher = AESGCM(self._derive("encrypt"))
        self._hash_keys: dict[str, bytes] = {}

    def encrypt(self, plain: bytes, context: str) -> bytes:
        """Seal `plain`; only the same `context` (such as "account:12:api_key") opens it again."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, context.encode())

    def decrypt(self, sealed: bytes, context: str) -> bytes:
        """What `encrypt` sealed in this context; `VaultError` for another key, context or damaged data."""
        if sealed[:1] != _VERSION:
            raise VaultError("this secret was sealed by another version of Vestnik")
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, body, context.encode())
        except (InvalidTag, ValueError):
            raise VaultError(
                "the installation's key does not open this secret: put back the secret.key "
                "(or VESTNIK_SECRET_KEY) that it was stored with, or enter the secret again"
            ) from None

    def keyed_hash(self, purpose: str, text: str) -> str:
        """64 hexadecimal digits that stand for `text`; equal only for one installation and one purpose."""
        key = self._hash_keys.get(purpose)
        if key is None:
            key = self._hash_keys[purpose] = self._derive(f"hash:{purpose}")
        return hmac.digest(key, text.encode(), "sha256").hex()

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"vestnik:{purpose}".encode()).derive(self._key)


def key_place(settings: Settings) -> str:
    """Where the key comes from, for a person: the variable or the file."""
    return "VESTNIK_SECRET_KEY" if settings.secret_key is not None else str(_path(settings))


def key_of(settings: Settings) -> bytes:
    """The key itself, for a backup that is to hold it; `VaultError` where it is missing or damaged."""
    if not key_is_there(settings):
        raise VaultError(f"there is no {key_place(settings)}")
    return _key(settings)


def key_is_there(settings: Settings) -> bool:
    """Whether there is a key already; without one, making a `Vault` makes the key."""
    return settings.secret_key is not None or _path(settings).exists()


def _path(settings: Settings) -> Path:
    return settings.data_dir / KEY_FILE


def _key(settings: Settings) -> bytes:
    if settings.secret_key is not None:
        try:
            key = base64.b64decode(settings.secret_key, validate=True)
        except binascii.Error:
            raise VaultError("VESTNIK_SECRET_KEY: expected 32 bytes as base64") from None
        if len(key) != KEY_BYTES:
            raise VaultError(f"VESTNIK_SECRET_KEY: expected 32 bytes as base64, got {len(key)} bytes")
        return key
    path = _path(settings)
    if not path.exists():
        _create(path)
    if path.stat().st_mode & 0o077:
        raise VaultError(f"{path} can be read by others: give it mode 600")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise VaultError(f"{path} is damaged: expected {KEY_BYTES} bytes, got {len(key)}")
    return key


def _create(path: Path) -> None:
    """Write a new key so that a crash leaves no half-written file, and two starts agree on one key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return  # another start made the key first: that one is used
    finally:
        draft.unlink()
