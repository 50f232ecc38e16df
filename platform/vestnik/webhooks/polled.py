"""What a service told when it was asked, as the acts that its webhooks would have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.campaigns import effects as campaigns
from vestnik.campaigns.polling import Polled
from vestnik.campaigns.statuses import FACTS
from vestnik.contacts.storing import known_ids
from vestnik.db import Database
from vestnik.webhooks.acts import Act, read_action
from vestnik.webhooks.apply import Applier
from vestnik.webhooks.tables import event


class PolledResults:
    """`campaigns.polling.Results`: the same actions, the same keys that make them once, and a mark."""

    def __init__(self, database: Database, applier: Applier) -> None:
        self._database, self._applier = database, applier

    async def heard(self, campaign_id: int, since: datetime) -> bool:
        """True when a webhook told something of the campaign's letters that happened after `since`."""
        told = sa.exists().where(
            event.c.campaign_id == campaign_id, event.c.at >= since, event.c.polled.is_(False)
        )
        async with self._database.read() as connection:
            return bool(await connection.scalar(sa.select(told)))

    def apply(
        self, connection: sa.Connection, polled: Polled, items: Sequence[Mapping[str, Any]], at: datetime
    ) -> None:
        """Carry out what is news: a row that only repeats what is known of its delivery changes nothing."""
        actions = [action for item in items for action in actions_of(item, polled.external_id)]
        acts = [
            read_action(polled.account_id, None, position, at, action)
            for position, action in enumerate(actions)
        ]
        self._applier.hear(connection, _news(connection, polled.campaign_id, acts))


def actions_of(item: Mapping[str, Any], external_id: str) -> list[dict[str, Any]]:
    """A CRM_Marketing_Delivery as actions: its status, and an unsubscribe where it tells of one."""
    if item["status"] == "pending":
        return []
    update = {**item, "type": "updateDeliveryStatus", "externalId": external_id}
    if item["status"] != "unsubscribed":
        return [update]
    named = {
        name: item[name] for name in ("email", "phone", "occurredAt", "messageExternalId") if name in item
    }
    return [update, {**named, "type": "unsubscribe", "campaignExternalId": external_id}]


def _news(connection: sa.Connection, campaign_id: int, acts: Sequence[Act]) -> list[Act]:
    """The acts that tell more than is known; a status of somebody who is no recipient is nobody's news.

    A row tells how things stand, not when what happened: the same state may come with another moment.
    """
    addresses = {act.address for act in acts if act.address is not None}
    ids = known_ids(connection, list(addresses))
    known = campaigns.facts_of(connection, campaign_id, list(ids.values()))
    news: list[Act] = []
    for act in acts:
        if act.address is None:
            news.append(act)  # found by its message
            continue
        facts = known.get(ids.get(act.address, 0))
        told = FACTS[act.action.get("status", "unsubscribed")]
        if facts is None:
            if act.type == "unsubscribe":
                news.append(act)
        elif facts & told != told:
            news.append(act)
    return news
