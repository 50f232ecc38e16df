"""The room as others see it: deals and their stages, orders, job tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo

from vestnik.db import Database
from vestnik.sales.deals import Deals
from vestnik.sales.history import History
from vestnik.sales.orders import Orders
from vestnik.sales.rereading import Rereading
from vestnik.sales.stages import Stages
from vestnik.sales.tickets import Tickets


class Sales:
    """What is sold."""

    def __init__(self, database: Database, zone: Callable[[], tzinfo] = lambda: UTC) -> None:
        self.stages = Stages(database)
        self.deals = Deals(database)
        self.orders = Orders(database)
        self.tickets = Tickets(database, zone)
        self.rereading = Rereading(database)
        self.history = History(database)
