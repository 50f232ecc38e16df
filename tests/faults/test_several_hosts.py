"""Three servers on one PostgreSQL: what is due is done once, and each of them tells of what any does."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.contacts.imports.file_server import serving
from tests.faults.conftest import at_service, installed
from tests.faults.product import PASSWORD, Desk, Product, Simulator, once
from tests.processes import WITHIN_S, until

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_kind", ["postgresql"])]

HOSTS = 3
ROUNDS = 3
READERS = [f"reader{number}+read@example.com" for number in range(20)]


@pytest.fixture
def hosts(tmp_path: Path, empty_database_url: str) -> Iterator[list[Product]]:
    """Servers of one installation, each with a folder and a port of its own."""
    key = {"VESTNIK_SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode()}
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(installed(tmp_path / "host0", empty_database_url, **key))
        others = [
            Product(tmp_path / f"host{number}", empty_database_url, **key) for number in range(1, HOSTS)
        ]
        for other in others:
            stack.callback(other.close)
            other.start()
            other.api.headers["authorization"] = first.api.headers["authorization"]
        yield [first, *others]
    assert [line for other in others for line in other.faults_in_log()] == []


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    with at_service(tmp_path) as service:
        yield service


class Watcher(threading.Thread):
    """What the event stream of one server tells, until something holds of it or the server is gone."""

    def __init__(self, host: Product, path: str, ends: Callable[[Any], bool]) -> None:
        super().__init__(daemon=True)
        self.told: list[Any] = []
        self.opened = threading.Event()
        self._host, self._path, self._ends = host, path, ends
        self.start()
        assert self.opened.wait(WITHIN_S)

    def run(self) -> None:
        with contextlib.suppress(httpx.TransportError), self._host.api.stream("GET", self._path) as stream:
            self.opened.set()
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    self.told.append(json.loads(line.removeprefix("data: ")))
                    if self._ends(self.told[-1]):
                        return

    def heard(self) -> Any:
        """The last that was told, once that is the end."""
        self.join(WITHIN_S)
        assert self.told and self._ends(self.told[-1]), self.told[-3:]
        return self.told[-1]


def test_every_server_tells_what_happens_on_another_though_some_die(
    hosts: list[Product], simulator: Simulator
) -> None:
    desk = Desk(hosts[0], simulator)
    desk.prepare(READERS)
    simulator.fault("*", "delay", seconds=0.3, times=100_000)
    campaign_id = desk.draft("На всех узлах")
    path = f"/campaigns/{campaign_id}/events"
    watchers = [Watcher(host, path, lambda told: told["state"] == "sent") for host in hosts[1:]]
    desk.act(campaign_id, "send", {})
    until(lambda: all(watcher.told[-1:] != [] for watcher in watchers), "each server tells of it")
    until(lambda: desk.card(campaign_id)["progress"]["steps"]["exported"] > 0, "the launch is under way")
    hosts[0].kill()
    for watcher in watchers:
        assert watcher.heard()["state"] == "sent"
    simulator.mend()
    hosts[0].start()  # webhooks come to its address
    assert simulator.calls("createCampaign") == 1
    simulator.told()
    assert simulator.written(campaign_id) == once(READERS)


def test_a_server_that_was_frozen_during_a_launch_writes_to_nobody_twice(
    hosts: list[Product], simulator: Simulator
) -> None:
    frozen, other, third = hosts
    third.end()
    desk = Desk(frozen, simulator)
    desk.prepare(READERS)
    simulator.fault("*", "delay", seconds=0.3, times=100_000)
    campaign_id = desk.send("Пока один спал")
    until(lambda: desk.card(campaign_id)["progress"]["steps"]["exported"] > 0, "the launch is under way")
    os.kill(frozen.pid, signal.SIGSTOP)
    assert other.running is not None
    other.running.line("engine.taken_over")
    os.kill(frozen.pid, signal.SIGCONT)
    Desk(other, simulator).follow(campaign_id, "sent")
    simulator.mend()
    simulator.told()
    assert simulator.calls("createCampaign") == 1
    assert simulator.written(campaign_id) == once(READERS)


def test_what_is_due_is_done_by_one_server_alone(
    hosts: list[Product], simulator: Simulator, empty_database_url: str
) -> None:
    desk, product = Desk(hosts[0], simulator), hosts[0]
    desk.prepare(READERS)
    at = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    campaign_ids = [desk.draft(f"По часам {number}") for number in range(3)]
    for campaign_id in campaign_ids:
        desk.act(campaign_id, "send", {"at": at})
    with serving() as files, psycopg.connect(_plain(empty_database_url), autocommit=True) as database:

        def come_due(table: str) -> None:
            database.execute(f"UPDATE {table} SET next_at = 1 WHERE next_at IS NOT NULL")

        files.serve("Name;Email\nАнна;anna@example.com\n")
        body = {"name": "Сайт", "url": files.url, "everyHours": 24, "privateAllowed": True}
        schedule_id = product.post("/imports/schedules", body)["id"]
        runs = f"/imports/schedules/{schedule_id}/runs"
        until(lambda: _states(product, runs) == ["fetched"], "the first file is fetched")
        _imported(product, product.get(f"/imports/schedules/{schedule_id}")["run"]["importId"])
        first = _states(product, runs)
        sync = _synced(desk)
        before = len(files.requests)
        for number in range(1, ROUNDS + 1):
            come_due("contact_import_schedule")
            until(
                lambda number=number: _states(product, runs) == ["unchanged"] * number + first,  # type: ignore[misc]
                "the file is looked at again",
            )
            assert len(files.requests) == before + number
        come_due("sync")
        until(lambda: _states(product, f"/syncs/{sync}/runs") == ["done", "done"], "the list is synced again")
    desk.settle(campaign_ids)
    assert simulator.calls("createCampaign") == len(campaign_ids)
    for campaign_id in campaign_ids:
        assert simulator.written(campaign_id) == once(READERS)
    assert [len(_states(product, path)) for path in (runs, f"/syncs/{sync}/runs")] == [ROUNDS + 1, 2]


def test_what_is_taken_away_on_one_server_is_refused_by_the_others(
    hosts: list[Product], simulator: Simulator
) -> None:
    first, other = hosts[:2]
    desk = Desk(first, simulator)
    desk.connect()

    made = first.post("/keys", {"name": "Second", "rights": ["contacts.read"]})
    second = {"authorization": f"Bearer {made['key']}"}
    assert other.request("GET", "/contacts", headers=second).status_code == 200
    first.call("DELETE", f"/keys/{made['id']}")
    assert other.request("GET", "/contacts", headers=second).status_code == 401

    with httpx.Client(base_url=f"{first.address}/api/v1", trust_env=False, timeout=WITHIN_S) as browser:
        form = {"email": "olga@example.org", "password": PASSWORD}
        signed_in = browser.post("/session", json=form, headers={"origin": first.address}).json()
        cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
        with httpx.Client(base_url=f"{other.address}/api/v1", trust_env=False, headers=cookies) as elsewhere:
            assert elsewhere.get("/contacts").status_code == 200
            confirmed = {"x-csrf-token": signed_in["csrf"], "origin": first.address}
            assert browser.delete("/session", headers=confirmed).is_success
            assert elsewhere.get("/contacts").status_code == 401

    check = f"/accounts/{desk.account_id}/check"
    assert other.post(check)["ok"]
    desk.product.call("PUT", f"/accounts/{desk.account_id}/hosts", {"items": []})
    until(lambda: not other.post(check)["ok"], "an address that is not approved any more is not asked")
    desk.approve_hosts(desk.account_id)
    until(lambda: other.post(check)["ok"], "it is approved again")
    assert _import_templates(other, desk.account_id) == "done"
    first.post(f"/modules/{desk.module_id}/disable")
    until(lambda: _import_templates(other, desk.account_id) == "stopped", "it is switched off")


def _import_templates(product: Product, account_id: str) -> str:
    """How an import of templates ended."""
    path = f"/templates/imports/{product.post('/templates/import', {'accountId': account_id})['id']}"
    until(lambda: product.get(path)["state"] != "running", "the import of templates ends")
    return str(product.get(path)["state"])


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql")


def _states(product: Product, runs: str) -> list[str]:
    return [each["state"] for each in product.get(runs)["items"]]


def _imported(product: Product, import_id: str) -> None:
    """Import a file as it was guessed."""
    card = product.get(f"/imports/{import_id}")
    guessed = {name: card[name] for name in ("reading", "columns", "titles")}
    product.post(f"/imports/{import_id}/start", {**guessed, "policy": {"duplicates": "update"}})
    until(lambda: product.get(f"/imports/{import_id}")["state"] == "done", "the file is imported")


def _synced(desk: Desk) -> str:
    """A sync of the segment with a new list that is run every hour; its id."""
    body = {
        "accountId": desk.account_id,
        "source": "segment",
        "segmentId": desk.segment_id,
        "listTitle": "Читатели",
        "mode": "exact",
        "everyMinutes": 60,
    }
    sync_id = str(desk.product.post("/syncs", body)["id"])
    until(lambda: desk.product.get(f"/syncs/{sync_id}")["run"]["state"] == "waiting", "the plan waits")
    desk.product.post(f"/syncs/{sync_id}/confirm", {"removals": 0})
    until(lambda: _states(desk.product, f"/syncs/{sync_id}/runs") == ["done"], "the list is synced")
    return sync_id
