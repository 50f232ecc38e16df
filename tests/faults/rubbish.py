"""A module that does to a webhook whatever the webhook's body says, and what to say to it."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import strategies as st
from tests.contract.strategies import JSON, accepted, damaged

from vestnik import contract
from vestnik.contract import ContractViolation

PARSE = "CRM_Marketing_ParseWebhookRequest"

#: In a body `{"$": "bytes"}` stands for a value that JSON does not have.
SOURCE = '''"""Returns, raises, loops or grows as the request says."""
import asyncio
from datetime import datetime, timezone
from decimal import Decimal

from vestnik_sdk import fetch, log, settings, storage


class Thing:
    name = "a thing"


def round_and_round():
    ring = []
    ring.append({"actions": ring})
    return ring


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


STRANGE = {
    "bytes": lambda: b"\\x00\\xff",
    "set": lambda: {1, 2},
    "tuple": lambda: (1, "a"),
    "function": lambda: nested,
    "class": lambda: Thing,
    "object": lambda: Thing(),
    "ring": round_and_round,
    "deep": lambda: nested(5000),
    "number as a key": lambda: {1: "a", None: "b"},
    "moment": lambda: datetime.now(timezone.utc),
    "decimal": lambda: Decimal("1.5"),
    "exception": lambda: ValueError("no"),
    "coroutine": lambda: asyncio.sleep(0),
    "generator": lambda: (each for each in [1, 2]),
    "operation": lambda: storage.get("a"),
    "long text": lambda: "x" * 3_000_000,
    "long list": lambda: [1] * 1_000_000,
    "big number": lambda: 10**400,
    "complex": lambda: complex(1, 2),
    "range": lambda: range(3),
    "iterator": lambda: iter([1, 2]),
}


def made(value):
    if isinstance(value, list):
        return [made(each) for each in value]
    if isinstance(value, dict):
        if list(value) == ["$"] and value["$"] in STRANGE:
            return STRANGE[value["$"]]()
        return {key: made(each) for key, each in value.items()}
    return value


async def CRM_Marketing_ParseWebhookRequest(request):
    order = request.json()
    log.info("asked to", order["do"])
    return await ORDERS[order["do"]](order.get("value"))


async def give(value):
    return made(value)


async def blow(value):
    raise ValueError(value)


async def loop(value):
    while True:
        pass


async def wait(value):
    await asyncio.sleep(60)


async def recur(value):
    return await recur(value)


async def grow(value):
    held = []
    while True:
        held.append("x" * 10_000_000)


async def ask_elsewhere(value):
    return (await fetch("https://elsewhere.example/")).json()


async def chatter(value):
    for number in range(100_000):
        log.info("x" * 100)
    return {}


async def gather(value):
    return await asyncio.gather(*[storage.set(f"key{number}", "x" * 1000) for number in range(5000)])


ORDERS = {
    "give": give,
    "raise": blow,
    "loop": loop,
    "wait": wait,
    "recur": recur,
    "grow": grow,
    "ask": ask_elsewhere,
    "chatter": chatter,
    "gather": gather,
}


async def CRM_Marketing_ImportTemplates(offset, limit):
    return [{"externalId": "t1", "name": "Template"}][offset:]


async def CRM_Marketing_ExportContacts(contactIds):
    return None


async def CRM_Marketing_PrepareCampaign(campaignId, type, contacts):
    return None


async def CRM_Marketing_CreateCampaign(request):
    return {"externalId": "at-service", "status": "sending"}
'''
STRANGE = (
    "bytes", "set", "tuple", "function", "class", "object", "ring", "deep", "number as a key", "moment",
    "decimal", "exception", "coroutine", "generator", "operation", "long text", "long list", "big number",
    "complex", "range", "iterator",
)  # fmt: skip

READERS = [f"reader{number}@example.com" for number in range(6)]

#: What JSON can't hold, or holds at its edge.
EDGES = st.one_of(
    st.sampled_from([{"$": name} for name in STRANGE]),
    st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1e308, 2**63, -(2**63) - 1, 10**100]),
    st.sampled_from(["\ud800", "a\udfff", "\x00", "\x00@example.com", "\ufeff", "a\u202eb", "x" * 100_000]),
    JSON,
)


@st.composite
def results(draw: st.DrawFn) -> Any:
    """What a module may return: now and then what the contract wants, most of the time damaged."""
    value = draw(accepted(contract.functions()[PARSE].returns))
    for action in value.get("actions", ()) if isinstance(value, dict) else ():
        _aim(draw, action)
    match draw(st.sampled_from(["as it is", "damaged", "damaged", "edge", "edge within", "edge within"])):
        case "damaged":
            return draw(damaged(st.just(value)))
        case "edge":
            return draw(EDGES)
        case "edge within":
            return _with_edge(draw, value)
    return value


def _aim(draw: st.DrawFn, action: dict[str, Any]) -> None:
    """Have an action name a recipient and a campaign that exist, most of the time."""
    if "email" in action and draw(st.integers(0, 3)):
        action["email"] = draw(st.sampled_from(READERS))
    for name in ("externalId", "campaignExternalId"):
        if isinstance(action.get(name), str) and draw(st.integers(0, 3)):
            action[name] = "at-service"


def _with_edge(draw: st.DrawFn, value: Any) -> Any:
    """The value with an edge at some place of it, or beside its actions."""
    edge = draw(EDGES)
    if not isinstance(value, dict):
        return edge
    actions = value.get("actions") or []
    if not actions:
        return {**value, "actions": [edge]}
    action = draw(st.sampled_from(actions))
    if draw(st.booleans()):
        actions.append(edge)
    else:
        action[draw(st.sampled_from(sorted(action)))] = edge
    return value


def order(do: str, value: Any = None) -> bytes:
    """The body that has the module do it; halves of surrogate pairs and NaN pass as JSON's extensions."""
    return json.dumps({"do": do, "value": value}).encode()


def is_accepted(value: Any) -> bool | None:
    """Whether the contract takes what the module makes of `value`; None where that is not the same value."""
    if '{"$":' in json.dumps(value):
        return None
    try:
        contract.check_result(PARSE, value)
    except ContractViolation:
        return False
    return True
