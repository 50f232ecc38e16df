"""What modules need from other rooms, and what other rooms are told; `app.py` plugs the rooms in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from vestnik.contract.manifest import BatchSizes, Manifest, Personalisation
from vestnik.egress import ExchangeTrace

BaseUrl = Callable[[], Awaitable[str]]
CategoryNames = Callable[[Sequence[int]], Awaitable[Mapping[int, str]]]


class ContactSource(Protocol):
    """Contacts as the contract's CRM_Marketing_Contact; those that do not exist are left out."""

    async def contacts_by_id(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """The contacts with these ids."""

    async def contacts_by_address(self, addresses: Sequence[str]) -> list[dict[str, Any]]:
        """The contacts with these e-mail addresses or phones."""


class NoContacts:
    """A source without contacts: for a module run outside an installation."""

    async def contacts_by_id(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        return []

    async def contacts_by_address(self, addresses: Sequence[str]) -> list[dict[str, Any]]:
        return []


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that a module wrote, at so many milliseconds of its call."""

    level: str
    message: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class CallReport:
    """A call that succeeded: its value is what the contract promises."""

    value: Any
    version_id: int | None
    log: Sequence[LogLine]
    exchanges: Sequence[ExchangeTrace]
    cpu_ms: float
    wall_ms: float
    #: Its recording, where there is one.
    call_id: int | None = None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account as features see it: what it is called, and what its module's version can do."""

    id: int
    title: str
    module_id: int
    module_name: str
    module_title: Mapping[str, str]
    version_id: int
    enabled: bool
    state: str
    functions: frozenset[str]
    manifest: Manifest

    @property
    def campaign_types(self) -> frozenset[str]:
        """The types of campaigns that it sends."""
        return frozenset(self.manifest.campaign_types)

    @property
    def batch_sizes(self) -> BatchSizes:
        """How much its functions take in one call."""
        return self.manifest.batch_sizes

    @property
    def personalisation(self) -> Personalisation:
        """How its letters name a recipient's values."""
        return self.manifest.personalisation
