"""How many people the plan of a service has room for, and how many it has: as far as anybody can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: What `used` counts: the account as its service counts it; the subscribers of its lists, where who is on
#: two lists counts twice; those of some lists, where the service tells not of each; the sync's list alone.
Counted = Literal["account", "lists", "some_lists", "list"]


@dataclass(frozen=True, slots=True)
class Room:
    """The plan's limit and how much of it is taken; without `used` as many as are on the list of the sync."""

    limit: int | None
    used: int | None
    counted: Counted | None


def of_account(limit: int | None, used: int | None) -> Room:
    """The room of an account of which the service itself tells how many contacts it has."""
    return Room(limit, used, None if limit is None else "list" if used is None else "account")


def of_lists(limit: int, lists: Sequence[Mapping[str, Any]]) -> Room:
    """The room of an account by the lists that its service shows, each a CRM_Marketing_List."""
    told = [each["subscriberCount"] for each in lists if each.get("subscriberCount") is not None]
    if not told:
        return Room(limit, None, "list")
    return Room(limit, sum(told), "lists" if len(told) == len(lists) else "some_lists")
