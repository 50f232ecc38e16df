"""What people did with campaigns, as conditions that segments offer: data that the application registers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from vestnik.campaigns.statuses import DELIVERED, FAILED, HARD_BOUNCED, REJECTED, SENT, SKIPPED
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.tables import contact
from vestnik.db import Instant, among, now
from vestnik.segments.actual import NOTHING, Actual, Told
from vestnik.segments.conditions import (
    Condition,
    Now,
    Operator,
    Predicate,
    count_of,
    days_of,
    key_value,
)

_LAST_AT_MOST = 100
_OPERATORS: tuple[Operator, ...] = ("inLast", "ofCampaign", "lastDays", "ever", "never")
_CAME = SENT | DELIVERED
_UTC = ZoneInfo("UTC")
_OF_LETTERS = ("opened", "notOpened")
#: Where the newest letter says most, whichever count.
_BY_TIME = ("lastDays", "ever", "never")
_DID_NOT_COME = HARD_BOUNCED | FAILED | REJECTED | SKIPPED

#: The deliveries that count for one operator: a predicate on `delivery`.
Chosen = Callable[[Operator, Any, Now], Predicate]


def behaviour_conditions() -> list[Condition]:
    """Received, opened, clicked, and received without opening."""
    titles: Mapping[str, tuple[str, str]] = {
        "received": ("Получал рассылки", "Received campaigns"),
        "opened": ("Открывал письма", "Opened letters"),
        "clicked": ("Переходил по ссылкам", "Clicked links"),
        "notOpened": ("Получал, но не открывал", "Received, but did not open"),
    }
    compile = {
        "received": _received,
        "opened": _reacted(delivery.c.opened_at, letters=True),
        "clicked": _reacted(delivery.c.clicked_at),
        "notOpened": _not_opened,
    }
    return [
        Condition(
            f"campaigns.{name}", {"ru": ru, "en": en}, "campaign",
            _OPERATORS[:-1] if name == "notOpened" else _OPERATORS, compile[name], group="campaign",
            actual=_last("received" if name == "notOpened" else name, letters=name in _OF_LETTERS),
        )
        for name, (ru, en) in titles.items()
    ]  # fmt: skip


def _received(operator: Operator, value: Any, now: Now) -> Predicate:
    came = _got(operator, value, now)
    return sa.not_(came) if operator == "never" else came


def _reacted(at: sa.Column[Any], *, letters: bool = False) -> Callable[[Operator, Any, Now], Predicate]:
    def compile(operator: Operator, value: Any, now: Now) -> Predicate:
        if operator == "lastDays":
            # When it was opened, not when the campaign was sent.
            return _held(at >= sa.literal(now.before(days_of(value)), Instant), now)
        did = _held(at.is_not(None) & _of(operator, value, now, letters=letters), now)
        return sa.not_(did) if operator == "never" else did

    return compile


def _not_opened(operator: Operator, value: Any, now: Now) -> Predicate:
    """Got at least one of these letters, and opened none of them."""
    opened = _held(delivery.c.opened_at.is_not(None) & _of(operator, value, now, letters=True), now)
    return sa.not_(opened) & _got(operator, value, now, letters=True)


def _got(operator: Operator, value: Any, now: Now, *, letters: bool = False) -> Predicate:
    """Whether letters came. For the whole, those of one campaign are listed; those of several would be a list
    of millions with each contact many times in it, so each contact is looked up that the rest leaves."""
    whole = now.whole and operator == "ofCampaign"
    return _held(_came() & _of(operator, value, now, letters=letters), replace(now, whole=whole))


def _last(did: str, *, letters: bool) -> Actual:
    """The last letter of a contact that it received, opened or clicked in; first of those that count."""
    at = {
        "received": campaign.c.launched_at,
        "opened": delivery.c.opened_at,
        "clicked": delivery.c.clicked_at,
    }[did]

    def read(connection: sa.Connection, contact_id: int, operator: Operator, value: Any) -> Told:
        counts = (
            sa.true() if operator in _BY_TIME else _of(operator, value, Now(now(), _UTC), letters=letters)
        )
        row = connection.execute(
            sa.select(at.label("at"), delivery.c.opened_at, campaign.c.id, campaign.c.name)
            .join(campaign, campaign.c.id == delivery.c.campaign_id)
            .where(delivery.c.contact_id == contact_id, _came() if did == "received" else at.is_not(None))
            .order_by(sa.case((counts, 0), else_=1), at.desc())
            .limit(1)
        ).first()
        if row is None:
            return NOTHING
        return {
            "kind": "letter",
            "did": did,
            "at": row.at,
            "opened": row.opened_at is not None,
            "campaignId": str(row.id),
            "campaign": row.name,
        }

    return read


def _came() -> Predicate:
    flags = delivery.c.flags
    return (flags.op("&")(_CAME) != 0) & (flags.op("&")(_DID_NOT_COME) == 0)


def _of(operator: Operator, value: Any, now: Now, *, letters: bool) -> Predicate:
    """Which campaigns an operator speaks of. The last ones are those that were launched last, by anybody.

    `letters`: nobody opens an SMS, so that it is not counted among them; one that is named is.
    """
    kind = campaign.c.type == "email" if letters else sa.true()
    match operator:
        case "ofCampaign":
            return delivery.c.campaign_id == key_value(value)
        case "inLast":
            last = (
                sa.select(campaign.c.id)
                .where(campaign.c.launched_at.is_not(None), kind)
                .order_by(campaign.c.launched_at.desc(), campaign.c.id.desc())
                .limit(count_of(value, _LAST_AT_MOST))
            )
            return delivery.c.campaign_id.in_(last)
        case "lastDays":
            since = sa.literal(now.before(days_of(value)), Instant)
            recent = sa.select(campaign.c.id).where(campaign.c.launched_at >= since, kind)
            return delivery.c.campaign_id.in_(recent)
    if letters:
        return delivery.c.campaign_id.not_in(sa.select(campaign.c.id).where(sa.not_(kind)))
    return sa.true()


def _held(letters: Predicate, now: Now) -> Predicate:
    """Whether a contact has a delivery like this."""
    if now.whole:
        return among(contact.c.id, sa.select(delivery.c.contact_id).where(letters))
    return sa.exists().where(delivery.c.contact_id == contact.c.id, letters)
