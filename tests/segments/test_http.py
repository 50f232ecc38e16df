"""Segments over HTTP."""

from __future__ import annotations

from typing import Any

from tests.application import Installation

RULE: dict[str, Any] = {
    "combinator": "and",
    "rules": [{"field": "name", "operator": "beginsWith", "value": "ан"}],
}


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
        "group": "subscription",
    }
    assert fields["campaigns.opened"]["operators"] == ["inLast", "ofCampaign", "lastDays", "ever", "never"]


async def test_a_wrong_rule_names_its_path_and_a_reader_may_not_write(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    wrong = {"combinator": "and", "rules": [{"field": "shoe", "operator": "=", "value": 1}]}
    answer = await browser.post("/segments", {"name": "Новый", "rule": wrong})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "Условие «shoe»: такого поля у контактов нет.",
    )
    seller = await installation.signed_in("sales_manager")
    assert (await seller.post("/segments", {"name": "Новый", "rule": RULE})).status_code == 403
    assert (await seller.post("/segments/count", {"rule": RULE})).json() == {"count": 0}


async def test_a_rule_shows_a_sample_and_why_somebody_is_in(installation: Installation) -> None:
    browser = await installation.signed_in("marketer")
    anna, vera = [(await browser.post("/contacts", {"name": name})).json()["id"] for name in ("Анна", "Вера")]
    sample = (await browser.post("/segments/sample", {"rule": RULE})).json()["items"]
    assert [row["id"] for row in sample] == [anna]
    explained = {"combinator": "and", "rules": [], "holds": False}
    explained["rules"] = [
        {**RULE["rules"][0], "holds": False, "actual": {"kind": "texts", "texts": ["Вера"]}}
    ]
    why = await browser.post("/segments/why", {"rule": RULE, "contactId": vera})
    assert why.json() == {"holds": False, "rule": explained, "mergedInto": None}
    id = (await browser.post("/segments", {"name": "На «Ан»", "rule": RULE})).json()["id"]
    assert (await browser.get(f"/segments/{id}/contacts/{vera}/why")).json() == why.json()
    assert (await browser.get(f"/segments/{id}/contacts/{anna}/why")).json()["holds"] is True
    static = (await browser.post("/segments", {"name": "Избранные", "members": [vera]})).json()["id"]
    listed = {"holds": True, "rule": None, "mergedInto": None}
    assert (await browser.get(f"/segments/{static}/contacts/{vera}/why")).json() == listed
    assert (await browser.get(f"/segments/{static}/contacts/{anna}/why")).json()["holds"] is False
    assert (await browser.get(f"/segments/{static}/contacts/404/why")).status_code == 404


async def test_the_list_shows_what_was_counted_last_until_the_segment_changes(
    installation: Installation,
) -> None:
    browser = await installation.signed_in("marketer")
    await browser.post("/contacts", {"name": "Анна"})
    id = (await browser.post("/segments", {"name": "На «Ан»", "rule": RULE})).json()["id"]
    assert (await browser.get("/segments")).json()["items"][0]["members"] is None
    await browser.get(f"/segments/{id}/count")
    [listed] = (await browser.get("/segments")).json()["items"]
    assert (listed["members"], listed["countedAt"] >= listed["updatedAt"]) == (1, True)
    await browser.patch(f"/segments/{id}", {"rule": {"combinator": "and", "rules": []}})
    assert (await browser.get(f"/segments/{id}")).json()["countedAt"] is None
