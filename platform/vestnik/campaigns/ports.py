"""What campaigns need from other rooms, as they need it; `app.py` plugs the rooms in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa

from vestnik.campaigns.reasons import reason
from vestnik.people.access import Actor

EXPORT = "CRM_Marketing_ExportContacts"
PREPARE = "CRM_Marketing_PrepareCampaign"
WITHDRAW = "CRM_Marketing_WithdrawRecipients"
CREATE = "CRM_Marketing_CreateCampaign"
FIND = "CRM_Marketing_FindCampaign"
STATUS = "CRM_Marketing_GetCampaignStatus"
STATS = "CRM_Marketing_GetCampaignStats"
CANCEL = "CRM_Marketing_CancelCampaign"
JOB = "CRM_Marketing_GetJob"
SENDERS = "CRM_Marketing_GetSenders"
ACCOUNT = "CRM_Marketing_GetAccount"
TEST = "CRM_Marketing_SendTest"

#: Without these no campaign can be sent.
NEEDED = (EXPORT, PREPARE, CREATE)
DELIVERIES = "CRM_Marketing_GetDeliveries"
LINKS = "CRM_Marketing_GetCampaignLinks"

#: Kinds of a failed call that may pass by themselves.
TRANSIENT = frozenset({"timeout", "fetch", "retry_later", "service_down", "crashed", "busy"})
#: Kinds that say that the function was never begun.
NEVER_BEGUN = frozenset(
    {"busy", "syntax", "policy", "not_implemented", "arguments", "disabled", "unavailable"}
)


@dataclass(frozen=True, slots=True)
class SendingAccount:
    """An account at a sending service, with what its module's version can do."""

    id: int
    title: str
    module_title: Mapping[str, str]
    version_id: int
    enabled: bool
    campaign_types: frozenset[str]
    functions: frozenset[str]  # defined by the version; one of them may still raise "not implemented"
    export_chunk: int = 500
    prepare_chunk: int = 500
    parallel_prepare: int = 1


class ModuleCaller(Protocol):
    """Calls functions of modules. A failed call raises an exception with a `kind`.

    It may say `reached_service = False`: surely no request of the call went out; and, of the kinds
    `retry_later` and `service_down`, by `retry_after_s` when the service will take the next, and by
    `is_failed_attempt` that the service itself refused this one.
    """

    async def call(
        self,
        account_id: int,
        function: str,
        arguments: dict[str, Any],
        *,
        lane: str,
        version_id: int | None = None,
    ) -> Any:
        """The validated result of `function`; `version_id` None is the live version."""

    async def sending_account(self, account_id: int, version_id: int | None = None) -> SendingAccount | None:
        """The account with its live version, or with the given one; None when there is none."""

    async def sending_accounts(self, actor: Actor) -> list[SendingAccount]:
        """Every account that the actor may use, with its live version, by title."""

    async def may_use(self, actor: Actor, account_id: int) -> bool:
        """Whether the account is there and the actor may choose it."""


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """What a campaign needs to know of a template."""

    id: int
    account_id: int
    external_id: str
    name: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class LetterField:
    """A field that a letter leaves to its recipient.

    `value` is what of a contact stands there (see `contacts.lacking`): None where the service fills it in
    or the letter has a text of its own for who lacks it. `is_known` is False when nobody is known to fill it.
    """

    name: str
    value: str | None
    is_known: bool = True


class Surroundings(Protocol):
    """Segments, templates, categories and lists, as campaigns see them."""

    def members(self, connection: sa.Connection, segment_id: int | None) -> sa.Select[Any]:
        """The segment's contacts as a selectable with the column `contact_id`; None: everybody."""

    async def segment_name(self, segment_id: int) -> str | None:
        """The segment's name; None when there is no such segment."""

    async def template(self, template_id: int) -> TemplateFacts | None:
        """The template; None when there is none."""

    async def letter_fields(self, template_id: int, head: str) -> Sequence[LetterField]:
        """The fields of a template's letter and of `head`, which its recipients read before it.

        Raises a Problem when the letter is not known and the service does not show it.
        """

    async def text_fields(self, account_id: int, text: str) -> Sequence[LetterField]:
        """The fields of a text that an account sends without a template."""

    async def category_name(self, category_id: int) -> str | None:
        """The category's name; None when there is no such category."""

    async def list_of_category(self, account_id: int, category_id: int) -> str | None:
        """The service's list that belongs to the category at the account, if one is mapped."""

    async def addresses(self, address_ids: Collection[int]) -> Mapping[int, str]:
        """The addresses by their keys."""

    async def stopped(self, kind: str, addresses: Sequence[str], category_id: int | None) -> set[str]:
        """Those of the addresses that are on the stop-list for the category or for all."""


class CallFailed(Exception):
    """A failed call as this room sees it: its kind, and words for a person."""

    def __init__(
        self,
        function: str,
        kind: str,
        words: str | dict[str, str],
        *,
        reached_service: bool = True,
        retry_after_s: float | None = None,
        is_failed_attempt: bool = False,
    ) -> None:
        super().__init__(f"{function}: {kind}")
        self.function, self.kind, self.words = function, kind, words
        self.retry_after_s, self.is_failed_attempt = retry_after_s, is_failed_attempt
        self._reached_service = reached_service

    @property
    def transient(self) -> bool:
        """True when trying again later may help."""
        return self.kind in TRANSIENT

    @property
    def without_effect(self) -> bool:
        """True when the call surely changed nothing at the service."""
        return self.kind in NEVER_BEGUN or not self._reached_service

    @property
    def as_reason(self) -> dict[str, Any]:
        """Why something is not known that the service was asked for, as it is stored."""
        if self.kind == "not_implemented":
            return reason("unable", function=self.function)
        return reason("unanswered", function=self.function, text=self.words)


@dataclass(frozen=True, slots=True)
class Found:
    """What came of looking for a campaign at the service."""

    answered: bool = False
    campaign: Mapping[str, Any] | None = None
    words: str | dict[str, str] | None = None  # why the service could not be asked

    @property
    def doubt(self) -> dict[str, Any]:
        """Why the campaign is in doubt, as its reason."""
        if self.words is not None:
            return reason("create_unchecked", text=self.words)
        return reason("create_not_found" if self.answered else "create_unknown")

    @property
    def unasked(self) -> bool:
        """True when the module can't ask the service, so that nothing was learned."""
        return not self.answered and self.words is None


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a service said of the rows of a bulk call: which keys it refused, and why."""

    reasons: Mapping[str, str] = field(default_factory=dict)
