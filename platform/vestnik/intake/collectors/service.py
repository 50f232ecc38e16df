"""What can be done with mail collectors: make one, change it, run it now, mark it for removal."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.calendars.service import is_open
from vestnik.db import Database, new_key, now, upsert
from vestnik.egress.addresses import SystemResolver
from vestnik.http.errors import NotFound, Text
from vestnik.intake.collectors.checking import Checking
from vestnik.intake.collectors.collecting import Collecting, secret_context
from vestnik.intake.collectors.errors import (
    CertificateUnreadable,
    CollectorDestination,
    CollectorSettings,
    MarkedForRemoval,
    PasswordNeeded,
    TooManyCollectors,
)
from vestnik.intake.collectors.mailbox import FLAG, Account, Security
from vestnik.intake.collectors.tables import collected_letter, collector_run, mail_collector
from vestnik.intake.collectors.turns import Turns, let_go
from vestnik.intake.doors.service import NAME_CHARACTERS, NAMES
from vestnik.intake.inputs.ports import Way
from vestnik.intake.leads.settings import IntakeSettings, settings_of
from vestnik.intake.leads.tables import channel, intake_settings
from vestnik.intake.parsing.names import folded
from vestnik.people.access import Actor
from vestnik.people.tables import user
from vestnik.vault import Vault

COLLECTORS = 100
After = Literal["keep", "mark", "move", "delete"]
#: With another of these the letters are others: they are numbered anew.
_MAILBOX = ("host", "port", "username", "folder")
#: With another of these a letter that was passed by may be wanted.
_CHOICE = ("keyword", "from_date")

_NO_MARK: Text = {
    "ru": "Пометка — это \\Flagged или слово из латинских букв, цифр и знаков $ _ . -",
    "en": "A mark is \\Flagged, or a word of Latin letters, digits and $ _ . -",
}
_NO_MOVE: Text = {
    "ru": "Укажите другую папку, в которую переместить собранные письма.",
    "en": "Name another folder to which collected letters are moved.",
}
_NO_DAYS: Text = {
    "ru": "Укажите, через сколько дней удалить собранные письма.",
    "en": "Say after how many days collected letters are removed.",
}
_NO_TEXT: Text = {
    "ru": "В именах и пароле не бывает переносов строк и управляющих символов.",
    "en": "Names and passwords have no line breaks and no control characters.",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person enters of a collector; `password` and `mapping` None keep what is stored."""

    title: str
    host: str
    port: int
    security: Security
    username: str
    folder: str
    keyword: str
    from_date: date
    password: str | None = None
    certificate: str | None = None
    calendar_id: int | None = None
    responsible_id: int | None = None
    channel_id: int | None = None
    mapping: Mapping[str, Sequence[str]] | None = None
    after: After = "keep"
    mark: str | None = None
    move_to: str | None = None
    delete_after_days: int | None = None
    separate_mailbox: bool = False
    every_minutes: int | None = None
    enabled: bool = True

    def __repr__(self) -> str:
        return f"Wish({self.title!r})"

    def values(self) -> dict[str, Any]:
        """The columns; what belongs to another thing to do with collected letters is dropped."""
        return {
            "title": self.title,
            "host": self.host,
            "port": self.port,
            "security": self.security,
            "username": self.username,
            "certificate": self.certificate,
            "folder": self.folder,
            "keyword": self.keyword,
            "from_date": self.from_date.isoformat(),
            "calendar_id": self.calendar_id,
            "responsible_id": self.responsible_id,
            "channel_id": self.channel_id,
            "after": self.after,
            "mark": self.mark if self.after == "mark" else None,
            "move_to": self.move_to if self.after == "move" else None,
            "delete_after_days": self.delete_after_days if self.after == "delete" else None,
            "separate_mailbox": self.separate_mailbox,
            "every_minutes": self.every_minutes,
            "enabled": self.enabled,
            **({} if self.mapping is None else {"mapping": {**self.mapping}}),
        }


class Collectors:
    """Mail collectors, for people."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        resolver: SystemResolver,
        collecting: Collecting,
        turns: Turns,
        checking: Checking,
    ) -> None:
        self._database, self._vault, self._resolver = database, vault, resolver
        self._collecting, self.turns, self.checking = collecting, turns, checking

    # Reading

    async def all(self, actor: Actor) -> Sequence[sa.Row[Any]]:
        """Every collector by its title, those marked for removal last, each with its newest finished run."""
        actor.require("intake.manage")
        marked = mail_collector.c.removal_marked_at.is_not(None)
        async with self._database.read() as connection:
            in_order = _with_newest_run().order_by(marked, mail_collector.c.title, mail_collector.c.id)
            rows: Sequence[sa.Row[Any]] = (await connection.execute(in_order)).all()
        return rows

    async def get(self, actor: Actor, collector_id: int) -> sa.Row[Any]:
        """One collector with its newest finished run."""
        actor.require("intake.manage")
        one = _with_newest_run().where(mail_collector.c.id == collector_id)
        async with self._database.read() as connection:
            row: sa.Row[Any] | None = (await connection.execute(one)).one_or_none()
        if row is None:
            raise NotFound()
        return row

    async def runs(
        self, actor: Actor, collector_id: int, offset: int, limit: int
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """Runs of a collector, the newest first, and how many there are."""
        await self.get(actor, collector_id)
        theirs = collector_run.c.collector_id == collector_id
        newest = sa.select(collector_run).where(theirs).order_by(collector_run.c.id.desc())
        return await self._page(newest, offset, limit)

    async def letters(
        self, actor: Actor, collector_id: int, *, not_taken: bool, offset: int, limit: int
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        """Letters with the keyword, the newest first, and how many there are."""
        await self.get(actor, collector_id)
        theirs = collected_letter.c.collector_id == collector_id
        if not_taken:
            theirs &= collected_letter.c.outcome.in_(("too_large", "not_fetched"))
        newest = sa.select(collected_letter).where(theirs).order_by(collected_letter.c.id.desc())
        return await self._page(newest, offset, limit)

    async def _page(
        self, query: sa.Select[Any], offset: int, limit: int
    ) -> tuple[Sequence[sa.Row[Any]], int]:
        counted = sa.select(sa.func.count()).select_from(query.order_by(None).subquery())
        async with self._database.read() as connection:
            total = await connection.scalar(counted)
            rows = (await connection.execute(query.offset(offset).limit(limit))).all()
        return rows, total or 0

    async def job(self, actor: Actor) -> IntakeSettings:
        """Whether mail is collected, and how often."""
        actor.require("intake.manage")
        return await self.job_known()

    async def job_known(self) -> IntakeSettings:
        """The same, for what is shown beside it."""
        async with self._database.read() as connection:
            return await connection.run_sync(settings_of)

    # `inputs.ports.Ways`

    async def way(self, source_id: int) -> Way | None:
        """How the letters of a collector are read, and where their leads go."""
        async with self._database.read() as connection:
            one = sa.select(mail_collector).where(mail_collector.c.id == source_id)
            row = (await connection.execute(one)).one_or_none()
        if row is None:
            return None
        return Way(row.title, row.calendar_id, row.responsible_id, row.channel_id, row.mapping)

    async def titles(self, source_ids: Sequence[int]) -> Mapping[int, str]:
        """What people call collectors."""
        named = sa.select(mail_collector.c.id, mail_collector.c.title)
        async with self._database.read() as connection:
            found = await connection.execute(named.where(mail_collector.c.id.in_(source_ids)))
            return {row.id: row.title for row in found}

    def add_name(
        self, connection: sa.Connection, actor: Actor, source_id: int, target: str, name: str
    ) -> None:
        """Have a site's name taken for one of our fields from now on."""
        row = _locked(connection, source_id)
        names = [*row.mapping.get(target, ())]
        if folded(name) in map(folded, names):
            return
        mapping = {**row.mapping, target: [*names, name[:NAME_CHARACTERS]][-NAMES:]}
        this = sa.update(mail_collector).where(mail_collector.c.id == source_id)
        connection.execute(this.values(mapping=mapping))
        record(connection, actor, "mail_collector.changed", "mail_collector", source_id, ["mapping"])

    # Changing

    async def create(self, actor: Actor, wish: Wish) -> int:
        """A new collector; its key. It runs as soon as the job looks."""
        actor.require("intake.manage")
        if wish.password is None:
            raise PasswordNeeded()
        _check(wish)
        collector_id, sealed = new_key(), self._sealed

        def unit(connection: sa.Connection) -> None:
            # Marked ones count: they may be unmarked.
            count = connection.scalar(sa.select(sa.func.count()).select_from(mail_collector)) or 0
            if count >= COLLECTORS:
                raise TooManyCollectors(limit=COLLECTORS)
            _check_destination(connection, wish, None)
            connection.execute(
                sa.insert(mail_collector).values(
                    id=collector_id,
                    kind="site_requests",
                    password_sealed=sealed(collector_id, wish.password or ""),
                    mailbox=1,
                    seen_uid=0,
                    stuck_tries=0,
                    unfinished=False,
                    failures=0,
                    run=0,
                    created_by=actor.user_id,
                    created_at=now(),
                    **{"mapping": {}, **wish.values()},
                )
            )
            record(connection, actor, "mail_collector.created", "mail_collector", collector_id)

        await self._database.write(unit)
        return collector_id

    async def change(self, actor: Actor, collector_id: int, wish: Wish) -> None:
        """Enter a collector anew; a stored password stays where it goes to the same mailbox as before."""
        actor.require("intake.manage")
        _check(wish)

        def unit(connection: sa.Connection) -> None:
            row = _locked(connection, collector_id)
            _check_destination(connection, wish, row)
            values = wish.values()
            changed = {name for name, value in values.items() if value != getattr(row, name)}
            if wish.password is not None:
                values["password_sealed"] = self._sealed(collector_id, wish.password)
                changed.add("password")
            elif not _same_way(row, wish):
                raise PasswordNeeded()
            if not changed:
                return
            if changed & {*_MAILBOX, *_CHOICE}:
                values |= {"seen_uid": 0, "stuck_uid": None, "stuck_tries": 0}
            if changed & set(_MAILBOX):
                values |= {"uidvalidity": None, "mailbox": row.mailbox + 1}
            let_go(connection, collector_id)
            this = mail_collector.c.id == collector_id
            connection.execute(sa.update(mail_collector).where(this).values(values))
            record(
                connection, actor, "mail_collector.changed", "mail_collector", collector_id, sorted(changed)
            )

        await self._database.write(unit)

    async def mark_for_removal(self, actor: Actor, collector_id: int, *, marked: bool) -> None:
        """Have a collector not run any more, and its history stay; or have it run again."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            row = _locked(connection, collector_id)
            if (row.removal_marked_at is not None) == marked:
                return
            let_go(connection, collector_id)
            this = sa.update(mail_collector).where(mail_collector.c.id == collector_id)
            connection.execute(this.values(removal_marked_at=now() if marked else None, asked_at=None))
            action = "mail_collector.marked" if marked else "mail_collector.unmarked"
            record(connection, actor, action, "mail_collector", collector_id)

        await self._database.write(unit)

    async def collect_now(self, actor: Actor, collector_id: int) -> None:
        """Have a collector run at once, whatever its times are and whether it is on."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            row = _locked(connection, collector_id)
            if row.removal_marked_at is not None:
                raise MarkedForRemoval()
            this = sa.update(mail_collector).where(mail_collector.c.id == collector_id)
            connection.execute(this.values(asked_at=now()))
            record(connection, actor, "mail_collector.run", "mail_collector", collector_id)

        await self._database.write(unit)
        self.turns.nudge()

    async def set_job(self, actor: Actor, *, on: bool, every_minutes: int) -> None:
        """Have mail collected, or not, and how often where a collector has no interval of its own."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            before = settings_of(connection)
            values: Mapping[str, Any] = {"mail_on": on, "mail_every_minutes": every_minutes}
            changed = [name for name, value in values.items() if value != getattr(before, name)]
            if not changed:
                return
            row = {"id": 1, "notify": before.notify, "updated_at": now(), **values}
            connection.execute(upsert(connection, intake_settings, ["id"], [*values, "updated_at"]), row)
            record(connection, actor, "mail_job.changed", "intake_settings", None, changed)

        await self._database.write(unit)

    async def stop(self) -> None:
        """Let go of what looks names of servers up."""
        self._resolver.close()

    # A mailbox as somebody is entering it

    async def account(self, actor: Actor, wish: Wish, collector_id: int | None) -> Account:
        """A mailbox as somebody enters it, with the stored password of a collector where that may be used."""
        actor.require("intake.manage")
        _check(wish)
        password = wish.password
        if password is None:
            if collector_id is None:
                raise PasswordNeeded()
            row = await self.get(actor, collector_id)
            if not _same_way(row, wish):
                raise PasswordNeeded()
            password = self._collecting.account(row).password
        return Account(wish.host, wish.port, wish.security, wish.username, password, wish.certificate)

    def _sealed(self, collector_id: int, password: str) -> bytes:
        return self._vault.encrypt(password.encode(), secret_context(collector_id))


def _check(wish: Wish) -> None:
    """Refuse what no mailbox can be read with."""
    for path, text in (("username", wish.username), ("password", wish.password), ("folder", wish.folder)):
        if text is not None and not text.isprintable():
            raise CollectorSettings(path=f"$.{path}", reason=_NO_TEXT)
    if wish.after == "mark" and (wish.mark is None or FLAG.fullmatch(wish.mark) is None):
        raise CollectorSettings(path="$.mark", reason=_NO_MARK)
    if wish.after == "move":
        to = wish.move_to
        if not to or not to.isprintable() or to.casefold() == wish.folder.casefold():
            raise CollectorSettings(path="$.moveTo", reason=_NO_MOVE)
    if wish.after == "delete" and wish.delete_after_days is None:
        raise CollectorSettings(path="$.deleteAfterDays", reason=_NO_DAYS)
    if wish.certificate is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=wish.certificate)
        except (ssl.SSLError, ValueError, TypeError):  # the last for what is not ASCII
            raise CertificateUnreadable() from None


def _check_destination(connection: sa.Connection, wish: Wish, row: sa.Row[Any] | None) -> None:
    """Refuse a calendar, a person or a source that is not there; what a collector has already may stay."""

    def new(name: str) -> int | None:
        value: int | None = getattr(wish, name)
        return None if row is not None and value == getattr(row, name) else value

    if (calendar_id := new("calendar_id")) is not None and not is_open(connection, calendar_id):
        raise CollectorDestination(path="$.calendarId")
    if (person_id := new("responsible_id")) is not None:
        active = sa.select(user.c.id).where(user.c.id == person_id, user.c.disabled.is_(False))
        if connection.scalar(active) is None:
            raise CollectorDestination(path="$.responsibleId")
    if (channel_id := new("channel_id")) is not None:
        there = sa.select(channel.c.id).where(channel.c.id == channel_id, channel.c.archived_at.is_(None))
        if connection.scalar(there) is None:
            raise CollectorDestination(path="$.channelId")


def _same_way(row: sa.Row[Any], wish: Wish) -> bool:
    """Whether a stored password would go where it went before, and no less safely."""
    before = (row.host.casefold(), row.port, row.username, row.security, _trusted(row.certificate))
    after = (wish.host.casefold(), wish.port, wish.username, wish.security, _trusted(wish.certificate))
    return before == after


def _trusted(certificate: str | None) -> str | None:
    # White space around PEM is no other certificate: forms lose it.
    return (certificate or "").strip() or None


def _locked(connection: sa.Connection, collector_id: int) -> sa.Row[Any]:
    this = mail_collector.c.id == collector_id
    row = connection.execute(sa.select(mail_collector).where(this).with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _with_newest_run() -> sa.Select[Any]:
    each = collector_run.alias("each_run")
    newest = (
        sa.select(sa.func.max(each.c.id))
        .where(each.c.collector_id == mail_collector.c.id, each.c.state != "running")
        .scalar_subquery()
    )
    own = {"id", "collector_id", "run"}
    columns = [column.label(f"run_{column.name}") for column in collector_run.c if column.name not in own]
    return (
        sa.select(mail_collector, collector_run.c.id.label("run_id"), *columns)
        .select_from(mail_collector)
        .outerjoin(collector_run, collector_run.c.id == newest)
    )
