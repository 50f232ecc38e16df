"""Rehearsals of drafts over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from vestnik.http.api import Context, Id, Router, Shape, key_of
from vestnik.http.errors import Language
from vestnik.modules.api.module_shapes import modules_of
from vestnik.modules.rehearsals.service import CALLS, CALLS_AT_MOST
from vestnik.modules.rehearsals.store import Rehearsal, Row, State, Verdict

router = Router("modules")


class NewRehearsal(Shape):
    """Which version to try, on how many of the newest calls and on as many webhooks."""

    version_id: Id
    calls: Annotated[int, msgspec.Meta(ge=1, le=CALLS_AT_MOST)] = CALLS


class BegunRehearsal(Shape):
    """The rehearsal that was begun."""

    id: Id


class RehearsalShape(Shape):
    """The numbers of a rehearsal."""

    id: Id
    version_id: Id
    live_version_id: Id
    state: State
    author: str
    created_at: datetime
    total: int
    done: int
    equal: int
    different: int
    failed: int
    not_comparable: int
    actions_lost: int
    actions_changed: int
    actions_added: int


class DifferenceShape(Shape):
    """One place where the draft's result differs from the live version's."""

    path: str
    before: Any
    after: Any


class RehearsalRowShape(Shape):
    """What became of one call: where the results differ, or why there is nothing to compare."""

    call_id: Id | None
    webhook_id: Id | None
    function: str
    at: datetime
    verdict: Verdict
    differences: list[DifferenceShape]
    reason: str | None
    actions_lost: int
    actions_changed: int
    actions_added: int


class RehearsalCardShape(RehearsalShape):
    """A rehearsal with its calls."""

    rows: list[RehearsalRowShape]


class RehearsalPage(Shape):
    """Rehearsals, the newest first."""

    items: list[RehearsalShape]
    total: int


class RehearsalQuery(Shape):
    """Of which version; without one of all."""

    version_id: Id | None = None


@router.post(
    "/modules/{id:key}/rehearsals",
    body=NewRehearsal,
    returns=BegunRehearsal,
    status=201,
    right="modules.write",
)
async def begin_rehearsal(context: Context, id: int, body: NewRehearsal) -> BegunRehearsal:
    """Try a version on what the live one answered, in the background; nothing is sent and nothing applied.

    Where the live version parses webhooks it takes the right to read webhooks too.
    """
    rehearsals, version_id = modules_of(context).rehearsals, key_of(body.version_id)
    return BegunRehearsal(id=str(await rehearsals.begin(context.actor, id, version_id, body.calls)))


@router.get("/modules/{id:key}/rehearsals", query=RehearsalQuery, returns=RehearsalPage, right="modules.read")
async def list_rehearsals(context: Context, id: int, query: RehearsalQuery) -> RehearsalPage:
    """The rehearsals of a module, the newest first."""
    version_id = None if query.version_id is None else key_of(query.version_id)
    found = await modules_of(context).rehearsals.page(context.actor, id, version_id)
    return RehearsalPage(items=[RehearsalShape(**_numbers(each)) for each in found], total=len(found))


@router.get(
    "/modules/{id:key}/rehearsals/{rehearsal_id:key}", returns=RehearsalCardShape, right="modules.read"
)
async def get_rehearsal(context: Context, id: int, rehearsal_id: int) -> RehearsalCardShape:
    """A rehearsal with its calls, as far as it has come."""
    found = await modules_of(context).rehearsals.get(context.actor, id, rehearsal_id)
    rows = [_row(row, context.language) for row in found.rows]
    return RehearsalCardShape(**_numbers(found), rows=rows)


def _numbers(found: Rehearsal) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "version_id": str(found.version_id),
        "live_version_id": str(found.live_version_id),
        "state": found.state,
        "author": found.author,
        "created_at": found.created_at,
        **msgspec.structs.asdict(found.tally),
    }


def _row(row: Row, language: Language) -> RehearsalRowShape:
    return RehearsalRowShape(
        call_id=row.call_id,
        webhook_id=row.webhook_id,
        function=row.function,
        at=row.at,
        verdict=row.verdict,
        differences=[
            DifferenceShape(path=each.path, before=each.before, after=each.after) for each in row.differences
        ],
        reason=None if row.reason is None else row.reason[language],
        actions_lost=row.lost,
        actions_changed=row.changed,
        actions_added=row.added,
    )
