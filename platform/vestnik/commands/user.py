"""`vestnik user add|list|password|second-factor-off`: people who may sign in."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from vestnik.commands.api import Api, api
from vestnik.commands.failures import CommandFailed
from vestnik.commands.listening import settings_from_environment
from vestnik.commands.starting import clear_failures
from vestnik.people.access import ROLES
from vestnik.progress import say


def main(arguments: Sequence[str]) -> int:
    """Add a user, list all, set a password (asked for, or from the input), or take a second factor off."""
    given = _parser().parse_args(arguments)
    password = _ask_password() if given.action in ("add", "password") else ""
    with clear_failures():
        asyncio.run(_carry_out(given, password))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vestnik user", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="add a user")
    add.add_argument("email")
    add.add_argument("--name", required=True)
    add.add_argument("--role", choices=ROLES, action="append", required=True, dest="roles")
    add.add_argument("--language", choices=["ru", "en"], default="ru")
    listed = actions.add_parser("list", help="list the users")
    listed.add_argument("--json", action="store_true", help="print JSON")
    password = actions.add_parser("password", help="set a user's password and end the user's sessions")
    password.add_argument("email")
    factor = actions.add_parser(
        "second-factor-off", help="take a user's second factor off, who lost the phone"
    )
    factor.add_argument("email")
    return parser


async def _carry_out(given: argparse.Namespace, password: str) -> None:
    async with api(settings_from_environment()) as connected:
        if given.action == "add":
            fields = {"email": given.email, "name": given.name, "roles": given.roles}
            await connected.call(
                "POST", "/users", fields | {"language": given.language, "password": password}
            )
            say(f"Added {given.email}.")
        elif given.action == "password":
            found = await _find(connected, given.email)
            await connected.call("PATCH", f"/users/{found['id']}", {"password": password})
            say(f"The password of {found['email']} is set; the user's sessions have ended.")
        elif given.action == "second-factor-off":
            found = await _find(connected, given.email)
            await connected.call("DELETE", f"/users/{found['id']}/factor")
            say(f"The second factor of {found['email']} is off: the password alone is enough now.")
        else:
            _print(await _all(connected, ""), as_json=given.json)


async def _find(connected: Api, email: str) -> dict[str, Any]:
    for user in await _all(connected, email):
        if user["email"].casefold() == email.strip().casefold():
            return user
    raise CommandFailed(f"there is no user {email}.")


async def _all(connected: Api, search: str) -> list[dict[str, Any]]:
    page = await connected.call("GET", f"/users?limit=1000&sort=email&search={quote(search)}")
    users: list[dict[str, Any]] = page["items"]
    return users


def _print(users: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(users, ensure_ascii=False, indent=2))
        return
    for user in users:
        state = "disabled" if user["disabled"] else ", ".join(user["roles"])
        print(f"{user['email']:<32}  {user['name']:<32}  {state}")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise CommandFailed("the passwords differ.")
    return password
