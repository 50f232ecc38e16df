"""Passwords: argon2id in a thread, with the same work for an account that does not exist."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vestnik.http.errors import Problem

MIN_LENGTH = 10
MAX_LENGTH = 512
_AT_ONCE = 2

# OWASP Password Storage Cheat Sheet (2024): argon2id, 19 MiB, 2 passes, 1 lane; one pass more here.
_hasher = PasswordHasher(time_cost=3, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash(secrets.token_hex(16))


class PasswordTooShort(Problem):
    code = "password_too_short"
    status = 422
    title = {"ru": "Слишком короткий пароль", "en": "Password too short"}
    message = {
        "ru": "Нужно не меньше {min_length} символов. Подойдёт фраза из нескольких слов.",
        "en": "At least {min_length} characters are needed. A phrase of several words will do.",
    }
    fields = ("min_length",)


class PasswordTooLong(Problem):
    code = "password_too_long"
    status = 422
    title = {"ru": "Слишком длинный пароль", "en": "Password too long"}
    message = {
        "ru": "Пароль не может быть длиннее {max_length} символов.",
        "en": "A password can't be longer than {max_length} characters.",
    }
    fields = ("max_length",)


class Passwords:
    """Hashes and checks passwords, two at a time: each takes 19 MiB for some 40 ms."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash of a password that is long enough; `PasswordTooShort` or `PasswordTooLong` else."""
        if len(password) < MIN_LENGTH:
            raise PasswordTooShort(min_length=MIN_LENGTH)
        if len(password) > MAX_LENGTH:
            raise PasswordTooLong(max_length=MAX_LENGTH)
        async with self._slots:
            return await asyncio.to_thread(_hasher.hash, password)

    async def matches(self, stored_hash: str | None, password: str) -> bool:
        """True when `password` belongs to `stored_hash`; None (no such account) costs the same time."""
        async with self._slots:
            found = await asyncio.to_thread(_verify, stored_hash or _NOBODY, password[:MAX_LENGTH])
        return found and stored_hash is not None

    def is_weaker_than_now(self, stored_hash: str) -> bool:
        """True when the hash was made with less work than this version asks for."""
        return _hasher.check_needs_rehash(stored_hash)


def _verify(stored_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(stored_hash, password)
    except (VerificationError, InvalidHashError):
        return False
