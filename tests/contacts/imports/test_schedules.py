"""Files that are fetched again and again: from a real web server, through HTTP and the broker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from tests.application import Browser
from tests.contacts.imports.conftest import Desk
from tests.contacts.imports.file_server import FileServer, serving

from vestnik.alerts.tables import alert, alert_letter
from vestnik.audit.tables import audit_row
from vestnik.contacts.imports.columns import ColumnsChanged, found_again
from vestnik.contacts.imports.scheduled import RETRY_AFTER
from vestnik.contacts.imports.tables import contact_import, contact_import_run, contact_import_schedule
from vestnik.contacts.imports.timing import Rhythm
from vestnik.db import now

FILE = "ФИО;E-mail;Город\nИванов Иван;ivan@example.ru;Москва\nПетрова Анна;anna@example.ru;Пермь\n"
MORE = FILE + "Сидоров Пётр;petr@example.ru;Уфа\n"


class Scheduler:
    """An administrator's browser, and the engine's part by hand."""

    def __init__(self, desk: Desk, browser: Browser, files: FileServer) -> None:
        self.desk, self.browser, self.files = desk, browser, files
        self.services = desk.services
        self.id = ""

    async def create(self, **more: Any) -> dict[str, Any]:
        """A schedule of the server's file, set up to fetch it."""
        body = {"name": "Сайт", "url": self.files.url, "everyHours": 6, "privateAllowed": True} | more
        answer = await self.browser.post("/imports/schedules", body)
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]
        return await self.fetched()

    async def fetched(self) -> dict[str, Any]:
        """Do what the engine would for the newest run; the schedule's card."""
        run = await self.newest()
        begun = await self.services.schedules.fetching.fetch(run.id, run.run)
        if begun is not None:
            await self.desk.bring_on(str(begun[0]))
        return await self.card()

    async def set_up(self, **more: Any) -> dict[str, Any]:
        """A schedule whose columns are set up and whose file was imported once."""
        card = await self.create(**more)
        made = (await self.browser.get(f"/imports/{card['run']['importId']}")).json()
        await self.desk.start(made)
        await self.desk.bring_on(made["id"])
        return await self.card()

    async def card(self) -> dict[str, Any]:
        card: dict[str, Any] = (await self.browser.get(f"/imports/schedules/{self.id}")).json()
        return card

    async def due(self) -> dict[str, Any]:
        """The schedule's time comes."""
        await self.change(next_at=now() - timedelta(seconds=1))
        await self.services.schedules.fetching.look()
        return await self.fetched()

    async def run(self, *, anyway: bool = False) -> dict[str, Any]:
        """A person presses the button."""
        answer = await self.browser.post(f"/imports/schedules/{self.id}/run", {"anyway": anyway})
        assert answer.status_code == 200, answer.text
        return await self.fetched()

    async def change(self, **values: Any) -> None:
        of_schedule = sa.update(contact_import_schedule).where(contact_import_schedule.c.id == int(self.id))
        await self.services.database.write(lambda connection: connection.execute(of_schedule.values(values)))

    async def newest(self) -> sa.Row[Any]:
        query = sa.select(contact_import_run).order_by(contact_import_run.c.id.desc()).limit(1)
        async with self.services.database.read() as connection:
            return (await connection.execute(query)).one()

    async def count(self, table: sa.Table) -> int:
        async with self.services.database.read() as connection:
            return await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0

    async def names(self) -> list[str]:
        return [row["name"] for row in await self.desk.contacts()]


@pytest.fixture
def files() -> Iterator[FileServer]:
    with serving() as files:
        files.serve(FILE)
        yield files


@pytest.fixture
async def scheduler(desk: Desk, files: FileServer) -> Scheduler:
    return Scheduler(desk, await desk.installation.signed_in("administrator"), files)


async def test_a_schedule_is_set_up_by_its_file_and_imports_it_when_it_is_due(scheduler: Scheduler) -> None:
    card = await scheduler.set_up()
    scheduler.files.serve(MORE)
    again = await scheduler.due()
    assert (card["setUp"], card["enabled"], card["failures"], card["run"]["created"]) == (True, True, 0, 2)
    run = again["run"]
    assert (run["begunBy"], run["state"], run["importState"]) == (
        "time",
        "fetched",
        "done",
    )
    assert (run["created"], run["unchanged"]) == (1, 2)
    assert await scheduler.names() == ["Иванов Иван", "Петрова Анна", "Сидоров Пётр"]
    assert datetime.fromisoformat(again["nextAt"]) > now()
    made = (await scheduler.browser.get("/imports")).json()["items"]
    assert [(each["scheduleName"], each["fileName"]) for each in made] == [("Сайт", "people.csv")] * 2


async def test_an_unchanged_file_is_said_and_skipped_by_its_tag_or_by_its_content(
    scheduler: Scheduler,
) -> None:
    await scheduler.set_up()
    by_tag = await scheduler.due()
    scheduler.files.tags = False
    by_content = await scheduler.run()
    assert (by_tag["run"]["state"], by_content["run"]["state"]) == ("unchanged", "unchanged")
    assert scheduler.files.requests[-2]["if-none-match"] == scheduler.files.etag
    assert await scheduler.count(contact_import) == 1
    anyway = await scheduler.run(anyway=True)
    assert (anyway["run"]["state"], anyway["run"]["unchanged"]) == ("fetched", 2)
    runs = (await scheduler.browser.get(f"/imports/schedules/{scheduler.id}/runs")).json()
    assert ([each["begunBy"] for each in runs["items"]], runs["total"]) == (
        ["hand", "hand", "time", "setup"],
        4,
    )


async def test_nobody_who_unsubscribed_comes_back_by_a_schedule(scheduler: Scheduler) -> None:
    category = (await scheduler.browser.post("/categories", {"title": "Новости"})).json()["id"]
    card = await scheduler.create()
    made = (await scheduler.browser.get(f"/imports/{card['run']['importId']}")).json()
    await scheduler.desk.start(made, categoryId=category, how="Анкета")
    await scheduler.desk.bring_on(made["id"])
    anna = next(row for row in await scheduler.desk.contacts() if row["name"] == "Петрова Анна")
    left = {"categoryId": category, "state": "withdrawn", "how": "По телефону"}
    answer = await scheduler.browser.post(f"/contacts/{anna['id']}/consents", left)
    assert answer.is_success, answer.text
    scheduler.files.serve(MORE)
    await scheduler.due()
    newest = (await scheduler.browser.get("/imports")).json()["items"][0]
    assert (newest["created"], newest["keptUnsubscribed"]) == (1, 1)


async def test_columns_may_move_and_be_added_but_a_mapped_one_may_not_be_missing(
    scheduler: Scheduler,
) -> None:
    await scheduler.set_up()
    scheduler.files.serve("Возраст;E-mail;ФИО\n33;petr@example.ru;Сидоров Пётр\n")
    moved = await scheduler.due()
    scheduler.files.serve("Возраст;Почта;ФИО\n33;olga@example.ru;Ольга\n")
    missing = await scheduler.due()
    assert (moved["run"]["created"], moved["run"]["importState"]) == (1, "done")
    assert (missing["run"]["state"], missing["failures"]) == ("failed", 1)
    assert missing["reason"] == (
        "В файле больше нет колонок: «E-mail». Верните их в файл или настройте колонки заново."
    )
    assert await scheduler.names() == ["Иванов Иван", "Петрова Анна", "Сидоров Пётр"]


def test_columns_are_known_by_their_names_or_by_their_places() -> None:
    targets, titles = ["name", None, "email"], ["Имя", "Возраст", "Почта"]
    assert found_again(targets, titles, ["почта ", "Имя"], named=True) == ["email", "name"]
    assert found_again(targets, titles, ["a", "b", "c", "d"], named=False) == ["name", None, "email", None]
    with pytest.raises(ColumnsChanged) as few:
        found_again(targets, titles, ["a", "b"], named=False)
    assert (few.value.code, few.value.values) == ("too_few_columns", {"found": 2, "needed": 3})
    twice = found_again(["email", "phone"], ["Связь", "Связь"], ["Связь", "Связь", "Связь"], named=True)
    assert twice == ["email", "phone", None]


async def test_secrets_go_to_their_own_server_only_and_are_never_told(scheduler: Scheduler) -> None:
    files = scheduler.files
    files.password = ("shop", "s3cret-of-the-shop")
    signed = {"kind": "basic", "name": "shop", "secret": "s3cret-of-the-shop"}
    card = await scheduler.set_up(credential=signed)
    assert card["credential"] == {"kind": "basic", "name": "shop"}
    url = f"/imports/schedules/{scheduler.id}"
    body = {"name": "Магазин", "url": files.url, "everyHours": 6, "privateAllowed": True}
    kept = await scheduler.browser.put(url, body | {"credential": signed | {"secret": None}})
    elsewhere = body | {"url": "https://other.example/people.csv", "privateAllowed": False}
    moved = await scheduler.browser.put(url, elsewhere | {"credential": signed | {"secret": None}})
    assert (kept.status_code, kept.json()["name"]) == (200, "Магазин")
    assert (moved.status_code, moved.json()["code"]) == (422, "import_secret_needed")
    assert (await scheduler.run(anyway=True))["run"]["importState"] == "done"
    with serving() as other:
        other.serve(FILE)
        files.location = other.url
        led_away = await scheduler.run(anyway=True)
        assert other.requests == []  # http, and private: not even asked
    assert led_away["run"]["reason"] == (
        "Адрес 127.0.0.1 без https. Возьмите адрес, который начинается с https://."
    )
    files.location, files.password = None, ("shop", "changed")
    refused = await scheduler.run()
    assert "401" in refused["reason"]
    async with scheduler.services.database.read() as connection:
        row = (await connection.execute(sa.select(contact_import_schedule))).one()
        fields = (await connection.scalars(sa.select(audit_row.c.fields))).all()
    assert b"s3cret" not in row.credential_sealed
    assert (
        "s3cret"
        not in refused["reason"] + str(fields) + str(row.reason) + (await scheduler.browser.get(url)).text
    )


async def test_a_header_may_be_asked_for(scheduler: Scheduler) -> None:
    scheduler.files.header = ("X-Api-Key", "key of the shop")
    card = await scheduler.create(
        credential={"kind": "header", "name": "X-Api-Key", "secret": "key of the shop"}
    )
    assert card["run"]["state"] == "fetched"


@pytest.mark.parametrize(
    ("name", "secret", "path"),
    [
        ("Host", "other.example", "$.credential.name"),
        ("X-Key\r\nHost", "x", "$.credential.name"),
        ("X-Key", "x\r\nHost: other.example", "$.credential.secret"),
    ],
)
async def test_a_header_that_can_t_be_sent_is_refused_when_it_is_entered(
    scheduler: Scheduler, name: str, secret: str, path: str
) -> None:
    credential = {"kind": "header", "name": name, "secret": secret}
    body = {"name": "Сайт", "url": "https://example.com/a.csv", "everyHours": 6, "credential": credential}
    answer = await scheduler.browser.post("/imports/schedules", body)
    assert (answer.status_code, answer.json()["path"], "other.example" in answer.text) == (422, path, False)


async def test_lists_show_an_address_without_its_query(scheduler: Scheduler) -> None:
    url = f"{scheduler.files.url}?token=SEKRET2"
    card = await scheduler.create(url=url)
    listed = (await scheduler.browser.get("/imports/schedules")).text
    assert (card["url"], "SEKRET2" in listed, f"{scheduler.files.url}?…" in listed) == (url, False, True)


async def test_only_an_administrator_lets_a_schedule_into_a_private_network(scheduler: Scheduler) -> None:
    marketer, files = scheduler.desk.browser, scheduler.files
    body = {"name": "Сайт", "url": files.url, "everyHours": 6}
    asked = await marketer.post("/imports/schedules", body | {"privateAllowed": True})
    plain = await marketer.post("/imports/schedules", body)
    inner = await scheduler.create(url=files.url.replace("http:", "https:"), privateAllowed=False)
    assert (asked.status_code, asked.json()["right"]) == (403, "hosts.approve")
    assert (plain.status_code, plain.json()["code"]) == (422, "import_address_refused")
    assert inner["run"]["reason"] == (
        "Адрес 127.0.0.1 находится во внутренней сети. Разрешить его может администратор."
    )
    own = scheduler.services.settings.port
    listener = await scheduler.create(url=f"http://127.0.0.1:{own}/api/v1/contacts")
    assert "самого Вестника" in listener["run"]["reason"]
    assert files.requests == []


@pytest.mark.parametrize(
    ("status", "media_type", "words"),
    [
        (404, "text/csv", "Файла по этому адресу нет (ответ 404)."),
        (200, "text/html; charset=utf-8", "По адресу открывается страница сайта, а не файл."),
        (500, "text/csv", "Вместо файла сервер ответил: 500."),
    ],
)
async def test_what_is_no_file_is_told_in_words(
    scheduler: Scheduler, status: int, media_type: str, words: str
) -> None:
    scheduler.files.status, scheduler.files.media_type = status, media_type
    card = await scheduler.create()
    assert card["run"]["state"] == "failed"
    assert card["run"]["reason"].startswith(words)
    assert (card["failures"], await scheduler.count(contact_import)) == (0, 0)


async def test_a_failure_that_may_pass_is_tried_again_and_then_told_once(scheduler: Scheduler) -> None:
    await scheduler.set_up()
    scheduler.files.status = 503
    waits = await scheduler.due()
    for _ in RETRY_AFTER:
        assert (waits["run"]["state"], await scheduler.count(alert)) == ("fetching", 0)
        past = sa.update(contact_import_run).where(contact_import_run.c.again_at.is_not(None))
        await scheduler.services.database.write(
            lambda connection, past=past: connection.execute(past.values(again_at=now()))  # type: ignore[misc]
        )
        await scheduler.services.schedules.fetching.look()
        waits = await scheduler.fetched()
    assert (waits["run"]["state"], waits["failures"]) == ("failed", 1)
    assert (await scheduler.due())["run"]["state"] == "fetching"
    await scheduler.browser.post(f"/imports/schedules/{scheduler.id}/pause")
    assert (await scheduler.card())["run"]["state"] == "cancelled"
    assert (await scheduler.run())["failures"] == 2
    assert await scheduler.count(alert_letter) == 1
    scheduler.files.status = 200
    works = await scheduler.run()
    assert (works["run"]["state"], works["failures"], works["reason"]) == ("unchanged", 0, None)


async def test_a_missed_time_is_made_up_for_once_and_runs_never_overlap(scheduler: Scheduler) -> None:
    card = await scheduler.set_up()
    phase = datetime.fromisoformat(card["nextAt"])
    late = phase - timedelta(hours=6 * 40)
    await scheduler.change(next_at=late)
    fetching = scheduler.services.schedules.fetching
    await fetching.look()
    await fetching.look()
    await scheduler.change(next_at=late)
    await fetching.look()
    busy = await scheduler.browser.post(f"/imports/schedules/{scheduler.id}/run", {})
    assert (busy.status_code, busy.json()["code"]) == (409, "import_schedule_busy")
    assert await scheduler.count(contact_import_run) == 2
    done = await scheduler.fetched()
    await fetching.look()
    after = await scheduler.fetched()
    assert done["run"]["state"] == after["run"]["state"] == "unchanged"
    assert datetime.fromisoformat(after["nextAt"]) == phase


async def test_a_run_that_was_killed_is_fetched_anew_and_leaves_nothing_behind(scheduler: Scheduler) -> None:
    await scheduler.set_up()
    scheduler.files.serve(MORE)
    await scheduler.change(next_at=now())
    fetching = scheduler.services.schedules.fetching
    await fetching.look()
    run = await scheduler.newest()
    assert await fetching._begun(run.id, run.run) is not None  # and here it was killed
    assert await scheduler.count(contact_import) == 2
    begun = (await scheduler.newest()).import_id
    assert ((await scheduler.card())["run"]["importId"], await scheduler.count(contact_import)) == (None, 2)
    assert (await scheduler.browser.get(f"/imports/{begun}")).status_code == 404
    card = await scheduler.fetched()
    assert (card["run"]["created"], await scheduler.count(contact_import)) == (1, 2)
    assert await fetching.fetch(run.id, run.run) is None
    assert await scheduler.names() == ["Иванов Иван", "Петрова Анна", "Сидоров Пётр"]


async def test_columns_are_set_up_anew_beginning_with_what_they_were(scheduler: Scheduler) -> None:
    await scheduler.set_up()
    scheduler.files.serve("ФИО;Почта;Город\nСидоров Пётр;petr@example.ru;Уфа\n")
    answer = await scheduler.browser.post(f"/imports/schedules/{scheduler.id}/set-up")
    card = await scheduler.fetched()
    made = (await scheduler.browser.get(f"/imports/{card['run']['importId']}")).json()
    assert (answer.status_code, made["state"], made["policy"]["duplicates"]) == (200, "uploaded", "update")
    await scheduler.desk.start(made, columns=["name", "email", None], duplicates="fill")
    await scheduler.desk.bring_on(made["id"])
    scheduler.files.serve("ФИО;Почта;Город\nОльга;olga@example.ru;Тула\n")
    assert (await scheduler.due())["run"]["created"] == 1
    assert await scheduler.names() == ["Иванов Иван", "Ольга", "Петрова Анна", "Сидоров Пётр"]


async def test_an_ended_schedule_leaves_its_imports(scheduler: Scheduler) -> None:
    await scheduler.set_up()
    gone = await scheduler.browser.delete(f"/imports/schedules/{scheduler.id}")
    page = (await scheduler.browser.get("/imports")).json()["items"]
    assert (gone.status_code, [each["scheduleName"] for each in page]) == (204, [None])
    assert await scheduler.count(contact_import_run) == 0
    undone = await scheduler.browser.post(f"/imports/{page[0]['id']}/undo")
    assert undone.status_code == 200


async def test_a_schedule_without_columns_neither_runs_nor_goes_on(scheduler: Scheduler) -> None:
    await scheduler.create()
    for path, body in (("run", {}), ("resume", None)):
        answer = await scheduler.browser.post(f"/imports/schedules/{scheduler.id}/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "import_schedule_not_set_up")
    neither = {"name": "Сайт", "url": scheduler.files.url, "privateAllowed": True}
    assert (await scheduler.browser.post("/imports/schedules", neither)).status_code == 422


def test_times_keep_their_phase_and_follow_the_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begun = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    at = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    assert Rhythm(6, None).after(at, berlin, begun=begun) == datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
    night = Rhythm(None, "02:30")
    assert night.after(datetime(2026, 3, 28, 12, tzinfo=UTC), berlin) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )
    assert night.after(datetime(2026, 10, 24, 12, tzinfo=UTC), berlin) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
