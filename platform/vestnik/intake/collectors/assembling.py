"""How collectors are put together of what the platform has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from vestnik.alerts import Alerts
from vestnik.db import Database
from vestnik.egress.addresses import SystemResolver
from vestnik.engine import Engine
from vestnik.intake.collectors.checking import Checking
from vestnik.intake.collectors.collecting import Collecting
from vestnik.intake.collectors.service import Collectors
from vestnik.intake.collectors.turns import Turns
from vestnik.vault import Vault

#: Names of mail servers that are looked up at the same time.
LOOKED_UP_AT_ONCE = 4


def collectors(
    database: Database,
    vault: Vault,
    engine: Engine,
    alerts: Alerts,
    own_listeners: Sequence[tuple[str, int]],
    zone: Callable[[], ZoneInfo],
    on_stored: Callable[[], None],
) -> Collectors:
    """Mail collectors, which never reach our own listeners; `on_stored` hears of new inputs."""
    resolver = SystemResolver(threads=LOOKED_UP_AT_ONCE)
    collecting = Collecting(database, vault, resolver, own_listeners, zone, on_stored)
    turns = Turns(database, engine, alerts, collecting)
    return Collectors(database, vault, resolver, collecting, turns, Checking(resolver, own_listeners, zone))
