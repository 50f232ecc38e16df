"""Accounts as other rooms and the API see them, and what a person may change of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vestnik.modules.accounts.usage import Usage

Both = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account in a list; its state is `disabled` while its module is off."""

    id: int
    title: str
    module_id: int
    module_name: str
    module_title: Both
    state: str
    campaign_types: Sequence[str]
    checked_at: datetime | None
    created_at: datetime
    usage: Usage
    #: The users who may choose it; None: everybody.
    open_to: Sequence[int] | None
    created_by: int | None
    #: When a check first succeeded; nobody may choose it before.
    connected_at: datetime | None


@dataclass(frozen=True, slots=True)
class ServiceOffer:
    """A module that is switched on: a service that an account can be connected to."""

    module_id: int
    name: str
    title: Both
    description: Both | None
    settings_schema: Mapping[str, Any]
    functions: Sequence[str]
    accounts: int


#: What a change leaves as it is.
class Unchanged:
    """The type of `UNCHANGED`."""


UNCHANGED = Unchanged()


@dataclass(frozen=True, slots=True)
class AccountChanges:
    """What to change of an account. Of the settings all are given, but a secret that is left out stays."""

    title: str | None = None
    settings: Mapping[str, Any] | None = None
    contact_limit: int | Unchanged | None = UNCHANGED
    open_to: Sequence[int] | Unchanged | None = UNCHANGED
    #: Whether the login of another account is refused.
    once: bool = False


@dataclass(frozen=True, slots=True)
class AccountCard:
    """An account with its settings; of secrets only which are set."""

    row: AccountRow
    settings: Mapping[str, Any]
    settings_schema: Mapping[str, Any]
    secrets_set: Sequence[str]
    webhook_url: str
    webhooks_arrive: bool
    #: Whether Vestnik told the service the webhook's address.
    webhook_set: bool
    check_message: Both | None


@dataclass(frozen=True, slots=True)
class HostChoice:
    """What an administrator decides about one address; `secrets` None: those that the manifest asks for."""

    scheme: str
    pattern: str
    port: int
    private: bool
    approved: bool
    secrets: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class HostLine:
    """One address that is asked for, or approved, or both; approved means: as much as is asked for."""

    scheme: str
    pattern: str
    port: int
    private: bool
    secrets: Sequence[str]
    requested: bool
    approved: bool
    approved_by: str | None
    approved_at: datetime | None
