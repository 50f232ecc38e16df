"""An installation with doors, and a web site that knocks at them."""

from __future__ import annotations

import hashlib
import hmac
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

SITE = "https://shop.example.org"


@dataclass
class Street:
    """An integrator's browser, and a web site's program."""

    installation: Installation
    browser: Browser
    site: httpx.AsyncClient

    async def door(self, **values: Any) -> dict[str, Any]:
        """A new door; its card."""
        answer = await self.browser.post("/intake-doors", {"title": "Сайт", **values})
        assert answer.status_code == 201, answer.text
        door: dict[str, Any] = answer.json()
        return door

    async def card(self, door: dict[str, Any]) -> dict[str, Any]:
        card: dict[str, Any] = (await self.browser.get(f"/intake-doors/{door['id']}")).json()
        return card

    async def posts(
        self,
        door: dict[str, Any],
        data: bytes | str = b"{}",
        media_type: str = "application/json",
        **headers: str,
    ) -> httpx.Response:
        """Something that the site posts to a door."""
        raw = data.encode() if isinstance(data, str) else data
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.site.post(door["url"], content=raw, headers={"content-type": media_type, **named})

    async def lead_of(self, answer: httpx.Response) -> sa.Row[Any]:
        """The lead that became of what was posted."""
        assert answer.status_code in (200, 202), answer.text
        await self.installation.services.intake.inputs.work()
        [row] = await self.rows(sa.select(lead).where(lead.c.input_id == int(answer.json()["id"])))
        return row

    async def rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        async with self.installation.services.database.read() as connection:
            return list((await connection.execute(query)).all())

    async def inputs(self) -> list[sa.Row[Any]]:
        return await self.rows(sa.select(input_table).order_by(input_table.c.id))


def signed(data: bytes, secret: str) -> str:
    """The header's value, by the document's words."""
    return "sha256=" + hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()


@pytest.fixture
async def street(installation: Installation) -> AsyncIterator[Street]:
    """An installation whose integrator is signed in."""
    browser = await installation.signed_in("integrator")
    transport = httpx.ASGITransport(installation.app, client=("203.0.113.50", 40000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as site:
        yield Street(installation, browser, site)
