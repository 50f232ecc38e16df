"""A desk on each kind of database, and an installation whose leads come by HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.application import Browser, Installation, installation, settings
from tests.intake.leads.desk import Desk

from vestnik.db import Database

__all__ = ["installation", "settings"]


@pytest.fixture
def desk(database: Database) -> Desk:
    """Leads on a database of this test's own."""
    return Desk(database)


@dataclass
class Office:
    """A sales manager's browser, and what tests ask of it again and again."""

    installation: Installation
    browser: Browser
    admin_id: int
    own_id: int

    async def add(self, **body: Any) -> dict[str, Any]:
        """A lead that the manager enters; its card."""
        answer = await self.browser.post("/leads", body)
        assert answer.status_code == 201, answer.text
        return await self.card(answer.json()["id"])

    async def card(self, id: str) -> dict[str, Any]:
        answer = await self.browser.get(f"/leads/{id}")
        assert answer.status_code == 200, answer.text
        card: dict[str, Any] = answer.json()
        return card

    async def does(self, id: str, what: str, body: Any = None) -> dict[str, Any]:
        """Something done to a lead; the card that is answered."""
        answer = await self.browser.post(f"/leads/{id}/{what}", body)
        assert answer.status_code == 200, answer.text
        card: dict[str, Any] = answer.json()
        return card

    async def listed(self, **query: Any) -> list[str]:
        """Titles of the leads that a query finds."""
        answer = await self.page(**query)
        return [each["title"] for each in answer["items"]]

    async def page(self, **query: Any) -> dict[str, Any]:
        answer = await self.browser.get("/leads", params=query)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def refused(self, answer: httpx.Response, status: int, code: str) -> None:
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.fixture
async def office(installation: Installation) -> Office:
    """A sales manager who is signed in; the administrator is the Coordinator."""
    admin_id = await installation.add_user("administrator")
    own_id = await installation.add_user("sales_manager")
    browser = await installation.browser()
    await browser.sign_in("sales_manager@vestnik.test")
    return Office(installation, browser, admin_id, own_id)
