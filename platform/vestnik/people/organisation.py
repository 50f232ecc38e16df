"""The organisation: its name, language, time zone, public address and outgoing mail."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, after_commit, now
from vestnik.http.errors import Language, NotFound
from vestnik.mail import Smtp
from vestnik.people.access import Actor
from vestnik.people.errors import SmtpPasswordNeeded
from vestnik.people.tables import organisation
from vestnik.settings import Settings, listener_at
from vestnik.vault import Vault

_ONLY = 1
_KEPT_S = 5.0
_PASSWORD_CONTEXT = "organisation:smtp_password"  # noqa: S105  (what the secret is bound to, not a secret)


@dataclass(frozen=True, slots=True)
class Profile:
    """The organisation as it is now. A stored mail password stays sealed; `Organisation.smtp` opens it."""

    name: str
    language: Language
    timezone: str
    base_url: str
    demo: bool
    smtp: Smtp | None = None
    sealed_password: bytes | None = None
    second_factor_required: bool = False


class Organisation:
    """Reads and changes the organisation; a change on another host is seen within five seconds."""

    def __init__(self, settings: Settings, database: Database, vault: Vault) -> None:
        self._settings, self._database, self._vault = settings, database, vault
        self._kept: tuple[float, Profile | None] | None = None
        self._last: Profile | None = None
        self._changes = 0

    async def profile(self) -> Profile | None:
        """The organisation, or None before the first start is finished."""
        if self._kept is not None and time.monotonic() < self._kept[0]:
            return self._kept[1]
        changes = self._changes
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(organisation))).one_or_none()
        found = None if row is None else self._from_row(row)
        if changes == self._changes:
            self._kept = (time.monotonic() + _KEPT_S, found)
            self._last = found
        return found

    async def present(self) -> Profile:
        """The organisation; `NotFound` before the first start is finished."""
        found = await self.profile()
        if found is None:
            raise NotFound()
        return found

    async def zone(self) -> ZoneInfo:
        """The zone in which people read times and in which dates without zone are meant."""
        found = await self.profile()
        return ZoneInfo(found.timezone) if found else self._settings.zone

    def zone_known(self) -> ZoneInfo:
        """The zone as it was last read: for units of work, which can't wait for another connection."""
        found = self._last
        return ZoneInfo(found.timezone) if found else self._settings.zone

    def listeners_known(self) -> Sequence[tuple[str, int]]:
        """Host and port of our own listener and of the public address as it was last read."""
        found = self._last
        own = self._settings.listeners
        return own if found is None else (*own, listener_at(found.base_url))

    def base_url_known(self) -> str:
        """The public address as it was last read."""
        return self._last.base_url if self._last else self._settings.base_url

    async def base_url(self) -> str:
        """The address under which the outside world reaches this installation, without a final slash."""
        found = await self.profile()
        return found.base_url if found else self._settings.base_url

    async def names(self) -> Sequence[str]:
        """The hosts of our own listener, of the configured and of the public address."""
        await self.profile()
        return [host for host, _ in self.listeners_known()]

    async def smtp(self) -> Smtp | None:
        """The server for outgoing mail with its password, if one is set."""
        found = await self.profile()
        return self._open(found) if found else None

    async def with_stored_password(self, smtp: Smtp) -> Smtp:
        """`smtp` with the stored password where none was entered and it may go there."""
        return _with_password(smtp, await self.smtp()) or smtp

    def create(self, connection: sa.Connection, profile: Profile) -> None:
        """Store the organisation at its first start; a part of the unit of work that sets it up."""
        address = None if profile.base_url == self._settings.base_url else profile.base_url
        connection.execute(
            organisation.insert().values(
                id=_ONLY,
                name=profile.name,
                language=profile.language,
                timezone=profile.timezone,
                base_url=address,
                demo=profile.demo,
                second_factor_required=profile.second_factor_required,
                created_at=now(),
                **self._smtp_columns(profile.smtp),
            )
        )
        self._forget_after_commit(connection)

    async def change(self, actor: Actor, changes: Mapping[str, Any]) -> Profile:
        """Set the named parts of the profile; an Smtp whose password is None keeps the stored password.

        A stored password goes only where it went before: a changed server or user needs it again.
        """
        actor.require("settings.manage")
        await self._database.write(self._change, actor, changes)
        return await self.present()

    def remove(self, connection: sa.Connection) -> None:
        """Forget the demo's organisation; a part of the unit of work that removes the demo."""
        connection.execute(organisation.delete().where(organisation.c.demo.is_(True)))
        self._forget_after_commit(connection)

    def _change(self, connection: sa.Connection, actor: Actor, changes: Mapping[str, Any]) -> None:
        row = connection.execute(sa.select(organisation).with_for_update()).one_or_none()
        if row is None:
            raise NotFound()
        columns = {name: value for name, value in changes.items() if name != "smtp"}
        if "smtp" in changes:
            columns |= self._smtp_columns(_with_password(changes["smtp"], self._open(self._from_row(row))))
        if columns.get("base_url") == self._settings.base_url:
            columns["base_url"] = None
        if columns:
            connection.execute(organisation.update().values(columns))
            audit.record(connection, actor, "organisation.changed", "organisation", _ONLY, columns)
            self._forget_after_commit(connection)

    def _smtp_columns(self, smtp: Smtp | None) -> dict[str, Any]:
        if smtp is None:
            return {"smtp": None, "smtp_password": None}
        plain = asdict(smtp)
        password = plain.pop("password")
        sealed = self._vault.encrypt(password.encode(), _PASSWORD_CONTEXT) if password else None
        return {"smtp": plain, "smtp_password": sealed}

    def _open(self, profile: Profile) -> Smtp | None:
        if profile.smtp is None or profile.sealed_password is None:
            return profile.smtp
        password = self._vault.decrypt(profile.sealed_password, _PASSWORD_CONTEXT).decode()
        return replace(profile.smtp, password=password)

    def _from_row(self, row: sa.Row[Any]) -> Profile:
        return Profile(
            name=row.name,
            language=cast(Language, row.language),
            timezone=row.timezone,
            base_url=row.base_url or self._settings.base_url,
            demo=row.demo,
            smtp=None if row.smtp is None else Smtp(**row.smtp),
            sealed_password=row.smtp_password,
            second_factor_required=row.second_factor_required,
        )

    def _forget_after_commit(self, connection: sa.Connection) -> None:
        after_commit(connection, self._forget)

    def _forget(self) -> None:
        self._kept = None
        self._changes += 1


def _with_password(wanted: Smtp | None, stored: Smtp | None) -> Smtp | None:
    if wanted is None or wanted.password is not None or not wanted.username:
        return wanted
    if stored is None or stored.password is None:
        return wanted
    same = ("host", "port", "security", "username")
    if any(getattr(wanted, name) != getattr(stored, name) for name in same):
        raise SmtpPasswordNeeded()
    return replace(wanted, password=stored.password)
