"""Plans of runs, made by a child: whose people, from which list, with what difference.

The server compiles the SELECT of the source and hands it over with the scratch file's name; what comes back
is counts. Whatever a child says is checked, and a child that ends, or falls silent, ends the plan: that can
be tried again, since a plan begins with clearing what an earlier one left.
"""

from __future__ import annotations

import asyncio
import struct
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from vestnik import children
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import Database, Key, attentive
from vestnik.lists.consent import judged
from vestnik.lists.planning_job import Broken, Frame, Job, Planned, Progress, Statement
from vestnik.lists.scratch_file import ScratchLost
from vestnik.lists.semantics import FirstBy, Mode, OverLimit

#: A child says how far it is after every slice of people, and then only what it found.
SILENCE_S: Final = 300.0
#: No frame of a child is longer: it says numbers.
FRAME_BYTES: Final = 64 << 10

PlanFault = Literal["disk_full", "database", "ended", "silent"]

_POSTGRESQL = sa.make_url("postgresql+psycopg://").get_dialect()()
_AFTER = sa.bindparam("after", 0, type_=Key)
_SLICE = sa.bindparam("slice", 0, type_=sa.Integer)
_encode = msgspec.msgpack.Encoder().encode
_decoder: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)


class PlanFailed(Exception):
    """A child could not plan; `fault` says why.

    disk_full  there is no room for the scratch file
    database   the database did not answer as it should
    ended      the child ended without an answer, killed or out of memory
    silent     the child said nothing for too long
    """

    def __init__(self, fault: PlanFault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault, self.detail = fault, detail


class Request(msgspec.Struct, frozen=True):
    """What a plan is to be made of, beside the people; without a `limit` there is room for all.

    `used` is how many the service's plan counts now; None: as many as are on the list.
    """

    mode: Mode
    limit: int | None = None
    used: int | None = None
    over_limit: OverLimit = "nobody"


async def plan(
    database: Database,
    path: Path,
    token: str,
    request: Request,
    people: sa.Select[Any] | None,
    tell: Callable[[int], None] = lambda _people: None,
) -> Planned:
    """Have a child compare the staged list of a scratch file with people, and write down the operations.

    `path` is absolute. `people` is what `recipients` or `everyone` made of the source. None compares with
    those of the last plan once more, after the list was staged anew: what was refused, came late or found no
    room is left alone.
    `tell` hears how many people were read so far. Raises `PlanFailed` and `ScratchLost`.
    """
    job = Job(
        path=str(path),
        token=token,
        mode=request.mode,
        url=_url(database) if people is not None else "",
        people=None if people is None else statement(database, people),
        limit=request.limit,
        used=request.used,
        over_limit=request.over_limit,
    )
    process = await asyncio.create_subprocess_exec(
        *children.command("vestnik.lists.planning_child"),
        stdin=PIPE,
        stdout=PIPE,
        cwd=children.NOWHERE,
        # What a sort can't keep in memory lies beside the scratch file, where people's data belong.
        env={**children.environment(), "SQLITE_TMPDIR": str(path.parent)},
    )
    try:
        _give(process, job)
        while True:
            match await _frame(process):
                case Progress(people=done):
                    tell(done)
                case Planned() as planned:
                    return planned
                case Broken(fault, detail):
                    if fault == "scratch_lost":
                        raise ScratchLost(detail)
                    raise PlanFailed(fault, detail)
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        await process.wait()


def recipients(
    members: sa.Select[Any],
    category_id: int | None,
    first_by: FirstBy | None = None,
    *,
    stands_for: int | None = None,
) -> sa.Select[Any]:
    """Each of `members` with primary e-mail and verdict: the people of the modes `exact` and `merge`.

    With a category, consent has to be given to it; `stands_for`: see `judged`. `first_by` says who comes
    first where there may not be room for all; without it they come by key.
    """
    found = judged(members, category_id, stands_for).subquery("judged")
    told = sa.select(found.c.contact_id, found.c.address, found.c.verdict)
    if first_by is None:
        people = told.add_columns(sa.null().label("rank"))
    else:
        rank = {
            "newest": -contact.c.created_at,
            "oldest": contact.c.created_at,
            "active": -contact.c.last_activity_at,
        }[first_by]
        people = told.add_columns(rank.label("rank")).join(contact, contact.c.id == found.c.contact_id)
    return people.where(found.c.contact_id > _AFTER).order_by(found.c.contact_id).limit(_SLICE)


def everyone(members: sa.Select[Any]) -> sa.Select[Any]:
    """Every e-mail address of `members`, whatever their verdict: the people of the mode `subtract`."""
    member = members.subquery("member")
    some = (
        sa.select(member.c.contact_id)
        .join(contact, contact.c.id == member.c.contact_id)
        .where(member.c.contact_id > _AFTER, contact.c.merged_into.is_(None))
        .order_by(member.c.contact_id)
        .limit(_SLICE)
        .subquery("some")
    )
    link = contact_address.alias("link")
    has = (link.c.contact_id == some.c.contact_id) & (link.c.kind == "email")
    verdict = sa.case((address.c.id.is_(None), "no_address"), else_="ok")
    return (
        sa.select(
            some.c.contact_id,
            address.c.normalised,
            verdict.label("verdict"),
            sa.null().label("rank"),
        )
        .outerjoin(link, has)
        .outerjoin(address, address.c.id == link.c.address_id)
        .order_by(some.c.contact_id)
    )


def statement(database: Database, select: sa.Select[Any]) -> Statement:
    """A SELECT in the words of a database's driver, with its values as that driver takes them."""
    dialect = sqlite.dialect(paramstyle="named") if database.on_sqlite else _POSTGRESQL
    compiled = select.compile(dialect=dialect)
    state = compiled.construct_expanded_state()
    processors = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
    }

    def taken(name: str, value: Any) -> Any:
        process = state.processors.get(name) or processors.get(name)
        return process(value) if callable(process) else value

    return Statement(state.statement, {name: taken(name, value) for name, value in state.parameters.items()})


def _url(database: Database) -> str:
    if database.on_sqlite:
        return f"sqlite:///{Path(str(database.url.database)).absolute()}"
    return attentive(database.url).set(drivername="postgresql").render_as_string(hide_password=False)


def _give(process: Process, job: Job) -> None:
    """Hand the job over; the pipe stays open, for its end is the child's."""
    if process.stdin is None:
        raise ValueError("a child takes its job by a pipe")
    data = _encode(job)
    process.stdin.write(struct.pack(">I", len(data)) + data)


async def _frame(process: Process) -> Frame:
    if process.stdout is None:
        raise ValueError("a child answers by a pipe")
    try:
        async with asyncio.timeout(SILENCE_S):
            (length,) = struct.unpack(">I", await process.stdout.readexactly(4))
            if length > FRAME_BYTES:
                raise PlanFailed("ended", f"a frame of {length} bytes")
            return _decoder.decode(await process.stdout.readexactly(length))
    except TimeoutError:
        raise PlanFailed("silent", f"{SILENCE_S:g} s") from None
    except asyncio.IncompleteReadError:
        raise PlanFailed("ended", f"status {await process.wait()}") from None
    except msgspec.DecodeError as error:
        raise PlanFailed("ended", str(error)) from None
