"""Users: who may sign in, with which roles. A user is never deleted, only disabled: rows refer to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from vestnik import audit
from vestnik.db import Database, fold, insert_ignore, now, ordered_by
from vestnik.http.errors import Language, NotFound
from vestnik.people.access import ROLES, Actor, Role, rights_of
from vestnik.people.errors import EmailInvalid, EmailTaken, LastAdministrator
from vestnik.people.link_tables import invitation
from vestnik.people.passwords import Passwords
from vestnik.people.tables import session, user

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,255}")
_SORTS = {
    "": user.c.name_folded,
    "name": user.c.name_folded,
    "email": user.c.email_folded,
    "createdAt": user.c.created_at,
    "seenAt": user.c.seen_at,
}


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to create; the password is plain here and nowhere else."""

    email: str
    name: str
    password: str
    roles: Sequence[Role]
    language: Language = "ru"


class Users:
    """What can be done with users."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._database, self._passwords = database, passwords

    async def page(
        self, actor: Actor, *, search: str = "", sort: str = "", offset: int = 0, limit: int = 50
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """Users whose name or address contains `search`, and how many there are."""
        actor.require("users.manage")
        where: sa.ColumnElement[bool] = sa.true()
        if search:
            part = fold(search)
            where = user.c.name_folded.contains(part, autoescape=True) | user.c.email_folded.contains(
                part, autoescape=True
            )
        column = _SORTS.get(sort.removeprefix("-"), user.c.name_folded)
        order = ordered_by(column, down=sort.startswith("-"))
        async with self._database.read() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(user).where(where))
            statement = sa.select(user).where(where).order_by(order, user.c.id).offset(offset).limit(limit)
            rows = (await connection.execute(statement)).all()
        return rows, total or 0

    async def get(self, actor: Actor, user_id: int) -> sa.Row[Any]:
        """One user: oneself, or anyone by the right to manage users."""
        if actor.user_id != user_id:
            actor.require("users.manage")
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(user).where(user.c.id == user_id))).one_or_none()
        if row is None:
            raise NotFound()
        return row

    async def names(self, ids: Iterable[int]) -> dict[int, str]:
        """The names behind user ids, for lists that show who did something."""
        async with self._database.read() as connection:
            statement = sa.select(user.c.id, user.c.name).where(user.c.id.in_(set(ids)))
            return {row.id: row.name for row in await connection.execute(statement)}

    async def by_words(self) -> dict[str, int]:
        """Everybody who may sign in, by folded e-mail address and name: how files name them."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(user.c.id, user.c.name_folded, user.c.email_folded).where(
                    user.c.disabled.is_(False)
                )
            )
            found: dict[str, int] = {}
            for row in rows:
                found.setdefault(row.name_folded, row.id)
                found[row.email_folded] = row.id
            return found

    async def working(self, actor: Actor) -> dict[int, str]:
        """Names of everybody who may sign in, by name: whom records may be given to, or accounts opened."""
        if not actor.may("accounts.connect"):
            actor.require("contacts.read")
        async with self._database.read() as connection:
            statement = sa.select(user.c.id, user.c.name).where(user.c.disabled.is_(False))
            rows = await connection.execute(statement.order_by(user.c.name_folded, user.c.id))
            return {row.id: row.name for row in rows}

    async def add(self, actor: Actor, new: NewUser) -> int:
        """Create a user whose roles give no right that `actor` lacks; return its id."""
        actor.require("users.manage")
        actor.require_all(rights_of(new.roles))
        password_hash = await self._passwords.hash(new.password)
        return await self._database.write(add_user, actor, new, password_hash)

    async def change(self, actor: Actor, user_id: int, changes: Mapping[str, Any]) -> None:
        """Set name, email, roles, language, theme or disabled; disabling ends the user's sessions."""
        if actor.user_id != user_id or set(changes) - {"name", "language", "theme"}:
            actor.require("users.manage")
        if "roles" in changes:
            actor.require_all(rights_of(changes["roles"]))
        await self._database.write(_change, actor, user_id, changes)

    async def set_password(self, actor: Actor, user_id: int, password: str) -> None:
        """Give another user a new password and end all sessions of that user."""
        actor.require("users.manage")
        password_hash = await self._passwords.hash(password)
        await self._database.write(_set_password, actor, user_id, password_hash, None)

    async def set_own_password(self, actor: Actor, user_id: int, password: str) -> None:
        """Give oneself a new password and end one's other sessions; the caller checked the present one."""
        password_hash = await self._passwords.hash(password)
        await self._database.write(_set_password, actor, user_id, password_hash, actor.session_id)

    async def find(self, email: str) -> sa.Row[Any] | None:
        """The user with that address, in any spelling of its case."""
        async with self._database.read() as connection:
            statement = sa.select(user).where(user.c.email_folded == fold(email.strip()))
            return (await connection.execute(statement)).one_or_none()

    async def with_role(self, role: Role) -> sa.Row[Any] | None:
        """The first enabled user whose main role is `role` (the demo's change of role)."""
        async with self._database.read() as connection:
            statement = sa.select(user).where(user.c.disabled.is_(False)).order_by(user.c.id)
            rows = (await connection.execute(statement)).all()
        return next((row for row in rows if main_role(row.roles) == role), None)


def main_role(roles: Iterable[str]) -> Role | None:
    """The role that an interface shows when it shows one: the first in the order of `ROLES`."""
    held = set(roles)
    return next((role for role in ROLES if role in held), None)


def add_user(connection: sa.Connection, actor: Actor, new: NewUser, password_hash: str) -> int:
    """Insert a user in the unit of work of `connection`; `EmailTaken` when the address is in use."""
    email = checked_email(new.email)
    _end_invitation(connection, email)
    statement = (
        insert_ignore(connection, user, ["email_folded"])
        .values(
            email=email,
            email_folded=fold(email),
            name=new.name.strip(),
            name_folded=fold(new.name.strip()),
            password_hash=password_hash,
            roles=ordered_roles(new.roles),
            language=new.language,
            theme="auto",
            disabled=False,
            created_at=now(),
        )
        .returning(user.c.id)
    )
    user_id = connection.execute(statement).scalar_one_or_none()
    if user_id is None:
        raise EmailTaken(email=email)
    audit.record(connection, actor, "user.added", "user", user_id, ["email", "name", "roles"])
    return cast(int, user_id)


def ordered_roles(roles: Iterable[str]) -> list[str]:
    """Roles as they are stored: each once, in the order of `ROLES`."""
    held = set(roles)
    return [role for role in ROLES if role in held]


def is_working(connection: sa.Connection, user_id: int) -> bool:
    """Whether there is such a user, and may sign in."""
    found = sa.select(user.c.id).where(user.c.id == user_id, user.c.disabled.is_(False))
    return connection.scalar(found) is not None


def checked_email(text: str) -> str:
    """`text` without spaces around it, when it can be an e-mail address; `EmailInvalid` else."""
    email = text.strip()
    if not _EMAIL.fullmatch(email):
        raise EmailInvalid(email=email)
    return email


def _change(connection: sa.Connection, actor: Actor, user_id: int, changes: Mapping[str, Any]) -> None:
    present = _within_reach(connection, actor, user_id)
    columns = dict(changes)
    if "roles" in columns:
        columns["roles"] = ordered_roles(columns["roles"])
    if "name" in columns:
        columns |= {"name": columns["name"].strip(), "name_folded": fold(columns["name"].strip())}
    if "email" in columns:
        columns |= _address(connection, columns["email"], user_id)
    columns = {name: value for name, value in columns.items() if value != getattr(present, name)}
    if not columns:
        return
    connection.execute(user.update().where(user.c.id == user_id).values(columns))
    if columns.keys() & {"roles", "disabled"}:
        _refuse_without_administrator(connection)
    if columns.get("disabled"):
        connection.execute(session.delete().where(session.c.user_id == user_id))
    audit.record(connection, actor, "user.changed", "user", user_id, columns.keys() & changes.keys())


def _set_password(
    connection: sa.Connection, actor: Actor, user_id: int, password_hash: str, kept_session: int | None
) -> None:
    _within_reach(connection, actor, user_id)
    connection.execute(user.update().where(user.c.id == user_id).values(password_hash=password_hash))
    others = session.delete().where(session.c.user_id == user_id)
    if kept_session is not None:
        others = others.where(session.c.id != kept_session)
    connection.execute(others)
    audit.record(connection, actor, "user.password_changed", "user", user_id, ["password"])


def _within_reach(connection: sa.Connection, actor: Actor, user_id: int) -> sa.Row[Any]:
    """The user to be changed: oneself, or one who holds no right that `actor` lacks."""
    row = connection.execute(sa.select(user).where(user.c.id == user_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    if actor.user_id != user_id:
        actor.require_all(rights_of(row.roles))
    return row


def _address(connection: sa.Connection, given: str, user_id: int) -> dict[str, str]:
    email = checked_email(given)
    same = sa.select(user.c.id).where(user.c.email_folded == fold(email), user.c.id != user_id)
    if connection.scalar(same) is not None:
        raise EmailTaken(email=email)
    _end_invitation(connection, email)
    return {"email": email, "email_folded": fold(email)}


def _end_invitation(connection: sa.Connection, email: str) -> None:
    """Whoever has the address need not be invited any more; before the user, in the order of accepting."""
    connection.execute(invitation.delete().where(invitation.c.email_folded == fold(email)))


def _refuse_without_administrator(connection: sa.Connection) -> None:
    enabled = connection.scalars(sa.select(user.c.roles).where(user.c.disabled.is_(False)))
    if not any("users.manage" in rights_of(roles) for roles in enabled):
        raise LastAdministrator()
