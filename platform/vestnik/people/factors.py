"""The second factor: a code of an app beside the password, recovery codes, and a sign-in in two steps.

Where a code is asked for there is no session before it is right, only a step with a token of its own. Who
has no second factor where the organisation asks for one sets it up in that step, without any right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import segno
import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, now, upsert
from vestnik.http.errors import NotFound, NotSignedIn
from vestnik.http.limits import RateLimit, network_of
from vestnik.people import codes
from vestnik.people.access import Actor
from vestnik.people.factor_errors import (
    CodeWrong,
    EnrolmentOver,
    FactorOff,
    FactorOwn,
    FactorRequired,
    SecondFactorNeeded,
    StepOver,
)
from vestnik.people.factor_tables import factor_letter, recovery_code, second_factor, sign_in_step
from vestnik.people.open_sessions import reach_user
from vestnik.people.organisation import Organisation
from vestnik.people.sessions import Client, Step, begin_session
from vestnik.people.tables import session, user
from vestnik.people.tokens import digest, new_token
from vestnik.vault import Vault

#: Who knows the password has so long for the code, and so many tries; then the password is asked for again.
STEP_LASTS = timedelta(minutes=5)
TRIES = 5
#: A secret that was shown is to be confirmed within this time.
ENROLMENT_LASTS = timedelta(minutes=15)
#: Wrong codes at once, and seconds until one more: for one person, and from one client address.
PERSON_CODES = (5, 300.0)
ADDRESS_CODES = (30, 20.0)

_RECOVERY = "recovery code"


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether a person has a second factor, since when, and how many recovery codes are left."""

    since: datetime | None
    codes_left: int
    required: bool


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret to be entered into an app: as letters, as an address, and as the rows of its QR code."""

    secret: str
    address: str
    qr: Sequence[str]


class Factors:
    """Turns second factors on and off, and asks for their codes."""

    def __init__(self, database: Database, vault: Vault, organisation: Organisation) -> None:
        self._database, self._vault, self._organisation = database, vault, organisation
        self._by_person = RateLimit(*PERSON_CODES)
        self._by_address = RateLimit(*ADDRESS_CODES)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"code person": self._by_person, "code address": self._by_address}

    async def step_for(self, person: sa.Row[Any]) -> Step | None:
        """The step that follows the right password of `person`, a user's row; None where there is none."""
        row = await self._row(person.id)
        is_on = row is not None and row.secret is not None
        if not is_on and not await self._required():
            return None
        token = new_token()
        await self._database.write(_add_step, token, person)
        return Step(token=token, enrols=not is_on)

    async def enter(self, step: str, code: str, client: Client) -> str:
        """A new session's token for the right code, which is used up with the step."""
        user_id = await self._person_of(step, client)
        token = new_token()
        outcome = await self._database.write(self._enter, step, code, token, client)
        self._settle(outcome, user_id, client)
        return token

    async def enrol_at_door(self, step: str, client: Client) -> Enrolment:
        """A secret for who has to set up a second factor before there is a session."""
        user_id = await self._person_of(step, client)
        self._give_back(user_id, client)
        row = await self._row(user_id)
        if row is not None and row.secret is not None:
            raise StepOver()
        return await self._offer(user_id)

    async def confirm_at_door(self, step: str, code: str, client: Client) -> tuple[str, list[str]]:
        """A new session's token, and the recovery codes, for the first code of the secret."""
        user_id = await self._person_of(step, client)
        token, recovery = new_token(), codes.new_recovery_codes()
        outcome = await self._database.write(self._confirm_at_door, step, code, token, recovery, client)
        self._settle(outcome, user_id, client)
        return token, recovery

    async def own(self, actor: Actor) -> FactorState:
        """The second factor of the actor, who is a person."""
        return await self._state(_person(actor))

    async def of(self, actor: Actor, user_id: int) -> FactorState:
        """The second factor of a user."""
        actor.require("users.manage")
        async with self._database.read() as connection:
            if await connection.scalar(sa.select(user.c.id).where(user.c.id == user_id)) is None:
                raise NotFound()
        return await self._state(user_id)

    async def enrol(self, actor: Actor, code: str | None, client: Client) -> Enrolment:
        """A new secret, which takes effect by `confirm`; the caller checked the password.

        Who has a second factor already shows one of its codes, too: it moves to another app.
        """
        user_id = _person(actor)
        row = await self._row(user_id)
        if row is not None and row.secret is not None:
            if code is None:
                raise SecondFactorNeeded()
            await self._check(actor, code, client)
        return await self._offer(user_id)

    async def confirm(self, actor: Actor, code: str, client: Client) -> list[str]:
        """New recovery codes for the first code of the new secret; every other session of the person ends."""
        user_id, recovery = _person(actor), codes.new_recovery_codes()
        self._take(user_id, client)
        outcome = await self._database.write(self._confirm, actor, user_id, code, recovery, actor.session_id)
        self._settle(outcome, user_id, client)
        return recovery

    async def renew_codes(self, actor: Actor, code: str, client: Client) -> list[str]:
        """New recovery codes in place of all before; the caller checked the password."""
        await self._check(actor, code, client)
        recovery = codes.new_recovery_codes()
        await self._database.write(self._renew, actor, _person(actor), recovery)
        return recovery

    async def turn_off(self, actor: Actor, code: str, client: Client) -> None:
        """Turn off one's own by a code; the caller checked the password."""
        if await self._required():
            raise FactorRequired()
        await self._check(actor, code, client)
        await self._database.write(_turn_off, actor, _person(actor))

    async def take_off(self, actor: Actor, user_id: int) -> None:
        """Take it off a user who holds no right that `actor` lacks, and have the user told by a letter."""
        actor.require("users.manage")
        if actor.user_id == user_id:
            raise FactorOwn()
        await self._database.write(_take_off, actor, user_id)

    async def _required(self) -> bool:
        found = await self._organisation.profile()
        return found is not None and found.second_factor_required

    async def _row(self, user_id: int) -> sa.Row[Any] | None:
        async with self._database.read() as connection:
            statement = sa.select(second_factor).where(second_factor.c.user_id == user_id)
            return (await connection.execute(statement)).one_or_none()

    async def _state(self, user_id: int) -> FactorState:
        row = await self._row(user_id)
        count = sa.select(sa.func.count()).where(recovery_code.c.user_id == user_id)
        async with self._database.read() as connection:
            left = await connection.scalar(count) or 0
        return FactorState(row.since if row else None, left, await self._required())

    async def _person_of(self, step: str, client: Client) -> int:
        """Whose step it is, with one attempt counted; `StepOver` where it is none any more."""
        network = network_of(client.ip)
        self._by_address.take(network)
        async with self._database.read() as connection:
            found = (await connection.execute(_valid(step))).one_or_none()
        if found is None or found.made_for != _made_for(found.password_hash):
            raise StepOver()
        self._by_person.take(str(found.user_id))
        return int(found.user_id)

    def _take(self, user_id: int, client: Client) -> None:
        self._by_address.take(network_of(client.ip))
        self._by_person.take(str(user_id))

    def _give_back(self, user_id: int, client: Client) -> None:
        self._by_address.give_back(network_of(client.ip))
        self._by_person.give_back(str(user_id))

    def _settle(self, outcome: Outcome, user_id: int, client: Client) -> None:
        """Count the attempt, or say that it was right, or why it was not."""
        if outcome == "wrong":
            raise CodeWrong()
        self._give_back(user_id, client)
        if outcome != "right":
            raise {"over": StepOver, "late": EnrolmentOver, "off": FactorOff}[outcome]()

    async def _check(self, actor: Actor, code: str, client: Client) -> None:
        user_id = _person(actor)
        self._take(user_id, client)
        self._settle(await self._database.write(self._use, actor, user_id, code), user_id, client)

    async def _offer(self, user_id: int) -> Enrolment:
        secret = codes.new_secret()
        profile = await self._organisation.present()
        async with self._database.read() as connection:
            email = await connection.scalar(sa.select(user.c.email).where(user.c.id == user_id))
        sealed = self._vault.encrypt(secret, _context(user_id))
        await self._database.write(_keep_new, user_id, sealed)
        host = urlsplit(profile.base_url).hostname or ""
        address = codes.address_of(secret, email or "", f"Vestnik {host}".strip())
        rows = ["".join(map(str, row)) for row in segno.make_qr(address, error="l").matrix]
        return Enrolment(secret=codes.in_letters(secret), address=address, qr=rows)

    def _use(self, connection: sa.Connection, actor: Actor, user_id: int, code: str) -> Outcome:
        """Take a code of the app or a recovery code, which is valid no more then."""
        row = _locked(connection, user_id)
        if row is None or row.secret is None:
            return "off"
        plain = codes.plain(code)
        if codes.is_of_app(plain):
            secret = self._vault.decrypt(row.secret, _context(user_id))
            step = codes.matching_step(secret, plain, now(), row.last_step)
            if step is not None:
                used = second_factor.update().where(second_factor.c.user_id == user_id)
                connection.execute(used.values(last_step=step))
                return "right"
        elif self._use_recovery(connection, user_id, plain):
            audit.record(connection, actor, "session.recovery_code_used", "user", user_id)
            return "right"
        audit.record(connection, actor, "session.code_refused", "user", user_id)
        return "wrong"

    def _use_recovery(self, connection: sa.Connection, user_id: int, plain: str) -> bool:
        ours = (recovery_code.c.user_id == user_id) & (
            recovery_code.c.code_hash == self._hash(user_id, plain)
        )
        return connection.execute(recovery_code.delete().where(ours)).rowcount == 1

    def _hash(self, user_id: int, plain: str) -> str:
        return self._vault.keyed_hash(_RECOVERY, f"{user_id}:{plain}")

    def _enter(self, connection: sa.Connection, step: str, code: str, token: str, client: Client) -> Outcome:
        found = _claimed(connection, step)
        if found is None:
            return "over"
        outcome = self._use(connection, _doer(found.user_id), found.user_id, code)
        if outcome == "wrong":
            _count_try(connection, found.id)
        elif outcome == "right":
            connection.execute(sign_in_step.delete().where(sign_in_step.c.id == found.id))
            begin_session(connection, token, found.user_id, client)
        return "over" if outcome == "off" else outcome

    def _confirm_at_door(
        self,
        connection: sa.Connection,
        step: str,
        code: str,
        token: str,
        recovery: Sequence[str],
        client: Client,
    ) -> Outcome:
        found = _claimed(connection, step)
        row = None if found is None else _locked(connection, found.user_id)
        if found is None or (row is not None and row.secret is not None):
            return "over"
        outcome = self._confirm(connection, _doer(found.user_id), found.user_id, code, recovery, None)
        if outcome == "wrong":
            _count_try(connection, found.id)
        elif outcome == "right":
            connection.execute(sign_in_step.delete().where(sign_in_step.c.id == found.id))
            begin_session(connection, token, found.user_id, client)
        return outcome

    def _confirm(
        self,
        connection: sa.Connection,
        actor: Actor,
        user_id: int,
        code: str,
        recovery: Sequence[str],
        kept_session: int | None,
    ) -> Outcome:
        row = _locked(connection, user_id)
        if row is None or row.new_secret is None or row.new_until <= now():
            return "late"
        secret = self._vault.decrypt(row.new_secret, _context(user_id))
        step = codes.matching_step(secret, codes.plain(code), now(), -1)
        if step is None:
            return "wrong"
        values = {
            "secret": row.new_secret,
            "since": now(),
            "last_step": step,
            "new_secret": None,
            "new_until": None,
        }
        connection.execute(second_factor.update().where(second_factor.c.user_id == user_id).values(values))
        self._keep_codes(connection, user_id, recovery)
        others = (session.c.user_id == user_id) & (session.c.id != (kept_session or 0))
        connection.execute(session.delete().where(others))
        audit.record(connection, actor, "user.factor_on", "user", user_id)
        return "right"

    def _renew(self, connection: sa.Connection, actor: Actor, user_id: int, recovery: Sequence[str]) -> None:
        self._keep_codes(connection, user_id, recovery)
        audit.record(connection, actor, "user.recovery_codes_renewed", "user", user_id)

    def _keep_codes(self, connection: sa.Connection, user_id: int, recovery: Sequence[str]) -> None:
        """In place of all before."""
        connection.execute(recovery_code.delete().where(recovery_code.c.user_id == user_id))
        hashes = [self._hash(user_id, codes.plain(each)) for each in recovery]
        rows = [{"user_id": user_id, "code_hash": each} for each in hashes]
        connection.execute(recovery_code.insert(), rows)


#: `over`: the step is none; `late`: the secret is too old; `off`: there is no second factor.
Outcome = Literal["right", "wrong", "over", "late", "off"]


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotSignedIn()
    return actor.user_id


def _doer(user_id: int) -> Actor:
    """Who is on the way in."""
    return Actor(user_id=user_id, name="", rights=frozenset())


def _context(user_id: int) -> str:
    return f"user:{user_id}:second_factor"


def _made_for(password_hash: str) -> bytes:
    return digest(password_hash)


def _valid(step: str) -> sa.Select[Any]:
    return (
        sa.select(sign_in_step, user.c.password_hash)
        .join(user, user.c.id == sign_in_step.c.user_id)
        .where(sign_in_step.c.token_digest == digest(step), sign_in_step.c.expires_at > now())
        .where(sign_in_step.c.tries < TRIES, user.c.disabled.is_(False))
    )


def _claimed(connection: sa.Connection, step: str) -> sa.Row[Any] | None:
    """The step, locked, while it is one: of two requests with one code, one succeeds."""
    found = connection.execute(_valid(step).with_for_update()).one_or_none()
    return found if found is not None and found.made_for == _made_for(found.password_hash) else None


def _locked(connection: sa.Connection, user_id: int) -> sa.Row[Any] | None:
    statement = sa.select(second_factor).where(second_factor.c.user_id == user_id).with_for_update()
    return connection.execute(statement).one_or_none()


def _add_step(connection: sa.Connection, token: str, person: sa.Row[Any]) -> None:
    values = {
        "token_digest": digest(token),
        "user_id": person.id,
        "expires_at": now() + STEP_LASTS,
        "made_for": _made_for(person.password_hash),
        "tries": 0,
    }
    connection.execute(sign_in_step.insert().values(values))


def _count_try(connection: sa.Connection, step_id: int) -> None:
    tries = sign_in_step.update().where(sign_in_step.c.id == step_id)
    connection.execute(tries.values(tries=sign_in_step.c.tries + 1))


def _keep_new(connection: sa.Connection, user_id: int, sealed: bytes) -> None:
    values = {"new_secret": sealed, "new_until": now() + ENROLMENT_LASTS}
    statement = upsert(connection, second_factor, ["user_id"], list(values))
    connection.execute(statement.values(user_id=user_id, **values))


def _forget(connection: sa.Connection, user_id: int) -> bool:
    """Whether there was a second factor, which is none now."""
    row = _locked(connection, user_id)
    connection.execute(recovery_code.delete().where(recovery_code.c.user_id == user_id))
    connection.execute(second_factor.delete().where(second_factor.c.user_id == user_id))
    return row is not None and row.secret is not None


def _turn_off(connection: sa.Connection, actor: Actor, user_id: int) -> None:
    if _forget(connection, user_id):
        audit.record(connection, actor, "user.factor_off", "user", user_id)


def _take_off(connection: sa.Connection, actor: Actor, user_id: int) -> None:
    reach_user(connection, actor, user_id)
    if not _forget(connection, user_id):
        raise FactorOff()
    at = now()
    connection.execute(factor_letter.insert().values(user_id=user_id, at=at, tries=0, next_at=at))
    audit.record(connection, actor, "user.factor_taken_off", "user", user_id)
