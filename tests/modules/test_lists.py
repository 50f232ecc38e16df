"""Lists over HTTP: imported from the service page by page, created there, mapped to categories."""

from __future__ import annotations

from typing import Any

import pytest
from tests.modules.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE = "https://api.example.com"

#: Three lists on two pages, the second one prepared by a job.
PAGES = """
async def CRM_Marketing_GetLists(cursor):
    if cursor is None:
        return {"items": [{"externalId": "1", "name": "Новости"}, {"externalId": "2", "name": "Акции"}],
                "nextCursor": "two"}
    if cursor == "two":
        return {"jobId": "j"}
    return {"items": [{"externalId": "3", "name": "События"}]}


async def CRM_Marketing_GetJob(jobId):
    return {"jobId": jobId, "status": "done", "cursor": "three"}


async def CRM_Marketing_CreateList(name):
    return {"externalId": "44", "name": name}
"""

ENDLESS = """
async def CRM_Marketing_GetLists(cursor):
    return {"items": [{"externalId": "1", "name": "Новости"}], "nextCursor": "again"}
"""


async def opened(site: Site, source: str = PAGES) -> str:
    return str(await site.account(await site.module(source), SERVICE))


def shown(page: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(each["externalId"], each["title"], each["categoryName"]) for each in page["items"]]


async def test_all_pages_are_imported_and_what_is_mapped_stays_so(site: Site) -> None:
    account_id = await opened(site)
    page = await site.post(f"/accounts/{account_id}/lists/import")
    assert shown(page) == [("2", "Акции", None), ("1", "Новости", None), ("3", "События", None)]
    news = next(each["id"] for each in page["items"] if each["externalId"] == "1")
    answer = await site.request("PUT", f"/accounts/{account_id}/lists/{news}", {"categoryId": "7"})
    assert shown(answer.json())[1] == ("1", "Новости", "Новости")
    assert shown(await site.post(f"/accounts/{account_id}/lists/import"))[1] == ("1", "Новости", "Новости")
    assert dict(site.modules.categories_of_lists(int(account_id))) == {"1": 7}
    await site.request("PUT", f"/accounts/{account_id}/lists/{news}", {"categoryId": None})
    assert dict(site.modules.categories_of_lists(int(account_id))) == {}


async def test_a_list_is_created_for_its_category(site: Site) -> None:
    account_id = await opened(site)
    page = await site.post(f"/accounts/{account_id}/lists", {"title": "Дайджест", "categoryId": "7"})
    assert shown(page) == [("44", "Дайджест", "Новости")]
    assert dict(site.modules.categories_of_lists(int(account_id))) == {"44": 7}


async def test_a_service_that_never_ends_changes_nothing(site: Site) -> None:
    account_id = await opened(site, ENDLESS)
    status, code, _ = await site.refused("POST", f"/accounts/{account_id}/lists/import")
    assert (status, code) == (502, "lists_not_read")
    assert shown(await site.get(f"/accounts/{account_id}/lists")) == []


async def test_a_module_without_lists_says_so(site: Site) -> None:
    account_id = await opened(site, "X = 1\n")
    status, code, _ = await site.refused("POST", f"/accounts/{account_id}/lists/import")
    assert (status, code) == (501, "module_not_implemented")


async def test_unknown_lists_categories_and_accounts_are_not_found(site: Site) -> None:
    account_id = await opened(site)
    attempts = [
        ("PUT", f"/accounts/{account_id}/lists/1", {"categoryId": "7"}),
        ("POST", f"/accounts/{account_id}/lists", {"title": "x", "categoryId": "8"}),
        ("POST", "/accounts/999/lists/import", None),
    ]
    assert [(await site.refused(*attempt))[0] for attempt in attempts] == [404, 404, 404]
