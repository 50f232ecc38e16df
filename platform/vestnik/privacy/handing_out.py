"""The file of a person's data, made as it is sent: no more of it is in memory than one portion.

    {
      "contacts": [{…}, …],         one key for each kind of records that refer to the person
      …
      "texts": {
        "inbox": [                  one key for each place whose texts may name anybody, a table as a rule
          {"row": {"id": "…"}, "at": "…", "found": {"body": …, "query": "…"}},
          …
        ],
        …
      }
    }

Every key is there, also where nothing was found. What an excerpt shows is said in excerpts.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from vestnik.db import Database
from vestnik.privacy.excerpts import Excerpts
from vestnik.privacy.holdings import Holding, Page, Subject, Sweep, encoded

_RECORD, _FINDING = 4, 6


async def document(
    database: Database, person: Subject, holdings: Sequence[Holding], sweeps: Sequence[Sweep]
) -> AsyncIterator[bytes]:
    """The file in pieces; a portion that holds nothing is a space, so that whoever waits sees it go on."""
    yield b"{"
    for holding in holdings:
        yield b'\n  "%s": [' % holding.name.encode()
        first = True
        async for page in _pages(database, holding, person):
            if page.items:
                yield _items([encoded(item) for item in page.items], _RECORD, first)
                first = False
        yield b"]," if first else b"\n  ],"
    yield b'\n  "texts": {'
    excerpts = Excerpts(person.search())
    for number, sweep in enumerate(sweeps):
        yield b'%s\n    "%s": [' % (b"," if number else b"", sweep.name.encode())
        first = True
        async for findings in sweep.findings(excerpts):
            yield _items(findings, _FINDING, first) if findings else b" "
            first = first and not findings
        yield b"]" if first else b"\n    ]"
    yield b"\n  }\n}\n"


async def _pages(database: Database, holding: Holding, person: Subject) -> AsyncIterator[Page]:
    """Each in a reading of its own: whoever downloads slowly holds nothing up."""
    after: Sequence[Any] | None = None
    while True:
        async with database.read() as connection:
            page = await connection.run_sync(holding.read, person, after)
        yield page
        if page.after is None:
            return
        after = page.after


def _items(items: Sequence[bytes], indent: int, first: bool) -> bytes:
    """Members of a list, each on lines of its own."""
    begin = b"\n" + b" " * indent
    text = (b"," + begin).join(msgspec.json.format(item, indent=2).replace(b"\n", begin) for item in items)
    return (b"" if first else b",") + begin + text
