"""A list at a real service, synced by the real module while the server is killed: who is on it at last."""

from __future__ import annotations

import os
import random
import time
from typing import Any

import httpx
import pytest
from tests.faults.product import CHUNK, Desk, Simulator
from tests.processes import WITHIN_S, until

pytestmark = pytest.mark.slow

SEED = os.environ.get("VESTNIK_FAULT_SEED", "1")
SHARED = [f"shared{number}@example.com" for number in range(CHUNK)]
NEW = [f"new{number}@example.com" for number in range(3 * CHUNK)]
STRANGERS = [f"stranger{number}@example.com" for number in range(3 * CHUNK)]
LEFT = "left@example.com"
#: How long the service takes over each call; the server is killed somewhere in it.
LATENCY_S = 0.15


class Lists:
    """The service's lists, as its own user fills them."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def call(self, method: str, **form: Any) -> Any:
        """A call of the service's API."""
        url = f"{self._simulator.url}/ru/api/{method}?format=json"
        answer = httpx.post(url, data={"api_key": self._simulator.api_key, **form}, timeout=WITHIN_S)
        assert "result" in answer.json(), answer.text
        return answer.json()["result"]

    def make(self, title: str, people: list[str]) -> str:
        """A list with people on it."""
        list_id = str(self.call("createList", title=title)["id"])
        for start in range(0, len(people), 400):
            rows = {
                f"data[{row}][{column}]": value
                for row, address in enumerate(people[start : start + 400])
                for column, value in enumerate((address, list_id))
            }
            names = {"field_names[0]": "email", "field_names[1]": "email_list_ids"}
            self.call("importContacts", **names, **rows)
        return list_id

    def members(self, list_id: str) -> dict[str, str]:
        """Who is on a list, with what status, by the service's own record."""
        found = self._simulator.get(f"lists/{list_id}/members", limit=10_000)
        return {each["address"]: each["status"] for each in found["items"]}

    def active(self, list_id: str) -> set[str]:
        """Who gets what is sent to a list."""
        return {address for address, status in self.members(list_id).items() if status == "active"}


def _run(desk: Desk, sync_id: str) -> Any:
    return desk.product.get(f"/syncs/{sync_id}")["run"]


def _follow(desk: Desk, sync_id: str, *states: str) -> Any:
    deadline = time.monotonic() + WITHIN_S
    while (run := _run(desk, sync_id))["state"] not in states:
        if time.monotonic() > deadline:
            raise AssertionError(f"never {states}: {run}")
        time.sleep(0.02)
    return run


@pytest.fixture
def lists(desk: Desk, simulator: Simulator) -> Lists:
    """A connected installation, and the service's lists."""
    desk.connect()
    _, desk.segment_id = desk.gather([*SHARED, *NEW, LEFT])
    return Lists(simulator)


def _draft(desk: Desk, list_id: str, mode: str) -> str:
    body = {
        "accountId": desk.account_id,
        "source": "segment",
        "segmentId": desk.segment_id,
        "listExternalId": list_id,
        "listTitle": "Покупатели",
        "mode": mode,
    }
    return str(desk.product.post("/syncs", body)["id"])


@pytest.mark.parametrize(
    ("mode", "after"),
    [
        ("exact", {*SHARED, *NEW}),
        ("merge", {*SHARED, *NEW, *STRANGERS}),
        ("subtract", {*STRANGERS}),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_list_at_a_service_becomes_what_the_mode_says(
    desk: Desk, lists: Lists, mode: str, after: set[str]
) -> None:
    list_id = lists.make("Покупатели", [*SHARED, *STRANGERS, LEFT])
    lists.call("unsubscribe", contact_type="email", contact=LEFT, list_ids=list_id)
    sync_id = _draft(desk, list_id, mode)
    plan = _follow(desk, sync_id, "waiting", "failed")
    assert plan["state"] == "waiting", plan["reason"]
    desk.product.post(f"/syncs/{sync_id}/confirm", {"removals": plan["counts"]["remove"]})
    run = _follow(desk, sync_id, "done", "failed")
    assert (run["state"], run["counts"]["differs"]) == ("done", 0), run["reason"]
    assert lists.active(list_id) == after
    assert lists.members(list_id)[LEFT] == "unsubscribed"


def test_a_server_killed_at_any_instant_of_a_run_ends_in_the_same_list(
    desk: Desk, lists: Lists, simulator: Simulator, database_kind: str
) -> None:
    chance = random.Random(f"{SEED} {database_kind}")  # noqa: S311
    list_id = lists.make("Покупатели", [*SHARED, *STRANGERS, LEFT])
    lists.call("unsubscribe", contact_type="email", contact=LEFT, list_ids=list_id)
    simulator.fault("*", "delay", seconds=LATENCY_S, times=100_000)
    hit = []

    def strike() -> None:
        time.sleep(chance.uniform(0, 2 * LATENCY_S))
        desk.product.kill()
        desk.product.start()
        hit.append(_run(desk, sync_id)["state"])

    sync_id = _draft(desk, list_id, "exact")
    for _ in range(2):
        strike()
    plan = _follow(desk, sync_id, "waiting", "failed")
    desk.product.post(f"/syncs/{sync_id}/confirm", {"removals": plan["counts"]["remove"]})
    for share in (0.0, 0.3, 0.6):
        until(lambda share=share: _done(desk, sync_id) >= share, f"{share} is done")  # type: ignore[misc]
        strike()
    until(lambda: _run(desk, sync_id)["state"] in ("verifying", "done"), "it is verified")
    strike()
    run = _follow(desk, sync_id, "done", "failed")
    assert (run["state"], run["counts"]["differs"], len(hit)) == ("done", 0, 6), run["reason"]
    assert {"planning", "applying"} <= set(hit)
    assert lists.active(list_id) == {*SHARED, *NEW}
    assert lists.members(list_id)[LEFT] == "unsubscribed"


def _done(desk: Desk, sync_id: str) -> float:
    run = _run(desk, sync_id)
    return 1.0 if run["state"] in ("verifying", "done") else run["done"] / max(1, run["toDo"])


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_service_that_is_slow_refuses_to_answer_or_answers_rubbish_is_waited_for(
    desk: Desk, lists: Lists, simulator: Simulator
) -> None:
    list_id = lists.make("Покупатели", [*SHARED, *STRANGERS])
    for method in ("async/exportContacts", "importContacts"):
        simulator.fault(method, "status", status=500)
        simulator.fault(method, "drop_after")
        simulator.fault(method, "error", code="api_call_limit_exceeded_for_api_key")
        simulator.fault(method, "delay", seconds=1.0)
    sync_id = _draft(desk, list_id, "exact")
    plan = _follow(desk, sync_id, "waiting", "failed")
    assert plan["state"] == "waiting", plan["reason"]
    desk.product.post(f"/syncs/{sync_id}/confirm", {"removals": plan["counts"]["remove"]})
    run = _follow(desk, sync_id, "done", "failed")
    assert (run["state"], run["counts"]["differs"]) == ("done", 0), run["reason"]
    assert lists.active(list_id) == {*SHARED, *NEW, LEFT}
