"""A forgotten password: a letter with a link that sets a new one, once.

Whoever asks is answered before anybody is looked for, so the answer tells nothing about who has an account.

Problem
├── ResetNeedsMail 409      no outgoing mail is set
└── ResetLinkInvalid 403    used, too old, replaced by a newer one, or never made
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, cast

import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, fold, new_key, now
from vestnik.engine import Engine
from vestnik.http.errors import Language, Problem
from vestnik.http.limits import RateLimit, network_of
from vestnik.mail import Letter, Mail
from vestnik.mail.outbox import LOOK_EVERY_S, SWEPT_EVERY_S, Outbox
from vestnik.people import letters
from vestnik.people.access import SYSTEM, Actor
from vestnik.people.link_tables import password_reset
from vestnik.people.organisation import Organisation
from vestnik.people.passwords import Passwords
from vestnik.people.sessions import Client
from vestnik.people.tables import session, user
from vestnik.people.tokens import digest, new_token

#: The page that a link opens; its token stands behind a #, which no browser sends and no proxy logs.
PAGE = "/reset"
#: A link is valid for so long, and a letter that could not be sent within that time is not sent at all.
LINK_LASTS = timedelta(minutes=30)
#: Letters that are asked for at once, and seconds until one more: for one account, and by one client address.
ACCOUNT_LETTERS = (3, 600.0)
ADDRESS_LETTERS = (10, 60.0)


class ResetNeedsMail(Problem):
    code = "reset_needs_mail"
    status = 409
    title = {"ru": "Письмо не отправить", "en": "No letter can be sent"}
    message = {
        "ru": "Исходящая почта не настроена. Попросите администратора задать вам новый пароль.",
        "en": "Outgoing mail is not set up. Ask an administrator to give you a new password.",
    }


class ResetLinkInvalid(Problem):
    code = "reset_link_invalid"
    status = 403
    title = {"ru": "Ссылка не действует", "en": "The link is not valid"}
    message = {
        "ru": "Ссылка устарела, уже использована или заменена новой. Запросите письмо ещё раз.",
        "en": "The link has expired, was used, or a newer one took its place. Ask for the letter again.",
    }


class Resets:
    """Sends the links, and takes them."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        mail: Mail,
        organisation: Organisation,
        passwords: Passwords,
        links: RateLimit,
    ) -> None:
        self._database, self._organisation, self._passwords = database, organisation, passwords
        self._by_account = RateLimit(*ACCOUNT_LETTERS)
        self._by_address = RateLimit(*ADDRESS_LETTERS)
        self._links = links
        self.outbox = Outbox(database, mail, password_reset, self._letter)
        engine.every(LOOK_EVERY_S, "people.reset_letters", self.outbox.send_due)
        engine.every(SWEPT_EVERY_S, "people.resets_kept", self.sweep)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"reset account": self._by_account, "reset address": self._by_address}

    async def offered(self) -> bool:
        """Whether a letter could be sent."""
        found = await self._organisation.profile()
        return found is not None and found.smtp is not None

    async def ask(self, email: str, client: Client) -> None:
        """Have a letter sent to whom the address belongs; the answer is the same when nobody has it."""
        if not await self.offered():
            raise ResetNeedsMail()
        self._by_address.take(network_of(client.ip))
        self._by_account.take(fold(email.strip()))
        await self._database.write(_ask, fold(email.strip()))

    async def check(self, token: str, client: Client) -> str:
        """The address of whose password the link resets; `ResetLinkInvalid` when it does not."""
        network = network_of(client.ip)
        self._links.take(network)
        async with self._database.read() as connection:
            found = (await connection.execute(_valid(token))).one_or_none()
        if found is None or found.made_for != _made_for(found):
            raise ResetLinkInvalid()
        self._links.give_back(network)
        return cast(str, found.email)

    async def complete(self, token: str, password: str, client: Client) -> None:
        """Set the password and end every session of the person, who then signs in as always.

        The link is used up in the same transaction: of two requests with one link, one succeeds. A password
        that is refused leaves it usable.
        """
        await self.check(token, client)
        password_hash = await self._passwords.hash(password)
        await self._database.write(_complete, token, password_hash)

    async def sweep(self) -> None:
        """Forget what was asked for and is of no use any more."""
        over = password_reset.c.at < now() - 2 * LINK_LASTS
        await self._database.write(lambda connection: connection.execute(password_reset.delete().where(over)))

    async def _letter(self, row: sa.Row[Any]) -> Letter | None:
        """The letter with a link made for it; None where nobody may get one, or it would come too late."""
        token = new_token()
        person = await self._database.write(_make_link, row, token)
        profile = await self._organisation.profile()
        if person is None or profile is None:
            return None
        language: Language = "en" if person.language == "en" else "ru"
        url = f"{profile.base_url}{PAGE}#{token}"
        minutes = int(LINK_LASTS.total_seconds() // 60)
        return letters.reset(person.email, language, url, minutes, profile.name)


def _ask(connection: sa.Connection, email_folded: str) -> None:
    """The same row whoever has the address, or nobody: so it takes the same time."""
    whose = sa.select(user.c.id).where(user.c.email_folded == email_folded, user.c.disabled.is_(False))
    at = now()
    values = {"id": new_key(), "user_id": connection.scalar(whose), "at": at, "tries": 0, "next_at": at}
    connection.execute(password_reset.insert().values(values))


def _make_link(connection: sa.Connection, row: sa.Row[Any], token: str) -> sa.Row[Any] | None:
    """Whom the letter goes to, whose older links end with it; None where no letter is to be sent."""
    if row.user_id is None or now() > row.at + LINK_LASTS:
        return None
    whose = sa.select(user).where(user.c.id == row.user_id, user.c.disabled.is_(False)).with_for_update()
    person = connection.execute(whose).one_or_none()
    theirs = password_reset.c.user_id == row.user_id
    newer = sa.select(sa.exists().where(theirs, password_reset.c.at > row.at))
    if person is None or connection.scalar(newer):
        return None
    connection.execute(_use_up(row.user_id))
    link = {
        "token_digest": digest(token),
        "expires_at": now() + LINK_LASTS,
        "made_for": _made_for(person),
    }
    connection.execute(password_reset.update().where(password_reset.c.id == row.id).values(link))
    audit.record(connection, SYSTEM, "user.reset_sent", "user", row.user_id)
    return person


def _use_up(user_id: int) -> sa.Update:
    nothing = {"token_digest": None, "expires_at": None, "made_for": None}
    return password_reset.update().where(password_reset.c.user_id == user_id).values(nothing)


def _valid(token: str) -> sa.Select[Any]:
    return (
        sa.select(user, password_reset.c.made_for)
        .join(user, user.c.id == password_reset.c.user_id)
        .where(password_reset.c.token_digest == digest(token), password_reset.c.expires_at > now())
        .where(user.c.disabled.is_(False))
    )


def _made_for(person: sa.Row[Any]) -> bytes:
    return sha256(f"{person.email_folded}\n{person.password_hash}".encode()).digest()


def _complete(connection: sa.Connection, token: str, password_hash: str) -> None:
    found = connection.execute(_valid(token).with_for_update()).one_or_none()
    if found is None or found.made_for != _made_for(found):
        raise ResetLinkInvalid()
    connection.execute(_use_up(found.id))
    connection.execute(user.update().where(user.c.id == found.id).values(password_hash=password_hash))
    connection.execute(session.delete().where(session.c.user_id == found.id))
    doer = Actor(user_id=found.id, name=found.name, rights=frozenset())
    audit.record(connection, doer, "user.password_reset", "user", found.id, ["password"])
