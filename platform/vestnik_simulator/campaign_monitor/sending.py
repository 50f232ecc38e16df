"""Campaigns at work: some hundred people of a list at a time, each portion one transaction with its events.

What a person does with a letter happens at once: the service tells it only to who asks, so nobody can see
that it took no time. The portion's end is kept in its transaction: a killed simulator goes on there.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.campaign_monitor.members import Members
from vestnik_simulator.campaign_monitor.outbox import ListOutbox
from vestnik_simulator.campaign_monitor.subscribers import deactivated
from vestnik_simulator.letters import LINK
from vestnik_simulator.options import Options
from vestnik_simulator.storage import Row, Storage
from vestnik_simulator.unisender.fates import UNREACHABLE, Fate, fate

PORTION = 500
#: Fates follow from a campaign's number; the other service's campaigns have theirs.
NUMBERS_FROM = 1_000_000

Event = tuple[int, int, str, str, float, str, str]


class ListSending:
    """Runs every campaign of this service, and is what its operations wake."""

    def __init__(self, storage: Storage, options: Options, members: Members, outbox: ListOutbox) -> None:
        self._storage = storage
        self.options = options
        self._members = members
        self._outbox = outbox
        self._wake = asyncio.Event()

    def campaign_changed(self) -> None:
        """Look at once whether something is due."""
        self._wake.set()

    def list_event(self, list_id: int, events: Sequence[dict[str, Any]]) -> None:
        """Pass it on."""
        self._outbox.put(list_id, events)

    async def run(self) -> None:
        """Send what is due, one campaign after the other, for ever."""
        while True:
            self._wake.clear()
            row = self._storage.row(
                "SELECT * FROM cm_campaign WHERE status='sending' OR (status='scheduled' AND send_at+?<=?) "
                "ORDER BY id LIMIT 1",
                self.options.start_delay_s,
                moments.now(),
            )
            if row is not None:
                await self._portion(row)
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), self._idle_s())
            except TimeoutError:
                continue

    def _idle_s(self) -> float:
        due = self._storage.value(
            "SELECT min(send_at)+? FROM cm_campaign WHERE status='scheduled'", self.options.start_delay_s
        )
        return 60.0 if due is None else min(60.0, max(0.005, due - moments.now()))

    async def _portion(self, row: Row) -> None:
        with self._storage.transaction():
            sent = self._begin(row) if row["status"] == "scheduled" else self._send(row)
        rate = self.options.send_rate
        await asyncio.sleep(sent / rate if rate else 0)

    def _begin(self, row: Row) -> int:
        """The campaign's letter: the same one to a list of the same title counts as the same."""
        titles = [
            self._storage.value("SELECT title FROM cm_list WHERE id=?", key) or ""
            for key in json.loads(row["lists"])
        ]
        of = (-row["client_id"], ", ".join(titles), row["subject"], f"template-{row['template_id']}")
        self._storage.run(
            "INSERT OR IGNORE INTO letter (account_id, list_title, subject, digest) VALUES (?,?,?,?)", *of
        )
        letter = self._storage.value(
            "SELECT id FROM letter WHERE account_id=? AND list_title=? AND subject=? AND digest=?", *of
        )
        self._storage.run(
            "UPDATE cm_campaign SET status='sending', sent=?, letter_id=? WHERE id=?",
            moments.now(),
            letter,
            row["id"],
        )
        return 0

    def _send(self, row: Row) -> int:
        lists = json.loads(row["lists"])
        if row["at_list"] >= len(lists):
            self._storage.run("UPDATE cm_campaign SET status='sent' WHERE id=?", row["id"])
            return 0
        list_id = lists[row["at_list"]]
        rate = self.options.send_rate
        size = max(1, min(PORTION, int(rate / 4))) if rate else PORTION
        people = self._storage.rows(
            "SELECT email, name FROM cm_subscriber s WHERE list_id=? AND state='Active' AND email>? "
            "ORDER BY email LIMIT ?",
            list_id,
            row["at_email"],
            size,
        )
        self._move(row, people[-1]["email"] if len(people) == size else None)
        fresh = self._fresh(row, list_id, people)
        self._write(row, [each["email"] for each in fresh])
        self._react(row, list_id, fresh)
        return len(fresh)

    def _move(self, row: Row, email: str | None) -> None:
        """To the next portion, or to the next list."""
        self._storage.run(
            "UPDATE cm_campaign SET at_list=at_list+?, at_email=? WHERE id=?",
            int(email is None),
            email or "",
            row["id"],
        )

    def _fresh(self, row: Row, list_id: int, people: Sequence[Row]) -> list[Row]:
        """Who gets the letter: nobody through two lists, nobody who is suppressed."""
        emails = json.dumps([each["email"] for each in people])
        out = self._storage.rows(
            "SELECT email FROM cm_recipient WHERE campaign_id=?1 AND email IN "
            "(SELECT value FROM json_each(?2)) "
            "UNION SELECT email FROM cm_suppressed WHERE client_id=?3 AND email IN "
            "(SELECT value FROM json_each(?2))",
            row["id"],
            emails,
            row["client_id"],
        )
        left = {each["email"] for each in out}
        fresh = [each for each in people if each["email"] not in left]
        at = moments.now()
        self._storage.many(
            "INSERT INTO cm_recipient (campaign_id, email, list_id, at) VALUES (?,?,?,?)",
            [(row["id"], each["email"], list_id, at) for each in fresh],
        )
        self._storage.run("UPDATE cm_campaign SET total=total+? WHERE id=?", len(fresh), row["id"])
        return fresh

    def _write(self, row: Row, emails: Sequence[str]) -> None:
        """The letters themselves, in the table that counts who was written to twice."""
        at = moments.now()
        twice = self._storage.value(
            "SELECT count(*) FROM written WHERE letter_id=? AND times=1 "
            "AND address IN (SELECT value FROM json_each(?))",
            row["letter_id"],
            json.dumps(emails),
        )
        self._storage.many(
            "INSERT INTO written (address, letter_id, times, last) VALUES (?,?,1,?) "
            "ON CONFLICT (letter_id, address) DO UPDATE SET times=times+1, last=excluded.last",
            [(email, row["letter_id"], at) for email in emails],
        )
        self._storage.run(
            "INSERT INTO total (account_id, letters, twice) VALUES (?,?,?) ON CONFLICT (account_id) "
            "DO UPDATE SET letters=letters+excluded.letters, twice=twice+excluded.twice",
            -row["client_id"],
            len(emails),
            twice,
        )

    def _react(self, row: Row, list_id: int, people: Sequence[Row]) -> None:
        body = self._storage.value("SELECT body FROM cm_template WHERE id=?", row["template_id"]) or ""
        links = list(dict.fromkeys(LINK.findall(body))) or ["https://example.org/"]
        at = moments.now()
        events: list[Event] = []
        left: dict[str, list[Row]] = {"Unsubscribed": [], "Bounced": []}
        for place, person in enumerate(people):
            kind = fate(self.options.seed, NUMBERS_FROM + row["id"], person["email"], self.options.mix)
            facts = (row["id"], list_id, person["email"])
            ip = f"192.0.2.{place % 254 + 1}"
            events += [(*facts, name, at, ip, detail) for name, detail in reactions(kind, links)]
            if kind.end:  # a complaint takes people off the list as well
                left["Unsubscribed"].append(person)
            elif kind.failure in UNREACHABLE:
                left["Bounced"].append(person)
        self._storage.many(
            "INSERT INTO cm_event (campaign_id, list_id, email, kind, at, ip, detail) VALUES (?,?,?,?,?,?,?)",
            events,
        )
        zone = self._storage.value("SELECT zone FROM cm_client WHERE id=?", row["client_id"])
        for state, persons in left.items():
            self._members.set_state(list_id, [each["email"] for each in persons], state, at)
            self._outbox.put(
                list_id, [deactivated(each["email"], each["name"], state, at, zone) for each in persons]
            )


def reactions(kind: Fate, links: Sequence[str]) -> list[tuple[str, str]]:
    """What comes of a letter: kinds of events with their details."""
    if kind.failure:
        hard = kind.failure in UNREACHABLE
        return [("Bounce", f"{'Hard' if hard else 'Soft'}: {kind.failure.removeprefix('err_')}")]
    found = [("Open", "")] * kind.reads
    found += [("Click", links[kind.link % len(links)])] * kind.clicks
    return found + {"unsubscribe": [("Unsubscribe", "")], "spam": [("Spam", "")]}.get(kind.end, [])
