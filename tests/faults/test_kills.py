"""`kill -9` in every phase of a launch: the service's own record proves nobody twice, nobody lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.faults.product import CHUNK, Desk, Simulator, once
from tests.processes import until

from vestnik.engine.engine import ENGINE_FILE
from vestnik_simulator.traffic import FaultKind

pytestmark = pytest.mark.slow

FATES = ("delivered", "read", "click")
READERS = [f"reader{number}+{FATES[number % 3]}@example.com" for number in range(4 * CHUNK)]
CHUNKS = len(READERS) // CHUNK
SEED = os.environ.get("VESTNIK_FAULT_SEED", "1")

#: How long the service takes over each call, as a real one does; its effect comes at the end.
LATENCY_S = 0.08
#: How long it takes over the call in which the server is killed.
SLOW_S = 0.4
#: Longer than any test: the service never gets to it.
NEVER_S = 3600.0


class Killer:
    """Ends the server in a chosen phase of a launch, at a random instant of it."""

    def __init__(self, desk: Desk, simulator: Simulator, seed: str) -> None:
        self.desk, self.simulator = desk, simulator
        self.chance = random.Random(seed)  # noqa: S311
        self.hit: list[str] = []
        self.between: Callable[[], None] = lambda: None

    def strike(self, phase: str) -> None:
        """Kill the server and start it again."""
        self.desk.product.kill()
        self.hit.append(phase)
        self.between()
        self.desk.product.start()

    def slow(self, method: str | None = None, kind: FaultKind = "delay", seconds: float = SLOW_S) -> None:
        """Have the next call of `method` break or take its time, and every other take a moment."""
        self.simulator.mend()
        if method is not None:
            self.simulator.fault(method, kind, seconds=seconds)
        self.simulator.fault("*", "delay", seconds=LATENCY_S, times=100_000)

    def in_order(self, name: str) -> str:
        """Send a campaign, and kill while the order is taken, or while its recipients are found."""
        campaign_id = self.desk.draft(name)
        order = threading.Thread(target=self._order, args=[campaign_id])
        order.start()
        time.sleep(self.chance.uniform(0, 4 * LATENCY_S))  # its preflight asks the service four things
        self.strike("order")
        order.join()
        if self.desk.card(campaign_id)["state"] == "draft":  # killed before it was taken
            self.desk.act(campaign_id, "send", {})
        return campaign_id

    def _order(self, campaign_id: str) -> None:
        path = f"{self.desk.product.address}/api/v1/campaigns/{campaign_id}/send"
        try:
            httpx.post(path, json={}, headers=self.desk.product.api.headers, timeout=10)
        except httpx.TransportError:
            return

    def in_export(self, campaign_id: str) -> None:
        """Kill while contacts are passed."""
        self._at_chunk(campaign_id, self.chance.randrange(CHUNKS))

    def in_prepare(self, campaign_id: str) -> None:
        """Kill while the campaign's list is filled."""
        self._at_chunk(campaign_id, CHUNKS + self.chance.randrange(CHUNKS))

    def _at_chunk(self, campaign_id: str, chunk: int) -> None:
        """Kill while chunk number `chunk` is handed over."""
        until(lambda: _handed_over(self.desk.card(campaign_id)) >= chunk, f"chunk {chunk} is next")
        time.sleep(self.chance.uniform(0, 1.2 * LATENCY_S))
        self.strike(_phase(self.desk.card(campaign_id)))

    def in_call(self, method: str) -> None:
        """Kill in the call of `method` that `slow` was told of, or as soon as it is over."""
        until(lambda: not self.simulator.awaits(method), f"{method} is called")
        time.sleep(self.chance.uniform(0, 1.1 * SLOW_S))
        self.strike("create")

    def in_tracking(self, campaign_id: str) -> None:
        """Kill while the service sends and reports."""
        self.desk.follow(campaign_id, "sending", "sent")
        time.sleep(self.chance.uniform(0, 0.8))
        self.strike("track")


def _handed_over(card: Any) -> int:
    steps = card["progress"]["steps"]
    return int(steps["exported"]) + int(steps["prepared"])


def _phase(card: Any) -> str:
    steps = card["progress"]["steps"]
    if not card["progress"]["planned"]:
        return "resolve"
    if steps["exported"] < CHUNKS:
        return "export"
    return "prepare" if steps["prepared"] < CHUNKS else "create"


@pytest.fixture
def killer(desk: Desk, simulator: Simulator, database_kind: str) -> Killer:
    """A connected installation with its readers."""
    simulator.change(webhook_batch=3)
    desk.prepare(READERS)
    simulator.client.delete("requests")
    return Killer(desk, simulator, f"{SEED} {database_kind}")


def test_a_server_killed_in_every_phase_writes_to_everybody_exactly_once(
    killer: Killer, desk: Desk, simulator: Simulator
) -> None:
    ids = []
    for number, inside in enumerate(["createEmailMessage", "createCampaign"]):
        killer.slow(inside)
        ids.append(killer.in_order(f"Рассылка {number}"))
        killer.in_export(ids[-1])
        killer.in_prepare(ids[-1])
        killer.in_call(inside)
        _send_again_if_asked(desk, ids[-1])
        killer.in_tracking(ids[-1])
    desk.settle(ids)

    assert len(killer.hit) == 10
    assert {"order", "export", "prepare", "create", "track"} <= set(killer.hit)
    for campaign_id in ids:
        _everybody_once(desk, simulator, campaign_id)
    assert simulator.get("state")["twice"] == 0
    assert simulator.calls("createCampaign") == len(ids)
    assert simulator.calls("importContacts") <= len(ids) * 2 * CHUNKS + len(killer.hit)
    assert desk.product.get("/webhooks", state="failed")["items"] == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_server_killed_inside_the_creation_never_creates_twice(
    killer: Killer, desk: Desk, simulator: Simulator
) -> None:
    killer.slow("createCampaign", "hang")
    ids = [desk.send("Создана, ответа нет")]
    killer.in_call("createCampaign")
    assert desk.follow(ids[-1], "sending", "sent")["run"] == 1

    killer.slow("createCampaign", seconds=NEVER_S)
    ids.append(desk.send("Создана после гибели"))
    killer.in_call("createCampaign")
    assert desk.follow(ids[-1], "unclear")["reason"]["code"] == "create_not_found"
    simulator.create_campaign_of_latest_message()  # what was on its way arrives at last
    assert desk.follow(ids[-1], "sending", "sent")["run"] == 1  # nobody had to press anything

    killer.slow("createCampaign", seconds=NEVER_S)
    ids.append(desk.send("Не дошла"))
    killer.in_call("createCampaign")
    card = desk.follow(ids[-1], "unclear")
    assert card["actions"] == ["check-at-service", "send-again", "cancel"]
    assert desk.act(ids[-1], "check-at-service")["state"] == "unclear"
    desk.act(ids[-1], "send-again")
    assert desk.follow(ids[-1], "sending", "sent")["run"] == 2

    desk.settle(ids)
    for campaign_id in ids:
        _everybody_once(desk, simulator, campaign_id)
    assert simulator.get("state")["twice"] == 0


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_engine_that_forgot_or_remembers_an_older_time_loses_and_repeats_nothing(
    killer: Killer, desk: Desk, simulator: Simulator, tmp_path: Path
) -> None:
    memory = Memory(desk.product.data_dir, tmp_path / "older")
    killer.slow("createCampaign")
    ids = [desk.send("Память движка")]
    for between, phase in [
        (memory.keep, killer.in_export),
        (memory.forget, killer.in_prepare),
        (memory.restore, lambda _: killer.in_call("createCampaign")),
        (memory.restore, killer.in_tracking),
    ]:
        killer.between = between
        phase(ids[0])
    ids.append(desk.send("Следующая"))
    desk.settle(ids)

    for campaign_id in ids:
        _everybody_once(desk, simulator, campaign_id)
    assert simulator.calls("createCampaign") == len(ids)
    assert simulator.get("state")["twice"] == 0


class Memory:
    """The engine's own file, which may be lost, or come back from a backup."""

    def __init__(self, data_dir: Path, older: Path) -> None:
        self._data_dir, self._older = data_dir, older

    def keep(self) -> None:
        """Take a backup."""
        self._older.mkdir()
        for path in self._data_dir.glob(f"{ENGINE_FILE}*"):
            shutil.copy(path, self._older)

    def forget(self) -> None:
        """Lose it."""
        for path in self._data_dir.glob(f"{ENGINE_FILE}*"):
            path.unlink()

    def restore(self) -> None:
        """Have the backup instead of what is there."""
        self.forget()
        for path in self._older.iterdir():
            shutil.copy(path, self._data_dir)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_server_stopped_in_order_repeats_no_call(killer: Killer, desk: Desk, simulator: Simulator) -> None:
    killer.slow()
    campaign_id = desk.send("По порядку")
    for chunk in (1, CHUNKS + 1, 2 * CHUNKS):  # the last one is in CreateCampaign
        until(lambda chunk=chunk: _handed_over(desk.card(campaign_id)) >= chunk, f"chunk {chunk}")  # type: ignore[misc]
        assert desk.product.end(signal.SIGTERM) == 0
        assert desk.product.log[-1] == "Vestnik has stopped."
        desk.product.start()
    desk.settle([campaign_id])

    _everybody_once(desk, simulator, campaign_id)
    assert simulator.calls("importContacts") == 2 * CHUNKS
    assert simulator.calls("createCampaign") == simulator.calls("createEmailMessage") == 1


def _send_again_if_asked(desk: Desk, campaign_id: str) -> None:
    """What a person does with a campaign whose creation nobody heard of."""
    if desk.follow(campaign_id, "sending", "sent", "unclear")["state"] == "unclear":
        desk.act(campaign_id, "send-again")


def _everybody_once(desk: Desk, simulator: Simulator, campaign_id: str) -> None:
    assert simulator.written(campaign_id) == once(READERS)
    assert len(simulator.campaigns(campaign_id)) == 1
    assert desk.deliveries(campaign_id) == desk.deliveries_at_service(campaign_id)
    card = desk.card(campaign_id)
    assert (card["state"], card["figures"]["recipients"], card["figures"]["handedOver"]) == (
        "sent",
        len(READERS),
        len(READERS),
    )
    assert card["externalId"] == str(simulator.campaigns(campaign_id)[0]["id"])
