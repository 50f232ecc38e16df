"""What a marketer opens every day, over a million contacts and three campaigns to all of them, by HTTP.

Each request's median of three, and the server's processor time of it; then the first lines of an export
by each sort, and the export of everybody: seconds, peak memory, and how long other requests waited
meanwhile. VESTNIK_BENCH_MILLION names a folder that is filled once and kept.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from benchmarks import installation as site
from benchmarks.million import a_million
from vestnik.app import Services, answering, build_services
from vestnik.campaigns.service import Draft
from vestnik.campaigns.tables import campaign
from vestnik.contacts.tables import category, consent, contact
from vestnik.db import load, now
from vestnik.people.access import RIGHTS, SYSTEM
from vestnik.settings import Settings

_RUNS = 3
_ENTRIES = 500
_SLOW_S = 120.0
_SORTS = tuple(sign + by for by in ("name", "created", "updated", "lastActivity") for sign in ("", "-"))

#: A name, the path, and the body of a POST.
Asked = tuple[str, str, Any]


def run() -> dict[str, Any]:
    """Milliseconds of each request, and what the export costs."""
    with a_million() as settings:
        key, keys = asyncio.run(_prepared(settings))
        port = site.free_port()
        with site.serving(
            [sys.executable, "-m", "vestnik", "serve"], settings.at_port(port), port
        ) as process:
            api = f"http://127.0.0.1:{port}/api/v1"
            clock, cpu, worst, worst_cpu = {}, {}, {}, {}
            for name, path, body in _asked(keys):
                clock[name], cpu[name] = _timed(f"{api}{path}", key, body, process.pid)
            for name, path, body in _worst(keys):
                worst[name], worst_cpu[name] = _timed(f"{api}{path}", key, body, process.pid)
            slow = {name: ms for name, ms in (clock | worst).items() if ms > 1000}
            begun = {sort: _export_begins(api, key, sort) for sort in _SORTS}
            exported = _export(api, key, process.pid)
    return {
        "ms": clock,
        "server_cpu_ms": cpu,
        "worst_ms": worst,
        "worst_server_cpu_ms": worst_cpu,
        "slower_than_1_s": slow,
        "export_begins_ms": begun,
        "export_of_all": exported,
    }


async def _prepared(settings: Settings) -> tuple[str, dict[str, str]]:
    """A key of the API, and the keys of what is asked for."""
    services = build_services(settings)
    async with answering(services):
        _, key = await services.people.keys.add(SYSTEM, "Benchmark", sorted(RIGHTS - {"demo.play"}))
        async with services.database.read() as connection:
            news = await connection.scalar(sa.select(sa.func.min(category.c.id)))
            sent = await connection.scalar(
                sa.select(campaign.c.id)
                .where(campaign.c.state == "sent")
                .order_by(campaign.c.launched_at)
                .limit(1)
            )
            somebody = await connection.scalar(sa.select(sa.func.max(contact.c.id)))
            company = await connection.scalar(
                sa.select(contact.c.company_id).where(contact.c.company_id.is_not(None)).limit(1)
            )
        await services.database.write(_many_entries, somebody, news)
        draft = await services.campaigns.create(
            SYSTEM, Draft(name="Проверка", type="email", category_id=news)
        )
        city = {"field": "custom.city", "operator": "=", "value": "Москва"}
        asleep = {"field": "campaigns.notOpened", "operator": "inLast", "value": 3}
        never = {"field": "campaigns.received", "operator": "never", "value": None}
        rules: dict[str, list[dict[str, Any]]] = {
            "segment": [city],
            "asleep": [asleep, city],
            "never": [never, city],
        }
        segments = {name: await _segment(services, name, rule) for name, rule in rules.items()}
    keys = {"news": news, "sent": sent, "contact": somebody, "draft": draft, **segments}
    return key, {name: str(value) for name, value in (keys | {"company": company}).items()}


def _many_entries(connection: sa.Connection, contact_id: int, category_id: int) -> None:
    there = connection.scalar(sa.select(sa.func.count()).where(consent.c.contact_id == contact_id)) or 0
    load(
        connection,
        consent,
        ("contact_id", "category_id", "state", "at", "how", "from_where"),
        [
            (
                contact_id,
                category_id,
                "withdrawn" if n % 2 else "given",
                now() - timedelta(days=n),
                "форма",
                "сайт",
            )
            for n in range(there, _ENTRIES)
        ],
    )


async def _segment(services: Services, name: str, conditions: list[dict[str, Any]]) -> int:
    rule = {"combinator": "and", "rules": conditions}
    return await services.segments.create(SYSTEM, f"{name} {now():%H:%M:%S.%f}", rule=rule)


def _asked(keys: dict[str, str]) -> Iterator[Asked]:
    """Every request that is measured."""
    for sort in _SORTS:
        yield f"contacts by {sort}", f"/contacts?{urlencode({'sort': sort})}", None
    filters: dict[str, Any] = {
        "segment": {"segmentId": keys["segment"]},
        "subscribed": {"category": {"categoryId": keys["news"], "state": "subscribed"}},
        "unsubscribed from": {"category": {"categoryId": keys["news"], "state": "unsubscribed"}},
        "company": {"companyId": keys["company"]},
        "nobody's": {"ownerId": ""},
        "reachable": {"state": "reachable"},
        "blocked": {"state": "blocked"},
        "unsubscribed": {"state": "unsubscribed"},
        "stopped": {"state": "stopped"},
        "with phone": {"hasPhone": True},
        "without phone": {"hasPhone": False},
        "without e-mail": {"hasEmail": False},
        "created in a month": {"createdFrom": (now() - timedelta(days=30)).isoformat()},
        "city": {"fields": {"city": {"anyOf": ["Москва"]}}},
        "city contains, by orders": {"fields": {"city": {"contains": "бург"}, "orders": {"least": 38}}},
        "birthday in 1980": {"fields": {"birthday": {"least": "1980-01-01", "most": "1980-12-31"}}},
        "VIP": {"fields": {"vip": {"flag": True}}},
        "city not filled": {"fields": {"city": {"filled": False}}},
    }
    for name, chosen in filters.items():
        query = urlencode({"filters": json.dumps(chosen)})
        yield f"contacts: {name}", f"/contacts?{query}", None
        yield f"count: {name}", f"/contacts/count?{query}", None
    yield "count: everybody", "/contacts/count", None
    yield "card", f"/contacts/{keys['contact']}", None
    yield "card: timeline of 500", f"/contacts/{keys['contact']}/timeline?limit=200", None
    yield "card: consents", f"/contacts/{keys['contact']}/consents", None
    yield "company's contacts", f"/companies/{keys['company']}/contacts", None
    yield "categories", "/categories", None
    yield "categories: figures", "/categories/figures", None
    yield "category: issues", f"/categories/{keys['news']}/issues", None
    yield "segment: contacts", f"/segments/{keys['segment']}/contacts", None
    yield "segment: count", f"/segments/{keys['segment']}/count", None
    yield "preflight", f"/campaigns/{keys['draft']}/preflight", {}
    yield "audience", f"/campaigns/{keys['draft']}/audience", None
    sent = f"/campaigns/{keys['sent']}"
    for name in ("", "/stats", "/results", "/links", "/domains"):
        yield f"campaign{name}", f"{sent}{name}", None
    for name, query in {
        "all": "",
        "delivered": "status=delivered",
        "not delivered": "did=not_delivered",
        "opened": "did=opened",
        "not opened": "did=not_opened",
        "clicked": "did=clicked",
        "search": "search=reader123",
        "search of nobody": "search=нет-такого",
        "domain": "domain=rare100.example.org",
    }.items():
        yield f"log: {name}", f"{sent}/log?{urlencode(dict([query.split('=')])) if query else ''}", None
    today = datetime.now(UTC)
    period = {"from": (today - timedelta(days=90)).isoformat(), "to": today.isoformat()}
    yield "engagement", f"/reports/engagement?{urlencode(period)}", None
    yield (
        "engagement of a segment",
        f"/reports/engagement?{urlencode(period | {'segmentId': keys['segment']})}",
        None,
    )


def _worst(keys: dict[str, str]) -> Iterator[Asked]:
    """What each filter costs where it finds next to nobody, or where the sort brings its contacts last."""
    long_ago = (now() - timedelta(days=725)).isoformat()
    tomorrow = (now() + timedelta(days=1)).isoformat()
    news, nobody = keys["news"], {"fields": {"city": {"anyOf": ["нигде"]}}}
    asked: dict[str, tuple[str, str, dict[str, Any]]] = {
        "first created, newest first": ("", "-created", {"createdTo": long_ago}),
        "active tomorrow": ("", "name", {"activeSince": tomorrow}),
        "inactive, by -lastActivity": ("", "-lastActivity", {"inactiveSince": tomorrow}),
        "nobody's owner": ("", "-updated", {"ownerId": "1"}),
        "blocked, by -created": ("", "-created", {"state": "blocked"}),
        "stopped, by -name": ("", "-name", {"state": "stopped"}),
        "unsubscribed from, by -updated": (
            "",
            "-updated",
            {"category": {"categoryId": news, "state": "unsubscribed"}},
        ),
        "neither e-mail nor phone": ("", "name", {"hasEmail": False, "hasPhone": False}),
        "city nowhere": ("", "name", nobody),
        "city nowhere, subscribed": (
            "",
            "name",
            nobody | {"category": {"categoryId": news, "state": "subscribed"}},
        ),
        "orders of 39, birthday, VIP, reachable": (
            "",
            "-created",
            {
                "state": "reachable",
                "fields": {
                    "orders": {"least": 39},
                    "birthday": {"least": "2000-01-01"},
                    "vip": {"flag": True},
                },
            },
        ),
        "search of all, VIP": ("example", "name", {"fields": {"vip": {"flag": True}}}),
        "search of all, city nowhere": ("example", "name", nobody),
        "search of many, subscribed": (
            "ольга",
            "-created",
            {"category": {"categoryId": news, "state": "subscribed"}},
        ),
        "search of few, by -updated": ("берег-строй 12", "-updated", {}),
        "segment asleep": ("", "name", {"segmentId": keys["asleep"]}),
        "segment of nobody": ("", "name", {"segmentId": keys["never"]}),
    }
    for name, (search, sort, chosen) in asked.items():
        query = urlencode({"filters": json.dumps(chosen), "search": search})
        yield f"contacts: {name}", f"/contacts?{query}&sort={sort}", None
        yield f"count: {name}", f"/contacts/count?{query}", None


def _timed(url: str, key: str, body: Any, pid: int) -> tuple[float, float]:
    clock, cpu = [], []
    for _ in range(_RUNS):
        started, used = time.perf_counter(), site.cpu_s(pid)
        try:
            site.call(url, key, body=body, seconds=_SLOW_S)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{url}: {error.code} {error.read().decode()[:300]}") from None
        clock.append((time.perf_counter() - started) * 1000)
        cpu.append((site.cpu_s(pid) - used) * 1000)
    return round(statistics.median(clock), 1), round(statistics.median(cpu), 1)


def _export_begins(api: str, key: str, sort: str) -> float:
    """Milliseconds until the first lines of an export of everybody are there."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    body = json.dumps({"selection": {"sort": sort}}).encode()
    request = urllib.request.Request(f"{api}/contacts/export", body, headers)  # noqa: S310
    started = time.perf_counter()
    with urllib.request.urlopen(request, timeout=_SLOW_S) as answer:  # noqa: S310
        answer.read(1 << 14)
        return round((time.perf_counter() - started) * 1000, 1)


def _export(api: str, key: str, pid: int) -> dict[str, Any]:
    """Everybody as CSV, while another asks for the first page of the list again and again."""
    waited: list[float] = []
    done = threading.Event()

    def ask() -> None:
        while not done.wait(0.05):
            started = time.perf_counter()
            site.call(f"{api}/contacts?limit=10", key)
            waited.append((time.perf_counter() - started) * 1000)

    asking = threading.Thread(target=ask)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(f"{api}/contacts/export", b"{}", headers)  # noqa: S310
    size, lines = 0, 0
    with site.Memory({"server": pid}) as memory:
        started = time.perf_counter()
        asking.start()
        with urllib.request.urlopen(request, timeout=_SLOW_S) as answer:  # noqa: S310
            while piece := answer.read(1 << 20):
                size += len(piece)
                lines += piece.count(b"\n")
        seconds = time.perf_counter() - started
        done.set()
        asking.join()
    waited.sort()
    return {
        "rows": lines - 1,
        "seconds": round(seconds, 1),
        "mb": round(size / 1e6, 1),
        "peak_memory_mb": memory.peaks["server"],
        "other_requests_p50_ms": round(statistics.median(waited), 1),
        "other_requests_p99_ms": round(waited[int(len(waited) * 0.99)], 1),
    }
