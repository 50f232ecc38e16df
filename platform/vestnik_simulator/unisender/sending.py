"""Campaigns at work: moderation, gathering recipients, and letters in steps of a few hundred.

A campaign is a pipeline of stages (sent, delivered or failed, read, followed, ended); in step s, stage k
works on chunk s-k. Every step is one transaction together with its events and its number, so that a killed
simulator goes on where it stopped; memory holds one chunk whatever the campaign's size.
"""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

import asyncio
import functools
import json
from dataclasses import dataclass, field
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.letters import LINK
from vestnik_simulator.options import Options
from vestnik_simulator.storage import Row, Storage
from vestnik_simulator.unisender.campaigns import DECLINED
from vestnik_simulator.unisender.events import Event, campaign_status, email_status, plain, unsubscribed
from vestnik_simulator.unisender.fates import UNREACHABLE, Fate, fate
from vestnik_simulator.unisender.files import Files
from vestnik_simulator.unisender.webhooks import Outbox

GATHER_PAGE = 2_000
MAX_CHUNK = 500
STAGES = ("sent", "delivered", "read", "followed", "ended")
IDS_PER_CAMPAIGN = 10_000_000


@dataclass
class Step:
    """What one stage did to one chunk."""

    results: list[tuple[str, float, int, int]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    touched: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    """Columns of contacts that get this instant."""

    def count(self, name: str, by: int = 1) -> None:
        """Add to one of the campaign's totals."""
        self.counts[name] = self.counts.get(name, 0) + by

    def touch(self, recipient: Row, column: str, now: float) -> None:
        """Note when something last happened to a contact."""
        self.touched.setdefault(column, []).append((now, recipient["contact_id"]))


class Sending:
    """Runs every campaign of the simulator."""

    def __init__(self, storage: Storage, options: Options, outbox: Outbox, files: Files) -> None:
        self._storage = storage
        self.options = options
        self._outbox = outbox
        self._files = files
        self._wake = asyncio.Event()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    # What the API calls, inside its transaction.

    def campaign_changed(self, campaign_id: int) -> None:
        """Tell the hooks the campaign's status, and look at once whether something is due."""
        row = self._row(campaign_id)
        if row is not None:
            self._outbox.put(
                row["account_id"],
                [campaign_status(moments.now(), campaign_id, row["status"], row["reason"])],
            )
        self._wake.set()

    def contact_event(self, account_id: int, name: str, data: dict[str, Any]) -> None:
        """Tell the hooks what happened to a contact."""
        self._outbox.put(account_id, [plain(name, moments.now(), data)])

    def hooks_changed(self) -> None:
        """Pass it on."""
        self._outbox.hooks_changed()

    def export_begun(self, key: str) -> None:
        """Pass it on."""
        self._files.begun(key)

    def export_status(self, key: str) -> str:
        """Pass it on."""
        return self._files.status(key)

    def decide(self, campaign_id: int, decision: str, reason: str) -> None:
        """Moderation's word: approve, hold or decline. Raises ValueError where it makes no sense."""
        row = self._row(campaign_id)
        if row is None or row["status"] not in ("waits_censor", "censor_hold"):
            raise ValueError("the campaign does not wait for moderation")
        status = {"approve": "scheduled", "hold": "censor_hold", "decline": "declined"}.get(decision)
        if status is None:
            raise ValueError("a decision is approve, hold or decline")
        with self._storage.transaction():
            self._storage.run(
                "UPDATE campaign SET status=?, reason=?, decide_at=NULL, verdict='manual' WHERE id=?",
                status,
                (reason or DECLINED) if decision == "decline" else reason,
                campaign_id,
            )
            self.campaign_changed(campaign_id)

    def forget(self) -> None:
        """Stop every campaign that is being sent."""
        for task in self._tasks.values():
            task.cancel()

    # The work behind.

    async def run(self) -> None:
        """Decide and start what is due, for ever."""
        try:
            while True:
                self._wake.clear()
                self._moderate()
                self._start_due()
                try:
                    await asyncio.wait_for(self._wake.wait(), self._idle_s())
                except TimeoutError:
                    continue
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _moderate(self) -> None:
        rows = self._storage.rows(
            "SELECT id, verdict FROM campaign WHERE status='waits_censor' AND decide_at<=?", moments.now()
        )
        for row in rows:
            self.decide(row["id"], row["verdict"], "")

    def _start_due(self) -> None:
        delay = self.options.start_delay_s
        rows = self._storage.rows(
            "SELECT id, status FROM campaign WHERE (status='scheduled' AND start_at+?<=?) "
            "OR status='in_progress'",
            delay,
            moments.now(),
        )
        for row in rows:
            if row["id"] in self._tasks:
                continue
            if row["status"] == "scheduled":
                self._set_status(row["id"], "in_progress")
            task = asyncio.create_task(self._send(row["id"]))
            self._tasks[row["id"]] = task
            task.add_done_callback(functools.partial(self._ended, row["id"]))

    def _ended(self, campaign_id: int, task: asyncio.Task[None]) -> None:
        self._tasks.pop(campaign_id, None)
        self._wake.set()
        if not task.cancelled():
            task.result()

    def _idle_s(self) -> float:
        due = self._storage.value(
            "SELECT min(CASE status WHEN 'scheduled' THEN start_at+? ELSE decide_at END) FROM campaign "
            "WHERE status='scheduled' OR (status='waits_censor' AND decide_at IS NOT NULL)",
            self.options.start_delay_s,
        )
        return 60.0 if due is None else min(60.0, max(0.005, due - moments.now()))

    async def _send(self, campaign_id: int) -> None:
        await self._gather(campaign_id)
        row = self._row(campaign_id)
        if row is None:
            return
        chunk = row["chunk"] or self._chunk()
        self._storage.run("UPDATE campaign SET chunk=? WHERE id=?", chunk, campaign_id)
        chunks = -(-row["total"] // chunk)
        links = self._links(row)
        for step in range(row["step"], chunks + len(STAGES) - 1):
            row = self._row(campaign_id)
            if row is None or row["status"] != "in_progress":
                return
            self._step(row, step, chunk, chunks, links)
            await self._outbox.room()
            await asyncio.sleep(chunk / self.options.send_rate if self.options.send_rate else 0)
        self._set_status(campaign_id, "analysed")
        self._set_status(campaign_id, "completed")

    async def _gather(self, campaign_id: int) -> None:
        """Copy the list's members into the campaign, a page at a time."""
        while True:
            row = self._row(campaign_id)
            if row is None or row["status"] != "in_progress" or row["gathered_to"] < 0:
                return
            with self._storage.transaction():
                self._gather_page(row)
            await asyncio.sleep(0)

    def _gather_page(self, row: Row) -> None:
        column = "email" if row["kind"] == "email" else "phone"
        added = self._storage.run(
            "INSERT INTO recipient (campaign_id, n, contact_id, address) "
            f"SELECT ?, ? + row_number() OVER (ORDER BY c.id) - 1, c.id, c.{column} "
            "FROM membership m JOIN contact c ON c.id=m.contact_id "
            "WHERE m.list_id=? AND c.id>? AND m.status='active' AND c.status='active' "
            f"AND c.{column} IS NOT NULL "
            f"AND (? IS NULL OR c.{column} IN (SELECT value FROM json_each(?))) ORDER BY c.id LIMIT ?",
            row["id"],
            row["total"],
            row["list_id"],
            row["gathered_to"],
            row["only_contacts"],
            row["only_contacts"] or "[]",
            GATHER_PAGE,
        )
        last = self._storage.value("SELECT max(contact_id) FROM recipient WHERE campaign_id=?", row["id"])
        self._storage.run(
            "UPDATE campaign SET total=total+?, gathered_to=? WHERE id=?",
            added,
            last if added == GATHER_PAGE else -1,
            row["id"],
        )

    def _chunk(self) -> int:
        """Small where things go slowly, so that a watcher sees them move."""
        rates = [rate for rate in (self.options.send_rate, self.options.webhook_rate / 2) if rate]
        return max(1, min(MAX_CHUNK, int(min(rates) / 4))) if rates else MAX_CHUNK

    def _links(self, row: Row) -> list[str]:
        body = self._storage.value("SELECT body FROM message WHERE id=?", row["message_id"]) or ""
        return list(dict.fromkeys(LINK.findall(body)))[:50]

    def _step(self, row: Row, step: int, chunk: int, chunks: int, links: list[str]) -> None:
        with self._storage.transaction():
            for stage, name in enumerate(STAGES):
                if 0 <= step - stage < chunks and (name in ("sent", "delivered") or row["kind"] == "email"):
                    self._stage(row, name, (step - stage) * chunk, chunk, links)
            self._storage.run("UPDATE campaign SET step=? WHERE id=?", step + 1, row["id"])

    def _stage(self, row: Row, name: str, first: int, chunk: int, links: list[str]) -> None:
        done, now = Step(), moments.now()
        recipients = self._storage.rows(
            "SELECT r.n, r.contact_id, r.address, c.availability FROM recipient r "
            "LEFT JOIN contact c ON c.id=r.contact_id WHERE r.campaign_id=? AND r.n>=? AND r.n<?",
            row["id"],
            first,
            first + chunk,
        )
        if name == "sent":
            self._write(row, recipients, now)
        for recipient in recipients:
            kind = fate(self.options.seed, row["id"], recipient["address"], self.options.mix)
            if recipient["availability"] == "unreachable":
                kind = Fate(failure=kind.failure or "err_skip_letter")
            self._apply(row, name, recipient, kind, links, now, done)
        self._keep(row, done)
        if row["kind"] == "email":  # text messages have no events of their own at this service
            self._outbox.put(row["account_id"], done.events)

    def _apply(
        self, row: Row, stage: str, recipient: Row, kind: Fate, links: list[str], now: float, done: Step
    ) -> None:
        if stage == "sent":
            done.count("sent")
            done.touch(recipient, "sent", now)
            self._result(row, recipient, "ok_sent", now, done)
        elif stage == "delivered":
            self._deliver(row, recipient, kind, now, done)
        elif kind.failure:
            return
        elif stage == "read" and kind.reads and row["track_read"]:
            done.count("read_unique")
            done.count("read_all", kind.reads)
            done.touch(recipient, "opened", now)
            for _ in range(kind.reads):
                self._result(row, recipient, "ok_read", now, done)
        elif stage == "followed" and kind.clicks and row["track_links"]:
            self._follow(row, recipient, kind, links, now, done)
        elif stage == "ended" and kind.end:
            self._end(row, recipient, kind, now, done)

    def _write(self, row: Row, recipients: list[Row], now: float) -> None:
        """The one place where letters go out, and where "written to twice" is counted."""
        letter, addresses = row["letter_id"], [recipient["address"] for recipient in recipients]
        twice = self._storage.value(
            "SELECT count(*) FROM written WHERE letter_id=? AND times=1 "
            "AND address IN (SELECT value FROM json_each(?))",
            letter,
            json.dumps(addresses),
        )
        self._storage.many(
            "INSERT INTO written (address, letter_id, times, last) VALUES (?,?,1,?) "
            "ON CONFLICT (letter_id, address) DO UPDATE SET times=times+1, last=excluded.last",
            [(address, letter, now) for address in addresses],
        )
        self._storage.run(
            "INSERT INTO total (account_id, letters, twice) VALUES (?,?,?) ON CONFLICT (account_id) "
            "DO UPDATE SET letters=letters+excluded.letters, twice=twice+excluded.twice",
            row["account_id"],
            len(addresses),
            twice,
        )

    def _deliver(self, row: Row, recipient: Row, kind: Fate, now: float, done: Step) -> None:
        if kind.failure:
            done.count("failed")
            self._result(row, recipient, kind.failure, now, done)
            if kind.failure in UNREACHABLE:
                self._storage.run(
                    "UPDATE contact SET availability='unreachable' WHERE id=?", recipient["contact_id"]
                )
            return
        done.count("delivered")
        done.touch(recipient, "delivered", now)
        self._result(row, recipient, "ok_delivered", now, done)

    def _follow(self, row: Row, recipient: Row, kind: Fate, links: list[str], now: float, done: Step) -> None:
        url = links[kind.link % len(links)] if links else "https://example.org/"
        done.count("clicked_unique")
        done.count("clicked_all", kind.clicks)
        done.touch(recipient, "clicked", now)
        self._storage.run(
            "INSERT INTO visit (campaign_id, address, url, at, ip, times) VALUES (?,?,?,?,?,?) "
            "ON CONFLICT (campaign_id, address, url) DO UPDATE SET times=times+excluded.times",
            row["id"],
            recipient["address"],
            url,
            now,
            f"192.0.2.{recipient['n'] % 254 + 1}",
            kind.clicks,
        )
        for _ in range(kind.clicks):
            self._result(row, recipient, "ok_link_visited", now, done, url)

    def _end(self, row: Row, recipient: Row, kind: Fate, now: float, done: Step) -> None:
        if kind.end == "spam":
            done.count("spam")
            self._result(row, recipient, "ok_fbl", now, done)
            return
        done.count("unsubscribed")
        self._result(row, recipient, "ok_unsubscribed", now, done)
        campaign_id = row["id"] if self.options.name_campaign else None
        done.events.append(unsubscribed(now, recipient["address"], row["list_id"], campaign_id))
        self._storage.run(
            "UPDATE membership SET status='unsubscribed' WHERE list_id=? AND contact_id=?",
            row["list_id"],
            recipient["contact_id"],
        )
        self._storage.run("UPDATE contact SET status='unsubscribed' WHERE id=?", recipient["contact_id"])

    def _result(self, row: Row, recipient: Row, status: str, now: float, done: Step, url: str = "") -> None:
        done.results.append((status, now, row["id"], recipient["n"]))
        done.events.append(
            email_status(
                now,
                recipient["address"],
                status,
                row["id"] * IDS_PER_CAMPAIGN + recipient["n"],
                row["id"] if self.options.name_campaign else None,
                url,
            )
        )

    def _keep(self, row: Row, done: Step) -> None:
        self._storage.many(
            "UPDATE recipient SET result=?1, updated=?2, sent=coalesce(sent, ?2) "
            "WHERE campaign_id=?3 AND n=?4",
            done.results,
        )
        for column, rows in done.touched.items():
            self._storage.many(f"UPDATE contact SET {column}=? WHERE id=?", rows)
        for name, by in done.counts.items():
            self._storage.run(
                f"UPDATE campaign SET {name}={name}+? WHERE id=?",
                by,
                row["id"],
            )

    def _set_status(self, campaign_id: int, status: str) -> None:
        finished = moments.now() if status == "completed" else None
        with self._storage.transaction():
            self._storage.run(
                "UPDATE campaign SET status=?, finished=? WHERE id=?", status, finished, campaign_id
            )
            self.campaign_changed(campaign_id)

    def _row(self, campaign_id: int) -> Row | None:
        return self._storage.row("SELECT * FROM campaign WHERE id=?", campaign_id)
