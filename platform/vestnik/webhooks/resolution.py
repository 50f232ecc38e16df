"""Finds whom and which campaign actions mean: by what they name, by their message, at last by a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

import sqlalchemy as sa

from vestnik.campaigns import effects as campaigns
from vestnik.campaigns import messages
from vestnik.contacts.addresses import Address
from vestnik.contacts.storing import addresses_by_id, known_ids
from vestnik.webhooks.acts import Act

#: Empty rows of erased people's addresses, by address.
Erased = Callable[[sa.Connection, Collection[Address]], Mapping[Address, int]]


def resolve(connection: sa.Connection, acts: Sequence[Act], erased: Erased) -> set[messages.Name]:
    """Find each act's recipient and campaign; the messages that were not known before."""
    named = [act for act in acts if act.address is not None]
    ids = known_ids(connection, list({act.address for act in named if act.address is not None}))
    for act in named:
        act.effect.address_id = ids.get(act.address) if act.address is not None else None
    strangers = {act.address for act in named if act.address is not None and act.effect.address_id is None}
    gone = erased(connection, strangers) if strangers else {}
    for act in named:
        if act.address is not None and act.address in gone:
            act.effect.address_id, act.erased = gone[act.address], True
    by_account: defaultdict[int, list[Act]] = defaultdict(list)
    for act in acts:
        by_account[act.account_id].append(act)
    for account_id, of_account in by_account.items():
        _name_campaigns(connection, account_id, of_account)
    learned = _learn_messages(connection, acts)
    _recall_messages(connection, acts)
    for account_id, of_account in by_account.items():
        _guess_campaigns(connection, account_id, of_account)
    for act in acts:
        if act.campaign is not None:
            act.effect.campaign_id = act.campaign.id
    return learned


def _name_campaigns(connection: sa.Connection, account_id: int, acts: Sequence[Act]) -> None:
    external = {act.campaign_external_id for act in acts if act.campaign_external_id is not None}
    by_external = campaigns.campaigns_of(connection, account_id, external) if external else {}
    own = {act.own_campaign_id for act in acts if act.own_campaign_id is not None}
    by_id = campaigns.campaigns_by_id(connection, account_id, own) if own else {}
    for act in acts:
        if act.campaign_external_id is not None:
            act.campaign = by_external.get(act.campaign_external_id)
        elif act.own_campaign_id is not None:
            act.campaign = by_id.get(act.own_campaign_id)


def _learn_messages(connection: sa.Connection, acts: Sequence[Act]) -> set[messages.Name]:
    """Keep which delivery a message belongs to, where an act names the campaign, the recipient and it."""
    told = {
        messages.Message(*act.message, act.effect.address_id, act.campaign.id)
        for act in acts
        if act.message is not None and act.campaign is not None and act.effect.address_id is not None
    }
    return messages.remember(connection, sorted(told)) if told else set()


def _recall_messages(connection: sa.Connection, acts: Sequence[Act]) -> None:
    """Find by its message what an act does not say: its campaign, its recipient."""
    lacking = [
        (act, act.message)
        for act in acts
        if act.message is not None and (act.address is None or not act.names_campaign)
    ]
    if not lacking:
        return
    known = messages.recipients(connection, (name for _, name in lacking))
    unaddressed: list[Act] = []
    for act, name in lacking:
        recipients = known.get(name, [])
        if act.address is not None:
            same = [each for each in recipients if each.address_id == act.effect.address_id]
            recipients = same or recipients
        of_campaign = {each.campaign for each in recipients}
        if not act.names_campaign and len(of_campaign) == 1:
            (act.campaign,) = of_campaign
        if act.address is None and len({each.address_id for each in recipients}) == 1:
            act.effect.address_id = recipients[0].address_id
            unaddressed.append(act)
    wanted = {act.effect.address_id for act in unaddressed if act.effect.address_id is not None}
    found = addresses_by_id(connection, wanted) if wanted else {}
    for act in unaddressed:
        if act.effect.address_id is not None:
            act.address = found.get(act.effect.address_id)


def _guess_campaigns(connection: sa.Connection, account_id: int, acts: Sequence[Act]) -> None:
    """Take the account's latest campaign to an address for what names neither campaign nor known message."""
    unnamed = [
        (act, act.effect.address_id)
        for act in acts
        if act.campaign is None
        and act.type == "updateDeliveryStatus"
        and act.effect.address_id is not None
        and not act.names_campaign
    ]
    if not unnamed:
        return
    latest = campaigns.latest_campaigns(connection, account_id, {address_id for _, address_id in unnamed})
    for act, address_id in unnamed:
        if address_id in latest:
            act.campaign, act.effect.note = latest[address_id], "campaign_guessed"
