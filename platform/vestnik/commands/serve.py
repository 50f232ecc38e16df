"""`vestnik serve`: serve a database whose schema is up to date."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from vestnik.commands.listening import inherited, settings_from_environment
from vestnik.commands.starting import start


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="vestnik serve", description=__doc__)
    parser.add_argument("--socket", type=int, metavar="FD", help="serve on a socket that listens already")
    given = parser.parse_args(arguments)
    listener = None if given.socket is None else inherited(given.socket)
    return start(settings_from_environment(), listener, migrating=False)
