"""What a marketer opens every day, over a million contacts and three campaigns to all of them, by HTTP.

Each request's median of three, and the server's processor time of it; then the export of everybody: seconds,
peak memory, and how long other requests waited meanwhile. VESTNIK_BENCH_MILLION names a folder that is
filled once and kept.
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
            clock, cpu = {}, {}
            for name, path, body in _asked(keys):
                clock[name], cpu[name] = _timed(f"{api}{path}", key, body, process.pid)
            slow = {name: ms for name, ms in clock.items() if ms > 2000}
            exported = _export(api, key, process.pid)
    return {"ms": clock, "server_cpu_ms": cpu, "slower_than_2_s": slow, "export_of_all": exported}


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
        segment = await _segment(services)
    keys = {"news": news, "sent": sent, "contact": somebody, "draft": draft, "segment": segment}
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


async def _segment(services: Services) -> int:
    city = {"field": "custom.city", "operator": "=", "value": "Москва"}
    rule = {"combinator": "and", "rules": [city]}
    return await services.segments.create(SYSTEM, f"Москва {now():%H:%M:%S.%f}", rule=rule)


def _asked(keys: dict[str, str]) -> Iterator[Asked]:
    """Every request that is measured."""
    for sort in (
        "name",
        "-name",
        "created",
        "-created",
        "updated",
        "-updated",
        "lastActivity",
        "-lastActivity",
    ):
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
