"""The bulk actions of contacts themselves: owner, block, and consent of a category."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

import msgspec
import sqlalchemy as sa

from vestnik.contacts.bulk import Action, Arguments, Done
from vestnik.contacts.consents import Evidence, record_consent, who_said_no
from vestnik.contacts.errors import UnknownCategory, UnknownOwner
from vestnik.contacts.listing import has_chosen
from vestnik.contacts.tables import category, contact
from vestnik.db import now
from vestnik.http.api import Id, Shape, key_of
from vestnik.http.decoding import read_values
from vestnik.people.users import is_working

T = TypeVar("T")


class OwnerArguments(Shape):
    """Who becomes responsible; null is nobody."""

    owner_id: Id | None


class BlockArguments(Shape):
    """Whether they are blocked for every mailing from now on."""

    blocked: bool


class ConsentArguments(Shape):
    """A category, or all of them (null, to withdraw only), and how the choice is known."""

    category_id: Id | None
    state: Literal["given", "withdrawn"]
    how: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


def read_arguments(arguments: Arguments, shape: type[T]) -> T:
    """Arguments as their shape; `InvalidRequest` with the path of what is missing or does not fit."""
    return read_values("arguments", arguments, shape)


def own_actions() -> list[Action]:
    """The actions that need nothing but contacts."""
    return [
        Action("set_owner", "contacts.write", _check_owner, _set_owner),
        Action("set_blocked", "contacts.write", _check_blocked, _set_blocked),
        Action("set_consent", "contacts.write", _check_consent, _set_consent),
    ]


def _check_owner(connection: sa.Connection, arguments: Arguments) -> None:
    owner = read_arguments(arguments, OwnerArguments).owner_id
    if owner is not None and not is_working(connection, key_of(owner)):
        raise UnknownOwner()


def _set_owner(connection: sa.Connection, ids: Sequence[int], arguments: Arguments, _by: str) -> Done:
    given = read_arguments(arguments, OwnerArguments).owner_id
    owner = None if given is None else key_of(given)
    others = contact.c.owner_id.is_distinct_from(owner)
    return _update(connection, ids, others, owner_id=owner)


def _check_blocked(_connection: sa.Connection, arguments: Arguments) -> None:
    read_arguments(arguments, BlockArguments)


def _set_blocked(connection: sa.Connection, ids: Sequence[int], arguments: Arguments, _by: str) -> Done:
    blocked = read_arguments(arguments, BlockArguments).blocked
    return _update(connection, ids, contact.c.blocked.is_not(blocked), blocked=blocked)


def _update(
    connection: sa.Connection, ids: Sequence[int], others: sa.ColumnElement[bool], **values: object
) -> Done:
    live = contact.c.id.in_(ids) & contact.c.merged_into.is_(None)
    changed = connection.execute(sa.update(contact).where(live, others).values(updated_at=now(), **values))
    return Done(changed.rowcount)


def _check_consent(connection: sa.Connection, arguments: Arguments) -> None:
    given = read_arguments(arguments, ConsentArguments)
    if given.category_id is None:
        if given.state == "given":
            raise UnknownCategory()
        return
    wanted = sa.select(category.c.id).where(
        category.c.id == key_of(given.category_id), category.c.archived_at.is_(None)
    )
    if connection.scalar(wanted) is None:
        raise UnknownCategory()


def _set_consent(connection: sa.Connection, ids: Sequence[int], arguments: Arguments, by: str) -> Done:
    """Note the choice of whoever has not chosen so; whoever unsubscribed is never subscribed in bulk."""
    given = read_arguments(arguments, ConsentArguments)
    key = None if given.category_id is None else key_of(given.category_id)
    live = sa.select(contact.c.id).where(contact.c.id.in_(ids), contact.c.merged_into.is_(None))
    kept = 0
    if key is None:  # a consent for all is refused by the check
        done: sa.ColumnElement[bool] = contact.c.unsubscribed
    elif given.state == "withdrawn":
        done = has_chosen(key, False)
    else:
        done = has_chosen(key, True)
        left = who_said_no(connection, connection.scalars(live).all(), key)
        kept = len(left)
        live = live.where(contact.c.id.not_in(left))
    wanted = connection.scalars(live.where(sa.not_(done))).all()
    record_consent(connection, wanted, key, given.state, Evidence(now(), given.how, by))
    return Done(len(wanted), kept)
