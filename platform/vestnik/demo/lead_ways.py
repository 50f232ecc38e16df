"""The ways by which the demo's leads come in: calendars, sources, people's turns, a mail collector, a door.

The mailbox is the simulator's, whose ports and certificate are new at each of its starts: `reach` tells the
collector, and it sends what Vestnik writes to the simulator, too. Its certificate is trusted by that
collector alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import sqlalchemy as sa

from vestnik.calendars.directory import EventDraft
from vestnik.db import new_key, now
from vestnik.demo import lead_inputs
from vestnik.demo.daily import person
from vestnik.demo.lead_texts import PARTNER_SITE
from vestnik.intake.collectors.service import Wish
from vestnik.intake.collectors.tables import collected_letter, collector_run, mail_collector
from vestnik.intake.doors.service import DoorDraft
from vestnik.intake.inputs.store import NewInput
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads.directories import Assignment, ChannelRule
from vestnik.mail import Smtp
from vestnik.people.access import SYSTEM

if TYPE_CHECKING:
    from vestnik.app import Services

COLLECTOR = "Заказы с сайта"
DOOR = "Форма «Свяжитесь со мной»"
CALENDAR = "Заявки с сайта"
#: Numbers of the letters of the past end before the one of “ORDER: 123”.
FIRST_ORDER = 90
SENDER = "vestnik@mayak-books.example"
#: Of the compatible leads API: the demo shows it to everybody, as it does the people's password.
CLASSIC_KEY = "demo4vestnik2leads7api9key5shown"
_HOST = "127.0.0.1"
#: Between two looks at the mailbox: a letter that the visitor sends is there soon.
_EVERY_MINUTES = 1
_PAST_VALIDITY = 1
_RUNS = 6


@dataclass(frozen=True, slots=True)
class Ways:
    """Where leads come in, and what they are given there."""

    collector_id: int
    calendar_id: int
    site_id: int
    sources: Mapping[str, int]
    """The source of an input, by its way."""


async def open_ways(services: Services) -> Ways:
    """Make the ways; nobody is told of leads by letter until `finish`: those of the past are no news."""
    admin, sales = await person(services, "admin"), await person(services, "sales")
    calendars, directories = services.calendars, services.intake.directories
    calendar_id = await calendars.create(sales, CALENDAR, "orange")
    await calendars.change(admin, calendar_id, {"is_incoming": True})
    await calendars.own(sales)
    site_id = await directories.add_channel(
        admin, "Сайт", [ChannelRule("site", "equals", "mayak-books.example")]
    )
    direct_id = await directories.add_channel(
        admin, "Яндекс Директ", [ChannelRule("utm_source", "equals", "yandex")]
    )
    await directories.add_channel(admin, "Рассылка", [ChannelRule("utm_medium", "equals", "email")])
    await directories.add_channel(admin, "Телефон", [ChannelRule("path", "equals", "Телефон")])
    partner_id = await directories.add_partner(admin, "Книжный клуб «Страница»", PARTNER_SITE)
    people = [int(each.user_id) for each in (sales, admin) if each.user_id is not None]
    rules = (
        Assignment("Заявки партнёров", "by_source", people[:1], partners=[partner_id]),
        Assignment("Санкт-Петербург: по очереди", "round_robin", people, cities=["Санкт-Петербург"]),
        Assignment(
            "Реклама: у кого меньше заявок", "least_busy", people, channels=[direct_id], enabled=False
        ),
    )
    for rule in rules:
        await directories.add_assignment(admin, rule)
    await directories.change_settings(
        admin, {"coordinator_id": admin.user_id, "notify": False, "mail_on": False, "mail_every_minutes": 5}
    )
    told = await _told(services)
    wish = replace(_wish(told), calendar_id=calendar_id, channel_id=site_id)
    collector_id = await services.collectors.create(admin, wish)
    draft = DoorDraft(
        title=DOOR,
        calendar_id=calendar_id,
        channel_id=site_id,
        sites=["https://mayak-books.example"],
        trap="website_url",
        per_minute=60,
    )
    door_id = await services.intake_http.doors.create(admin, draft)
    sources = {"letter": collector_id, "http": door_id, "hand": people[0]}
    return Ways(collector_id, calendar_id, site_id, sources)


async def finish(services: Services, ways: Ways) -> None:
    """What could not be read, what stands in calendars besides, the collector's past; then all is on."""
    admin, sales = await person(services, "admin"), await person(services, "sales")
    await _bring_unreadable(services, ways)
    zone = await services.people.organisation.zone()
    today = datetime.combine(now().astimezone(zone).date(), datetime.min.time(), tzinfo=zone)
    own = await services.calendars.own(sales)
    meetings = (
        (ways.calendar_id, "Планёрка отдела продаж", 1, 10.0, 0.5),
        (own, "Встреча в галерее: приёмка баннеров", 1, 15.0, 1.0),
        (own, "Созвон: тираж для библиотек", 2, 11.5, 0.5),
        (ways.calendar_id, "Отгрузка тиража", 4, 9.0, 2.0),
    )
    for calendar_id, title, days, hour, lasts in meetings:
        starts_at = today + timedelta(days=days, hours=hour)
        ends_at = starts_at + timedelta(hours=lasts)
        draft = EventDraft(calendar_id, title, starts_at, ends_at, False, "", sales.user_id)
        await services.calendars.add_event(sales, draft)
    await services.database.write(_note_runs, ways)
    await services.intake.directories.change_settings(admin, {"notify": True, "mail_on": True})
    await services.classic.keys.make(admin, CLASSIC_KEY)
    post = await _post(services)
    smtp = Smtp(_HOST, int(post["port"]), "none", SENDER, "Вестник, «Маяк»")
    await services.people.organisation.change(admin, {"smtp": smtp})


async def reach(services: Services) -> None:
    """Have the collector and outgoing mail find the simulator, which may have begun anew elsewhere."""
    if services.settings.simulator_url is None:
        return
    told = await _told(services)
    ours = sa.and_(mail_collector.c.host == _HOST, mail_collector.c.username == told["username"])
    async with services.database.read() as connection:
        rows = (await connection.execute(sa.select(mail_collector).where(ours))).all()
    for row in rows:
        if (row.port, row.certificate) != (told["tlsPort"], told["certificate"]):
            await services.collectors.change(SYSTEM, row.id, _again(row, told))
    profile = await services.people.organisation.profile()
    if profile is None or profile.smtp is None:
        return
    post, smtp = await _post(services), profile.smtp
    if (smtp.host, smtp.sender) == (_HOST, SENDER) and smtp.port != post["port"]:
        await services.people.organisation.change(SYSTEM, {"smtp": replace(smtp, port=int(post["port"]))})


async def _told(services: Services) -> dict[str, Any]:
    """How one signs in to the simulator's mailbox."""
    return await ask(services, "mailbox")


async def _post(services: Services) -> dict[str, Any]:
    """Where the simulator takes letters, and which it took."""
    return await ask(services, "post")


async def ask(services: Services, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the simulator answers to a question, or to something to do."""
    url = services.settings.simulator_url
    if url is None:
        raise LookupError("a demo needs the simulator: start it with “vestnik up --demo”")
    async with httpx.AsyncClient(base_url=f"{url}/_simulator", trust_env=False) as client:
        answer = await (client.get(f"/{path}") if body is None else client.post(f"/{path}", json=dict(body)))
        told: dict[str, Any] = answer.raise_for_status().json()
        return told


def _wish(told: Mapping[str, Any]) -> Wish:
    return Wish(
        title=COLLECTOR,
        host=_HOST,
        port=told["tlsPort"],
        security="tls",
        username=told["username"],
        password=told["password"],
        certificate=told["certificate"],
        folder="INBOX",
        keyword="ORDER",
        from_date=(now() - timedelta(days=30)).date(),
        after="mark",
        mark="\\Flagged",
        every_minutes=_EVERY_MINUTES,
    )


def _again(row: sa.Row[Any], told: Mapping[str, Any]) -> Wish:
    """A collector as it is, at the mailbox as that is now."""
    kept = {name: getattr(row, name) for name in (*_KEPT, *_AFTER)}
    new = {"port": told["tlsPort"], "certificate": told["certificate"], "password": told["password"]}
    return Wish(host=row.host, security="tls", from_date=date.fromisoformat(row.from_date), **kept, **new)


_KEPT = (
    *("title", "username", "folder", "keyword", "calendar_id", "responsible_id", "channel_id", "mapping"),
    *("separate_mailbox", "every_minutes", "enabled"),
)
_AFTER = ("after", "mark", "move_to", "delete_after_days")


# The collector's past


def note_letter(connection: sa.Connection, ways: Ways, lead_id: int, new: NewInput, number: int) -> None:
    """Have the collector know a letter of the past that it took."""
    input_id = connection.scalar(sa.select(input_table.c.id).where(input_table.c.lead_id == lead_id))
    values = {
        "id": new_key(),
        "collector_id": ways.collector_id,
        "mailbox": 0,
        "uidvalidity": _PAST_VALIDITY,
        "uid": number,
        "outcome": "taken",
        "key": new.key,
        "input_id": input_id,
        "size": len(new.raw),
        "arrived_at": new.received_at,
        "collected_at": new.received_at + timedelta(seconds=20),
        "settled_at": new.received_at + timedelta(seconds=21),
    }
    connection.execute(sa.insert(collected_letter).values(values))


def _note_runs(connection: sa.Connection, ways: Ways) -> None:
    """The latest days on which the collector found something."""
    theirs = sa.select(collected_letter.c.collected_at).where(
        collected_letter.c.collector_id == ways.collector_id
    )
    days = sorted(connection.scalars(theirs))[-_RUNS:]
    rows = [
        {
            "id": new_key(),
            "collector_id": ways.collector_id,
            "run": 0,
            "begun_by": "time",
            "state": "done",
            **dict.fromkeys(("seen", "with_keyword", "taken", "settled"), 1),
            **dict.fromkeys(("known", "not_taken", "deleted"), 0),
            "begun_at": at - timedelta(seconds=2),
            "finished_at": at,
        }
        for at in days
    ]
    connection.execute(sa.insert(collector_run), rows)


async def _bring_unreadable(services: Services, ways: Ways) -> None:
    """Two letters that nobody could read: one without a document, one whose document breaks off."""
    at = now() - timedelta(days=2, hours=3)
    texts = ("Здравствуйте! Заказ пришлю завтра.", '{"Тема": "Заказ №120", "Товары": [{"Номенклатура": "Пла')
    for number, text in enumerate(texts, FIRST_ORDER + 28):
        subject, received_at = f"ORDER: {number}", at + timedelta(hours=number % 2 * 7)
        raw = lead_inputs.letter(subject, text, received_at, number)
        new = NewInput(
            "letter",
            ways.collector_id,
            f"demo-{number}",
            {"subject": subject},
            "message/rfc822",
            raw,
            received_at=received_at,
        )
        stored = await services.intake.inputs.store(new)
        await services.intake.inputs.process(stored.input_id)
