"""An input's row, read: how it is parsed, and what of that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from vestnik.intake.fields import Given, LeadFields
from vestnik.intake.inputs.ports import Way
from vestnik.intake.inputs.store import TITLE_CHARACTERS, reason_columns
from vestnik.intake.parsing.jobs import Job
from vestnik.intake.parsing.reading import Reading

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Reading).decode

#: Which doors bring what has to be read. What comes by the others comes as ready fields.
READ_DOORS: Mapping[str, Literal["letter", "request", "classic"]] = {
    "letter": "letter",
    "http": "request",
    "classic": "classic",
}


def job_of(row: sa.Row[Any], raw: bytes, way: Way, zone: str, correction: str | None = None) -> Job:
    """How an input is to be read."""
    return Job(
        kind=READ_DOORS[row.door],
        raw=raw,
        media_type=row.media_type,
        zone=zone,
        mapped=way.mapping,
        trap=way.trap,
        correction=row.correction if correction is None else correction,
    )


def given_by(row: sa.Row[Any], reading: Reading, fields: LeadFields, way: Way) -> Given:
    """The lead that an input is about to become."""
    return Given(
        fields=with_surroundings(fields, row.about),
        door=row.door,
        input_id=row.id,
        received_at=row.received_at,
        warnings=reading.warnings,
        calendar_id=way.calendar_id,
        responsible_id=way.responsible_id,
        channel_id=way.channel_id,
        subject=reading.letter.subject[:TITLE_CHARACTERS] if reading.letter is not None else "",
    )


def with_surroundings(fields: LeadFields, about: Mapping[str, Any]) -> LeadFields:
    """The fields with what a visitor's own browser tells of them, where the form does not say it.

    Without an Origin it was a site's server that asked: its address is not the visitor's.
    """
    origin = about.get("origin")
    if not origin:
        return fields
    host = urlsplit(str(origin)).hostname or ""
    return replace(fields, ip=fields.ip or str(about.get("ip") or ""), site=fields.site or host)


def columns_of(reading: Reading) -> dict[str, Any]:
    """What is kept of a reading."""
    title = ""
    if reading.letter is not None:
        title = reading.letter.subject
    if not title and reading.fields is not None:
        fields = reading.fields
        title = fields.title or fields.person or fields.email or fields.phone
    return {
        "reading": msgspec.json.decode(_encode(reading)),
        "parser": reading.parser,
        "reason": None if reading.reason is None else reason_columns(reading.reason),
        **({"title": title[:TITLE_CHARACTERS]} if title else {}),
    }


def reading_of(stored: Any) -> Reading | None:
    """A reading as it was kept; None for an input that was not read."""
    return None if stored is None else _decode(_encode(stored))
