"""A whole installation with a module of the test's own, and the service that it asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.application import Browser, Installation, install
from tests.egress.conftest import Received, Server, Writer, http_answer
from tests.modules.conftest import packed

from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact
from vestnik.modules.accounts.values import HostChoice
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings

ANNA = "anna@example.com"
OTHER = "anna.work@example.com"

SOURCE = '''
"""A club's lists."""
from vestnik_sdk import fetch, settings


async def ask(path, **body):
    answer = await fetch(settings.base_url + path, method="POST", json=body)
    if not answer.ok:
        raise RuntimeError("the club says: " + answer.text())
    return answer.json()


async def CRM_Marketing_GetSubscriber(contact):
    return await ask("/person", contact=contact)


async def CRM_Marketing_GetLists(cursor):
    return {"items": await ask("/lists")}


async def CRM_Marketing_UpdateSubscriptions(subscriber, changes):
    return await ask("/change", subscriber=subscriber, changes=changes)
'''
#: Sends letters, and knows nobody.
SILENT = '''
"""A service that tells nothing of people."""


async def CRM_Marketing_GetSenders():
    return []
'''


def manifest(name: str) -> dict[str, Any]:
    """A module's manifest."""
    address = {"type": "string", "format": "uri", "title": {"ru": "Адрес", "en": "Address"}}
    return {
        "name": name,
        "title": {"ru": "Клуб", "en": "Club"},
        "version": "1.0.0",
        "settings": {"type": "object", "required": ["base_url"], "properties": {"base_url": address}},
        "hosts": [{"pattern": "{settings.base_url}", "private": True}],
    }


@dataclass
class Club:
    """The service: what it knows, how it answers, what it was asked."""

    server: Server
    lists: dict[str, str] = field(default_factory=lambda: {"1": "Новости", "2": "Акции"})
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None
    #: Set: it answers.
    open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def knows(self, email: str, lists: Mapping[str, str], **more: Any) -> None:
        """A person with a status in each list."""
        told = [
            {"listExternalId": key, "listName": self.lists[key], "status": status}
            for key, status in lists.items()
        ]
        self.people[email] = {"email": email, "lists": told, "recentCampaigns": "unknown", **more}

    def calls(self, path: str) -> int:
        """How often something was asked."""
        return sum(each == path for each, _ in self.asked)

    async def answer(self, request: Received, writer: Writer) -> None:
        """One answer."""
        body = json.loads(request.body)
        self.asked.append((request.target, body))
        await self.open.wait()
        if self.trouble is not None:
            writer.write(http_answer(self.trouble.encode(), status="500 Trouble"))
            return
        told = json.dumps(getattr(self, f"_{request.target[1:]}")(**body)).encode()
        writer.write(http_answer(told, headers=("Content-Type: application/json",)))

    def _person(self, contact: str) -> Any:
        return self.people.get(contact)

    def _lists(self) -> Any:
        return [{"externalId": key, "name": title} for key, title in self.lists.items()]

    def _change(self, subscriber: dict[str, Any], changes: list[dict[str, Any]]) -> Any:
        person = self.people.get(subscriber["email"], {"lists": []})
        status = {each["listExternalId"]: each["status"] for each in person["lists"]}
        for each in changes:
            key = each["listExternalId"]
            if key in self.refuses:
                continue
            if each["subscribed"]:
                status[key] = "subscribed"
            else:
                status.pop(key, None)
        self.knows(subscriber["email"], status)
        refused = [each["listExternalId"] for each in changes if each["listExternalId"] in self.refuses]
        if not refused:
            return None
        rejected = [{"key": key, "reason": self.refuses[key]} for key in refused]
        return {"rejected": rejected, "accepted": len(changes) - len(refused)}


@dataclass
class Site:
    """The installation and its club."""

    installation: Installation
    club: Club
    desk: Browser
    account_id: str
    contact_id: str

    @property
    def services(self) -> Any:
        """The rooms."""
        return self.installation.services

    def path(self, account_id: str | None = None) -> str:
        """Where Anna's block is."""
        return f"/contacts/{self.contact_id}/panel/{account_id or self.account_id}"

    async def block(self, email: str = ANNA, *, fresh: bool = False) -> dict[str, Any]:
        """Anna's block at the club."""
        query = f"?email={email}" + ("&fresh=true" if fresh else "")
        found: dict[str, Any] = ok(await self.desk.get(self.path() + query))
        return found

    async def choices(self, email: str = ANNA) -> dict[str, dict[str, Any]]:
        """Anna's lists by their keys."""
        found = ok(await self.desk.get(f"{self.path()}/lists?email={email}"))
        return {each["externalId"]: each for each in found["items"]}

    async def save(
        self, changes: Mapping[str, bool], consent: Any = None, email: str = ANNA
    ) -> list[dict[str, Any]]:
        """What became of changes."""
        told = [{"listExternalId": key, "subscribed": value} for key, value in changes.items()]
        body = {"email": email, "changes": told, "consent": consent}
        results: list[dict[str, Any]] = ok(await self.desk.post(f"{self.path()}/subscriptions", body))[
            "results"
        ]
        return results

    async def category(self, title: str, list_id: str) -> str:
        """A new category that a list of the club stands for."""
        category_id = ok(await self.desk.post("/categories", {"title": title}))["id"]
        modules, key = self.services.modules, int(self.account_id)

        def keep(connection: Any) -> None:
            modules.map_list(connection, key, list_id, self.club.lists[list_id], int(category_id))

        await self.services.database.write(keep)
        return str(category_id)

    async def add_module(self, name: str, source: str, base_url: str) -> str:
        """A module of one text, switched on, with an account; the account's id."""
        modules = self.services.modules
        answer = await self.desk.client.post(
            "/api/v1/modules/upload",
            files={"file": (f"{name}.zip", packed(source, manifest(name)))},
            headers=self.desk.headers,
        )
        module_id = int(ok(answer)["id"])
        await modules.library.enable(SYSTEM, module_id, True)
        account_id = await modules.accounts.create(SYSTEM, module_id, name.title(), {"base_url": base_url})
        lines = await modules.accounts.hosts(SYSTEM, account_id)
        choices = [HostChoice(line.scheme, line.pattern, line.port, line.private, True) for line in lines]
        await modules.accounts.approve(SYSTEM, account_id, choices)
        return str(account_id)


def ok(answer: Any) -> Any:
    """What a request that must succeed is answered."""
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@asynccontextmanager
async def open_site(settings: Settings) -> AsyncIterator[Site]:
    """An installation where Anna is a contact with two addresses, and the club is connected."""
    server = Server()
    club = Club(server)
    club.open.set()
    server.handler = club.answer
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    async with install(settings, at_work=True) as installation:
        await installation.found()
        desk = await installation.signed_in("administrator")
        anna = NewContact("Анна", [normalise("email", ANNA), normalise("email", OTHER)])
        services = installation.services
        [contact_id] = await services.database.write(
            lambda connection: services.contacts.insert_many(connection, [anna])
        )
        site = Site(installation, club, desk, "", str(contact_id))
        site.account_id = await site.add_module("club", SOURCE, f"http://127.0.0.1:{server.port}")
        yield site
    listener.close()
