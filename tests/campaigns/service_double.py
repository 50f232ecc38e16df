"""A sending service and its module, as the campaigns room sees them: the boundary's double.

It keeps what it was given, so that a test can ask who was sent what, how often; and it can be told to
fail, to answer with a job, to refuse rows, or to hold a call.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from vestnik import contract
from vestnik.campaigns.ports import LetterField, SendingAccount, TemplateFacts
from vestnik.contacts.addresses import AddressKind
from vestnik.contacts.service import Contacts
from vestnik.contacts.tables import contact
from vestnik.http.errors import Problem
from vestnik.people.access import Actor

PREFIX = "CRM_Marketing_"
ACCOUNT_ID = 5
TEMPLATE_ID = 3


class Failure(Exception):
    """A failed call, with what the modules room says of it."""

    def __init__(
        self,
        kind: str,
        message: str = "no",
        *,
        reached_service: bool = True,
        retry_after_s: float | None = None,
        is_failed_attempt: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind, self.reached_service = kind, reached_service
        self.retry_after_s, self.is_failed_attempt = retry_after_s, is_failed_attempt


@dataclass
class Service:
    """Everything that the provider was told, and how it is to behave."""

    functions: set[str] = field(default_factory=lambda: {*contract.functions()})
    chunk: int = 500
    parallel: int = 1
    enabled: bool = True
    #: Whether the account is open to whoever asks.
    open: bool = True
    types: frozenset[str] = frozenset({"email"})
    version: int = 1
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    versions: list[int | None] = field(default_factory=list)
    exported: Counter[str] = field(default_factory=Counter)
    prepared: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    created: list[dict[str, Any]] = field(default_factory=list)
    tested: list[dict[str, Any]] = field(default_factory=list)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    figures: dict[str, int] = field(default_factory=lambda: {"sent": 7})
    rejected: dict[str, tuple[str, str]] = field(default_factory=dict)
    jobs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    #: function -> failures that its next calls end in, before or after they have their effect
    fails_before: defaultdict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    fails_after: defaultdict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    holds: dict[str, asyncio.Event] = field(default_factory=dict)
    began: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def called(self, function: str) -> int:
        """How often a function was called."""
        return sum(name == PREFIX + function for name, _ in self.calls)

    def sent(self) -> Counter[str]:
        """Who was sent a letter, how often."""
        return Counter(address for campaign in self.created for address in campaign["recipients"])

    async def sending_account(self, account_id: int, version_id: int | None = None) -> SendingAccount | None:
        """The one account."""
        if account_id != ACCOUNT_ID:
            return None
        return SendingAccount(
            id=ACCOUNT_ID,
            title="Тест",
            module_title={"ru": "Тест", "en": "Test"},
            version_id=version_id or self.version,
            enabled=self.enabled,
            campaign_types=self.types,
            functions=frozenset(self.functions),
            export_chunk=self.chunk,
            prepare_chunk=self.chunk,
            parallel_prepare=self.parallel,
        )

    async def sending_accounts(self, actor: Actor) -> list[SendingAccount]:
        """The one account, where it is open."""
        found = await self.sending_account(ACCOUNT_ID)
        return [] if found is None or not self.open else [found]

    async def may_use(self, actor: Actor, account_id: int) -> bool:
        """As the test says."""
        return self.open and account_id == ACCOUNT_ID

    async def call(
        self,
        account_id: int,
        function: str,
        arguments: dict[str, Any],
        *,
        lane: str,
        version_id: int | None = None,
    ) -> Any:
        """One call, checked by the contract both ways."""
        assert account_id == ACCOUNT_ID
        contract.check_arguments(function, arguments)
        name = function.removeprefix(PREFIX)
        self.calls.append((function, arguments))
        self.versions.append(version_id)
        if function not in self.functions:
            raise Failure("not_implemented")
        if self.fails_before[name]:
            raise self.fails_before[name].pop(0)
        self.began[name].set()
        if name in self.holds:
            await self.holds[name].wait()
        answer = self.answers.get(name, getattr(self, f"_{name}"))(arguments)
        if self.fails_after[name]:
            raise self.fails_after[name].pop(0)
        contract.check_result(function, answer)
        return answer

    def _ExportContacts(self, arguments: dict[str, Any]) -> Any:
        self.exported.update(arguments["contactIds"])
        return None

    def _PrepareCampaign(self, arguments: dict[str, Any]) -> Any:
        taken = [address for address in arguments["contacts"] if address not in self.rejected]
        self.prepared[arguments["campaignId"]].update(taken)
        rows = [
            {"key": address, "reason": self.rejected[address][0], "code": self.rejected[address][1]}
            for address in arguments["contacts"]
            if address in self.rejected
        ]
        return {"rejected": rows} if rows else None

    def _WithdrawRecipients(self, arguments: dict[str, Any]) -> Any:
        self.prepared[arguments["campaignId"]].difference_update(arguments["contacts"])
        return None

    def _CreateCampaign(self, arguments: dict[str, Any]) -> Any:
        request = arguments["request"]
        external_id = f"ext-{len(self.created) + 1}"
        recipients = sorted(self.prepared[request["campaignId"]])
        self.created.append({**request, "externalId": external_id, "recipients": recipients})
        self.states[external_id] = {"externalId": external_id, "status": "sending"}
        return self.states[external_id]

    def _FindCampaign(self, arguments: dict[str, Any]) -> Any:
        for campaign in self.created:
            if campaign["campaignId"] == arguments["campaignId"]:
                return self.states[campaign["externalId"]]
        return None

    def _GetCampaignStatus(self, arguments: dict[str, Any]) -> Any:
        return self.states[arguments["campaignExternalId"]]

    def _GetCampaignStats(self, arguments: dict[str, Any]) -> Any:
        return self.figures

    def _GetCampaignLinks(self, arguments: dict[str, Any]) -> Any:
        return [{"url": "https://example.com/a", "clicks": 3}]

    def _GetDeliveries(self, arguments: dict[str, Any]) -> Any:
        return {"items": [{"email": "person-1@example.com", "status": "opened"}]}

    def _CancelCampaign(self, arguments: dict[str, Any]) -> Any:
        self.states[arguments["campaignExternalId"]]["status"] = "cancelled"
        return self.states[arguments["campaignExternalId"]]

    def _GetJob(self, arguments: dict[str, Any]) -> Any:
        return self.jobs[arguments["jobId"]].pop(0)

    def _SendTest(self, arguments: dict[str, Any]) -> Any:
        self.tested.append(arguments)
        rows = [
            {"key": address, "reason": self.rejected[address][0], "code": self.rejected[address][1]}
            for address in arguments["contacts"]
            if address in self.rejected
        ]
        return {"rejected": rows} if rows else None

    def _GetSenders(self, arguments: dict[str, Any]) -> Any:
        return [{"email": "news@example.com", "name": "Вестник", "verified": True}]

    def _GetAccount(self, arguments: dict[str, Any]) -> Any:
        return {"plan": "1000", "sendLimit": 1000, "sentCount": 100}


@dataclass
class Around:
    """Segments, templates, categories and lists: everybody is one segment."""

    contacts: Contacts
    #: What the letter, and any text of an SMS, leaves to its recipient; or why the service does not show it.
    fields: Sequence[LetterField] | Problem = ()

    async def letter_fields(self, template_id: int, head: str) -> Sequence[LetterField]:
        """The same for every head."""
        if isinstance(self.fields, Problem):
            raise self.fields
        return self.fields

    async def text_fields(self, account_id: int, text: str) -> Sequence[LetterField]:
        """The same for every text."""
        return await self.letter_fields(TEMPLATE_ID, text)

    def members(self, connection: sa.Connection, segment_id: int | None) -> sa.Select[Any]:
        """Everybody."""
        return sa.select(contact.c.id.label("contact_id"))

    async def segment_name(self, segment_id: int) -> str | None:
        """Segment 1 alone."""
        return "Все" if segment_id == 1 else None

    async def template(self, template_id: int) -> TemplateFacts | None:
        """The one template."""
        if template_id != TEMPLATE_ID:
            return None
        return TemplateFacts(TEMPLATE_ID, ACCOUNT_ID, "tpl-512", "Осень")

    async def category_name(self, category_id: int) -> str | None:
        """Of the contacts room."""
        return (await self.contacts.category_names([category_id])).get(category_id)

    async def list_of_category(self, account_id: int, category_id: int) -> str | None:
        """One list for all."""
        return "list-88"

    async def addresses(self, address_ids: Collection[int]) -> Mapping[int, str]:
        """Of the contacts room."""
        return await self.contacts.addresses(address_ids)

    async def stopped(self, kind: str, addresses: Sequence[str], category_id: int | None) -> set[str]:
        """Of the contacts room."""
        return await self.contacts.stopped(cast(AddressKind, kind), addresses, category_id)
