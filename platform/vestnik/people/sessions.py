"""Sessions: signing in and out, and whose request a cookie makes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, fold, now
from vestnik.http.errors import Language, NotSignedIn
from vestnik.http.limits import RateLimit, network_of
from vestnik.people.access import DEMO_RIGHTS, Actor, Role, rights_of
from vestnik.people.errors import NotADemo, PresentPasswordWrong, WrongPassword
from vestnik.people.organisation import Organisation
from vestnik.people.passwords import Passwords
from vestnik.people.tables import session, user
from vestnik.people.tokens import digest, new_token
from vestnik.people.users import Users
from vestnik.settings import Settings

#: A session ends after this time without a request, and in any case after the second.
IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
#: How late `seen_at` may lag: one write for many requests.
SEEN_EVERY = timedelta(minutes=10)

#: Failed attempts at once, and seconds until one more: for one account, and for one client address.
ACCOUNT_ATTEMPTS = (10, 60.0)
ADDRESS_ATTEMPTS = (30, 20.0)

_AGENT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from."""

    ip: str
    agent: str


@dataclass(frozen=True, slots=True)
class Step:
    """What follows the right password before there is a session: a code, or setting up a second factor."""

    token: str
    enrols: bool


#: The step that follows for a user's row; None where the password is enough.
StepFor = Callable[[sa.Row[Any]], Awaitable[Step | None]]


class Sessions:
    """Signs people in and out."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        organisation: Organisation,
        users: Users,
        passwords: Passwords,
        step_for: StepFor,
    ) -> None:
        self._settings, self._database, self._organisation = settings, database, organisation
        self._users, self._passwords, self._step_for = users, passwords, step_for
        self._by_account = RateLimit(*ACCOUNT_ATTEMPTS)
        self._by_address = RateLimit(*ADDRESS_ATTEMPTS)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"sign-in account": self._by_account, "sign-in address": self._by_address}

    async def sign_in(self, email: str, password: str, client: Client) -> str | Step:
        """A new session's token, or what comes before it; `WrongPassword` tells not which part was wrong."""
        found = await self._checked(email, password, client)
        if found is None or found.disabled:
            raise WrongPassword()
        if self._passwords.is_weaker_than_now(found.password_hash):
            await self._strengthen(found, password)
        return await self.enter(found, client)

    async def enter(self, person: sa.Row[Any], client: Client) -> str | Step:
        """A new session's token for whose password is right, a user's row; or what comes before it."""
        return await self._step_for(person) or await self.begin(person.id, client)

    async def check_password(self, actor: Actor, password: str, client: Client) -> None:
        """Raise `PresentPasswordWrong` unless it is the password of the actor, who is a person."""
        if actor.user_id is None:
            raise NotSignedIn()
        present = await self._users.get(actor, actor.user_id)
        if await self._checked(present.email, password, client) is None:
            raise PresentPasswordWrong()

    async def begin(self, user_id: int, client: Client) -> str:
        """A new session of a user whose identity is proved already; return its token."""
        token = new_token()
        await self._database.write(begin_session, token, user_id, client)
        return token

    async def begin_demo(self, role: Role, client: Client) -> str:
        """A session of the demo's user of that role; `NotADemo` outside the demo."""
        if not await self.is_demo():
            raise NotADemo()
        found = await self._users.with_role(role)
        if found is None:
            raise NotADemo()
        return await self.begin(found.id, client)

    async def end(self, token: str) -> None:
        """Sign out; a token that is no session is nothing to end."""
        await self._database.write(_end, token)

    async def actor(self, token: str) -> Actor | None:
        """Who makes a request with this cookie; None when the session has ended."""
        at = now()
        statement = (
            sa.select(session, user.c.name, user.c.roles, user.c.language)
            .join(user, session.c.user_id == user.c.id)
            .where(session.c.token_digest == digest(token))
            .where(session.c.expires_at > at)
            .where(user.c.disabled.is_(False))
        )
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).one_or_none()
        if row is None:
            return None
        if at - row.seen_at >= SEEN_EVERY:
            await self._database.write(_see, row, at)
        return Actor(
            user_id=row.user_id,
            name=row.name,
            rights=await self.rights_of(row.roles),
            language=cast(Language, row.language),
            session_id=row.id,
        )

    async def rights_of(self, roles: Iterable[str]) -> frozenset[str]:
        """The rights that roles give a person at this moment: in the demo, those of the demo too."""
        rights = rights_of(roles)
        return rights | DEMO_RIGHTS if await self.is_demo() else rights

    async def is_demo(self) -> bool:
        """True when the server was started as a demo and the demo's data are there."""
        if not self._settings.demo:
            return False
        profile = await self._organisation.profile()
        return profile is not None and profile.demo

    async def _checked(self, email: str, password: str, client: Client) -> sa.Row[Any] | None:
        account, address = fold(email.strip()), network_of(client.ip)
        self._by_address.take(address)
        self._by_account.take(account)
        found = await self._users.find(email)
        if not await self._passwords.matches(found.password_hash if found else None, password):
            return None
        self._by_address.give_back(address)
        self._by_account.give_back(account)
        return found

    async def _strengthen(self, found: sa.Row[Any], password: str) -> None:
        stronger = await self._passwords.hash(password)
        await self._database.write(
            lambda connection: connection.execute(
                user.update()
                .where(user.c.id == found.id)
                .where(user.c.password_hash == found.password_hash)
                .values(password_hash=stronger)
            )
        )


def begin_session(connection: sa.Connection, token: str, user_id: int, client: Client) -> None:
    """Begin a session with this token, in the unit of work that proved who it is."""
    at = now()
    connection.execute(
        session.insert().values(
            token_digest=digest(token),
            user_id=user_id,
            created_at=at,
            seen_at=at,
            expires_at=at + IDLE,
            ip=client.ip,
            agent=client.agent[:_AGENT_LENGTH],
        )
    )
    connection.execute(user.update().where(user.c.id == user_id).values(seen_at=at))
    doer = Actor(user_id=user_id, name="", rights=frozenset())
    audit.record(connection, doer, "session.begun", "user", user_id)


def _end(connection: sa.Connection, token: str) -> None:
    connection.execute(session.delete().where(session.c.token_digest == digest(token)))


def _see(connection: sa.Connection, row: sa.Row[Any], at: datetime) -> None:
    expires_at = min(at + IDLE, row.created_at + LONGEST)
    connection.execute(
        session.update().where(session.c.id == row.id).values(seen_at=at, expires_at=expires_at)
    )
    connection.execute(user.update().where(user.c.id == row.user_id).values(seen_at=at))
