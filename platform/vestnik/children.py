"""How a child process of ours is started: our interpreter, our module, and no file of the working directory.

Python would look for modules in the working directory first; whoever can put a `bisect.py` there would
have it run. `-P` leaves that folder out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

#: Where a child that needs no folder stands.
NOWHERE = "/"


def command(module: str, *arguments: str) -> list[str]:
    """The command line of `module` as a program."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> Mapping[str, str]:
    """What a child that needs none of our settings is told: no secret is among it."""
    return {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}
