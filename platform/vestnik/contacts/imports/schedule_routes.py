"""Scheduled imports over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa

from vestnik.contacts.imports import reasons
from vestnik.contacts.imports.routes import PolicyShape, State, policy_shape
from vestnik.contacts.imports.rows import Policy
from vestnik.contacts.imports.schedules import Wish
from vestnik.contacts.imports.timing import LONGEST_HOURS, SHORTEST_HOURS, Rhythm
from vestnik.egress.errors import EgressError
from vestnik.egress.requests import URL_CHARACTERS, check_headers
from vestnik.http.api import Context, Id, Page, Router, Shape
from vestnik.http.errors import InvalidRequest, Language

router = Router("imports")

NAME_CHARACTERS = 200
CREDENTIAL_NAME_CHARACTERS = 128
SECRET_CHARACTERS = 4_000

Hours = Annotated[int, msgspec.Meta(ge=SHORTEST_HOURS, le=LONGEST_HOURS)]
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class CredentialBody(Shape, kw_only=True):
    """What the address asks for: a user name with a password, or a header with its value.

    The secret is stored sealed and never told again; null keeps the one that is stored.
    """

    kind: Literal["basic", "header"]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=CREDENTIAL_NAME_CHARACTERS)]
    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=SECRET_CHARACTERS)] | None = None


class ScheduleBody(Shape, kw_only=True):
    """A schedule as a person enters it: every so many hours, or at a time of the organisation's day."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS)]
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=URL_CHARACTERS)]
    every_hours: Hours | None = None
    at_time: TimeOfDay | None = None
    # An address in a private network, also by http; for administrators.
    private_allowed: bool = False
    credential: CredentialBody | None = None


class RunScheduleBody(Shape, kw_only=True):
    """Run now; `anyway`: import the file even if it did not change."""

    anyway: bool = False


class ScheduleRunShape(Shape):
    """One time that the file was fetched, and what became of its rows.

    `unchanged`: the file was the same as the one imported last, so nothing was imported.
    """

    id: Id
    state: Literal["fetching", "fetched", "unchanged", "failed", "cancelled"]
    begun_by: Literal["time", "hand", "setup"]
    begun_at: datetime
    finished_at: datetime | None
    # When it is tried again after a failure that may pass.
    again_at: datetime | None
    reason: str | None
    import_id: Id | None
    import_state: State | None
    file_bytes: int
    total_rows: int | None
    done_rows: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    rejected: int


class ScheduleCredential(Shape):
    """How we sign in at the address; the secret stays sealed."""

    kind: Literal["basic", "header"]
    name: str


class ScheduleShape(Shape):
    """A file that is fetched again and again."""

    id: Id
    name: str
    url: str
    every_hours: int | None
    at_time: str | None
    private_allowed: bool
    credential: ScheduleCredential | None
    # Whether a person has said what its columns become, and how the rows are brought in.
    set_up: bool
    titles: list[str]
    columns: list[str | None]
    policy: PolicyShape | None
    enabled: bool
    next_at: datetime | None
    succeeded_at: datetime | None
    # How many runs failed in a row, and why the last one did.
    failures: int
    reason: str | None
    run: ScheduleRunShape | None
    created_by: str | None
    created_at: datetime
    # Whether letters about failures can go out at all.
    mail_set_up: bool


class SchedulePage(Shape):
    """A page of schedules."""

    items: list[ScheduleShape]
    total: int


class ScheduleRunPage(Shape):
    """A page of a schedule's runs."""

    items: list[ScheduleRunShape]
    total: int


@router.get("/imports/schedules", query=Page, returns=SchedulePage, right="contacts.write")
async def list_import_schedules(context: Context, query: Page) -> SchedulePage:
    """Scheduled imports by name, each with its newest run."""
    rows, total = await context.services.schedules.page(context.actor, query.offset, query.limit)
    items = await _schedules(context, rows)
    for each in items:
        each.url = without_query(each.url)
    return SchedulePage(items=items, total=total)


@router.post(
    "/imports/schedules", body=ScheduleBody, returns=ScheduleShape, status=201, right="contacts.write"
)
async def create_import_schedule(context: Context, body: ScheduleBody) -> ScheduleShape:
    """Make a scheduled import. Its file is fetched at once; its columns are set up as those of an upload."""
    id = await context.services.schedules.create(context.actor, _wish(body))
    return await _card(context, id)


@router.get("/imports/schedules/{id:key}", returns=ScheduleShape, right="contacts.write")
async def get_import_schedule(context: Context, id: int) -> ScheduleShape:
    """One scheduled import with its newest run."""
    return await _card(context, id)


@router.put("/imports/schedules/{id:key}", body=ScheduleBody, returns=ScheduleShape, right="contacts.write")
async def change_import_schedule(context: Context, id: int, body: ScheduleBody) -> ScheduleShape:
    """Enter a scheduled import anew; its columns stay as they are set up."""
    await context.services.schedules.change(context.actor, id, _wish(body))
    return await _card(context, id)


@router.delete("/imports/schedules/{id:key}", right="contacts.write")
async def remove_import_schedule(context: Context, id: int) -> None:
    """End a scheduled import; what it imported stays."""
    await context.services.schedules.remove(context.actor, id)


@router.post("/imports/schedules/{id:key}/pause", returns=ScheduleShape, right="contacts.write")
async def pause_import_schedule(context: Context, id: int) -> ScheduleShape:
    """Let a scheduled import rest."""
    await context.services.schedules.turn(context.actor, id, on=False)
    return await _card(context, id)


@router.post("/imports/schedules/{id:key}/resume", returns=ScheduleShape, right="contacts.write")
async def resume_import_schedule(context: Context, id: int) -> ScheduleShape:
    """Let a scheduled import go on, from its next time."""
    await context.services.schedules.turn(context.actor, id, on=True)
    return await _card(context, id)


@router.post(
    "/imports/schedules/{id:key}/run", body=RunScheduleBody, returns=ScheduleShape, right="contacts.write"
)
async def run_import_schedule(context: Context, id: int, body: RunScheduleBody) -> ScheduleShape:
    """Fetch the file now and import it, if it is new."""
    await context.services.schedules.run_now(context.actor, id, anyway=body.anyway)
    return await _card(context, id)


@router.post("/imports/schedules/{id:key}/set-up", returns=ScheduleShape, right="contacts.write")
async def set_up_import_schedule(context: Context, id: int) -> ScheduleShape:
    """Fetch the file, so that its columns can be set up; starting that import changes the schedule."""
    await context.services.schedules.set_up(context.actor, id)
    return await _card(context, id)


@router.get("/imports/schedules/{id:key}/runs", query=Page, returns=ScheduleRunPage, right="contacts.write")
async def list_import_runs(context: Context, id: int, query: Page) -> ScheduleRunPage:
    """The runs of a scheduled import, newest first."""
    rows, total = await context.services.schedules.runs(context.actor, id, query.offset, query.limit)
    return ScheduleRunPage(items=[_run(row, context.language) for row in rows], total=total)


async def _card(context: Context, id: int) -> ScheduleShape:
    row = await context.services.schedules.get(context.actor, id)
    [card] = await _schedules(context, [row])
    return card


async def _schedules(context: Context, rows: Sequence[sa.Row[Any]]) -> list[ScheduleShape]:
    people = context.services.people
    names = await people.users.names([row.created_by for row in rows if row.created_by])
    mail = await people.organisation.smtp() is not None
    return [_schedule(row, names, context.language, mail_set_up=mail) for row in rows]


def _wish(body: ScheduleBody) -> Wish:
    if (body.every_hours is None) == (body.at_time is None):
        reason = {
            "ru": "укажите или число часов, или время суток",
            "en": "give either a number of hours or a time of day",
        }
        raise InvalidRequest(path="$.everyHours", reason=reason)
    given = body.credential
    if given is not None and given.kind == "header":
        _check_header(given.name.strip(), given.secret or "")
    return Wish(
        name=" ".join(body.name.split()),
        url=body.url.strip(),
        rhythm=Rhythm(body.every_hours, body.at_time),
        private_allowed=body.private_allowed,
        credential=None if given is None else given.kind,
        credential_name=None if given is None else given.name.strip(),
        secret=None if given is None else given.secret,
    )


def _check_header(name: str, value: str) -> None:
    """Refuse a header that can't be sent; the reason never holds its value."""
    for path, header, reason in (
        (
            "$.credential.name",
            (name, ""),
            {
                "ru": "такой заголовок указать нельзя: его задаёт сам Вестник, или это не имя заголовка",
                "en": "this header can't be given: Vestnik sets it itself, or it is no name of a header",
            },
        ),
        (
            "$.credential.secret",
            ("X-Secret", value),
            {
                "ru": "в значении заголовка не может быть переносов строк и управляющих символов",
                "en": "the value of a header has no line breaks and no control characters",
            },
        ),
    ):
        try:
            check_headers([header])
        except EgressError:
            raise InvalidRequest(path=path, reason=reason) from None


def without_query(url: str) -> str:
    """An address as lists show it: its query may hold a key, which only the form of the schedule needs."""
    plain, mark, _ = url.partition("?")
    return f"{plain}?…" if mark else plain


def _schedule(
    row: sa.Row[Any], names: dict[int, str], language: Language, *, mail_set_up: bool
) -> ScheduleShape:
    credential = None
    if row.credential is not None:
        credential = ScheduleCredential(kind=row.credential, name=row.credential_name)
    return ScheduleShape(
        id=str(row.id),
        name=row.name,
        url=row.url,
        every_hours=row.every_hours,
        at_time=row.at_time,
        private_allowed=row.private_allowed,
        credential=credential,
        set_up=bool(row.mapping),
        titles=row.mapping.get("titles", []),
        columns=row.mapping.get("columns", []),
        policy=policy_shape(msgspec.convert(row.policy, Policy)) if row.mapping else None,
        enabled=row.enabled,
        next_at=row.next_at,
        succeeded_at=row.succeeded_at,
        failures=row.failures,
        reason=_why(row.reason, language),
        run=None if row.run_id is None else _run(row, language),
        created_by=names.get(row.created_by),
        created_at=row.created_at,
        mail_set_up=mail_set_up,
    )


def _run(row: sa.Row[Any], language: Language) -> ScheduleRunShape:
    return ScheduleRunShape(
        id=str(row.run_id),
        state=row.run_state,
        begun_by=row.begun_by,
        begun_at=row.begun_at,
        finished_at=row.import_finished_at or row.run_finished_at,
        again_at=row.again_at,
        reason=_why(row.run_reason or row.import_reason, language),
        import_id=None if row.import_id is None else str(row.import_id),
        import_state=row.import_state,
        file_bytes=row.file_bytes or 0,
        total_rows=row.total_rows,
        done_rows=row.done_rows or 0,
        created=row.created or 0,
        updated=row.updated or 0,
        unchanged=row.unchanged or 0,
        skipped=row.skipped or 0,
        rejected=row.rejected or 0,
    )


def _why(reason: dict[str, Any] | None, language: Language) -> str | None:
    return None if reason is None else reasons.why(reason, language)
