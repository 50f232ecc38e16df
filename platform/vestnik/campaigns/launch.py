"""The units of work of a launch: each reads from our rows what comes next, marks it, or writes down its end.

Nothing here calls a provider. What is marked as being handed over when the process dies is found
marked by the next one: chunks are handed over again (the contract calls them set operations),
CreateCampaign is not (it is looked for at the service).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.campaigns import effects, ledger
from vestnik.campaigns.effects import OnExternalId
from vestnik.campaigns.ledger import SERVICE, Row, Tell
from vestnik.campaigns.plan import CLEAR, STALE, current, exclude, fail
from vestnik.campaigns.ports import Rejected, SendingAccount
from vestnik.campaigns.reasons import Reason, reason
from vestnik.campaigns.states import OF_SERVICE, State
from vestnik.campaigns.statuses import HANDED_OVER, REJECTED
from vestnik.campaigns.tables import campaign, chunk, delivery
from vestnik.contacts.addresses import KIND_OF_CAMPAIGN
from vestnik.contacts.audience import audience
from vestnik.db import now
from vestnik.people.access import SYSTEM

#: With the pauses between them about nine minutes; each chunk that gets through begins the count anew.
ATTEMPTS = 14
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
#: A service that says when to come back is believed up to here; waiting so is no failed attempt.
LONGEST_TOLD_PAUSE_S = 86_400.0

#: So long recipients of an earlier run are looked at in one unit of work.
LOOK_AGAIN_S = 0.03

Step = Literal["export", "prepare"]
Doing = Literal["stop", "wait", "clear", "plan", "cut", "chunks", "create", "resolve"]


@dataclass(frozen=True, slots=True)
class Handover:
    """One chunk that is marked as being handed over: what to pass, or which job to ask for."""

    step: Step
    number: int
    attempts: int
    job_id: str | None = None
    #: What the module calls each row (contact id or address) -> the delivery's address.
    rows: Mapping[str, int] | None = None


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
        if (looking := self._look_again(connection, row)) is not None:
            return looking
        steps: tuple[Step, ...] = ("export", "prepare")
        for step in steps:
            following = self._chunks(connection, row, account, step)
            if following is not None:
                return following
        return self._creation(connection, row)

    def _look_again(self, connection: sa.Connection, row: Row) -> Next | None:
        """Look at recipients whom the service got in an earlier run, some at a time; None: all are looked at.

        Who may no longer be written to can't be taken back there: then this campaign goes to nobody.
        """
        deadline = time.monotonic() + LOOK_AGAIN_S
        while time.monotonic() < deadline:
            found = connection.execute(
                sa.select(chunk)
                .where(chunk.c.campaign_id == row.id, chunk.c.state == STALE)
                .order_by(chunk.c.step, chunk.c.number)
                .limit(1)
            ).one_or_none()
            if found is None:
                return None
            here = _within(row.id, found)
            members = sa.select(delivery.c.contact_id).where(here, _not_rejected())
            allowed = {(each.contact_id, each.address_id) for each in _allowed(connection, members, row)}
            got = connection.execute(
                sa.select(delivery.c.contact_id, delivery.c.address_id).where(here, _not_rejected())
            ).all()
            left = sum((each.contact_id, each.address_id) not in allowed for each in got)
            if left:
                return self._failed(connection, row, reason("recipients_left", count=left))
            connection.execute(
                sa.update(chunk).where(_is(row.id, found.step, found.number)).values(state="handed_over")
            )
        return Next("wait", row)

    def _chunks(
        self, connection: sa.Connection, row: Row, account: SendingAccount, step: Step
    ) -> Next | None:
        """The chunks of `step` to hand over now; None when all of them are handed over."""
        width = account.parallel_prepare if step == "prepare" else 1
        due = connection.execute(
            sa.select(chunk)
            .where(chunk.c.campaign_id == row.id, chunk.c.step == step, chunk.c.state != "handed_over")
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
        """Mark a chunk as being handed over; who may no longer be written to leaves it in the same unit."""
        if found.job_id is not None:
            return Handover(step, found.number, found.attempts, job_id=found.job_id)
        here = _within(row.id, found)
        members = sa.select(delivery.c.contact_id).where(here, _not_rejected())
        people = connection.execute(_people(members, row)).all()
        allowed = {person.contact_id: person for person in people if person.verdict == "ok"}
        planned = connection.execute(
            sa.select(delivery.c.address_id, delivery.c.contact_id).where(here, _not_rejected())
        ).all()
        verdicts = {person.contact_id: person.verdict for person in people}
        rows: dict[str, int] = {}
        dropped: dict[int, str] = {}
        for address_id, contact_id in planned:
            person = allowed.get(contact_id)
            if person is not None and person.address_id == address_id:
                rows[str(contact_id) if step == "export" else person.address] = address_id
            else:
                verdict = verdicts.get(contact_id, "merged")
                dropped[address_id] = "address_changed" if person is not None else verdict
        _drop(connection, row.id, dropped)
        connection.execute(
            sa.update(chunk)
            .where(_is(row.id, step, found.number))
            .values(state="handing_over", size=len(rows))
        )
        return Handover(step, found.number, found.attempts, rows=rows)

    def handed_over(
        self, connection: sa.Connection, campaign_id: int, handed: Handover, rejected: Rejected
    ) -> None:
        """Write down that the service has a chunk, and whom it refused."""
        effects.hold_campaigns(connection, [campaign_id])
        found = connection.execute(
            sa.select(chunk).where(_is(campaign_id, handed.step, handed.number)).with_for_update()
        ).one()
        if found.state == "handed_over":
            return
        refused = self._refused(connection, campaign_id, found, handed, rejected)
        number = effects.reject(connection, campaign_id, refused, now()) if refused else 0
        if handed.step == "prepare":
            here = _within(campaign_id, found)
            marked = connection.execute(
                sa.update(delivery)
                .where(here, _not_rejected(), delivery.c.flags.bitwise_and(HANDED_OVER) == 0)
                .values(flags=delivery.c.flags.bitwise_or(HANDED_OVER))
            ).rowcount
            effects.count(connection, campaign_id, {"handed_over": marked})
        connection.execute(
            sa.update(chunk)
            .where(_is(campaign_id, handed.step, handed.number))
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
            .where(_is(campaign_id, handed.step, handed.number), chunk.c.state == "handing_over")
            .values(job_id=job_id, poll_at=poll_at)
        )

    def try_again(
        self,
        connection: sa.Connection,
        campaign_id: int,
        run: int,
        failure: Reason,
        handed: Handover | None,
        asked_s: float | None = None,
    ) -> None:
        """Count a failed attempt and set the time of the next; after the last one the campaign has failed.

        `asked_s`: how long the service asked to wait. Chunks that fail beside each other are one attempt.
        """
        row = current(connection, campaign_id, run)
        if row is None:
            return
        at = now()
        beside = row.attempts > 0 and row.retry_at is not None and row.retry_at > at
        attempts: int = row.attempts if beside else row.attempts + 1
        if handed is not None:
            connection.execute(
                sa.update(chunk)
                .where(_is(campaign_id, handed.step, handed.number))
                .values(attempts=chunk.c.attempts + 1)
            )
        if attempts >= ATTEMPTS:
            code = "waited_in_vain" if failure["code"] == "waiting" else failure["code"]
            fail(connection, row, {**failure, "code": code, "attempts": attempts}, self._tell)
            return
        pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempts - 1))
        if asked_s is not None:
            pause_s = max(asked_s, _FIRST_PAUSE_S)
        why = row.reason
        if failure["code"] == "waiting":
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
        self, connection: sa.Connection, campaign_id: int, run: int, retry_after_s: float
    ) -> None:
        """Go on when the service's budget of calls allows it."""
        row = current(connection, campaign_id, run)
        if row is not None:
            at = now() + timedelta(seconds=min(retry_after_s, LONGEST_TOLD_PAUSE_S))
            ledger.change(connection, campaign_id, self._tell, retry_at=max(at, row.retry_at or at))

    def start_over(self, connection: sa.Connection, campaign_id: int, handed: Handover) -> None:
        """Forget a failed job: the chunk is passed again, unless another process is further."""
        connection.execute(
            sa.update(chunk)
            .where(_is(campaign_id, handed.step, handed.number), chunk.c.job_id == handed.job_id)
            .values(state="planned", job_id=None, poll_at=None)
        )

    def fail(self, connection: sa.Connection, campaign_id: int, run: int, why: Reason) -> None:
        """End the run with a reason; a person may retry."""
        row = current(connection, campaign_id, run)
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

    def not_begun(self, connection: sa.Connection, campaign_id: int, run: int) -> None:
        """Take the mark back: CreateCampaign was surely not begun."""
        row = current(connection, campaign_id, run)
        if row is not None:
            ledger.change(connection, campaign_id, creating_at=None)

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

    def unclear(self, connection: sa.Connection, campaign_id: int, run: int, why: Reason) -> None:
        """Stop where nobody can know; a person decides, and we keep asking where the service can be asked."""
        row = ledger.get(connection, campaign_id)
        if row.run != run or row.external_id is not None:
            return
        if row.state == State.UNCLEAR:
            ledger.change(connection, campaign_id, self._tell, reason=why)
        elif row.state == State.PREPARING:
            soon = now() + timedelta(seconds=_FIRST_PAUSE_S)
            ledger.move(connection, row, State.UNCLEAR, SYSTEM, why, self._tell, driver=None, check_at=soon)


def _drop(connection: sa.Connection, campaign_id: int, dropped: Mapping[int, str]) -> None:
    """Leave out recipients who may no longer be written to."""
    if not dropped:
        return
    connection.execute(
        sa.delete(delivery).where(
            delivery.c.campaign_id == campaign_id, delivery.c.address_id.in_(list(dropped))
        )
    )
    numbers: dict[str, int] = {}
    for verdict in dropped.values():
        numbers[verdict] = numbers.get(verdict, 0) + 1
    exclude(connection, campaign_id, numbers)
    ledger.change(connection, campaign_id, recipients=campaign.c.recipients - len(dropped))


def _keys(connection: sa.Connection, campaign_id: int, found: Row, step: str) -> dict[str, int]:
    """What the module calls each row of a chunk -> the delivery's address."""
    here = _within(campaign_id, found)
    rows = connection.execute(sa.select(delivery.c.address_id, delivery.c.contact_id).where(here)).all()
    if step == "export":
        return {str(contact_id): address_id for address_id, contact_id in rows}
    row = ledger.get(connection, campaign_id)
    members = sa.select(delivery.c.contact_id).where(here)
    people = connection.execute(_people(members, row)).all()
    return {person.address: person.address_id for person in people if person.address_id is not None}


def _allowed(connection: sa.Connection, members: sa.Select[Any], row: Row) -> list[Row]:
    """Those of the recipients who may be written to now."""
    return [each for each in connection.execute(_people(members, row)) if each.verdict == "ok"]


def _people(members: sa.Select[Any], row: Row) -> sa.Select[Any]:
    """The audience's word on recipients; they are planned, so that no two have one address."""
    return audience(members, row.category_id, KIND_OF_CAMPAIGN[row.type], find_duplicates=False)


def _is(campaign_id: int, step: str, number: int) -> sa.ColumnElement[bool]:
    return sa.and_(chunk.c.campaign_id == campaign_id, chunk.c.step == step, chunk.c.number == number)


def _within(campaign_id: int, found: Row) -> sa.ColumnElement[bool]:
    return sa.and_(
        delivery.c.campaign_id == campaign_id,
        delivery.c.address_id.between(found.first_address_id, found.last_address_id),
    )


def _not_rejected() -> sa.ColumnElement[bool]:
    return delivery.c.flags.bitwise_and(REJECTED) == 0
