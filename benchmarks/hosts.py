"""Three processes on one PostgreSQL, a random one killed every few seconds: nobody twice, nobody lost.

Two servers and a worker do a campaign, a sync of everybody with a list, and webhooks at a steady pace, all
at once. `kill -9` ends one of the three, which is started again at once, as a supervisor does it, until all
is done. Requests that got no answer are sent again, to another server, as services and people do.

VESTNIK_BENCH_RECIPIENTS, VESTNIK_BENCH_PEOPLE and VESTNIK_BENCH_WEBHOOKS (a second) name other sizes,
VESTNIK_BENCH_KILL_EVERY_S another pace and VESTNIK_BENCH_SEED another order.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import cluster
from benchmarks import installation as site
from benchmarks.cluster import LONGEST_S, Api, Host, Seeded
from benchmarks.load import request
from benchmarks.webhooks import told
from vestnik.campaigns.tables import campaign, delivery
from vestnik.db.database import write_engine
from vestnik.settings import Settings
from vestnik.webhooks.tables import event, inbox
from vestnik_simulator import RunningSimulator

SERVERS = 2
#: The service tells again after a second what nobody took.
_IMPATIENT = ("--retry-interval-s", "1")
_WRITTEN_TO = "Recipient"
_SENDERS = 16


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is done, and how often a process is killed meanwhile."""

    recipients: int = 50_000
    people: int = 200_000
    webhooks_per_s: int = 200
    kill_every_s: float = 5.0
    seed: str = "1"
    latency_s: float = 0.0
    """How long the service takes for each call, so that little work lasts on a fast machine too."""
    longest_s: float = LONGEST_S

    @classmethod
    def from_environment(cls) -> Sizes:
        """The sizes of the issue, unless the environment names others."""
        given, sizes = os.environ, cls()
        return cls(
            int(given.get("VESTNIK_BENCH_RECIPIENTS", sizes.recipients)),
            int(given.get("VESTNIK_BENCH_PEOPLE", sizes.people)),
            int(given.get("VESTNIK_BENCH_WEBHOOKS", sizes.webhooks_per_s)),
            float(given.get("VESTNIK_BENCH_KILL_EVERY_S", sizes.kill_every_s)),
            given.get("VESTNIK_BENCH_SEED", sizes.seed),
        )


def run() -> dict[str, Any]:
    """What was done, in what time, through how many deaths; `twice` and `lost` are to be nothing."""
    with tempfile.TemporaryDirectory() as folder:
        return storm(Path(folder), Sizes.from_environment())


def storm(folder: Path, sizes: Sizes) -> dict[str, Any]:
    """Seed an installation in `folder`, let it work while its processes die, and count."""
    with cluster.sites(folder, *_IMPATIENT, "--latency-s", str(sizes.latency_s)) as (settings, simulator):
        groups = {_WRITTEN_TO: sizes.recipients, "Reader": sizes.people - sizes.recipients}
        seeded = asyncio.run(cluster.seeded(settings, simulator, groups, [_WRITTEN_TO]))
        return _storm(folder, settings, simulator, seeded, sizes)


def _storm(
    folder: Path, settings: Settings, simulator: RunningSimulator, seeded: Seeded, sizes: Sizes
) -> dict[str, Any]:
    hosts = [Host(folder / f"host{number}", settings, "serve") for number in range(1, SERVERS)]
    hosts += [
        Host(folder / "host0", settings, "serve", settings.port),
        Host(folder / "worker", settings, "worker"),
    ]
    with contextlib.ExitStack() as stack:
        for host in hosts:
            stack.callback(host.end)
            host.start()
        api = Api([host.port for host in hosts if host.port], seeded.key, sizes.longest_s)
        api.call(f"/campaigns/{seeded.campaign_ids[0]}")
        deaths = stack.enter_context(_killing(hosts, sizes))
        webhooks = stack.enter_context(Webhooks(seeded.path, api.ports, sizes))
        figures = _work(api, seeded, sizes)
        deaths.over.set()
        deaths.join()
        webhooks.over.set()
        webhooks.join()
        figures |= {"killed": deaths.count, "webhooks_acknowledged": webhooks.acknowledged}
        figures |= {"webhooks_sent_again": webhooks.again}
        api.call(f"/campaigns/{seeded.campaign_ids[0]}")
        figures |= _counted(settings, simulator, sizes, webhooks.acknowledged)
    return figures | {"faults_in_logs": sum(host.faults() for host in hosts)}


class _Deaths(threading.Thread):
    """Kills a random process every few seconds, and starts it again."""

    def __init__(self, hosts: list[Host], sizes: Sizes) -> None:
        super().__init__(daemon=True)
        self.over, self.count = threading.Event(), 0
        self._hosts, self._every_s = hosts, sizes.kill_every_s
        self._chance = random.Random(sizes.seed)

    def run(self) -> None:
        while not self.over.wait(self._every_s):
            host = self._chance.choice(self._hosts)
            host.kill()
            host.start()
            self.count += 1


@contextlib.contextmanager
def _killing(hosts: list[Host], sizes: Sizes) -> Iterator[_Deaths]:
    deaths = _Deaths(hosts, sizes)
    deaths.start()
    try:
        yield deaths
    finally:
        deaths.over.set()
        deaths.join()


def _work(api: Api, seeded: Seeded, sizes: Sizes) -> dict[str, Any]:
    """Send the campaign and sync everybody, both at once."""
    started = time.monotonic()
    draft = {
        "accountId": str(seeded.account_id),
        "source": "contacts",
        "listTitle": "Everybody",
        "mode": "exact",
    }
    made = api.call("/syncs", draft | {"everyMinutes": None})
    path = f"/campaigns/{seeded.campaign_ids[0]}"
    _press(api, path, "send", "draft")
    planned = api.until(f"/sync-runs/{made['run']['id']}", lambda card: card["state"] != "planning")
    if (planned["state"], planned["counts"]["add"]) != ("waiting", sizes.people):
        raise RuntimeError(f"the plan is {planned}")
    _confirm(api, made["id"], made["run"]["id"])
    figures: dict[str, Any] = {"recipients": sizes.recipients, "people": sizes.people, "asked_a_person": 0}
    while (card := api.until(path, lambda card: card["state"] in _ENDS))["state"] != "sent":
        if card["state"] != "unclear":
            raise RuntimeError(f"the campaign is {card['state']}: {card['reason']}")
        figures["asked_a_person"] += 1
        _press(api, path, "send-again", "unclear")
    figures["campaign_s"] = round(time.monotonic() - started, 1)
    done = api.until(f"/sync-runs/{made['run']['id']}", lambda card: card["state"] in _RESTS)
    if done["state"] != "done":
        raise RuntimeError(f"the sync is {done['state']}: {done['reason']}")
    return figures | {
        "sync_s": round(time.monotonic() - started, 1),
        "list_differs": done["counts"]["differs"],
    }


_ENDS = ("sent", "unclear", "failed", "declined", "cancelled")
_RESTS = ("done", "failed", "stopped", "waiting")


def _press(api: Api, path: str, action: str, before: str) -> None:
    """Press a button once: again only when nothing came of it."""
    while api.call(path)["state"] == before:
        with contextlib.suppress(RuntimeError):  # pressed before, and the answer was lost
            api.call(f"{path}/{action}", {})


def _confirm(api: Api, sync_id: str, run_id: str) -> None:
    while api.call(f"/sync-runs/{run_id}")["state"] == "waiting":
        with contextlib.suppress(RuntimeError):
            api.call(f"/syncs/{sync_id}/confirm", {"removals": 0})


class Webhooks(threading.Thread):
    """Tells of one person after another at a steady pace, each until a server has acknowledged it."""

    def __init__(self, path: str, ports: list[int], sizes: Sizes) -> None:
        super().__init__(daemon=True)
        self.over, self.acknowledged, self.again = threading.Event(), 0, 0
        self._path, self._ports, self._per_s = path, ports, sizes.webhooks_per_s
        self._numbers = iter(range(sizes.people))

    def __enter__(self) -> Webhooks:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()

    def run(self) -> None:
        asyncio.run(self._send())

    async def _send(self) -> None:
        self._begun_at = time.monotonic()
        await asyncio.gather(*(self._sender(each) for each in range(_SENDERS)))

    async def _sender(self, place: int) -> None:
        while not self.over.is_set() and (number := next(self._numbers, None)) is not None:
            await asyncio.sleep(max(0.0, self._begun_at + number / self._per_s - time.monotonic()))
            wire = request(self._path, told(number))
            while not await self._acknowledged(self._ports[place % len(self._ports)], wire):
                place, self.again = place + 1, self.again + 1
                await asyncio.sleep(0.2)
            self.acknowledged += 1

    async def _acknowledged(self, port: int, wire: bytes) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        try:
            writer.write(wire)
            return (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).startswith(b"HTTP/1.1 200")
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return False
        finally:
            writer.close()


def _counted(settings: Settings, simulator: RunningSimulator, sizes: Sizes, webhooks: int) -> dict[str, Any]:
    """Who was written to, and what was told, by the service's record and by our own rows."""
    engine = write_engine(sa.make_url(settings.database_url))
    try:
        _settled(engine, simulator)
        record = site.call(f"{simulator.url}/_simulator/state")
        with engine.connect() as connection:
            planted = (
                sa.select(campaign.c.id)
                .where(campaign.c.external_id == site.external_id(0))
                .scalar_subquery()
            )
            events = connection.execute(
                sa.select(sa.func.count(), sa.func.count(event.c.address_id.distinct())).where(
                    event.c.campaign_id == planted
                )
            ).one()
            ours = connection.scalar(
                sa.select(sa.func.count())
                .select_from(delivery)
                .where(delivery.c.campaign_id != planted, delivery.c.flags != 0)
            )
    finally:
        engine.dispose()
    return {
        "letters": record["letters"],
        "letters_twice": record["twice"],
        "recipients_lost": sizes.recipients - (record["letters"] - record["twice"]),
        "deliveries_told_of": int(ours or 0),
        "webhooks_twice": events[0] - events[1],
        "webhooks_lost": webhooks - events[1],
    }


def _settled(engine: sa.Engine, simulator: RunningSimulator) -> None:
    """Wait until the service has told everything, and until all of it was worked on."""
    deadline = time.monotonic() + LONGEST_S
    due = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.next_attempt_at.is_not(None))
    while True:
        waiting = site.call(f"{simulator.url}/_simulator/webhooks")["waiting"]["events"]
        with engine.connect() as connection:
            left = connection.scalar(due)
        if not waiting and not left:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{waiting} events wait at the service, {left} requests with us")
        time.sleep(0.5)
