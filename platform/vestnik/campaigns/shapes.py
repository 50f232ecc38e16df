"""Campaigns on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from vestnik.campaigns import reasons
from vestnik.campaigns.checks import Check
from vestnik.campaigns.draft_shapes import CampaignType, Name
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.preflight import Preflight
from vestnik.campaigns.reading import Campaign, Delivered, Line, Progress
from vestnik.campaigns.states import State
from vestnik.campaigns.statuses import STATUSES
from vestnik.http.api import Id, Page, Shape
from vestnik.http.errors import Language

Zone = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Status = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(STATUSES)})?$")]


class CampaignQuery(Page):
    """Which campaigns: by a part of the name, in one of some states (comma-separated)."""

    state: str = ""
    sort: Literal["", "name", "-name", "created", "-created", "launched", "-launched"] = ""


class DeliveryQuery(Shape):
    """Which recipients: of one status, after the last one of the page before."""

    status: Status = ""
    after: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50


class SendBody(Shape):
    """When to send; now if it is left out. `zone` is where the time was chosen, for those who read it.

    `hold`: what is sent now waits some seconds first, in which `undo` takes it back.
    """

    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    zone: Zone | None = None
    hold: bool = False


class CopyBody(Shape):
    """The name of the copy."""

    name: Name


class ReasonShape(Shape):
    """Why a campaign is in its state."""

    code: str
    text: str


class FiguresShape(Shape):
    """The campaign's numbers, from our own record of every recipient."""

    recipients: int
    handed_over: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    unsubscribed: int
    bounced: int
    soft_bounced: int
    hard_bounced: int
    spam: int
    skipped: int
    failed: int
    rejected: int


class StepsShape(Shape):
    """How far the hand-over is: chunks of each step, done and in all."""

    exported: int
    to_export: int
    prepared: int
    to_prepare: int


class ProgressShape(Shape):
    """What moves while a campaign goes on; the data of the event `progress`."""

    id: Id
    state: State
    reason: ReasonShape | None
    run: int
    planned: bool
    creating: bool
    steps: StepsShape
    figures: FiguresShape


class CampaignLine(Shape):
    """A campaign in a list."""

    id: Id
    name: str
    type: CampaignType
    subject: str
    state: State
    reason: ReasonShape | None
    account_id: Id | None
    segment_id: Id | None
    category_id: Id | None
    created_at: datetime
    scheduled_at: datetime | None
    zone: str | None
    held: bool
    repeat_id: Id | None
    launched_at: datetime | None
    finished_at: datetime | None
    figures: FiguresShape


class CampaignPage(Shape):
    """A page of campaigns."""

    items: list[CampaignLine]
    total: int


class AccountShape(Shape):
    """The sending service of a campaign."""

    id: Id
    title: str
    module_title: dict[str, str]
    enabled: bool


class NamedShape(Shape):
    """Something with a name."""

    id: Id
    name: str


class CountShape(Shape):
    """How many were left out for one reason."""

    reason: str
    count: int


class HistoryShape(Shape):
    """One change of state."""

    at: datetime
    from_state: State | None
    to_state: State
    run: int
    user_id: Id | None
    who: str
    reason: ReasonShape | None


class ServiceFiguresShape(Shape):
    """What the service itself counts; a number that it does not count is missing."""

    figures: dict[str, int]
    fetched_at: datetime


class CampaignCard(CampaignLine):
    """One campaign whole, with what can be done with it now."""

    preview_text: str
    sender_name: str
    sender_email: str
    reply_to: str
    text: str
    account: AccountShape | None
    template: NamedShape | None
    segment: NamedShape | None
    category: NamedShape | None
    external_id: str | None
    external_url: str | None
    run: int
    progress: ProgressShape
    exclusions: list[CountShape]
    history: list[HistoryShape]
    actions: list[str]


class StatsShape(Shape):
    """Statistics of a campaign: ours, who was left out, and the service's own."""

    figures: FiguresShape
    exclusions: list[CountShape]
    service: ServiceFiguresShape | None


class FixShape(Shape):
    """One way out: a step of the wizard, a page (empty: check again), or values that the draft may take."""

    text: str
    step: Literal["service", "recipients", "letter"] | None
    path: str | None
    change: dict[str, str]


class CheckShape(Shape):
    """One thing that was looked at before sending, and what can be done about it."""

    code: str
    level: Literal["ok", "warning", "error"]
    text: str
    fixes: list[FixShape]


class PreflightShape(Shape):
    """What would happen if the campaign was sent now."""

    ready: bool
    audience: int
    recipients: int
    exclusions: list[CountShape]
    checks: list[CheckShape]


class DeliveryShape(Shape):
    """One recipient and what became of the letter."""

    address_id: Id
    contact_id: Id
    address: str
    status: str
    at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    reason: str | None


class DeliveryPage(Shape):
    """A page of recipients; `next` is the `after` of the page that follows, null on the last."""

    items: list[DeliveryShape]
    next: Id | None


def line(found: Line, language: Language) -> CampaignLine:
    """A line of the list."""
    return CampaignLine(**_line(found.row, found.figures, language))


def card(found: Campaign, language: Language) -> CampaignCard:
    """The whole card."""
    row, account = found.row, found.account
    return CampaignCard(
        **_line(row, found.progress.figures, language),
        preview_text=row.preview_text,
        sender_name=row.sender_name,
        sender_email=row.sender_email,
        reply_to=row.reply_to,
        text=row.text,
        account=None
        if account is None
        else AccountShape(
            id=str(account.id),
            title=account.title,
            module_title=dict(account.module_title),
            enabled=account.enabled,
        ),
        template=None if found.template is None else _named(found.template.id, found.template.name),
        segment=_named(row.segment_id, found.segment_name),
        category=_named(row.category_id, found.category_name),
        external_id=row.external_id,
        external_url=row.external_url,
        run=row.run,
        progress=progress(found.progress, language),
        exclusions=_counts(found.exclusions),
        history=[_change(change, language) for change in found.history],
        actions=list(found.actions),
    )


def progress(found: Progress, language: Language) -> ProgressShape:
    """What moves."""
    row, steps = found.row, found.steps
    return ProgressShape(
        id=str(row.id),
        state=State(row.state),
        reason=_reason(row.reason, language),
        run=row.run,
        planned=row.planned_at is not None,
        creating=row.creating_at is not None and row.external_id is None,
        steps=StepsShape(
            exported=steps.exported,
            to_export=steps.to_export,
            prepared=steps.prepared,
            to_prepare=steps.to_prepare,
        ),
        figures=_figures(found.figures),
    )


def statistics(found: Campaign) -> StatsShape:
    """The numbers of a card."""
    told, at = found.service_figures, found.service_figures_at
    return StatsShape(
        figures=_figures(found.progress.figures),
        exclusions=_counts(found.exclusions),
        service=None
        if told is None or at is None
        else ServiceFiguresShape(figures=dict(told), fetched_at=at),
    )


def preflight(found: Preflight, language: Language) -> PreflightShape:
    """The check before sending."""
    return PreflightShape(
        ready=found.ready,
        audience=found.audience,
        recipients=found.recipients,
        exclusions=_counts(found.exclusions),
        checks=[_check(check, language) for check in found.checks],
    )


def _check(check: Check, language: Language) -> CheckShape:
    fixes = [
        FixShape(text=fix.sentence(language), step=fix.step, path=fix.path, change=dict(fix.change))
        for fix in check.fixes
    ]
    return CheckShape(code=check.code, level=check.level, text=check.sentence(language), fixes=fixes)


def delivery(found: Delivered) -> DeliveryShape:
    """One recipient."""
    return DeliveryShape(
        address_id=str(found.address_id),
        contact_id=str(found.contact_id),
        address=found.address,
        status=found.status,
        at=found.at,
        opened_at=found.opened_at,
        clicked_at=found.clicked_at,
        reason=found.reason,
    )


def _line(row: Row, figures: Mapping[str, int], language: Language) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.name,
        "type": row.type,
        "subject": row.subject,
        "state": State(row.state),
        "reason": _reason(row.reason, language),
        "account_id": _text(row.account_id),
        "segment_id": _text(row.segment_id),
        "category_id": _text(row.category_id),
        "created_at": row.created_at,
        "scheduled_at": row.scheduled_at,
        "zone": row.zone,
        "held": row.held and row.state == State.SCHEDULED,
        "repeat_id": _text(row.repeat_id),
        "launched_at": row.launched_at,
        "finished_at": row.finished_at,
        "figures": _figures(figures),
    }


def _figures(figures: Mapping[str, int]) -> FiguresShape:
    return FiguresShape(**figures, bounced=figures["soft_bounced"] + figures["hard_bounced"])


def _change(row: Row, language: Language) -> HistoryShape:
    return HistoryShape(
        at=row.at,
        from_state=None if row.from_state is None else State(row.from_state),
        to_state=State(row.to_state),
        run=row.run,
        user_id=_text(row.user_id),
        who=row.who,
        reason=_reason(row.reason, language),
    )


def _counts(numbers: Mapping[str, int]) -> list[CountShape]:
    return [CountShape(reason=why, count=number) for why, number in sorted(numbers.items())]


def _reason(stored: reasons.Reason | None, language: Language) -> ReasonShape | None:
    if stored is None:
        return None
    return ReasonShape(code=stored["code"], text=reasons.sentence(stored, language))


def _named(id: int | None, name: str | None) -> NamedShape | None:
    return None if id is None or name is None else NamedShape(id=str(id), name=name)


def _text(id: int | None) -> str | None:
    return None if id is None else str(id)
