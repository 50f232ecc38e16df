"""Contacts, categories and the stop-list over HTTP, with sessions and rights."""

from __future__ import annotations

from typing import Any

import pytest
from tests.application import Installation

ANNA = {"name": "Анна Ёлкина", "emails": ["Anna@Example.RU", "a2@example.ru"], "phones": ["8 916 123-45-67"]}


async def made(installation: Installation) -> tuple[Any, str]:
    """A marketer's browser and the key of a contact that it created."""
    browser = await installation.signed_in("marketer")
    answer = await browser.post("/contacts", ANNA)
    assert answer.status_code == 201, answer.text
    return browser, answer.json()["id"]


async def test_a_contact_is_created_found_and_read_whole(installation: Installation) -> None:
    browser, id = await made(installation)
    category = (await browser.post("/categories", {"title": "Новости"})).json()["id"]
    page = (await browser.get("/contacts?search=елкина&sort=-created")).json()
    assert (page["total"], [row["id"] for row in page["items"]]) == (1, [id])
    card = (await browser.get(f"/contacts/{id}")).json()
    assert card == {
        "id": id,
        "name": "Анна Ёлкина",
        "email": "anna@example.ru",
        "phone": "+79161234567",
        "emails": [
            {"id": card["emails"][0]["id"], "address": "anna@example.ru", "primary": True, "stops": []},
            {"id": card["emails"][1]["id"], "address": "a2@example.ru", "primary": False, "stops": []},
        ],
        "phones": [{"id": card["phones"][0]["id"], "address": "+79161234567", "primary": True, "stops": []}],
        "company": None,
        "ownerId": None,
        "fields": {},
        "blocked": False,
        "unsubscribed": False,
        "createdAt": card["createdAt"],
        "updatedAt": card["updatedAt"],
        "lastActivityAt": None,
        "externalId": None,
        "companyInn": None,
        "owner": None,
        "categories": [
            {
                "categoryId": category,
                "title": "Новости",
                "subscribed": True,
                "state": None,
                "at": None,
                "how": None,
                "fromWhere": None,
            }
        ],
    }


async def test_the_stop_list_shows_on_the_card_and_is_lifted_with_a_ground(
    installation: Installation,
) -> None:
    browser, id = await made(installation)
    stop = {"address": "anna@example.ru"}
    assert (await browser.post("/stop-list", stop)).status_code == 204
    [row] = (await browser.get(f"/contacts/{id}")).json()["emails"][0]["stops"]
    assert (row["reason"], row["categoryId"]) == ("manual", None)
    lifted = await browser.post("/stop-list/remove", {**stop, "how": "Позвонила сама"})
    assert (lifted.status_code, lifted.json()) == (200, {"removed": 1})
    assert (await browser.get(f"/contacts/{id}")).json()["emails"][0]["stops"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/contacts", {"name": ""}, 422, "invalid_request"),
        ("POST", "/contacts", {"name": "А", "emails": ["не адрес"]}, 422, "invalid_address"),
        ("POST", "/contacts", {"name": "А", "fields": {"x": "y"}}, 422, "unknown_field"),
        ("POST", "/contacts", {"name": "А", "companyId": "404"}, 422, "unknown_client"),
        ("POST", "/contacts", {"name": "А", "companyId": "9" * 19}, 404, "not_found"),
        ("GET", "/contacts/404", None, 404, "not_found"),
        ("PATCH", "/contacts/404", {"name": "Б"}, 404, "not_found"),
        ("POST", "/contacts/404/consents", {"state": "given", "how": "x"}, 404, "not_found"),
        ("GET", "/contacts?limit=5000", None, 422, "invalid_request"),
        ("GET", "/contacts?sort=age", None, 422, "invalid_request"),
        ("POST", "/categories", {"title": "   "}, 422, "invalid_request"),
        ("POST", "/stop-list", {"address": "a@example.ru", "categoryId": "404"}, 422, "unknown_category"),
    ],
)
async def test_what_is_wrong_is_said_by_its_code(
    installation: Installation, method: str, path: str, body: Any, status: int, code: str
) -> None:
    browser = await installation.signed_in("marketer")
    answer = await browser.request(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_an_integrator_reads_contacts_and_changes_none(installation: Installation) -> None:
    _, id = await made(installation)
    integrator = await installation.signed_in("integrator")
    assert (await integrator.get(f"/contacts/{id}")).status_code == 200
    for method, path, body in (
        ("POST", "/contacts", ANNA),
        ("PATCH", f"/contacts/{id}", {"name": "Б"}),
        ("POST", "/categories", {"title": "Акции"}),
        ("POST", "/stop-list", {"address": "anna@example.ru"}),
    ):
        assert (await integrator.request(method, path, body)).status_code == 403
    stranger = await installation.browser()
    assert (await stranger.get("/contacts")).status_code == 401
