"""One run over a mailbox: every letter is considered once, what bears the keyword is stored, then settled.

A letter is stored as an input before anything is noted of it, and noted before the mailbox is changed. A
process that dies in between goes over the same letters again: the input's key says that it is there, the
note's key that it is noted, and marking, moving or removing a letter twice does what doing so once does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from vestnik.db import Database, now
from vestnik.egress import Resolver
from vestnik.intake.collectors import notes
from vestnik.intake.collectors.failures import MailboxFailure
from vestnik.intake.collectors.mailbox import (
    HEADS_AT_ONCE,
    Account,
    Folder,
    Head,
    Mailbox,
    signed_in,
)
from vestnik.intake.collectors.notes import Counts, Noted
from vestnik.intake.fields import Warned
from vestnik.intake.inputs.errors import IdempotencyKeyReused
from vestnik.intake.inputs.store import NewInput, store
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.parsing.headers import Head as Letterhead
from vestnik.intake.parsing.letters import LETTER_BYTES, has_keyword, head_of
from vestnik.vault import Vault, VaultError

#: After so long a run makes room for the next collector, and goes on in its next turn.
RUN_S = 600.0
#: Letters fetched in one go: so many, and of this size together.
FETCHED_AT_ONCE = 50
FETCHED_BYTES = 2_097_152
#: A letter at which so many runs broke off is passed by, and told of.
TRIES = 3
#: Letters settled or removed in one go.
SETTLED_AT_ONCE = 200


@dataclass(slots=True)
class Outcome:
    """What a run came to; `reason` is what could not be done with letters that were taken."""

    counts: Counts = field(default_factory=Counts)
    unfinished: bool = False
    reason: Mapping[str, Any] | None = None


class Collecting:
    """Runs over mailboxes."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        resolver: Resolver,
        own_listeners: Sequence[tuple[str, int]],
        zone: Callable[[], ZoneInfo],
        on_stored: Callable[[], None],
    ) -> None:
        self._database, self._vault, self._zone, self._on_stored = database, vault, zone, on_stored
        self._resolver, self._own_listeners = resolver, own_listeners

    async def run(self, row: sa.Row[Any], run_id: int) -> Outcome:
        """Go over a collector's mailbox; `MailboxFailure` when it can't be read to the end."""
        run = _Run(self._database, row, run_id, self._zone(), self._on_stored)
        return await run.over(signed_in(self.account(row), self._resolver, self._own_listeners))

    def account(self, row: sa.Row[Any]) -> Account:
        """Where a collector's mailbox is, with its password."""
        try:
            password = self._vault.decrypt(row.password_sealed, secret_context(row.id)).decode()
        except VaultError:
            raise MailboxFailure("password_lost") from None
        return Account(row.host, row.port, row.security, row.username, password, row.certificate)


class _Run:
    def __init__(
        self,
        database: Database,
        row: sa.Row[Any],
        run_id: int,
        zone: ZoneInfo,
        on_stored: Callable[[], None],
    ) -> None:
        self._database, self._row, self._run_id, self._on_stored = database, row, run_id, on_stored
        self._from = date.fromisoformat(row.from_date)
        self._from_at = datetime.combine(self._from, time_of_day(), tzinfo=zone)
        self._today = now().astimezone(zone).date()
        self._ends_at = time.monotonic() + RUN_S
        self._outcome = Outcome()
        self._mailbox: Mailbox
        self._folder: Folder

    async def over(self, connection: Any) -> Outcome:
        async with connection as self._mailbox:
            row = self._row
            self._folder = await self._mailbox.open(row.folder, to_change=row.after != "keep")
            seen_uid = row.seen_uid if row.uidvalidity == self._folder.uidvalidity else 0
            await self._note(notes.open_folder, self._folder.uidvalidity)
            # A day earlier than asked for: the server's day begins at another hour than ours.
            uids = await self._mailbox.since(seen_uid + 1, self._from - timedelta(days=1))
            for at in range(0, len(uids), HEADS_AT_ONCE):
                if self._late():
                    break
                await self._consider(uids[at : at + HEADS_AT_ONCE])
            await self._settle()
            await self._remove()
            if not self._late():
                await self._try_again()
        return self._outcome

    def _late(self) -> bool:
        self._outcome.unfinished |= time.monotonic() > self._ends_at
        return self._outcome.unfinished

    # Taking

    async def _consider(self, uids: Sequence[int]) -> None:
        """Look at letters; take those with the keyword, in their order."""
        heads = [each for each in await self._mailbox.heads(uids) if not self._too_old(each)]
        told = {each.uid: head_of(each.fields) for each in heads}
        wanted = [each for each in heads if has_keyword(told[each.uid].subject, self._row.keyword)]
        noted_before = await self._noted([each.uid for each in wanted])
        counted = 0

        def portion(up_to: int) -> Counts:
            """What has been looked at since the last portion."""
            nonlocal counted
            uids_of = [{each.uid for each in some if counted < each.uid <= up_to} for some in (heads, wanted)]
            counted = up_to
            return Counts(len(uids_of[0]), len(uids_of[1]), known=len(uids_of[1] & noted_before))

        for group in self._groups([each for each in wanted if each.uid not in noted_before]):
            noted = await self._take([(each, told[each.uid]) for each in group])
            await self._pass_by(noted, group[-1].uid, portion(group[-1].uid))
        await self._pass_by([], uids[-1], portion(uids[-1]))

    def _too_old(self, head: Head) -> bool:
        return head.arrived_at is not None and head.arrived_at < self._from_at

    async def _noted(self, uids: Sequence[int]) -> set[int]:
        """Those of the letters that were taken from this folder before."""
        async with self._database.read() as connection:
            return set(await connection.scalars(notes.taken(self._row, self._folder.uidvalidity, uids)))

    def _groups(self, wanted: Sequence[Head]) -> Iterator[list[Head]]:
        """Letters that are fetched together: one by one where runs broke off before."""
        group: list[Head] = []
        size = 0
        at_once = 1 if self._row.stuck_tries else FETCHED_AT_ONCE
        for each in wanted:
            if group and (len(group) == at_once or size + each.size > FETCHED_BYTES):
                yield group
                group, size = [], 0
            group.append(each)
            size += each.size
        if group:
            yield group

    async def _take(self, group: Sequence[tuple[Head, Letterhead]]) -> list[Noted]:
        """Store letters as inputs; what is noted of each."""
        noted, fetched = [], []
        for head, told in group:
            if head.size > LETTER_BYTES:
                noted.append(await self._too_large(head, told, head.size))
            elif head.uid == self._row.stuck_uid and self._row.stuck_tries >= TRIES:
                noted.append(_not_taken(head, told, "not_fetched"))
            else:
                fetched.append((head, told))
        if fetched:
            try:
                noted += await self._store(fetched)
            except Exception:  # whatever it was: the next runs find out at which letter, and whether it lasts
                await self._note(notes.stick, fetched[0][0].uid)
                raise
        return noted

    async def _store(self, fetched: Sequence[tuple[Head, Letterhead]]) -> list[Noted]:
        letters = await self._mailbox.letters([head for head, _ in fetched])
        there = [(head, told, letters[head.uid]) for head, told in fetched if head.uid in letters]
        return list(await asyncio.gather(*(self._store_one(*each) for each in there)))

    async def _store_one(self, head: Head, told: Letterhead, raw: bytes) -> Noted:
        if len(raw) > LETTER_BYTES:  # larger than the server said
            return await self._too_large(head, told, len(raw))
        key = key_of(told.message_id, raw)
        input_id = await self._stored(self._input(head, told, key, raw))
        return Noted(head.uid, "taken", len(raw), head.arrived_at, key=key, input_id=input_id)

    async def _too_large(self, head: Head, told: Letterhead, size: int) -> Noted:
        """Store the first lines of a letter that is not fetched: people see it as unreadable."""
        key = sha256(f"{told.message_id} {size} ".encode("utf-8", "replace") + head.fields).hexdigest()
        reason = Warned("letter_too_large", facts={"limit": LETTER_BYTES})
        new = self._input(head, told, key, head.fields, reason)
        return replace(_not_taken(head, told, "too_large"), input_id=await self._stored(new))

    async def _stored(self, new: NewInput) -> int:
        """Store an input; its key, also where the letter came before by another way and looks otherwise."""
        try:
            return (await store(self._database, new)).input_id
        except IdempotencyKeyReused:
            same = sa.select(input_table.c.id).where(
                input_table.c.door == new.door,
                input_table.c.source_id == new.source_id,
                input_table.c.key == new.key,
            )
            async with self._database.read() as connection:
                return int((await connection.scalars(same)).one())

    def _input(
        self, head: Head, told: Letterhead, key: str, raw: bytes, reason: Warned | None = None
    ) -> NewInput:
        about = {
            "subject": told.subject,
            "messageId": told.message_id,
            "arrivedAt": None if head.arrived_at is None else head.arrived_at.isoformat(),
            "folder": self._folder.name,
            "uid": head.uid,
        }
        return NewInput("letter", self._row.id, key, about, "message/rfc822", raw, reason)

    async def _pass_by(self, noted: Iterable[Noted], up_to: int, counts: Counts) -> None:
        """Note what was taken, and that letters up to `up_to` were considered."""
        passed = await self._note(notes.pass_by, self._folder.uidvalidity, list(noted), up_to, counts)
        self._outcome.counts += passed
        if passed.taken:
            self._on_stored()

    async def _note(self, unit: Callable[..., Any], *arguments: Any) -> Any:
        return await self._database.write(unit, self._row, self._run_id, *arguments)

    async def _try_again(self) -> None:
        """Fetch once more what could not be fetched before; only when a person asked for the run."""
        if self._row.asked_at is None:
            return
        async with self._database.read() as connection:
            left = notes.not_fetched(self._row, self._folder.uidvalidity)
            uids = list(await connection.scalars(left.limit(HEADS_AT_ONCE)))
        for head in await self._mailbox.heads(uids) if uids else []:
            told = head_of(head.fields)
            if head.size <= LETTER_BYTES and has_keyword(told.subject, self._row.keyword):
                noted = await self._store([(head, told)])
                counts = await self._note(notes.fetched_after_all, self._folder.uidvalidity, noted)
                self._outcome.counts += counts

    # Settling

    async def _settle(self) -> None:
        """Mark or move what was taken, as the collector says."""
        row = self._row
        if row.after not in ("mark", "move"):
            return
        while not self._late():
            async with self._database.read() as connection:
                left = notes.unsettled(row, self._folder.uidvalidity).limit(SETTLED_AT_ONCE)
                uids = list(await connection.scalars(left))
            if not uids:
                return
            if not await self._settled(uids):
                return
            self._outcome.counts += await self._note(notes.settle, self._folder.uidvalidity, uids)

    async def _settled(self, uids: Sequence[int]) -> bool:
        row = self._row
        if self._folder.read_only:
            self._outcome.reason = MailboxFailure("read_only").reason
            return False
        if row.after == "mark":
            if not self._folder.keeps(row.mark):
                self._outcome.reason = MailboxFailure("not_marked", mark=row.mark).reason
                return False
            await self._mailbox.mark(uids, row.mark)
            return True
        try:
            await self._mailbox.move(uids, row.move_to)
        except MailboxFailure as failure:
            if failure.code != "not_moved":
                raise
            self._outcome.reason = failure.reason
            return False
        if not self._mailbox.moves:
            await self._removed(uids)
        return True

    async def _remove(self) -> None:
        """Remove what was taken long enough ago; in a separate mailbox, every letter that is so old."""
        row = self._row
        if row.after != "delete":
            return
        async with self._database.read() as connection:
            uids = list(await connection.scalars(notes.to_be_deleted(row, self._folder.uidvalidity)))
            kept = set(await connection.scalars(notes.not_taken(row, self._folder.uidvalidity)))
            seen_uid = await connection.scalar(notes.seen_uid(row)) or 0
        if row.separate_mailbox and seen_uid:
            before = self._today - timedelta(days=row.delete_after_days)
            old = await self._mailbox.before(seen_uid, before)
            uids = sorted({*uids, *old} - kept)
        if uids and self._folder.read_only:
            self._outcome.reason = MailboxFailure("read_only").reason
            return
        for at in range(0, len(uids), SETTLED_AT_ONCE):
            if self._late():
                return
            some = uids[at : at + SETTLED_AT_ONCE]
            await self._removed(some)
            self._outcome.counts += await self._note(notes.delete, self._folder.uidvalidity, some)

    async def _removed(self, uids: Sequence[int]) -> None:
        if not await self._mailbox.remove(uids, others_too=self._row.separate_mailbox):
            self._outcome.reason = MailboxFailure("not_removed").reason


def _not_taken(head: Head, told: Letterhead, outcome: str) -> Noted:
    return Noted(head.uid, outcome, head.size, head.arrived_at, subject=told.subject)


def key_of(message_id: str, raw: bytes) -> str:
    """What makes a letter the same letter: its Message-ID with what it says, however it was delivered.

    Two letters of a site that gives all the same Message-ID are two if they say different things; a
    letter without one is what it is byte for byte.
    """
    if not message_id:
        return sha256(raw).hexdigest()
    ends = [at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark)) >= 0]
    content = sha256(raw[min(ends) :] if ends else raw)
    return sha256(message_id.encode("utf-8", "surrogatepass") + b"\0" + content.digest()).hexdigest()


def secret_context(collector_id: int) -> str:
    """What a collector's sealed password is bound to."""
    return f"mail_collector:{collector_id}:password"
