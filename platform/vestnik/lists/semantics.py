"""What a sync means, as sets of addresses: the model that planning and applying are held to.

A list {a, b, c} and a segment {c, d, e} give

    exact     {c, d, e}         the list becomes equal to the segment
    merge     {a, b, c, d, e}   the segment is added to the list
    subtract  {a, b}            the segment's people are taken out of the list

Only who is subscribed is on a list. Whoever unsubscribed, bounced, was deleted or has not confirmed is
untouchable: neither added nor taken out, whatever the mode.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vestnik.http.errors import Text

Mode = Literal["exact", "merge", "subtract"]
OverLimit = Literal["nobody", "first"]
FirstBy = Literal["newest", "oldest", "active"]
Status = Literal["subscribed", "unsubscribed", "bounced", "deleted", "pending"]
Side = Literal["add", "remove"]

#: Why somebody of the source is not transferred: what the audience says, the service, or its plan.
HeldVerdict = Literal[
    "blocked",
    "no_address",
    "spam",
    "hard_bounce",
    "unsubscribed_all",
    "unsubscribed_category",
    "no_consent",
    "duplicate",
    "at_service_unsubscribed",
    "at_service_bounced",
    "at_service_deleted",
    "at_service_pending",
    "refused_before",
    "plan_limit",
]

VERDICT_WORDS: Mapping[HeldVerdict, Text] = {
    "blocked": {"ru": "Заблокирован", "en": "Blocked"},
    "no_address": {"ru": "Нет адреса", "en": "No address"},
    "spam": {"ru": "Жаловался на спам", "en": "Complained of spam"},
    "hard_bounce": {"ru": "Адрес не существует", "en": "The address does not exist"},
    "unsubscribed_all": {"ru": "Отписался от всего", "en": "Unsubscribed from everything"},
    "unsubscribed_category": {"ru": "Отписался от категории", "en": "Unsubscribed from the category"},
    "no_consent": {"ru": "Нет согласия на категорию", "en": "No consent to the category"},
    "duplicate": {"ru": "Повтор адреса", "en": "Duplicate address"},
    "at_service_unsubscribed": {"ru": "Отписался в сервисе", "en": "Unsubscribed at the service"},
    "at_service_bounced": {"ru": "Недоступен по данным сервиса", "en": "Unreachable, the service says"},
    "at_service_deleted": {"ru": "Удалён в сервисе", "en": "Deleted at the service"},
    "at_service_pending": {
        "ru": "Не подтвердил подписку в сервисе",
        "en": "Has not confirmed at the service",
    },
    "refused_before": {"ru": "Сервис уже отказал", "en": "Refused by the service before"},
    "plan_limit": {"ru": "Не помещается в тариф", "en": "Does not fit the plan"},
}

#: Which of two states of one address counts: the one that keeps us further from the person.
STRENGTH: Mapping[Status, int] = {
    "subscribed": 0,
    "pending": 1,
    "deleted": 2,
    "bounced": 3,
    "unsubscribed": 4,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a list and a source differ by: whom to add, whom to take out, and who is untouchable."""

    add: frozenset[str]
    remove: frozenset[str]
    held: Mapping[str, HeldVerdict]


def difference(mode: Mode, listed: Mapping[str, Status], wanted: Set[str]) -> Difference:
    """The difference of a list, by the status of each address, and the addresses of a source.

    For `subtract`, `wanted` is every address of the source's people; else those that may be written to.
    """
    on = frozenset(address for address, status in listed.items() if status == "subscribed")
    if mode == "subtract":
        return Difference(frozenset(), on & wanted, {})
    untouchable = listed.keys() - on
    return Difference(
        add=frozenset(wanted - listed.keys()),
        remove=on - wanted if mode == "exact" else frozenset(),
        held={address: _at_service(listed[address]) for address in wanted & untouchable},
    )


def _at_service(status: Status) -> HeldVerdict:
    match status:
        case "unsubscribed":
            return "at_service_unsubscribed"
        case "bounced":
            return "at_service_bounced"
        case "deleted":
            return "at_service_deleted"
    return "at_service_pending"


def over_plan(add: int, remove: int, *, used: int, limit: int | None) -> int:
    """By how many people a run would pass the limit of the plan; `used` is how many it has now."""
    return 0 if limit is None else max(0, used - remove + add - limit)


def additions(add: int, over: int, over_limit: OverLimit) -> int:
    """How many of `add` are added when the plan is passed by `over`."""
    if not over:
        return add
    return max(0, add - over) if over_limit == "first" else 0


def is_guarded(remove: int, before: int, guard_percent: int, confirmed: int | None = None) -> bool:
    """Whether so many removals of a list of `before` wait for a person, who confirmed at most `confirmed`."""
    if not remove or remove * 100 <= guard_percent * before:
        return False
    return confirmed is None or remove > confirmed
