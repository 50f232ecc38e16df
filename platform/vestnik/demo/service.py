"""Makes the demo's data once, part by part, and takes them away again.

The parts (parts.py) are made when a demo starts for the first time, after every room has started and
before the server listens. A kill in the middle is part of the demo: what was made stays, and the part
that was being made is taken away and begun again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.db import now
from vestnik.demo import lead_ways
from vestnik.demo.parts import PARTS
from vestnik.demo.tables import demo_part
from vestnik.people import demo as people_demo
from vestnik.people.access import Actor
from vestnik.people.errors import NotADemo
from vestnik.progress import say, step

if TYPE_CHECKING:
    from vestnik.app import Services


class NotForADemo(Exception):
    """The data folder belongs to a real organisation."""


async def prepare(services: Services) -> None:
    """Make what is missing of the demo's data; `NotForADemo` on a real organisation's data."""
    profile = await services.people.organisation.profile()
    if profile is not None and not profile.demo:
        raise NotForADemo(
            f"{services.settings.data_dir} holds the data of “{profile.name}”: the demo needs a folder of "
            "its own. Set VESTNIK_DATA_DIR to an empty one."
        )
    async with services.database.read() as connection:
        made = set(await connection.scalars(sa.select(demo_part.c.name)))
    for part in PARTS:
        if part.name not in made:
            with step(f"Demo data: {part.name}"):
                await part.remove(services)
                await part.create(services)
                await services.database.write(_remember, part.name)
    await lead_ways.reach(services)


async def remove(services: Services, actor: Actor) -> str:
    """Take the demo's data away; return the token for the link of a real first start."""
    actor.require("settings.manage")
    profile = await services.people.organisation.profile()
    if profile is None or not profile.demo:
        raise NotADemo()
    for part in reversed(PARTS):
        await part.remove(services)
    await services.database.write(_forget, actor)
    token = await services.people.setup.issue_link()
    if token is None:
        raise NotADemo()
    return token


def announce(services: Services) -> None:
    """Say where the demo is and who may sign in."""
    say(f"\nVestnik's demo is ready:  {services.settings.base_url}")
    if services.settings.simulator_url:
        say(f"The provider simulator:   {services.settings.simulator_url}")
    say(f"\nSign in as one of these, password {people_demo.PASSWORD}:")
    for person in people_demo.PEOPLE:
        say(f"  {person.email:<24}  {person.roles[0]}")
    say("")


def _forget(connection: sa.Connection, actor: Actor) -> None:
    connection.execute(demo_part.delete())
    record(connection, actor, "demo.removed", "organisation", None)


def _remember(connection: sa.Connection, name: str) -> None:
    connection.execute(demo_part.insert().values(name=name, made_at=now()))
