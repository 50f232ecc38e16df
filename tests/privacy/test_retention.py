"""How long things are kept: an administrator says it, sees what would go, and what is past it goes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Browser, Installation, problem_of

from vestnik import audit
from vestnik.alerts.tables import alert_letter
from vestnik.audit.tables import audit_anchor, audit_row
from vestnik.contacts import personal as contacts_personal
from vestnik.contacts.imports.tables import (
    contact_change,
    contact_import,
    contact_import_part,
    contact_import_reject,
    contact_import_run,
    contact_import_schedule,
)
from vestnik.contacts.tables import address, erased_address
from vestnik.db import Database, new_key, now
from vestnik.db.types import InstantType
from vestnik.intake.collectors.tables import collector_run, mail_collector
from vestnik.intake.inputs import keeping as inputs
from vestnik.intake.inputs.store import NewInput, store
from vestnik.intake.inputs.tables import input_part, input_table
from vestnik.lists.tables import sync, sync_reject, sync_run
from vestnik.modules.tables import account, call, module
from vestnik.outgoing.tables import message
from vestnik.people.access import SYSTEM
from vestnik.people.tables import user
from vestnik.webhooks import keeping as webhooks
from vestnik.webhooks.tables import attempt, inbox, waiting

DEFAULTS = {
    "inputs": None,
    "webhooks": None,
    "recordings": 14,
    "import_files": 7,
    "import_rows": 30,
    "import_runs": 365,
    "sync_rejects": 30,
    "collector_runs": 30,
    "letters": 90,
    "outgoing": 30,
    "erased_addresses": 180,
    "audit": None,
}
#: What a row has to have besides, since the tables check it.
CHECKED: Mapping[str, Mapping[str, Any]] = {
    "account": {"state": "ready"},
    "address": {"kind": "email"},
    "collector_run": {"begun_by": "time", "state": "done"},
    "contact_import_run": {"begun_by": "time", "state": "unchanged"},
    "contact_import_schedule": {"every_hours": 1},
    "mail_collector": {"kind": "site_requests", "security": "tls", "after": "keep"},
    "sync": {"source": "contacts", "mode": "exact", "state": "off"},
}
Row = Mapping[str, Any]


def ago(days: float) -> datetime:
    return now() - timedelta(days=days)


def filled(table: sa.Table, **values: Any) -> Row:
    """A row of a table: what has to be there and is not given is empty, or refers to key 1."""
    row = dict(CHECKED.get(table.name, {})) | values
    for column in table.c:
        needed = not column.nullable and column.server_default is None
        if needed and column.name not in row:
            row[column.name] = 1 if column.foreign_keys or column.primary_key else empty(column)
    return row


def empty(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.JSON):
        return {}
    if isinstance(column.type, InstantType):
        return now()
    return {bytes: b"-", str: "-", bool: False, int: 0, float: 0.0}[column.type.python_type]


async def plant(database: Database, *rows: tuple[sa.Table, Row]) -> None:
    """Store rows, each filled up."""

    def insert(connection: sa.Connection) -> None:
        for table, values in rows:
            connection.execute(sa.insert(table).values(filled(table, **values)))

    await database.write(insert)


async def left(database: Database, column: sa.Column[Any]) -> list[Any]:
    """Every value of a column, in order."""
    async with database.read() as connection:
        return sorted(await connection.scalars(sa.select(column)))


async def goes(browser: Browser, **days: int | None) -> dict[str, int]:
    answer = await browser.post("/retention/preview", {"days": days})
    assert answer.status_code == 200, answer.text
    found: dict[str, int] = answer.json()["goes"]
    return found


async def keep(browser: Browser, **days: int | None) -> None:
    answer = await browser.patch("/retention", {"days": days})
    assert answer.status_code == 200, answer.text


def request(days: float, **more: Any) -> Row:
    """A stored request of a service that came so long ago."""
    at = ago(days)
    return {"id": next_key(at), "received_at": at, "account_id": 1, "state": "applied", **more}


def next_key(at: datetime) -> int:
    """A key of that moment, another one each time."""
    return new_key.before(at) + new_key() % 1_000


async def test_nothing_is_kept_for_another_time_than_before(browser: Browser) -> None:
    found = (await browser.get("/retention")).json()
    assert {each["name"]: each["days"] for each in found} == DEFAULTS
    assert {each["name"]: each["defaultDays"] for each in found} == DEFAULTS
    assert [each["name"] for each in found if each["forEver"]] == ["inputs", "webhooks", "audit"]


async def test_a_term_is_set_and_audited_by_its_name(browser: Browser, installation: Installation) -> None:
    await keep(browser, letters=60, webhooks=90)
    found = {each["name"]: each["days"] for each in (await browser.get("/retention")).json()}
    assert found == DEFAULTS | {"letters": 60, "webhooks": 90}
    await keep(browser, webhooks=None)
    await keep(browser, webhooks=None)
    mine = audit_row.c.action == "retention.changed"
    async with installation.services.database.read() as connection:
        rows = await connection.scalars(sa.select(audit_row.c.fields).where(mine).order_by(audit_row.c.id))
        assert list(rows) == [["letters", "webhooks"], ["webhooks"]]


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        ({"letters": 6}, "from 7 to 3650 days"),
        ({"letters": None}, "from 7 to 3650 days"),
        ({"audit": 89}, "from 90 to 3650 days"),
        ({"outgoing": 366}, "from 7 to 365 days"),
        ({"nothing": 30}, "there is no such term"),
    ],
)
async def test_what_would_be_too_short_or_too_long_is_refused(
    browser: Browser, days: Mapping[str, int | None], reason: str
) -> None:
    (name,) = days
    for method, path in (("POST", "/retention/preview"), ("PATCH", "/retention")):
        answer = await browser.request(method, path, {"days": days}, headers={"accept-language": "en"})
        assert answer.status_code == 422
        assert problem_of(answer)["path"] == f"$.days.{name}"
        assert reason in answer.text or "дней" in answer.text or "срока" in answer.text
    assert {each["name"]: each["days"] for each in (await browser.get("/retention")).json()} == DEFAULTS


async def test_who_may_not_decide_sees_nothing(installation: Installation) -> None:
    marketer = await installation.signed_in("marketer")
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/preview")):
        answer = await marketer.request(method, f"/retention{path}", {"days": {"letters": 60}})
        assert answer.status_code == 403


async def test_old_requests_of_services_go_but_for_those_with_work_left(
    browser: Browser, installation: Installation
) -> None:
    database = installation.services.database
    old, young, due, waited = request(100), request(10), request(100, next_attempt_at=now()), request(100)
    await plant(
        database,
        *((inbox, each) for each in (old, young, due, waited)),
        (waiting, {"inbox_id": waited["id"]}),
        (attempt, {"inbox_id": old["id"]}),
    )
    assert await goes(browser, webhooks=90) == {"webhooks": 1}
    await webhooks.sweep(database)
    assert len(await left(database, inbox.c.id)) == 4
    await keep(browser, webhooks=90)
    await webhooks.sweep(database)
    assert await left(database, inbox.c.id) == sorted(each["id"] for each in (young, due, waited))
    assert await left(database, attempt.c.id) == []
    assert await goes(browser, webhooks=90) == {"webhooks": 0}


async def test_old_letters_are_emptied_and_known_when_they_come_again(
    browser: Browser, installation: Installation
) -> None:
    database = installation.services.database
    new = NewInput(
        "letter", 1, "<1@example.com>", {"subject": "Anna"}, "message/rfc822", b"To: us\r\n\r\nAnna"
    )
    first = await store(database, new)
    second = await store(database, NewInput("letter", 1, "<2@example.com>", {}, "message/rfc822", b"new"))
    aged = next_key(ago(100))
    read = {"state": "read", "next_at": None, "reading": {"name": "Anna"}}

    def age(connection: sa.Connection) -> None:
        connection.execute(sa.update(input_table).values(read))
        for table, key in ((input_table, "id"), (input_part, "input_id")):
            mine = table.c[key] == first.input_id
            connection.execute(sa.update(table).where(mine).values({key: aged}))

    await database.write(age)
    assert await goes(browser, inputs=90) == {"inputs": 1}
    await keep(browser, inputs=90)
    await inputs.sweep(database)
    assert await left(database, input_part.c.input_id) == [second.input_id]
    async with database.read() as connection:
        row = (await connection.execute(sa.select(input_table).where(input_table.c.id == aged))).one()
    assert (row.key, row.title, row.about, row.reading) == ("<1@example.com>", "", {}, None)
    assert row.erased_at is not None
    assert (await store(database, new)).input_id == aged
    assert (await browser.get(f"/inputs/{aged}/raw")).json()["code"] == "input_erased"


async def test_what_an_import_changed_can_be_undone_for_as_long_as_it_is_kept(
    browser: Browser, installation: Installation
) -> None:
    services = installation.services
    old = {"file_bytes": 1, "state": "done", "created_at": ago(20), "finished_at": ago(20)}
    over = {**old, "id": 2, "state": "cancelled"}
    changes = [(contact_change, {"contact_id": id}) for id in (1, 2)]
    await plant(
        services.database,
        *((contact_import, each) for each in (old, over)),
        *changes,
        (contact_import_reject, {}),
        (contact_import_part, {"import_id": 2}),
    )
    assert await goes(browser, import_rows=10, import_files=19) == {"import_rows": 3, "import_files": 1}
    await keep(browser, import_rows=60, import_files=60)
    await services.imports.sweep()
    assert await goes(browser, import_rows=10, import_files=19) == {"import_rows": 3, "import_files": 1}
    await keep(browser, import_rows=10, import_files=19)
    await services.imports.sweep()
    assert await goes(browser, import_rows=10, import_files=19) == {"import_rows": 0, "import_files": 0}
    assert await left(services.database, contact_import_part.c.import_id) == []
    answer = await browser.post("/imports/1/undo")
    assert (answer.json()["code"], answer.json().get("days")) == ("too_late_to_undo", 10), answer.text


async def test_runs_letters_messages_and_hashes_go_when_they_are_past_their_terms(
    browser: Browser, installation: Installation
) -> None:
    services = installation.services
    database = services.database
    async with database.read() as connection:
        reader = await connection.scalar(sa.select(user.c.id).limit(1))
    rows: list[tuple[sa.Table, Row]] = [(contact_import_schedule, {}), (address, {})]
    for id, days in ((1, 20), (2, 5)):
        rows.append((contact_import_run, {"id": id, "begun_at": ago(days)}))
        rows.append((alert_letter, {"id": id, "user_id": reader, "at": ago(days)}))
        rows.append((message, {"id": f"m{id}", "at": ago(days)}))
    rows.append((erased_address, {"at": ago(40)}))
    await plant(database, *rows)
    terms = {"import_runs": 10, "letters": 10, "outgoing": 10, "erased_addresses": 30}
    assert await goes(browser, **terms) == dict.fromkeys(terms, 1)
    await keep(browser, **terms)
    await services.schedules.fetching.sweep()
    await services.alerts.sweep()
    await services.outgoing.sender.sweep()
    await contacts_personal.forget_hashes(database)
    assert await goes(browser, **terms) == dict.fromkeys(terms, 0)
    assert await left(database, contact_import_run.c.id) == [2]
    assert await left(database, alert_letter.c.id) == [2]
    assert await left(database, message.c.id) == ["m2"]


async def test_rows_that_services_refused_and_runs_of_collectors_go(
    browser: Browser, installation: Installation
) -> None:
    services = installation.services
    database = services.database
    rows: list[tuple[sa.Table, Row]] = [
        (module, {"name": "m"}),
        (account, {}),
        (sync, {}),
        (mail_collector, {}),
    ]
    for id, days in ((1, 20), (2, 5)):
        rows.append((sync_run, {"id": id, "number": id, "finished_at": ago(days)}))
        rows.append((sync_reject, {"id": id, "run_id": id}))
        rows.append((collector_run, {"id": id, "begun_at": ago(days)}))
    await plant(database, *rows)
    terms = {"sync_rejects": 10, "collector_runs": 10}
    assert await goes(browser, **terms) == dict.fromkeys(terms, 1)
    await keep(browser, **terms)
    await services.syncs.rejects.forget_old()
    await services.collectors.turns.sweep()
    assert await left(database, sync_reject.c.id) == [2]
    assert await left(database, collector_run.c.id) == [2]


async def test_old_recordings_are_dropped_by_every_process_that_heard_of_it(
    browser: Browser, installation: Installation
) -> None:
    recorder = installation.services.modules.recorder
    for days in (1, 20, 40):
        at = ago(days)
        recorder.store.write([filled(call, id=next_key(at), started_at=at)])
    assert await goes(browser, recordings=14) == {"recordings": 2}
    await keep(browser, recordings=30)
    assert await goes(browser, recordings=30) == {"recordings": 1}
    await recorder.hear()
    recorder.store.drop_old()
    assert await goes(browser, recordings=2, letters=90) == {"recordings": 1, "letters": 0}
    assert await goes(browser, recordings=30) == {"recordings": 0}


async def test_the_old_end_of_the_audit_is_cut_with_an_anchor_and_the_rest_holds(
    installation: Installation,
) -> None:
    services = installation.services
    database, chain = services.database, services.audit.chain

    def act(connection: sa.Connection) -> None:
        with audit.dated(connection, lambda _: ago(100)):
            for id in range(1_005):
                audit.record(connection, SYSTEM, "contact.changed", "contact", id)

    await database.write(act)
    browser = await installation.signed_in("administrator")
    await chain.seal()
    await chain.cut_old()
    assert await left(database, audit_anchor.c.number) == []
    assert await goes(browser, audit=90) == {"audit": 1_005}
    await keep(browser, audit=90)
    await chain.cut_old()
    assert await goes(browser, audit=90) == {"audit": 0}
    await chain.seal()
    found = await chain.verify()
    assert (found.holds, found.head - found.sealed, found.waiting) == (True, 1_005, 0)
    assert await left(database, audit_anchor.c.number) == [1_000, 1_005]
