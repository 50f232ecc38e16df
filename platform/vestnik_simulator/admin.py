"""The JSON API for tests and demos, under `/_simulator`: what was received, what shall go wrong.

GET    state                      totals: letters, recipients, written to twice
GET    sent                       who was written to, how often
                                  (?account= ?campaign= ?list= ?address= ?twice=1 ?limit= ?offset=)
GET    campaigns, campaigns/{id}, campaigns/{id}/recipients
POST   campaigns                  {"account", "campaigns": [past.PastCampaign]}: what was sent before
POST   campaigns/{id}/moderation  {"decision": "approve" | "hold" | "decline", "reason"}
GET    lists, lists/{id}/members
GET    requests; DELETE requests  calls by method and the time spent in them
GET    webhooks                   hooks and attempts
POST   events                     {"account", "events": [{"name", "data"}]} to the account's hooks
GET, POST, DELETE faults          {"method", "kind", "times", …}: see traffic.Fault
GET, PATCH options                rates, batch, moderation …
POST   reset
The other service's requests are in campaign_monitor/admin.py, the mailbox's in mailbox/admin.py.
"""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

import dataclasses
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vestnik_simulator import moments, past
from vestnik_simulator.core import simulator_of
from vestnik_simulator.options import Options
from vestnik_simulator.storage import Row, Storage
from vestnik_simulator.traffic import Fault
from vestnik_simulator.unisender.events import plain

MAX_PAGE = 200_000
FIXED = frozenset({"data", "accounts", "clients", "mix", "templates"})

Handler = Callable[[Request], Awaitable[Any]]


class Refused(Exception):
    """The request makes no sense; its text is the answer, with status 400."""


def _json(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            value, status = await handler(request), 200
        except (Refused, ValueError, msgspec.ValidationError) as error:
            value, status = {"error": str(error)}, 400
        except KeyError as error:
            value, status = {"error": f"not found: {error.args[0]}"}, 404
        return Response(msgspec.json.encode(value), status, media_type="application/json")

    return answer


async def _state(request: Request) -> Any:
    return totals(simulator_of(request).storage)


def totals(storage: Storage) -> dict[str, Any]:
    """The figures on top of the first page, summed over all accounts."""
    letters = storage.row(
        "SELECT coalesce(sum(letters),0) AS letters, coalesce(sum(twice),0) AS twice FROM total"
    )
    counts = storage.row(
        "SELECT (SELECT count(*) FROM campaign) AS campaigns, (SELECT count(*) FROM list) AS lists, "
        "(SELECT count(*) FROM contact) AS contacts, (SELECT count(*) FROM single) AS singles"
    )
    waiting = storage.value("SELECT coalesce(sum(size),0) FROM delivery")
    return {**dict(letters or {}), **dict(counts or {}), "waitingEvents": waiting}


async def _sent(request: Request) -> Any:
    storage, query = simulator_of(request).storage, request.query_params
    where, values = _letters_wanted(request)
    twice = " HAVING sum(w.times) > 1" if query.get("twice") else ""
    grouped = (
        "SELECT w.address AS address, sum(w.times) AS times, max(w.times) AS same FROM written w "
        f"JOIN letter l ON l.id=w.letter_id WHERE {where} GROUP BY w.address{twice}"
    )
    summary = storage.row(
        "SELECT count(*) AS recipients, coalesce(sum(times),0) AS letters, "
        f"count(CASE WHEN same>1 THEN 1 END) AS duplicates FROM ({grouped})",
        *values,
    )
    limit, offset = asked_page(request)
    rows = storage.rows(f"{grouped} ORDER BY w.address LIMIT ? OFFSET ?", *values, limit, offset)
    items = [{"address": row["address"], "times": row["times"], "sameLetter": row["same"]} for row in rows]
    return {**dict(summary or {}), "items": items}


def _letters_wanted(request: Request) -> tuple[str, list[Any]]:
    """Which letters are asked about: an account's, a campaign's, or a list's (by a part of its title)."""
    query = request.query_params
    conditions, values = ["1"], list[Any]()
    if query.get("account"):
        conditions.append("l.account_id=(SELECT id FROM account WHERE login=?)")
        values.append(query["account"])
    if query.get("campaign"):
        conditions.append("l.id=(SELECT letter_id FROM campaign WHERE id=?)")
        values.append(int(query["campaign"]))
    if query.get("list"):
        conditions.append("instr(l.list_title, ?) > 0")
        values.append(query["list"])
    if query.get("address"):
        conditions.append("w.address=?")
        values.append(query["address"].lower())
    return " AND ".join(conditions), values


def asked_page(request: Request) -> tuple[int, int]:
    """Limit and offset of the query."""
    limit = int(request.query_params.get("limit", "1000"))
    offset = int(request.query_params.get("offset", "0"))
    if not 0 <= limit <= MAX_PAGE or offset < 0:
        raise Refused("limit or offset")
    return limit, offset


def campaign_card(row: Row) -> dict[str, Any]:
    """A campaign as this API and the pages show it."""
    names = (
        "id kind subject sender list_id list_title status reason total sent delivered failed read_unique "
        "read_all clicked_unique clicked_all unsubscribed spam"
    ).split()
    card = {name: row[name] for name in names}
    times = {name: moments.written(row[column]) for name, column in
             (("created", "created"), ("start", "start_at"), ("finished", "finished"))}  # fmt: skip
    return card | times | {"track_read": bool(row["track_read"]), "track_links": bool(row["track_links"])}


async def _campaigns(request: Request) -> Any:
    limit, offset = asked_page(request)
    rows = simulator_of(request).storage.rows(
        "SELECT * FROM campaign ORDER BY id DESC LIMIT ? OFFSET ?", limit, offset
    )
    return {"items": [campaign_card(row) for row in rows]}


class _PastCampaigns(msgspec.Struct):
    account: str
    campaigns: list[past.PastCampaign]


async def _past_campaigns(request: Request) -> Any:
    storage = simulator_of(request).storage
    told = msgspec.json.decode(await request.body(), type=_PastCampaigns)
    past.keep(storage, _account_id(storage, told.account), told.campaigns)
    return {"campaigns": len(told.campaigns)}


def _account_id(storage: Storage, login: str) -> int:
    account_id = storage.value("SELECT id FROM account WHERE login=?", login)
    if account_id is None:
        raise KeyError(login)
    return int(account_id)


async def _campaign(request: Request) -> Any:
    return campaign_card(_found(request))


def _found(request: Request) -> Row:
    key = request.path_params["campaign_id"]
    row = simulator_of(request).storage.row("SELECT * FROM campaign WHERE id=?", key)
    if row is None:
        raise KeyError(key)
    return row


async def _recipients(request: Request) -> Any:
    row = _found(request)
    items = recipients(simulator_of(request).storage, row["id"], *asked_page(request))
    return {"total": row["total"], "items": items}


def recipients(storage: Storage, campaign_id: int, limit: int, offset: int) -> list[dict[str, Any]]:
    """A page of a campaign's recipients in the order of sending; how often counts the same letter."""
    rows = storage.rows(
        "SELECT r.address, r.result, r.sent, r.updated, coalesce(w.times, 0) AS times FROM recipient r "
        "JOIN campaign c ON c.id=r.campaign_id "
        "LEFT JOIN written w ON w.address=r.address AND w.letter_id=c.letter_id "
        "WHERE r.campaign_id=? AND r.n>=? ORDER BY r.n LIMIT ?",
        campaign_id,
        offset,
        limit,
    )
    return [
        {
            "address": row["address"],
            "result": row["result"],
            "times": row["times"],
            "sent": moments.written(row["sent"]),
            "updated": moments.written(row["updated"]),
        }
        for row in rows
    ]


async def _moderation(request: Request) -> Any:
    row, body = _found(request), await request.json()
    simulator_of(request).sending.decide(row["id"], str(body.get("decision")), str(body.get("reason", "")))
    return campaign_card(_found(request))


async def _lists(request: Request) -> Any:
    rows = simulator_of(request).storage.rows(
        "SELECT l.id, l.title, a.login AS account, "
        "(SELECT count(*) FROM membership m WHERE m.list_id=l.id) AS members "
        "FROM list l JOIN account a ON a.id=l.account_id ORDER BY l.id"
    )
    return {"items": [dict(row) for row in rows]}


async def _members(request: Request) -> Any:
    limit, offset = asked_page(request)
    rows = simulator_of(request).storage.rows(
        "SELECT coalesce(c.email, c.phone) AS address, m.status FROM membership m "
        "JOIN contact c ON c.id=m.contact_id WHERE m.list_id=? ORDER BY address LIMIT ? OFFSET ?",
        request.path_params["list_id"],
        limit,
        offset,
    )
    return {"items": [dict(row) for row in rows]}


async def _requests(request: Request) -> Any:
    return simulator_of(request).traffic.summary()


async def _forget_requests(request: Request) -> Any:
    simulator_of(request).traffic.forget_counts()
    return {}


async def _webhooks(request: Request) -> Any:
    simulator = simulator_of(request)
    attempts = simulator.outbox.attempts
    names = "id url events status delivered failed last_answer".split()
    hooks = [
        {name: row[name] for name in names} | {"events": json.loads(row["events"])}
        for row in simulator.storage.rows("SELECT * FROM hook ORDER BY id")
    ]
    waiting = simulator.storage.row(
        "SELECT coalesce(sum(size),0) AS events, count(CASE WHEN retry_count>0 THEN 1 END) AS repeats "
        "FROM delivery"
    )
    return {
        "hooks": hooks,
        "posts": attempts.posts,
        "events": attempts.events,
        "failed": attempts.failed,
        "seconds": round(attempts.seconds, 3),
        "waiting": dict(waiting or {}),
        "recent": list(attempts.recent),
    }


class _NewEvent(msgspec.Struct):
    name: str
    data: dict[str, Any]


class _NewEvents(msgspec.Struct):
    account: str
    events: list[_NewEvent]


async def _events(request: Request) -> Any:
    simulator = simulator_of(request)
    wanted = msgspec.json.decode(await request.body(), type=_NewEvents)
    account_id = _account_id(simulator.storage, wanted.account)
    now = moments.now()
    made = [plain(event.name, now, event.data, str(event.data.get("status", ""))) for event in wanted.events]
    with simulator.storage.transaction():
        simulator.outbox.put(account_id, made)
        for event in wanted.events:
            if event.name == "email_status":
                past.hear(simulator.storage, account_id, event.data)
    return {"events": len(made)}


async def _faults(request: Request) -> Any:
    return {"items": [dataclasses.asdict(fault) for fault in simulator_of(request).traffic.faults]}


async def _new_fault(request: Request) -> Any:
    fault = msgspec.json.decode(await request.body(), type=Fault)
    simulator_of(request).traffic.faults.append(fault)
    return await _faults(request)


async def _no_faults(request: Request) -> Any:
    simulator_of(request).traffic.faults.clear()
    return {}


async def _options(request: Request) -> Any:
    return {
        name: value
        for name, value in dataclasses.asdict(simulator_of(request).options).items()
        if name not in FIXED
    }


async def _change_options(request: Request) -> Any:
    simulator = simulator_of(request)
    now = {name: getattr(simulator.options, name) for name in (f.name for f in dataclasses.fields(Options))}
    changes = await request.json()
    if FIXED & set(changes) or set(changes) - set(now):
        raise Refused(f"cannot be changed: {sorted((FIXED & set(changes)) | (set(changes) - set(now)))}")
    simulator.change(simulator.options.changed(**changes))
    return await _options(request)


async def _reset(request: Request) -> Any:
    simulator_of(request).reset()
    return {}


def json_route(path: str, handler: Handler, method: str = "GET") -> Route:
    """A route whose handler answers a value, or raises what becomes an error."""
    return Route(path, _json(handler), methods=[method])


routes = [
    json_route("/state", _state),
    json_route("/sent", _sent),
    json_route("/campaigns", _campaigns),
    json_route("/campaigns", _past_campaigns, "POST"),
    json_route("/campaigns/{campaign_id:int}", _campaign),
    json_route("/campaigns/{campaign_id:int}/recipients", _recipients),
    json_route("/campaigns/{campaign_id:int}/moderation", _moderation, "POST"),
    json_route("/lists", _lists),
    json_route("/lists/{list_id:int}/members", _members),
    json_route("/requests", _requests),
    json_route("/requests", _forget_requests, "DELETE"),
    json_route("/webhooks", _webhooks),
    json_route("/events", _events, "POST"),
    json_route("/faults", _faults),
    json_route("/faults", _new_fault, "POST"),
    json_route("/faults", _no_faults, "DELETE"),
    json_route("/options", _options),
    json_route("/options", _change_options, "PATCH"),
    json_route("/reset", _reset, "POST"),
]
