"""The first start: a one-time link, then the organisation and its first administrator in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database, now
from vestnik.http.limits import RateLimit
from vestnik.mail import Letter, Smtp, deliver
from vestnik.people.access import SYSTEM
from vestnik.people.errors import SetupLinkInvalid
from vestnik.people.organisation import Organisation, Profile
from vestnik.people.passwords import Passwords
from vestnik.people.tables import organisation, setup_link
from vestnik.people.tokens import digest, new_token
from vestnik.people.users import NewUser, add_user

LINK_LASTS = timedelta(hours=24)
TEST_LETTERS = (10, 30.0)

_TEST_SUBJECT = {"ru": "Пробное письмо от Вестника", "en": "A test letter from Vestnik"}
_TEST_TEXT = {
    "ru": "Если вы читаете это письмо, исходящая почта Вестника настроена верно.\n",
    "en": "If you can read this letter, Vestnik's outgoing mail is set up correctly.\n",
}


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What the page of the first start asks for."""

    profile: Profile
    administrator: NewUser


class Setup:
    """Issues the link and carries out the first start, once."""

    def __init__(self, database: Database, organisation: Organisation, passwords: Passwords) -> None:
        self._database, self._organisation, self._passwords = database, organisation, passwords
        self._letters = RateLimit(*TEST_LETTERS)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"test letters": self._letters}

    async def needed(self) -> bool:
        """True while there is no organisation."""
        async with self._database.read() as connection:
            return not await connection.scalar(_founded())

    async def issue_link(self) -> str | None:
        """A new token for the link, which makes older ones invalid; None when the first start is over."""
        token = new_token()
        return token if await self._database.write(_issue, token) else None

    async def check(self, token: str) -> None:
        """Raise `SetupLinkInvalid` unless `token` may be used now."""
        async with self._database.read() as connection:
            if await connection.scalar(_founded()):
                raise SetupLinkInvalid()
            if not await connection.scalar(sa.select(sa.exists().where(*_valid(token)))):
                raise SetupLinkInvalid()

    async def complete(self, token: str, start: FirstStart) -> int:
        """Create the organisation and its administrator; return the administrator's id.

        The link is used up in the same transaction: of two requests with one link, one succeeds.
        """
        await self.check(token)
        password_hash = await self._passwords.hash(start.administrator.password)
        return await self._database.write(self._complete, token, start, password_hash)

    async def test_letter(self, smtp: Smtp, to: str, language: str) -> None:
        """Send a test letter by a server that is being set up; the caller checked who asks."""
        self._letters.take("all")
        await deliver(smtp, Letter(to, _TEST_SUBJECT[language], _TEST_TEXT[language]))

    def _complete(self, connection: sa.Connection, token: str, start: FirstStart, password_hash: str) -> int:
        if connection.scalar(_founded()):
            raise SetupLinkInvalid()
        if connection.execute(setup_link.delete().where(*_valid(token))).rowcount != 1:
            raise SetupLinkInvalid()
        self._organisation.create(connection, start.profile)
        return add_user(connection, SYSTEM, start.administrator, password_hash)


def _founded() -> sa.Select[Any]:
    return sa.select(sa.exists(sa.select(organisation)))


def _valid(token: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return setup_link.c.token_digest == digest(token), setup_link.c.expires_at > now()


def _issue(connection: sa.Connection, token: str) -> bool:
    if connection.scalar(_founded()):
        return False
    connection.execute(setup_link.delete())
    connection.execute(setup_link.insert().values(token_digest=digest(token), expires_at=now() + LINK_LASTS))
    return True
