"""The contact's provider panel over HTTP: for the contact's page, and whole for machines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

from vestnik.http.api import Context, Router, key_of
from vestnik.http.errors import Language, Problem
from vestnik.lists.panel import GET_SUBSCRIBER, UPDATE, Block, Campaign, ListChoice, Subject
from vestnik.lists.panel_cache import Told
from vestnik.lists.panel_changes import Change, Consent, Result
from vestnik.lists.panel_locks import REASONS, Lock
from vestnik.lists.panel_shapes import (
    PanelAccount,
    PanelActivity,
    PanelBlock,
    PanelCampaign,
    PanelCard,
    PanelChanges,
    PanelChoice,
    PanelChoices,
    PanelEmail,
    PanelList,
    PanelLock,
    PanelProblem,
    PanelQuery,
    PanelResult,
    PanelSaved,
    WholePanel,
    WholePanelQuery,
)
from vestnik.modules.api.shapes import texts
from vestnik.modules.ports import AccountFacts
from vestnik.people.access import Actor

router = Router("panel")


@router.get("/contacts/{id:key}/panel", returns=PanelCard, right="contacts.read")
async def get_contact_panel(context: Context, id: int) -> PanelCard:
    """The tabs and blocks of a contact's provider panel; no service is asked."""
    subject = await context.services.panel.subject(context.actor, id)
    return await panel_card(context, context.actor, subject)


@router.get(
    "/contacts/{id:key}/panel/{account_id:key}",
    query=PanelQuery,
    returns=PanelBlock,
    right="contacts.read",
)
async def get_contact_panel_block(
    context: Context, id: int, account_id: int, query: PanelQuery
) -> PanelBlock:
    """What one account's service knows of one of the contact's addresses; trouble is told in the block."""
    subject = await context.services.panel.subject(context.actor, id)
    return await panel_block(context, context.actor, subject, account_id, query)


@router.get(
    "/contacts/{id:key}/panel/{account_id:key}/lists",
    query=PanelQuery,
    returns=PanelChoices,
    right="contacts.read",
)
async def list_contact_panel_choices(
    context: Context, id: int, account_id: int, query: PanelQuery
) -> PanelChoices:
    """All lists of an account with the contact's state in each, for check boxes."""
    subject = await context.services.panel.subject(context.actor, id)
    return await panel_choices(context, context.actor, subject, account_id, query)


@router.post(
    "/contacts/{id:key}/panel/{account_id:key}/subscriptions",
    body=PanelChanges,
    returns=PanelSaved,
    right="contacts.write",
)
async def save_contact_subscriptions(
    context: Context, id: int, account_id: int, body: PanelChanges
) -> PanelSaved:
    """Put a contact into lists of a service and take it out of others; one result for each list."""
    subject = await context.services.panel.subject(context.actor, id)
    return await panel_saved(context, context.actor, subject, account_id, body)


@router.get("/panel", query=WholePanelQuery, returns=WholePanel, right="contacts.read")
async def get_whole_panel(context: Context, query: WholePanelQuery) -> WholePanel:
    """The panel of an e-mail address with every block, for another system."""
    panel = context.services.panel
    subject = await panel.subject_of_address(context.actor, query.email)
    accounts = await panel.accounts(context.actor)
    mends = await panel.mends(context.actor)
    [email] = subject.emails
    asked = PanelQuery(email=email, fresh=query.fresh)
    blocks = await asyncio.gather(
        *(panel_block(context, context.actor, subject, each.id, asked) for each in accounts)
    )
    return WholePanel(
        contact_id=None if subject.id is None else str(subject.id),
        name=subject.name,
        email=email,
        accounts=[_account(each, context.actor, mends) for each in accounts],
        blocks=list(blocks),
    )


async def panel_card(context: Context, actor: Actor, subject: Subject) -> PanelCard:
    """A subject's tabs and blocks."""
    accounts = await context.services.panel.accounts(actor)
    mends = await context.services.panel.mends(actor)
    return PanelCard(
        contact_id=None if subject.id is None else str(subject.id),
        name=subject.name,
        emails=[PanelEmail(address=each, primary=place == 0) for place, each in enumerate(subject.emails)],
        accounts=[_account(each, actor, mends) for each in accounts],
    )


async def panel_block(
    context: Context,
    actor: Actor,
    subject: Subject,
    account_id: int,
    query: PanelQuery,
    told: Callable[[Problem], Problem] = lambda problem: problem,
) -> PanelBlock:
    """One block of a subject's panel; `told` says how its reader is told of a problem."""
    found = await context.services.panel.block(actor, subject, account_id, query.email, fresh=query.fresh)
    return _block(found, context.language, told)


async def panel_choices(
    context: Context, actor: Actor, subject: Subject, account_id: int, query: PanelQuery
) -> PanelChoices:
    """The lists that a subject can be put into and taken out of."""
    found, told = await context.services.panel.choices(
        actor, subject, account_id, query.email, fresh=query.fresh
    )
    return PanelChoices(
        items=[_choice(each, context.language) for each in found],
        fetched_at=told.at,
        age_s=_age_s(told),
    )


async def panel_saved(
    context: Context, actor: Actor, subject: Subject, account_id: int, body: PanelChanges
) -> PanelSaved:
    """What became of a subject's changes."""
    consent = None
    if body.consent is not None:
        named = body.consent.category_id
        consent = Consent(body.consent.how, body.consent.when, None if named is None else key_of(named))
    results = await context.services.panel_changes.save(
        actor,
        subject,
        account_id,
        body.email,
        [Change(each.list_external_id, each.subscribed) for each in body.changes],
        consent,
    )
    return PanelSaved(results=_results(results, context.language))


def _account(facts: AccountFacts, actor: Actor, mends: Collection[int]) -> PanelAccount:
    asks_service = GET_SUBSCRIBER in facts.functions
    return PanelAccount(
        id=str(facts.id),
        title=facts.title,
        module_name=facts.module_name,
        module_title=texts(facts.module_title),
        teller="service" if asks_service else "vestnik",
        may_change=UPDATE in facts.functions and actor.may("contacts.write"),
        may_mend=facts.id in mends,
        failing=facts.state == "failing",
    )


def _block(block: Block, language: Language, told: Callable[[Problem], Problem]) -> PanelBlock:
    activity, problem = block.activity, block.told.problem
    return PanelBlock(
        account_id=str(block.account_id),
        email=block.email,
        found=block.found,
        lists=[
            PanelList(
                external_id=each.external_id,
                title=each.title,
                status=each.status,
                changed_at=each.changed_at,
            )
            for each in block.lists
        ],
        recent_campaigns=[_campaign(each) for each in block.campaigns],
        activity=None
        if activity is None
        else PanelActivity(
            average_opens=activity.average_opens,
            average_clicks=activity.average_clicks,
            source=activity.source,
            last_opened_at=activity.last_opened_at,
            last_clicked_at=activity.last_clicked_at,
            last_source=activity.last_source,
        ),
        fetched_at=block.told.at,
        age_s=_age_s(block.told),
        problem=None if problem is None else _problem(told(problem), language),
    )


def _campaign(each: Campaign) -> PanelCampaign:
    return PanelCampaign(
        name=each.name,
        sent_at=each.sent_at,
        opens=each.opens,
        clicks=each.clicks,
        source=each.source,
        campaign_id=None if each.campaign_id is None else str(each.campaign_id),
    )


def _age_s(told: Told[Any]) -> int | None:
    return None if told.age_s is None else int(told.age_s)


def _problem(problem: Problem, language: Language) -> PanelProblem:
    return PanelProblem(
        code=problem.code,
        title=problem.title[language],
        detail=problem.detail(language),
        retry_after_s=problem.values.get("retry_after_s"),
    )


def _choice(each: ListChoice, language: Language) -> PanelChoice:
    return PanelChoice(
        external_id=each.external_id,
        title=each.title,
        subscribed=each.subscribed,
        status=each.status,
        lock=None if each.lock is None else _lock(each.lock, language),
        category_id=None if each.category_id is None else str(each.category_id),
        category=each.category,
    )


def _lock(lock: Lock, language: Language) -> PanelLock:
    return PanelLock(
        code=lock.code,
        reason=REASONS[lock.code][language],
        since=lock.since,
        opens_by_consent=lock.opens_by_consent,
    )


def _results(results: Sequence[Result], language: Language) -> list[PanelResult]:
    return [
        PanelResult(
            list_external_id=each.change.external_id,
            title=each.title,
            subscribed=each.change.subscribed,
            ok=each.code is None,
            code=each.code,
            reason=each.reason(language),
        )
        for each in results
    ]
