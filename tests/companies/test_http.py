"""Companies over HTTP: responsible, addresses, what belongs to them, the file."""

from __future__ import annotations

from typing import Any

import pytest
from tests.application import Browser, Installation, day_of

from vestnik.companies.finding import add_addresses, find_or_create_by_inn
from vestnik.companies.service import NewClient, insert_clients
from vestnik.contacts.demo import remove_demo
from vestnik.db import Database

INN = "7709745454"


async def made(browser: Browser, **given: Any) -> dict[str, Any]:
    answer = await browser.post("/companies", {"name": "ООО «Ромашка»", **given})
    assert answer.status_code == 201, answer.text
    company: dict[str, Any] = answer.json()
    return company


async def test_a_company_has_somebody_responsible_and_addresses(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    [own] = (await browser.get("/contacts/owners")).json()
    company = await made(
        browser,
        inn=INN,
        responsibleId=own["id"],
        emails=["Sale@Romashka.RU", "sale@romashka.ru"],
        phones=["8 (925) 642-42-90"],
    )
    assert company == {
        "id": company["id"],
        "kind": "company",
        "name": "ООО «Ромашка»",
        "namePending": False,
        "inn": INN,
        "kpp": None,
        "responsible": own,
        "emails": ["Sale@Romashka.RU"],
        "phones": ["8 (925) 642-42-90"],
        "createdAt": company["createdAt"],
        "updatedAt": company["updatedAt"],
    }
    path = f"/companies/{company['id']}"
    kept = (await browser.put(path, {"name": "Ромашка", "inn": INN})).json()
    assert (kept["name"], kept["responsible"], kept["phones"]) == ("Ромашка", own, ["8 (925) 642-42-90"])
    emptied = {"name": "Ромашка", "responsibleId": None, "emails": ["b@romashka.ru"], "phones": []}
    changed = (await browser.put(path, emptied)).json()
    assert (changed["responsible"], changed["emails"], changed["phones"]) == (None, ["b@romashka.ru"], [])


async def test_who_read_a_client_before_it_was_changed_does_not_overwrite_it(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("sales_manager")
    company = await made(browser, inn=INN)
    path, read = f"/companies/{company['id']}", company["updatedAt"]
    saved = (await browser.put(path, {"name": "Ромашка", "inn": INN, "unchangedSince": read})).json()
    refused = await browser.put(path, {"name": "Лютик", "inn": INN, "unchangedSince": read})
    assert (refused.status_code, refused.json()["code"]) == (409, "client_changed")
    assert (await browser.get(path)).json()["name"] == "Ромашка"
    again = {"name": "Лютик", "inn": INN, "unchangedSince": saved["updatedAt"]}
    assert (await browser.put(path, again)).json()["name"] == "Лютик"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("642-42-90", True),
        ("8 925 642 42 90", True),
        ("+79256424290", True),
        ("SALE@romash", True),
        ("7709", True),
        ("ромаш", True),
        ("642-42-91", False),
        ("_", False),
    ],
)
async def test_a_company_is_found_by_phone_and_e_mail(
    installation: Installation, search: str, found: bool
) -> None:
    browser = await installation.signed_in("sales_manager")
    company = await made(browser, inn=INN, emails=["sale@romashka.ru"], phones=["8 (925) 642-42-90"])
    await made(browser, name="Лютик", emails=["lutik@example.ru"], phones=["8 916 000-00-01"])
    page = (await browser.get("/companies", params={"search": search})).json()
    assert [each["id"] for each in page["items"]] == ([company["id"]] if found else [])


async def test_clients_are_found_by_kind_responsible_and_a_name_that_is_missing(
    installation: Installation, database: Database
) -> None:
    browser = await installation.signed_in("sales_manager")
    [own] = (await browser.get("/contacts/owners")).json()
    await made(browser, name="Лютик", responsibleId=own["id"])
    await made(browser, name="Анна Петрова", kind="person")
    await database.write(find_or_create_by_inn, INN)

    async def names(**query: str) -> list[str]:
        page = (await browser.get("/companies", params=query)).json()
        assert page["total"] == len(page["items"])
        return [each["name"] for each in page["items"]]

    assert await names(kind="person") == ["Анна Петрова"]
    assert await names(responsibleId=own["id"]) == ["Лютик"]
    assert await names(namePending="false") == ["Анна Петрова", "Лютик"]
    [unnamed] = await names(namePending="true")
    assert INN in unnamed
    assert await names(kind="person", search="лют") == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"responsibleId": "404"}, "unknown_responsible"),
        ({"emails": ["не адрес"]}, "invalid_address"),
        ({"phones": ["+7 000 000-00-00"]}, "unassigned_number"),
        ({"phones": ["1"] * 21}, "invalid_request"),
    ],
)
async def test_what_can_not_be_is_refused_and_nothing_stored(
    installation: Installation, body: dict[str, Any], code: str
) -> None:
    browser = await installation.signed_in("sales_manager")
    answer = await browser.post("/companies", {"name": "Ромашка", **body})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await browser.get("/companies")).json()["total"] == 0


async def test_a_name_that_was_to_be_completed_is_complete_once_somebody_wrote_it(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("sales_manager")
    id, _ = await installation.services.database.write(find_or_create_by_inn, INN)
    card = (await browser.get(f"/companies/{id}")).json()
    assert (card["name"], card["namePending"]) == (f"ИНН {INN}", True)
    kept = (
        await browser.put(f"/companies/{id}", {"name": f"ИНН {INN}", "inn": INN, "kpp": "770001001"})
    ).json()
    assert (kept["kpp"], kept["namePending"]) == ("770001001", True)
    named = (await browser.put(f"/companies/{id}", {"name": "Солвент", "inn": INN})).json()
    assert (named["name"], named["namePending"]) == ("Солвент", False)


async def test_the_card_tells_what_belongs_to_a_company(installation: Installation) -> None:
    browser = await installation.signed_in("sales_manager")
    company = await made(browser)
    of_company = {"companyId": company["id"]}
    ids = []
    for number in range(7):
        person = {"name": f"Анна {number}", "emails": [f"anna{number}@example.ru"], **of_company}
        ids.append((await browser.post("/contacts", person)).json()["id"])
    deal = (await browser.post("/deals", {"title": "Вывеска", "clientId": company["id"]})).json()
    related = {
        each["kind"]: each for each in (await browser.get(f"/companies/{company['id']}")).json()["related"]
    }
    contacts = related["contacts"]
    assert (contacts["total"], len(contacts["items"])) == (7, 5)
    newest = contacts["items"][0]
    assert newest == {
        "id": ids[-1],
        "title": "Анна 6",
        "link": f"/contacts/{ids[-1]}",
        "at": newest["at"],
        "detail": "anna6@example.ru",
    }
    assert related["deals"] == {
        "kind": "deals",
        "total": 1,
        "items": [
            {
                "id": deal["id"],
                "title": "№ 1 Вывеска",
                "link": f"/deals/{deal['id']}",
                "at": deal["createdAt"],
                "detail": "Новая",
            }
        ],
    }
    integrator = await installation.signed_in("integrator")
    seen = (await integrator.get(f"/companies/{company['id']}")).json()["related"]
    assert "contacts" in {each["kind"] for each in seen}
    assert not {"deals", "orders", "tickets"} & {each["kind"] for each in seen}


async def test_companies_go_into_a_file_that_no_spreadsheet_takes_for_formulas(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("marketer")
    [own] = (await browser.get("/contacts/owners")).json()
    await made(browser, inn=INN, responsibleId=own["id"], emails=["a@example.ru"], phones=["+79161234567"])
    company = await made(browser, name="=СУММ(1)", kind="person")
    day = day_of(company["createdAt"])
    answer = await browser.get("/companies/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "Название;Тип;ИНН;КПП;Почта;Телефон;Ответственный;Добавлен",
        f"'=СУММ(1);частное лицо;;;;;;{day}",
        f"ООО «Ромашка»;компания;{INN};;a@example.ru;+79161234567;Имя marketer;{day}",
    ]
    found = await browser.get("/companies/export", params={"search": "ромашка"})
    assert len(found.text.splitlines()) == 2
    manager = await installation.signed_in("sales_manager")
    assert (await manager.get("/companies/export")).status_code == 403


async def test_a_long_list_goes_into_the_file_whole(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vestnik.companies.directory._EXPORTED_AT_ONCE", 2)
    browser = await installation.signed_in("marketer")
    for name in ("Б", "А", "Б", "В", "А"):
        await made(browser, name=name)
    lines = (await browser.get("/companies/export")).text.splitlines()[1:]
    assert [line.split(";")[0] for line in lines] == ["А", "А", "Б", "Б", "В"]


async def test_addresses_of_the_demos_companies_go_with_them(installation: Installation) -> None:
    database = installation.services.database
    new = [NewClient("Демо", external_id="demo-1"), NewClient("Своя")]
    demo, own = await database.write(insert_clients, new)
    for id in (demo, own):
        await database.write(add_addresses, id, ["we@example.ru"], [])
    await database.write(remove_demo)
    browser = await installation.signed_in("marketer")
    [left] = (await browser.get("/companies")).json()["items"]
    assert (left["name"], left["emails"]) == ("Своя", ["we@example.ru"])
