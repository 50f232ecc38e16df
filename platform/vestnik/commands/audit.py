"""`vestnik audit verify`: whether anybody changed the audit."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from typing import Any

from vestnik.commands.api import api
from vestnik.commands.listening import settings_from_environment
from vestnik.commands.starting import clear_failures
from vestnik.progress import say

_PROBLEMS = {
    "changed": "a row, or its seal, is not what was sealed",
    "missing": "a sealed row is gone",
    "order": "a link of the chain is gone",
    "tail": "the newest rows are gone",
    "remembered": "the data folder remembers another chain",
    "cut": "old rows are gone that Vestnik did not take away",
}


def main(arguments: Sequence[str]) -> int:
    """Verify the chain; status 1 when it does not hold."""
    parser = argparse.ArgumentParser(prog="vestnik audit", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="compute the chain of the audit anew; status 1 if it breaks")
    verify.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    with clear_failures():
        found = asyncio.run(_verify())
    if given.json:
        print(json.dumps(found, indent=2))
    else:
        say(_told(found))
    return 0 if found["holds"] else 1


async def _verify() -> dict[str, Any]:
    async with api(settings_from_environment()) as connected:
        found: dict[str, Any] = await connected.call("POST", "/audit/verify")
        return found


def _told(found: dict[str, Any]) -> str:
    if found["holds"]:
        return f"The audit holds: {found['sealed']} sealed rows are as they were sealed."
    row = "" if found["rowId"] is None else f" (row {found['rowId']})"
    return f"The audit does not hold: {_PROBLEMS[found['problem']]}, at link {found['number']}{row}."
