"""Looks at a mailbox before it is collected from: each step that works, and what a first run would take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo

from vestnik.egress import Resolver
from vestnik.intake.collectors.failures import STAGES, MailboxFailure, Stage
from vestnik.intake.collectors.mailbox import HEADS_AT_ONCE, Account, Mailbox, signed_in
from vestnik.intake.parsing.letters import LETTER_BYTES, has_keyword, head_of

#: A check ends after so long, with what it has found by then.
CHECK_S = 20.0
#: So many letters are looked at, the newest first, and so many subjects shown.
LOOKED_AT = 10_000
SUBJECTS = 20
#: Checks at the same time; the others wait.
AT_ONCE = 4
FOLDERS = 500

_STAGE_OF: dict[str, Stage] = {
    "bad_host": "connect", "dns": "connect", "own_address": "connect", "unusable_address": "connect",
    "connect": "connect", "tls": "tls", "certificate": "tls", "no_starttls": "tls", "not_imap": "tls",
    "login": "login", "login_disabled": "login", "unavailable": "login", "password_lost": "login",
    "no_folder": "folder", "no_uids": "folder",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter that would be taken."""

    subject: str
    arrived_at: datetime | None
    size: int


@dataclass(slots=True)
class Checked:
    """How far a check came. `complete`: every letter from the date on was looked at."""

    passed: list[Stage] = field(default_factory=list)
    failed: Stage | None = None
    reason: dict[str, Any] | None = None
    folders: list[str] = field(default_factory=list)
    exists: int = 0
    considered: int = 0
    wanted: int = 0
    too_large: int = 0
    complete: bool = False
    subjects: list[Shown] = field(default_factory=list)
    moves: bool = False
    removes_single_letters: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What a check looks for in a mailbox."""

    account: Account
    folder: str
    keyword: str
    from_date: date


class Checking:
    """Checks of mailboxes, a few at a time."""

    def __init__(
        self, resolver: Resolver, own_listeners: Sequence[tuple[str, int]], zone: Callable[[], ZoneInfo]
    ) -> None:
        self._resolver, self._own_listeners, self._zone = resolver, own_listeners, zone
        self._places = asyncio.Semaphore(AT_ONCE)

    async def check(self, question: Question) -> Checked:
        """Go as far as it goes; nothing in the mailbox is changed, and nothing of it kept."""
        checked = Checked()
        async with self._places:
            try:
                async with asyncio.timeout(CHECK_S):
                    await self._look(question, checked)
            except TimeoutError:
                if "folder" not in checked.passed:  # else what was found counts
                    _fail(checked, MailboxFailure("timeout", host=question.account.host))
            except MailboxFailure as failure:
                _fail(checked, failure)
        return checked

    async def _look(self, question: Question, checked: Checked) -> None:
        opened = signed_in(
            question.account, self._resolver, self._own_listeners, on_stage=checked.passed.append
        )
        async with opened as mailbox:
            checked.moves, checked.removes_single_letters = mailbox.moves, mailbox.removes_single_letters
            checked.folders = (await mailbox.folders())[:FOLDERS]
            folder = await mailbox.open(question.folder, to_change=False)
            checked.passed.append("folder")
            checked.exists = folder.exists
            await self._count(mailbox, question, checked)
            checked.passed.append("letters")

    async def _count(self, mailbox: Mailbox, question: Question, checked: Checked) -> None:
        from_at = datetime.combine(question.from_date, time_of_day(), tzinfo=self._zone())
        uids = await mailbox.since(1, question.from_date - timedelta(days=1))
        looked_at = uids[-LOOKED_AT:]
        ends_at = time.monotonic() + CHECK_S * 0.75
        for end in range(len(looked_at), 0, -HEADS_AT_ONCE):
            if time.monotonic() > ends_at:
                return
            for head in reversed(await mailbox.heads(looked_at[max(0, end - HEADS_AT_ONCE) : end])):
                if head.arrived_at is not None and head.arrived_at < from_at:
                    continue
                checked.considered += 1
                subject = head_of(head.fields).subject
                if not has_keyword(subject, question.keyword):
                    continue
                checked.wanted += 1
                checked.too_large += head.size > LETTER_BYTES
                if len(checked.subjects) < SUBJECTS:
                    checked.subjects.append(Shown(subject, head.arrived_at, head.size))
        checked.complete = len(looked_at) == len(uids)


def _fail(checked: Checked, failure: MailboxFailure) -> None:
    checked.reason = failure.reason
    # A time limit, or a cut, is told of the step that it came in.
    following: Stage = next((each for each in STAGES if each not in checked.passed), "letters")
    checked.failed = _STAGE_OF.get(failure.code, following)
