"""Segments over HTTP."""

from __future__ import annotations

from tests.application import Installation

RULE = {"combinator": "and", "rules": [{"field": "name", "operator": "beginsWith", "value": "ан"}]}


async def test_a_segment_is_built_counted_changed_and_archived(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    people = {
        name: (await browser.post("/contacts", {"name": name})).json()["id"]
        for name in ("Анна", "Антон", "Вера")
    }
    assert (await browser.post("/segments/count", {"rule": RULE})).json() == {"count": 2}
    id = (await browser.post("/segments", {"name": "На «Ан»", "rule": RULE})).json()["id"]
    shown = (await browser.get(f"/segments/{id}")).json()
    assert (shown["name"], shown["kind"], shown["rule"]) == ("На «Ан»", "dynamic", RULE)
    assert (await browser.get(f"/segments/{id}/count")).json() == {"count": 2}
    page = (await browser.get(f"/segments/{id}/contacts?sort=-name")).json()
    assert [row["name"] for row in page["items"]] == ["Антон", "Анна"]
    chosen = {"name": "Избранные", "members": [people["Вера"]]}
    static = (await browser.post("/segments", chosen)).json()["id"]
    change = {"add": [people["Анна"]], "remove": [people["Вера"]]}
    assert (await browser.post(f"/segments/{static}/members", change)).status_code == 204
    assert (await browser.get(f"/segments/{static}/count")).json() == {"count": 1}
    assert (await browser.delete(f"/segments/{static}")).status_code == 204
    assert [each["id"] for each in (await browser.get("/segments")).json()["items"]] == [id]


async def test_the_builder_learns_its_fields_in_the_readers_language(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    fields = {each["name"]: each for each in (await browser.get("/segments/fields")).json()}
    assert fields["category"] == {
        "name": "category",
        "title": "Категория рассылок",
        "value": "category",
        "operators": ["subscribed", "unsubscribed"],
        "options": [],
    }


async def test_a_wrong_rule_names_its_path_and_a_reader_may_not_write(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    wrong = {"combinator": "and", "rules": [{"field": "shoe", "operator": "=", "value": 1}]}
    answer = await browser.post("/segments", {"name": "Новый", "rule": wrong})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "Правило, $.rules[0].field: такого поля нет.",
    )
    seller = await installation.signed_in("sales_manager")
    assert (await seller.post("/segments", {"name": "Новый", "rule": RULE})).status_code == 403
    assert (await seller.post("/segments/count", {"rule": RULE})).json() == {"count": 0}
