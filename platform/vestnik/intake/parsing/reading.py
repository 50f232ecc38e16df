"""What reading an input came to: the fields of a lead or the reason why there are none; how it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vestnik.intake.fields import LeadFields, Warned

#: Raised whenever the same bytes may be read otherwise than before.
PARSER = 1


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a letter and what became of it: `taken`, or a code of `reasons` why it was not."""

    name: str
    media_type: str
    size: int
    encoding: str = ""
    outcome: str = "taken"
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """The head of a letter, and its attachments."""

    subject: str = ""
    sender: str = ""
    dated_at: datetime | None = None
    message_id: str = ""
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Either `fields`, or `reason` says why not. `trapped`: a machine filled in what people don't see."""

    fields: LeadFields | None = None
    warnings: Sequence[Warned] = ()
    reason: Warned | None = None
    encoding: str = ""
    sureness: str = ""
    letter: Letter | None = None
    trapped: bool = False
    parser: int = field(default=PARSER)
