"""The room of what comes in, as the application knows it: one object for each of its storeys."""

from __future__ import annotations

from dataclasses import dataclass

from vestnik.intake.inputs.service import Inputs
from vestnik.intake.leads.directories import Directories
from vestnik.intake.leads.service import Leads


@dataclass(frozen=True, slots=True)
class Intake:
    """Leads with their directories, and the inputs that they are read from."""

    leads: Leads
    directories: Directories
    inputs: Inputs
