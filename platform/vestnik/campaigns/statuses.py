"""What can become of one recipient's letter: facts that add up, and the status and figures they make.

A delivery keeps a set of facts as bits. Events only add facts, and a fact brings those that it
presupposes (who clicked has opened, whoever opened got the letter), so that events may come twice,
late, or in any order, and the result is the same. The status that a person sees is the strongest
fact; the figures of a campaign are sums over its deliveries.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

HANDED_OVER = 1
SENT = 2
DELIVERED = 4
OPENED = 8
CLICKED = 16
UNSUBSCRIBED = 32
SOFT_BOUNCED = 64
HARD_BOUNCED = 128
SPAM = 256
SKIPPED = 512
FAILED = 1024
REJECTED = 2048

_GOT_IT = SENT | DELIVERED

#: The contract's DeliveryStatus -> the facts that it proves.
FACTS: Mapping[str, int] = {
    "pending": 0,
    "sent": SENT,
    "delivered": _GOT_IT,
    "opened": _GOT_IT | OPENED,
    "clicked": _GOT_IT | OPENED | CLICKED,
    "unsubscribed": _GOT_IT | UNSUBSCRIBED,
    "spam": _GOT_IT | SPAM,
    "softBounce": SENT | SOFT_BOUNCED,
    "hardBounce": SENT | HARD_BOUNCED,
    "skipped": SKIPPED,
    "failed": FAILED,
}

#: The lattice, the strongest first: the status of a delivery is the first whose fact it has.
LATTICE: tuple[tuple[int, str], ...] = (
    (REJECTED, "rejected"),
    (SPAM, "spam"),
    (HARD_BOUNCED, "hard_bounced"),
    (UNSUBSCRIBED, "unsubscribed"),
    (CLICKED, "clicked"),
    (OPENED, "opened"),
    (DELIVERED, "delivered"),
    (FAILED, "failed"),
    (SKIPPED, "skipped"),
    (SOFT_BOUNCED, "soft_bounced"),
    (SENT, "sent"),
    (HANDED_OVER, "handed_over"),
)
STATUSES: tuple[str, ...] = ("planned", *(status for _, status in reversed(LATTICE)))

#: Facts that go with the service's words on why.
TROUBLE = SOFT_BOUNCED | HARD_BOUNCED | SPAM | SKIPPED | FAILED | REJECTED

#: The figures kept with a campaign, in the order of `figures`.
COUNTERS: tuple[str, ...] = (
    "handed_over",
    "sent",
    "delivered",
    "opened",
    "clicked",
    "unsubscribed",
    "soft_bounced",
    "hard_bounced",
    "spam",
    "skipped",
    "failed",
    "rejected",
)


def status_of(flags: int) -> str:
    """The status that a person sees."""
    for fact, status in LATTICE:
        if flags & fact:
            return status
    return "planned"


def bounds_of(status: str) -> tuple[int, int]:
    """Which facts a delivery of `status` has, and which it must not have: (one, none of these)."""
    stronger = 0
    for fact, name in LATTICE:
        if name == status:
            return fact, stronger
        stronger |= fact
    if status == "planned":
        return 0, stronger
    raise ValueError(f"no such status: {status}")


@cache
def figures(flags: int) -> tuple[int, ...]:
    """What one delivery adds to each of `COUNTERS`: 0 or 1.

    A letter that came back for good was not delivered, whatever was said before; a temporary error
    counts only until the letter arrives or comes back for good.
    """
    hard = flags & HARD_BOUNCED != 0
    delivered = flags & DELIVERED != 0 and not hard
    return (
        int(flags & HANDED_OVER != 0),
        int(flags & SENT != 0),
        int(delivered),
        int(flags & OPENED != 0),
        int(flags & CLICKED != 0),
        int(flags & UNSUBSCRIBED != 0),
        int(flags & SOFT_BOUNCED != 0 and not hard and not delivered),
        int(hard),
        int(flags & SPAM != 0),
        int(flags & SKIPPED != 0),
        int(flags & FAILED != 0),
        int(flags & REJECTED != 0),
    )
