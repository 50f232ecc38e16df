"""The demo's outgoing webhook: the customer's accounting system, which hears of leads and orders."""

from __future__ import annotations

from vestnik.outgoing.endpoints import NewEndpoint, Outgoing
from vestnik.outgoing.service import Kind
from vestnik.people.access import Actor

TITLE = "Учётная система"
#: As the simulator's accounting system has it (vestnik_simulator/accounting.py).
PATH = "/accounting/messages"
_KINDS: tuple[Kind, ...] = ("lead.created", "lead.changed", "order.created", "job_ticket.created")


async def create_demo(outgoing: Outgoing, administrator: Actor, url: str) -> None:
    """Enter the accounting system at `url`, and send it an example."""
    new = NewEndpoint(TITLE, url, _KINDS, private=True)
    endpoint_id, _ = await outgoing.create(administrator, new)
    await outgoing.test(administrator, endpoint_id, "order.created")
