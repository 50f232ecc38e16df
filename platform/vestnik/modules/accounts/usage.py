"""The plan of an account: how many contacts it has room for, and how much of it is used.

What the service tells is kept with its time. Where it does not tell a limit, a person enters one by hand;
that one wins, because whoever entered it knows the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.db import now
from vestnik.modules.tables import account

GET_ACCOUNT = "CRM_Marketing_GetAccount"

#: What is kept of the contract's CRM_Marketing_Account.
KEPT = ("plan", "subscriberLimit", "subscriberCount", "sendLimit", "sentCount", "balance", "currency")


@dataclass(frozen=True, slots=True)
class Usage:
    """Contacts that the plan allows and that there are, and letters likewise; None: nobody told.

    `limit_by_hand` is true where a person entered the limit. `at` is when the service was asked last.
    """

    plan: str | None = None
    limit: int | None = None
    limit_by_hand: bool = False
    used: int | None = None
    at: datetime | None = None
    letters_limit: int | None = None
    letters_sent: int | None = None
    balance: float | None = None
    currency: str | None = None


def usage_of(row: sa.Row[Any]) -> Usage:
    """The usage in a row of `account`."""
    told: Mapping[str, Any] = row.usage or {}
    by_hand = row.contact_limit is not None
    return Usage(
        plan=told.get("plan") or None,
        limit=row.contact_limit if by_hand else told.get("subscriberLimit"),
        limit_by_hand=by_hand,
        used=told.get("subscriberCount"),
        at=row.usage_at,
        letters_limit=told.get("sendLimit"),
        letters_sent=told.get("sentCount"),
        balance=told.get("balance"),
        currency=told.get("currency"),
    )


def keep_usage(connection: sa.Connection, account_id: int, told: Mapping[str, Any]) -> None:
    """Keep what the service told of the account now."""
    kept = {name: told[name] for name in KEPT if told.get(name) is not None}
    connection.execute(account.update().where(account.c.id == account_id).values(usage=kept, usage_at=now()))
