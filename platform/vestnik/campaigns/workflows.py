"""The durable launch: a driver that asks our rows what comes next, and calls the module for it.

Each step of the workflow is one `advance`: its memory in the engine is only "go on" or "done". So a
replay, an engine whose file is new, or one restored from an older copy all lead to the same place.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from vestnik import contract
from vestnik.campaigns import ledger
from vestnik.campaigns.chunks import Handover
from vestnik.campaigns.launch import STOP, Launch, Next
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.plan import Plan
from vestnik.campaigns.ports import (
    CREATE,
    EXPORT,
    FIND,
    JOB,
    PREPARE,
    WITHDRAW,
    CallFailed,
    Found,
    ModuleCaller,
    Rejected,
    SendingAccount,
    Surroundings,
)
from vestnik.campaigns.reasons import reason, words_of
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign
from vestnik.campaigns.turns import Turns
from vestnik.db import Database, WriterStopped, now
from vestnik.engine import Engine, Run, Wanted
from vestnik.engine.alone import Alone
from vestnik.engine.letting_go import LettingGo
from vestnik.logs import fault

WORKFLOW = "campaign"
_PLANNED_AT_ONCE = 20  # slices of one step
_LOOKED_AT_ONCE = 50  # units of one step
_POLL_S = 3.0
_PAUSE_S = 1.0
_FUNCTION = {"export": EXPORT, "prepare": PREPARE, "withdraw": WITHDRAW}
#: A provider's clock may be behind ours.
_CLOCKS_DIFFER = timedelta(minutes=10)

log = structlog.get_logger("vestnik.campaigns")


def workflow_id(campaign_id: int, run: int) -> str:
    """The id of the workflow that drives one run of a campaign."""
    return f"camp-{campaign_id}-{run}"


class Driver:
    """Drives launches by the engine."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        modules: ModuleCaller,
        surroundings: Surroundings,
        plan: Plan,
        launch: Launch,
    ) -> None:
        self._database, self._engine, self._modules = database, engine, modules
        self._own = engine.executors.own_id
        self._surroundings, self._plan, self.launch = surroundings, plan, launch
        self._alone = Alone()  # an earlier run's last step ends before the next begins
        self._turns = Turns()
        engine.workflow(WORKFLOW, self._drive)
        engine.keep(self._wanted, self._finished)
        of_row, at_work = lambda row: workflow_id(row.id, row.run), campaign.c.state == State.PREPARING
        self.letting_go = LettingGo(database, engine, self._alone, campaign, at_work, of_row)

    async def begin(self, campaign_id: int, run: int) -> None:
        """Start the workflow of a committed run; should the process die before, the sweep starts it."""
        await self._engine.run(WORKFLOW, workflow_id(campaign_id, run), campaign_id, run)

    async def _drive(self, run: Run, campaign_id: int, generation: int) -> None:
        while (wait_s := await run.step("advance", self.advance, campaign_id, generation)) is not None:
            if wait_s > 0:
                await run.sleep(wait_s)

    async def _wanted(self) -> Sequence[Wanted]:
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(campaign.c.id, campaign.c.run).where(campaign.c.state == State.PREPARING)
            )
            return [Wanted(WORKFLOW, workflow_id(row.id, row.run), (row.id, row.run)) for row in rows]

    async def _finished(self, wanted: Wanted) -> None:
        """The engine is done with a run that our rows still want: give the campaign a new one."""
        campaign_id, run = wanted.arguments

        def renew(connection: sa.Connection) -> int | None:
            row = ledger.find(connection, campaign_id)
            if row is None or row.run != run or row.state != State.PREPARING:
                return None
            renewed: int = row.run + 1
            ledger.change(connection, campaign_id, run=renewed)
            return renewed

        renewed = await self._database.write(renew)
        if renewed is not None:
            log.warning("campaign.run_renewed", campaign_id=campaign_id, run=renewed)
            await self.begin(campaign_id, renewed)

    async def advance(self, campaign_id: int, run: int) -> float | None:
        """Do the next piece of a launch; the seconds to wait before the one after, or None at the end."""
        async with self._alone.of(campaign_id):
            row = await self._row(campaign_id)
            if row is None or row.run != run or row.account_id is None:
                return None
            try:
                return await self._advance(row, row.account_id)
            except WriterStopped:
                raise
            except Exception as error:
                reference = fault(log, "campaign.step_failed", error, campaign_id=campaign_id, run=run)
                facts = {"code": "internal", "text": reference}
                await self._database.write(self.launch.try_again, campaign_id, run, self._own, facts, None)
                return _PAUSE_S  # for what is another process's by now no pause is set

    async def _advance(self, row: Row, account_id: int) -> float | None:
        account = await self._modules.sending_account(account_id, row.version_id)
        alive = await self._engine.executors.alive()
        following = await self._database.write(self.launch.next, row.id, row.run, account, self._own, alive)
        if following is STOP or account is None or following.campaign is None:
            return None
        return await self._carry_out(following, following.campaign, account)

    async def _carry_out(self, following: Next, row: Row, account: SendingAccount) -> float | None:
        match following.do:
            case "wait":
                return following.wait_s
            case "clear":
                await self._repeat(lambda connection: self._plan.clear(connection, row.id, row.run))
            case "plan":
                await self._repeat(
                    lambda connection: self._plan.plan(connection, row.id, row.run),
                    at_most=_PLANNED_AT_ONCE,
                )
            case "cut":
                await self._repeat(lambda connection: self._plan.cut(connection, row.id, row.run, account))
            case "chunks":
                await asyncio.gather(*(self._in_turn(row, handed) for handed in following.chunks))
            case "look":
                await self._repeat(
                    lambda connection: self.launch.look(connection, row.id, row.run), at_most=_LOOKED_AT_ONCE
                )
            case "create":
                await self._create(row)
            case "resolve":
                await self.resolve(row)
        return 0.0

    async def _repeat(self, unit: Callable[[sa.Connection], bool], *, at_most: int | None = None) -> None:
        """Run a bounded unit, as work that others go before, until it has no more to do."""
        turns = itertools.count() if at_most is None else range(at_most)
        for _ in turns:
            if not await self._database.submit(unit, bulk=True):
                return

    async def _in_turn(self, row: Row, handed: Handover) -> None:
        async with self._turns.of(row.account_id, row.id):
            await self._hand_over(row, handed)

    async def _hand_over(self, row: Row, handed: Handover) -> None:
        """Hand one chunk to the service, or ask for the job that it made of it."""
        answer: dict[str, Any] | None
        try:
            if handed.job_id is not None:
                answer = await self._ask_for_job(row, handed)
            elif handed.rows:
                answer = await self._call(row, _FUNCTION[handed.step], _arguments(row, handed))
            else:
                answer = None
        except CallFailed as failure:
            await self._chunk_failed(row, handed, failure)
            return
        if answer is not None and "jobId" in answer:
            poll_at = now() + timedelta(seconds=answer.get("pollAfterSeconds") or _POLL_S)
            await self._database.write(self.launch.under_way, row.id, handed, str(answer["jobId"]), poll_at)
            return
        if handed.step == "withdraw":
            await self._database.write(self.launch.withdrawn, row.id, row.run, handed)
        else:
            await self._database.write(self.launch.handed_over, row.id, handed, _rejected(answer))

    async def _ask_for_job(self, row: Row, handed: Handover) -> dict[str, Any] | None:
        """The report of a finished job, or the ticket again while it runs."""
        job = await self._call(row, JOB, {"jobId": handed.job_id})
        if job["status"] == "done":
            return dict(job.get("result") or {})
        if job["status"] == "running":
            return {"jobId": handed.job_id, "pollAfterSeconds": job.get("pollAfterSeconds")}
        await self._database.write(self.launch.start_over, row.id, handed)
        raise CallFailed(_FUNCTION[handed.step], "job", job.get("reason") or "")

    async def _chunk_failed(self, row: Row, handed: Handover, failure: CallFailed) -> None:
        if failure.kind == "not_implemented" and handed.step == "withdraw":
            left = reason("recipients_left", count=len(handed.verdicts))
            await self._database.write(self.launch.fail, row.id, row.run, self._own, left)
        elif failure.kind == "not_implemented" and not _is_required(failure.function):
            await self._database.write(self.launch.handed_over, row.id, handed, Rejected())
        elif failure.transient or failure.kind == "job":
            await self._try_again(row, failure, handed)
        else:
            await self._database.write(self.launch.fail, row.id, row.run, self._own, _failed(failure))

    async def _try_again(self, row: Row, failure: CallFailed, handed: Handover | None) -> None:
        if failure.is_failed_attempt:
            asked = _facts("down" if failure.kind == "service_down" else "waiting", failure)
            await self._database.write(
                self.launch.try_again, row.id, row.run, self._own, asked, handed, failure.retry_after_s
            )
            return
        if failure.retry_after_s is not None:
            await self._database.write(
                self.launch.wait_as_told, row.id, row.run, self._own, failure.retry_after_s
            )
            return
        facts = _facts("unavailable" if failure.transient else "job", failure)
        await self._database.write(self.launch.try_again, row.id, row.run, self._own, facts, handed)

    async def _create(self, row: Row) -> None:
        """Call CreateCampaign, once. What the call leaves open is looked for at the service."""
        try:
            answer = await self._call(row, CREATE, {"request": await self._request(row)})
        except CallFailed as failure:
            if not failure.without_effect:
                await self.resolve(row, failure)
            elif failure.transient:
                await self._database.write(self.launch.not_begun, row.id, row.run, self._own)
                await self._try_again(row, failure, None)
            else:
                await self._database.write(self.launch.fail, row.id, row.run, self._own, _failed(failure))
            return
        await self._database.write(self.launch.created, row.id, row.run, answer)

    async def resolve(self, row: Row, failure: CallFailed | None = None) -> Found:
        """Find out whether the service has the campaign, after CreateCampaign was cut short or failed.

        CreateCampaign is never repeated here: what can't be known, or is not there, waits for a person.
        A module that itself said no (`raised`) has failed only if the service says that it has no such
        campaign: the module may have raised over the answer to a request that had its effect.
        """
        found = await self.look(row)
        refused = failure if failure is not None and failure.kind == "raised" else None
        if found.campaign is not None:
            await self._database.write(self.launch.created, row.id, row.run, found.campaign)
        elif refused is not None and found.answered:
            facts = _facts("module", refused)
            await self._database.write(self.launch.fail, row.id, row.run, self._own, facts)
        elif refused is not None and found.unasked:
            doubt = reason("create_refused", text=refused.words)
            await self._database.write(self.launch.unclear, row.id, row.run, self._own, doubt)
        elif row.state != State.UNCLEAR or not found.unasked:  # else the doubt is what it was
            await self._database.write(self.launch.unclear, row.id, row.run, self._own, found.doubt)
        return found

    async def look(self, row: Row) -> Found:
        """Ask the service whether it has the campaign."""
        since = (row.launched_at or row.created_at) - _CLOCKS_DIFFER
        arguments = {"campaignId": str(row.id), "since": since.isoformat()}
        try:
            return Found(answered=True, campaign=await self._call(row, FIND, arguments))
        except CallFailed as failure:
            return Found(words=None if failure.kind == "not_implemented" else failure.words)

    async def _call(self, row: Row, function: str, arguments: dict[str, Any]) -> Any:
        return await call(
            self._modules, row.account_id, function, arguments, lane="bulk", version_id=row.version_id
        )

    async def _request(self, row: Row) -> dict[str, Any]:
        return await request(self._surroundings, row)

    async def _row(self, campaign_id: int) -> Row | None:
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(campaign).where(campaign.c.id == campaign_id))
            return found.one_or_none()


async def call(
    modules: ModuleCaller,
    account_id: int,
    function: str,
    arguments: dict[str, Any],
    *,
    lane: str,
    version_id: int | None,
) -> Any:
    """Call a module; `CallFailed` for every failure that the modules room explains by a `kind`."""
    try:
        return await modules.call(account_id, function, arguments, lane=lane, version_id=version_id)
    except Exception as error:
        kind = getattr(error, "kind", None)
        if not isinstance(kind, str):
            raise
        raise CallFailed(
            function,
            kind,
            words_of(error),
            reached_service=bool(getattr(error, "reached_service", True)),
            retry_after_s=getattr(error, "retry_after_s", None),
            is_failed_attempt=bool(getattr(error, "is_failed_attempt", False)),
        ) from error


async def request(surroundings: Surroundings, row: Row) -> dict[str, Any]:
    """The contract's CreateCampaignRequest of a campaign; what is empty is left out."""
    template = None if row.template_id is None else await surroundings.template(row.template_id)
    category_name = list_id = None
    if row.category_id is not None:
        category_name = await surroundings.category_name(row.category_id)
        list_id = await surroundings.list_of_category(row.account_id, row.category_id)
    optional = {
        "subject": row.subject,
        "previewText": row.preview_text,
        "senderName": row.sender_name,
        "senderEmail": row.sender_email,
        "replyTo": row.reply_to,
        "text": row.text,
        "templateExternalId": None if template is None else template.external_id,
        "listExternalId": list_id,
        "categoryId": None if row.category_id is None else str(row.category_id),
        "categoryName": category_name,
    }
    return {
        "campaignId": str(row.id),
        "type": row.type,
        "name": row.name,
        "recipientCount": row.handed_over,
        **{name: value for name, value in optional.items() if value},
        "trackOpens": True,
        "trackClicks": True,
    }


def _arguments(row: Row, handed: Handover) -> dict[str, Any]:
    keys = list(handed.rows or ())
    if handed.step == "export":
        return {"contactIds": keys}
    return {"campaignId": str(row.id), "type": row.type, "contacts": keys}


def _rejected(answer: Mapping[str, Any] | None) -> Rejected:
    """Whom the service refused; a repeat of what it has is no refusal."""
    rows = (answer or {}).get("rejected", ())
    return Rejected({row["key"]: row["reason"] for row in rows if row.get("code") != "duplicate"})


def _is_required(function: str) -> bool:
    return function == JOB or contract.functions()[function].required


def _facts(code: str, failure: CallFailed) -> dict[str, Any]:
    return {"code": code, "function": failure.function, "text": failure.words}


def _failed(failure: CallFailed) -> dict[str, Any]:
    return _facts(failure.kind if failure.kind in ("not_implemented", "key_refused") else "module", failure)
