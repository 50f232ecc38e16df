"""The units of work of a launch: each reads from our rows what comes next, marks it, or writes down its end.

Nothing here calls a provider. What is marked as being handed over when the process dies is found
marked by the next one: chunks are handed over again (the contract calls them set operations),
CreateCampaign is not (it is looked for at the service).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.campaigns import effects, last_look, ledger
from vestnik.campaigns.chunks import (
    Handover,
    Step,
    drop,
    is_chunk,
    look_at,
    not_rejected,
    people_of,
    within,
)
from vestnik.campaigns.effects import OnExternalId
from vestnik.campaigns.ledger import SERVICE, Row, Tell
from vestnik.campaigns.plan import AT_SERVICE, CLEAR, current, driven, fail, look_anew
from vestnik.campaigns.ports import WITHDRAW, Rejected, SendingAccount
from vestnik.campaigns.reasons import Reason, reason
from vestnik.campaigns.states import OF_SERVICE, State
from vestnik.campaigns.statuses import HANDED_OVER
from vestnik.campaigns.tables import campaign, chunk, delivery
from vestnik.db import now
from vestnik.people.access import SYSTEM

#: With the pauses between them about nine minutes; each chunk that gets through begins the count anew.
ATTEMPTS = 14
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
#: What a service is said to be while it is tried again, and what is said of it after the last attempt.
_IN_VAIN = {"waiting": "waited_in_vain", "down": "unavailable"}
#: A service that says when to come back is believed up to here; waiting so is no failed attempt.
LONGEST_TOLD_PAUSE_S = 86_400.0

Doing = Literal["stop", "wait", "clear", "plan", "cut", "chunks", "look", "create", "resolve"]


@dataclass(frozen=True, slots=True)
class Next:
    """What the launch does next."""

    do: Doing
    campaign: Row | None = None
    wait_s: float = 0.0
    chunks: Sequence[Handover] = ()


STOP = Next("stop")


class Launch:
    """The units of one installation's launches."""

    def __init__(self, tell: Tell, on_external_id: Sequence[OnExternalId]) -> None:
        self._tell, self._on_external_id = tell, on_external_id

    def next(
        self,
        connection: sa.Connection,
        campaign_id: int,
        run: int,
        account: SendingAccount | None,
        driver: str,
        alive: Collection[str],
    ) -> Next:
        """Decide and mark what comes next in run `run`; the caller holds the campaign alone in its process.

        `driver` is the caller's process, `alive` are those that live: two never work on one campaign.
        """
        row = ledger.find(connection, campaign_id)
        if row is None or row.run != run or row.state != State.PREPARING:
            if row is not None and row.driver == driver:
                ledger.change(connection, campaign_id, driver=None)
            return STOP
        if row.driver is not None and row.driver != driver and row.driver in alive:
            return Next("wait", row, 1.0)
        if row.driver != driver:
            ledger.change(connection, campaign_id, driver=driver)
            look_anew(connection, campaign_id)
        if row.creating_at is not None:
            return Next("resolve", row)
        if row.retry_at is not None and (wait := (row.retry_at - now()).total_seconds()) > 0:
            return Next("wait", row, wait)
        if account is None:
            return self._failed(connection, row, reason("account_gone"))
        if row.version_id is None:
            ledger.change(connection, campaign_id, version_id=account.version_id)
            row = ledger.get(connection, campaign_id)
        if row.planned_to == CLEAR:
            return Next("clear", row)
        if row.planned_at is None:
            return Next("plan", row)
        if row.cut_at is None:
            return Next("cut", row)
        steps: tuple[Step, ...] = ("export", "prepare")
        for step in steps:
            following = self._chunks(connection, row, account, step)
            if following is not None:
                return following
        if (following := self._last_look(connection, row, account)) is not None:
            return following
        return self._creation(connection, row)

    def _last_look(self, connection: sa.Connection, row: Row, account: SendingAccount) -> Next | None:
        """Who left since the service got them is taken back; None: nobody has."""
        if not last_look.look(connection, row):
            return Next("look", row)
        handed = last_look.withdrawal(connection, row, account.prepare_chunk)
        if handed is None:
            return None
        left = len(handed.verdicts)
        if WITHDRAW not in account.functions or len(handed.rows or ()) < left:
            return self._failed(connection, row, reason("recipients_left", count=left))
        return Next("chunks", row, chunks=[handed])

    def look(self, connection: sa.Connection, campaign_id: int, run: int) -> bool:
        """Look at more chunks before the creation; False when none is left to look at."""
        row = current(connection, campaign_id, run)
        return row is not None and row.creating_at is None and not last_look.look(connection, row)

    def withdrawn(self, connection: sa.Connection, campaign_id: int, run: int, handed: Handover) -> None:
        """Write down that the service has taken out who left."""
        row = current(connection, campaign_id, run)
        if row is not None and row.creating_at is None:
            last_look.withdrawn(connection, row, handed)
            ledger.change(connection, campaign_id, self._tell, attempts=0, retry_at=None, reason=None)

    def _chunks(
        self, connection: sa.Connection, row: Row, account: SendingAccount, step: Step
    ) -> Next | None:
        """The chunks of `step` to hand over now; None when all of them are handed over."""
        width = account.parallel_prepare if step == "prepare" else 1
        due = connection.execute(
            sa.select(chunk)
            .where(chunk.c.campaign_id == row.id, chunk.c.step == step, chunk.c.state.not_in(AT_SERVICE))
            .order_by(chunk.c.number)
            .limit(width)
        ).all()
        if not due:
            return None
        at = now()
        waiting = [(found.poll_at - at).total_seconds() for found in due if found.poll_at is not None]
        if len(waiting) == len(due) and min(waiting) > 0:
            return Next("wait", row, min(waiting))
        ready = [found for found in due if found.poll_at is None or found.poll_at <= at]
        return Next("chunks", row, chunks=[self._hand_over(connection, row, found, step) for found in ready])

    def _hand_over(self, connection: sa.Connection, row: Row, found: Row, step: Step) -> Handover:
        """Mark a chunk as being handed over; who may no longer be written to is not in it."""
        if found.job_id is not None:
            return Handover(step, found.number, found.attempts, job_id=found.job_id)
        seen = look_at(connection, row, within(row.id, found))
        rows = {
            str(person.contact_id) if step == "export" else person.address: address_id
            for address_id, person in seen.allowed.items()
        }
        if step == "export" or found.state == "planned":  # else the service may have them: the last look asks
            drop(connection, row.id, seen.left)
        connection.execute(
            sa.update(chunk)
            .where(is_chunk(row.id, step, found.number))
            .values(state="handing_over", size=len(rows))
        )
        return Handover(step, found.number, found.attempts, rows=rows)

    def handed_over(
        self, connection: sa.Connection, campaign_id: int, handed: Handover, rejected: Rejected
    ) -> None:
        """Write down that the service has a chunk, and whom it refused."""
        effects.hold_campaigns(connection, [campaign_id])
        found = connection.execute(
            sa.select(chunk).where(is_chunk(campaign_id, handed.step, handed.number)).with_for_update()
        ).one()
        if found.state in AT_SERVICE:
            return
        refused = self._refused(connection, campaign_id, found, handed, rejected)
        number = effects.reject(connection, campaign_id, refused, now()) if refused else 0
        if handed.step == "prepare":
            here = within(campaign_id, found)
            marked = connection.execute(
                sa.update(delivery)
                .where(here, not_rejected(), delivery.c.flags.bitwise_and(HANDED_OVER) == 0)
                .values(flags=delivery.c.flags.bitwise_or(HANDED_OVER))
            ).rowcount
            effects.count(connection, campaign_id, {"handed_over": marked})
        connection.execute(
            sa.update(chunk)
            .where(is_chunk(campaign_id, handed.step, handed.number))
            .values(
                state="handed_over",
                attempts=0,
                rejected=chunk.c.rejected + number,
                job_id=None,
                poll_at=None,
                handed_over_at=now(),
            )
        )
        asked_beside = campaign.c.retry_at > now()  # by a chunk that was handed over at the same time
        ledger.change(
            connection,
            campaign_id,
            self._tell,
            attempts=0,
            retry_at=sa.case((asked_beside, campaign.c.retry_at)),
            reason=sa.case((asked_beside, campaign.c.reason)),
        )

    @staticmethod
    def _refused(
        connection: sa.Connection, campaign_id: int, found: Row, handed: Handover, rejected: Rejected
    ) -> dict[int, str]:
        """The refused rows by their addresses' keys; a job reports without the rows that were passed."""
        if not rejected.reasons:
            return {}
        rows = handed.rows
        if rows is None:
            rows = _keys(connection, campaign_id, found, handed.step)
        return {rows[key]: words for key, words in rejected.reasons.items() if key in rows}

    def under_way(
        self, connection: sa.Connection, campaign_id: int, handed: Handover, job_id: str, poll_at: datetime
    ) -> None:
        """Note that the service works on a chunk as the job `job_id`, unless another process is further."""
        connection.execute(
            sa.update(chunk)
            .where(is_chunk(campaign_id, handed.step, handed.number), chunk.c.state == "handing_over")
            .values(job_id=job_id, poll_at=poll_at)
        )

    def try_again(
        self,
        connection: sa.Connection,
        campaign_id: int,
        run: int,
        driver: str,
        failure: Reason,
        handed: Handover | None,
        asked_s: float | None = None,
    ) -> None:
        """Count a failed attempt and set the time of the next; after the last one the campaign has failed.

        `asked_s`: how long the service asked to wait. Chunks that fail beside each other are one attempt.
        """
        row = driven(connection, campaign_id, run, driver)
        if row is None:
            return
        look_anew(connection, campaign_id)
        at = now()
        beside = row.attempts > 0 and row.retry_at is not None and row.retry_at > at
        attempts: int = row.attempts if beside else row.attempts + 1
        if handed is not None:
            connection.execute(
                sa.update(chunk)
                .where(is_chunk(campaign_id, handed.step, handed.number))
                .values(attempts=chunk.c.attempts + 1)
            )
        if attempts >= ATTEMPTS:
            code = _IN_VAIN.get(failure["code"], failure["code"])
            fail(connection, row, {**failure, "code": code, "attempts": attempts}, self._tell)
            return
        pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempts - 1))
        if asked_s is not None:
            pause_s = max(asked_s, _FIRST_PAUSE_S)
        why = row.reason
        if failure["code"] in _IN_VAIN:
            why = {**failure, "attempts": attempts, "at_most": ATTEMPTS, "seconds": round(pause_s)}
        ledger.change(
            connection,
            campaign_id,
            self._tell,
            attempts=attempts,
            reason=why,
            retry_at=max(at + timedelta(seconds=pause_s), row.retry_at or at),
        )

    def wait_as_told(
        self, connection: sa.Connection, campaign_id: int, run: int, driver: str, retry_after_s: float
    ) -> None:
        """Go on when the service's budget of calls allows it."""
        row = driven(connection, campaign_id, run, driver)
        if row is not None:
            look_anew(connection, campaign_id)
            at = now() + timedelta(seconds=min(retry_after_s, LONGEST_TOLD_PAUSE_S))
            ledger.change(connection, campaign_id, self._tell, retry_at=max(at, row.retry_at or at))

    def start_over(self, connection: sa.Connection, campaign_id: int, handed: Handover) -> None:
        """Forget a failed job: the chunk is passed again, unless another process is further."""
        connection.execute(
            sa.update(chunk)
            .where(is_chunk(campaign_id, handed.step, handed.number), chunk.c.job_id == handed.job_id)
            .values(state="again", job_id=None, poll_at=None)
        )

    def fail(self, connection: sa.Connection, campaign_id: int, run: int, driver: str, why: Reason) -> None:
        """End the run with a reason; a person may retry."""
        row = driven(connection, campaign_id, run, driver)
        if row is not None:
            fail(connection, row, why, self._tell)

    def _failed(self, connection: sa.Connection, row: Row, why: Reason) -> Next:
        fail(connection, row, why, self._tell)
        return STOP

    def _creation(self, connection: sa.Connection, row: Row) -> Next:
        """Mark that CreateCampaign is about to be called. From here on it may have happened."""
        if row.handed_over == 0:
            return self._failed(connection, row, reason("no_recipients"))
        ledger.change(
            connection, row.id, self._tell, creating_at=now(), attempts=0, retry_at=None, reason=None
        )
        return Next("create", row)

    def not_begun(self, connection: sa.Connection, campaign_id: int, run: int, driver: str) -> None:
        """Take the mark back: CreateCampaign was surely not begun."""
        row = driven(connection, campaign_id, run, driver)
        if row is not None:
            ledger.change(connection, campaign_id, creating_at=None)
            look_anew(connection, campaign_id)

    def created(
        self, connection: sa.Connection, campaign_id: int, run: int, answer: Mapping[str, Any]
    ) -> bool:
        """Commit that the service has the campaign, with everything that waited for its id there.

        False when the campaign has moved on without this answer (a new run): it is noted in the history.
        """
        account_id = connection.scalar(sa.select(campaign.c.account_id).where(campaign.c.id == campaign_id))
        if account_id is not None:
            effects.hold_accounts(connection, [account_id])
        row = ledger.get(connection, campaign_id)
        external_id = str(answer["externalId"])
        if row.external_id is not None or row.run != run or row.state not in (State.PREPARING, State.UNCLEAR):
            if row.external_id != external_id:
                why = reason("superseded", run=run, external_id=external_id)
                ledger.note(
                    connection, row.id, now(), State(row.state), State(row.state), row.run, SERVICE, why
                )
            return False
        at = now()
        said, words = row.service_status, row.service_reason
        if said is None:
            said, words = answer.get("status") or "sending", answer.get("reason")
        effects.move_by_service(
            connection,
            row,
            OF_SERVICE.get(said, State.MODERATION),
            words,
            at,
            self._tell,
            external_id=external_id,
            external_url=answer.get("url"),
            created_at_service=at,
            service_status=said,
            service_reason=words,
            check_at=at + timedelta(seconds=_FIRST_PAUSE_S),
            driver=None,
            attempts=0,
            retry_at=None,
        )
        for heard in self._on_external_id:
            heard(connection, row.account_id, external_id, row.id)
        return True

    def unclear(
        self, connection: sa.Connection, campaign_id: int, run: int, driver: str, why: Reason
    ) -> None:
        """Stop where nobody can know; a person decides, and we keep asking where the service can be asked."""
        row = ledger.get(connection, campaign_id)
        if row.run != run or row.external_id is not None:
            return
        if row.state == State.UNCLEAR:
            ledger.change(connection, campaign_id, self._tell, reason=why)
        elif driven(connection, campaign_id, run, driver) is not None:
            soon = now() + timedelta(seconds=_FIRST_PAUSE_S)
            ledger.move(connection, row, State.UNCLEAR, SYSTEM, why, self._tell, driver=None, check_at=soon)


def _keys(connection: sa.Connection, campaign_id: int, found: Row, step: str) -> dict[str, int]:
    """What the module calls each row of a chunk -> the delivery's address."""
    here = within(campaign_id, found)
    rows = connection.execute(sa.select(delivery.c.address_id, delivery.c.contact_id).where(here)).all()
    if step == "export":
        return {str(contact_id): address_id for address_id, contact_id in rows}
    row = ledger.get(connection, campaign_id)
    members = sa.select(delivery.c.contact_id).where(here)
    people = connection.execute(people_of(members, row)).all()
    return {person.address: person.address_id for person in people if person.address_id is not None}
