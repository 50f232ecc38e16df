"""What inputs need of rooms above: the ways in that they came by, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from vestnik.intake.fields import Accepted, Difference, Given, LeadFields, Warned
from vestnik.people.access import Actor


@dataclass(frozen=True, slots=True)
class Way:
    """How a collector or a door has its inputs read, and where their leads go."""

    title: str = ""
    calendar_id: int | None = None
    responsible_id: int | None = None
    channel_id: int | None = None
    mapping: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The sender's names, by what we call it (`parsing.names.Target`)."""
    trap: str = ""
    """A field that people don't see."""


class Ways(Protocol):
    """The collectors, or the doors: registered by `Inputs.register`."""

    async def way(self, source_id: int) -> Way | None:
        """How inputs of this source are read, also once it was deleted; None for an unknown one."""

    async def titles(self, source_ids: Sequence[int]) -> Mapping[int, str]:
        """What people call the sources."""

    def add_name(
        self, connection: sa.Connection, actor: Actor, source_id: int, target: str, name: str
    ) -> None:
        """Have `name` taken for `target` from now on; `NotFound` for a source that is gone."""


class Accept(Protocol):
    """Makes the lead of an input, once, in the caller's unit of work."""

    def __call__(self, connection: sa.Connection, actor: Actor, given: Given) -> Accepted: ...


class UpdateFrom(Protocol):
    """Changes a lead to what its input reads as by now; `dry` only says what would change."""

    def __call__(
        self,
        connection: sa.Connection,
        actor: Actor,
        lead_id: int,
        fields: LeadFields,
        *,
        warnings: Sequence[Warned] = (),
        dry: bool = False,
    ) -> list[Difference]: ...
