"""The subscribers of lists: a page of a million must not cost a walk through all that come before it."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from vestnik_simulator.storage import Row, Storage

STATES = ("Active", "Unconfirmed", "Unsubscribed", "Bounced", "Deleted")


@dataclass
class _Known:
    """What was learnt of the rows of one list and state since it changed last."""

    total: int
    ends: dict[tuple[int, int], str] = field(default_factory=dict)
    """By size and number of a page: its last address."""


class Members:
    """All reads and changes of subscribers."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._known: defaultdict[int, dict[str, _Known]] = defaultdict(dict)

    def forget(self) -> None:
        """The storage was emptied."""
        self._known.clear()

    def states(self, list_id: int, emails: Sequence[str]) -> dict[str, str]:
        """The states of those addresses that the list knows."""
        rows = self._storage.rows(
            "SELECT email, state FROM cm_subscriber WHERE list_id=? AND email IN "
            "(SELECT value FROM json_each(?))",
            list_id,
            json.dumps(emails),
        )
        return {row["email"]: row["state"] for row in rows}

    def put(self, list_id: int, rows: Sequence[tuple[str, str, str, str]], state: str, at: float) -> None:
        """Make people members in a state; rows are (address, name, fields, consent)."""
        self._storage.many(
            "INSERT INTO cm_subscriber (list_id, email, name, state, joined, changed, fields, consent) "
            "VALUES (?1,?2,?3,?4,?5,?5,?6,?7) ON CONFLICT (list_id, email) DO UPDATE SET "
            "name=CASE excluded.name WHEN '' THEN name ELSE excluded.name END, fields=excluded.fields, "
            "consent=CASE excluded.consent WHEN 'Unchanged' THEN consent ELSE excluded.consent END, "
            "changed=CASE state WHEN excluded.state THEN changed ELSE excluded.changed END, "
            "joined=CASE state WHEN excluded.state THEN joined ELSE excluded.joined END, "
            "state=excluded.state",
            [(list_id, email, name, state, at, fields, consent) for email, name, fields, consent in rows],
        )
        self._known.pop(list_id, None)

    def set_state(self, list_id: int, emails: Sequence[str], state: str, at: float) -> None:
        """Move known people into another state."""
        self._storage.many(
            "UPDATE cm_subscriber SET state=?, changed=? WHERE list_id=? AND email=?",
            [(state, at, list_id, email) for email in emails],
        )
        self._known.pop(list_id, None)

    def drop(self, list_id: int) -> None:
        """The list is gone."""
        self._storage.run("DELETE FROM cm_subscriber WHERE list_id=?", list_id)
        self._known.pop(list_id, None)

    def one(self, list_id: int, email: str) -> Row | None:
        """One person in a list."""
        return self._storage.row("SELECT * FROM cm_subscriber WHERE list_id=? AND email=?", list_id, email)

    def count(self, list_id: int, state: str) -> int:
        """How many people of a list are in a state."""
        return self._of(list_id, state).total

    def page(self, list_id: int, state: str, page: int, size: int) -> list[Row]:
        """People of a list in a state by address: goes on where the nearest page before it ended."""
        ends = self._of(list_id, state).ends
        before = max((number for kept, number in ends if kept == size and number < page), default=0)
        rows = self._storage.rows(
            "SELECT * FROM cm_subscriber WHERE list_id=? AND state=? AND email>? ORDER BY email "
            "LIMIT ? OFFSET ?",
            list_id,
            state,
            ends.get((size, before), ""),
            size,
            (page - 1 - before) * size,
        )
        if len(rows) == size:
            ends[size, page] = rows[-1]["email"]
        return rows

    def page_by_date(
        self, list_id: int, state: str, since: float, place: tuple[int, int], descending: bool
    ) -> tuple[list[Row], int]:
        """The same by the time of the last change, and how many there are since an instant."""
        page, size = place
        of = (list_id, state, since)
        where = "FROM cm_subscriber WHERE list_id=? AND state=? AND changed>=?"
        order = "DESC" if descending else "ASC"
        rows = self._storage.rows(
            f"SELECT * {where} ORDER BY changed {order}, email LIMIT ? OFFSET ?",
            *of,
            size,
            (page - 1) * size,
        )
        return rows, int(self._storage.value(f"SELECT count(*) {where}", *of))

    def _of(self, list_id: int, state: str) -> _Known:
        known = self._known[list_id].get(state)
        if known is None:
            total = self._storage.value(
                "SELECT count(*) FROM cm_subscriber WHERE list_id=? AND state=?", list_id, state
            )
            known = self._known[list_id][state] = _Known(int(total))
        return known
