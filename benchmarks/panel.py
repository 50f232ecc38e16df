"""The contact's provider panel, with a simulator that answers at once: p50 and p95 of its requests by HTTP.

Four readers, each in a closed loop. `first` asks the service, `again` is answered from what it told; the card
asks nobody; `whole` is the panel of an address for another system, asked of the service anew. Where the
service is asked, a reader waits a little after each answer: the module's budget is 20 calls a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import installation as site
from vestnik.app import Services, answering, build_services
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact
from vestnik.db.migrate import migrate
from vestnik.modules.accounts.values import HostChoice
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings
from vestnik_simulator import RunningSimulator, simulator_process

CONTACTS = 400
READERS = 4
PAUSE_S = 0.3
_NO_LIMITS = ("--calls-per-minute", "0", "--start-delay-s", "0")


def run() -> dict[str, Any]:
    """Milliseconds of each request, and how long the service itself took for one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        site.database(Path(folder)) as database_url,
        simulator_process(Path(folder) / "sim", *_NO_LIMITS) as simulator,
    ):
        settings = replace(Settings.from_environment({}), data_dir=Path(folder), database_url=database_url)
        migrate(settings.database_url)
        port = site.free_port()
        settings = settings.at_port(port)
        people, account_id, key = asyncio.run(seed(settings, simulator))
        with site.serving([sys.executable, "-m", "vestnik", "serve"], settings, port):
            api = f"http://127.0.0.1:{port}/api/v1"
            blocks = [
                f"{api}/contacts/{id}/panel/{account_id}?email={site.email(number)}"
                for number, id in enumerate(people)
            ]
            timed(blocks[-READERS:], key)  # the module's program is loaded into the workers
            figures = {
                "card": timed([f"{api}/contacts/{id}/panel" for id in people], key),
                "block_first": timed(blocks[:-READERS], key, PAUSE_S),
                "block_again": timed(blocks[:-READERS], key),
                "whole_asked_anew": timed(
                    [f"{api}/panel?email={site.email(number)}&fresh=true" for number in range(CONTACTS)],
                    key,
                    PAUSE_S,
                ),
            }
        asked = site.call(f"{simulator.url}/_simulator/requests")["methods"]["getContact"]
    own_ms = round(asked["seconds"] / asked["calls"] * 1000, 2)
    return figures | {"service": {"calls": asked["calls"], "mean_ms": own_ms}}


def timed(urls: Sequence[str], key: str, pause_s: float = 0.0) -> dict[str, float]:
    def ask(url: str) -> float:
        start = time.perf_counter()
        answer = site.call(url, key)
        if answer.get("problem") is not None:
            raise RuntimeError(answer["problem"]["detail"])
        took_ms = (time.perf_counter() - start) * 1000
        time.sleep(pause_s)
        return took_ms

    with ThreadPoolExecutor(READERS) as readers:
        times = sorted(readers.map(ask, urls))
    return {
        "requests": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
    }


async def seed(settings: Settings, simulator: RunningSimulator) -> tuple[list[int], int, str]:
    """Contacts that the service has in a list, the account, and a key of the API."""
    services = build_services(settings)
    async with answering(services), contextlib.AsyncExitStack() as stack:
        await services.sandbox.start()
        stack.push_async_callback(services.sandbox.stop)
        stack.push_async_callback(services.broker.close)
        await stack.enter_async_context(services.modules.running())
        emails = [site.email(number) for number in range(CONTACTS)]
        rows = [NewContact(each, [normalise("email", each)]) for each in emails]
        people = await services.database.write(services.contacts.insert_many, rows)
        account_id = await _connect(services, simulator)
        call = services.modules.call
        made = await call(account_id, "CRM_Marketing_CreateList", {"name": "News"}, lane="interactive")
        subscribers = [{"email": each} for each in emails]
        arguments = {"listExternalId": made["externalId"], "subscribers": subscribers}
        await call(account_id, "CRM_Marketing_AddSubscribers", arguments, lane="bulk")
        _, key = await services.people.keys.add(SYSTEM, "Benchmark", ["contacts.read"])
    return list(people), account_id, key


async def _connect(services: Services, simulator: RunningSimulator) -> int:
    modules = services.modules
    module_id = await modules.installer.install(SYSTEM, "unisender")
    await modules.library.enable(SYSTEM, module_id, True)
    settings = {"base_url": simulator.url, "api_key": simulator.api_keys["mayak"]}
    account_id = await modules.accounts.create(SYSTEM, module_id, "Benchmark", settings)
    await modules.accounts.connected(account_id)
    lines = await modules.accounts.hosts(SYSTEM, account_id)
    choices = [
        HostChoice(line.scheme, line.pattern, line.port, "*" not in line.pattern, True) for line in lines
    ]
    await modules.accounts.approve(SYSTEM, account_id, choices)
    return account_id
