"""The command `vestnik`: finds the subcommand and runs it. Each is a module of `vestnik.commands`."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from vestnik import __version__, logs
from vestnik.commands.failures import CommandFailed
from vestnik.progress import say


@dataclass(frozen=True, slots=True)
class Command:
    """Where a subcommand lives and what it does in one line. The module's `main(arguments)` runs it."""

    module: str
    summary: str


COMMANDS = {
    "up": Command("up", "bring the database up to date and serve, with everything embedded"),
    "serve": Command("serve", "serve a database that is up to date"),
    "worker": Command("worker", "do durable work without serving HTTP (PostgreSQL)"),
    "doctor": Command("doctor", "check the sandbox's walls, the database and the data folder"),
    "user": Command("user", "add and list users, set a password"),
    "audit": Command("audit", "check that nobody changed the audit"),
    "db": Command("db", "migrate the database, check whether it is up to date, copy it to another"),
    "backup": Command("backup", "make one file of everything, while the server runs"),
    "restore": Command("restore", "make an installation of a backup again"),
    "module": Command("module", "make, check, run, test, upload or download a module"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `vestnik <command> …`; return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(given)
        sys.stdout.flush()  # here, and not at the interpreter's end, where nobody could catch its failure
    except BrokenPipeError:
        return _nobody_reads()
    except KeyboardInterrupt:
        return 130
    return status


def _run(given: list[str]) -> int:
    if not given or given[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if given else 2
    if given[0] in ("-V", "--version"):
        print(f"vestnik {__version__}")
        return 0
    command = COMMANDS.get(given[0])
    if command is None:
        say(f"vestnik: there is no command {given[0]!r}\n\n{usage()}")
        return 2
    os.umask(0o077)  # whatever a command writes belongs to whoever runs Vestnik, and to nobody else
    logs.configure(logging.WARNING)  # to the error stream; servers log more once they start
    try:
        # Only the module that is asked for is loaded: `module check` needs neither server nor database.
        module = importlib.import_module(f"vestnik.commands.{command.module}")
        status: int = module.main(given[1:])
        return status
    except CommandFailed as failure:
        say(f"vestnik {given[0]}: {failure}")
        return 1


def _nobody_reads() -> int:
    """End as a program does whose reader has gone, such as `head`: quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to say goes nowhere
    return 128 + signal.SIGPIPE


def usage() -> str:
    """The list of commands."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: vestnik <command> …   (vestnik <command> --help)", "", *lines])
