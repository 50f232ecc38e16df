"""What modules keep for their accounts: keys and small values, committed before the module hears of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from vestnik.db import Database, insert_ignore, upsert
from vestnik.modules.tables import account_storage

KEY_CHARACTERS = 200
VALUE_BYTES = 65_536
KEYS = 1_000
TOTAL_BYTES = 1_048_576


class StorageRefused(Exception):
    """A key or value that can't be kept; the message is for the module."""


class Storage(Protocol):
    """The store of one account."""

    async def get(self, key: str) -> Any: ...

    async def set(self, key: str, value: Any) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def compare_and_set(self, key: str, expected: Any, value: Any) -> bool: ...

    async def keys(self, prefix: str) -> list[str]: ...


class AccountStorage:
    """The store of an account in the database."""

    def __init__(self, database: Database, account_id: int) -> None:
        self._database, self._account_id = database, account_id

    async def get(self, key: str) -> Any:
        """The value of a key; None where there is none."""
        async with self._database.read() as connection:
            statement = sa.select(account_storage.c.value).where(*_at(self._account_id, _checked_key(key)))
            text = await connection.scalar(statement)
        return None if text is None else json.loads(text)

    async def set(self, key: str, value: Any) -> None:
        """Keep a value; raises StorageRefused when it is none, too large, or one too many."""
        await self._database.write(_set, self._account_id, _checked_key(key), encoded(value))

    async def delete(self, key: str) -> None:
        """Forget a key."""
        statement = account_storage.delete().where(*_at(self._account_id, _checked_key(key)))
        await self._database.write(lambda connection: connection.execute(statement))

    async def compare_and_set(self, key: str, expected: Any, value: Any) -> bool:
        """Keep `value` if the present one equals `expected` (None: there is none); tell whether it did."""
        before = None if expected is None else encoded(expected)
        return await self._database.write(
            _compare_and_set, self._account_id, _checked_key(key), before, encoded(value)
        )

    async def keys(self, prefix: str) -> list[str]:
        """The keys that begin with `prefix`, in order."""
        column = account_storage.c.key
        statement = (
            sa.select(column)
            .where(
                account_storage.c.account_id == self._account_id, column.startswith(prefix, autoescape=True)
            )
            .order_by(column)
        )
        async with self._database.read() as connection:
            return [key for key in await connection.scalars(statement) if key.startswith(prefix)]

    async def sizes(self) -> dict[str, int]:
        """How many bytes each key takes, its value included."""
        statement = sa.select(account_storage.c.key, account_storage.c.bytes)
        async with self._database.read() as connection:
            rows = await connection.execute(statement.where(account_storage.c.account_id == self._account_id))
            return {row.key: row.bytes for row in rows}


class ScratchStorage:
    """A copy for a draft, within the same limits: it keeps its changes to itself."""

    def __init__(self, real: AccountStorage | None) -> None:
        self._real = real
        self._changed: dict[str, str | None] = {}
        self._sizes: dict[str, int] | None = None if real is not None else {}

    async def get(self, key: str) -> Any:
        """The value of a key; None where there is none."""
        if _checked_key(key) in self._changed:
            text = self._changed[key]
            return None if text is None else json.loads(text)
        return None if self._real is None else await self._real.get(key)

    async def set(self, key: str, value: Any) -> None:
        """Keep a value until the draft's call ends."""
        text = encoded(value)
        sizes = await self._weighed()
        size = _size(_checked_key(key), text)
        _require_room(len(sizes) - (key in sizes), sum(sizes.values()) - sizes.get(key, 0), size)
        self._changed[key], sizes[key] = text, size

    async def delete(self, key: str) -> None:
        """Forget a key until the draft's call ends."""
        self._changed[_checked_key(key)] = None
        (await self._weighed()).pop(key, None)

    async def _weighed(self) -> dict[str, int]:
        if self._sizes is None:
            self._sizes = {} if self._real is None else await self._real.sizes()
        return self._sizes

    async def compare_and_set(self, key: str, expected: Any, value: Any) -> bool:
        """As for a real account."""
        present = await self.get(key)
        if (None if present is None else encoded(present)) != (
            None if expected is None else encoded(expected)
        ):
            return False
        await self.set(key, value)
        return True

    async def keys(self, prefix: str) -> list[str]:
        """The keys that begin with `prefix`, in order."""
        real = [] if self._real is None else await self._real.keys(prefix)
        kept = {key for key in real if key not in self._changed}
        own = {key for key, text in self._changed.items() if text is not None and key.startswith(prefix)}
        return sorted(kept | own)


def encoded(value: Any) -> str:
    """The value as canonical JSON, so that equal values are equal texts; raises StorageRefused."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError):
        raise StorageRefused("only JSON values can be stored") from None
    if "\x00" in text or "\\u0000" in text:
        raise StorageRefused("a stored text may not hold a null character")
    if size > VALUE_BYTES:
        raise StorageRefused(f"a value may have {VALUE_BYTES} bytes")
    return text


def _checked_key(key: str) -> str:
    if not 0 < len(key) <= KEY_CHARACTERS or not key.isprintable():
        raise StorageRefused(f"a key has 1 to {KEY_CHARACTERS} printable characters")
    return key


def _at(account_id: int, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return account_storage.c.account_id == account_id, account_storage.c.key == key


def _size(key: str, text: str) -> int:
    return len(key.encode()) + len(text.encode())


def _require_room(others: int, their_bytes: int, size: int) -> None:
    if others >= KEYS:
        raise StorageRefused(f"an account may keep {KEYS} keys")
    if their_bytes + size > TOTAL_BYTES:
        raise StorageRefused(f"an account may keep {TOTAL_BYTES} bytes")


def _set(connection: sa.Connection, account_id: int, key: str, text: str) -> None:
    size = _size(key, text)
    kept = connection.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(account_storage.c.bytes), 0)).where(
            account_storage.c.account_id == account_id, account_storage.c.key != key
        )
    ).one()
    _require_room(kept[0], kept[1], size)
    row: Mapping[str, Any] = {"account_id": account_id, "key": key, "value": text, "bytes": size}
    connection.execute(
        upsert(connection, account_storage, ["account_id", "key"], ["value", "bytes"]).values(**row)
    )


def _compare_and_set(
    connection: sa.Connection, account_id: int, key: str, expected: str | None, text: str
) -> bool:
    if expected is None:
        # Two processes may both find nothing: only one of them inserts.
        row = {"account_id": account_id, "key": key, "value": "null", "bytes": 0}
        inserted = insert_ignore(connection, account_storage, ["account_id", "key"]).values(**row)
        if connection.execute(inserted.returning(account_storage.c.key)).first() is None:
            return False
    else:
        statement = sa.select(account_storage.c.value).where(*_at(account_id, key))
        if connection.execute(statement.with_for_update()).scalar_one_or_none() != expected:
            return False
    _set(connection, account_id, key, text)
    return True
