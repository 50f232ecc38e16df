"""The demo's people: ten thousand contacts with companies, categories, consents and a stop-list.

The same seed gives the same people; dates are relative to the day of creation. Every address lies
in a domain reserved for examples and every phone in a code that no operator has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import sqlalchemy as sa
from stdnum.ru.inn import calc_company_check_digit

from vestnik.companies.service import NewClient, clients_of, insert_clients, remove_clients
from vestnik.contacts.addresses import Address, normalise
from vestnik.contacts.consents import Choice, ConsentState, Evidence, record_choices
from vestnik.contacts.demo_names import company_names, latin, person_name
from vestnik.contacts.distinct import forget_strangers
from vestnik.contacts.fields import Field, insert_fields
from vestnik.contacts.personal import SOURCE as ERASED
from vestnik.contacts.reasons import Reason
from vestnik.contacts.service import Contacts
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import (
    address,
    category,
    consent,
    contact,
    contact_address,
    contact_field,
    erased_address,
    late_link,
    subscription,
    suppression,
    suppression_import,
)
from vestnik.db import Database, fold, now
from vestnik.privacy.service import forget_proofs

CATEGORIES = (
    ("Новости", "Новости компании, раз в неделю"),
    ("Акции", "Скидки и специальные предложения"),
    ("События", "Приглашения на вебинары и выставки"),
    ("Обновления", "Что нового в продукте"),
    ("Поддержка", "Советы по работе и ответы на частые вопросы"),
)
FIELDS = [
    Field("city", {"ru": "Город", "en": "City"}, "text"),
    Field("vip", {"ru": "VIP", "en": "VIP"}, "boolean"),
    Field(
        "stage",
        {"ru": "Этап", "en": "Stage"},
        "choice",
        ("клиент", "переговоры", "потенциальный", "бывший"),
    ),
    Field("orders", {"ru": "Заказов", "en": "Orders"}, "number"),
    Field("birthday", {"ru": "День рождения", "en": "Birthday"}, "date"),
]

#: Where the stop-list of the demo comes from; nobody else writes this.
_SOURCE = "Прежняя система (демо)"
_AT_ONCE = 1_000
_MAILBOXES = ("mail.example.com", "post.example.org", "inbox.example.net", "pochta.example.com")
_CITIES = {
    "Москва": 30, "Санкт-Петербург": 18, "Новосибирск": 8, "Екатеринбург": 8, "Казань": 7, "Самара": 5,
    "Нижний Новгород": 5, "Краснодар": 5, "Пермь": 4, "Воронеж": 4, "Уфа": 3, "Тюмень": 3,
}  # fmt: skip
_STAGES = {"клиент": 35, "переговоры": 15, "потенциальный": 40, "бывший": 10}
_GIVEN_BY = (
    ("Форма на сайте", "https://example.com/subscribe"),
    ("Договор", "офис"),
    ("Регистрация на вебинар", "https://example.com/webinar"),
    ("Импорт из прежней системы", "contacts.xlsx"),
)
_STOPS: tuple[tuple[float, Reason], ...] = ((0.015, "hard_bounce"), (0.003, "spam"), (0.012, "unsubscribe"))

#: Who left before the contacts were brought here.
_STRANGER = "former.reader"
_STRANGERS: tuple[Reason, ...] = ("unsubscribe", "unsubscribe", "hard_bounce", "spam") * 6


@dataclass(frozen=True, slots=True)
class _Places:
    """What the people refer to: companies with their mail domains, categories, and their owners."""

    companies: Sequence[tuple[int, str]]
    categories: Sequence[int]
    owners: Sequence[int]


async def create_demo(
    database: Database,
    contacts: Contacts,
    owners: Sequence[int] = (),
    *,
    count: int = 10_000,
    seed: int = 2026,
) -> None:
    """Store the demo's categories, fields, companies and `count` people, some of whom have an owner."""
    random, at = Random(seed), now()  # noqa: S311  # people of a demo are no secret
    places = await database.write(_create_places, owners, at)
    for start in range(0, count, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, count))
        people = [_person(random, number, places, at) for number in numbers]
        choices = [_choices(random, places, at) for _ in people]
        await database.submit(
            lambda connection, people=people, choices=choices: _store(  # type: ignore[misc]
                connection, contacts, people, choices
            ),
            bulk=True,
        )
    await database.write(_stop_some, contacts, Random(seed + 1), places, at)  # noqa: S311


def remove_demo(connection: sa.Connection) -> None:
    """Take away what `create_demo` stored and what was noted of it since; what people entered stays.

    Rooms that refer to contacts remove theirs before.
    """
    # Whoever was erased in a demo was one of its people; the row has no number any more.
    people = sa.select(contact.c.id).where(
        contact.c.external_id.startswith("demo-") | contact.c.erased_at.is_not(None)
    )
    categories = sa.select(category.c.id).where(category.c.title.in_([title for title, _ in CATEGORIES]))
    for table in (consent, subscription):
        mentioned = table.c.contact_id.in_(people) | table.c.category_id.in_(categories)
        connection.execute(sa.delete(table).where(mentioned))
    connection.execute(sa.delete(contact_address).where(contact_address.c.contact_id.in_(people)))
    connection.execute(
        sa.update(contact).where(contact.c.company_id.in_(clients_of("demo-"))).values(company_id=None)
    )
    connection.execute(sa.update(contact).where(contact.c.merged_into.in_(people)).values(merged_into=None))
    connection.execute(sa.delete(contact).where(contact.c.id.in_(people)))
    forget_strangers(connection)
    held = sa.select(contact_address.c.address_id).where(contact_address.c.address_id == address.c.id)
    invented = (
        address.c.kind.in_(("email", "phone"))
        & sa.not_(held.exists())
        & (
            address.c.domain.contains("example.")
            | address.c.normalised.startswith("+7945")
            | address.c.normalised.startswith(f"{ERASED}:")
        )
    )
    stopped = sa.select(address.c.suppression_hash).where(invented)
    told = (
        suppression.c.source.in_((_SOURCE, ERASED))
        | suppression.c.address_hash.in_(stopped)
        | suppression.c.category_id.in_(categories)
    )
    vouched = suppression_import.c.suppression_id.in_(sa.select(suppression.c.id).where(told))
    connection.execute(sa.delete(suppression_import).where(vouched))
    connection.execute(sa.delete(suppression).where(told))
    gone = erased_address.c.address_id.in_(sa.select(address.c.id).where(invented))
    connection.execute(sa.delete(erased_address).where(gone))
    late = late_link.c.address_id.in_(sa.select(address.c.id).where(invented))
    connection.execute(sa.delete(late_link).where(late))
    connection.execute(sa.delete(address).where(invented))
    connection.execute(sa.delete(category).where(category.c.id.in_(categories)))
    connection.execute(sa.delete(contact_field).where(contact_field.c.key.in_([f.key for f in FIELDS])))
    remove_clients(connection, "demo-")
    forget_proofs(connection)


def _create_places(connection: sa.Connection, owners: Sequence[int], at: datetime) -> _Places:
    insert_fields(connection, FIELDS)
    connection.execute(
        sa.insert(category),
        [
            {"title": title, "title_folded": fold(title), "description": description, "created_at": at}
            for title, description in CATEGORIES
        ],
    )
    titles = [title for title, _ in CATEGORIES]
    categories = connection.scalars(
        sa.select(category.c.id).where(category.c.title.in_(titles)).order_by(category.c.id)
    ).all()
    names = company_names()
    keys = insert_clients(
        connection,
        [
            # Three of four have given their KPP, too.
            NewClient(
                name, inn=_inn(number), kpp="770001001" if number % 4 else None, external_id=f"demo-{number}"
            )
            for number, name in enumerate(names)
        ],
    )
    domains = [f"{latin(name[5:-1]).replace('-', '')}.example.com" for name in names]
    return _Places(list(zip(keys, domains, strict=True)), list(categories), owners)


def _inn(number: int) -> str:
    """An INN with the check digit that belongs to it."""
    digits = f"77{number:07d}"
    return digits + str(calc_company_check_digit(digits))


def _person(random: Random, number: int, places: _Places, at: datetime) -> NewContact:
    family, first, patronymic = person_name(random)
    company = random.choice(places.companies) if random.random() < 0.6 else None
    created = at - timedelta(days=random.triangular(0, 730, 60), minutes=random.randrange(1440))
    stage = random.choices(list(_STAGES), list(_STAGES.values()))[0]
    custom: dict[str, str | int | bool] = {
        "city": random.choices(list(_CITIES), list(_CITIES.values()))[0],
        "vip": stage == "клиент" and random.random() < 0.12,
        "stage": stage,
        "orders": random.randrange(1, 40) if stage in ("клиент", "бывший") else 0,
    }
    if random.random() < 0.4:
        born = at - timedelta(days=random.randrange(20 * 365, 65 * 365))
        custom["birthday"] = born.date().isoformat()
    return NewContact(
        name=f"{family} {first} {patronymic}",
        addresses=_addresses(random, number, latin(first), latin(family), company),
        company_id=company[0] if company else None,
        owner_id=places.owners[number % len(places.owners)] if places.owners and number % 3 == 0 else None,
        custom=custom,
        external_id=f"demo-{number}",
        created_at=created,
    )


def _addresses(
    random: Random, number: int, first: str, family: str, company: tuple[int, str] | None
) -> list[Address]:
    own = normalise("email", f"{first}.{family}{number}@{random.choice(_MAILBOXES)}")
    found: list[Address] = []
    if company is not None:
        found.append(normalise("email", f"{first[0]}.{family}{number}@{company[1]}"))
        if random.random() < 0.15:
            found.append(own)
        if random.random() < 0.02:
            found.insert(0, normalise("email", f"info@{company[1]}"))  # colleagues share a mailbox
    elif random.random() > 0.04:
        found.append(own)
    if random.random() < 0.7:
        found.append(_phone(number * 2))
        if random.random() < 0.1:
            found.append(_phone(number * 2 + 1))
    return found


def _phone(number: int) -> Address:
    # A factor prime to ten spreads the numbers and keeps each of them one of a kind.
    return normalise("phone", f"+7945{number * 7_654_321 % 10_000_000:07d}")


def _choices(random: Random, places: _Places, at: datetime) -> list[tuple[int, ConsentState, Evidence]]:
    how, where = random.choice(_GIVEN_BY)
    given = at - timedelta(days=random.uniform(1, 700))
    chosen = random.sample(list(places.categories), random.choice((1, 2, 2, 3)))
    made: list[tuple[int, ConsentState, Evidence]] = [
        (id, "given", Evidence(given, how, where)) for id in chosen
    ]
    if random.random() < 0.04:
        later = given + (at - given) * random.random()
        made.append((chosen[0], "withdrawn", Evidence(later, "Ссылка в письме", "письмо")))
    return made


def _store(
    connection: sa.Connection,
    contacts: Contacts,
    people: Sequence[NewContact],
    choices: Sequence[Sequence[tuple[int, ConsentState, Evidence]]],
) -> None:
    keys = contacts.insert_many(connection, people)
    record_choices(
        connection,
        [Choice(key, *each) for key, made in zip(keys, choices, strict=True) for each in made],
    )


def _stop_strangers(connection: sa.Connection, contacts: Contacts, random: Random, at: datetime) -> None:
    """Put addresses on the stop-list that no contact has: it knows them by their hash only."""
    for number, (reason, days) in enumerate(zip(_STRANGERS, random.sample(range(1, 200), 30), strict=False)):
        contacts.suppress(
            connection,
            [normalise("email", f"{_STRANGER}{number}@{_MAILBOXES[number % len(_MAILBOXES)]}")],
            reason=reason,
            category_id=None,
            source=_SOURCE,
            at=at - timedelta(days=days),
        )


def _stop_some(
    connection: sa.Connection, contacts: Contacts, random: Random, places: _Places, at: datetime
) -> None:
    """Put a few addresses on the stop-list for every reason, and block a few people."""
    rows = connection.execute(
        sa.select(contact.c.id, address.c.normalised)
        .join(contact_address, contact_address.c.contact_id == contact.c.id)
        .join(address, address.c.id == contact_address.c.address_id)
        .where(contact.c.external_id.startswith("demo-"), address.c.kind == "email")
        .where(contact_address.c.is_primary)
        .order_by(contact.c.id)
    ).all()
    for row in rows:
        draw = random.random()
        stopped = at - timedelta(days=random.uniform(1, 200))
        for share, reason in _STOPS:
            if draw < share:
                for_one = reason == "unsubscribe" and random.random() < 0.6
                contacts.suppress(
                    connection,
                    [normalise("email", row.normalised)],
                    reason=reason,
                    category_id=random.choice(places.categories) if for_one else None,
                    source=_SOURCE,
                    at=stopped,
                )
                break
            draw -= share
    _stop_strangers(connection, contacts, random, at)
    blocked = random.sample([row.id for row in rows], len(rows) // 500)
    connection.execute(sa.update(contact).where(contact.c.id.in_(blocked)).values(blocked=True))
