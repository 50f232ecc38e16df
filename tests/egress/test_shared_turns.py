"""Turns of several processes on one database, in virtual time: however slow it is, no budget is passed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.egress.test_turns import WISH, Told, Wish, tell
from tests.egress.virtual_time import run

from vestnik.egress import Budget
from vestnik.egress.pacing import Pacer
from vestnik.engine.sharing import Claim, claimed

LONG_S = 1e9


@dataclass
class Rows:
    """The rows of a database: what `engine.paces` says in SQL, by the loop's clock."""

    tats_us: dict[str, int] = field(default_factory=dict)
    claims: dict[str, dict[str, Claim]] = field(default_factory=dict)
    granted: Counter[str] = field(default_factory=Counter)


@dataclass
class Link:
    """One process's way to the rows; each question takes its time there and back, and may fail."""

    rows: Rows
    name: str
    delays_s: Sequence[float]
    fails: bool
    chance: random.Random
    asked: int = 0

    async def take(
        self, rates: Sequence[tuple[str, int, int]], *, urgent: bool, passes: int
    ) -> Sequence[tuple[float, int]]:
        await self._travel()
        now_us, tats = self._now_us(), self.rows.tats_us
        waits = [max(0, tats.get(key, 0) - slack - now_us) / 1e6 for key, _, slack in rates]
        if not any(waits):
            for key, step, _ in rates:
                tats[key] = max(tats.get(key, 0), now_us) + step
                self.rows.granted[key] += 1
        await self._travel()
        return [(wait, tats.get(key, 0)) for wait, (key, _, _) in zip(waits, rates, strict=True)]

    async def give_back(self, rates: Sequence[tuple[str, int, int]]) -> None:
        await self._travel()
        for key, step, mark in rates:
            if self.rows.tats_us[key] == mark:
                self.rows.tats_us[key] -= step
                self.rows.granted[key] -= 1

    async def share(
        self, key: str, size: int, *, in_use: int, wanted: int, urgent: bool, lease_s: float
    ) -> int:
        await self._travel()
        allowed, self.rows.claims[key] = claimed(
            size,
            self.rows.claims.get(key, {}),
            self.name,
            self._now_us(),
            in_use=in_use,
            wanted=wanted,
            urgent=urgent,
            lease_us=round(lease_s * 1e6),
        )
        await self._travel()
        return allowed

    async def leave(self, key: str) -> None:
        await self._travel()
        self.rows.claims.get(key, {}).pop(self.name, None)
        await self._travel()

    async def _travel(self) -> None:
        self.asked += 1
        await asyncio.sleep(self.delays_s[self.asked % len(self.delays_s)])
        if self.fails and self.chance.random() < 0.15:
            raise ConnectionError

    def _now_us(self) -> int:
        return round(asyncio.get_running_loop().time() * 1e6)


@given(
    wishes=st.lists(st.lists(WISH, min_size=1, max_size=6), min_size=2, max_size=3),
    per_minute=st.sampled_from([120.0, 6000.0]),
    burst=st.integers(1, 3),
    places=st.integers(1, 4),
    delays_s=st.lists(st.sampled_from([0.0, 0.001, 0.02, 0.3]), min_size=1, max_size=5),
    fails=st.booleans(),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=40, deadline=None)
def test_processes_together_keep_the_budgets_and_everybody_has_their_turn(
    wishes: list[list[Wish]],
    per_minute: float,
    burst: int,
    places: int,
    delays_s: list[float],
    fails: bool,
    seed: int,
) -> None:
    wide = Budget("account:0", per_minute, burst)
    budgets = [Budget("account", concurrency=places), wide]

    rows, told = Rows(), Told()
    links = [
        Link(rows, str(number), delays_s, fails, random.Random(seed + number))  # noqa: S311
        for number in range(len(wishes))
    ]
    pacers = [Pacer(max_wait_s=LONG_S, shared=link) for link in links]

    async def story() -> None:
        hosts = enumerate(zip(pacers, wishes, strict=True))
        await asyncio.gather(*(tell(pacer, budgets, own, told, 100 * n) for n, (pacer, own) in hosts))
        await asyncio.sleep(30)  # shares are given back by then

    run(story())
    assert told.most <= places
    stayed = {
        100 * host + number
        for host, own in enumerate(wishes)
        for number, wish in enumerate(own)
        if wish.gives_up_s is None
    }
    assert stayed <= set(told.began)
    assert len(told.began) <= rows.granted["account:0"]
    assert [(pacer._lines, pacer._gates, pacer._total) for pacer in pacers] == [({}, {}, 0)] * len(pacers)
    assert fails or not any(rows.claims.values())
