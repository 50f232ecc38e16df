"""The demo's campaigns: sent, repeated, waiting for their time, drafts; with a record of every recipient.

The same seed gives the same statistics; dates are relative to the day of creation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from vestnik.campaigns import ledger
from vestnik.campaigns.calendar import instant_of
from vestnik.campaigns.ledger import SERVICE, Who
from vestnik.campaigns.plan import exclude
from vestnik.campaigns.ports import Surroundings
from vestnik.campaigns.reasons import of_service
from vestnik.campaigns.repeats import Rhythm, keep_repeat
from vestnik.campaigns.service import Campaigns, Draft
from vestnik.campaigns.states import State
from vestnik.campaigns.statuses import COUNTERS, FACTS, HANDED_OVER, figures
from vestnik.campaigns.tables import (
    campaign,
    chunk,
    delivery,
    exclusion,
    history,
    link,
    message,
    repeat,
    stats,
)
from vestnik.contacts.addresses import KIND_OF_CAMPAIGN
from vestnik.contacts.audience import audience
from vestnik.db import Database, now
from vestnik.people.access import SYSTEM

_SEED = 20
_SLICE = 1000
#: What a letter leads to, and how many of ten clicks go there.
LINKS = (
    ("https://mayak.example.com/offers", 6),
    ("https://mayak.example.com/catalogue", 3),
    ("https://mayak.example.com/contacts", 1),
)
#: Why a letter came back, and an SMS: for now, and for good.
_WHY_BACK = (
    ("Ящик переполнен", "Ящика не существует"),
    ("Абонент недоступен", "Номер не обслуживается"),
)
#: The service heard of one opening more than we for each so many.
_UNHEARD = 60
#: One of so many opens a letter a second time.
_READ_AGAIN = 5


@dataclass(frozen=True, slots=True)
class Past:
    """A campaign that was sent, to a segment or to everybody, and how: shares of its recipients."""

    name: str
    subject: str
    segment: str | None
    days_ago: int
    opened: float = 0.34
    clicked: float = 0.06
    bounced: float = 0.02
    unsubscribed: float = 0.004
    spam: float = 0.0006
    declined: str | None = None
    sms: str | None = None  # its text, if it was no letter


PAST: Sequence[Past] = (
    Past("Итоги квартала", "Чего мы добились вместе за три месяца", None, 62, opened=0.31),
    Past("Скидка 20 % на визитки", "Визитки дешевле на 20 %, до пятницы", "Клиенты", 45, clicked=0.11),
    Past("Приглашение на день открытых дверей", "Ждём вас в нашем цехе", "Москва", 33, opened=0.47),
    Past("Новая линия широкоформатной печати", "Теперь печатаем до пяти метров", None, 24),
    Past(
        "Горящее предложение!!!",
        "СРОЧНО!!! Только сегодня",
        "Клиенты",
        18,
        declined="Тема письма похожа на спам: заглавные буквы и восклицательные знаки.",
    ),
    Past("Подарок для постоянных клиентов", "Ваш промокод внутри", "VIP", 11, opened=0.58, clicked=0.21),
    Past(
        "SMS: мы переехали",
        "",
        "VIP",
        9,
        opened=0.0,
        spam=0.0,
        sms="«Маяк» переехал: набережная Северной Двины, 1. Ждём вас с 9 до 21.",
    ),
    Past("Как подготовить макет к печати", "Семь частых ошибок в макетах", "Клиенты", 4, bounced=0.012),
)


@dataclass(frozen=True, slots=True)
class Ready:
    """A draft that can be sent at once; without a segment to everybody."""

    name: str
    subject: str
    segment: str | None


#: A campaign that is repeated, how many issues of it went out, and how many days ago the last one did.
REPEATED = Past("Новости недели", "Главное за неделю: новинки и скидки", "VIP", 0, opened=0.52, clicked=0.16)
ISSUES, _LAST_ISSUE = 4, timedelta(days=3)
_AT, _ZONE = "10:00", "Europe/Moscow"

#: One that is over in seconds, and one that takes long enough to be killed in the middle.
READY: Sequence[Ready] = (
    Ready("Сезонная распродажа", "Скидки до 30 % на всё", "Пробная группа"),
    Ready("Новые часы работы", "С понедельника работаем до девяти вечера", None),
)
#: One that waits for its time, chosen in the zone of those who get it.
WAITING = Ready(
    "Неделя скидок", "Минус треть на всё: только до воскресенья", "Москва и Петербург, от пяти заказов"
)
WAITING_ZONE = "Asia/Yekaterinburg"
_WAITS = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the demo's campaigns refer to."""

    account_id: int
    sender_name: str
    sender_email: str
    template_ids: Sequence[int]
    category_ids: Sequence[int]
    segments: Mapping[str, int]


async def create_demo(
    database: Database, campaigns: Campaigns, surroundings: Surroundings, setting: Setting
) -> list[int]:
    """Store the demo's campaigns; their keys, the ready drafts' last."""
    chance = Random(_SEED)  # noqa: S311  (the same demo every time)
    keys: list[int] = []

    async def send(past: Past, sent_at: datetime, number: int) -> None:
        keys.append(await campaigns.create(SYSTEM, _draft(setting, past, number)))
        await _send(database, surroundings, keys[-1], past, sent_at, chance, external_id=str(len(keys)))

    for number, past in enumerate(PAST):
        ago = now() - timedelta(days=past.days_ago)
        await send(past, ago.replace(hour=8, minute=0, second=0, microsecond=0), number)
    pattern = await campaigns.create(SYSTEM, _draft(setting, REPEATED, 0))
    last = (now() - _LAST_ISSUE).astimezone(ZoneInfo(_ZONE)).date()
    await database.write(keep_repeat, SYSTEM, pattern, Rhythm("week", last.weekday(), _AT, _ZONE))
    for week in range(ISSUES - 1, -1, -1):
        day = last - timedelta(weeks=week)
        past = replace(REPEATED, name=f"{REPEATED.name} · {day:%d.%m.%Y}")
        await send(past, instant_of(day, time.fromisoformat(_AT), ZoneInfo(_ZONE)), 0)
        await database.write(_belongs, keys[-1], pattern)
    waiting = await campaigns.create(SYSTEM, _draft(setting, WAITING, 1))
    await database.write(_schedule, waiting)
    keys += [pattern, waiting]
    for number, ready in enumerate(READY):
        keys.append(await campaigns.create(SYSTEM, _draft(setting, ready, number)))
    return keys


def remove_demo(connection: sa.Connection) -> None:
    """Take away every campaign: in a demo there are no others."""
    for table in (delivery, message, chunk, exclusion, history, stats, link, repeat):
        connection.execute(sa.delete(table))
    connection.execute(sa.delete(campaign))


def _draft(setting: Setting, past: Past | Ready, number: int) -> Draft:
    templates, categories = setting.template_ids, setting.category_ids
    segment_id = None if past.segment is None else setting.segments.get(past.segment)
    category_id = categories[number % len(categories)] if categories else None
    text = past.sms if isinstance(past, Past) else None
    if text is not None:
        return Draft(
            name=past.name,
            type="sms",
            text=text,
            account_id=setting.account_id,
            segment_id=segment_id,
            category_id=category_id,
        )
    return Draft(
        name=past.name,
        type="email",
        subject=past.subject,
        sender_name=setting.sender_name,
        sender_email=setting.sender_email,
        account_id=setting.account_id,
        template_id=templates[number % len(templates)] if templates else None,
        segment_id=segment_id,
        category_id=category_id,
    )


def _belongs(connection: sa.Connection, issue_id: int, pattern_id: int) -> None:
    """Make a campaign an issue of its pattern's repeat."""
    of_pattern = repeat.c.pattern_id == pattern_id
    repeat_id = connection.scalar(sa.select(repeat.c.id).where(of_pattern))
    ledger.change(connection, issue_id, repeat_id=repeat_id)
    connection.execute(sa.update(repeat).where(of_pattern).values(issues=repeat.c.issues + 1))


def _schedule(connection: sa.Connection, campaign_id: int) -> None:
    """Let a campaign wait for ten in the morning, some days on."""
    zone = ZoneInfo(WAITING_ZONE)
    at = instant_of((now() + _WAITS).astimezone(zone).date(), time(10), zone)
    row = ledger.get(connection, campaign_id)
    ledger.move(connection, row, State.SCHEDULED, SYSTEM, scheduled_at=at, zone=WAITING_ZONE)


async def _send(
    database: Database,
    surroundings: Surroundings,
    campaign_id: int,
    past: Past,
    sent_at: datetime,
    chance: Random,
    external_id: str,
) -> None:
    """Make it look as it did when it was over."""
    last: int | None = 0
    while last is not None:
        last = await database.write(_fill, surroundings, campaign_id, past, sent_at, chance, last)
    await database.write(_close, campaign_id, past, sent_at, external_id)


def _fill(
    connection: sa.Connection,
    surroundings: Surroundings,
    campaign_id: int,
    past: Past,
    sent_at: datetime,
    chance: Random,
    after: int,
) -> int | None:
    """Store what became of the next recipients; the last contact of this slice, None at the end."""
    row = ledger.get(connection, campaign_id)
    members = surroundings.members(connection, row.segment_id)
    people = audience(members, row.category_id, KIND_OF_CAMPAIGN[row.type]).subquery("people")
    ordered = sa.select(people).where(people.c.contact_id > after).order_by(people.c.contact_id)
    found = connection.execute(ordered.limit(_SLICE)).all()
    if not found:
        return None
    rows = [
        _recipient(campaign_id, person, past, sent_at, chance) for person in found if person.verdict == "ok"
    ]
    if rows:
        connection.execute(sa.insert(delivery), rows)
    left_out: dict[str, int] = {}
    for person in found:
        if person.verdict != "ok":
            left_out[person.verdict] = left_out.get(person.verdict, 0) + 1
    exclude(connection, campaign_id, left_out)
    numbers = [sum(column) for column in zip(*(figures(each["flags"]) for each in rows), strict=True)]
    more = dict(zip(COUNTERS, numbers or [0] * len(COUNTERS), strict=True)) | {"recipients": len(rows)}
    ledger.change(connection, campaign_id, **{name: campaign.c[name] + more[name] for name in more})
    return int(found[-1].contact_id)


def _recipient(
    campaign_id: int, person: sa.Row[Any], past: Past, sent_at: datetime, chance: Random
) -> dict[str, Any]:
    flags, at, opened_at, clicked_at, words = HANDED_OVER, sent_at, None, None, None
    if past.declined is None:
        at = sent_at + timedelta(seconds=chance.uniform(60, 1800))
        luck = chance.random()
        if luck < past.bounced:
            hard = chance.random() < 0.7
            flags |= FACTS["hardBounce" if hard else "softBounce"]
            words = _WHY_BACK[past.sms is not None][hard]
        else:
            flags |= FACTS["delivered"]
            if chance.random() < past.opened:
                opened_at = at + timedelta(hours=chance.expovariate(1 / 7))
                flags, at = flags | FACTS["opened"], opened_at
                if chance.random() < past.clicked / past.opened:
                    clicked_at = opened_at + timedelta(seconds=chance.uniform(5, 300))
                    flags, at = flags | FACTS["clicked"], clicked_at
                elif chance.random() < past.unsubscribed / past.opened:
                    flags |= FACTS["unsubscribed"]
            elif chance.random() < past.spam:
                flags |= FACTS["spam"]
    return {
        "campaign_id": campaign_id,
        "address_id": person.address_id,
        "contact_id": person.contact_id,
        "flags": flags,
        "at": at,
        "opened_at": opened_at,
        "clicked_at": clicked_at,
        "reason": words,
    }


def _close(
    connection: sa.Connection, campaign_id: int, past: Past, sent_at: datetime, external_id: str
) -> None:
    """Give the campaign the dates, the history and the service's figures of one that is over."""
    row = ledger.get(connection, campaign_id)
    finished_at = sent_at + timedelta(minutes=40)
    last = State.SENT if past.declined is None else State.DECLINED
    ways: list[tuple[State | None, State, Who]] = [
        (None, State.DRAFT, SYSTEM),
        (State.DRAFT, State.PREPARING, SYSTEM),
        (State.PREPARING, State.MODERATION, SERVICE),
    ]
    if last is State.SENT:
        ways.append((State.MODERATION, State.SENDING, SERVICE))
    ways.append((ways[-1][1], last, SERVICE))
    connection.execute(sa.delete(history).where(history.c.campaign_id == campaign_id))
    for minutes, (state, to, who) in zip((-90, 0, 1, 12, 40), ways, strict=False):
        why = of_service(past.declined) if to is State.DECLINED else None
        ledger.note(connection, campaign_id, sent_at + timedelta(minutes=minutes), state, to, 1, who, why)
    ledger.change(
        connection,
        campaign_id,
        state=last,
        reason=of_service(past.declined),
        external_id=external_id,
        created_at=sent_at - timedelta(minutes=90),
        launched_at=sent_at,
        creating_at=sent_at,
        created_at_service=sent_at,
        finished_at=finished_at,
        updated_at=finished_at,
        planned_at=sent_at,
        cut_at=sent_at,
        service_status=last,
        service_at=finished_at,
        links_at=now(),
    )
    if past.declined is None:
        told = {
            name: getattr(row, name) for name in ("sent", "delivered", "opened", "clicked", "unsubscribed")
        }
        told["opened"] += row.opened // _UNHEARD
        told |= {
            "recipients": row.recipients,
            "openedTotal": told["opened"] + told["opened"] // _READ_AGAIN,
            "clickedTotal": 0 if past.sms is not None else _tell_links(connection, campaign_id, row.clicked),
        }
        connection.execute(
            sa.insert(stats).values(
                campaign_id=campaign_id, figures={**told, "spam": row.spam}, fetched_at=now()
            )
        )


def _tell_links(connection: sa.Connection, campaign_id: int, clicked: int) -> int:
    """What the service says of the letter's links: somebody follows one twice. All clicks together."""
    clicks = 0
    for url, weight in LINKS:
        people = round(clicked * weight / sum(each for _, each in LINKS))
        connection.execute(
            sa.insert(link).values(
                campaign_id=campaign_id,
                url=url,
                clicks=people + people // 8,
                unique_clicks=people,
                fetched_at=now(),
            )
        )
        clicks += people + people // 8
    return clicks
