"""The links of a campaign's letter as its service counts them, kept for when it does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik.campaigns import effects, ledger
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.ports import LINKS, CallFailed, ModuleCaller
from vestnik.campaigns.tables import campaign, link
from vestnik.campaigns.workflows import call
from vestnik.db import Database, now

LINKS_OLD_AFTER = timedelta(minutes=1)

log = structlog.get_logger("vestnik.campaigns")


class Links:
    """Asks a service how often each link of a campaign was followed."""

    def __init__(self, database: Database, modules: ModuleCaller) -> None:
        self._database, self._modules = database, modules

    async def refresh(self, row: Row, *, anew: bool = False) -> CallFailed | None:
        """Ask for the links, unless the kept ones are fresh for a campaign of this age; how that failed.

        `anew`: they are asked for however fresh they are.
        """
        async with self._database.read() as connection:
            asked_at = await connection.scalar(sa.select(campaign.c.links_at).where(campaign.c.id == row.id))
        settled = timedelta(0) if row.finished_at is None else (now() - row.finished_at) / 20
        oldest = now() - max(LINKS_OLD_AFTER, settled)
        if not anew and asked_at is not None and asked_at > max(oldest, row.finished_at or oldest):
            return None
        at = now()
        try:
            told: Sequence[Mapping[str, Any]] = await call(
                self._modules,
                row.account_id,
                LINKS,
                {"campaignExternalId": row.external_id},
                lane="bulk",
                version_id=row.version_id,
            )
        except CallFailed as failure:
            log.info("campaign.links_unknown", campaign_id=row.id, kind=failure.kind)
            why = failure.as_reason
            await self._database.submit(lambda to: ledger.change(to, row.id, links_failure=why))
            return failure
        await self._database.write(_keep, row.id, told, at)
        return None


def _keep(
    connection: sa.Connection, campaign_id: int, told: Sequence[Mapping[str, Any]], at: datetime
) -> None:
    """Replace the links that are known by those that were told; what is told twice adds up."""
    effects.hold_campaigns(connection, [campaign_id])
    rows: dict[str, dict[str, Any]] = {}
    for each in told:
        clicks, unique = each["clicks"], each.get("uniqueClicks")
        known = rows.setdefault(
            each["url"],
            {
                "campaign_id": campaign_id,
                "url": each["url"],
                "clicks": 0,
                "unique_clicks": None,
                "fetched_at": at,
            },
        )
        known["clicks"] += clicks
        if unique is not None:
            known["unique_clicks"] = (known["unique_clicks"] or 0) + unique
    connection.execute(sa.delete(link).where(link.c.campaign_id == campaign_id))
    if rows:
        connection.execute(sa.insert(link), list(rows.values()))
    ledger.change(connection, campaign_id, links_at=at, links_failure=None)
