"""An application that only answers: imports are brought on by the tests, slice by slice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.application import Browser, Installation, installation, settings

from vestnik.people.access import SYSTEM

__all__ = ["Desk", "desk", "installation", "settings"]


class Desk:
    """A marketer's browser, and the engine's part by hand."""

    def __init__(self, installation: Installation, browser: Browser) -> None:
        self.installation, self.browser = installation, browser
        self.services = installation.services

    async def upload(self, data: bytes | str, name: str = "people.csv") -> dict[str, Any]:
        """Upload a file; the import's card."""
        body = data.encode() if isinstance(data, str) else data
        answer = await self.send(body, name)
        assert answer.status_code == 201, answer.text
        card: dict[str, Any] = answer.json()
        return card

    async def send(self, body: bytes, name: str) -> httpx.Response:
        """Upload a file; the answer."""
        url = f"/api/v1/imports?fileName={name}"
        return await self.browser.client.post(url, content=body, headers=self.browser.headers)

    async def start(self, card: dict[str, Any], **policy: Any) -> dict[str, Any]:
        """Start an import as it was guessed, without bringing it on."""
        columns = policy.pop("columns", card["columns"])
        body = {
            "reading": card["reading"],
            "columns": columns,
            "titles": card["titles"],
            "policy": {"duplicates": "update", **policy},
        }
        answer = await self.browser.post(f"/imports/{card['id']}/start", body)
        assert answer.status_code == 200, answer.text
        started: dict[str, Any] = answer.json()
        return started

    async def bring_on(self, id: str) -> dict[str, Any]:
        """Do what the engine would, to the end; the import's card."""
        run = (await self.services.imports.get(await self.actor(), int(id))).run
        while await self.services.imports.runner.advance(int(id), run):
            continue
        card: dict[str, Any] = (await self.browser.get(f"/imports/{id}")).json()
        return card

    async def imported(self, data: bytes | str, **policy: Any) -> dict[str, Any]:
        """Upload, start and bring to the end."""
        card = await self.upload(data)
        await self.start(card, **policy)
        return await self.bring_on(card["id"])

    async def actor(self) -> Any:
        return SYSTEM

    async def contacts(self) -> list[dict[str, Any]]:
        """All contacts by name."""
        items: list[dict[str, Any]] = (await self.browser.get("/contacts?limit=200&sort=name")).json()[
            "items"
        ]
        return items


@pytest.fixture
async def desk(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """A marketer at work; what the engine would run waits for `bring_on`."""

    async def later(*_: Any) -> None:
        return None

    monkeypatch.setattr(installation.services.engine, "run", later)
    yield Desk(installation, await installation.signed_in("marketer"))
    await installation.services.imports.stop()
