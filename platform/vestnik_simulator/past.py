"""Campaigns that were over before the simulator knew of them, and events that are told by hand.

A demo has a past that nothing was sent for; the service it tells of must know it, as it knows its own.
"""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from vestnik_simulator import moments
from vestnik_simulator.storage import Row, Storage

_SENT = frozenset({"sent"})
_DELIVERED = _SENT | {"delivered"}
_READ = _DELIVERED | {"read_unique"}
#: What a recipient's result counts as.
_COUNTS: Mapping[str, frozenset[str]] = {
    "ok_sent": _SENT,
    "ok_delivered": _DELIVERED,
    "ok_read": _READ,
    "ok_link_visited": _READ | {"clicked_unique"},
    "ok_unsubscribed": _DELIVERED | {"unsubscribed"},
    "ok_fbl": _DELIVERED | {"spam"},
}


class Figures(msgspec.Struct):
    """A campaign's totals, named as in the answer of getCampaignCommonStats."""

    total: int
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    read_unique: int = 0
    read_all: int = 0
    clicked_unique: int = 0
    clicked_all: int = 0
    unsubscribed: int = 0
    spam: int = 0


class PastCampaign(msgspec.Struct):
    """A campaign that is over; instants are seconds since 1970."""

    id: int
    kind: str
    subject: str
    sender_name: str
    sender: str
    list_title: str
    status: str
    start: float
    finished: float
    figures: Figures
    recipients: list[tuple[str, str, float | None]]
    """Address, result, when it changed."""
    visits: list[tuple[str, str, float, int]] = []
    """Address, link, when, how often."""
    reason: str = ""


def keep(storage: Storage, account_id: int, campaigns: Sequence[PastCampaign]) -> None:
    """Store campaigns as if they had been sent here; one with the same id is replaced."""
    with storage.transaction():
        for campaign in campaigns:
            _forget(storage, campaign.id)
            _keep(storage, account_id, campaign)


def hear(storage: Storage, account_id: int, data: Mapping[str, Any]) -> None:
    """Count an email_status event that was told by hand, if it is of a recipient who is known."""
    row = storage.row(
        "SELECT r.campaign_id, r.n, r.result FROM campaign c JOIN recipient r ON r.campaign_id=c.id "
        "WHERE c.account_id=? AND c.id=? AND r.address=?",
        account_id,
        str(data.get("campaign_id")),
        str(data.get("email")),
    )
    word = str(data.get("status"))
    if row is None or word not in _COUNTS:
        return
    more = _COUNTS[word] - _COUNTS.get(row["result"], frozenset())
    if word == "ok_read" or "read_unique" in more:
        more |= {"read_all"}
    if word == "ok_link_visited":
        more |= {"clicked_all"}
    for column in sorted(more):
        storage.run(f"UPDATE campaign SET {column}={column}+1 WHERE id=?", row["campaign_id"])
    storage.run(
        "UPDATE recipient SET result=?, updated=? WHERE campaign_id=? AND n=?",
        word,
        moments.now(),
        row["campaign_id"],
        row["n"],
    )


def _forget(storage: Storage, campaign_id: int) -> None:
    row: Row | None = storage.row("SELECT account_id, letter_id FROM campaign WHERE id=?", campaign_id)
    if row is None:
        return
    letters = storage.run("DELETE FROM written WHERE letter_id=?", row["letter_id"])
    storage.run("UPDATE total SET letters=letters-? WHERE account_id=?", letters, row["account_id"])
    storage.run("DELETE FROM letter WHERE id=?", row["letter_id"])
    for table in ("recipient", "visit"):
        storage.run(f"DELETE FROM {table} WHERE campaign_id=?", campaign_id)
    storage.run("DELETE FROM campaign WHERE id=?", campaign_id)


def _keep(storage: Storage, account_id: int, past: PastCampaign) -> None:
    letter_id = storage.insert(
        "INSERT INTO letter (account_id, list_title, subject, digest) VALUES (?,?,?,?)",
        account_id,
        past.list_title,
        past.subject,
        f"past-{past.id}",
    )
    values = {
        **{name: getattr(past, name) for name in ("id", "kind", "subject", "sender_name", "sender")},
        **{name: getattr(past, name) for name in ("list_title", "status", "reason", "finished")},
        **msgspec.structs.asdict(past.figures),
        # Its message and its list are gone, as the service's are after a while.
        **{"account_id": account_id, "letter_id": letter_id, "message_id": 0, "list_id": 0},
        **{"created": past.start, "start_at": past.start, "gathered_to": -1},
        **{"track_read": 1, "track_links": 1},
    }
    marks = ",".join("?" * len(values))
    storage.run(f"INSERT INTO campaign ({','.join(values)}) VALUES ({marks})", *values.values())
    storage.many(
        "INSERT INTO recipient (campaign_id, n, contact_id, address, result, sent, updated) "
        "VALUES (?,?,0,?,?,?,?)",
        [
            (past.id, n, address, result, None if result == "not_sent" else past.start, updated)
            for n, (address, result, updated) in enumerate(past.recipients)
        ],
    )
    storage.many(
        "INSERT INTO visit (campaign_id, address, url, at, ip, times) VALUES (?,?,?,?,'192.0.2.1',?)",
        [(past.id, address, url, at, times) for address, url, at, times in past.visits],
    )
    written = [
        (address, letter_id, past.start) for address, result, _ in past.recipients if result != "not_sent"
    ]
    storage.many("INSERT INTO written (address, letter_id, times, last) VALUES (?,?,1,?)", written)
    storage.run("UPDATE total SET letters=letters+? WHERE account_id=?", len(written), account_id)
