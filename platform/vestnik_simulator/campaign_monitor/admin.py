"""What a test or a demo may ask about this service, and tell it, under `/_simulator/campaign-monitor`."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from vestnik_simulator.admin import asked_page, json_route
from vestnik_simulator.campaign_monitor import past
from vestnik_simulator.campaign_monitor.members import STATES
from vestnik_simulator.core import Simulator, simulator_of
from vestnik_simulator.storage import Row


async def _clients(request: Request) -> Any:
    rows = simulator_of(request).storage.rows("SELECT * FROM cm_client ORDER BY id")
    return {
        "items": [{"clientId": row["key"], "name": row["name"], "apiKey": row["api_key"]} for row in rows]
    }


async def _lists(request: Request) -> Any:
    return {"items": lists(simulator_of(request))}


def lists(simulator: Simulator) -> list[dict[str, Any]]:
    """Every list with its people by state."""
    rows = simulator.storage.rows(
        "SELECT l.id, l.key, l.title, c.name AS client FROM cm_list l JOIN cm_client c ON c.id=l.client_id "
        "ORDER BY l.id"
    )
    return [
        {"key": row["key"], "title": row["title"], "client": row["client"]}
        | {state.lower(): simulator.members.count(row["id"], state) for state in STATES}
        for row in rows
    ]


class _Lists(msgspec.Struct):
    client: str
    lists: list[past.ToldList]


async def _new_lists(request: Request) -> Any:
    simulator = simulator_of(request)
    told = msgspec.json.decode(await request.body(), type=_Lists)
    past.keep_lists(simulator.storage, simulator.members, _client(simulator, told.client), told.lists)
    return {"lists": len(told.lists)}


async def _members(request: Request) -> Any:
    limit, offset = asked_page(request)
    rows = simulator_of(request).storage.rows(
        "SELECT s.email AS address, s.name, s.state FROM cm_subscriber s JOIN cm_list l ON l.id=s.list_id "
        "WHERE l.key=? ORDER BY s.email LIMIT ? OFFSET ?",
        request.path_params["key"],
        limit,
        offset,
    )
    return {"items": [dict(row) for row in rows]}


async def _campaigns(request: Request) -> Any:
    return {"items": campaigns(simulator_of(request))}


def campaigns(simulator: Simulator) -> list[dict[str, Any]]:
    """Every campaign, the latest first."""
    rows = simulator.storage.rows("SELECT * FROM cm_campaign ORDER BY id DESC LIMIT 200")
    return [{name: row[name] for name in ("key", "name", "subject", "status", "total")} for row in rows]


class _Campaigns(msgspec.Struct):
    client: str
    campaigns: list[past.ToldCampaign]


async def _past_campaigns(request: Request) -> Any:
    simulator = simulator_of(request)
    told = msgspec.json.decode(await request.body(), type=_Campaigns)
    past.keep_campaigns(simulator.storage, _client(simulator, told.client), told.campaigns)
    return {"campaigns": len(told.campaigns)}


async def _webhooks(request: Request) -> Any:
    return {"items": webhooks(simulator_of(request))}


def webhooks(simulator: Simulator) -> list[dict[str, Any]]:
    """Every hook with what waits for it."""
    rows = simulator.storage.rows(
        "SELECT h.*, l.title, (SELECT count(*) FROM cm_delivery d WHERE d.hook_id=h.id) AS waiting "
        "FROM cm_hook h JOIN cm_list l ON l.id=h.list_id ORDER BY h.id"
    )
    names = "key url title delivered failed waiting last_answer".split()
    return [{name: row[name] for name in names} | {"active": bool(row["active"])} for row in rows]


def _client(simulator: Simulator, key: str) -> Row:
    row = simulator.storage.row("SELECT * FROM cm_client WHERE key=?", key)
    if row is None:
        raise KeyError(key)
    return row


PREFIX = "/campaign-monitor"

routes: list[Route] = [
    json_route(f"{PREFIX}/clients", _clients),
    json_route(f"{PREFIX}/lists", _lists),
    json_route(f"{PREFIX}/lists", _new_lists, "POST"),
    json_route(f"{PREFIX}/lists/{{key:str}}/members", _members),
    json_route(f"{PREFIX}/campaigns", _campaigns),
    json_route(f"{PREFIX}/campaigns", _past_campaigns, "POST"),
    json_route(f"{PREFIX}/webhooks", _webhooks),
]
