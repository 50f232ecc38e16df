"""Runs escapes in a process without a single wall but the policy; prints what each came to as JSON.

Reads a JSON object name -> source from its input.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from vestnik.sandbox import policy, worker


class NoHost:
    """A line to nobody."""

    def send_operation(self, number: int, name: str, argument: Any) -> None:
        raise RuntimeError("no host")

    def send_cancel(self, number: int) -> None:
        raise RuntimeError("no host")

    def send_log(self, level: int, text: str) -> None:
        """A module may say what it likes."""

    def receive_reply(self) -> tuple[int, bool, Any]:
        raise RuntimeError("no host")


def outcome(runtime: worker.Runtime, source: str) -> str:
    """ "refused", the name of the exception, "nothing", or what was obtained."""
    try:
        program = worker.Program(runtime, NoHost(), source, {})
        result = program.call("attack", {}, {})
    except policy.ModuleRefused:
        return "refused"
    except Exception as error:
        return type(error).__name__
    return f"obtained {result!r}" if result else "nothing"


if __name__ == "__main__":
    shared = worker.Runtime()
    print(json.dumps({name: outcome(shared, source) for name, source in json.load(sys.stdin).items()}))
