"""Segments over a million contacts: counts of rules with three conditions, samples, reasons, pages.

Every figure is the median of runs by the product's own services on files that the system has read
before: in milliseconds by the clock, and of this process's processor time (`cpu_ms`), which neighbours
on the machine hardly change. Rules that an index serves are to take less than 200 ms, others less than
a second. VESTNIK_BENCH_MILLION names a folder that is filled once and kept.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from benchmarks.million import a_million, email
from vestnik.app import Services, answering, build_services
from vestnik.contacts.listing import Selection
from vestnik.contacts.tables import category, contact
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings

_RUNS = 5

Rule = dict[str, Any]


def run() -> dict[str, Any]:
    """Seed, unless it is done already, and measure."""
    with a_million() as settings:
        return asyncio.run(_measure(settings))


async def _measure(settings: Settings) -> dict[str, Any]:
    services = build_services(settings)
    async with answering(services):
        async with services.database.read() as connection:
            contacts = await connection.scalar(sa.select(sa.func.count()).select_from(contact))
            news = str(await connection.scalar(sa.select(sa.func.min(category.c.id))))
        indexed, others = _indexed(), _others(news)
        lookout = services.lookout
        some = next(iter(others.values()))
        found = await lookout.sample(SYSTEM, some)
        return {
            "contacts": contacts,
            **await _counts(services, "count_indexed", indexed),
            **await _counts(services, "count_other", others),
            "builder_ms": {
                "sample": await _median(lambda: lookout.sample(SYSTEM, some)),
                "why": await _median(lambda: lookout.why(SYSTEM, found[0].id, some)),
            },
            "contact_list_ms": await _search(services),
        }


def _all_of(*conditions: tuple[str, str, Any]) -> Rule:
    rules = [{"field": field, "operator": operator, "value": value} for field, operator, value in conditions]
    return {"combinator": "and", "rules": rules}


def _indexed() -> dict[str, Rule]:
    city, orders = ("custom.city", "=", "Москва"), ("custom.orders", ">=", 5)
    return {
        "created in 30 days, city, orders": _all_of(("created", "lastDays", 30), city, orders),
        "domain, city, orders": _all_of(("domain", "=", "rare100.example.org"), city, orders),
        "e-mail begins with, VIP, city": _all_of(
            ("email", "beginsWith", "reader12"), ("custom.vip", "=", True), city
        ),
        "name contains, stage, orders": _all_of(
            ("name", "contains", "кузнецова окс"), ("custom.stage", "=", "клиент"), orders
        ),
        "company contains, city, orders": _all_of(("company", "contains", "маяк-медиа"), city, orders),
    }


def _others(news: str) -> dict[str, Rule]:
    city, orders = ("custom.city", "=", "Москва"), ("custom.orders", ">=", 5)
    vip = ("custom.vip", "=", True)
    sleeping = _all_of(("campaigns.notOpened", "inLast", 3), city)
    return {
        "city, orders, VIP": _all_of(city, orders, vip),
        "city, orders, subscribed": _all_of(city, orders, ("category", "subscribed", news)),
        "opened any of the last 3, city, orders": _all_of(("campaigns.opened", "inLast", 3), city, orders),
        "clicked in 30 days, city, subscribed": _all_of(
            ("campaigns.clicked", "lastDays", 30), city, ("category", "subscribed", news)
        ),
        "did not open the last 3, city, orders": _all_of(("campaigns.notOpened", "inLast", 3), city, orders),
        "birthday this week, city, orders": _all_of(("custom.birthday", "yearlyNextDays", 7), city, orders),
        "VIP or (asleep and in the city)": {
            "combinator": "or",
            "rules": [*_all_of(vip)["rules"], sleeping],
        },
        "not (city or VIP), subscribed": {
            "combinator": "and",
            "rules": [
                {"combinator": "or", "not": True, "rules": _all_of(city, vip)["rules"]},
                *_all_of(("category", "subscribed", news))["rules"],
            ],
        },
    }


async def _counts(services: Services, title: str, rules: dict[str, Rule]) -> dict[str, dict[str, float]]:
    clock, cpu, found = {}, {}, {}
    for name, rule in rules.items():
        walls, processor = [], []
        for _ in range(_RUNS):
            started, used = time.perf_counter(), time.process_time()
            found[name] = float(await _count(services, rule))
            walls.append((time.perf_counter() - started) * 1000)
            processor.append((time.process_time() - used) * 1000)
        clock[name] = round(statistics.median(walls), 1)
        cpu[name] = round(statistics.median(processor), 1)
    return {f"{title}_ms": clock, f"{title}_cpu_ms": cpu, f"{title}_contacts": found}


async def _count(services: Services, rule: Rule) -> int:
    """As the product counts, without its time limit: a busy machine is to give a figure, too."""
    async with services.database.read() as connection:
        members = await connection.run_sync(lambda sync: services.segments.compile(sync, rule, whole=True))
        return await connection.scalar(members.with_only_columns(sa.func.count())) or 0


async def _median(once: Callable[[], Awaitable[Any]], runs: int = _RUNS) -> float:
    return round(statistics.median(await _times(once, runs)), 1)


async def _times(once: Callable[[], Awaitable[Any]], runs: int) -> list[float]:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        await once()
        times.append((time.perf_counter() - started) * 1000)
    return times


async def _search(services: Services) -> dict[str, float]:
    """The first page of the list for a text, as people type it, with its count; and the list unasked."""
    words = [
        *("кузн", "кузнецов", "кузнецова оксана", "ольга", "ива", "соко", "маяк", "берег-строй 12"),
        *(email(number)[:14] for number in (7, 4242, 123_456, 999_999)),
        *("example", "rare77", "+7945012", "945 01 23", "ян", "а", "нет такого человека"),
    ]
    times: list[float] = []
    pages = services.contact_lists.pages
    for word in words:
        times += await _times(lambda word=word: pages.page(SYSTEM, Selection(search=word)), 3)  # type: ignore[misc]
    times.sort()
    return {
        "search, p50": round(statistics.median(times), 1),
        "search, p95": round(times[int(len(times) * 0.95)], 1),
        "search, worst": round(times[-1], 1),
        "list by name": await _median(lambda: pages.page(SYSTEM, Selection())),
        "list by newest": await _median(lambda: pages.page(SYSTEM, Selection(sort="-created"))),
    }
