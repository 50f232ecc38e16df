"""Applying a plan, without any input or output: the next batch, and where a run stands after it.

A run asks for the next batch, looks at its people once more, hands the rest to the service, and stores where
it stands in the transaction that stores what the service refused. Operations say what is to be so, not what
is to change: a batch of which no answer came is handed over again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from vestnik.lists.scratch import Op, Scratch, listed_form
from vestnik.lists.semantics import Side


@dataclass(frozen=True, slots=True)
class Batch:
    """Operations of one side, to be handed over at once."""

    kind: Side
    ops: Sequence[Op]
    #: Everything up to this operation is behind the run when the batch is done.
    last: int

    def without(self, contact_ids: Collection[int]) -> Batch:
        """The batch without those contacts: who may not be written to any more."""
        return replace(self, ops=[each for each in self.ops if each.contact_id not in contact_ids])

    def of(self, keys: Collection[str]) -> list[Op]:
        """The operations that a service names by address, however it spells it; strangers are left out."""
        named = {listed_form(key) for key in keys}
        return [each for each in self.ops if each.address in named or listed_form(each.called) in named]


@dataclass(frozen=True, slots=True)
class Applied:
    """How far a run has applied its plan, and what became of it so far."""

    to: int = 0
    added: int = 0
    removed: int = 0
    rejected: int = 0
    late: int = 0

    def after(self, batch: Batch, *, late: int = 0, rejected: int = 0) -> Applied:
        """Where a run stands once the service has answered for `batch`, the late ones left out of it."""
        done = len(batch.ops) - rejected
        return Applied(
            to=batch.last,
            added=self.added + (done if batch.kind == "add" else 0),
            removed=self.removed + (done if batch.kind == "remove" else 0),
            rejected=self.rejected + rejected,
            late=self.late + late,
        )


def next_batch(scratch: Scratch, after: int, size: int) -> Batch | None:
    """The next operations after a number, at most `size` of one side; None when all is done."""
    found = scratch.ops(after, size)
    if not found:
        return None
    ops = [each for each in found if each.kind == found[0].kind]
    return Batch(found[0].kind, ops, ops[-1].number)
