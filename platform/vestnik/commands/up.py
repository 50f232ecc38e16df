"""`vestnik up [--demo]`: migrate and serve with everything embedded; the demo adds the simulator."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from vestnik.commands.listening import inherited, listen, settings_from_environment
from vestnik.commands.supervisor import supervise


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT; with --demo as a child that is restarted when it is killed."""
    parser = argparse.ArgumentParser(prog="vestnik up", description=__doc__)
    parser.add_argument(
        "--demo",
        action="store_true",
        help="start the provider simulator too, make demo data, and come back after a kill -9",
    )
    parser.add_argument("--socket", type=int, metavar="FD", help="serve on a socket that listens already")
    given = parser.parse_args(arguments)
    settings = settings_from_environment()
    if given.demo:
        return supervise(settings, listen(settings))
    # Here and not above: the demo's supervisor lives beside the server and need not load all of it too.
    from vestnik.commands.starting import start

    listener = None if given.socket is None else inherited(given.socket)
    return start(settings, listener, migrating=True)
