"""A million people to measure with: contacts, companies, addresses, categories, a stop-list, deliveries.

    python -m benchmarks.million FOLDER [COUNT [CAMPAIGNS]]

makes an installation in FOLDER (on SQLite, or as VESTNIK_BENCH_DATABASE says) and says how long it took.
The same number gives the same person. PostgreSQL's indexes of search are built at the end, at once: that
is ten times as fast as keeping them at every row.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from benchmarks.installation import database
from vestnik.campaigns.statuses import FACTS
from vestnik.campaigns.tables import campaign, delivery
from vestnik.companies.tables import client
from vestnik.contacts.addresses import Address, address_hash
from vestnik.contacts.demo import CATEGORIES, FIELDS
from vestnik.contacts.demo_names import company_names, person_name
from vestnik.contacts.fields import insert_fields
from vestnik.contacts.storing import fold_values
from vestnik.contacts.tables import address, category, contact, contact_address, subscription, suppression
from vestnik.db import fold, load, new_key, now
from vestnik.db.database import write_engine
from vestnik.db.migrate import migrate, schema_of
from vestnik.db.search import create_index
from vestnik.settings import Settings
from vestnik.vault import Vault

COUNT = 1_000_000
CAMPAIGNS = 3
COMPANIES = 20_000

_AT_ONCE = 20_000
_SEARCHED = (("contact", "name_folded"), ("address", "normalised"), ("client", "name_folded"))
_CITIES = ("Москва", "Санкт-Петербург", "Новосибирск", "Екатеринбург", "Казань", "Самара", "Пермь", "Уфа")
_STAGES = ("клиент", "переговоры", "потенциальный", "бывший")
_DOMAINS = ("mail.example.com", "post.example.org", "inbox.example.net", "pochta.example.com")
_SOURCE = "million"


def email(number: int) -> str:
    """The address of person `number`."""
    return f"reader{number}@{_DOMAINS[number % 4] if number % 50 else f'rare{number % 5000}.example.org'}"


@contextlib.contextmanager
def a_million() -> Iterator[Settings]:
    """An installation with a million people: in the folder VESTNIK_BENCH_MILLION, or in a new one."""
    with contextlib.ExitStack() as stack:
        kept = os.environ.get("VESTNIK_BENCH_MILLION")
        folder = Path(kept or stack.enter_context(tempfile.TemporaryDirectory(prefix="vestnik-million-")))
        settings = stack.enter_context(settings_in(folder))
        if schema_of(settings.database_url) == "missing":
            seed(settings, int(os.environ.get("VESTNIK_BENCH_COUNT", COUNT)))
        migrate(settings.database_url)
        yield settings


@contextlib.contextmanager
def settings_in(folder: Path) -> Iterator[Settings]:
    """The settings of the installation in a folder, whose database runs meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with database(folder) as url:
        yield replace(Settings.from_environment({}), data_dir=folder, database_url=url)


def seed(settings: Settings, count: int = COUNT, campaigns: int = CAMPAIGNS) -> None:
    """Fill a new database with `count` people, and as many letters in each of the campaigns."""
    migrate(settings.database_url)
    vault, url = Vault(settings), sa.make_url(settings.database_url)
    engine = write_engine(url)
    with engine.connect() as connection:
        if url.get_backend_name() == "sqlite":
            for pragma in ("synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF"):
                connection.connection.cursor().execute(f"PRAGMA {pragma}")
        if url.get_backend_name() != "sqlite":
            for table, column in _SEARCHED:
                connection.exec_driver_sql(f"DROP INDEX search_{table}_{column}")
        companies, categories = _places(connection)
        connection.commit()
        first = new_key()
        for start in range(0, count, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, count))
            _people(connection, vault, first, numbers, companies, categories)
            connection.commit()
        for number in range(campaigns):
            _campaign(connection, number, campaigns)
            connection.commit()
        if url.get_backend_name() != "sqlite":  # where the product works without statistics
            for table, column in _SEARCHED:
                create_index(connection, table, column)
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
    engine.dispose()


def _places(connection: sa.Connection) -> tuple[Sequence[int], Sequence[int]]:
    insert_fields(connection, FIELDS)
    at = now()
    titles = [
        {"title": title, "title_folded": fold(title), "description": "", "created_at": at}
        for title, _ in CATEGORIES
    ]
    categories = connection.scalars(sa.insert(category).returning(category.c.id), titles).all()
    names = company_names()
    keys = [new_key() for _ in range(COMPANIES)]
    rows: list[tuple[Any, ...]] = [
        (key, "company", name, fold(name), f"{7700000000 + number}", at, at)
        for number, key in enumerate(keys)
        for name in [f"{names[number % len(names)][:-1]} {number}»"]
    ]
    columns = ("id", "kind", "name", "name_folded", "inn", "created_at", "updated_at")
    load(connection, client, columns, rows)
    return keys, categories


def _people(
    connection: sa.Connection,
    vault: Vault,
    first: int,
    numbers: range,
    companies: Sequence[int],
    categories: Sequence[int],
) -> None:
    at = now()
    people = [_person(first, number, companies, at) for number in numbers]
    columns = (
        "id", "name", "name_folded", "company_id", "custom", "custom_folded", "blocked", "unsubscribed",
        "created_at", "updated_at",
    )  # fmt: skip
    load(connection, contact, columns, people)
    found = [(first + number, each) for number in numbers for each in _addresses(number)]
    ids = [(new_key(), contact_id, each, address_hash(vault, each)) for contact_id, each in found]
    load(
        connection,
        address,
        ("id", "kind", "normalised", "domain", "suppression_hash"),
        [(id, each.kind, each.normalised, each.domain, digest) for id, _, each, digest in ids],
    )
    load(
        connection,
        contact_address,
        ("contact_id", "address_id", "kind", "is_primary"),
        [(contact_id, id, each.kind, True) for id, contact_id, each, _ in ids],
    )
    load(
        connection,
        subscription,
        ("contact_id", "category_id", "subscribed", "at"),
        [
            (first + number, chosen, number % 23 > 0, at)
            for number in numbers
            for chosen in sorted({categories[number % 5], categories[number // 5 % 5]})
        ],
    )
    load(
        connection,
        suppression,
        ("address_hash", "category_id", "reason", "at", "source"),
        [
            (digest, None if place % 3 else categories[0], "unsubscribe", at, _SOURCE)
            for place, (_, _, each, digest) in enumerate(ids)
            if place % 61 == 0 and each.kind == "email"
        ],
    )


def _person(first: int, number: int, companies: Sequence[int], at: Any) -> tuple[Any, ...]:
    random = Random(number)
    family, name, patronymic = person_name(random)
    full = f"{family} {name} {patronymic}"
    created = at - timedelta(days=random.triangular(0, 730, 60), seconds=random.randrange(86_400))
    custom: dict[str, Any] = {
        "city": random.choices(_CITIES, (30, 18, 8, 8, 7, 5, 5, 4))[0],
        "vip": random.random() < 0.04,
        "stage": random.choices(_STAGES, (35, 15, 40, 10))[0],
        "orders": random.randrange(0, 40),
        "birthday": f"{random.randrange(1960, 2006)}-{random.randrange(1, 13):02d}-15",
    }
    company = companies[random.randrange(len(companies))] if random.random() < 0.4 else None
    return (
        first + number,
        full,
        fold(full),
        company,
        custom,
        fold_values(custom),
        False,
        random.random() < 0.01,
        created,
        created,
    )


def _addresses(number: int) -> Iterator[Address]:
    text = email(number)
    yield Address("email", text, text.rpartition("@")[2])
    if number % 10 < 6:
        yield Address("phone", f"+7945{number:07d}", None)


def _campaign(connection: sa.Connection, number: int, campaigns: int) -> None:
    """A campaign of everybody with an e-mail address: of a hundred, 30 opened it and 6 clicked."""
    at = now() - timedelta(days=7 * (campaigns - number))
    values: dict[str, Any] = {
        column.name: at if column.name.endswith("_at") else "" if isinstance(column.type, sa.Text) else 0
        for column in campaign.columns
        if not column.nullable
    }
    values |= {"id": new_key(), "name": f"Выпуск {number + 1}", "name_folded": f"выпуск {number + 1}"}
    values |= {"type": "email", "state": "sent", "launched_at": at, "finished_at": at}
    connection.execute(sa.insert(campaign).values(values))
    draw = (address.c.id % 1_000_003) * (31 + 2 * number) % 100
    opened, clicked = draw < 30, draw < 6
    flags = sa.case((clicked, FACTS["clicked"]), (opened, FACTS["opened"]), else_=FACTS["delivered"]) + 1
    moment = sa.literal(at, delivery.c.at.type)
    connection.execute(
        sa.insert(delivery).from_select(
            ["campaign_id", "address_id", "contact_id", "flags", "at", "opened_at", "clicked_at"],
            sa.select(
                sa.literal(values["id"], campaign.c.id.type),
                address.c.id,
                contact_address.c.contact_id,
                flags,
                moment,
                sa.case((opened, moment)),
                sa.case((clicked, moment)),
            )
            .join(contact_address, contact_address.c.address_id == address.c.id)
            .where(address.c.kind == "email")
            .order_by(address.c.id),
        )
    )


def main(arguments: list[str]) -> int:
    """Make the installation and say what it took."""
    if not arguments:
        sys.stderr.write((__doc__ or "").strip() + "\n")
        return 2
    folder = Path(arguments[0])
    count = int(arguments[1]) if len(arguments) > 1 else COUNT
    campaigns = int(arguments[2]) if len(arguments) > 2 else CAMPAIGNS
    started = time.monotonic()
    with settings_in(folder) as settings:
        seed(settings, count, campaigns)
    print(f"{count:,} people, {campaigns} campaigns in {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
