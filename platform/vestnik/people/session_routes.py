"""HTTP of the sessions that are open: one's own, and those of other users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from vestnik.http.api import SIGNED_IN, Context, Router, Shape
from vestnik.people.access import Actor
from vestnik.people.agents import device_of

router = Router("sessions")


class OpenSession(Shape):
    """A session; `device` is what its browser says of itself, `present` the one that asks."""

    id: str
    device: str | None
    agent: str
    ip: str
    since: datetime
    seen_at: datetime
    present: bool


class OpenSessionList(Shape):
    """The newest, the one seen last first."""

    items: list[OpenSession]


class EndedSessions(Shape):
    ended: int


@router.get("/sessions", returns=OpenSessionList, right=SIGNED_IN)
async def list_own_sessions(context: Context) -> OpenSessionList:
    """Where one is signed in oneself."""
    return _listed(await context.services.people.open_sessions.own(context.actor), context.actor)


@router.delete("/sessions", returns=EndedSessions, right=SIGNED_IN)
async def end_other_sessions(context: Context) -> EndedSessions:
    """End all of one's own sessions but this one."""
    return EndedSessions(ended=await context.services.people.open_sessions.end_others(context.actor))


@router.delete("/sessions/{id:key}", right=SIGNED_IN)
async def end_own_session(context: Context, id: int) -> None:
    """End one of one's own sessions."""
    await context.services.people.open_sessions.end_own(context.actor, id)


@router.get("/users/{id:key}/sessions", returns=OpenSessionList, right="users.manage")
async def list_user_sessions(context: Context, id: int) -> OpenSessionList:
    """Where a user is signed in."""
    return _listed(await context.services.people.open_sessions.of(context.actor, id), context.actor)


@router.delete("/users/{id:key}/sessions", returns=EndedSessions, right="users.manage")
async def end_user_sessions(context: Context, id: int) -> EndedSessions:
    """End all sessions of a user; of one's own, all but this one."""
    return EndedSessions(ended=await context.services.people.open_sessions.end_all(context.actor, id))


@router.delete("/users/{id:key}/sessions/{session_id:key}", right="users.manage")
async def end_user_session(context: Context, id: int, session_id: int) -> None:
    """End one session of a user."""
    await context.services.people.open_sessions.end(context.actor, id, session_id)


def _listed(rows: Sequence[Any], actor: Actor) -> OpenSessionList:
    return OpenSessionList(
        items=[
            OpenSession(
                id=str(row.id),
                device=device_of(row.agent),
                agent=row.agent,
                ip=row.ip,
                since=row.created_at,
                seen_at=row.seen_at,
                present=row.id == actor.session_id,
            )
            for row in rows
        ]
    )
