"""A process that launches campaigns, to be killed: `python -m tests.campaigns.launch_child URL DIR PROVIDER`.

It takes orders on its standard input, one a line: `send ID`, `again ID`. It says `ready` when it runs, and
`withdrawn` when the service has answered that it has taken recipients out.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
from tests.campaigns.service_double import Around, Failure, Service

from vestnik.campaigns.errors import CampaignStateForbids, ServiceDidNotAnswer
from vestnik.campaigns.ports import WITHDRAW, SendingAccount
from vestnik.campaigns.service import Campaigns
from vestnik.contacts.service import Contacts
from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.http.events import Events
from vestnik.people.access import SYSTEM, Actor
from vestnik.settings import Settings
from vestnik.vault import Vault

CHUNK = 10


class OverHttp:
    """Calls of a module that reach their provider over HTTP."""

    def __init__(self, provider: str) -> None:
        self._client = httpx.AsyncClient(base_url=provider, timeout=10, trust_env=False)
        self._account = Service(chunk=CHUNK)

    async def sending_account(self, account_id: int, version_id: int | None = None) -> SendingAccount | None:
        """The one account."""
        return await self._account.sending_account(account_id, version_id)

    async def sending_accounts(self, actor: Actor) -> list[SendingAccount]:
        """The one account."""
        return await self._account.sending_accounts(actor)

    async def may_use(self, actor: Actor, account_id: int) -> bool:
        """Anybody may choose it."""
        return await self._account.may_use(actor, account_id)

    async def call(
        self,
        account_id: int,
        function: str,
        arguments: dict[str, Any],
        *,
        lane: str,
        version_id: int | None = None,
    ) -> Any:
        """One call."""
        try:
            answer = await self._client.post(f"/{function}", json=arguments)
        except httpx.TransportError as error:
            raise Failure("fetch", str(error)) from error
        if answer.status_code != 200:
            raise Failure(answer.text)
        if function == WITHDRAW:
            print("withdrawn", flush=True)
        return answer.json()


async def main(url: str, data_dir: str, provider: str) -> None:
    """Run until SIGTERM, or until killed."""
    settings = Settings(database_url=url, data_dir=Path(data_dir))
    database = Database(url)
    await database.start()
    engine = Engine(settings, database)
    around = Around(Contacts(database, Vault(settings)))
    campaigns = Campaigns(database, engine, OverHttp(provider), around, Events())
    await engine.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    orders = asyncio.create_task(_obey(campaigns))
    print("ready", flush=True)
    await stop.wait()
    orders.cancel()
    await campaigns.stop()
    await engine.stop()
    await database.stop()


async def _obey(campaigns: Campaigns) -> None:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while line := await reader.readline():
        order, campaign_id = line.decode().split()
        do = {
            "send": lambda id: campaigns.send(SYSTEM, id, None),
            "again": lambda id: campaigns.send_again(SYSTEM, id),
        }
        try:
            await do[order](int(campaign_id))
        except (CampaignStateForbids, ServiceDidNotAnswer) as refused:
            print("refused", refused, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
