"""Which list of a service stands for which preference category, account by account."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.db import Database, now, upsert
from vestnik.http.errors import NotFound
from vestnik.modules.errors import ListsNotRead
from vestnik.modules.ports import CategoryNames
from vestnik.modules.sources.registry import Registry
from vestnik.modules.tables import account_list
from vestnik.people.access import Actor

GET_LISTS = "CRM_Marketing_GetLists"
CREATE_LIST = "CRM_Marketing_CreateList"
GET_JOB = "CRM_Marketing_GetJob"

PAGES = 200
JOB_POLLS = 30
JOB_POLL_S = 1.0

#: Calls a function of the account's live version, interactively.
CallAccount = Callable[[int, str, Mapping[str, Any]], Awaitable[Any]]

#: Refuses who may not change the account.
RequireManages = Callable[[Actor, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ListAtService:
    """One list of an account at its service."""

    id: int
    external_id: str
    title: str
    category_id: int | None


class Lists:
    """Imports lists from services, creates them there, and says which category each stands for."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        call: CallAccount,
        category_names: CategoryNames,
        require_manages: RequireManages,
    ) -> None:
        self._database, self._registry, self._call = database, registry, call
        self._category_names, self._require_manages = category_names, require_manages

    async def at_service(self, account_id: int) -> list[dict[str, Any]]:
        """Every list at the service as the contract's CRM_Marketing_List, asked for now, by its order.

        Raises ModuleCallFailed, and ListsNotRead when the pages find no end.
        """
        found: dict[str, dict[str, Any]] = {}
        cursor: str | None = None
        asked: set[str | None] = set()
        while cursor not in asked and len(asked) < PAGES:
            asked.add(cursor)
            page = await self._call(account_id, GET_LISTS, {"cursor": cursor})
            if "jobId" in page:
                cursor = await self._cursor_of_job(account_id, page["jobId"])
                continue
            found |= {each["externalId"]: each for each in page["items"]}
            cursor = page.get("nextCursor")
            if cursor is None:
                return list(found.values())
        raise ListsNotRead(pages=len(asked))

    async def import_from_service(self, actor: Actor, account_id: int) -> int:
        """Remember every list of the service; how many there are. What is mapped already stays so."""
        await self._require_manages(actor, account_id)
        found = {each["externalId"]: each["name"] for each in await self.at_service(account_id)}

        def keep(connection: sa.Connection) -> None:
            for external_id, title in found.items():
                map_list(connection, account_id, external_id, title, None)
            self._registry.changed(connection)
            record(connection, actor, "account.lists_imported", "account", account_id)

        await self._database.write(keep)
        return len(found)

    async def create(self, actor: Actor, account_id: int, title: str, category_id: int | None) -> None:
        """Create a list at the service; it stands for the category from then on."""
        await self._require_manages(actor, account_id)
        await self._require_category(category_id)
        made = await self._call(account_id, CREATE_LIST, {"name": title})

        def keep(connection: sa.Connection) -> None:
            map_list(connection, account_id, made["externalId"], made["name"], category_id)
            self._registry.changed(connection)
            record(connection, actor, "account.list_created", "account", account_id)

        await self._database.write(keep)
        await self._registry.refresh()

    async def map(self, actor: Actor, account_id: int, list_id: int, category_id: int | None) -> None:
        """Say which category a list stands for; None: no category."""
        await self._require_manages(actor, account_id)
        await self._require_category(category_id)

        def change(connection: sa.Connection) -> None:
            changed = connection.execute(
                sa.update(account_list)
                .where(account_list.c.id == list_id, account_list.c.account_id == account_id)
                .values(category_id=category_id)
            )
            if changed.rowcount == 0:
                raise NotFound()
            self._registry.changed(connection)
            record(connection, actor, "account.list_mapped", "account", account_id, ["category_id"])

        await self._database.write(change)
        await self._registry.refresh()

    async def _cursor_of_job(self, account_id: int, job_id: str) -> str:
        """Where to read on once the service has prepared its lists."""
        for _ in range(JOB_POLLS):
            job = await self._call(account_id, GET_JOB, {"jobId": job_id})
            if job["status"] == "done" and "cursor" in job:
                return str(job["cursor"])
            if job["status"] != "running":
                break
            await asyncio.sleep(JOB_POLL_S)
        raise ListsNotRead(pages=0)

    async def _require_category(self, category_id: int | None) -> None:
        if category_id is not None and category_id not in await self._category_names([category_id]):
            raise NotFound()


def map_list(
    connection: sa.Connection, account_id: int, external_id: str, title: str, category_id: int | None
) -> None:
    """Remember a list that was created or imported; called in the unit of work that did it."""
    values = {
        "account_id": account_id,
        "external_id": external_id,
        "title": title,
        "category_id": category_id,
    }
    update = ["title"] if category_id is None else ["title", "category_id"]
    statement = upsert(connection, account_list, ["account_id", "external_id"], update)
    connection.execute(statement.values(**values, created_at=now()))


def lists_of(account_id: int) -> sa.Select[Any]:
    """The lists of an account by title."""
    return (
        sa.select(
            account_list.c.id, account_list.c.external_id, account_list.c.title, account_list.c.category_id
        )
        .where(account_list.c.account_id == account_id)
        .order_by(account_list.c.title, account_list.c.id)
    )


def as_lists(rows: Sequence[sa.Row[Any]]) -> list[ListAtService]:
    """Rows of `lists_of` as values."""
    return [ListAtService(row.id, row.external_id, row.title, row.category_id) for row in rows]
