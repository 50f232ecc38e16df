"""A process that announces something and takes its delivery, and is killed before it sends it."""

from __future__ import annotations

import asyncio
import sys

import vestnik.tables  # noqa: F401
from vestnik.db import Database
from vestnik.outgoing.sending import _take
from vestnik.outgoing.service import announce


async def main(url: str, endpoint_id: int) -> None:
    database = Database(url)
    await database.start()
    await database.write(announce, "lead.created", {"id": "1"})
    taken = await database.write(_take, endpoint_id)
    print(taken[0].message_id, flush=True)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
