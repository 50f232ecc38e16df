"""After an erasure nothing of the person is stored anywhere, whatever door it came in by."""

from __future__ import annotations

import sqlalchemy as sa
from tests.application import Browser, Installation
from tests.privacy import leaks, planted
from tests.privacy.planted import EMAIL, NAME, NEEDLES, OTHER, PHONE

from vestnik.contacts import personal
from vestnik.contacts.tables import erased_address
from vestnik.db import now
from vestnik.people.access import SYSTEM
from vestnik.privacy import service
from vestnik.privacy.tables import erasure

#: Where she is before: every door has left something.
TABLES_BEFORE = {
    *("contact", "address", "consent", "contact_change", "contact_import", "contact_import_part"),
    *("contact_import_reject", "saved_view", "contact_bulk_run", "segment", "campaign", "campaign_history"),
    *("campaign_link", "delivery", "inbox", "webhook_attempt", "webhook_waiting", "event", "alert"),
    *("client_address", "deal", "sales_order", "order_line", "order_reading", "job_ticket"),
    *("account", "account_storage", "module_test", "module_rehearsal_row", "sync_run", "sync_reject"),
    *("calendar", "calendar_event", "outgoing_message", "lead", "lead_event", "input", "input_part"),
}
#: What may be left, and why: nothing.
LEFT: set[str] = set()


async def test_an_erased_person_is_in_no_table_no_recording_and_no_file(
    installation: Installation, browser: Browser
) -> None:
    id = await planted.planted(installation, browser)
    before = await leaks.in_tables(installation, NEEDLES)
    assert TABLES_BEFORE - {where.split(".")[0].removesuffix("_default") for where in before} == set()
    assert leaks.in_recordings(installation, NEEDLES) == {
        f"recording {name}" for name in ("name", "first", "email", "phone", "value")
    }

    answer = await browser.post(f"/contacts/{id}/erase")

    proof = answer.json()
    assert (answer.status_code, proof["state"]) == (200, "done"), answer.text
    assert await leaks.in_tables(installation, NEEDLES) == LEFT
    assert leaks.in_recordings(installation, NEEDLES) == LEFT
    assert leaks.in_files(installation.services.settings.data_dir, NEEDLES) == LEFT
    assert {kind for kind, count in proof["removed"].items() if count == 0} == {"suppression", "segments"}
    others = {"boris": "boris@inoy.ru", "phone of boris": "9261112233", "name of boris": "борис иной"}
    assert {where.split(" ", 1)[1] for where in await leaks.in_tables(installation, others)} == set(others)
    assert leaks.in_recordings(installation, others) == {f"recording {name}" for name in others}


async def test_a_search_that_was_killed_goes_on_where_it_stood(
    installation: Installation, browser: Browser
) -> None:
    services = installation.services
    id = await planted.planted(installation, browser)
    usual, service.SEARCH_WITHIN_S = service.SEARCH_WITHIN_S, 0.0
    try:
        answer = await browser.post(f"/contacts/{id}/erase")
    finally:
        service.SEARCH_WITHIN_S = usual
    proof = answer.json()
    assert (answer.status_code, proof["state"], proof["finishedAt"]) == (200, "running", None)
    assert (await browser.get(f"/contacts/{id}")).status_code == 404
    async with services.database.read() as connection:
        sealed = await connection.scalar(sa.select(erasure.c.sealed))
    assert leaks.held(sealed, NEEDLES) == set()

    failing = services.privacy.sweeper.sweeps[9]
    portion, calls = type(failing).portion, 0

    async def kill(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise SystemExit("killed")
        return await portion(*arguments)  # type: ignore[arg-type]

    type(failing).portion = kill  # type: ignore[method-assign, assignment]
    try:
        await services.privacy.sweeper.work()
    except SystemExit as killed:
        assert str(killed) == "killed"
    finally:
        type(failing).portion = portion  # type: ignore[method-assign]
    assert (await services.privacy.proofs(SYSTEM))[0][0].state == "running"

    await services.privacy.sweeper.work()

    [done], _ = await services.privacy.proofs(SYSTEM)
    assert done.state == "done"
    assert await leaks.in_tables(installation, NEEDLES) == LEFT
    assert leaks.in_recordings(installation, NEEDLES) == LEFT


async def test_a_file_that_is_being_imported_does_not_bring_her_back(
    installation: Installation, browser: Browser
) -> None:
    id: str = (await browser.post("/contacts", planted.PERSON | {"fields": {}})).json()["id"]
    card = await planted.upload(browser, planted.CSV.encode(), "people.csv")
    await planted.start(browser, card)

    proof = (await browser.post(f"/contacts/{id}/erase")).json()
    await planted.bring_on(installation, card["id"])
    await installation.services.privacy.sweeper.work()

    done = (await browser.get(f"/imports/{card['id']}")).json()
    assert (proof["state"], done["state"], done["created"], done["rejected"]) == ("running", "done", 1, 1)
    assert (await browser.get("/erasures")).json()["items"][0]["state"] == "done"
    found = (await browser.get("/contacts")).json()
    assert [each["name"] for each in found["items"]] == [OTHER["name"]]
    assert await leaks.in_tables(installation, NEEDLES) == LEFT


async def test_a_row_of_such_a_file_is_hers_by_her_address_or_by_her_phone_alone(
    installation: Installation, browser: Browser
) -> None:
    id: str = (await browser.post("/contacts", planted.PERSON | {"fields": {}})).json()["id"]
    rows = f"Имя;Почта;Телефон\nПо почте;{EMAIL};\nПо телефону;;{PHONE}\nБорис;boris@inoy.ru;\n"
    card = await planted.upload(browser, rows.encode(), "people.csv")
    await planted.start(browser, card)
    await browser.post(f"/contacts/{id}/erase")
    await planted.bring_on(installation, card["id"])
    assert [each["name"] for each in (await browser.get("/contacts")).json()["items"]] == ["Борис"]


async def test_a_file_of_a_later_day_may_bring_her_anew_and_the_hashes_go_in_time(
    installation: Installation, browser: Browser
) -> None:
    id: str = (await browser.post("/contacts", planted.PERSON | {"fields": {}})).json()["id"]
    await browser.post(f"/contacts/{id}/erase")
    card = await planted.upload(browser, planted.CSV.encode(), "people.csv")
    await planted.start(browser, card)
    await planted.bring_on(installation, card["id"])
    assert (await browser.get("/contacts")).json()["total"] == 2
    assert NAME in (await browser.get("/contacts", params={"search": EMAIL})).json()["items"][0]["name"]

    database = installation.services.database
    long_ago = sa.update(erased_address).values(at=now() - personal.ERASED_KNOWN_FOR)
    await personal.forget_hashes(database)
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(erased_address)) == 2
    await database.write(lambda connection: connection.execute(long_ago))
    await personal.forget_hashes(database)
    async with database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(erased_address)) == 0
