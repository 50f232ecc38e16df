"""Places in flight: a number that requests of one key hold at the same time.

The places of a shared gate belong to all processes. Each holds a share of them for a short time, as large as
it has use for, and asks for it again while it has. A process that dies or freezes keeps its share until that
time is over, and begins nothing after it; what it has under way by then is not counted any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

#: A share is held for so long, unless it is asked for again.
LEASE_S = 10.0
#: Whoever holds one begins nothing that much before it ends: clocks of two machines don't run alike.
MARGIN_S = 2.0
#: A share is asked for again so often, and while it is too small.
REFRESH_S = 0.25
HUNGRY_S = 0.05
#: An idle process keeps its share for so long.
LINGER_S = 1.0
_LEAVING_S = 1.0

log = logging.getLogger("vestnik.egress")


class Shares(Protocol):
    """How processes divide places."""

    async def share(
        self, key: str, size: int, *, in_use: int, wanted: int, urgent: bool, lease_s: float
    ) -> int:
        """How many of `size` places this process may use from now on, for `lease_s`.

        It uses `in_use` of them and wants `wanted` in all. Of processes that want more than there are, each
        gets as many as another, and one with an `urgent` request comes first.
        """
        ...

    async def leave(self, key: str) -> None:
        """Hold no share any more."""
        ...


class Gate:
    """The places of one key in this process; `moved` is called when there may be more, `idle` at the end."""

    def __init__(
        self,
        key: str,
        shares: Shares | None,
        moved: Callable[[Gate], None],
        idle: Callable[[Gate], None],
    ) -> None:
        self.key, self.size = key, 0
        self.in_use = self.waiting = self._urgent = 0
        self._shares, self._moved, self._idle = shares, moved, idle
        self._share, self._until = 0, 0.0
        self._asking = False
        self._news = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def free(self) -> bool:
        """Whether there is a place for one more."""
        if self.in_use >= self.size:
            return False
        if self._shares is None:
            return True
        # While the share is asked for nothing begins: what this process says that it uses must stay true.
        is_held = not self._asking and asyncio.get_running_loop().time() < self._until
        return is_held and self.in_use < self._share

    @property
    def holds(self) -> bool:
        """Whether the places in use are this process's still: it may have been frozen."""
        if self._shares is None:
            return True
        return self.in_use <= self._share and asyncio.get_running_loop().time() < self._until

    def join(self, urgent: bool) -> None:
        """A request waits for a place."""
        self.waiting += 1
        self._urgent += urgent
        if self._shares is None:
            return
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep(self._shares))
        elif not self.free:
            self._news.set()

    def leave(self, urgent: bool) -> None:
        """It does not any more."""
        self.waiting -= 1
        self._urgent -= urgent
        self._rest()

    def enter(self, urgent: bool) -> None:
        """It has a place."""
        self.waiting -= 1
        self._urgent -= urgent
        self.in_use += 1

    def step_back(self, urgent: bool) -> None:
        """It has none after all, and waits again."""
        self.join(urgent)
        self.exit()

    def exit(self) -> None:
        """A request gives its place back."""
        if self._shares is not None and self.in_use > self._share:
            self._news.set()  # another process waits for it
        self.in_use -= 1
        self._rest()

    async def close(self) -> None:
        """Hold no share any more."""
        if self._keeper is not None and self._shares is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            await quietly(self._shares.leave(self.key))

    def _rest(self) -> None:
        if not self.in_use and not self.waiting and self._keeper is None:
            self._idle(self)

    async def _keep(self, shares: Shares) -> None:
        """Hold a share while there is use for it.

        Giving it back is over before it is asked for again: else the one would undo the other.
        """
        try:
            await self._hold(shares)
            while self.waiting:
                await self._hold(shares)
        finally:
            self._keeper = None
            self._share, self._until = 0, 0.0
            self._rest()

    async def _hold(self, shares: Shares) -> None:
        clock = asyncio.get_running_loop().time
        used_at = clock()
        while self.in_use or self.waiting or clock() - used_at < LINGER_S:
            self._news.clear()
            if self.in_use or self.waiting:
                used_at = clock()
            await self._ask(shares)
            is_hungry = self._share < min(self.in_use + self.waiting, self.size)  # for others have them
            await self._pause(HUNGRY_S if is_hungry else REFRESH_S, at_once=not is_hungry)
        self._share, self._until = 0, 0.0
        await quietly(shares.leave(self.key))

    async def _ask(self, shares: Shares) -> None:
        asked_at, in_use = asyncio.get_running_loop().time(), self.in_use
        self._asking = True
        try:
            self._share = await shares.share(
                self.key,
                self.size,
                in_use=in_use,
                wanted=min(in_use + self.waiting, self.size),
                urgent=self._urgent > 0,
                lease_s=LEASE_S,
            )
            self._until = asked_at + LEASE_S - MARGIN_S
        except Exception as error:
            log.warning("places of %s could not be asked for: %s", self.key, type(error).__name__)
            self._share = min(self._share, in_use)  # the answer may be lost that said so
        finally:
            self._asking = False
        if self.waiting:
            self._moved(self)

    async def _pause(self, longest_s: float, *, at_once: bool) -> None:
        """Wait for news, or for a time; news of one's own hunger don't hurry others."""
        if not at_once:
            await asyncio.sleep(longest_s)
            return
        try:
            async with asyncio.timeout(longest_s):
                await self._news.wait()
        except TimeoutError:
            return


async def quietly(act: Awaitable[None]) -> None:
    """What ends by itself before long, should it fail."""
    try:
        async with asyncio.timeout(_LEAVING_S):
            await act
    except Exception as error:
        log.warning("a share could not be given back: %s", type(error).__name__)
