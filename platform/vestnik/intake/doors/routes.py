"""Doors of the HTTP service, for whoever looks after them. The service itself is `door.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from vestnik.http.api import Context, Id, Page, Router, Shape, key_of
from vestnik.intake.doors.service import NAME_CHARACTERS, NAMES, SITES, DoorDraft, DoorLine
from vestnik.intake.inputs.shapes import InputReading, InputWarning, State, reading_shape, warning
from vestnik.intake.inputs.store import reason_of
from vestnik.intake.parsing.names import TARGETS, Target

router = Router("intake-doors")

TITLE_CHARACTERS = 200
SITE_CHARACTERS = 300
TRIED_CHARACTERS = 500_000
TYPE_CHARACTERS = 200
#: Requests of one door in a minute, unless another number is set; and the largest that can be.
PER_MINUTE = 120
MOST_PER_MINUTE = 6_000

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=TITLE_CHARACTERS, pattern=r"\S")]
Site = Annotated[str, msgspec.Meta(min_length=8, max_length=SITE_CHARACTERS)]
Sites = Annotated[list[Site], msgspec.Meta(max_length=SITES)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS, pattern=r"\S")]
Trap = Annotated[str, msgspec.Meta(max_length=NAME_CHARACTERS)]
PerMinute = Annotated[int, msgspec.Meta(ge=1, le=MOST_PER_MINUTE)]


class MappedNames(Shape):
    """A field of ours, and the names that the sender has for it."""

    target: Target
    names: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=NAMES)]


Mapping = Annotated[list[MappedNames], msgspec.Meta(max_length=len(TARGETS))]


class DoorLast(Shape):
    """The last that came by a door."""

    input_id: Id
    state: State
    reason: InputWarning | None
    received_at: datetime


class DoorShape(Shape):
    """A door: its address, who may post from a browser, where its leads go, and the last that came."""

    id: Id
    title: str
    url: str
    calendar_id: Id | None
    responsible_id: Id | None
    channel_id: Id | None
    sites: list[str]
    is_signed: bool
    mapping: list[MappedNames]
    trap: str
    per_minute: int
    enabled: bool
    count: int
    last: DoorLast | None
    created_at: datetime
    updated_at: datetime


class DoorPage(Shape):
    items: list[DoorShape]
    total: int


class DoorBody(Shape):
    """A new door. `trap` names a field that people don't see; `sites` are origins like https://example.org."""

    title: Title
    calendar_id: Id | None = None
    responsible_id: Id | None = None
    channel_id: Id | None = None
    sites: Sites = []
    mapping: Mapping = []
    trap: Trap = ""
    per_minute: PerMinute = PER_MINUTE
    enabled: bool = True


class DoorChange(Shape):
    """What is to change."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    calendar_id: Id | msgspec.UnsetType | None = msgspec.UNSET
    responsible_id: Id | msgspec.UnsetType | None = msgspec.UNSET
    channel_id: Id | msgspec.UnsetType | None = msgspec.UNSET
    sites: Sites | msgspec.UnsetType = msgspec.UNSET
    mapping: Mapping | msgspec.UnsetType = msgspec.UNSET
    trap: Trap | msgspec.UnsetType = msgspec.UNSET
    per_minute: PerMinute | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class DoorSecret(Shape):
    """The secret that requests are signed with; shown this once."""

    secret: str


class DoorTry(Shape):
    """An example; with `send` it goes in for real, marked as a try."""

    body: Annotated[str, msgspec.Meta(max_length=TRIED_CHARACTERS)]
    content_type: Annotated[str, msgspec.Meta(max_length=TYPE_CHARACTERS)] = "application/json"
    send: bool = False


class DoorTried(Shape):
    """What the example reads as; `inputId` where it was sent."""

    reading: InputReading
    input_id: Id | None


@router.get("/intake-doors", query=Page, returns=DoorPage, right="intake.manage")
async def list_intake_doors(context: Context, query: Page) -> DoorPage:
    """Doors of the HTTP service, by title."""
    lines, total = await context.services.intake_http.doors.page(context.actor, query.offset, query.limit)
    return DoorPage(items=[_door(context, each) for each in lines], total=total)


@router.post("/intake-doors", body=DoorBody, returns=DoorShape, status=201, right="intake.manage")
async def add_intake_door(context: Context, body: DoorBody) -> DoorShape:
    """Make a door; its address is a secret of the sites that post to it."""
    draft = DoorDraft(
        title=body.title,
        calendar_id=_key(body.calendar_id),
        responsible_id=_key(body.responsible_id),
        channel_id=_key(body.channel_id),
        sites=body.sites,
        mapping=_mapping(body.mapping),
        trap=body.trap,
        per_minute=body.per_minute,
        enabled=body.enabled,
    )
    door_id = await context.services.intake_http.doors.create(context.actor, draft)
    return await _card(context, door_id)


@router.get("/intake-doors/{id:key}", returns=DoorShape, right="intake.manage")
async def get_intake_door(context: Context, id: int) -> DoorShape:
    """One door."""
    return await _card(context, id)


@router.patch("/intake-doors/{id:key}", body=DoorChange, returns=DoorShape, right="intake.manage")
async def change_intake_door(context: Context, id: int, body: DoorChange) -> DoorShape:
    """Change a door; its address stays."""
    given: dict[str, Any] = {
        name: value
        for name, value in msgspec.structs.asdict(body).items()
        if not isinstance(value, msgspec.UnsetType)
    }
    for name in ("calendar_id", "responsible_id", "channel_id"):
        if name in given:
            given[name] = _key(given[name])
    if "mapping" in given:
        given["mapping"] = _mapping(given["mapping"])
    draft = DoorDraft(**given, given=frozenset(given))
    await context.services.intake_http.doors.change(context.actor, id, draft)
    return await _card(context, id)


@router.delete("/intake-doors/{id:key}", right="intake.manage")
async def archive_intake_door(context: Context, id: int) -> None:
    """Close a door for good: its address leads nowhere from now on. What came by it stays."""
    await context.services.intake_http.doors.archive(context.actor, id)


@router.post("/intake-doors/{id:key}/rotate-token", returns=DoorShape, right="intake.manage")
async def rotate_intake_token(context: Context, id: int) -> DoorShape:
    """Give a door a new address; the old one leads nowhere from now on."""
    await context.services.intake_http.doors.rotate_token(context.actor, id)
    return await _card(context, id)


@router.post("/intake-doors/{id:key}/secret", returns=DoorSecret, right="intake.manage")
async def make_intake_secret(context: Context, id: int) -> DoorSecret:
    """Have every request be signed (X-Signature) with a new secret; it is in this answer alone."""
    return DoorSecret(secret=await context.services.intake_http.doors.new_secret(context.actor, id))


@router.delete("/intake-doors/{id:key}/secret", right="intake.manage")
async def forget_intake_secret(context: Context, id: int) -> None:
    """Take requests without a signature again."""
    await context.services.intake_http.doors.forget_secret(context.actor, id)


@router.post("/intake-doors/{id:key}/try", body=DoorTry, returns=DoorTried, right="intake.manage")
async def try_intake_door(context: Context, id: int, body: DoorTry) -> DoorTried:
    """Read an example as this door would; with `send` it really goes in, marked as a try."""
    trying = context.services.intake_http.trying
    tried = await trying.attempt(context.actor, id, body.body, body.content_type, send=body.send)
    input_id = None if tried.input_id is None else str(tried.input_id)
    return DoorTried(reading=reading_shape(tried.reading, context.language), input_id=input_id)


async def _card(context: Context, door_id: int) -> DoorShape:
    return _door(context, await context.services.intake_http.doors.card(context.actor, door_id))


def _door(context: Context, line: DoorLine) -> DoorShape:
    row, last = line.row, line.last
    return DoorShape(
        id=str(row.id),
        title=row.title,
        url=line.url,
        calendar_id=_id(row.calendar_id),
        responsible_id=_id(row.responsible_id),
        channel_id=_id(row.channel_id),
        sites=row.sites,
        is_signed=row.secret_sealed is not None,
        mapping=[MappedNames(target=target, names=names) for target, names in row.mapping.items()],
        trap=row.trap,
        per_minute=row.per_minute,
        enabled=row.enabled,
        count=line.count,
        last=None
        if last is None
        else DoorLast(
            input_id=str(last.id),
            state=last.state,
            reason=None if (reason := reason_of(last.reason)) is None else warning(reason, context.language),
            received_at=last.received_at,
        ),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _mapping(mapped: list[MappedNames]) -> dict[str, list[str]]:
    """Names by our fields; a field that stands twice has the names of both."""
    found: dict[str, list[str]] = {}
    for each in mapped:
        found.setdefault(each.target, []).extend(each.names)
    return {target: list(dict.fromkeys(names))[:NAMES] for target, names in found.items()}


def _key(id: str | None) -> int | None:
    return None if id is None else key_of(id)


def _id(key: int | None) -> str | None:
    return None if key is None else str(key)
