"""Whose turn it is: the calls of one account's campaigns, so that no campaign waits for another's end.

An account at a service has one budget of calls. The campaigns that are handed over at the same time
get their calls in turns: the next place goes to the campaign with the fewest calls under way, and of
these to the one that was served longest ago.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

#: Bulk calls of one account under way at once, of all its campaigns together.
CALLS_AT_ONCE = 4


@dataclass(slots=True)
class _Campaign:
    """One campaign at its account: calls under way, calls that wait, when it was last served."""

    under_way: int = 0
    served: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Turns:
    """The turns of every account, in this process."""

    def __init__(self, at_once: int = CALLS_AT_ONCE) -> None:
        self._at_once = at_once
        self._accounts: dict[int, dict[int, _Campaign]] = {}
        self._served = 0

    @asynccontextmanager
    async def of(self, account_id: int, campaign_id: int) -> AsyncIterator[None]:
        """Hold one of the account's places for a call of the campaign."""
        campaigns = self._accounts.setdefault(account_id, {})
        own = campaigns.setdefault(campaign_id, _Campaign())
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        own.waiting.append(turn)
        self._serve(account_id)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in own.waiting:
                own.waiting.remove(turn)
            elif not turn.cancelled():  # served and cancelled at the same time
                own.under_way -= 1
            self._serve(account_id)
            raise
        try:
            yield
        finally:
            own.under_way -= 1
            self._serve(account_id)

    def _serve(self, account_id: int) -> None:
        """Give free places away; forget a campaign, or an account, that wants none."""
        campaigns = self._accounts.get(account_id, {})
        under_way = sum(each.under_way for each in campaigns.values())
        for each in campaigns.values():
            each.waiting = deque(turn for turn in each.waiting if not turn.cancelled())
        while under_way < self._at_once:
            waiting = [each for each in campaigns.values() if each.waiting]
            if not waiting:
                break
            following = min(waiting, key=lambda each: (each.under_way, each.served))
            self._served += 1
            following.served = self._served
            following.under_way += 1
            under_way += 1
            following.waiting.popleft().set_result(None)
        for campaign_id in [
            key for key, each in campaigns.items() if not each.under_way and not each.waiting
        ]:
            del campaigns[campaign_id]
        if not campaigns:
            self._accounts.pop(account_id, None)
