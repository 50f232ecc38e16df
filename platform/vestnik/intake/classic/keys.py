"""The key of the compatible leads API: one for the installation, shown once, kept as a keyed hash."""

from __future__ import annotations

import hmac
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
import structlog

from vestnik.audit import record
from vestnik.db import Database, now
from vestnik.http.errors import NotFound
from vestnik.intake.leads.settings import settings_of
from vestnik.intake.leads.tables import intake_settings
from vestnik.people.access import Actor
from vestnik.people.organisation import Organisation
from vestnik.vault import Vault, VaultError

#: Where sites call; with a final slash, too.
PATH = "/developer/v1/leads"
#: Letters and digits alone: sites put the key into addresses as it is.
KEY_CHARACTERS = 32
#: The end of the key that tells it from an older one.
HINT_CHARACTERS = 4

_LETTERS = string.ascii_letters + string.digits
_PURPOSE = "classic-key"
_CONTEXT = "intake_settings:classic_key"
log = structlog.get_logger("vestnik.intake")


class _About(msgspec.Struct):
    """What is known of the key beside its hash; sealed."""

    hint: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class KeyState:
    """Whether there is a key, when it was made, how it ends, and where sites call."""

    on: bool
    made_at: datetime | None
    hint: str | None
    address: str


class ClassicKey:
    """The key: made, changed, taken away, and compared."""

    def __init__(self, database: Database, vault: Vault, organisation: Organisation) -> None:
        self._database, self._vault, self._organisation = database, vault, organisation

    async def state(self, actor: Actor) -> KeyState:
        """What there is to know of the key."""
        actor.require("intake.manage")
        async with self._database.read() as connection:
            row = (await connection.execute(_ROW)).one_or_none()
        address = await self._organisation.base_url() + PATH
        if row is None or row.key_digest is None:
            return KeyState(False, None, None, address)
        about = self._about(row.key_sealed)
        if about is None:
            return KeyState(True, None, None, address)
        return KeyState(True, about.made_at, about.hint, address)

    async def make(self, actor: Actor, key: str = "") -> str:
        """A new key, told this once; the one before opens nothing from now on. The demo brings its own."""
        actor.require("intake.manage")
        key = key or "".join(secrets.choice(_LETTERS) for _ in range(KEY_CHARACTERS))
        about = msgspec.json.encode(_About(key[-HINT_CHARACTERS:], now()))
        values: dict[str, bytes | None] = {
            "key_digest": self.digest(key),
            "key_sealed": self._vault.encrypt(about, _CONTEXT),
        }

        def unit(connection: sa.Connection) -> None:
            _set(connection, values)
            record(connection, actor, "classic_key.made", "intake_settings", None)

        await self._database.write(unit)
        return key

    async def drop(self, actor: Actor) -> None:
        """Take the key away: sites that call are refused from now on. `NotFound` where there is none."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            if not settings_of(connection).has_key:
                raise NotFound()
            _set(connection, {"key_digest": None, "key_sealed": None})
            record(connection, actor, "classic_key.dropped", "intake_settings", None)

        await self._database.write(unit)

    def digest(self, key: str) -> bytes:
        """What is kept of a key."""
        return bytes.fromhex(self._vault.keyed_hash(_PURPOSE, key))

    def fits(self, given: str, kept: bytes | None) -> bool:
        """Whether a key is the installation's, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(self.digest(given), kept or b"\0" * 32) and kept is not None

    def _about(self, sealed: bytes | None) -> _About | None:
        if sealed is None:
            return None
        try:
            return msgspec.json.decode(self._vault.decrypt(sealed, _CONTEXT), type=_About)
        except VaultError:
            log.warning("intake.classic_key_unreadable")
            return None


_ROW = sa.select(intake_settings.c.key_digest, intake_settings.c.key_sealed)


def _set(connection: sa.Connection, key: Mapping[str, bytes | None]) -> None:
    present = settings_of(connection)
    values = {**key, "updated_at": now()}
    if not connection.execute(sa.update(intake_settings).values(values)).rowcount:
        first = {
            "id": 1,
            "notify": present.notify,
            "mail_on": present.mail_on,
            "mail_every_minutes": present.mail_every_minutes,
        }
        connection.execute(sa.insert(intake_settings).values(first | values))
