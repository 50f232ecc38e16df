"""Mail collectors over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from vestnik.http.api import Context, Id, Page, Router, Shape, key_of
from vestnik.http.errors import Language
from vestnik.intake.collectors.checking import Checked, Question
from vestnik.intake.collectors.failures import why
from vestnik.intake.collectors.service import Wish
from vestnik.intake.collectors.turns import due_at, running_ids
from vestnik.intake.doors.routes import MappedNames
from vestnik.intake.doors.routes import Mapping as FieldNames
from vestnik.intake.leads.settings import IntakeSettings

router = Router("mail-collectors")

SHORTEST_MINUTES = 1
LONGEST_MINUTES = 1_440
LONGEST_DAYS = 3_650
_NAME_CHARACTERS = 200
_CERTIFICATE_CHARACTERS = 65_536

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=_NAME_CHARACTERS)]
Minutes = Annotated[int, msgspec.Meta(ge=SHORTEST_MINUTES, le=LONGEST_MINUTES)]
Stage = Literal["connect", "tls", "login", "folder", "letters"]


class CollectorBody(Shape, kw_only=True):
    """A collector as a person enters it.

    The password is stored sealed and never told again; null keeps the stored one, which goes to the same
    server under the same name only. `certificate` is PEM that is trusted beside the system's authorities.
    Letters that arrived before `fromDate` are not looked at; without one that is today. `everyMinutes` is an
    interval of its own in place of the job's. With `separateMailbox` nobody works in the mailbox: by
    `deleteAfterDays` every letter goes, not only those that were collected.
    """

    title: Name
    kind: Literal["site_requests"] = "site_requests"
    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 993
    security: Literal["tls", "starttls"] = "tls"
    username: Name
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)] | None = None
    certificate: Annotated[str, msgspec.Meta(max_length=_CERTIFICATE_CHARACTERS)] | None = None
    folder: Name = "INBOX"
    keyword: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "ORDER"
    from_date: date | None = None
    calendar_id: Id | None = None
    responsible_id: Id | None = None
    channel_id: Id | None = None
    # The site's own names of fields; null keeps those that there are.
    mapping: FieldNames | None = None
    after: Literal["keep", "mark", "move", "delete"] = "keep"
    mark: Annotated[str, msgspec.Meta(max_length=65)] | None = None
    move_to: Annotated[str, msgspec.Meta(max_length=_NAME_CHARACTERS)] | None = None
    delete_after_days: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_DAYS)] | None = None
    separate_mailbox: bool = False
    every_minutes: Minutes | None = None
    enabled: bool = True


class CheckBody(CollectorBody, kw_only=True):
    """A mailbox to be looked at; with `id` the stored password of that collector may do."""

    id: Id | None = None


class CollectorRunShape(Shape):
    """One look at a mailbox.

    seen = letters without the keyword + taken + known (taken before) + not taken (too large, or the server
    did not give them). `reason` says why it failed, or what could not be done with letters that were taken.
    """

    id: Id
    begun_by: Literal["time", "hand"]
    state: Literal["running", "done", "failed", "broken_off"]
    seen: int
    with_keyword: int
    taken: int
    known: int
    not_taken: int
    settled: int
    deleted: int
    reason: str | None
    begun_at: datetime
    finished_at: datetime | None


class RunPage(Shape):
    items: list[CollectorRunShape]
    total: int


class CollectorShape(Shape):
    """A mailbox that is read for requests.

    `nextAt` is null for a collector that is off, marked for removal, or asked to run at once.
    """

    id: Id
    title: str
    kind: Literal["site_requests"]
    host: str
    port: int
    security: Literal["tls", "starttls"]
    username: str
    certificate: str | None
    folder: str
    keyword: str
    from_date: date
    calendar_id: Id | None
    responsible_id: Id | None
    responsible: str | None
    channel_id: Id | None
    mapping: list[MappedNames]
    after: Literal["keep", "mark", "move", "delete"]
    mark: str | None
    move_to: str | None
    delete_after_days: int | None
    separate_mailbox: bool
    every_minutes: int | None
    enabled: bool
    removal_marked_at: datetime | None
    running: bool
    asked: bool
    next_at: datetime | None
    succeeded_at: datetime | None
    # How many runs failed in a row.
    failures: int
    last_run: CollectorRunShape | None
    created_by: str | None
    created_at: datetime


class CollectorList(Shape):
    items: list[CollectorShape]


class JobBody(Shape, kw_only=True):
    """Whether mail is collected, and how often where a collector has no interval of its own."""

    on: bool
    every_minutes: Minutes


class JobShape(Shape):
    on: bool
    every_minutes: int


class LettersQuery(Page):
    # Only letters that are in the mailbox alone: too large, or not given by the server.
    not_taken: bool = False


class CollectedLetter(Shape):
    """A letter with the keyword. `subject` is told of one that was not taken: look for it in the mailbox."""

    id: Id
    uid: int
    outcome: Literal["taken", "known", "too_large", "not_fetched"]
    input_id: Id | None
    subject: str | None
    size: int
    arrived_at: datetime | None
    collected_at: datetime
    settled_at: datetime | None
    to_be_deleted_at: datetime | None
    deleted_at: datetime | None


class CollectedLetterPage(Shape):
    items: list[CollectedLetter]
    total: int


class WantedLetter(Shape):
    """A letter that a first run would take."""

    subject: str
    arrived_at: datetime | None
    size: int


class MailboxCheck(Shape):
    """How far a check of a mailbox came: steps that worked, the one that failed, and why.

    `considered` letters arrived from the date on, `wanted` of them bear the keyword; the newest are in
    `letters`. Not `complete`: there are more than were looked at.
    """

    passed: list[Stage]
    failed: Stage | None
    reason: str | None
    folders: list[str]
    exists: int
    considered: int
    wanted: int
    too_large: int
    complete: bool
    letters: list[WantedLetter]
    # What the server can do: move letters at once, remove single letters.
    moves: bool
    removes_single_letters: bool


@router.get("/mail-collectors", returns=CollectorList, right="intake.manage")
async def list_mail_collectors(context: Context) -> CollectorList:
    """Every mail collector with its newest run; those marked for removal stand last."""
    rows = await context.services.collectors.all(context.actor)
    return CollectorList(items=await _cards(context, rows))


@router.post(
    "/mail-collectors", body=CollectorBody, returns=CollectorShape, status=201, right="intake.manage"
)
async def create_mail_collector(context: Context, body: CollectorBody) -> CollectorShape:
    """Make a mail collector. It runs as soon as the job looks; check its mailbox first."""
    id = await context.services.collectors.create(context.actor, _wish(context, body))
    return await _card(context, id)


@router.post("/mail-collectors/check", body=CheckBody, returns=MailboxCheck, right="intake.manage")
async def check_mailbox(context: Context, body: CheckBody) -> MailboxCheck:
    """Look at a mailbox that is being entered: log in, find the folder, count what would be taken.

    Nothing is changed in it, and nothing of it is kept. What does not work is told by the answer, with
    status 200.
    """
    collectors, wish = context.services.collectors, _wish(context, body)
    account = await collectors.account(context.actor, wish, None if body.id is None else key_of(body.id))
    question = Question(account, wish.folder, wish.keyword, wish.from_date)
    return _checked(await collectors.checking.check(question), context.language)


@router.get("/mail-collectors/job", returns=JobShape, right="intake.manage")
async def get_mail_job(context: Context) -> JobShape:
    """The scheduled job "mail collector": whether it is on, and how often it runs."""
    return _job(await context.services.collectors.job(context.actor))


@router.put("/mail-collectors/job", body=JobBody, returns=JobShape, right="intake.manage")
async def set_mail_job(context: Context, body: JobBody) -> JobShape:
    """Switch the scheduled job on or off, and say how often it runs."""
    collectors = context.services.collectors
    await collectors.set_job(context.actor, on=body.on, every_minutes=body.every_minutes)
    return _job(await collectors.job(context.actor))


@router.get("/mail-collectors/{id:key}", returns=CollectorShape, right="intake.manage")
async def get_mail_collector(context: Context, id: int) -> CollectorShape:
    """One mail collector with its newest run."""
    return await _card(context, id)


@router.put("/mail-collectors/{id:key}", body=CollectorBody, returns=CollectorShape, right="intake.manage")
async def change_mail_collector(context: Context, id: int, body: CollectorBody) -> CollectorShape:
    """Enter a mail collector anew.

    With another keyword or date its letters are considered once more; what was taken is not taken twice.
    """
    collectors = context.services.collectors
    if body.from_date is None:
        body.from_date = date.fromisoformat((await collectors.get(context.actor, id)).from_date)
    await collectors.change(context.actor, id, _wish(context, body))
    return await _card(context, id)


@router.post("/mail-collectors/{id:key}/collect", returns=CollectorShape, right="intake.manage")
async def collect_mail_now(context: Context, id: int) -> CollectorShape:
    """Have a mail collector run at once; letters that the server did not give before are asked for again."""
    await context.services.collectors.collect_now(context.actor, id)
    return await _card(context, id)


@router.post("/mail-collectors/{id:key}/removal-mark", returns=CollectorShape, right="intake.manage")
async def mark_mail_collector(context: Context, id: int) -> CollectorShape:
    """Mark a mail collector for removal: it is not run any more, its history stays."""
    await context.services.collectors.mark_for_removal(context.actor, id, marked=True)
    return await _card(context, id)


@router.delete("/mail-collectors/{id:key}/removal-mark", returns=CollectorShape, right="intake.manage")
async def unmark_mail_collector(context: Context, id: int) -> CollectorShape:
    """Take the mark off: the mail collector runs again, and goes on where it stopped."""
    await context.services.collectors.mark_for_removal(context.actor, id, marked=False)
    return await _card(context, id)


@router.get("/mail-collectors/{id:key}/runs", query=Page, returns=RunPage, right="intake.manage")
async def list_collector_runs(context: Context, id: int, query: Page) -> RunPage:
    """The runs of a mail collector, the newest first."""
    collectors = context.services.collectors
    rows, total = await collectors.runs(context.actor, id, query.offset, query.limit)
    return RunPage(items=[_run(row._mapping, "", context.language) for row in rows], total=total)


@router.get(
    "/mail-collectors/{id:key}/letters",
    query=LettersQuery,
    returns=CollectedLetterPage,
    right="intake.manage",
)
async def list_collected_letters(context: Context, id: int, query: LettersQuery) -> CollectedLetterPage:
    """Letters with the keyword that a mail collector came upon, the newest first."""
    rows, total = await context.services.collectors.letters(
        context.actor, id, not_taken=query.not_taken, offset=query.offset, limit=query.limit
    )
    return CollectedLetterPage(items=[_letter(row) for row in rows], total=total)


async def _card(context: Context, id: int) -> CollectorShape:
    row = await context.services.collectors.get(context.actor, id)
    [card] = await _cards(context, [row])
    return card


async def _cards(context: Context, rows: Sequence[sa.Row[Any]]) -> list[CollectorShape]:
    ids = {id for row in rows for id in (row.created_by, row.responsible_id) if id is not None}
    names = await context.services.people.users.names(sorted(ids))
    settings, running = await context.services.collectors.job_known(), running_ids(rows)
    return [_collector(row, names, settings, context.language, running=row.id in running) for row in rows]


def _wish(context: Context, body: CollectorBody) -> Wish:
    zone = context.services.people.organisation.zone_known()
    certificate = (body.certificate or "").strip() or None
    return Wish(
        title=" ".join(body.title.split()) or body.title,
        host=body.host.strip(),
        port=body.port,
        security=body.security,
        username=body.username.strip(),
        password=body.password,
        certificate=certificate,
        folder=body.folder.strip() or "INBOX",
        keyword=body.keyword.strip() or "ORDER",
        from_date=body.from_date or datetime.now(UTC).astimezone(zone).date(),
        calendar_id=None if body.calendar_id is None else key_of(body.calendar_id),
        responsible_id=None if body.responsible_id is None else key_of(body.responsible_id),
        channel_id=None if body.channel_id is None else key_of(body.channel_id),
        mapping=None if body.mapping is None else {each.target: each.names for each in body.mapping},
        after=body.after,
        mark=body.mark,
        move_to=None if body.move_to is None else body.move_to.strip(),
        delete_after_days=body.delete_after_days,
        separate_mailbox=body.separate_mailbox,
        every_minutes=body.every_minutes,
        enabled=body.enabled,
    )


def _collector(
    row: sa.Row[Any], names: dict[int, str], settings: IntakeSettings, language: Language, *, running: bool
) -> CollectorShape:
    return CollectorShape(
        id=str(row.id),
        title=row.title,
        kind=row.kind,
        host=row.host,
        port=row.port,
        security=row.security,
        username=row.username,
        certificate=row.certificate,
        folder=row.folder,
        keyword=row.keyword,
        from_date=date.fromisoformat(row.from_date),
        calendar_id=_id(row.calendar_id),
        responsible_id=_id(row.responsible_id),
        responsible=names.get(row.responsible_id),
        channel_id=_id(row.channel_id),
        mapping=[MappedNames(target=target, names=names) for target, names in row.mapping.items()],
        after=row.after,
        mark=row.mark,
        move_to=row.move_to,
        delete_after_days=row.delete_after_days,
        separate_mailbox=row.separate_mailbox,
        every_minutes=row.every_minutes,
        enabled=row.enabled,
        removal_marked_at=row.removal_marked_at,
        running=running,
        asked=row.asked_at is not None,
        next_at=due_at(row, settings),
        succeeded_at=row.succeeded_at,
        failures=row.failures,
        last_run=None if row.run_id is None else _run(row._mapping, "run_", language),
        created_by=names.get(row.created_by),
        created_at=row.created_at,
    )


def _run(row: Any, prefix: str, language: Language) -> CollectorRunShape:
    """A run by the columns of a row whose names begin with `prefix`."""

    def of(name: str) -> Any:
        return row[f"{prefix}{name}"]

    counts = {
        name: of(name)
        for name in ("seen", "with_keyword", "taken", "known", "not_taken", "settled", "deleted")
    }
    return CollectorRunShape(
        id=str(of("id")),
        begun_by=of("begun_by"),
        state=of("state"),
        reason=None if of("reason") is None else why(of("reason"), language),
        begun_at=of("begun_at"),
        finished_at=of("finished_at"),
        **counts,
    )


def _letter(row: sa.Row[Any]) -> CollectedLetter:
    return CollectedLetter(
        id=str(row.id),
        uid=row.uid,
        outcome=row.outcome,
        input_id=_id(row.input_id),
        subject=row.subject,
        size=row.size,
        arrived_at=row.arrived_at,
        collected_at=row.collected_at,
        settled_at=row.settled_at,
        to_be_deleted_at=row.to_be_deleted_at,
        deleted_at=row.deleted_at,
    )


def _checked(found: Checked, language: Language) -> MailboxCheck:
    return MailboxCheck(
        passed=found.passed,
        failed=found.failed,
        reason=None if found.reason is None else why(found.reason, language),
        folders=found.folders,
        exists=found.exists,
        considered=found.considered,
        wanted=found.wanted,
        too_large=found.too_large,
        complete=found.complete,
        letters=[
            WantedLetter(subject=each.subject, arrived_at=each.arrived_at, size=each.size)
            for each in found.subjects
        ],
        moves=found.moves,
        removes_single_letters=found.removes_single_letters,
    )


def _job(settings: IntakeSettings) -> JobShape:
    return JobShape(on=settings.mail_on, every_minutes=settings.mail_every_minutes)


def _id(key: int | None) -> str | None:
    return None if key is None else str(key)
