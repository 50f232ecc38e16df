"""Whatever an erasure finds of a person, the file of the person's data shows, and nothing of anybody else."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Browser, Installation
from tests.privacy import leaks, planted
from tests.privacy.planted import EMAIL, NAME, NEEDLES, PHONE

from vestnik.contacts.imports import erasing
from vestnik.db import new_key, now
from vestnik.modules import personal
from vestnik.modules.tables import call
from vestnik.people.access import SYSTEM
from vestnik.privacy import holdings, texts
from vestnik.privacy.texts import Texts
from vestnik.webhooks.tables import inbox

#: Tables of records that refer to the person, by the keys of the file that show them.
SHOWN_AS = {
    "address": "addresses",
    "consent": "consents",
    "contact": "contacts",
    "contact_change": "imports",
    "deal": "deals",
    "delivery": "deliveries",
    "event": "events",
    "lead": "leads",
    "sales_order": "orders",
    "sync_reject": "listRefusals",
}
#: Where searches have a card's values once more.
FOLDED = (
    *("contact.name_folded", "contact.custom_folded", "search_"),
    *("deal.title_folded", "sales_order.title_folded", "job_ticket.item_folded"),
)


async def handed_out(browser: Browser, id: str) -> dict[str, Any]:
    answer = await browser.get(f"/contacts/{id}/personal-data")
    assert answer.status_code == 200, answer.text
    held: dict[str, Any] = json.loads(answer.content)
    return held


def by_place(held: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each place of the file, as the scan calls it, with what is shown there."""
    for table, key in SHOWN_AS.items():
        yield table, json.dumps(held[key], ensure_ascii=False)
    for place, findings in held["texts"].items():
        yield place, json.dumps(findings, ensure_ascii=False)


async def test_the_file_shows_whatever_an_erasure_finds(installation: Installation, browser: Browser) -> None:
    id = await planted.planted(installation, browser)

    held = await handed_out(browser, id)

    planted_there = {
        (place.split(".")[0].removesuffix("_default"), needle)
        for place, needle in map(str.split, await leaks.in_tables(installation, NEEDLES))
        if not place.replace("_default", "").startswith(FOLDED)
    } | {(call.name, where.split()[1]) for where in leaks.in_recordings(installation, NEEDLES)}
    shown = {(place, needle) for place, text in by_place(held) for needle in leaks.held(text, NEEDLES)}
    assert planted_there - shown == set()

    proof = (await browser.post(f"/contacts/{id}/erase")).json()
    assert proof["state"] == "done"
    assert found_by_kind(installation, held, id) == {
        kind: count for kind, count in proof["removed"].items() if count and kind not in SHOWN_AS.values()
    } | {kind: proof["removed"][kind] for kind in ("imports", "leads")}


def found_by_kind(installation: Installation, held: dict[str, Any], id: str) -> dict[str, int]:
    """How many rows and files the file shows, of the kinds of the proof."""
    found = Counter({"imports": len(held["imports"]), "leads": len(held["leads"])})
    of_leads = _of_leads(held)
    for sweep in installation.services.privacy.sweeper.sweeps:
        rows = [each["row"] for each in held["texts"][sweep.name]]
        if sweep.name == "contact_change":  # her own are counted with what refers to her
            rows = [row for row in rows if row["contact_id"] != id]
        if sweep.name == "sync_reject":
            own = {each["id"] for each in held["listRefusals"]}
            rows = [row for row in rows if row["id"] not in own]
        rows = [row for row in rows if (sweep.name, next(iter(row.values()))) not in of_leads]
        found[sweep.kind] += len({json.dumps(row) for row in rows} if not isinstance(sweep, Texts) else rows)
    return {kind: count for kind, count in found.items() if count}


def _of_leads(held: dict[str, Any]) -> set[tuple[str, str]]:
    """Table and key of what goes with the person's leads."""
    gone: set[tuple[str, str]] = set()
    for each in held["leads"]:
        gone |= {("lead", each["id"]), ("calendar_event", each["eventId"])}
        gone |= {("input", each["inputId"]), ("input_part", each["inputId"])}
        gone |= {("lead_event", one["id"]) for one in each["history"]}
    return gone


async def test_the_file_is_the_same_however_little_is_read_at_a_time(
    installation: Installation, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await planted.planted(installation, browser)
    held = await handed_out(browser, id)
    monkeypatch.setattr(holdings, "PAGE_ROWS", 1)
    monkeypatch.setattr(texts, "READ_ROWS", 1)
    monkeypatch.setattr(personal, "READ_RECORDINGS", 1)
    assert await handed_out(browser, id) == held


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "utf-16"])
async def test_each_line_of_a_file_is_shown_once_wherever_the_file_is_cut(
    installation: Installation, browser: Browser, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    id: str = (await browser.post("/contacts", planted.PERSON | {"fields": {}})).json()["id"]
    lines = [f"{number};Борис Иной;boris{number}@inoy.ru" for number in range(300)]
    of_person = {3: NAME, 150: EMAIL, 151: "8 916 765-43-21", 299: NAME.upper()}
    lines = [
        of_person[number] + ";" + line if number in of_person else line for number, line in enumerate(lines)
    ]
    await planted.upload(browser, "\n".join(["Имя;Имя;Почта", *lines]).encode(encoding), "people.csv")
    monkeypatch.setattr(erasing, "_PIECE_BYTES", 256)
    monkeypatch.setattr(erasing, "_OVERLAP_BYTES", 128)

    held = await handed_out(browser, id)

    shown = [each["found"]["data"] for each in held["texts"]["contact_import_part"]]
    masked = [lines[number].replace(f"boris{number}@", "b***@") for number in of_person]
    assert "\n".join(shown).split("\n") == masked


async def test_what_a_module_keeps_under_the_persons_address_is_shown_with_its_key(
    installation: Installation, browser: Browser
) -> None:
    id = await planted.planted(installation, browser)
    kept = [each["found"] for each in (await handed_out(browser, id))["texts"]["account_storage"]]
    assert {"key": f"subscriber:{EMAIL}", "value": {"id": 17}} in kept
    assert {"value": [PHONE]} in kept


@pytest.mark.slow
async def test_a_file_of_four_times_as_many_webhooks_takes_no_more_memory(
    installation: Installation, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "READ_ROWS", 200)
    id: str = (await browser.post("/contacts", planted.PERSON | {"fields": {}})).json()["id"]
    await installation.services.database.write(store_webhooks, 1_000)
    before = await peak_of_memory(installation, int(id), 1_000)
    await installation.services.database.write(store_webhooks, 3_000)
    assert await peak_of_memory(installation, int(id), 4_000) < 1.5 * before


def store_webhooks(connection: sa.Connection, count: int) -> None:
    """Requests that tell of her among others."""
    at = now()
    others = [{"email": f"boris{number}@inoy.ru", "state": "opened"} for number in range(20)]
    request = {
        **{"received_at": at, "account_id": 1, "method": "POST", "path": "/", "query": "", "headers": "[]"},
        **{"body": json.dumps([{"email": EMAIL}, *others]).encode(), "state": "applied", "attempts": 1},
    }
    connection.execute(sa.insert(inbox), [{"id": new_key(), **request} for _ in range(count)])


async def peak_of_memory(installation: Installation, id: int, webhooks: int) -> int:
    """How many bytes were taken while the file was made, which names so many webhooks."""
    named = 0
    tracemalloc.start()
    try:
        async for piece in await installation.services.privacy.personal_data(SYSTEM, id):
            named += piece.count(EMAIL.encode())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        assert named == webhooks + 1
