"""The parts of the demo, in order: each room's own `demo.py` makes its data, here it is listed.

A part may use what the parts before it made. `create` begins on a database without this part's data
and uses the rooms' services as a person would, with dates relative to today; `remove` takes away
whatever is there of it, also when `create` was killed half-way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from vestnik.calendars import service as calendars
from vestnik.contacts import demo as contacts_demo
from vestnik.demo import daily, leads, scheduled, second_service, sending
from vestnik.intake.collectors import tables as collectors
from vestnik.intake.inputs.service import remove_demo as remove_inputs
from vestnik.intake.leads import demo as leads_demo
from vestnik.people import demo as people_demo
from vestnik.people.access import SYSTEM
from vestnik.sales import demo as sales_demo
from vestnik.segments import demo as segments_demo

if TYPE_CHECKING:
    from vestnik.app import Services


@dataclass(frozen=True, slots=True)
class Part:
    """What a room adds to the demo; `name` is shown while it is made, and remembered."""

    name: str
    create: Callable[[Services], Awaitable[object]]
    remove: Callable[[Services], Awaitable[object]]


async def _create_contacts(services: Services) -> None:
    owners = await services.people.users.working(SYSTEM)
    await contacts_demo.create_demo(services.database, services.contacts, list(owners))


async def _remove_leads(services: Services) -> None:
    """Everything that came in goes with the ways by which it came."""

    def unit(connection: sa.Connection) -> None:
        # Collectors and doors name calendars and sources.
        collectors.remove_all(connection)
        services.intake_http.doors.remove_demo(connection)
        remove_inputs(connection)
        leads_demo.remove_demo(connection)
        calendars.remove_all(connection)
        sales_demo.remove_demo(connection, sources=["lead"])
        leads.remove_parties(connection)

    await services.database.write(unit)


async def _remove_contacts(services: Services) -> None:
    await services.database.write(contacts_demo.remove_demo)


async def _connect_and_import(services: Services) -> None:
    """Four that mostly wait for others: side by side they cost the first start little."""
    await asyncio.gather(
        sending.connect(services),
        second_service.connect(services),
        daily.begin_imports(services),
        scheduled.begin(services),
    )


async def _disconnect_and_forget(services: Services) -> None:
    await scheduled.remove(services)
    await daily.remove_imports(services)
    await sending.disconnect(services)


PARTS: Sequence[Part] = (
    Part("organisation and people", people_demo.create_demo, people_demo.remove_demo),
    Part(
        "contacts",
        _create_contacts,
        _remove_contacts,
    ),
    Part(
        "segments",
        lambda services: segments_demo.create_demo(services.database, services.segments),
        lambda services: services.database.write(segments_demo.remove_demo),
    ),
    Part("sending service and imports", _connect_and_import, _disconnect_and_forget),
    Part("templates", sending.import_templates, sending.remove_templates),
    Part("campaigns", sending.send_campaigns, sending.remove_campaigns),
    Part("events", sending.tell_events, sending.remove_events),
    Part("daily work", daily.work, daily.undo_work),
    Part("syncs with lists", sending.sync_lists, sending.forget_lists),
    Part("leads and orders", leads.create, _remove_leads),
    Part("outgoing webhook", scheduled.tell_accounting, scheduled.forget_accounting),
)
