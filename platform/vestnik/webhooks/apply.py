"""The only writer of webhooks' effects: whole results, in one transaction with the keys that make them once.

A batch holds the parsed results of several requests. Each action becomes one `Effect`, kept beside
the request for the inspector: applied, a duplicate, waiting for its campaign or recipient, not
supported in this version, or unreadable (an address that is none). An unsubscribe is never dropped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from vestnik.campaigns import effects as campaigns
from vestnik.campaigns import messages
from vestnik.contacts.consents import Reason
from vestnik.contacts.service import Contacts
from vestnik.db import RowsStatement, from_microseconds, new_key, now, to_microseconds
from vestnik.outgoing.service import announce_all, wanted
from vestnik.privacy.search import Search, Wanted
from vestnik.webhooks.acts import Act, Effect, Outcome, digest, is_key, read_action
from vestnik.webhooks.inbox import State, Stored
from vestnik.webhooks.resolution import resolve
from vestnik.webhooks.tables import inbox, waiting

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode

#: Statuses after which no further letter goes to the address, whoever sends it.
_SUPPRESSING: dict[str, Reason] = {"hardBounce": "hard_bounce", "spam": "spam"}

_BOUNCES = frozenset({"hardBounce", "softBounce"})

#: What stays of a request that was about erased people alone.
FORGOTTEN = b"erased"
_TOLD = ("query", "body", "actions", "response")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A request and what its module made of it."""

    request: Stored
    version_id: int | None
    actions: Sequence[dict[str, Any]]
    response: dict[str, Any] | None = None
    response_sent: bool = False
    answered: int | None = None


Applied = Sequence[Effect]
ListCategories = Callable[[int], Mapping[str, int]]


class Applier:
    """Applies batches of results; plugged with the contacts (for the stop-list) and the lists' categories."""

    def __init__(self, contacts: Contacts, categories_of_lists: ListCategories) -> None:
        self._contacts, self._categories_of_lists = contacts, categories_of_lists

    def apply(self, connection: sa.Connection, batch: Sequence[Parsed]) -> Sequence[Applied]:
        """Apply every result of `batch`, settle its inbox rows, return the effects in order."""
        acts: list[list[Act]] = [
            [
                read_action(of.account_id, of.id, position, of.received_at, action)
                for position, action in enumerate(parsed.actions)
            ]
            for parsed in batch
            for of in (parsed.request,)
        ]
        self._carry_out(connection, _first_seen(connection, [act for result in acts for act in result]))
        effects = [[act.effect for act in result] for result in acts]
        settled = [_settled(parsed, effect) for parsed, effect in zip(batch, effects, strict=True)]
        _SETTLE.run(connection, sorted(settled, key=itemgetter("id")))
        for parsed, result in zip(batch, acts, strict=True):
            _forget_erased(connection, parsed, result)
        return effects

    def hear(self, connection: sa.Connection, acts: Sequence[Act]) -> None:
        """Apply what a service told when it was asked, by the keys that make a webhook's actions once, too.

        What has no match does not wait: the service is asked again.
        """
        self._carry_out(connection, _first_seen(connection, acts))

    def campaign_arrived(self, connection: sa.Connection, account_id: int, external_id: str) -> None:
        """Apply what waited for this campaign, in the transaction that made it known.

        What named no campaign is looked up anew, too: its recipient may have got this one.
        """
        campaigns.hold_accounts(connection, [account_id])
        rows = connection.execute(
            sa.delete(waiting)
            .where(
                waiting.c.account_id == account_id,
                sa.or_(waiting.c.external_id == external_id, waiting.c.external_id.is_(None)),
            )
            .returning(waiting.c.action, waiting.c.position, waiting.c.inbox_id, waiting.c.created_at)
        ).all()
        acts = [
            read_action(
                account_id, row.inbox_id, row.position, row.created_at, msgspec.json.decode(row.action)
            )
            for row in sorted(rows, key=lambda row: (row.created_at, row.inbox_id, row.position))
        ]
        self._carry_out(connection, acts)
        _tell_inbox(connection, acts)

    def _carry_out(self, connection: sa.Connection, acts: Sequence[Act]) -> None:
        """Apply what can be; what waited for a message that one of `acts` made known goes after them."""
        released = self._match(connection, acts)
        self._effect(connection, [*acts, *released])
        _tell_inbox(connection, released)

    def _match(self, connection: sa.Connection, acts: Sequence[Act]) -> list[Act]:
        """Find what the acts mean, and what waited for a message that one of them made known.

        Another process may be bringing what an act lacks: it is looked for again once nobody brings anything.
        """
        erased = self._contacts.erased_addresses
        learned = resolve(connection, acts, erased)
        lacking = [act for act in acts if act.lacks is not None]
        if not learned and not lacking:
            return []
        accounts = {account_id for account_id, _ in learned} | {act.account_id for act in lacking}
        if campaigns.hold_accounts(connection, accounts) and lacking:
            learned |= resolve(connection, lacking, erased)
        if not learned:
            return []
        released = _waited_for_messages(connection, learned)
        return [*released, *self._match(connection, released)] if released else []

    def _effect(self, connection: sa.Connection, acts: Sequence[Act]) -> None:
        """Do what the acts say. Every process locks in this order: campaigns, deliveries, the stop-list."""
        ready = [act for act in acts if act.effect.outcome is Outcome.APPLIED]
        for act in ready:
            if (lacked := act.lacks) is not None:
                _wait(act, lacked)
        matched = _grouped(
            [act for act in ready if act.effect.outcome is Outcome.APPLIED], lambda act: act.type
        )
        moved, counted = matched.get("updateCampaign", []), matched.get("updateCampaignStats", [])
        if moved or counted:
            campaigns.hold_campaigns(
                connection, [act.campaign.id for act in ready if act.campaign is not None]
            )
        _deliveries(connection, [*matched.get("updateDeliveryStatus", []), *matched.get("unsubscribe", [])])
        for act in moved:
            if act.campaign is not None:
                campaigns.update_campaign(
                    connection, act.campaign.id, act.action["status"], act.action.get("reason"), act.at
                )
        for act in counted:
            if act.campaign is not None:
                campaigns.merge_stats(connection, act.campaign.id, act.action["stats"], act.at)
        self._stops(connection, ready)
        _keep_waiting(connection, acts)
        _record_events(connection, acts)
        _tell_bounces(connection, acts)

    def _stops(self, connection: sa.Connection, acts: Sequence[Act]) -> None:
        """Put on the stop-list whom the acts take off the letters: they are few."""
        stopping = [
            (act.address, act)
            for act in acts
            if act.address is not None
            and (act.type == "unsubscribe" or act.action.get("status") in _SUPPRESSING)
        ]
        for address, act in sorted(stopping, key=lambda each: (each[0].kind, each[0].normalised)):
            category_id: int | None = None
            reason: Reason = "unsubscribe"
            if act.type == "unsubscribe":
                category_id, note = self._category(connection, act)
                act.effect.note = act.effect.note or note
            else:
                reason = _SUPPRESSING[act.action["status"]]
            self._contacts.suppress(
                connection, [address], reason=reason, category_id=category_id, source=act.source, at=act.at
            )

    def _category(self, connection: sa.Connection, act: Act) -> tuple[int | None, str | None]:
        """The category to unsubscribe from (None is all), and a note where it had to be inferred."""
        target = act.action.get("externalId")
        of_campaign = None if act.campaign is None else act.campaign.category_id
        if isinstance(target, dict):
            if "all" in target:
                return None, None
            mapped = self._categories_of_lists(act.account_id).get(target["listExternalId"])
            return (mapped, None) if mapped is not None else (of_campaign, "list_not_mapped")
        if target is None:
            return of_campaign, "category_of_campaign" if of_campaign is not None else "all_categories"
        if is_key(target) and self._contacts.has_category(connection, int(target)):
            return int(target), None
        return of_campaign, "category_unknown"


def _deliveries(connection: sa.Connection, acts: Sequence[Act]) -> None:
    """Tell deliveries what happened to them; what has none waits, but for an unsubscribe."""
    known = [
        (act, campaigns.Status(act.campaign.id, act.effect.address_id, *_status(act)))
        for act in acts
        if act.campaign is not None and act.effect.address_id is not None
    ]
    if not known:
        return
    found = campaigns.set_delivery_status(connection, [status for _, status in known])
    for (act, _), there in zip(known, found, strict=True):
        if not there and act.type == "updateDeliveryStatus":
            _wait(act, "recipient")


def _status(act: Act) -> tuple[str, datetime, str | None]:
    if act.type == "unsubscribe":
        return "unsubscribed", act.at, None
    return act.action["status"], act.at, None if act.erased else act.action.get("reason")


# One statement for a batch of any size: it tells which of the keys are new.
_REMEMBER = RowsStatement(
    "INSERT INTO webhook_applied (account_id, digest, at) SELECT r.account_id, r.digest, r.at FROM {rows}"
    " WHERE true ON CONFLICT DO NOTHING RETURNING account_id, digest",
    {"account_id": "bigint", "digest": "text", "at": "bigint"},
)


def _first_seen(connection: sa.Connection, acts: Sequence[Act]) -> list[Act]:
    """The acts whose event was never applied before; the others are marked as duplicates."""
    fresh: dict[tuple[int, str], Act] = {}
    for act in acts:
        if act.effect.outcome is not Outcome.APPLIED:
            continue
        key = (act.account_id, digest(act))
        if key in fresh:
            act.effect.outcome = Outcome.DUPLICATE
        else:
            fresh[key] = act
    if not fresh:
        return []
    at = to_microseconds(now())
    keys = [{"account_id": account_id, "digest": digest, "at": at} for account_id, digest in sorted(fresh)]
    new = set(_REMEMBER.rows(connection, keys))
    for key, act in fresh.items():
        if key not in new:
            act.effect.outcome = Outcome.DUPLICATE
    return [act for key, act in fresh.items() if key in new]


_TAKE_WAITING = RowsStatement(
    "DELETE FROM webhook_waiting WHERE id IN (SELECT w.id FROM {rows} CROSS JOIN webhook_waiting AS w"
    " WHERE w.account_id = r.account_id AND w.message_external_id = r.external_id)"
    " RETURNING created_at, inbox_id, position, account_id, action",
    {"account_id": "bigint", "external_id": "text"},
)


def _waited_for_messages(connection: sa.Connection, learned: set[messages.Name]) -> list[Act]:
    """Take out of waiting what names one of these messages."""
    rows = _TAKE_WAITING.rows(
        connection,
        [{"account_id": account_id, "external_id": external_id} for account_id, external_id in learned],
    )
    return [
        read_action(account_id, inbox_id, position, from_microseconds(at), msgspec.json.decode(action))
        for at, inbox_id, position, account_id, action in sorted(rows)
    ]


def _tell_inbox(connection: sa.Connection, acts: Sequence[Act]) -> None:
    """Correct what the inspector shows of actions that waited."""
    for inbox_id, of_request in sorted(_grouped(acts, lambda act: act.inbox_id).items()):
        shown = connection.scalar(sa.select(inbox.c.effects).where(inbox.c.id == inbox_id).with_for_update())
        if shown is None:
            continue
        effects = msgspec.json.decode(shown)
        for act in of_request:
            if act.position < len(effects):  # else a later version made fewer actions of the request
                effects[act.position] = act.effect.as_json()
        connection.execute(
            sa.update(inbox).where(inbox.c.id == inbox_id).values(effects=_encode(effects).decode())
        )


_EVENT = RowsStatement(
    "INSERT INTO event (id, at, account_id, campaign_id, address_id, kind, detail, inbox_id, polled)"
    " SELECT r.id, r.at, r.account_id, r.campaign_id, r.address_id, r.kind, r.detail, r.inbox_id,"
    " r.polled FROM {rows}",
    {
        "id": "bigint",
        "at": "bigint",
        "account_id": "bigint",
        "campaign_id": "bigint",
        "address_id": "bigint",
        "kind": "text",
        "detail": "text",
        "inbox_id": "bigint",
        "polled": "boolean",
    },
)


def _record_events(connection: sa.Connection, acts: Sequence[Act]) -> None:
    """Keep what happened to a recipient for timelines and charts."""
    rows = [
        {
            "id": new_key(),
            "at": to_microseconds(act.at),
            "account_id": act.account_id,
            "campaign_id": act.effect.campaign_id,
            "address_id": act.effect.address_id,
            "kind": act.action.get("status", "unsubscribed"),
            "detail": None if act.erased else act.action.get("link") or act.action.get("reason"),
            "inbox_id": act.inbox_id,
            "polled": act.polled,
        }
        for act in acts
        if act.effect.outcome is Outcome.APPLIED
        and act.effect.address_id is not None
        and act.type in ("updateDeliveryStatus", "unsubscribe")
    ]
    if rows:
        _EVENT.run(connection, rows)


def _tell_bounces(connection: sa.Connection, acts: Sequence[Act]) -> None:
    """Have other systems hear of what could not be delivered; of people who were erased nobody hears."""
    bounced = [
        act
        for act in acts
        if act.effect.outcome is Outcome.APPLIED
        and act.type == "updateDeliveryStatus"
        and act.action["status"] in _BOUNCES
        and not act.erased
    ]
    if not bounced or not wanted(connection, "message.bounced"):
        return
    announce_all(
        connection,
        "message.bounced",
        [
            {
                "addressKind": act.address.kind,
                "address": act.address.normalised,
                "status": act.action["status"],
                "reason": act.action.get("reason"),
                "accountId": str(act.account_id),
                "campaignId": None if act.effect.campaign_id is None else str(act.effect.campaign_id),
                "at": act.at.isoformat(),
            }
            for act in bounced
            if act.address is not None
        ],
    )


def _wait(act: Act, what: str) -> None:
    act.effect.outcome, act.effect.note = Outcome.WAITING, what


def _keep_waiting(connection: sa.Connection, acts: Sequence[Act]) -> None:
    rows = [
        {
            "id": new_key(),
            "account_id": act.account_id,
            "external_id": act.campaign_external_id,
            "message_external_id": act.action.get("messageExternalId"),
            "address": None if act.address is None else act.address.normalised,
            "action": _encode(act.action).decode(),
            "inbox_id": act.inbox_id,
            "position": act.position,
            "created_at": act.received_at,
        }
        for act in acts
        if act.effect.outcome is Outcome.WAITING and not act.polled
    ]
    if rows:
        connection.execute(sa.insert(waiting), rows)


#: An outcome as good, of this attempt or a later one, is there already: another process was faster.
_BEHIND = "inbox.state = 'applied' AND inbox.attempts >= r.attempts"
_SHOWN = ("version_id", "actions", "effects", "response")
_SETTLE = RowsStatement(
    "UPDATE inbox SET state = r.state,"  # noqa: S608  # our own names
    " attempts = CASE WHEN inbox.attempts > r.attempts THEN inbox.attempts ELSE r.attempts END,"
    f" next_attempt_at = CASE WHEN {_BEHIND} THEN inbox.next_attempt_at END,"
    f" {', '.join(f'{name} = CASE WHEN {_BEHIND} THEN inbox.{name} ELSE r.{name} END' for name in _SHOWN)},"
    " response_sent = (inbox.response_sent IS TRUE OR r.response_sent),"
    " answered = COALESCE(inbox.answered, r.answered) FROM {rows}"
    " WHERE inbox.id = r.id AND inbox.received_at = r.received_at",
    {
        "id": "bigint",
        "received_at": "bigint",
        "state": "text",
        "attempts": "integer",
        "version_id": "bigint",
        "actions": "text",
        "effects": "text",
        "response": "text",
        "response_sent": "boolean",
        "answered": "integer",
    },
)


def _forget_erased(connection: sa.Connection, parsed: Parsed, acts: Sequence[Act]) -> None:
    """Keep of an applied request nothing that names erased people; all of it where it is of them alone."""
    gone = {act.address.normalised for act in acts if act.erased and act.address is not None}
    if not gone:
        return
    own = sa.and_(inbox.c.id == parsed.request.id, inbox.c.received_at == parsed.request.received_at)
    row = connection.execute(sa.select(*(inbox.c[name] for name in _TOLD)).where(own)).one()
    search = Search(Wanted(addresses=sorted(gone)))
    values = {
        name: search.text(text) if isinstance(text, str) else search.data(bytes(text))
        for name, text in row._mapping.items()
        if text is not None
    }
    if all(act.erased for act in acts):
        values |= {"query": "", "body": FORGOTTEN}
    connection.execute(sa.update(inbox).where(own).values(values))


def _settled(parsed: Parsed, effects: Sequence[Effect]) -> dict[str, Any]:
    return {
        "id": parsed.request.id,
        "received_at": parsed.request.received_us,
        "state": State.APPLIED,
        "attempts": parsed.request.attempts + 1,
        "version_id": parsed.version_id,
        "actions": _encode(parsed.actions).decode(),
        "effects": _encode([effect.as_json() for effect in effects]).decode(),
        "response": None if parsed.response is None else _encode(parsed.response).decode(),
        "response_sent": parsed.response_sent,
        "answered": parsed.answered,
    }


def _grouped(items: Iterable[T], by: Callable[[T], Any]) -> dict[Any, list[T]]:
    groups: defaultdict[Any, list[T]] = defaultdict(list)
    for item in items:
        groups[by(item)].append(item)
    return groups
