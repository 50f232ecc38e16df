"""`kill -9` of the server while sites add leads: every acknowledged lead is there, exactly once."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter

import httpx
import pytest
from tests.faults.product import Product
from tests.processes import WITHIN_S, until

pytestmark = pytest.mark.slow

SEED = os.environ.get("VESTNIK_FAULT_SEED", "1")
LOGIN = "olga@example.org"
SITES = 6
KILLS = 4
#: The server is killed once so many leads of a round were acknowledged.
AFTER = (10, 80)


class Sites:
    """Several sites that add leads until the server is gone, and what each was told."""

    def __init__(self, address: str, key: str) -> None:
        self._address, self._key = address, key
        self.told: dict[str, int] = {}
        self.refused: list[str] = []

    def send(self, number: int, product: Product, after: int) -> None:
        """Add leads over several connections, and kill the server in the middle."""
        names = [f"{number}/{each}" for each in range(SITES)]
        sites = [threading.Thread(target=self._site, args=[name]) for name in names]
        wanted = len(self.told) + after
        for site in sites:
            site.start()
        until(lambda: len(self.told) >= wanted or bool(self.refused), f"{after} leads are acknowledged")
        product.kill()
        for site in sites:
            site.join()

    def _site(self, name: str) -> None:
        with httpx.Client(base_url=self._address, timeout=WITHIN_S, trust_env=False) as client:
            for number in range(100_000):
                title = f"{name}/{number}"
                query = {"login": LOGIN, "apikey": self._key, "action": "add", "title": title}
                try:
                    answer = client.get("/developer/v1/leads", params=query)
                except httpx.TransportError:
                    return
                if '"Success"' not in answer.text:
                    self.refused.append(answer.text)
                    return
                self.told[title] = answer.json()["data"]


def listed(product: Product, key: str) -> list[tuple[str, int]]:
    """Every lead with its number, by the list of the same API."""
    found: list[tuple[str, int]] = []
    while True:
        query = {"login": LOGIN, "apikey": key, "action": "list", "order": "id", "first": "old"}
        page = {"offset": str(len(found) // 200)}
        answer = httpx.get(
            f"{product.address}/developer/v1/leads", params=query | page, timeout=WITHIN_S, trust_env=False
        ).json()
        found += [(each["content"], each["id"]) for each in answer.get("data", [])]
        if len(answer.get("data", [])) < 200:
            return found


def test_every_acknowledged_lead_is_there_exactly_once(product: Product) -> None:
    key = product.post("/intake/classic-key")["key"]
    sites = Sites(product.address, key)
    chance = random.Random(SEED)  # noqa: S311
    for number in range(KILLS):
        sites.send(number, product, chance.randrange(*AFTER))
        product.start()

    until(lambda: product.get("/inputs", state="new")["total"] == 0, "what was stored is read")

    assert sites.refused == []
    leads = listed(product, key)
    assert set(Counter(title for title, _ in leads).values()) == {1}
    numbers = dict(leads)
    assert {title: numbers.get(title) for title in sites.told} == {
        title: number or numbers.get(title) for title, number in sites.told.items()
    }
    assert set(sites.told) <= set(numbers)
    print(f"{len(sites.told)} acknowledged, {len(leads)} leads, {KILLS} kills")
