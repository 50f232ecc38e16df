"""One action of a module's result on its way to its effect: what it says, read and checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from vestnik.campaigns.effects import Ref
from vestnik.campaigns.messages import Name
from vestnik.contacts.addresses import Address, AddressKind, normalise
from vestnik.contacts.errors import InvalidAddress
from vestnik.db import EPOCH, fold

_encode = msgspec.json.Encoder().encode
_KINDS: tuple[AddressKind, ...] = ("email", "phone")
_UNSUPPORTED = frozenset({"sendEmail", "sendMessage"})


class Outcome(StrEnum):
    """What became of one action."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    WAITING = "waiting"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"


@dataclass(slots=True)
class Effect:
    """What became of one action, as the inspector shows it."""

    outcome: Outcome
    campaign_id: int | None = None
    address_id: int | None = None
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Only what is known, ids as text."""
        shown: dict[str, Any] = {"outcome": self.outcome}
        if self.campaign_id is not None:
            shown["campaignId"] = str(self.campaign_id)
        if self.address_id is not None:
            shown["addressId"] = str(self.address_id)
        if self.note is not None:
            shown["note"] = self.note
        return shown


@dataclass(slots=True)
class Act:
    """One action on its way: what it names, looked up for the whole batch at once."""

    account_id: int
    inbox_id: int | None  # the request that told it; None: heard by asking the service
    position: int
    received_at: datetime
    action: dict[str, Any]
    occurred: datetime | None
    effect: Effect = field(default_factory=lambda: Effect(Outcome.APPLIED))
    address: Address | None = None
    campaign: Ref | None = None
    #: The address is of a person who was erased: what it says is done, and nothing of it is kept.
    erased: bool = False

    @property
    def type(self) -> str:
        return str(self.action["type"])

    @property
    def polled(self) -> bool:
        """True when the service told it because it was asked."""
        return self.inbox_id is None

    @property
    def source(self) -> str:
        """What told it, as the stop-list keeps it."""
        if self.inbox_id is not None:
            return f"webhook:{self.inbox_id}"
        return "poll" if self.campaign is None else f"poll:{self.campaign.id}"

    @property
    def campaign_external_id(self) -> str | None:
        """The campaign's id at the service: an unsubscribe names it apart from what it unsubscribes from."""
        name = "campaignExternalId" if self.type == "unsubscribe" else "externalId"
        return self.action.get(name)

    @property
    def own_campaign_id(self) -> int | None:
        """Our own key of the campaign, where the action tells one."""
        told = self.action.get("campaignId", "")
        return int(told) if is_key(told) else None

    @property
    def names_campaign(self) -> bool:
        """True when the action says itself which campaign it is about, known to us or not."""
        return self.campaign_external_id is not None or self.own_campaign_id is not None

    @property
    def message(self) -> Name | None:
        """The message that the action names."""
        external_id = self.action.get("messageExternalId")
        return None if external_id is None else (self.account_id, external_id)

    @property
    def lacks(self) -> str | None:
        """What must come before it can be applied: its `campaign`, its `recipient`, or nothing."""
        if self.type == "unsubscribe":
            return "recipient" if self.address is None else None
        if self.campaign is None:
            return None if self.erased else "campaign"
        recipient = self.type != "updateDeliveryStatus" or self.effect.address_id is not None
        return None if recipient else "recipient"

    @property
    def at(self) -> datetime:
        """When it happened at the service; the arrival where it does not say, or its clock is wrong."""
        latest = self.received_at + timedelta(days=1)
        plausible = self.occurred is not None and EPOCH <= self.occurred <= latest
        return self.occurred if plausible and self.occurred is not None else self.received_at


def read_action(
    account_id: int, inbox_id: int | None, position: int, received_at: datetime, action: dict[str, Any]
) -> Act:
    """One action of a result as an act: its address in the stored form, whether this version does it."""
    act = Act(account_id, inbox_id, position, received_at, action, _instant(action.get("occurredAt")))
    _read_address(act)
    if act.type in _UNSUPPORTED:
        act.effect.outcome = Outcome.UNSUPPORTED
    return act


def _read_address(act: Act) -> None:
    for kind in _KINDS:
        written = act.action.get(kind)
        if written is None:
            continue
        try:
            act.address = normalise(kind, written)
        except InvalidAddress:
            if act.type == "unsubscribe":  # never dropped: block it as it is written
                act.address = Address(kind, fold(written.strip()).replace("\0", ""), None)
                act.effect.note = "address_unusual"
            elif act.type == "updateDeliveryStatus":
                act.effect.outcome, act.effect.note = Outcome.UNREADABLE, "address"
        return


def digest(act: Act) -> str:
    """What makes an event the same event: its id at the service, else all that is told of it.

    The time of an event stands in front, so that new keys lie side by side in the index.
    """
    action = act.action
    if (event_id := action.get("eventId")) is not None:
        identity: Any = [act.type, event_id]
        moment = ""
    else:
        identity = [
            act.type,
            None if act.address is None else act.address.normalised,
            action.get("externalId"),
            action.get("campaignExternalId"),
            action.get("campaignId"),
            action.get("status"),
            action.get("link"),
            action.get("occurredAt"),
            action.get("stats"),
            action.get("messageExternalId"),
        ]
        moment = "" if act.occurred is None else act.occurred.strftime("%y%m%d%H%M%S")
    return moment + hashlib.blake2b(_encode(identity), digest_size=16).hexdigest()


def is_key(text: str) -> bool:
    """True for what may be one of our keys."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def _instant(text: str | None) -> datetime | None:
    """An RFC 3339 instant of the service, None where it tells none."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None
