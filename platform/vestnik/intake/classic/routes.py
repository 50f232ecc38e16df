"""The key of the compatible leads API, for whoever looks after the ways in. The API itself is `door.py`."""

from __future__ import annotations

from datetime import datetime

from vestnik.http.api import Context, Router, Shape
from vestnik.intake.classic.keys import ClassicKey

router = Router("intake-classic")


class ClassicKeyShape(Shape):
    """Whether the compatible API is on, when its key was made, the key's end, and where sites call."""

    on: bool
    made_at: datetime | None
    hint: str | None
    address: str


class ClassicKeyMade(ClassicKeyShape):
    """The same with the key, which is in this answer alone."""

    key: str


@router.get("/intake/classic-key", returns=ClassicKeyShape, right="intake.manage")
async def get_classic_key(context: Context) -> ClassicKeyShape:
    """Whether the compatible leads API is on, and its address; the key itself is never shown again."""
    state = await _keys(context).state(context.actor)
    return ClassicKeyShape(on=state.on, made_at=state.made_at, hint=state.hint, address=state.address)


@router.post("/intake/classic-key", returns=ClassicKeyMade, status=201, right="intake.manage")
async def make_classic_key(context: Context) -> ClassicKeyMade:
    """Make the key, or a new one in place of it: the old one opens nothing from now on."""
    key = await _keys(context).make(context.actor)
    state = await _keys(context).state(context.actor)
    return ClassicKeyMade(on=state.on, made_at=state.made_at, hint=state.hint, address=state.address, key=key)


@router.delete("/intake/classic-key", right="intake.manage")
async def drop_classic_key(context: Context) -> None:
    """Turn the compatible leads API off: its key opens nothing from now on."""
    await _keys(context).drop(context.actor)


def _keys(context: Context) -> ClassicKey:
    keys: ClassicKey = context.services.classic.keys
    return keys
