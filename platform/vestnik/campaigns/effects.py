"""What webhooks do to campaigns: delivery statuses, states, figures. Plain units for `webhooks/apply.py`.

All of them take batches, may be called twice with the same, and do not depend on the order of calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from vestnik.campaigns import ledger
from vestnik.campaigns.ledger import SERVICE, Row, Tell
from vestnik.campaigns.reasons import of_service
from vestnik.campaigns.states import FINISHED, OF_SERVICE, State
from vestnik.campaigns.statuses import CLICKED, COUNTERS, FACTS, OPENED, REJECTED, TROUBLE, figures
from vestnik.campaigns.tables import campaign, delivery, stats
from vestnik.db import DriverStatement, Lock, RowsStatement, hold, now, to_microseconds, upsert

_AT_ONCE = 500
T = TypeVar("T")

#: Names a delivery: (campaign, address).
Pair = tuple[int, int]


class Ref(NamedTuple):
    """A campaign as an event needs it."""

    id: int
    category_id: int | None


class Status(NamedTuple):
    """One event of one recipient; `status` is a DeliveryStatus of the contract."""

    campaign_id: int
    address_id: int
    status: str
    at: datetime
    reason: str | None = None


class _Change(NamedTuple):
    """What one batch adds to one delivery."""

    facts: int
    at_us: int
    opened_us: int | None
    clicked_us: int | None
    reason: str | None


# One statement each, whatever the number of campaigns and addresses: the hot path of every webhook.
# On PostgreSQL each campaign is locked before the first of its deliveries, as the launch does it, too.
_KNOWN = RowsStatement(
    "SELECT d.campaign_id, d.address_id, d.flags, d.at, d.opened_at, d.clicked_at"
    " FROM {rows} CROSS JOIN delivery AS d"
    " WHERE d.campaign_id = r.campaign_id AND d.address_id = r.address_id",
    {"campaign_id": "bigint", "address_id": "bigint"},
    before="WITH held AS MATERIALIZED (SELECT id FROM campaign WHERE id IN (SELECT campaign_id FROM {rows})"
    " ORDER BY id FOR NO KEY UPDATE) ",
    locking=" AND EXISTS (SELECT FROM held WHERE held.id = d.campaign_id)"
    " ORDER BY d.campaign_id, d.address_id FOR UPDATE OF d",
)
_FACTS = RowsStatement(
    "SELECT d.campaign_id, d.address_id, d.flags FROM {rows} CROSS JOIN delivery AS d"
    " WHERE d.campaign_id = r.campaign_id AND d.address_id = r.address_id",
    {"campaign_id": "bigint", "address_id": "bigint"},
)
_HOLD = RowsStatement(
    "SELECT c.id FROM {rows} CROSS JOIN campaign AS c WHERE c.id = r.id",
    {"id": "bigint"},
    locking=" ORDER BY c.id FOR NO KEY UPDATE OF c",
)
_STORE = RowsStatement(
    "UPDATE delivery SET flags = r.flags, at = r.at, opened_at = r.opened_at, clicked_at = r.clicked_at,"
    " reason = COALESCE(r.reason, delivery.reason) FROM {rows}"
    " WHERE delivery.campaign_id = r.campaign_id AND delivery.address_id = r.address_id",
    {
        "campaign_id": "bigint",
        "address_id": "bigint",
        "flags": "integer",
        "at": "bigint",
        "opened_at": "bigint",
        "clicked_at": "bigint",
        "reason": "text",
    },
)
_COUNT = DriverStatement(
    f"UPDATE campaign SET {', '.join(f'{name} = {name} + :{name}' for name in COUNTERS)}"  # noqa: S608
    " WHERE id = :campaign_id"
)
_OF_ACCOUNT = RowsStatement(
    "SELECT c.external_id, c.id, c.category_id FROM {rows} CROSS JOIN campaign AS c"
    " WHERE c.account_id = r.account_id AND c.external_id = r.external_id",
    {"account_id": "bigint", "external_id": "text"},
)


def set_delivery_status(connection: sa.Connection, rows: Sequence[Status]) -> list[bool]:
    """Add each event to its delivery; for each row, whether there is such a delivery."""
    changes: dict[Pair, _Change] = {}
    for row in rows:
        pair = row.campaign_id, row.address_id
        changes[pair] = _merge(changes.get(pair), row)
    known = _apply(connection, changes)
    return [(row.campaign_id, row.address_id) in known for row in rows]


def facts_of(connection: sa.Connection, campaign_id: int, address_ids: Sequence[int]) -> dict[int, int]:
    """What is known of the deliveries to these addresses, as bits (statuses.py), where there are any."""
    wanted = [{"campaign_id": campaign_id, "address_id": id} for id in sorted(set(address_ids))]
    return {row[1]: row[2] for row in _FACTS.rows(connection, wanted)} if wanted else {}


def reject(connection: sa.Connection, campaign_id: int, reasons: Mapping[int, str], at: datetime) -> int:
    """Mark deliveries that the service refused before sending, by address; how many were not yet marked."""
    at_us = to_microseconds(at)
    before = _counter(connection, campaign_id, "rejected")
    _apply(
        connection,
        {(campaign_id, id): _Change(REJECTED, at_us, None, None, words) for id, words in reasons.items()},
    )
    return _counter(connection, campaign_id, "rejected") - before


def _merge(change: _Change | None, row: Status) -> _Change:
    facts, at_us = FACTS[row.status], to_microseconds(row.at)
    opened = at_us if facts & OPENED else None
    clicked = at_us if facts & CLICKED else None
    words = row.reason if facts & TROUBLE else None
    if change is None:
        return _Change(facts, at_us, opened, clicked, words)
    return _Change(
        change.facts | facts,
        max(change.at_us, at_us),
        _earliest(change.opened_us, opened),
        _earliest(change.clicked_us, clicked),
        words or change.reason,
    )


def _apply(connection: sa.Connection, changes: Mapping[Pair, _Change]) -> set[Pair]:
    """Store the changes that change anything, and count the difference; the pairs that are deliveries."""
    found: set[Pair] = set()
    stored: list[dict[str, Any]] = []
    differences: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(COUNTERS))
    for part in _parts(sorted(changes)):
        known = _KNOWN.rows(
            connection,
            [{"campaign_id": campaign_id, "address_id": address_id} for campaign_id, address_id in part],
        )
        for campaign_id, address_id, flags, at_us, opened_us, clicked_us in known:
            pair = campaign_id, address_id
            found.add(pair)
            change = changes[pair]
            after = flags | change.facts
            opened = _earliest(opened_us, change.opened_us)
            clicked = _earliest(clicked_us, change.clicked_us)
            latest = max(at_us or 0, change.at_us)
            if (after, latest, opened, clicked) == (flags, at_us, opened_us, clicked_us):
                continue
            stored.append(
                {
                    "campaign_id": campaign_id,
                    "address_id": address_id,
                    "flags": after,
                    "at": latest,
                    "opened_at": opened,
                    "clicked_at": clicked,
                    "reason": change.reason,
                }
            )
            if after != flags:
                difference = differences[campaign_id]
                for index, (new, old) in enumerate(zip(figures(after), figures(flags), strict=True)):
                    difference[index] += new - old
    if stored:
        _STORE.run(connection, stored)
    counted = [
        {"campaign_id": campaign_id, **dict(zip(COUNTERS, difference, strict=True))}
        for campaign_id, difference in sorted(differences.items())
        if any(difference)
    ]
    if counted:
        _COUNT.each(connection, counted)
    return found


def count(connection: sa.Connection, campaign_id: int, difference: Mapping[str, int]) -> None:
    """Add to the campaign's figures."""
    more = {name: difference.get(name, 0) for name in COUNTERS}
    _COUNT.each(connection, [{"campaign_id": campaign_id, **more}])


def hold_accounts(connection: sa.Connection, account_ids: Iterable[int]) -> bool:
    """Keep other processes from making campaigns or messages of these accounts known, or waiting for them.

    Taken before any campaign's row, until the transaction ends. Who finds no match looks again once it
    holds its account, unless this returns False; who brings a match looks only then for what waits.
    """
    return hold(connection, Lock.ACCOUNT, account_ids)


def hold_campaigns(connection: sa.Connection, ids: Iterable[int]) -> None:
    """Lock campaigns in the order in which everything locks them: before their deliveries, by their keys."""
    _HOLD.run(connection, [{"id": id} for id in sorted(set(ids))])


def campaigns_of(connection: sa.Connection, account_id: int, external_ids: Iterable[str]) -> dict[str, Ref]:
    """The account's campaigns by their ids at the service."""
    wanted = [{"account_id": account_id, "external_id": each} for each in sorted(set(external_ids))]
    rows = _OF_ACCOUNT.rows(connection, wanted)
    return {external_id: Ref(id, category_id) for external_id, id, category_id in rows}


def campaigns_by_id(connection: sa.Connection, account_id: int, ids: Collection[int]) -> dict[int, Ref]:
    """The account's campaigns by our keys: those that CreateCampaign was called for."""
    found: dict[int, Ref] = {}
    for part in _parts(sorted(ids)):
        rows = connection.execute(
            sa.select(campaign.c.id, campaign.c.category_id).where(
                campaign.c.account_id == account_id,
                campaign.c.id.in_(part),
                campaign.c.creating_at.is_not(None),
            )
        )
        found.update((row.id, Ref(row.id, row.category_id)) for row in rows)
    return found


def latest_campaigns(
    connection: sa.Connection, account_id: int, address_ids: Collection[int]
) -> dict[int, Ref]:
    """The account's latest campaign to each address: a guess for events that name no campaign."""
    found: dict[int, Ref] = {}
    for part in _parts(sorted(address_ids)):
        rows = connection.execute(
            sa.select(delivery.c.address_id, campaign.c.id, campaign.c.category_id)
            .join(campaign, campaign.c.id == delivery.c.campaign_id)
            .where(
                delivery.c.address_id.in_(part),
                campaign.c.account_id == account_id,
                campaign.c.external_id.is_not(None),
            )
            .order_by(campaign.c.created_at_service)
        )
        found.update((row.address_id, Ref(row.id, row.category_id)) for row in rows)
    return found


def update_campaign(
    connection: sa.Connection,
    campaign_id: int,
    status: str,
    reason: str | None,
    at: datetime,
    tell: Tell | None = None,
) -> bool:
    """Note what the service says of a campaign and move it there; False when that changed nothing.

    A word older than the last one changes nothing, unless it is a last word. While CreateCampaign
    runs, or is in doubt, the word is kept and takes effect with the campaign's id at the service.
    """
    row = ledger.find(connection, campaign_id)
    if row is None or status not in OF_SERVICE:
        return False
    to = OF_SERVICE[status]
    if row.service_at is not None and at < row.service_at and to not in FINISHED:
        return False
    said = {"service_status": status, "service_reason": reason, "service_at": at}
    if row.external_id is None:
        ledger.change(connection, campaign_id, tell, **said)
        return True
    if State(row.state) in FINISHED or row.state == to:
        if row.service_status != status or row.service_reason != reason:
            known = {} if State(row.state) in FINISHED else {"reason": of_service(reason)}
            ledger.change(connection, campaign_id, tell, **said, **known)
        return False
    move_by_service(connection, row, to, reason, at, tell, **said)
    return True


def move_by_service(
    connection: sa.Connection,
    row: Row,
    to: State,
    reason: str | None,
    at: datetime,
    tell: Tell | None = None,
    **values: Any,
) -> None:
    """Move a campaign to where the service says it is."""
    if to in FINISHED:
        values["finished_at"] = at
    ledger.move(connection, row, to, SERVICE, of_service(reason), tell, **values)


def merge_stats(connection: sa.Connection, campaign_id: int, told: Mapping[str, int], at: datetime) -> None:
    """Merge figures that the service told of a campaign; an older word does not replace a newer one."""
    hold_campaigns(connection, [campaign_id])
    row = connection.execute(
        sa.select(stats.c.figures, stats.c.fetched_at).where(stats.c.campaign_id == campaign_id)
    ).one_or_none()
    if row is None:
        merged: dict[str, Any] = dict(told)
    elif at >= row.fetched_at:
        merged = {**row.figures, **told}
    else:
        merged = {**told, **row.figures}
    latest = at if row is None else max(at, row.fetched_at)
    connection.execute(
        upsert(connection, stats, ["campaign_id"], ["figures", "fetched_at"]).values(
            campaign_id=campaign_id, figures=merged, fetched_at=min(latest, now())
        )
    )


#: Called in the transaction that commits a campaign's id at the service, with the account's key, that
#: id, and the campaign's key.
OnExternalId = Callable[[sa.Connection, int, str, int], None]


def _counter(connection: sa.Connection, campaign_id: int, name: str) -> int:
    return int(
        connection.execute(sa.select(campaign.c[name]).where(campaign.c.id == campaign_id)).scalar_one()
    )


def _earliest(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _parts(items: Sequence[T]) -> Iterable[Sequence[T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
