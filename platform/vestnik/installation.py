"""The installation's row: which key its database belongs to.

The suppression list, webhook tokens and sealed secrets are bound to one key. Another key would not
fail by itself: addresses imported later would just not be recognised. So the first start stores a
keyed check value, and no later start goes on with a key that does not give the same value.
"""

from __future__ import annotations

import hmac

import sqlalchemy as sa

from vestnik.db import Instant, Key, insert_ignore, metadata, now
from vestnik.db.database import write_engine
from vestnik.settings import Settings
from vestnik.vault import Vault, VaultError, key_is_there, key_place

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("key_check", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.CheckConstraint("id = 1", name="only_one"),
)

_ONLY = 1
_WHY = (
    "With another key, addresses on the suppression list are not recognised, webhook addresses stop "
    "working, and stored secrets stay closed. Put back the key from your backup."
)


class KeyMissing(VaultError):
    """The database belongs to a key, and there is none here."""

    def __init__(self, place: str) -> None:
        super().__init__(f"there is no {place}, and this database belongs to a key. {_WHY}")


class KeyDiffers(VaultError):
    """The database belongs to another key."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} is not the key that this database belongs to. {_WHY}")


def hold_key(settings: Settings) -> None:
    """Check that database and key belong together; a database that has no key yet takes this one.

    Only then a missing key is made. Raises `KeyMissing` or `KeyDiffers`, and leaves everything as it is.
    """
    engine = write_engine(sa.make_url(settings.database_url))
    try:
        with engine.begin() as connection:
            _hold_key(connection, settings)
    finally:
        engine.dispose()


def belongs_to(settings: Settings) -> bool:
    """Whether the database's key is here; `KeyDiffers` where another one is. Makes no key and no row."""
    engine = write_engine(sa.make_url(settings.database_url))
    try:
        with engine.connect() as connection:
            known = connection.scalar(sa.select(installation.c.key_check))
    finally:
        engine.dispose()
    if known is None or not key_is_there(settings):
        return known is None
    if not hmac.compare_digest(known, Vault(settings).keyed_hash("key-check", "vestnik")):
        raise KeyDiffers(key_place(settings))
    return True


def _hold_key(connection: sa.Connection, settings: Settings) -> None:
    query = sa.select(installation.c.key_check)
    known = connection.scalar(query)
    if known is not None and not key_is_there(settings):
        raise KeyMissing(key_place(settings))
    own = Vault(settings).keyed_hash("key-check", "vestnik")
    if known is None:
        first = insert_ignore(connection, installation, ["id"])
        connection.execute(first.values(id=_ONLY, key_check=own, created_at=now()))
        known = connection.execute(query).scalar_one()  # another process may have been the first
    if not hmac.compare_digest(known, own):
        raise KeyDiffers(key_place(settings))
