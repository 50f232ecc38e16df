"""Campaigns to the simulator, by their size: seconds, memory, and the simulator's share of the time.

VESTNIK_BENCH_RECIPIENTS names other sizes than 100,000; of a million only the hand-over is waited for.

Product and simulator are processes of their own; the module is `unisender` with its own batch sizes. The
simulator reports every letter back by signed webhooks while the campaign runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import installation as site
from vestnik.app import Services, answering, build_services
from vestnik.campaigns.service import Draft
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact
from vestnik.db.migrate import migrate
from vestnik.modules.accounts.values import HostChoice
from vestnik.people.access import RIGHTS, SYSTEM
from vestnik.settings import Settings
from vestnik_simulator import RunningSimulator, simulator_process
from vestnik_simulator.options import DEFAULT_ACCOUNTS, DEFAULT_CLIENTS

RECIPIENTS = "100000"
SENDER = "news@mayak-books.example"
NO_LIMITS = ("--calls-per-minute", "0", "--campaigns-per-minute", "0", "--start-delay-s", "0")
#: A plan that has room for everybody.
ACCOUNTS = msgspec.json.encode([replace(DEFAULT_ACCOUNTS[0], emails_paid=100_000_000)]).decode()
LONGEST_S = 1_800
_WHOLE = 200_000


def run() -> dict[str, Any]:
    """Seconds of each step, peak memory of each process in MB, and the simulator's record of it all."""
    wanted = os.environ.get("VESTNIK_BENCH_RECIPIENTS", RECIPIENTS)
    return {f"to_{size}": _measure(int(size)) for size in wanted.split(",")}


def _measure(recipients: int) -> dict[str, Any]:
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
        campaign_id, key = asyncio.run(_seed(settings, simulator, recipients))
        command = [sys.executable, "-m", "vestnik", "serve"]
        with site.serving(command, settings, port) as process:
            with site.Memory({"server": process.pid, "simulator": simulator.pid}) as memory:
                figures = _launch(f"http://127.0.0.1:{port}/api/v1", campaign_id, key, recipients)
        record = site.call(f"{simulator.url}/_simulator/state")
        requests = site.call(f"{simulator.url}/_simulator/requests")
    figures |= {f"peak_{name}_mb": peak for name, peak in memory.peaks.items()}
    handing_over = ("importContacts", "createEmailMessage", "createCampaign")
    seconds = sum(requests["methods"][name]["seconds"] for name in handing_over)
    figures["simulator_share_of_hand_over"] = round(seconds / figures["handed_over_s"], 3)
    return figures | {"written": record["letters"], "written_twice": record["twice"]}


async def _seed(settings: Settings, simulator: RunningSimulator, recipients: int) -> tuple[int, str]:
    services = build_services(settings)
    async with answering(services), contextlib.AsyncExitStack() as stack:
        await services.sandbox.start()
        stack.push_async_callback(services.sandbox.stop)
        stack.push_async_callback(services.broker.close)
        await stack.enter_async_context(services.modules.running())
        for start in range(0, recipients, 5_000):
            numbers = range(start, min(start + 5_000, recipients))
            people = [
                NewContact(f"Reader {number}", [normalise("email", site.email(number))]) for number in numbers
            ]
            await services.database.write(services.contacts.insert_many, people)
        account_id = await connected(services, simulator)
        imported = await services.templates.import_from(SYSTEM, account_id)
        await services.templates.finished(imported)
        templates, _ = await services.templates.page(SYSTEM, account_id=account_id, limit=1)
        draft = Draft(
            name="To everybody",
            type="email",
            subject="News",
            sender_name="Маяк",
            sender_email=SENDER,
            account_id=account_id,
            template_id=templates[0].id,
            category_id=await services.contacts.create_category(SYSTEM, "News"),
        )
        campaign_id = await services.campaigns.create(SYSTEM, draft)
        _, key = await services.people.keys.add(SYSTEM, "Benchmark", sorted(RIGHTS - {"demo.play"}))
    return campaign_id, key


async def connected(services: Services, simulator: RunningSimulator, module: str = "unisender") -> int:
    """An account of a bundled module at the simulator, checked."""
    modules = services.modules
    module_id = await modules.installer.install(SYSTEM, module)
    await modules.library.enable(SYSTEM, module_id, True)
    settings = {"base_url": simulator.url, "api_key": simulator.api_keys["mayak"]}
    if module == "campaign_monitor":
        client = DEFAULT_CLIENTS[0]
        settings = {"base_url": f"{simulator.url}/api/v3.3", "api_key": client.api_key}
        settings["client_id"] = client.client_id
    account_id = await modules.accounts.create(SYSTEM, module_id, "Benchmark", settings)
    await modules.accounts.connected(account_id)
    lines = await modules.accounts.hosts(SYSTEM, account_id)
    choices = [
        HostChoice(line.scheme, line.pattern, line.port, "*" not in line.pattern, True) for line in lines
    ]
    await modules.accounts.approve(SYSTEM, account_id, choices)
    checked = await modules.check_account(SYSTEM, account_id)
    if not checked.ok:
        raise RuntimeError(f"the simulator does not take the account: {checked.message['en']}")
    return account_id


def _launch(api: str, campaign_id: int, key: str, recipients: int) -> dict[str, Any]:
    """Send, and wait until the service has it, until it is sent, and until no event waits any more."""
    path = f"{api}/campaigns/{campaign_id}"
    start = time.monotonic()
    site.call(f"{path}/send", key, body={})
    figures: dict[str, Any] = {"recipients": recipients}
    card: dict[str, Any] = {}
    while time.monotonic() - start < LONGEST_S:
        card = site.call(path, key)
        if card["externalId"] and "handed_over_s" not in figures:
            figures["handed_over_s"] = round(time.monotonic() - start, 2)
            if recipients > _WHOLE:
                break
        if card["state"] == "sent":
            figures["sent_s"] = round(time.monotonic() - start, 2)
            break
        if card["state"] in ("failed", "unclear", "declined", "cancelled"):
            raise RuntimeError(f"the campaign is {card['state']}: {card['reason']}")
        time.sleep(0.2)
    else:
        raise TimeoutError(f"the campaign is still {card['state']}")
    figures["recipients_per_s"] = round(recipients / figures["handed_over_s"])
    return figures
