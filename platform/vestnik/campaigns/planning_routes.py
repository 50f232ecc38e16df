"""Campaigns over HTTP, before and beside a launch: services to send by, test letters, repeats."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from vestnik.campaigns import reasons
from vestnik.campaigns.offers import Offer, Sender
from vestnik.campaigns.repeats import Repeat, Rhythm
from vestnik.campaigns.routes import known_zone
from vestnik.campaigns.shapes import CampaignLine, ReasonShape, Zone, line
from vestnik.campaigns.testing import ADDRESSES
from vestnik.contacts.audience import Verdict
from vestnik.contacts.lacking import CUSTOM, VALUES
from vestnik.http.api import Context, Id, Router, Shape, key_of
from vestnik.http.errors import InvalidRequest, Language

router = Router("campaigns")

#: What of a contact a letter may show: `contacts.lacking.VALUES`, or a custom field.
LACKING = rf"^({'|'.join(VALUES)}|{re.escape(CUSTOM)}[a-z][a-z0-9_]*)$"

AddressText = Annotated[str, msgspec.Meta(min_length=1, max_length=320)]


class OfferShape(Shape):
    """An account that a campaign may be sent by; `whyNot` says why it can't be chosen now."""

    id: Id
    title: str
    module_title: dict[str, str]
    campaign_types: list[str]
    why_not: str | None
    can_test: bool
    knows_senders: bool


class OfferPage(Shape):
    """The accounts, and how long what is sent now may be taken back."""

    items: list[OfferShape]
    hold_seconds: float


class SenderShape(Shape):
    """From whom the service sends."""

    name: str
    email: str | None
    verified: bool


class SenderPage(Shape):
    """The senders of an account."""

    items: list[SenderShape]


class TestBody(Shape):
    """Who gets the test letter: e-mail addresses, or phone numbers of an SMS."""

    contacts: Annotated[list[AddressText], msgspec.Meta(min_length=1, max_length=ADDRESSES)]


class RefusedShape(Shape):
    """An address that got none, and why."""

    address: str
    reason: str


class TestedShape(Shape):
    """To whom a test letter went, and to whom not."""

    sent: list[str]
    refused: list[RefusedShape]


class AudienceQuery(Shape):
    """Which people: of one verdict, and `lacking` a value, after the last one of the page before."""

    verdict: Verdict = "ok"
    lacking: Annotated[str, msgspec.Meta(pattern=LACKING)] | None = None
    after: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class MemberShape(Shape):
    """A contact of an audience; without an address it has none of the campaign's kind."""

    contact_id: Id
    name: str
    address: str | None


class MemberPage(Shape):
    """People of an audience; `next` is where the page after begins."""

    items: list[MemberShape]
    next: str | None


class RhythmBody(Shape):
    """How often a campaign goes: each week on `day` 0 (Monday) to 6, or each month on `day` 1 to 31."""

    every: Literal["week", "month"]
    day: Annotated[int, msgspec.Meta(ge=0, le=31)]
    at_time: Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    zone: Zone
    enabled: bool = True

    def rhythm(self) -> Rhythm:
        """The same for the service."""
        if not (0 <= self.day <= 6 if self.every == "week" else 1 <= self.day):
            reason = {
                "ru": "день недели от 0 (понедельник) до 6, день месяца от 1 до 31",
                "en": "a day of the week is 0 (Monday) to 6, a day of the month 1 to 31",
            }
            raise InvalidRequest(path="$.day", reason=reason)
        return Rhythm(self.every, self.day, self.at_time, known_zone(self.zone), self.enabled)


class RepeatShape(RhythmBody, kw_only=True):
    """A repeat: its pattern, when the next issue is due, and what went wrong with the last."""

    id: Id
    campaign_id: Id
    name: str
    next_at: datetime | None
    issues: int
    reason: ReasonShape | None
    waiting_id: Id | None


class RepeatPage(Shape):
    """All repeats."""

    items: list[RepeatShape]


class WeekShape(Shape):
    """One week: contacts that subscribed to the category in it, and that left it."""

    begins: datetime
    gained: int
    lost: int


class CategoryFiguresShape(Shape):
    """A category's subscribers, its issues, and when the last one was begun."""

    id: Id
    subscribed: int
    issues: int
    last_at: datetime | None


class CategoryIssuesShape(Shape):
    """A category, its subscribers and their growth, its newest issues and how many there are."""

    title: str
    description: str
    subscribed: int
    unsubscribed: int
    weeks: list[WeekShape]
    issues: list[CampaignLine]
    total: int
    last_id: Id | None


@router.get("/campaigns/services", returns=OfferPage, right="campaigns.read")
async def list_sending_services(context: Context) -> OfferPage:
    """The accounts by which campaigns are sent; those that can't be chosen too, with the reason."""
    campaigns = context.services.campaigns
    offers = await campaigns.offers.all(context.actor)
    return OfferPage(
        items=[_offer(offer, context.language) for offer in offers], hold_seconds=campaigns.hold_s
    )


@router.get("/campaigns/services/{account_id:key}/senders", returns=SenderPage, right="campaigns.write")
async def list_senders(context: Context, account_id: int) -> SenderPage:
    """From whom the service sends, as it says itself."""
    found = await context.services.campaigns.offers.senders(context.actor, account_id)
    return SenderPage(items=[_sender(each) for each in found])


@router.post("/campaigns/{id:key}/test", body=TestBody, returns=TestedShape, right="campaigns.send")
async def send_campaign_test(context: Context, id: int, body: TestBody) -> TestedShape:
    """Send the letter to a few addresses as a test; it is counted nowhere."""
    tested = await context.services.campaigns.tests.send(context.actor, id, body.contacts)
    refused = [
        RefusedShape(address=each.address, reason=each.words(context.language)) for each in tested.refused
    ]
    return TestedShape(sent=list(tested.sent), refused=refused)


@router.get("/campaigns/{id:key}/audience", query=AudienceQuery, returns=MemberPage, right="campaigns.read")
async def list_campaign_audience(context: Context, id: int, query: AudienceQuery) -> MemberPage:
    """Who would get the campaign now, or is left out of it for one reason, page by page."""
    found = await context.services.campaigns.people.page(
        context.actor,
        id,
        query.verdict,
        lacking=query.lacking,
        after=0 if query.after is None else key_of(query.after),
        limit=query.limit,
    )
    items = [
        MemberShape(contact_id=str(each.contact_id), name=each.name, address=each.address) for each in found
    ]
    return MemberPage(items=items, next=items[-1].contact_id if len(items) == query.limit else None)


@router.get("/campaigns/repeats", returns=RepeatPage, right="campaigns.read")
async def list_repeats(context: Context) -> RepeatPage:
    """The campaigns that are repeated."""
    found = await context.services.repeats.all(context.actor)
    return RepeatPage(items=[_repeat(each, context.language) for each in found])


@router.put("/campaigns/{id:key}/repeat", body=RhythmBody, returns=RepeatPage, right="campaigns.send")
async def repeat_campaign(context: Context, id: int, body: RhythmBody) -> RepeatPage:
    """Have a campaign repeated, change how, or let the repeat rest."""
    await context.services.repeats.keep(context.actor, id, body.rhythm())
    return await list_repeats(context)


@router.delete("/campaigns/{id:key}/repeat", right="campaigns.send")
async def stop_repeating(context: Context, id: int) -> None:
    """End a repeat; the issues that were sent stay."""
    await context.services.repeats.stop(context.actor, id)


@router.get("/categories/figures", returns=list[CategoryFiguresShape], right="campaigns.read")
async def list_category_figures(context: Context) -> list[CategoryFiguresShape]:
    """How many are subscribed to each category, how many issues it had, and when the last one was."""
    return [
        CategoryFiguresShape(
            id=str(each.category_id), subscribed=each.subscribed, issues=each.issues, last_at=each.last_at
        )
        for each in await context.services.campaigns.issues.figures(context.actor)
    ]


@router.get("/categories/{id:key}/issues", returns=CategoryIssuesShape, right="campaigns.read")
async def list_issues(context: Context, id: int) -> CategoryIssuesShape:
    """What was sent in a category, the newest first, and how its subscribers grew."""
    found = await context.services.campaigns.issues.of(context.actor, id)
    growth = found.growth
    return CategoryIssuesShape(
        title=growth.title,
        description=growth.description,
        subscribed=growth.subscribed,
        unsubscribed=growth.unsubscribed,
        weeks=[WeekShape(begins=week.begins, gained=week.gained, lost=week.lost) for week in growth.weeks],
        issues=[line(issue, context.language) for issue in found.issues],
        total=found.total,
        last_id=None if found.last_id is None else str(found.last_id),
    )


def _offer(offer: Offer, language: Language) -> OfferShape:
    account = offer.account
    return OfferShape(
        id=str(account.id),
        title=account.title,
        module_title=dict(account.module_title),
        campaign_types=sorted(account.campaign_types),
        why_not=offer.sentence(language),
        can_test=offer.can_test,
        knows_senders=offer.knows_senders,
    )


def _sender(sender: Sender) -> SenderShape:
    return SenderShape(name=sender.name, email=sender.email, verified=sender.verified)


def _repeat(found: Repeat, language: Language) -> RepeatShape:
    rhythm, why = found.rhythm, found.reason
    return RepeatShape(
        id=str(found.id),
        campaign_id=str(found.pattern_id),
        name=found.name,
        every=rhythm.every,
        day=rhythm.day,
        at_time=rhythm.at_time,
        zone=rhythm.zone,
        enabled=rhythm.enabled,
        next_at=found.next_at,
        issues=found.issues,
        reason=None if why is None else ReasonShape(code=why["code"], text=reasons.sentence(why, language)),
        waiting_id=None if found.waiting_id is None else str(found.waiting_id),
    )
