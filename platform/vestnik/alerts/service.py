"""Tells people by letter that something stopped working, and that it works again.

    alerts.add(Kind("contact_import", right="settings.manage", failing=..., working=...))
    alerts.tell(connection, "contact_import", Subject(...), {"ru": "...", "en": "..."})   # it fails
    alerts.tell(connection, "contact_import", Subject(...), None)                          # it works

A room tells the state as often as it likes, in the unit of work that finds it out. Letters are made for a
change only, in the same unit, and sent afterwards: none is lost with the process, and a mail server that
is away for a while delays them. What was over before anybody heard of it is not told at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.alerts.tables import alert, alert_letter
from vestnik.alerts.wording import Wording, compose
from vestnik.db import Database, insert_ignore, new_key, now
from vestnik.engine import Engine
from vestnik.http.errors import Text
from vestnik.mail import Letter, Mail
from vestnik.mail.keeping import forget
from vestnik.mail.outbox import LOOK_EVERY_S, SWEPT_EVERY_S, Outbox
from vestnik.people.access import RIGHTS, rights_of
from vestnik.people.organisation import Organisation
from vestnik.people.tables import user


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things that may fail; whoever holds `right` hears of those that nobody is in charge of."""

    name: str
    right: str
    failing: Wording
    working: Wording

    def __post_init__(self) -> None:
        if self.right not in RIGHTS:
            raise LookupError(f"no such right: {self.right}")


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that may fail: its key, what people call it, its page, and who is in charge of it."""

    id: int
    name: str
    path: str
    in_charge: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A thing fails from `since` on, or without a reason works again."""

    kind: Kind
    subject: Subject
    reason: Text | None
    since: datetime

    @property
    def title(self) -> Text:
        """What a letter about it is headed with."""
        wording = self.kind.working if self.reason is None else self.kind.failing
        return {language: text.format(name=self.subject.name) for language, text in wording.subject.items()}


@dataclass(frozen=True, slots=True)
class Open:
    """A thing that fails."""

    kind: str
    title: Text
    reason: Text | None
    since: datetime
    path: str | None


Listener = Callable[[sa.Connection, Change], None]


class Alerts:
    """Keeps what is failing, and sends the letters."""

    def __init__(self, database: Database, engine: Engine, mail: Mail, organisation: Organisation) -> None:
        self._database, self._organisation = database, organisation
        self._outbox = Outbox(database, mail, alert_letter, self._letter)
        self._kinds: dict[str, Kind] = {}
        self._listeners: list[Listener] = []
        engine.every(LOOK_EVERY_S, "alerts.letters", self.send_due)
        engine.every(SWEPT_EVERY_S, "alerts.kept", self.sweep)

    def add(self, kind: Kind) -> None:
        """Have things of this kind told of."""
        if kind.name in self._kinds:
            raise ValueError(f"alerts of the kind {kind.name!r} are registered twice")
        self._kinds[kind.name] = kind

    def on_change(self, listener: Listener) -> None:
        """Have `listener` hear of every change, in the unit of work that makes it."""
        self._listeners.append(listener)

    def tell(self, connection: sa.Connection, kind: str, subject: Subject, reason: Text | None) -> None:
        """Note that a thing fails, and why, or with None that it works; a change makes letters."""
        known, at = self._kinds[kind], now()
        values = {
            "name": subject.name,
            "reason": None if reason is None else {**reason},
            "path": subject.path,
        }
        if reason is not None:
            # A thing that never failed worked until now.
            row = {"kind": kind, "subject_id": subject.id, "failing": False, "since": at, **values}
            connection.execute(insert_ignore(connection, alert, ["kind", "subject_id"]).values(row))
        of_subject = sa.and_(alert.c.kind == kind, alert.c.subject_id == subject.id)
        found = connection.execute(sa.select(alert).where(of_subject).with_for_update()).one_or_none()
        failing = reason is not None
        if found is None:
            return
        if found.failing == failing:
            connection.execute(sa.update(alert).where(of_subject).values(values))
            return
        connection.execute(sa.update(alert).where(of_subject).values(failing=failing, since=at, **values))
        for listener in self._listeners:
            listener(connection, Change(known, subject, reason, at))
        untold = _withdraw(connection, kind, subject.id)
        heard = _told(connection, kind, subject.id, found.since) if not failing else None
        whom = self._audience(connection, known, subject) if heard is None else heard
        _write(connection, kind, subject, {"failing": failing, **values}, whom - untold)

    async def letters_go(self) -> bool:
        """Whether anybody can be told: without outgoing mail no letter is sent."""
        return await self._organisation.smtp() is not None

    async def open(self, limit: int) -> list[Open]:
        """What fails now, the newest first."""
        query = sa.select(alert).where(alert.c.failing).order_by(alert.c.since.desc(), alert.c.subject_id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.limit(limit))).all()
        return [
            Open(
                row.kind,
                {language: text.format(name=row.name) for language, text in kind.failing.subject.items()},
                row.reason,
                row.since,
                row.path,
            )
            for row in rows
            if (kind := self._kinds.get(row.kind)) is not None
        ]

    async def failing(self, kind: str) -> dict[int, datetime]:
        """The keys of the things of a kind that are known to fail, and since when."""
        query = sa.select(alert.c.subject_id, alert.c.since).where(alert.c.kind == kind, alert.c.failing)
        async with self._database.read() as connection:
            return {row.subject_id: row.since for row in await connection.execute(query)}

    def forget(self, connection: sa.Connection, kind: str, subject_id: int) -> None:
        """The thing is gone: nothing is told of it any more."""
        for table in (alert_letter, alert):
            connection.execute(sa.delete(table).where(table.c.kind == kind, table.c.subject_id == subject_id))

    def _audience(self, connection: sa.Connection, kind: Kind, subject: Subject) -> set[int]:
        """Who is in charge, while they may sign in; else everybody with the right of the kind."""
        people = connection.execute(
            sa.select(user.c.id, user.c.roles).where(user.c.disabled.is_(False))
        ).all()
        if any(person.id == subject.in_charge for person in people):
            return {person.id for person in people if person.id == subject.in_charge}
        return {person.id for person in people if kind.right in rights_of(person.roles)}

    # Letters

    async def send_due(self) -> None:
        """Send the letters that are due, each at its time."""
        await self._outbox.send_due()

    async def sweep(self) -> None:
        """Forget letters that were sent or given up long ago."""
        await forget(self._database, alert_letter)

    async def _letter(self, row: sa.Row[Any]) -> Letter | None:
        """A row as a letter; None once nobody is there to read it."""
        reader = sa.select(user.c.email, user.c.language).where(
            user.c.id == row.user_id, user.c.disabled.is_(False)
        )
        async with self._database.read() as connection:
            person = (await connection.execute(reader)).one_or_none()
        kind = self._kinds.get(row.kind)
        profile = await self._organisation.profile()
        if kind is None or profile is None or person is None:
            return None
        return compose(
            person.email,
            "en" if person.language == "en" else "ru",
            kind.failing if row.failing else kind.working,
            name=row.name,
            reason=row.reason,
            at=row.at,
            zone=await self._organisation.zone(),
            url=f"{profile.base_url}{row.path}",
            organisation=profile.name,
        )


def remove_all(connection: sa.Connection) -> None:
    """Forget every alert and letter; a part of the unit of work that removes the demo."""
    for table in (alert_letter, alert):
        connection.execute(sa.delete(table))


def _withdraw(connection: sa.Connection, kind: str, subject_id: int) -> set[int]:
    """Take back letters that nobody got yet; to whom they would have gone."""
    gone = sa.delete(alert_letter).where(
        alert_letter.c.kind == kind,
        alert_letter.c.subject_id == subject_id,
        alert_letter.c.next_at.is_not(None),
        # Tried before it has a problem, or is on its way at this moment.
        (alert_letter.c.tries == 0) | alert_letter.c.problem.is_not(None),
    )
    return set(connection.scalars(gone.returning(alert_letter.c.user_id)))


def _told(connection: sa.Connection, kind: str, subject_id: int, since: Any) -> set[int]:
    """Who was written to, or is being written to, about the failure."""
    letters = sa.select(alert_letter.c.user_id).where(
        alert_letter.c.kind == kind,
        alert_letter.c.subject_id == subject_id,
        alert_letter.c.failing,
        alert_letter.c.at >= since,
        alert_letter.c.sent_at.is_not(None) | alert_letter.c.next_at.is_not(None),
    )
    return set(connection.scalars(letters))


def _write(
    connection: sa.Connection, kind: str, subject: Subject, values: Mapping[str, Any], whom: Iterable[int]
) -> None:
    at = now()
    rows = [
        {
            "id": new_key(),
            "kind": kind,
            "subject_id": subject.id,
            "user_id": user_id,
            "path": subject.path,
            "at": at,
            "tries": 0,
            "next_at": at,
            **values,
        }
        for user_id in sorted(whom)
    ]
    if rows:
        connection.execute(sa.insert(alert_letter), rows)
