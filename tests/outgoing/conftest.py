"""Outgoing webhooks on a database of each kind, with a server that receives them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jsonschema
import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook
from tests.alerts.post import add_person, alerts_of
from tests.application import installation, settings
from tests.outgoing.receiver import Receiver

from vestnik.assembly_intake import OutgoingBell
from vestnik.db import Database, now
from vestnik.egress import Resolver
from vestnik.outgoing.endpoints import NewEndpoint, Outgoing
from vestnik.outgoing.kinds import documented
from vestnik.outgoing.sending import Sender
from vestnik.outgoing.service import announce
from vestnik.outgoing.tables import delivery, endpoint, message
from vestnik.people.access import Actor, rights_of
from vestnik.settings import Settings
from vestnik.vault import Vault

__all__ = ["installation", "settings"]

ENGINE = cast(Any, SimpleNamespace(every=lambda *_, **__: None))


class Post:
    """The room, and what is in it."""

    def __init__(self, database: Database, settings: Settings, actor: Actor) -> None:
        self.database, self.settings, self.actor = database, settings, actor
        self.vault = Vault(settings)
        self.bell = OutgoingBell(alerts_of(database, settings, ENGINE))
        self.senders: list[Sender] = []
        self.outgoing = Outgoing(database, self.vault, self.sender())

    def sender(self, resolver: Resolver | None = None) -> Sender:
        """One more process that sends."""
        own = [("127.0.0.1", 8000)]
        made = Sender(self.database, self.vault, ENGINE, self.bell, own, resolver=resolver)
        self.senders.append(made)
        return made

    async def listen(self, url: str, *kinds: str, private: bool = True) -> tuple[int, str]:
        """An endpoint, and its secret."""
        new = NewEndpoint("CRM", url, kinds or ("lead.created",), private)
        return await self.outgoing.create(self.actor, new)

    async def tell(self, *numbers: int, kind: str = "lead.created") -> None:
        for number in numbers:
            await self.database.write(announce, kind, {"id": str(number)})

    async def send(self, sender: Sender | None = None) -> None:
        """Send what is due."""
        sender = sender or self.outgoing.sender
        await sender.look()
        await sender.idle()

    async def pass_time(self) -> None:
        """Let every pause and lease end."""
        due = sa.update(delivery).where(delivery.c.next_at.is_not(None)).values(next_at=now())
        await self.database.write(lambda connection: connection.execute(due))

    async def put(self, **values: Any) -> None:
        """Set columns of the endpoint."""
        changed = sa.update(endpoint).values(values)
        await self.database.write(lambda connection: connection.execute(changed))

    async def rows(self, table: sa.Table = delivery) -> list[dict[str, Any]]:
        async with self.database.read() as connection:
            found = await connection.execute(sa.select(table).order_by(table.c.id))
            return [dict(row._mapping) for row in found]

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.rows()]


def checked(body: str | bytes) -> Any:
    """What a body tells, once it is what its kind's schema says."""
    whole = json.loads(body)
    schema = next(each.schema for each in documented() if each.kind == whole["type"])
    format_checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=format_checker).validate(whole)
    return whole


async def told(database: Database) -> list[Any]:
    """What was announced, in order, each as its schema says."""
    async with database.read() as connection:
        bodies = await connection.scalars(sa.select(message.c.body).order_by(message.c.id))
        return [checked(body) for body in bodies]


def verified(secret: str, receiver: Receiver, at: int = -1) -> Any:
    """What a message tells, once its signature is good by the reference implementation."""
    got = receiver.got[at]
    return Webhook(secret).verify(got.body, got.headers)


@pytest.fixture
async def post(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Post]:
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data")
    user_id = await add_person(database, "administrator")
    made = Post(database, settings, Actor(user_id, "Админ", rights_of(["administrator"])))
    yield made
    for sender in made.senders:
        await sender.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def other_receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()
