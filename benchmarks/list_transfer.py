"""A whole sync of everybody with a list of the simulator: all of them, then with one in a hundred changed.

Product and simulator are processes of their own. The module is `unisender`, which has the list exported as a
file and imports 500 people a call; VESTNIK_BENCH_MODULE names others (`unisender,campaign_monitor`). A run
reads the list, plans, transfers, and reads the list again to verify. `own_s` is a run's time without the
seconds that the simulator spent on its answers and files; it holds what the module's manifest has the product
wait for (1,200 calls a minute at Unisender). VESTNIK_BENCH_PEOPLE names other numbers of people.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import installation as site
from benchmarks.campaign import ACCOUNTS, NO_LIMITS, connected
from vestnik.app import answering, build_services
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import contact
from vestnik.db.migrate import migrate
from vestnik.people.access import RIGHTS, SYSTEM
from vestnik.settings import Settings
from vestnik_simulator import RunningSimulator, simulator_process

PEOPLE = "100000,1000000"
#: Of so many people one leaves and one comes between the two runs: together one in a hundred.
_ONE_LEAVES_IN = 200
LONGEST_S = 3_600
_AT_ONCE = 5_000


def run() -> dict[str, Any]:
    """Seconds of each run, its people, and the peak memory of each process in MB."""
    sizes = os.environ.get("VESTNIK_BENCH_PEOPLE", PEOPLE).split(",")
    modules = os.environ.get("VESTNIK_BENCH_MODULE", "unisender").split(",")
    return {f"{module}_{size}": _measure(module, int(size)) for module in modules for size in sizes}


def _measure(module: str, people: int) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as folder,
        site.database(Path(folder)) as database_url,
        simulator_process(Path(folder) / "sim", *NO_LIMITS, "--accounts", ACCOUNTS) as simulator,
    ):
        settings = replace(Settings.from_environment({}), data_dir=Path(folder))
        settings = replace(settings, database_url=database_url)
        migrate(settings.database_url)
        port = site.free_port()
        settings = settings.at_port(port)
        account_id, key = asyncio.run(_seed(settings, simulator, module, people))
        command, api = [sys.executable, "-m", "vestnik", "serve"], f"http://127.0.0.1:{port}/api/v1"
        with site.serving(command, settings, port) as process:
            pids = {"server": process.pid, "simulator": simulator.pid}
            with site.Memory(pids) as memory:
                sync_id, full = _first_run(Watch(api, key, simulator, process.pid), account_id, people)
        asyncio.run(_change(settings, people))
        with site.serving(command, settings, port) as process:
            with site.Memory({"server": process.pid}) as later:
                changed = _next_run(Watch(api, key, simulator, process.pid), sync_id)
    return {
        **{f"all_{name}": value for name, value in full.items()},
        **{f"one_percent_{name}": value for name, value in changed.items()},
        **{f"peak_{name}_mb": peak for name, peak in memory.peaks.items()},
        "one_percent_peak_server_mb": later.peaks["server"],
    }


async def _seed(settings: Settings, simulator: RunningSimulator, module: str, people: int) -> tuple[int, str]:
    services = build_services(settings)
    async with answering(services), contextlib.AsyncExitStack() as stack:
        await services.sandbox.start()
        stack.push_async_callback(services.sandbox.stop)
        stack.push_async_callback(services.broker.close)
        await stack.enter_async_context(services.modules.running())
        account_id = await connected(services, simulator, module)
        _, key = await services.people.keys.add(SYSTEM, "Benchmark", sorted(RIGHTS - {"demo.play"}))
    await _add(settings, range(people))
    return account_id, key


async def _add(settings: Settings, numbers: range) -> None:
    services = build_services(settings)
    async with answering(services):
        for start in range(numbers.start, numbers.stop, _AT_ONCE):
            made = [
                NewContact(f"Reader {number}", [normalise("email", site.email(number))])
                for number in range(start, min(start + _AT_ONCE, numbers.stop))
            ]
            await services.database.write(services.contacts.insert_many, made)


async def _change(settings: Settings, people: int) -> None:
    """Have one in two hundred blocked, and as many new people."""
    await _add(settings, range(people, people + people // _ONE_LEAVES_IN))
    services = build_services(settings)
    async with answering(services), services.database.read() as connection:
        every = sa.select(contact.c.id).order_by(contact.c.id).limit(people)
        leaving = list(await connection.scalars(every))[::_ONE_LEAVES_IN]

        def leave(connection: sa.Connection) -> None:
            for start in range(0, len(leaving), 500):
                of_some = contact.c.id.in_(leaving[start : start + 500])
                connection.execute(sa.update(contact).where(of_some).values(blocked=True))

        await services.database.write(leave)


class Watch:
    """Follows the runs of a server, and what they cost since this was made."""

    def __init__(self, api: str, key: str, simulator: RunningSimulator, pid: int) -> None:
        self.api, self.key, self._simulator, self._pid = api, key, simulator, pid
        self._spent_s, self._cpu_s, self._started = self._spent(), site.cpu_s(pid), time.monotonic()

    @property
    def passed_s(self) -> float:
        """Seconds since the beginning."""
        return round(time.monotonic() - self._started, 1)

    def until(self, run_id: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The run as soon as something holds of it."""
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:
            card: dict[str, Any] = site.call(f"{self.api}/sync-runs/{run_id}", self.key)
            if holds(card):
                return card
            if card["state"] in ("failed", "stopped", "waiting", "done"):
                raise RuntimeError(f"the run is {card['state']}: {card['reason']}")
            time.sleep(0.1)
        raise TimeoutError(f"the run is still {card['state']}")

    def figures(self, done: dict[str, Any], **seconds: float) -> dict[str, Any]:
        """What a run did, and what it took."""
        whole_s, simulator_s = self.passed_s, self._spent() - self._spent_s
        return {
            **{name: done["counts"][name] for name in ("added", "removed", "differs")},
            **seconds,
            "whole_s": whole_s,
            "simulator_s": round(simulator_s, 1),
            "own_s": round(whole_s - simulator_s, 1),
            "server_cpu_s": round(site.cpu_s(self._pid) - self._cpu_s, 1),
        }

    def _spent(self) -> float:
        """Seconds that the simulator has spent on its answers and files."""
        methods = site.call(f"{self._simulator.url}/_simulator/requests")["methods"]
        return float(sum(each["seconds"] for each in methods.values()))


def _first_run(watch: Watch, account_id: int, people: int) -> tuple[str, dict[str, Any]]:
    """The plan of a new sync, confirmed as soon as it is there."""
    draft = {"accountId": str(account_id), "source": "contacts", "listTitle": "Everybody", "mode": "exact"}
    made = site.call(f"{watch.api}/syncs", watch.key, body=draft | {"everyMinutes": None})
    run_id = made["run"]["id"]
    waiting = watch.until(run_id, lambda card: card["state"] == "waiting")
    planned_s = watch.passed_s
    if waiting["counts"]["add"] != people:
        raise RuntimeError(f"the plan adds {waiting['counts']['add']} of {people}")
    site.call(f"{watch.api}/syncs/{made['id']}/confirm", watch.key, body={"removals": 0})
    watch.until(run_id, lambda card: card["state"] in ("verifying", "done"))
    transferred_s = watch.passed_s
    done = watch.until(run_id, lambda card: card["state"] == "done")
    return made["id"], watch.figures(done, planned_s=planned_s, transferred_s=transferred_s)


def _next_run(watch: Watch, sync_id: str) -> dict[str, Any]:
    run_id = site.call(f"{watch.api}/syncs/{sync_id}/run", watch.key, body={})["run"]["id"]
    watch.until(run_id, lambda card: card["state"] != "planning" or card["stage"] == "people")
    read_s = watch.passed_s
    watch.until(run_id, lambda card: card["state"] in ("applying", "verifying", "done"))
    planned_s = watch.passed_s
    done = watch.until(run_id, lambda card: card["state"] == "done")
    return watch.figures(done, read_s=read_s, planned_s=planned_s)
