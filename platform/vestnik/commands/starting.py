"""What `up` and `serve` share: the lock, the socket, the database's schema, and the first words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from vestnik import __version__, logs, telemetry
from vestnik.app import Services, create_app
from vestnik.commands import lock
from vestnik.commands.failures import CommandFailed
from vestnik.commands.listening import listen, warnings
from vestnik.commands.migrating import bring_up_to_date
from vestnik.db.migrate import SchemaTooNew, schema_of
from vestnik.demo import service as demo
from vestnik.installation import hold_key
from vestnik.people.tokens import new_token
from vestnik.progress import say
from vestnik.server import serve
from vestnik.settings import Settings
from vestnik.vault import VaultError


def start(settings: Settings, listener: socket.socket | None, *, migrating: bool) -> int:
    """Take the lock, bring the schema up to date or check it, and serve until a signal."""
    logs.configure()
    telemetry.begin()
    key = new_token()
    note = lock.Running(pid=os.getpid(), address=f"http://{_reachable(settings)}", key=key)
    with lock.held(settings, note), clear_failures():
        if migrating:
            bring_up_to_date(settings)
            hold_key(settings)
        else:
            require_ready(settings)
        bound = listener or listen(settings)
        say(f"Vestnik {__version__}: starting on {settings.host}:{settings.port} …")
        for warning in warnings(settings):
            say(f"Warning: {warning}")
        serve(create_app(settings, key), bound, _announce)
        say("Vestnik has stopped.")
    return 0


def require_ready(settings: Settings) -> None:
    """Refuse a database whose schema this program can't work on, or that belongs to another key."""
    match schema_of(settings.database_url):
        case "missing" | "older":
            raise CommandFailed("the database's schema is not up to date: run “vestnik db migrate”.")
        case "too_new":
            raise SchemaTooNew(settings.database_url)
        case "newer":
            say(
                "Warning: a later release has migrated the database. This one may work on it; update it soon."
            )
    hold_key(settings)


@contextmanager
def clear_failures() -> Iterator[None]:
    """Turn what an operator can put right into one sentence."""
    try:
        yield
    except (VaultError, demo.NotForADemo, SchemaTooNew) as error:
        raise CommandFailed(str(error)) from None
    except sa.exc.OperationalError as error:
        raise CommandFailed(f"the database does not answer: {error.orig}") from None


async def _announce(services: Services) -> None:
    settings = services.settings
    token = await services.people.setup.issue_link()
    if token is not None:
        say(f"\nFirst start: open {settings.base_url}/setup?token={token}\n(valid for 24 hours, once)\n")
    elif settings.demo:
        demo.announce(services)
    else:
        say(f"Vestnik is ready: {settings.base_url}")


def _reachable(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    return f"{host}:{settings.port}"
