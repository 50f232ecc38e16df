"""What one room needs of others, where it states the need as a protocol and no single room fits it whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, overload

import msgspec
import sqlalchemy as sa

from vestnik.campaigns import references
from vestnik.campaigns.ports import LetterField, SendingAccount, TemplateFacts
from vestnik.contacts.addresses import AddressKind
from vestnik.contacts.service import Contacts
from vestnik.intake.leads.personal import contacts_of_leads
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.modules.ports import AccountFacts
from vestnik.modules.recordings.recorded import WebhookSample
from vestnik.modules.rehearsals.service import StoredWebhook
from vestnik.modules.service import Modules
from vestnik.people.access import Actor
from vestnik.sandbox import Lane
from vestnik.segments import joining
from vestnik.segments.service import Segments
from vestnik.templates.personalisation import Field
from vestnik.templates.service import Templates
from vestnik.webhooks.inbox import Failure
from vestnik.webhooks.pipeline import PARSE, CallFailed
from vestnik.webhooks.references import heard_of
from vestnik.webhooks.service import Webhooks

#: Calls of PrepareCampaign under way at once, where the manifest says that they may be.
PARALLEL_PREPARE = 4

_encode = msgspec.json.Encoder().encode


class OwnListeners(Sequence[tuple[str, int]]):
    """Host and port of all that is us, as it is whenever somebody looks: the Settings page changes it."""

    def __init__(self, known: Callable[[], Sequence[tuple[str, int]]]) -> None:
        self._known = known

    @overload
    def __getitem__(self, index: int) -> tuple[str, int]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[str, int]]: ...

    def __getitem__(self, index: int | slice) -> tuple[str, int] | Sequence[tuple[str, int]]:
        return self._known()[index]

    def __len__(self) -> int:
        return len(self._known())


class ModulesForCampaigns:
    """`campaigns.ports.ModuleCaller`."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    async def call(
        self,
        account_id: int,
        function: str,
        arguments: dict[str, Any],
        *,
        lane: str,
        version_id: int | None = None,
    ) -> Any:
        """The validated result; ModuleCallFailed carries the `kind` that campaigns ask for."""
        called = self._modules.call
        return await called(account_id, function, arguments, lane=cast(Lane, lane), version_id=version_id)

    async def sending_account(self, account_id: int, version_id: int | None = None) -> SendingAccount | None:
        """The account and what its version can do."""
        facts = await self._modules.account(account_id, version_id)
        return None if facts is None else _sending(facts)

    async def sending_accounts(self, actor: Actor) -> list[SendingAccount]:
        """Every account that the actor may use, and what its live version can do, by title."""
        found = [await self._modules.account(row.id) for row in await self._modules.accounts.usable(actor)]
        return [_sending(facts) for facts in found if facts is not None]

    async def may_use(self, actor: Actor, account_id: int) -> bool:
        """Whether the account is there and the actor may choose it."""
        return any(row.id == account_id for row in await self._modules.accounts.usable(actor))


def _sending(facts: AccountFacts) -> SendingAccount:
    sizes = facts.batch_sizes
    return SendingAccount(
        id=facts.id,
        title=facts.title,
        module_title=facts.module_title,
        version_id=facts.version_id,
        enabled=facts.enabled,
        campaign_types=facts.campaign_types,
        functions=facts.functions,
        export_chunk=sizes.export_contacts,
        prepare_chunk=sizes.prepare_campaign,
        parallel_prepare=PARALLEL_PREPARE if facts.manifest.parallel_prepare else 1,
    )


class Surroundings:
    """`campaigns.ports.Surroundings`: segments, templates, categories, lists and addresses."""

    def __init__(
        self, modules: Modules, contacts: Contacts, segments: Segments, templates: Templates
    ) -> None:
        self._modules, self._contacts = modules, contacts
        self._segments, self._templates = segments, templates

    def members(self, connection: sa.Connection, segment_id: int | None) -> sa.Select[Any]:
        """A segment's contacts as `contact_id`; without a segment everybody who was not merged away."""
        if segment_id is None:
            return self._contacts.everybody()
        return self._segments.select(connection, segment_id)

    async def segment_name(self, segment_id: int) -> str | None:
        """The segment's name, also of an archived one."""
        return await self._segments.name(segment_id)

    async def template(self, template_id: int) -> TemplateFacts | None:
        """The template, also an archived one."""
        found = await self._templates.find(template_id)
        if found is None:
            return None
        return TemplateFacts(found.id, found.account_id, found.external_id, found.name, found.subject)

    async def letter_fields(self, template_id: int, head: str) -> Sequence[LetterField]:
        """The fields of a template's letter under another head."""
        return [_letter_field(each) for each in await self._templates.letter_fields(template_id, head)]

    async def text_fields(self, account_id: int, text: str) -> Sequence[LetterField]:
        """The fields of a text without a template, by the rules of the account's module."""
        return [_letter_field(each) for each in await self._templates.text_fields(account_id, text)]

    async def category_name(self, category_id: int) -> str | None:
        """The category's title."""
        return (await self._contacts.category_names([category_id])).get(category_id)

    async def list_of_category(self, account_id: int, category_id: int) -> str | None:
        """The service's list that stands for the category."""
        return await self._modules.list_of_category(account_id, category_id)

    async def addresses(self, address_ids: Collection[int]) -> Mapping[int, str]:
        """Addresses by their keys."""
        return await self._contacts.addresses(address_ids)

    async def stopped(self, kind: str, addresses: Sequence[str], category_id: int | None) -> set[str]:
        """Those of the addresses that are on the stop-list for the category or for all."""
        return await self._contacts.stopped(cast(AddressKind, kind), addresses, category_id)


def _letter_field(field: Field) -> LetterField:
    return LetterField(field.name, None if field.has_fallback else field.value, field.filler != "unknown")


class ElsewhereOfContacts:
    """`contacts.imports.undo.Elsewhere`: what segments, campaigns and webhooks keep of contacts."""

    join = staticmethod(joining.join)
    leave = staticmethod(joining.leave)
    is_static = staticmethod(joining.is_static)
    is_there = staticmethod(joining.is_there)

    @staticmethod
    def written_to(connection: sa.Connection, contact_ids: Sequence[int]) -> set[int]:
        """Those of the contacts who are in a campaign, or whom leads are of."""
        return references.written_to(connection, contact_ids) | contacts_of_leads(connection, contact_ids)

    @staticmethod
    def known_addresses(connection: sa.Connection, address_ids: Sequence[int]) -> set[int]:
        """Those of the addresses that deliveries or events refer to."""
        return references.delivered_to(connection, address_ids) | heard_of(connection, address_ids)


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """`webhooks.pipeline.CallReport`."""

    value: Any
    version_id: int


class WebhookParser:
    """`webhooks.pipeline.Parser`: the module's parsing, with its failures as the inspector keeps them."""

    def __init__(self, modules: Modules, lane: Lane = "webhook") -> None:
        self._modules, self._lane = modules, lane

    async def __call__(self, account_id: int, request: dict[str, Any], inbox_id: int) -> ParsedRequest:
        """What the live version makes of a request; CallFailed keeps everything known of the call."""
        try:
            report = await self._modules.report(
                account_id, PARSE, {"request": request}, lane=self._lane, webhook_id=inbox_id
            )
        except ModuleCallFailed as failure:
            raise CallFailed(
                Failure(
                    kind=failure.shown_kind,
                    error=_encode(failure.as_record()),
                    log=_encode(failure.log),
                    version_id=failure.version_id,
                    wall_ms=failure.wall_ms,
                )
            ) from failure
        if report.version_id is None:
            raise LookupError(f"account {account_id} was called without a version")
        return ParsedRequest(report.value, report.version_id)


class WebhookSamples:
    """`modules.recordings.WebhookSource`: stored requests, for recordings that point to them."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def __call__(self, webhook_id: int) -> WebhookSample | None:
        """The stored request with this key."""
        found = await self._webhooks.argument(webhook_id)
        return None if found is None else WebhookSample(*found)


class NewestWebhooks:
    """`modules.rehearsals.StoredWebhooks`: what a draft is tried on."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def __call__(self, account_ids: Sequence[int], count: int) -> Sequence[StoredWebhook]:
        """The newest stored requests of accounts."""
        found = await self._webhooks.newest(account_ids, count)
        return [StoredWebhook(row.id, row.account_id, row.received_at) for row in found]
