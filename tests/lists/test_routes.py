"""Syncs over HTTP: shapes, problems, files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.campaigns.test_routes import SignedIn
from tests.lists.service_double import ListService
from tests.lists.syncing import ACCOUNT_ID, Room, add_account, running

from vestnik.contacts.service import Contacts
from vestnik.db import Database
from vestnik.http.api import routes
from vestnik.http.events import Events
from vestnik.http.faults import HANDLERS
from vestnik.lists.routes import router
from vestnik.lists.states import RunState
from vestnik.people.access import Actor
from vestnik.segments.service import Segments
from vestnik.settings import Settings


class Machine:
    """Every request comes from a machine with these rights."""

    def __init__(self, app: ASGIApp, rights: frozenset[str]) -> None:
        self.app, self.actor = app, Actor(user_id=None, name="машина", rights=rights)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sign in, go on."""
        scope.setdefault("state", {})["actor"] = self.actor
        await self.app(scope, receive, send)


@pytest.fixture
async def room(
    database: Database, database_url: str, tmp_path: Path, contacts: Contacts, segments: Segments
) -> AsyncIterator[Room]:
    await add_account(database)
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data")
    async with running(database, settings, contacts, segments, ListService()) as room:
        yield room


@pytest.fixture
async def client(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with this room alone."""
    services = cast(Any, SimpleNamespace(syncs=room.syncs, events=Events()))
    app = Starlette(
        routes=routes([router], services), middleware=[Middleware(SignedIn)], exception_handlers=HANDLERS
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        yield client


def _body(segment_id: int, **changes: Any) -> dict[str, Any]:
    return {
        "accountId": str(ACCOUNT_ID),
        "source": "segment",
        "segmentId": str(segment_id),
        "listTitle": "Покупатели",
        "mode": "exact",
        **changes,
    }


async def test_a_sync_is_planned_confirmed_read_and_deleted(room: Room, client: httpx.AsyncClient) -> None:
    segment_id = await room.segment("a@example.com", "b@example.com")
    list_id = room.service.has("Покупатели", ["x@example.com"])
    room.service.rejected = {"b@example.com": ("invalid", "no such mailbox")}
    created = await client.post("/syncs", json=_body(segment_id, listExternalId=list_id))
    assert (created.status_code, created.json()["state"]) == (201, "draft"), created.text
    id = created.json()["id"]
    await room.until(int(id), RunState.WAITING)
    card = (await client.get(f"/syncs/{id}")).json()
    assert card["run"]["reason"]["code"] == "first_plan"
    assert card["alertsByMail"] is False, "no outgoing mail is set up"
    assert card["can"] == ["change", "delete", "on", "confirm", "stop"]
    counts = card["run"]["counts"]
    names = ("before", "after", "wanted", "add", "remove", "unchanged", "heldInAll")
    assert {name: counts[name] for name in names} == {
        "before": 1,
        "after": 2,
        "wanted": 2,
        "add": 2,
        "remove": 1,
        "unchanged": 0,
        "heldInAll": 0,
    }
    grew = await client.post(f"/syncs/{id}/confirm", json={"removals": 0})
    assert (grew.status_code, grew.json()["code"]) == (409, "plan_grew")
    assert (await client.post(f"/syncs/{id}/confirm", json={"removals": 1})).status_code == 200
    await room.until(int(id), RunState.DONE)
    page = (await client.get("/syncs", params={"segmentId": str(segment_id)})).json()
    assert (page["total"], page["items"][0]["run"]["done"], page["items"][0]["run"]["toDo"]) == (1, 3, 3)
    run_id = page["items"][0]["run"]["id"]
    refused = (await client.get(f"/sync-runs/{run_id}/rejects")).json()
    title = "Неверный адрес или данные"
    assert refused["causes"] == [
        {"code": "invalid", "title": title, "reason": "no such mailbox", "count": 1, "permanent": True}
    ]
    assert refused["items"][0]["address"] == "b@example.com"
    file = await client.get(f"/sync-runs/{run_id}/rejects.csv")
    assert file.text.splitlines() == [
        "\ufeffАдрес;Действие;Причина;Ответ сервиса",
        f"b@example.com;добавление;{title};no such mailbox",
    ]
    runs = (await client.get(f"/syncs/{id}/runs")).json()
    assert [(each["number"], each["state"]) for each in runs["items"]] == [(1, "done")]
    assert (await client.delete(f"/syncs/{id}")).status_code == 204
    assert (await client.get(f"/syncs/{id}")).status_code == 404


async def test_who_is_held_back_is_listed_while_the_run_is_there(
    room: Room, client: httpx.AsyncClient
) -> None:
    segment_id = await room.segment("a@example.com", "b@example.com")
    list_id = room.service.has("Покупатели", {"a@example.com": "unsubscribed"})
    created = await client.post("/syncs", json=_body(segment_id, listExternalId=list_id))
    id = created.json()["id"]
    run = await room.until(int(id), RunState.WAITING)
    held = (await client.get(f"/sync-runs/{run.id}/held")).json()
    assert [(each["address"], each["verdict"], each["title"]) for each in held["items"]] == [
        ("a@example.com", "at_service_unsubscribed", "Отписался в сервисе")
    ]
    file = await client.get(f"/sync-runs/{run.id}/held.csv")
    assert file.text.splitlines()[1].startswith("a@example.com;")
    await client.post(f"/syncs/{id}/confirm", json={"removals": 0})
    await room.until(int(id), RunState.DONE)
    assert (await client.get(f"/sync-runs/{run.id}/held")).json() == {
        "items": [],
        "next": None,
        "kept": False,
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"segmentId": None}, "unknown_reference"),
        ({"segmentId": "999999"}, "unknown_reference"),
        ({"categoryId": "999999"}, "unknown_reference"),
        ({"accountId": "999999"}, "not_found"),
        ({"mode": "subtract"}, "unknown_reference"),
        ({"everyMinutes": 9}, "invalid_request"),
        ({"listTitle": " "}, "invalid_request"),
        ({"listTitle": "ПОКУПАТЕЛИ"}, "list_exists"),
    ],
)
async def test_a_sync_of_what_is_not_there_is_refused(
    room: Room, client: httpx.AsyncClient, changes: dict[str, Any], code: str
) -> None:
    segment_id = await room.segment("a@example.com")
    room.service.has("Покупатели", [])
    answer = await client.post("/syncs", json=_body(segment_id, **{"listTitle": "Другой", **changes}))
    assert answer.json()["code"] == code, answer.text


async def test_an_account_whose_module_lacks_functions_says_which(
    room: Room, client: httpx.AsyncClient
) -> None:
    segment_id = await room.segment("a@example.com")
    room.service.functions = {"CRM_Marketing_GetLists", "CRM_Marketing_GetListSubscribers"}
    offered = (await client.get("/syncs/services")).json()["items"][0]
    assert "CRM_Marketing_AddSubscribers" in offered["whyNot"]
    answer = await client.post("/syncs", json=_body(segment_id, listExternalId="1"))
    assert answer.json()["code"] == "cannot_sync"


async def test_runs_of_a_sync_that_is_not_there_are_not_found(room: Room, client: httpx.AsyncClient) -> None:
    answer = await client.get("/syncs/999999/runs")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    sync_id, _ = await room.planned(segment_id=await room.segment("a@example.com"))
    assert (await client.delete(f"/syncs/{sync_id}")).status_code == 204
    assert (await client.get(f"/syncs/{sync_id}/runs")).status_code == 404


async def test_syncs_of_an_account_that_is_not_ones_own_are_read_and_not_touched(
    room: Room, client: httpx.AsyncClient
) -> None:
    segment_id = await room.segment("a@example.com")
    list_id = room.service.has("Покупатели", [])
    room.service.rejected = {"a@example.com": ("other", "later")}
    id, run = await room.synced(segment_id=segment_id, list_external_id=list_id)
    room.service.open = False
    card = (await client.get(f"/syncs/{id}")).json()
    assert (card["state"], card["can"]) == ("on", [])
    assert (await client.get("/syncs")).json()["items"][0]["can"] == []
    refused = [
        await client.patch(f"/syncs/{id}", json={"guardPercent": 100}),
        await client.delete(f"/syncs/{id}"),
        *[await client.post(f"/syncs/{id}/{act}") for act in ("run", "stop", "recompute")],
        await client.post(f"/syncs/{id}/confirm", json={"removals": 0}),
        await client.post(f"/sync-runs/{run.id}/retry"),
    ]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(404, "not_found")}
    recomputed = await client.post(f"/segments/{segment_id}/recompute")
    assert recomputed.json() == {"runs": 0}
    assert (await room.sync(id)).guard_percent == 20
    assert (await room.newest(id)).id == run.id


async def test_refused_rows_are_addresses_and_need_the_right_to_read_contacts(room: Room) -> None:
    list_id = room.service.has("Покупатели", [])
    room.service.rejected = {"b@example.com": ("invalid", "no such mailbox")}
    segment_id = await room.segment("b@example.com")
    _, run = await room.synced(segment_id=segment_id, list_external_id=list_id)
    found = {}
    for rights in (frozenset({"syncs.read"}), frozenset({"syncs.read", "contacts.read"})):
        services = cast(Any, SimpleNamespace(syncs=room.syncs, events=Events()))
        app = Starlette(
            routes=routes([router], services),
            middleware=[Middleware(Machine, rights=rights)],
            exception_handlers=HANDLERS,
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
            found[len(rights)] = (await client.get(f"/sync-runs/{run.id}/rejects")).status_code
    assert found == {1: 403, 2: 200}
