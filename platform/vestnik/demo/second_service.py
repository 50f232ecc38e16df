"""A second sending service that knows some of the demo's people, in every state, and wrote to them before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import sqlalchemy as sa

from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import Database, now
from vestnik.modules import demo as modules_demo

if TYPE_CHECKING:
    from vestnik.app import Services

#: The first one's people are written to.
LISTS = ("Дайджест недели", "Клуб читателей", "Анонсы встреч", "Партнёрам")
SUBJECTS = ("Что читать на выходных", "Новинки недели", "Вечер с автором", "Книги, о которых спорят")
_STATES = ("Active", "Unsubscribed", "Unconfirmed", "Deleted")
#: Beside those with two addresses, every so many-th one is known to the service by one list.
_EVERY = 25
_DAYS = (4, 18, 32, 46)


async def connect(services: Services) -> None:
    """Let the service know people, then connect an account of its module."""
    url = services.settings.simulator_url
    if url is None:
        raise LookupError("a demo needs the simulator: start it with “vestnik up --demo”")
    people = await _people(services.database)
    async with httpx.AsyncClient(base_url=f"{url}/_simulator/campaign-monitor", trust_env=False) as service:
        answer = await service.get("/clients")
        client = answer.raise_for_status().json()["items"][0]
        lists = _lists(people)
        told = {"client": client["clientId"], "lists": lists}
        (await service.post("/lists", json=told)).raise_for_status()
        sent = {"client": client["clientId"], "campaigns": _campaigns(lists[0])}
        (await service.post("/campaigns", json=sent)).raise_for_status()
    await modules_demo.connect_second(services.modules, url, client["clientId"], client["apiKey"])


async def _people(database: Database) -> Sequence[Any]:
    """Names with primary addresses, and how many e-mail addresses each has, the oldest contact first."""
    link = contact_address.alias()
    count = (
        sa.select(sa.func.count())
        .where(link.c.contact_id == contact.c.id, link.c.kind == "email")
        .scalar_subquery()
    )
    primary = (
        sa.select(contact.c.name, address.c.normalised.label("email"), count.label("addresses"))
        .join_from(contact, contact_address, contact_address.c.contact_id == contact.c.id)
        .join(address, address.c.id == contact_address.c.address_id)
        .where(contact_address.c.kind == "email", contact_address.c.is_primary)
        .order_by(contact.c.id)
    )
    async with database.read() as connection:
        found = (await connection.execute(primary)).all()
    # Colleagues may share an address: the first one's name stands for it.
    return list({row.email: row for row in reversed(found)}.values())[::-1]


def _lists(people: Sequence[Any]) -> list[dict[str, Any]]:
    """Who has two addresses is in all lists by the first one, in a state of its own in each."""
    at = (now() - timedelta(days=200)).timestamp()
    lists: list[dict[str, Any]] = [{"title": title, "at": at, "members": []} for title in LISTS]
    for number, person in enumerate(people):
        if person.addresses > 1:
            for place, known in enumerate(lists):
                state = _STATES[place if number % 3 else (place + 1) % len(_STATES)]
                known["members"].append((person.email, person.name, state))
        elif number % _EVERY == 0:
            chosen = lists[number // _EVERY % len(lists)]
            chosen["members"].append((person.email, person.name, _STATES[0]))
    return lists


def _campaigns(known: dict[str, Any]) -> list[dict[str, Any]]:
    """Campaigns of the past weeks to everybody on a list; two of three open a letter, one of six follows."""
    emails = [email for email, _, _ in known["members"]]
    found = []
    for place, (subject, days) in enumerate(zip(SUBJECTS, _DAYS, strict=True)):
        day = now() - timedelta(days=days)
        sent = day.timestamp()
        events = []
        for number, email in enumerate(emails):
            opens, clicks = (number + place) % 3, (number + place) % 6 == 1
            events += [(email, "Open", sent + 3_600 * (time + 1), "") for time in range(opens)]
            events += [(email, "Click", sent + 3_700, "https://mayak-books.example/new")] * clicks
        facts = {"name": f"{subject} {day:%d.%m.%Y}", "subject": subject, "list_title": known["title"]}
        found.append({**facts, "sent": sent, "recipients": emails, "events": events})
    return found
