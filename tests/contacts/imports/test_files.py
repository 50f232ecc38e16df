"""Files into contacts, through HTTP and a real child process."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from tests.contacts.imports.conftest import Desk
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from vestnik.contacts.fields import Field, insert_fields
from vestnik.contacts.imports.rows import Policy
from vestnik.contacts.imports.tables import contact_import, contact_import_part
from vestnik.contacts.tables import address, contact, contact_address, suppression

FILE = """ФИО;E-mail;Телефон;Компания;ИНН
Иванов Иван;Ivan@Example.RU;8 (916) 123-45-67;ООО «Ромашка»;7707083893
Петрова Анна;anna@пример.рф;+7 912 000-00-01;ООО «Ромашка»;7707083893
"""


def counts(card: dict[str, Any]) -> dict[str, int]:
    names = ("created", "updated", "unchanged", "skipped", "rejected", "keptUnsubscribed")
    return {name: card[name] for name in names if card[name]}


def shown(row: dict[str, Any]) -> tuple[Any, ...]:
    emails = [each["address"] for each in row["emails"]]
    phones = [each["address"] for each in row["phones"]]
    return row["name"], emails, phones, row["company"] and row["company"]["name"]


async def test_a_file_is_guessed_previewed_and_brought_in(desk: Desk) -> None:
    card = await desk.upload(FILE.encode("cp1251"))
    preview = (await desk.browser.post(f"/imports/{card['id']}/preview", {})).json()
    await desk.start(card)
    done = await desk.bring_on(card["id"])
    assert preview["reading"] == {
        "format": "csv", "encoding": "cp1251", "delimiter": ";", "sheet": None, "header": True
    }  # fmt: skip
    assert preview["columns"] == ["name", "email", "phone", "company", "inn"]
    assert [row["reason"] for row in preview["taken"]] == [None, None]
    assert (done["state"], done["totalRows"], done["doneRows"], counts(done)) == (
        "done",
        2,
        2,
        {"created": 2},
    )
    assert [shown(row) for row in await desk.contacts()] == [
        ("Иванов Иван", ["ivan@example.ru"], ["+79161234567"], "ООО «Ромашка»"),
        ("Петрова Анна", ["anna@пример.рф"], ["+79120000001"], "ООО «Ромашка»"),
    ]
    async with desk.services.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(contact_import_part)) == 0


async def test_an_xlsx_is_read_as_it_looks(desk: Desk) -> None:
    file = io.BytesIO()
    book = Workbook(file)
    sheet = book.add_worksheet()
    for number, row in enumerate([["Имя", "Почта", "Телефон"], ["Анна", "anna@example.ru", 79161234567]]):
        sheet.write_row(number, 0, row)
    book.close()
    done = await desk.imported(file.getvalue())
    assert counts(done) == {"created": 1}
    assert [shown(row) for row in await desk.contacts()] == [
        ("Анна", ["anna@example.ru"], ["+79161234567"], None)
    ]


async def test_rows_that_don_t_fit_come_back_as_a_file_with_the_reasons(desk: Desk) -> None:
    done = await desk.imported("Имя,E-mail\nАнна,anna@example.ru\nИван,=не почта\n,\nПётр,petr@example.ru\n")
    text = (await desk.browser.get(f"/imports/{done['id']}/rejects")).content.decode("utf-8-sig")
    assert counts(done) == {"created": 2, "rejected": 1}
    assert list(csv.reader(io.StringIO(text), delimiter=";")) == [
        ["Строка", "Почему не взята", "Имя", "E-mail"],
        ["3", "«E-mail»: это не адрес почты", "Иван", "'=не почта"],
    ]


async def test_a_contact_is_found_by_external_id_then_e_mail_then_phone(desk: Desk) -> None:
    await desk.imported(
        "id;Имя;E-mail;Телефон\n7;Анна;anna@example.ru;\n;Иван;ivan@example.ru;\n;Пётр;;+79160000001\n"
    )
    done = await desk.imported(
        "id;Имя;E-mail;Телефон\n7;Анна Вторая;other@example.ru;\n;Иван Второй;ivan@example.ru;\n"
        ";Пётр Второй;petr@example.ru;+79160000001\n8;Однофамилец;anna@example.ru;\n"
    )
    assert counts(done) == {"created": 1, "updated": 3}
    assert [shown(row)[:3] for row in await desk.contacts()] == [
        ("Анна Вторая", ["anna@example.ru", "other@example.ru"], []),
        ("Иван Второй", ["ivan@example.ru"], []),
        ("Однофамилец", ["anna@example.ru"], []),
        ("Пётр Второй", ["petr@example.ru"], ["+79160000001"]),
    ]


async def test_two_rows_of_one_person_are_one_contact(desk: Desk) -> None:
    done = await desk.imported(
        "Имя;E-mail\nАнна;a@example.ru\nАнна Новая;a@example.ru\nАнна Новая;a@example.ru\n"
    )
    assert counts(done) == {"created": 1, "updated": 1, "unchanged": 1}
    assert [row["name"] for row in await desk.contacts()] == ["Анна Новая"]


async def test_custom_fields_are_known_by_their_titles_and_take_their_own_kind(desk: Desk) -> None:
    fields = [
        Field("born", {"ru": "День рождения", "en": "Birthday"}, "date"),
        Field("vip", {"ru": "VIP", "en": "VIP"}, "boolean"),
        Field("sum", {"ru": "Сумма", "en": "Sum"}, "number"),
    ]
    await desk.services.database.write(insert_fields, fields)
    done = await desk.imported("Имя;день рождения;vip;Sum\nАнна;1.02.1990;да;1 234,5\nИван;31.02.1990;;\n")
    [only] = await desk.contacts()
    assert (done["columns"], counts(done)) == (
        ["name", "field:born", "field:vip", "field:sum"],
        {"created": 1, "rejected": 1},
    )
    assert only["fields"] == {"born": "1990-02-01", "vip": True, "sum": 1234.5}


async def test_policies_fill_only_what_is_empty_or_skip_whole_rows(desk: Desk) -> None:
    await desk.imported("Имя;E-mail\nАнна;a@example.ru\n")
    filled = await desk.imported("Имя;E-mail;Телефон\nДругая;a@example.ru;+79160000001\n", duplicates="fill")
    skipped = await desk.imported("Имя;E-mail;Компания\nТретья;a@example.ru;ООО Лютик\n", duplicates="skip")
    assert (counts(filled), counts(skipped)) == ({"updated": 1}, {"skipped": 1})
    assert [shown(row) for row in await desk.contacts()] == [
        ("Анна", ["a@example.ru"], ["+79160000001"], None)
    ]


async def test_no_import_takes_back_an_unsubscribe(desk: Desk) -> None:
    services, actor = desk.services, await desk.actor()
    news = await services.contacts.create_category(actor, "Новости")
    await desk.imported(
        "id;Имя;E-mail\n1;А;a@example.ru\n2;Б;b@example.ru\n3;В;c@example.ru\n4;Г;d@example.ru\n"
    )
    keys = {row["name"]: int(row["id"]) for row in await desk.contacts()}
    await services.contacts.record_consent(actor, keys["А"], news, "withdrawn", "Попросил", "")
    await services.contacts.record_consent(actor, keys["Б"], None, "withdrawn", "Попросил", "")
    await services.contacts.stop(actor, "email", "c@example.ru", None, "manual")
    await services.contacts.stop(actor, "email", "stranger@example.ru", None, "manual")
    done = await desk.imported(
        "id;Имя;E-mail\n1;А;a@example.ru\n2;Б;b@example.ru\n3;В;c@example.ru, new@example.ru\n"
        "4;Г;d@example.ru\n"
        "9;Тёзка;a@example.ru\n10;Новый;fresh@example.ru, stranger@example.ru\n",
        categoryId=str(news),
        how="Форма",
    )
    counted = await services.contacts.audience_counts(services.contacts.everybody(), news, "email")
    async with services.database.read() as connection:
        primary = await connection.scalar(
            sa.select(address.c.normalised)
            .join(contact_address, contact_address.c.address_id == address.c.id)
            .join(contact, contact.c.id == contact_address.c.contact_id)
            .where(contact.c.external_id == "10", contact_address.c.is_primary)
        )
        stops = await connection.scalar(sa.select(sa.func.count()).select_from(suppression))
    assert (done["created"], done["keptUnsubscribed"]) == (2, 5)
    assert counted == {"ok": 1, "blocked": 2, "unsubscribed_all": 1, "unsubscribed_category": 2}
    assert (primary, stops) == ("stranger@example.ru", 2)


async def test_an_import_that_was_killed_goes_on_at_the_row_where_it_stood(desk: Desk) -> None:
    rows = "".join(f"Имя {number};user{number}@example.ru\n" for number in range(2_500))
    card = await desk.upload(f"Имя;E-mail\n{rows}")
    await desk.start(card)
    services, id = desk.services, int(card["id"])
    runner = services.imports.runner
    row = await services.imports.get(await desk.actor(), id)
    live = await runner._reader(row)
    live.rows.extend((await live.child.frame()).rows)  # type: ignore[union-attr]
    done = await runner._unit(row, live, list(live.rows), Policy())
    await runner.stop()
    kept = await services.imports.get(await desk.actor(), id)
    finished = await desk.bring_on(card["id"])
    assert (kept.state, kept.done_rows, 0 < done <= 1_000) == ("running", done, True)
    assert (finished["state"], finished["doneRows"], counts(finished)) == ("done", 2_500, {"created": 2_500})


async def test_undoing_brings_everything_back_but_what_changed_since(desk: Desk) -> None:
    services, actor = desk.services, await desk.actor()
    news = await services.contacts.create_category(actor, "Новости")
    await desk.imported("Имя;E-mail\nСтарая;old@example.ru\n")
    done = await desk.imported(
        "Имя;E-mail;Телефон\nНовое имя;old@example.ru;+79160000001\nА;a@example.ru;\nБ;b@example.ru;\n"
        "В;c@example.ru;\n",
        categoryId=str(news),
        how="Форма",
    )
    keys = {row["name"]: row["id"] for row in await desk.contacts()}
    await desk.browser.patch(f"/contacts/{keys['А']}", {"name": "А, исправлено"})
    await services.contacts.record_consent(actor, int(keys["Б"]), news, "withdrawn", "Попросил", "")
    answer = await desk.browser.post(f"/imports/{done['id']}/undo")
    undone = await desk.bring_on(done["id"])
    text = (await desk.browser.get(f"/imports/{done['id']}/not-undone")).content.decode("utf-8-sig")
    assert answer.json()["state"] == "undoing"
    assert (undone["state"], undone["undone"], undone["notUndone"]) == ("undone", 2, 2)
    assert [shown(row) for row in await desk.contacts()] == [
        ("А, исправлено", ["a@example.ru"], [], None),
        ("Б", ["b@example.ru"], [], None),
        ("Старая", ["old@example.ru"], [], None),
    ]
    assert [row[1:] for row in csv.reader(io.StringIO(text), delimiter=";")] == [
        ["Контакт", "Почему оставлен"],
        ["А, исправлено", "Изменён после импорта"],
        ["Б", "Человек с тех пор выбрал подписки: его выбор не удаляется"],
    ]


async def test_files_that_can_t_be_read_are_refused_in_words(desk: Desk) -> None:
    empty = await desk.send(b"\n\n", "a.csv")
    broken = await desk.send(b"PK\x03\x04 nothing", "a.xlsx")
    assert [(each.status_code, each.json()["detail"]) for each in (empty, broken)] == [
        (422, "В файле нет строк."),
        (422, "Файл не читается: нужен CSV или XLSX. Сохраните таблицу заново."),
    ]
    async with desk.services.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(contact_import)) == 0


async def test_an_import_is_stopped_and_resumed(desk: Desk) -> None:
    card = await desk.upload("Имя;E-mail\nАнна;a@example.ru\n")
    await desk.start(card)
    stopped = await desk.browser.post(f"/imports/{card['id']}/cancel")
    untouched = await desk.bring_on(card["id"])
    await desk.browser.post(f"/imports/{card['id']}/resume")
    done = await desk.bring_on(card["id"])
    assert [each["state"] for each in (stopped.json(), untouched, done)] == ["cancelled", "cancelled", "done"]
    assert (untouched["doneRows"], counts(done)) == (0, {"created": 1})


async def test_consent_without_evidence_and_files_without_anybody_are_refused(desk: Desk) -> None:
    news = await desk.services.contacts.create_category(await desk.actor(), "Новости")
    card = await desk.upload("Имя;E-mail\nАнна;a@example.ru\n")
    body = {"reading": card["reading"], "columns": card["columns"], "policy": {"categoryId": str(news)}}
    answers = [
        await desk.browser.post(f"/imports/{card['id']}/start", body),
        await desk.browser.post(f"/imports/{card['id']}/start", {**body, "columns": ["company", None]}),
        await desk.browser.post(f"/imports/{card['id']}/start", {**body, "columns": ["field:none", "email"]}),
    ]
    assert [each.json()["code"] for each in answers] == ["evidence_needed", "no_mapping", "unknown_target"]


async def test_a_segment_that_is_archived_meanwhile_takes_nobody_and_the_result_says_how_many(
    desk: Desk,
) -> None:
    segments = desk.services.segments
    chosen = await segments.create(await desk.actor(), "Руками")
    card = await desk.upload("E-mail\nanna@example.ru\nboris@example.ru\n")
    await desk.start(card, segmentId=str(chosen))
    await segments.archive(await desk.actor(), chosen)
    done = await desk.bring_on(card["id"])
    assert (done["state"], done["created"], done["leftOut"]) == ("done", 2, 2)
    kept = await segments.create(await desk.actor(), "Руками")
    again = await desk.imported("E-mail\nanna@example.ru\n", segmentId=str(kept))
    assert (again["unchanged"], again["leftOut"]) == (1, 0)


@pytest.mark.parametrize(
    ("kept", "row", "expected"),
    [
        (";+79160000001", ";+79160000001", "updated"),
        (";+79160000001", "new@example.ru;+79160000001", "updated"),
        ("old@example.ru;+79160000001", ";+79160000001", "updated"),
        ("old@example.ru;+79160000001", "new@example.ru;+79160000001", "created"),
    ],
)
async def test_a_phone_finds_a_contact_only_where_one_of_the_two_has_no_e_mail(
    desk: Desk, kept: str, row: str, expected: str
) -> None:
    await desk.imported(f"E-mail;Телефон;Имя\n{kept};Анна\n")
    assert counts(await desk.imported(f"E-mail;Телефон;Имя\n{row};Вера\n")) == {expected: 1}


async def test_the_number_that_a_failed_import_shows_is_in_the_log(desk: Desk) -> None:
    card = await desk.upload("Имя;E-mail\nАнна;a@example.ru\n")
    await desk.start(card)
    this = sa.update(contact_import).where(contact_import.c.id == int(card["id"]))

    async def policy_is(policy: dict[str, Any]) -> None:
        await desk.services.database.write(lambda connection: connection.execute(this.values(policy=policy)))

    await policy_is({"duplicates": 5})
    with structlog.testing.capture_logs() as logs:
        await desk.bring_on(card["id"])
    await policy_is({"duplicates": "update"})
    failed = await desk.bring_on(card["id"])
    [line] = [line for line in logs if line["event"] == "contacts.import_failed"]
    assert (failed["state"], line["import_id"], line["error"]) == (
        "failed",
        int(card["id"]),
        "ValidationError",
    )
    assert f"под номером {line['reference']}." in failed["reason"]
