"""`python -m vestnik_simulator`: serve until terminated; the first line of output is the address, as JSON."""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import socket
import typing
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from vestnik_simulator.app import create_app
from vestnik_simulator.options import Moderation, Options, parse_accounts

HELP = {
    "seed": "the same seed gives every letter the same fate",
    "webhook_rate": "events a second over all hooks; 0 is as fast as the receiver answers",
    "webhook_batch": "events in one body",
    "webhook_timeout_s": "how long a receiver may take",
    "retry_interval_s": "after a failed webhook",
    "retry_window_s": "a hook failing for so long is stopped",
    "moderation": "none, automatic or manual",
    "moderation_s": "how long automatic moderation takes",
    "start_delay_s": "between scheduled and in_progress",
    "send_rate": "recipients a second of one campaign; 0 is as fast as possible",
    "latency_s": "how long every API call takes",
    "calls_per_minute": "limit for each API key; 0 is none",
    "campaigns_per_minute": "limit of createCampaign; 0 is none",
    "exports_per_minute": "limit of async/exportContacts; 0 is none",
    "export_s": "how long an export takes",
    "templates": "user templates of the first account",
}


def parser() -> argparse.ArgumentParser:
    """The command line: one argument for each option."""
    made = argparse.ArgumentParser(prog="vestnik_simulator", description=__doc__)
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=0, help="0 takes a free one")
    made.add_argument("--data", type=Path, help="folder of the database; in memory without it")
    made.add_argument("--accounts", help="JSON; see parse_accounts in options.py")
    made.add_argument("--without-campaign-id", action="store_true", help="events as captured in 2017")
    defaults = Options()
    for name, text in HELP.items():
        value = getattr(defaults, name)
        choices = typing.get_args(Moderation) if name == "moderation" else None
        flag = "--" + name.removesuffix("_s").replace("_", "-") + ("-s" if name.endswith("_s") else "")
        made.add_argument(flag, dest=name, type=type(value), default=value, choices=choices, help=text)
    return made


def options_of(arguments: argparse.Namespace) -> Options:
    """The options that a command line means."""
    known = {field.name for field in dataclasses.fields(Options)}
    chosen: dict[str, Any] = {name: value for name, value in vars(arguments).items() if name in HELP}
    if arguments.accounts:
        chosen["accounts"] = parse_accounts(arguments.accounts)
    chosen["data"] = arguments.data
    chosen["name_campaign"] = not arguments.without_campaign_id
    assert set(chosen) <= known  # noqa: S101
    return Options(**chosen)


def main() -> None:
    """Listen, say where, serve."""
    arguments = parser().parse_args()
    options = options_of(arguments)
    listener = socket.create_server((arguments.host, arguments.port), backlog=1024)
    # Inherited by connections: else the end of an answer waits 40 ms for its beginning to be confirmed.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    url = f"http://{arguments.host}:{listener.getsockname()[1]}"
    app = _announcing(options, url)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=2
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def _announcing(options: Options, url: str) -> Starlette:
    """The application, which prints its address once it is ready to answer."""
    app = create_app(options)
    inner = app.router.lifespan_context
    keys = {account.login: account.api_key for account in options.accounts}

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Any]:
        async with inner(app) as state:
            print(json.dumps({"url": url, "apiKeys": keys}), flush=True)
            yield state

    app.router.lifespan_context = lifespan
    return app


if __name__ == "__main__":
    main()
