"""The contact's provider panel as the API shows it: blocks of accounts, lists to choose, what was saved."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from vestnik.http.api import Id, Shape
from vestnik.modules.api.shapes import Texts

Email = Annotated[str, msgspec.Meta(min_length=3, max_length=320)]
ExternalId = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]

Status = Literal["subscribed", "unsubscribed", "pending", "deleted", "bounced"]
#: Who tells something: the service, or Vestnik by the letters that it sent through the account.
Teller = Literal["service", "vestnik"]
#: Why a person can't be put into a list; only `left` and `left_here` open by fresh consent.
LockCode = Literal["left", "left_here", "unsubscribed_all", "stop_list", "blocked"]
ResultCode = Literal[
    "left",
    "left_here",
    "unsubscribed_all",
    "stop_list",
    "blocked",
    "consent_too_old",
    "no_category",
    "refused",
]


class PanelEmail(Shape):
    """One e-mail address: one tab."""

    address: str
    primary: bool


class PanelAccount(Shape):
    """One block: `teller` says who tells what is in it; `may_change` whether its lists can be changed.

    `may_mend`: whoever asks may change the account's settings. `failing`: its last check failed.
    """

    id: Id
    title: str
    module_name: str
    module_title: Texts
    teller: Teller
    may_change: bool
    may_mend: bool
    failing: bool


class PanelCard(Shape):
    """Whose panel it is, and what there is to ask; nobody was asked for it. No contact: nobody we know."""

    contact_id: Id | None
    name: str
    emails: list[PanelEmail]
    accounts: list[PanelAccount]


class PanelProblem(Shape):
    """Why a block could not be had anew."""

    code: str
    title: str
    detail: str
    retry_after_s: int | None


class PanelList(Shape):
    """The person's state in one list."""

    external_id: str
    title: str
    status: Status
    changed_at: datetime | None


class PanelCampaign(Shape):
    """A campaign that the person received; no figure: the service does not tell it."""

    name: str
    sent_at: datetime | None
    opens: int | None
    clicks: int | None
    source: Teller
    campaign_id: Id | None


class PanelActivity(Shape):
    """Averages for one letter, by `source`, and the last sign of life, by `last_source`."""

    average_opens: float | None
    average_clicks: float | None
    source: Teller
    last_opened_at: datetime | None
    last_clicked_at: datetime | None
    last_source: Teller


class PanelBlock(Shape):
    """What one account's service knows of an address.

    `found` is null while nothing is known of that: `problem` says why, then, and everything else is of
    `fetched_at`, if there is anything. Campaigns and activity are there only when mail was received.
    """

    account_id: Id
    email: str
    found: bool | None
    lists: list[PanelList]
    recent_campaigns: list[PanelCampaign]
    activity: PanelActivity | None
    fetched_at: datetime | None
    age_s: int | None
    problem: PanelProblem | None


class PanelLock(Shape):
    """Why the person can't be put into the list, since when, and whether fresh consent opens it."""

    code: LockCode
    reason: str
    since: datetime | None
    opens_by_consent: bool


class PanelChoice(Shape):
    """A list of the service with a check box; without a category consent has to name one."""

    external_id: str
    title: str
    subscribed: bool
    status: Status | None
    lock: PanelLock | None
    category_id: Id | None
    category: str | None


class PanelChoices(Shape):
    """All lists of an account's service, by title."""

    items: list[PanelChoice]
    fetched_at: datetime | None
    age_s: int | None


class PanelQuery(Shape):
    """Which address; `fresh` asks the service anew."""

    email: Email
    fresh: bool = False


class PanelChange(Shape):
    """The state that the person is to have in a list: in it, or out of it."""

    list_external_id: ExternalId
    subscribed: bool


class FreshConsent(Shape):
    """How and when the person agreed after having left; the category is for lists that stand for none."""

    how: Annotated[str, msgspec.Meta(min_length=3, max_length=500, pattern=r"\S")]
    when: Annotated[datetime, msgspec.Meta(tz=True)]
    category_id: Id | None = None


class PanelChanges(Shape):
    """What to change at the service for an address."""

    email: Email
    changes: Annotated[list[PanelChange], msgspec.Meta(min_length=1, max_length=200)]
    consent: FreshConsent | None = None


class PanelResult(Shape):
    """What became of one change; `reason` is for the person, in the service's words where it refused."""

    list_external_id: str
    title: str
    subscribed: bool
    ok: bool
    code: ResultCode | None
    reason: str | None


class PanelSaved(Shape):
    """The results, one for each change."""

    results: list[PanelResult]


class WholePanelQuery(Shape):
    """Whose panel: by an address, known here or not."""

    email: Email
    fresh: bool = False


class WholePanel(Shape):
    """The panel of an address with every block, each within its deadline."""

    contact_id: Id | None
    name: str
    email: str
    accounts: list[PanelAccount]
    blocks: list[PanelBlock]
