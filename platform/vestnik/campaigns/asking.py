"""A campaign's results asked for because a person wants to know now, and not when it is their turn."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from vestnik.campaigns.errors import CampaignNotAtService, CannotAskService, ServiceDidNotAnswer
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.polling import Polling
from vestnik.campaigns.ports import DELIVERIES, LINKS, STATS, CallFailed, ModuleCaller
from vestnik.campaigns.track import Tracker
from vestnik.engine import Rates
from vestnik.http.errors import TooManyRequests
from vestnik.people.access import Actor

#: A campaign is asked about by hand once in so many seconds, whoever asks, whichever process answers.
ONE_MORE_EVERY_S = 30.0
#: So long a person waits; what the service says later is kept when it comes.
WAIT_S = 15.0

_NOT_YET = {
    "ru": "ответа пока нет; когда он придёт, цифры обновятся сами",
    "en": "no answer yet; when it comes, the figures follow by themselves",
}


class Asking:
    """Asks a service for the figures and links of a campaign, and for what became of its letters."""

    def __init__(
        self,
        modules: ModuleCaller,
        tracker: Tracker,
        polling: Polling,
        row_of: Callable[[int], Awaitable[Row]],
        rates: Rates,
        wait_s: float = WAIT_S,
    ) -> None:
        self._modules, self._tracker, self._polling, self._row_of = modules, tracker, polling, row_of
        self._rates, self._wait_s = rates, wait_s
        self._under_way = set[asyncio.Task[CallFailed | None]]()

    async def stop(self) -> None:
        """End what nobody waits for any more; the periodic work asks again."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def ask(self, actor: Actor, campaign_id: int) -> None:
        """Ask for all that the module can tell; `ServiceDidNotAnswer` when it answered nothing of it in time.

        What failed beside an answer is kept with the campaign, as when it is asked by itself.
        """
        actor.require("campaigns.read")
        row = await self._row_of(campaign_id)
        if row.external_id is None or row.account_id is None:
            raise CampaignNotAtService()
        account = await self._modules.sending_account(row.account_id, row.version_id)
        able = frozenset[str]() if account is None else account.functions
        ways: dict[str, Callable[[Row], Coroutine[Any, Any, CallFailed | None]]] = {
            STATS: lambda row: self._tracker.refresh_stats(row, anew=True),
            LINKS: lambda row: self._tracker.links.refresh(row, anew=True),
            DELIVERIES: self._polling.ask_now,
        }
        questions = [ask for function, ask in ways.items() if function in able]
        if not questions:
            raise CannotAskService()
        wait_s = await self._rates.take(row.account_id, f"ask {campaign_id}", per_s=1 / ONE_MORE_EVERY_S)
        if wait_s:
            raise TooManyRequests(retry_after_s=math.ceil(wait_s))
        tasks = [asyncio.ensure_future(ask(row)) for ask in questions]
        for task in tasks:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        done, late = await asyncio.wait(tasks, timeout=self._wait_s)
        failures = [task.result() for task in tasks if task in done]
        if None in failures:
            return
        if late:
            raise ServiceDidNotAnswer(text=_NOT_YET)
        failed = [each for each in failures if each is not None and each.kind != "not_implemented"]
        if not failed:
            raise CannotAskService()
        raise ServiceDidNotAnswer(text=failed[0].words)
