"""What the demo's people did with their contacts: imports, views, merges, a bulk action, an erasure.

Done through the services as a person does it, so that the cards and the journal tell of it, too.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from vestnik.companies.service import clients_of
from vestnik.companies.tables import client
from vestnik.contacts.addresses import Address, normalise
from vestnik.contacts.demo_names import latin, person_name
from vestnik.contacts.imports.rows import Policy, Reading
from vestnik.contacts.imports.tables import (
    contact_change,
    contact_import,
    contact_import_part,
    contact_import_reject,
)
from vestnik.contacts.listing import FieldFilter, Filters, Selection
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import address, bulk_run, contact, contact_address, saved_view
from vestnik.contacts.views import ViewQuery
from vestnik.db import fold, now
from vestnik.people import demo as people_demo
from vestnik.people.access import SYSTEM, Actor, rights_of
from vestnik.people.tables import api_key, user
from vestnik.segments import demo as segments_demo
from vestnik.segments.tables import segment

if TYPE_CHECKING:
    from vestnik.app import Services

#: Rows of the files, and contacts of whom a second one was made by mistake.
_VISITORS, _OLD, _GUESTS = 60, 24, 30
_TWINS = 6

VISITORS_FILE = "Посетители выставки.csv"
OLD_FILE = "Выгрузка из старой системы.csv"
GUESTS_FILE = "Участники вебинара.csv"
FILES = (VISITORS_FILE, OLD_FILE, GUESTS_FILE)
KEYS = {
    "Форма подписки на сайте": ["contacts.read", "contacts.write"],
    "Отчёты для руководства": ["campaigns.read", "contacts.read"],
}
_TITLES = ("ФИО", "Эл. почта", "Мобильный", "Компания", "ИНН", "Город", "Внешний номер")
_CITIES = ("Москва", "Санкт-Петербург", "Казань", "Самара", "Пермь", "Тюмень")
_BACK_S = 0.02


@dataclass(frozen=True, slots=True)
class _Known:
    """One of the demo's contacts: with a company, an e-mail address and a phone."""

    id: int
    name: str
    company_id: int
    company: str
    inn: str
    email: str
    phone: str


async def begin_imports(services: Services) -> None:
    """Upload three files: one brings guests of a segment, one is taken back, one waits for its mapping."""
    random, marketer = Random(7), await person(services, "marketer")  # noqa: S311  # a demo's people
    known = await _known(services)
    visitors = [*_rows(random, known, "visitor", _VISITORS), *map(_anew, known[20:28])]
    visitors[11][1], visitors[23][2], visitors[37][4] = "нет почты", "12-34", "7700000001"
    visitors[52] = ["", "", "", "", "", "Москва", ""]
    async with services.database.read() as connection:
        guests = await connection.scalar(
            sa.select(segment.c.id).where(segment.c.external_id == segments_demo.GUESTS_ID)
        )
    news = (await services.contacts.categories(SYSTEM))[0].id
    consent = Policy("fill", guests, news, "Анкета на стенде", "Выставка «Книга России»")
    old = _rows(random, known[40:], "old", _OLD)
    first, second, _ = await asyncio.gather(
        _begin(services, marketer, VISITORS_FILE, visitors, consent),
        _begin(services, marketer, OLD_FILE, old, Policy()),
        services.imports.upload(marketer, GUESTS_FILE, _file(_rows(random, known[60:], "guest", _GUESTS))),
    )
    await _until(services, marketer, second, "done")
    # Now, before any campaign is sent to them: then they would stay.
    await services.imports.undo(marketer, second)
    for import_id, state in ((first, "done"), (second, "undone")):
        await _until(services, marketer, import_id, state)


async def remove_imports(services: Services) -> None:
    """Take the imports away; contacts that they brought go with the demo's contacts."""

    def remove(connection: sa.Connection) -> None:
        made = sa.select(contact_import.c.id).where(contact_import.c.file_name.in_(FILES))
        for table in (contact_import_part, contact_import_reject, contact_change):
            connection.execute(sa.delete(table).where(table.c.import_id.in_(made)))
        connection.execute(sa.delete(contact_import).where(contact_import.c.id.in_(made)))

    await services.database.write(remove)


async def work(services: Services) -> None:
    """What people do on the list of contacts and on cards, and an administrator beside them."""
    marketer, admin = await person(services, "marketer"), await person(services, "admin")
    known = await _known(services)
    await _save_views(services, marketer)
    await _make_twins(services, marketer, known[:_TWINS])
    await _give_to_an_owner(services, marketer, known)
    for name, rights in KEYS.items():
        await services.people.keys.add(admin, name, rights)
    await services.privacy.erase(admin, known[-1].id)


async def undo_work(services: Services) -> None:
    """Take its traces away; contacts go with the demo's contacts."""

    def remove(connection: sa.Connection) -> None:
        # Views and runs belong to people, and nobody of the demo stays.
        connection.execute(sa.delete(saved_view))
        connection.execute(sa.delete(bulk_run))
        present = api_key.c.name.in_(list(KEYS)) & api_key.c.revoked_at.is_(None)
        connection.execute(sa.update(api_key).where(present).values(revoked_at=now()))

    await services.database.write(remove)


async def person(services: Services, who: str) -> Actor:
    """One of the demo's people, by the beginning of the address."""
    found = next(each for each in people_demo.PEOPLE if each.email.startswith(f"{who}@"))
    async with services.database.read() as connection:
        id = await connection.scalar(sa.select(user.c.id).where(user.c.email_folded == fold(found.email)))
    return Actor(id, found.name, rights_of(found.roles))


async def _known(services: Services) -> list[_Known]:
    def primary(kind: str) -> sa.ScalarSelect[Any]:
        return (
            sa.select(address.c.normalised)
            .join(contact_address, contact_address.c.address_id == address.c.id)
            .where(contact_address.c.contact_id == contact.c.id, contact_address.c.kind == kind)
            .where(contact_address.c.is_primary)
            .scalar_subquery()
        )

    first = sa.select(
        contact.c.id, contact.c.name, contact.c.company_id, client.c.name.label("company"), client.c.inn,
        primary("email").label("email"), primary("phone").label("phone"),
    ).join(client, client.c.id == contact.c.company_id)  # fmt: skip
    mine = contact.c.external_id.startswith("demo-") & client.c.id.in_(clients_of("demo-"))
    async with services.database.read() as connection:
        # Beyond those of the small segment, whom campaigns are tried on.
        rows = await connection.execute(first.where(mine).order_by(contact.c.id).offset(1_000).limit(120))
        return [_Known(*row) for row in rows if row.email and row.phone and "info@" not in row.email]


# Imports


async def _begin(
    services: Services, marketer: Actor, name: str, rows: Sequence[Sequence[str]], policy: Policy
) -> int:
    id = await services.imports.upload(marketer, name, _file(rows))
    row = await services.imports.get(marketer, id)
    reading, guessed = msgspec.convert(row.reading, Reading), row.mapping
    await services.imports.start(marketer, id, reading, guessed["columns"], guessed["titles"], policy)
    return id


async def _until(services: Services, actor: Actor, import_id: int, state: str) -> None:
    while (present := (await services.imports.get(actor, import_id)).state) != state:
        if present == "failed":
            raise LookupError(f"the demo's import {import_id} failed")
        await asyncio.sleep(_BACK_S)


def _rows(random: Random, known: Sequence[_Known], what: str, count: int) -> list[list[str]]:
    """People who are not here yet, of companies that are."""
    found = []
    for number in range(count):
        family, first, patronymic = person_name(random)
        of = known[number % len(known)]
        email = f"{latin(first)}.{latin(family)}.{what}{number}@post.example.org"
        phone = (
            f"8 (945) {random.randrange(1000):03d}-{random.randrange(100):02d}-{random.randrange(100):02d}"
        )
        name = f"{family} {first} {patronymic}"
        found.append(
            [name, email, phone, of.company, of.inn, random.choice(_CITIES), f"demo-{what}-{number}"]
        )
    return found


def _anew(person: _Known) -> list[str]:
    """A row about somebody who is here already."""
    return [person.name, person.email, person.phone, person.company, person.inn, "Москва", ""]


async def _file(rows: Sequence[Sequence[str]]) -> AsyncIterator[bytes]:
    """As a spreadsheet saves it in Russia: WINDOWS-1251, with semicolons."""
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([_TITLES, *rows])
    yield text.getvalue().encode("cp1251")


# On the list


async def _save_views(services: Services, marketer: Actor) -> None:
    month_ago = now() - timedelta(days=30)
    usual = ("email", "phone", "state")
    views = {
        "Клиенты в Москве": (
            ViewQuery(
                filters=Filters(
                    fields={
                        "city": FieldFilter(contains="Москва"),
                        "stage": FieldFilter(any_of=("клиент",)),
                    }
                ),
                columns=(*usual, "owner", "field.orders"),
            ),
            True,
        ),
        "VIP без телефона": (
            ViewQuery(filters=Filters(has_phone=False, fields={"vip": FieldFilter(flag=True)})),
            True,
        ),
        "Новые за месяц": (
            ViewQuery(filters=Filters(created_from=month_ago), sort="-created", columns=(*usual, "created")),
            False,
        ),
    }
    for name, (query, shared) in views.items():
        await services.contact_lists.views.save(marketer, name, query, shared=shared)


async def _make_twins(services: Services, marketer: Actor, known: Sequence[_Known]) -> None:
    """Second contacts of people who are here already, as they come into being; one is merged again."""

    def twin(number: int, of: _Known) -> NewContact:
        family, first, _ = of.name.split(" ", 2)
        other = normalise("email", f"{latin(first)}.{latin(family)}@inbox.example.net")
        phone = normalise("phone", of.phone)
        by_name = number % 2 == 0
        addresses: list[Address] = [other] if by_name else [other, phone]
        name = of.name if by_name else f"{family} {first[0]}."
        return NewContact(name, addresses, of.company_id, external_id=f"demo-twin-{number}")

    made = await services.database.write(
        lambda connection: services.contacts.insert_many(
            connection, [twin(number, of) for number, of in enumerate(known)]
        )
    )
    await services.merging.merge(marketer, known[-1].id, [made[-1]])


async def _give_to_an_owner(services: Services, marketer: Actor, known: Sequence[_Known]) -> None:
    sales = await person(services, "sales")
    selection = Selection(ids=tuple(str(each.id) for each in known[30:50]))
    await services.contact_lists.bulk.begin(marketer, "set_owner", {"ownerId": str(sales.user_id)}, selection)
