"""The HTTP service as the application knows it."""

from __future__ import annotations

from dataclasses import dataclass

from vestnik.intake.doors.door import IntakeDoor
from vestnik.intake.doors.service import Doors
from vestnik.intake.doors.trying import Trying


@dataclass(frozen=True, slots=True)
class IntakeHttp:
    """Doors for whoever looks after them, the door that requests meet, and the page "try it"."""

    doors: Doors
    door: IntakeDoor
    trying: Trying
