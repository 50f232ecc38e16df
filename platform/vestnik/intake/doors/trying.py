"""Trying a door: what an example would become, or really becomes."""

from __future__ import annotations

from dataclasses import dataclass

from vestnik.http.errors import BodyTooLarge
from vestnik.intake.doors.door import BODY_BYTES
from vestnik.intake.doors.service import Doors, way_of
from vestnik.intake.inputs.service import Inputs
from vestnik.intake.inputs.store import NewInput
from vestnik.intake.parsing import jobs
from vestnik.intake.parsing.reading import Reading
from vestnik.people.access import Actor
from vestnik.people.organisation import Organisation


@dataclass(frozen=True, slots=True)
class Tried:
    """What an example reads as; `input_id` where it was really sent."""

    reading: Reading
    input_id: int | None


class Trying:
    """The page "try it"."""

    def __init__(self, doors: Doors, inputs: Inputs, organisation: Organisation) -> None:
        self._doors, self._inputs, self._organisation = doors, inputs, organisation

    async def attempt(self, actor: Actor, door_id: int, body: str, media_type: str, *, send: bool) -> Tried:
        """Read an example as the door would; with `send` it goes in, too, marked as a try."""
        line = await self._doors.card(actor, door_id)
        raw, way = body.encode("utf-8", "replace"), way_of(line.row)
        if len(raw) > BODY_BYTES:
            raise BodyTooLarge(limit_bytes=BODY_BYTES)
        zone = str(self._organisation.zone_known())
        job = jobs.Job(
            kind="request", raw=raw, media_type=media_type, zone=zone, mapped=way.mapping, trap=way.trap
        )
        reading = await jobs.read(job)
        if not send:
            return Tried(reading, None)
        about = {"contentType": media_type, "by": actor.name}
        new = NewInput("http", door_id, None, about, media_type, raw, is_try=True)
        return Tried(reading, (await self._inputs.store(new)).input_id)
