"""The floor under webhooks: a plain Starlette handler that writes the same rows, without a sandbox.

    python -m benchmarks.floor PORT ACCOUNT_ID [stored]

It parses Unisender's body in plain Python, checks its signature, and writes inbox, keys, deliveries,
figures and events in one durable transaction, grouped as ours are, by our own writer. With `stored`
it stores and does no more.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.installation import API_KEY
from vestnik.contacts.service import Contacts
from vestnik.db import Batcher, Database, new_key
from vestnik.settings import Settings
from vestnik.vault import Vault
from vestnik.webhooks import inbox
from vestnik.webhooks.apply import Applied, Applier, Parsed
from vestnik.webhooks.inbox import Stored

_AUTH = re.compile(rb'"auth":"([0-9a-f]{32})"')
_STATUSES = {"ok_delivered": "delivered", "ok_read": "opened", "ok_link_visited": "clicked"}


def signed(body: bytes) -> bool:
    """Unisender's signature: md5 of the body with the key in place of `auth`."""
    found = _AUTH.search(body)
    if found is None:
        return False
    text = body[: found.start(1)] + API_KEY.encode() + body[found.end(1) :]
    return hashlib.md5(text).hexdigest() == found[1].decode()  # noqa: S324


def actions_of(body: bytes) -> list[dict[str, Any]]:
    """What the module makes of the same body."""
    actions = []
    for user in json.loads(body)["events_by_user"]:
        for event in user["events"]:
            data = event["event_data"]
            at = datetime.fromisoformat(event["event_time"]).replace(tzinfo=UTC)
            actions.append(
                {
                    "type": "updateDeliveryStatus",
                    "email": data["email"],
                    "externalId": str(data["campaign_id"]),
                    "status": _STATUSES[data["status"]],
                    "occurredAt": at.isoformat(),
                }
            )
    return actions


def application(settings: Settings, account_id: int, *, stored_only: bool) -> Starlette:
    """The handler on the installation's own database."""
    database = Database(settings.database_url)
    applier = Applier(Contacts(database, Vault(settings)), lambda _: {})

    def write(connection: sa.Connection, batch: Sequence[Parsed]) -> Sequence[Applied]:
        inbox.store(connection, [parsed.request for parsed in batch])
        return [()] * len(batch) if stored_only else applier.apply(connection, batch)

    batcher: Batcher[Parsed, Applied] = Batcher(database, write)

    async def webhook(request: Request) -> Response:
        body = await request.body()
        headers = tuple((name, value) for name, value in request.headers.items())
        stored = Stored(
            new_key(), time.time_ns() // 1000, account_id, "POST", request.url.path, "", headers, body
        )
        actions = [] if stored_only else actions_of(body) if signed(body) else []
        await batcher.put(Parsed(stored, 1, actions, None, True, 200))
        return Response(status_code=200)

    async def ready(_request: Request) -> Response:
        return JSONResponse({"status": "ready"})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await database.start()
        yield
        await database.stop()

    routes = [Route("/hooks/{module}/{token}", webhook, methods=["POST"]), Route("/readyz", ready)]
    return Starlette(routes=routes, lifespan=lifespan)


if __name__ == "__main__":
    app = application(Settings.from_environment(), int(sys.argv[2]), stored_only=sys.argv[3:] == ["stored"])
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
