"""Templates with a sending service that answers from a list, and a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.application import installation, settings

from vestnik.contract.manifest import BatchSizes, Personalisation
from vestnik.db import Database
from vestnik.egress import Broker
from vestnik.http.errors import NotFound
from vestnik.people.access import Actor
from vestnik.settings import Settings
from vestnik.templates.service import Templates
from vestnik.vault import Vault

__all__ = ["Service", "installation", "settings", "told"]


@dataclass
class Sender:
    """What the manifest of the service's module says."""

    batch_sizes: BatchSizes = field(default_factory=BatchSizes)
    personalisation: Personalisation = field(default_factory=Personalisation)


@dataclass
class Service:
    """A sending service behind a module: its templates, its letters, and who asked for what."""

    templates: list[dict[str, Any]] = field(default_factory=list)
    letters: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answer: Callable[[int, int], list[dict[str, Any]]] | None = None
    failure: Exception | None = None
    sender: Sender = field(default_factory=Sender)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def call(
        self,
        account_id: int,
        function: str,
        arguments: dict[str, Any],
        *,
        lane: str,
    ) -> Any:
        self.asked.append((lane, arguments))
        self.waiting.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        if function == "CRM_Marketing_GetTemplateHTML":
            return self.letters[arguments["templateExternalId"]]
        offset, limit = arguments["offset"], arguments["limit"]
        if self.answer is not None:
            return self.answer(offset, limit)
        return self.templates[offset : offset + limit]

    async def account(self, account_id: int) -> Sender | None:
        return self.sender if account_id < 10 else None

    async def require_use(self, actor: Actor, account_id: int) -> None:
        if await self.account(account_id) is None:
            raise NotFound()


@pytest.fixture
def service() -> Service:
    return Service(templates=[told(n) for n in range(120)])


def told(n: int, **more: Any) -> dict[str, Any]:
    """A template as a module tells of it."""
    return {"externalId": f"t{n}", "name": f"Письмо {n:03d}", "subject": f"Тема {n}"} | more


@pytest.fixture
def vault(database_url: str, tmp_path: Path) -> Vault:
    return Vault(Settings(database_url=database_url, data_dir=tmp_path / "data"))


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    broker = Broker()
    yield broker
    await broker.close()


@pytest.fixture
async def templates(
    database: Database, service: Service, broker: Broker, vault: Vault
) -> AsyncIterator[Templates]:
    templates = Templates(database, service, broker, vault)
    yield templates
    await templates.stop()
