"""Invitations: an administrator names an address and roles, the person chooses name and password.

The letter brings a link; without outgoing mail the link is shown to the administrator, once. Where a person
may no longer give what an invitation gives, it is valid no more.

Problem
├── InvitedAlready 409       ├── TooManyInvitations 409
└── InvitationInvalid 403    used, withdrawn, too old, sent once more, or made by who may no longer
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, fold, insert_ignore, new_key, now
from vestnik.engine import Engine
from vestnik.http.errors import Language, NotFound, Problem
from vestnik.http.limits import RateLimit, network_of
from vestnik.mail import Letter, Mail
from vestnik.mail.outbox import LOOK_EVERY_S, SWEPT_EVERY_S, Outbox
from vestnik.people import letters
from vestnik.people.access import SYSTEM, Actor, Role, rights_of
from vestnik.people.errors import EmailTaken
from vestnik.people.keys import maker_of
from vestnik.people.link_tables import invitation
from vestnik.people.organisation import Organisation, Profile
from vestnik.people.passwords import Passwords
from vestnik.people.sessions import Client
from vestnik.people.tables import user
from vestnik.people.tokens import digest, new_token
from vestnik.people.users import NewUser, add_user, checked_email, ordered_roles

#: The page that a link opens; its token stands behind a #, which no browser sends and no proxy logs.
PAGE = "/invitation"
LINK_LASTS = timedelta(days=7)
#: Invitations that nobody has accepted, at the same time.
OPEN = 100
#: An invitation that was not accepted is forgotten after so long.
KEPT_FOR = timedelta(days=30)
#: Letters to one address at once, and seconds until one more.
ADDRESS_LETTERS = (3, 600.0)

#: `sending` and `delayed` (tried again) have a letter that waits; `shown` never had one: its link was shown.
State = Literal["sending", "delayed", "sent", "shown", "unsent", "expired"]

_COLUMNS = (*invitation.c, user.c.name.label("inviter"), user.c.roles.label("inviter_roles"), user.c.disabled)


class InvitedAlready(Problem):
    code = "invited_already"
    status = 409
    title = {"ru": "Приглашение уже есть", "en": "Invited already"}
    message = {
        "ru": "{email} уже в списке приглашённых: отправьте приглашение оттуда ещё раз.",
        "en": "{email} is in the list of who is invited: send the invitation once more from there.",
    }
    fields = ("email",)


class TooManyInvitations(Problem):
    code = "too_many_invitations"
    status = 409
    title = {"ru": "Слишком много приглашений", "en": "Too many invitations"}
    message = {
        "ru": "Одновременно ждать ответа могут не больше {limit} приглашений. Отзовите ненужные.",
        "en": "No more than {limit} invitations can wait at a time. Withdraw those that nobody needs.",
    }
    fields = ("limit",)


class InvitationInvalid(Problem):
    code = "invitation_invalid"
    status = 403
    title = {"ru": "Приглашение не действует", "en": "The invitation is not valid"}
    message = {
        "ru": "Его отозвали, заменили новым или уже приняли, либо прошла неделя. Попросите новое.",
        "en": "It was withdrawn, sent anew or accepted, or a week has passed. Ask for a new one.",
    }


class Invitations:
    """Makes invitations, sends their letters, and lets in who accepts one."""

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
        self._links, self._letters = links, RateLimit(*ADDRESS_LETTERS)
        self.outbox = Outbox(database, mail, invitation, self._letter)
        engine.every(LOOK_EVERY_S, "people.invitation_letters", self.outbox.send_due)
        engine.every(SWEPT_EVERY_S, "people.invitations_kept", self.sweep)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"invitation letters": self._letters}

    async def waiting(self, actor: Actor) -> Sequence[sa.Row[Any]]:
        """The invitations that nobody has accepted, the newest first; `state_of` says how each is doing."""
        actor.require("users.manage")
        async with self._database.read() as connection:
            newest = _all().order_by(invitation.c.at.desc(), invitation.c.id.desc())
            rows: Sequence[sa.Row[Any]] = (await connection.execute(newest)).all()
        return rows

    async def get(self, actor: Actor, invitation_id: int) -> sa.Row[Any]:
        """One of them."""
        actor.require("users.manage")
        async with self._database.read() as connection:
            one = _all().where(invitation.c.id == invitation_id)
            found: sa.Row[Any] | None = (await connection.execute(one)).one_or_none()
        if found is None:
            raise NotFound()
        return found

    async def add(
        self, actor: Actor, email: str, roles: Sequence[Role], language: Language
    ) -> tuple[int, str | None]:
        """Invite an address to roles that give no right that `actor` lacks; return its id.

        Without outgoing mail also the link, to be handed over: else the letter brings it.
        """
        actor.require("users.manage")
        actor.require_all(rights_of(roles))
        email = checked_email(email)
        id = new_key()
        values = {
            "id": id,
            "email": email,
            "email_folded": fold(email),
            "roles": ordered_roles(roles),
            "language": language,
        }
        token = await self._token_to_show()
        self._letters.take(fold(email))
        await self._database.write(_add, actor, values, token)
        return id, await self._link(token)

    async def send_again(self, actor: Actor, invitation_id: int) -> str | None:
        """Have a new link made, which ends the one before; it is for another week, and stands for `actor`."""
        actor.require("users.manage")
        found = await self.get(actor, invitation_id)
        token = await self._token_to_show()
        self._letters.take(found.email_folded)
        await self._database.write(_send_again, actor, invitation_id, token)
        return await self._link(token)

    async def withdraw(self, actor: Actor, invitation_id: int) -> None:
        """End an invitation."""
        actor.require("users.manage")
        await self._database.write(_withdraw, actor, invitation_id)

    async def check(self, token: str, client: Client) -> sa.Row[Any]:
        """The invitation of a link; `InvitationInvalid` when it is none."""
        network = network_of(client.ip)
        self._links.take(network)
        async with self._database.read() as connection:
            found: sa.Row[Any] | None = (await connection.execute(_valid(token))).one_or_none()
        if found is None or not _stands(found):
            raise InvitationInvalid()
        self._links.give_back(network)
        return found

    async def accept(self, token: str, name: str, password: str, client: Client) -> int:
        """Make a user of who is invited; return its id.

        The link is used up in the same transaction: of two requests with one link, one succeeds. What is
        refused leaves it usable.
        """
        await self.check(token, client)
        password_hash = await self._passwords.hash(password)
        return await self._database.write(_accept, token, name, password_hash)

    async def sweep(self) -> None:
        """Forget invitations that nobody accepted."""
        old = invitation.c.at < now() - KEPT_FOR
        await self._database.write(lambda connection: connection.execute(invitation.delete().where(old)))

    async def _token_to_show(self) -> str | None:
        profile = await self._organisation.present()
        return new_token() if profile.smtp is None else None

    async def _link(self, token: str | None) -> str | None:
        return None if token is None else _address(await self._organisation.present(), token)

    async def _letter(self, row: sa.Row[Any]) -> Letter | None:
        """The letter with a link made for it; None where the invitation stands for nobody any more."""
        token = new_token()
        found = await self._database.write(_make_link, row.id, token)
        profile = await self._organisation.profile()
        if found is None or profile is None:
            return None
        language: Language = "en" if found.language == "en" else "ru"
        link = _address(profile, token)
        return letters.invitation(found.email, language, link, found.inviter, LINK_LASTS.days, profile.name)


def state_of(row: sa.Row[Any], at: datetime) -> State:
    """How an invitation is doing."""
    if not _stands(row):
        return "expired"
    if row.next_at is not None:
        return "sending" if row.problem is None and row.tries <= 1 else "delayed"
    if row.expires_at is not None and row.expires_at <= at:
        return "expired"
    if row.sent_at is not None:
        return "sent"
    return "shown" if row.tries == 0 else "unsent"


def _all() -> sa.Select[tuple[Any, ...]]:
    return sa.select(*_COLUMNS).outerjoin(user, user.c.id == invitation.c.invited_by)


def _valid(token: str) -> sa.Select[tuple[Any, ...]]:
    return _all().where(invitation.c.token_digest == digest(token), invitation.c.expires_at > now())


def _stands(row: sa.Row[Any]) -> bool:
    """Whether who invited may still give these roles."""
    if row.invited_by is None:
        return True
    return not row.disabled and rights_of(row.roles) | {"users.manage"} <= rights_of(row.inviter_roles)


def _address(profile: Profile, token: str) -> str:
    return f"{profile.base_url}{PAGE}#{token}"


def _new_link(token: str | None) -> dict[str, Any]:
    """What is stored of an invitation that is made, or sent once more: its link, or a letter that is due."""
    at = now()
    return {
        "at": at,
        "token_digest": None if token is None else digest(token),
        "expires_at": None if token is None else at + LINK_LASTS,
        "tries": 0,
        "next_at": at if token is None else None,
        "sent_at": None,
        "problem": None,
    }


def _add(connection: sa.Connection, actor: Actor, values: Mapping[str, Any], token: str | None) -> None:
    email, folded = values["email"], values["email_folded"]
    if connection.scalar(sa.select(user.c.id).where(user.c.email_folded == folded)) is not None:
        raise EmailTaken(email=email)
    if (connection.scalar(sa.select(sa.func.count()).select_from(invitation)) or 0) >= OPEN:
        raise TooManyInvitations(limit=OPEN)
    statement = insert_ignore(connection, invitation, ["email_folded"]).values(
        **values, invited_by=maker_of(connection, actor), **_new_link(token)
    )
    if connection.execute(statement.returning(invitation.c.id)).scalar_one_or_none() is None:
        raise InvitedAlready(email=email)
    audit.record(connection, actor, "invitation.added", "invitation", values["id"], ["email", "roles"])


def _send_again(connection: sa.Connection, actor: Actor, invitation_id: int, token: str | None) -> None:
    found = _within_reach(connection, actor, invitation_id)
    is_on_its_way = token is None and found.next_at is not None and found.problem is None
    link = {} if is_on_its_way else _new_link(token)
    changed = invitation.update().where(invitation.c.id == invitation_id)
    connection.execute(changed.values(invited_by=maker_of(connection, actor), **link))
    audit.record(connection, actor, "invitation.sent_again", "invitation", invitation_id)


def _withdraw(connection: sa.Connection, actor: Actor, invitation_id: int) -> None:
    _within_reach(connection, actor, invitation_id)
    connection.execute(invitation.delete().where(invitation.c.id == invitation_id))
    audit.record(connection, actor, "invitation.withdrawn", "invitation", invitation_id)


def _within_reach(connection: sa.Connection, actor: Actor, invitation_id: int) -> sa.Row[Any]:
    """The invitation, unless it is not there, or gives a right that `actor` lacks."""
    found = sa.select(invitation).where(invitation.c.id == invitation_id).with_for_update()
    row = connection.execute(found).one_or_none()
    if row is None:
        raise NotFound()
    actor.require_all(rights_of(row.roles))
    return row


def _make_link(connection: sa.Connection, invitation_id: int, token: str) -> sa.Row[Any] | None:
    found = connection.execute(_all().where(invitation.c.id == invitation_id)).one_or_none()
    if found is None or found.next_at is None or not _stands(found):
        return None
    link = {"token_digest": digest(token), "expires_at": now() + LINK_LASTS}
    connection.execute(invitation.update().where(invitation.c.id == invitation_id).values(link))
    return found


def _accept(connection: sa.Connection, token: str, name: str, password_hash: str) -> int:
    found = connection.execute(_valid(token).with_for_update(of=invitation)).one_or_none()
    if found is None or not _stands(found):
        raise InvitationInvalid()
    new = NewUser(
        email=found.email, name=name, password="", roles=found.roles, language=cast(Language, found.language)
    )
    user_id = add_user(connection, SYSTEM, new, password_hash)  # which ends the invitation
    doer = Actor(user_id=user_id, name=name, rights=frozenset())
    audit.record(connection, doer, "invitation.accepted", "user", user_id)
    return user_id
