"""The demo's scheduled import: the customers of a web shop, fetched twice, the second time unchanged.

And the demo's outgoing webhook, which another system of the customer's takes.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from vestnik.alerts import service as alerts
from vestnik.contacts.imports import schedules as schedule_service
from vestnik.contacts.imports.rows import Policy, Reading
from vestnik.contacts.imports.schedules import Wish
from vestnik.contacts.imports.tables import (
    contact_change,
    contact_import,
    contact_import_part,
    contact_import_reject,
    contact_import_schedule,
)
from vestnik.contacts.imports.timing import Rhythm
from vestnik.contacts.tables import contact
from vestnik.db import fold
from vestnik.outgoing import demo as outgoing_demo
from vestnik.outgoing import service as outgoing
from vestnik.people import demo as people_demo
from vestnik.people.access import Actor, rights_of
from vestnik.people.tables import user

if TYPE_CHECKING:
    from vestnik.app import Services

SHOP = "Покупатели интернет-магазина"
#: As the simulator's shop has it (vestnik_simulator/shop.py).
SHOP_PATH, SHOP_USER = "/shop/customers.csv", "vestnik"
SHOP_PASSWORD = "shop-export"  # noqa: S105  # the simulator's own, which keeps nothing secret
_FILE = "customers.csv"
_BACK_S = 0.02


async def begin(services: Services) -> None:
    """Have the shop's customers imported each morning, beginning now."""
    admin = await _administrator(services)
    wish = Wish(
        SHOP,
        f"{services.settings.simulator_url}{SHOP_PATH}",
        Rhythm(None, "06:00"),
        private_allowed=True,
        credential="basic",
        credential_name=SHOP_USER,
        secret=SHOP_PASSWORD,
    )
    schedule_id = await services.schedules.create(admin, wish)
    run = await _until(services, admin, schedule_id, "fetched")
    made = await services.imports.get(admin, run.import_id)
    reading, guessed = msgspec.convert(made.reading, Reading), made.mapping
    await services.imports.start(admin, made.id, reading, guessed["columns"], guessed["titles"], Policy())
    await _until(services, admin, schedule_id, "done")
    await services.schedules.run_now(admin, schedule_id, anyway=False)
    await _until(services, admin, schedule_id, "unchanged")


async def tell_accounting(services: Services) -> None:
    """Have the customer's accounting system hear of leads and orders from now on."""
    administrator = await _administrator(services)
    address = f"{services.settings.simulator_url}{outgoing_demo.PATH}"
    await outgoing_demo.create_demo(services.outgoing, administrator, address)


async def forget_accounting(services: Services) -> None:
    """Take away every outgoing webhook with its messages."""
    await services.database.write(outgoing.remove_all)


async def remove(services: Services) -> None:
    """Take every schedule away with what it made; contacts go with the demo's contacts."""

    def remove(connection: sa.Connection) -> None:
        for schedule_id in list(connection.scalars(sa.select(contact_import_schedule.c.id))):
            schedule_service.forget(connection, schedule_id)
        made = sa.select(contact_import.c.id).where(contact_import.c.file_name == _FILE)
        changes = connection.execute(
            sa.select(contact_change).where(contact_change.c.import_id.in_(made))
        ).all()
        # The shop numbers nobody: now they are known for the demo's, and go with its contacts.
        for change in changes:
            if change.before is None:
                its = sa.update(contact).where(
                    contact.c.id == change.contact_id, contact.c.external_id.is_(None)
                )
                connection.execute(its.values(external_id=f"demo-{change.contact_id}"))
        for table in (contact_import_part, contact_import_reject, contact_change):
            connection.execute(sa.delete(table).where(table.c.import_id.in_(made)))
        connection.execute(sa.delete(contact_import).where(contact_import.c.file_name == _FILE))
        for room in (alerts, outgoing):
            room.remove_all(connection)

    await services.database.write(remove)


async def _administrator(services: Services) -> Actor:
    person = next(each for each in people_demo.PEOPLE if "administrator" in each.roles)
    async with services.database.read() as connection:
        id = await connection.scalar(sa.select(user.c.id).where(user.c.email_folded == fold(person.email)))
    return Actor(id, person.name, rights_of(person.roles))


async def _until(services: Services, actor: Actor, schedule_id: int, state: str) -> sa.Row[Any]:
    """Wait until the newest run, or its import, is in `state`."""
    while True:
        row = await services.schedules.get(actor, schedule_id)
        if state in (row.run_state, row.import_state):
            return row
        if "failed" in (row.run_state, row.import_state):
            raise LookupError(f"the demo's scheduled import failed: {row.run_reason or row.import_reason}")
        await asyncio.sleep(_BACK_S)
