"""An installation whose compatible leads API is on, and a site that calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from tests.application import ORIGIN, Browser, Installation, installation, settings

from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads.tables import lead

__all__ = ["installation", "settings"]

PATH = "/developer/v1/leads"
LOGIN = "integrator@vestnik.test"


@dataclass
class Site:
    """An integrator's browser, and a web site's program that has the key."""

    installation: Installation
    browser: Browser
    client: httpx.AsyncClient
    key: str

    async def asks(self, action: str, **parameters: Any) -> Any:
        """What the API answers to a GET; the status is always 200."""
        return self.told(await self.client.get(PATH, params=self.signed(action, **parameters)))

    async def posts(self, action: str, **parameters: Any) -> Any:
        """What it answers to a form."""
        return self.told(await self.client.post(PATH, data=self.signed(action, **parameters)))

    def signed(self, action: str, **parameters: Any) -> dict[str, Any]:
        """The parameters with log-in, key and action."""
        return {"login": LOGIN, "apikey": self.key, "action": action, **parameters}

    def told(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        return answer.json()

    async def rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        async with self.installation.services.database.read() as connection:
            return list((await connection.execute(query)).all())

    async def does(self, statement: Any) -> None:
        """A change of the database."""
        await self.installation.services.database.write(lambda connection: connection.execute(statement))

    async def leads(self) -> list[sa.Row[Any]]:
        return await self.rows(sa.select(lead).order_by(lead.c.number))

    async def inputs(self) -> list[sa.Row[Any]]:
        return await self.rows(sa.select(input_table).order_by(input_table.c.id))


def error(code: str, text: str) -> dict[str, Any]:
    """The one shape of errors."""
    return {"result": "Error", "error": {"code": code, "text": text}}


@pytest.fixture
async def site(installation: Installation) -> AsyncIterator[Site]:
    """An installation with an administrator as Coordinator, and an integrator who made the key."""
    await installation.add_user("administrator")
    browser = await installation.signed_in("integrator")
    key = (await browser.post("/intake/classic-key")).json()["key"]
    transport = httpx.ASGITransport(installation.app, client=("203.0.113.60", 40000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Site(installation, browser, client, key)
