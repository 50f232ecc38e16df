"""Who unsubscribes while a campaign is handed over: the service has them, and yet does not write to them."""

from __future__ import annotations

import pytest
from tests.faults.product import CHUNK, Desk, Simulator, once
from tests.processes import until

pytestmark = pytest.mark.slow

READERS = [f"reader{number}+delivered@example.com" for number in range(4 * CHUNK)]
#: The service has them with the first chunk.
BY_US, BY_WEBHOOK = READERS[:2]
#: So long the last chunk takes, while they unsubscribe.
LAST_CHUNK_S = 5.0


def test_who_unsubscribes_after_the_hand_over_is_taken_out_before_the_service_sends(
    desk: Desk, simulator: Simulator
) -> None:
    product = desk.product
    desk.prepare(READERS)
    [reader] = product.get("/contacts", search=BY_US)["items"]
    simulator.client.delete("requests")
    chunks = len(READERS) // CHUNK
    simulator.fault("importContacts", "delay", seconds=LAST_CHUNK_S, skip=2 * chunks - 1)
    campaign_id = desk.send("Отписка в последний миг")
    until(lambda: not simulator.awaits("importContacts"), "the last chunk is handed over")

    withdrawn = {"categoryId": desk.category_id, "state": "withdrawn", "how": "письмо"}
    product.post(f"/contacts/{reader['id']}/consents", withdrawn)
    left = {"name": "unsubscribe", "data": {"email": BY_WEBHOOK}}
    simulator.post("events", {"account": "mayak", "events": [left]})
    simulator.told()
    card = desk.card(campaign_id)
    assert (card["state"], card["progress"]["steps"]["prepared"]) == ("preparing", chunks - 1)
    assert {BY_US, BY_WEBHOOK} <= _at_service(simulator, campaign_id)

    desk.settle([campaign_id])
    assert simulator.written(campaign_id) == once(READERS[2:])
    assert desk.deliveries(campaign_id) == desk.deliveries_at_service(campaign_id)
    figures = desk.card(campaign_id)["figures"]
    assert (figures["recipients"], figures["handedOver"]) == (len(READERS) - 2, len(READERS) - 2)
    assert simulator.calls("importContacts") == 2 * chunks + 1


def _at_service(simulator: Simulator, campaign_id: str) -> set[str]:
    """Who is in the campaign's list at the service."""
    [found] = [
        each["id"]
        for each in simulator.get("lists")["items"]
        if each["title"] == f"Vestnik campaign {campaign_id}"
    ]
    members = simulator.get(f"lists/{found}/members", limit=1000)["items"]
    return {each["address"] for each in members if each["status"] == "active"}
