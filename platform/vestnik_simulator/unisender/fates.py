"""What will become of one letter: decided by seed, campaign and address alone, so that runs repeat."""

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

from vestnik_simulator.options import Mix

# The first has half of all failures, as in ordinary mailings.
FAILURES: Final = (
    "err_user_unknown",
    "err_user_unknown",
    "err_user_unknown",
    "err_user_inactive",
    "err_mailbox_full",
    "err_spam_rejected",
    "err_delivery_failed",
    "err_domain_inactive",
)
UNREACHABLE: Final = frozenset({"err_user_unknown", "err_user_inactive", "err_domain_inactive"})

# `anna+click@…`: a test or a visitor chooses the fate in the address.
CHOSEN: Final = {
    "unknown": "err_user_unknown",
    "full": "err_mailbox_full",
    "rejected": "err_spam_rejected",
    "delivered": "delivered",
    "read": "read",
    "click": "click",
    "unsubscribe": "unsubscribe",
    "spam": "spam",
}


@dataclass(frozen=True, slots=True)
class Fate:
    """Failure code or empty; then how often it is read and clicked, and how it ends."""

    failure: str = ""
    reads: int = 0
    clicks: int = 0
    link: int = 0
    """Which of the letter's links is followed; taken modulo their number."""
    end: str = ""
    """`unsubscribe`, `spam` or empty."""


def fate(seed: int, campaign_id: int, address: str, mix: Mix) -> Fate:
    """The fate of this campaign's letter to this address."""
    chosen = CHOSEN.get(address.partition("@")[0].rpartition("+")[2] if "+" in address else "")
    if chosen is not None:
        return _chosen(chosen)
    digest = hashlib.blake2b(f"{seed}/{campaign_id}/{address}".encode(), digest_size=14).digest()
    failed, kind, read, again, click, link, end = (part / 65536 for part in struct.unpack("<7H", digest))
    if failed < mix.failed:
        return Fate(failure=FAILURES[int(kind * len(FAILURES))])
    if read >= mix.read:
        return Fate()
    clicked = click < mix.clicked
    ending = "spam" if end < mix.spam else "unsubscribe" if end < mix.spam + mix.unsubscribed else ""
    return Fate(
        reads=1 + int(again * again * 4),
        clicks=1 + int(again > 0.8) if clicked else 0,
        link=int(link * 1000),
        end=ending,
    )


def _chosen(name: str) -> Fate:
    if name.startswith("err_"):
        return Fate(failure=name)
    return {
        "delivered": Fate(),
        "read": Fate(reads=1),
        "click": Fate(reads=1, clicks=1),
        "unsubscribe": Fate(reads=1, end="unsubscribe"),
        "spam": Fate(reads=1, end="spam"),
    }[name]
