"""Many contacts in one request, and contacts into files."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from tests.contacts.imports.conftest import Desk

from vestnik.contacts import exporting


async def upsert(desk: Desk, *contacts: Any) -> list[dict[str, Any]]:
    answer = await desk.browser.post("/contacts/batch", {"contacts": list(contacts)})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_a_batch_creates_updates_and_tells_of_each(desk: Desk) -> None:
    first = await upsert(desk, {"externalId": "7", "name": "Анна", "emails": ["Anna@Example.ru"]})
    results = await upsert(
        desk,
        {"externalId": "7", "name": "Анна Вторая"},
        {"emails": ["ANNA@example.ru"], "name": "Анна Вторая"},
        {"emails": ["не почта"]},
        {"externalId": "8", "fields": {"none": 1}},
        {"name": "Никто"},
        {"externalId": 9},
        {"externalId": "10", "phones": ["8 916 000-00-01"], "company": {"name": "ООО «Ромашка»"}},
    )
    statuses = [(each["index"], each["status"], each["error"] and each["error"]["code"]) for each in results]
    assert [each["status"] for each in first] == ["created"]
    assert statuses == [
        (0, "updated", None),
        (1, "unchanged", None),
        (2, "error", "invalid_address"),
        (3, "error", "unknown_field"),
        (4, "error", "nobody"),
        (5, "error", "invalid_request"),
        (6, "created", None),
    ]
    assert [each["error"]["path"] for each in results if each["error"]] == [
        *("$.emails[0]", "$.fields.none", "$", "$.externalId"),
    ]
    assert "ожидается текст или null, а здесь целое число" in results[5]["error"]["detail"]
    assert {each["id"] for each in (*first, *results[:2])} == {first[0]["id"]}


@pytest.mark.parametrize(
    ("kept", "given", "expected"),
    [
        ([], [], "updated"),
        ([], ["new@example.ru"], "updated"),
        (["old@example.ru"], [], "updated"),
        (["old@example.ru"], ["new@example.ru"], "created"),
    ],
)
async def test_a_phone_finds_a_contact_only_where_one_of_the_two_has_no_e_mail(
    desk: Desk, kept: list[str], given: list[str], expected: str
) -> None:
    phones = ["+79160000001"]
    await upsert(desk, {"name": "Анна", "emails": kept, "phones": phones})
    [result] = await upsert(desk, {"name": "Вера", "emails": given, "phones": phones})
    assert result["status"] == expected


async def test_a_consent_of_a_batch_takes_back_no_unsubscribe(desk: Desk) -> None:
    services, actor = desk.services, await desk.actor()
    news = await services.contacts.create_category(actor, "Новости")
    [made] = await upsert(desk, {"emails": ["a@example.ru"]})
    await services.contacts.record_consent(actor, int(made["id"]), news, "withdrawn", "Попросил", "")
    consent = {"categoryId": str(news), "how": "Форма"}
    kept, given, unknown = await upsert(
        desk,
        {"emails": ["a@example.ru"], "consent": consent},
        {"emails": ["b@example.ru"], "consent": consent},
        {"emails": ["c@example.ru"], "consent": {**consent, "categoryId": "999"}},
    )
    verdicts = await services.contacts.audience_counts(services.contacts.everybody(), news, "email")
    assert (kept["status"], kept["keptUnsubscribed"], given["keptUnsubscribed"]) == ("unchanged", True, False)
    assert (unknown["status"], unknown["error"]["code"]) == ("error", "unknown_category")
    assert verdicts == {"ok": 1, "unsubscribed_category": 1}


async def test_a_bad_contact_harms_no_other_and_says_where_it_is_bad(desk: Desk) -> None:
    results = await upsert(
        desk,
        {"externalId": "1", "name": "a\0b"},
        {"externalId": "2", "surname": "Иванова"},
        {"externalId": "3", "fields": {"town": None}},
        {"externalId": "4", "fields": {"\0": "x"}},
        {"externalId": "5"},
    )
    assert [(each["status"], each["error"] and each["error"]["path"]) for each in results] == [
        ("error", "$.name"),
        ("error", "$.surname"),
        ("error", "$.fields.town"),
        ("error", "$.fields"),
        ("created", None),
    ]
    assert "U+0000" in results[0]["error"]["detail"]


async def test_json_that_is_nested_without_end_is_refused(desk: Desk) -> None:
    for body in ("[" * 20_000, '{"contacts":[' + "[" * 20_000, '{"contacts":[{"name":' + '{"a":' * 20_000):
        answer = await desk.browser.client.post(
            "/api/v1/contacts/batch", content=body, headers=desk.browser.headers
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_more_than_a_thousand_contacts_are_refused(desk: Desk) -> None:
    answer = await desk.browser.post("/contacts/batch", {"contacts": [{"externalId": "1"}] * 1_001})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_an_export_is_a_file_that_can_be_imported_and_runs_no_formula(desk: Desk) -> None:
    await upsert(
        desk,
        {"externalId": "1", "name": "=1+1", "emails": ["a@example.ru"], "phones": ["+79160000001"]},
        {"externalId": "2", "name": "Иван", "emails": ["b@example.ru", "c@example.ru"]},
    )
    whole = await desk.browser.post("/contacts/export", {})
    part = await desk.browser.post("/contacts/export", {"selection": {"search": "b@exa"}, "format": "xlsx"})
    rows = list(csv.reader(io.StringIO(whole.content.decode("utf-8-sig")), delimiter=";"))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(part.content)).get_sheet_by_index(0).to_python()
    again = await desk.imported(whole.content)
    assert [row[:4] for row in rows] == [
        ["Внешний номер", "Имя", "Почта", "Телефон"],
        ["1", "'=1+1", "a@example.ru", "+79160000001"],
        ["2", "Иван", "b@example.ru, c@example.ru", ""],
    ]
    assert [row[:3] for row in sheet[1:]] == [["2", "Иван", "b@example.ru, c@example.ru"]]
    assert (again["unchanged"], again["rejected"], again["doneRows"]) == (2, 0, 2)


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ({}, ["анна", "Борис", "Вера", "Ёлка", "Яков"]),
        ({"sort": "-name"}, ["Яков", "Ёлка", "Вера", "Борис", "анна"]),
        ({"sort": "created"}, ["Вера", "анна", "Яков", "Ёлка", "Борис"]),
        ({"sort": "-created", "search": "ёлка"}, ["Ёлка"]),
        ({"sort": "-name", "filters": {"hasEmail": True}}, ["Яков", "Борис"]),
    ],
)
async def test_an_export_goes_in_the_order_of_the_list(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, selection: dict[str, Any], names: list[str]
) -> None:
    monkeypatch.setattr(exporting, "PAGE_ROWS", 2)
    monkeypatch.setattr(exporting, "KEYS_AT_ONCE", 3)
    with_mail = {"Борис": "b@example.ru", "Яков": "y@example.ru"}
    for number, name in enumerate(("Вера", "анна", "Яков", "Ёлка", "Борис")):
        emails = {"emails": [with_mail[name]]} if name in with_mail else {}
        await upsert(desk, {"externalId": f"{number}", "name": name, **emails})
    answer = await desk.browser.post("/contacts/export", {"selection": selection})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [row[1] for row in rows[1:]] == names


async def test_who_may_not_export_gets_no_file(desk: Desk) -> None:
    sales = await desk.installation.signed_in("sales_manager")
    answer = await sales.post("/contacts/export", {})
    assert (answer.status_code, answer.json()["right"]) == (403, "contacts.export")
