"""The whole job over HTTP: from an empty installation to statistics and to who is not written to again."""

from __future__ import annotations

import json

import pytest
from tests.faults.product import Desk, Simulator, once

pytestmark = pytest.mark.slow

FATES = ("delivered", "read", "click", "unsubscribe", "spam", "unknown", "full")
READERS = [f"reader{number}+{fate}@example.com" for number in range(8) for fate in FATES]
TEMPLATES = 66


def of_fate(*fates: str) -> list[str]:
    return [reader for reader in READERS if reader.partition("@")[0].rpartition("+")[2] in fates]


#: Those whose addresses nothing happened to that ends a correspondence; the first reader is on the stop-list.
REACHABLE = set(of_fate("delivered", "read", "click", "full")) - {READERS[0]}


def test_a_campaign_from_an_empty_installation_to_its_statistics_and_the_next_audience(
    desk: Desk, simulator: Simulator
) -> None:
    product = desk.product
    desk.connect()
    assert desk.import_templates() == TEMPLATES
    desk.category_id = product.post("/categories", {"title": "Новости"})["id"]
    contacts, desk.segment_id = desk.gather(READERS)
    product.post("/contacts", {"name": "Без адреса"})
    product.post("/stop-list", {"address": READERS[0]})

    first = desk.draft("Первая")
    preflight = desk.act(first, "preflight")
    assert (preflight["ready"], preflight["audience"], preflight["recipients"]) == (True, 56, 55)
    assert preflight["exclusions"] == [{"reason": "blocked", "count": 1}]
    assert {check["code"] for check in preflight["checks"]} == {
        "account_ready",
        "sender_known",
        "plan_enough",
    }
    desk.act(first, "send", {})
    assert _followed_live(desk, first)[-1] == "sent"
    desk.settle([first])

    written_to = READERS[1:]
    assert simulator.written(first) == once(written_to)
    assert desk.deliveries(first) == desk.deliveries_at_service(first)
    assert desk.figures(first) == {
        "sent": 55,
        "delivered": len(of_fate("delivered", "read", "click", "unsubscribe", "spam")) - 1,
        "opened": len(of_fate("read", "click", "unsubscribe", "spam")),
        "clicked": len(of_fate("click")),
        "unsubscribed": len(of_fate("unsubscribe")),
        "bounced": len(of_fate("unknown", "full")),
        "spam": len(of_fate("spam")),
    }
    card = desk.card(first)
    assert (card["run"], card["externalId"]) == (1, str(simulator.campaigns(first)[0]["id"]))
    assert [change["toState"] for change in card["history"]] == ["draft", "preparing", "sending", "sent"]
    assert len(contacts) == len(READERS)

    _the_next_campaign_leaves_out_who_unsubscribed(desk, simulator)
    _another_category_still_reaches_who_unsubscribed_from_the_first(desk, simulator)
    assert product.get("/webhooks", state="failed")["items"] == []
    assert product.get("/webhooks/waiting") == []


def _the_next_campaign_leaves_out_who_unsubscribed(desk: Desk, simulator: Simulator) -> None:
    second = desk.draft("Вторая")
    preflight = desk.act(second, "preflight")
    assert preflight["exclusions"] == [
        {"reason": "blocked", "count": 1},
        {"reason": "hard_bounce", "count": 8},
        {"reason": "spam", "count": 8},
        {"reason": "unsubscribed_category", "count": 8},
    ]
    desk.act(second, "send", {})
    desk.settle([second])
    assert simulator.written(second) == once(
        set(of_fate("delivered", "read", "click", "full")) - {READERS[0]}
    )
    assert simulator.get("state")["twice"] == 0


def _another_category_still_reaches_who_unsubscribed_from_the_first(desk: Desk, simulator: Simulator) -> None:
    """By our word it may; the service, which unsubscribes people as a whole, refuses them one by one."""
    other = desk.product.post("/categories", {"title": "Акции"})["id"]
    third = desk.draft("Третья", categoryId=other)
    assert desk.act(third, "preflight")["recipients"] == 55 - 16
    desk.act(third, "send", {})
    desk.settle([third])
    refused = {address for address, status in desk.deliveries(third).items() if status == "rejected"}
    assert refused == set(of_fate("unsubscribe"))
    assert simulator.written(third) == once(REACHABLE)
    assert desk.card(third)["figures"]["rejected"] == len(refused)


def _followed_live(desk: Desk, campaign_id: str) -> list[str]:
    """The states that the page of a watcher shows, one after the other."""
    states: list[str] = []
    with desk.product.api.stream("GET", f"/campaigns/{campaign_id}/events") as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                state = json.loads(line.removeprefix("data: "))["state"]
                if states[-1:] != [state]:
                    states.append(state)
                if state == "sent":
                    return states
    return states
