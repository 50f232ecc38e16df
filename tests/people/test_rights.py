"""Who may ask for what: every operation, asked for by every role, against a table written down by hand."""

from __future__ import annotations

import re

from tests.application import Browser, Installation
from tests.people.rights import EXPECTED

from vestnik.app import routers
from vestnik.people.access import Role

LETTERS: dict[Role, str] = {"administrator": "A", "integrator": "I", "marketer": "M", "sales_manager": "S"}

# What sends letters, or decides about those that are being sent.
SENDING = (
    *("cancel", "cancel-at-service", "check-at-service", "pause", "resume", "retry", "send", "send-again"),
    *("test", "undo"),
)

# Ends the session that asks.
SIGN_OUT = "DELETE /session"


def operations() -> list[str]:
    found = [operation for router in routers() for operation in router.operations]
    return [f"{operation.method:<6} {operation.path.replace(':key}', '}')}" for operation in found]


async def is_let_in(browser: Browser, operation: str) -> bool:
    """Whether rights let a request through; that it lacks a body or a row is told only after that."""
    method, path = operation.split()
    answer = await browser.request(method, re.sub(r"\{[a-z_]+\}", "0", path))
    assert answer.status_code < 500, (operation, answer.text)
    code = answer.json().get("code") if answer.status_code in (401, 403) else None
    return code not in ("not_signed_in", "forbidden")


def test_the_table_names_every_operation() -> None:
    assert sorted(EXPECTED) == sorted(operations())


async def test_every_role_may_ask_for_what_the_table_says_and_for_nothing_else(
    installation: Installation,
) -> None:
    installation.services.events.close()  # live updates end at once: nobody is to wait for them
    browsers = {role: await installation.signed_in(role) for role in LETTERS}
    stranger = await installation.browser()
    found = {}
    for operation in [each for each in operations() if each.split() != SIGN_OUT.split()]:
        if await is_let_in(stranger, operation):
            found[operation] = "anybody"
        else:
            found[operation] = " ".join(
                [LETTERS[role] if await is_let_in(browsers[role], operation) else "-" for role in LETTERS]
            )

    assert found == {operation: who for operation, who in EXPECTED.items() if operation in found}


async def test_an_editor_may_ask_for_what_a_marketer_may_but_for_sending_and_syncing(
    installation: Installation,
) -> None:
    installation.services.events.close()  # live updates end at once: nobody is to wait for them
    editor = await installation.signed_in("editor")

    refused = {
        operation
        for operation, who in EXPECTED.items()
        if "M" in who and operation.split() != SIGN_OUT.split() and not await is_let_in(editor, operation)
    }

    assert refused == {
        "DELETE /campaigns/{id}/repeat",
        "PUT    /campaigns/{id}/repeat",
        *(f"POST   /campaigns/{{id}}/{act}" for act in SENDING),
        *("POST   /syncs", "PATCH  /syncs/{id}", "DELETE /syncs/{id}", "GET    /syncs/targets"),
        *(f"POST   /syncs/{{id}}/{act}" for act in ("confirm", "recompute", "run", "stop")),
        *("POST   /segments/{id}/recompute", "POST   /sync-runs/{id}/retry"),
    }


async def test_who_connects_accounts_may_do_that_and_nothing_else(installation: Installation) -> None:
    installation.services.events.close()  # live updates end at once: nobody is to wait for them
    browser = await installation.signed_in("connector")

    let_in = {each for each in operations() if EXPECTED[each] != "anybody" and await is_let_in(browser, each)}

    accounts = {each for each in EXPECTED if each.split()[1].startswith("/accounts")}
    of_oneself = {each for each in let_in if each.split()[1].startswith(("/session", "/demo"))}
    assert let_in - of_oneself == accounts - {"PUT    /accounts/{id}/hosts"} | {"GET    /webhooks/arrivals"}


async def test_a_key_may_ask_for_nothing_beside_its_one_right(installation: Installation) -> None:
    installation.services.events.close()  # live updates end at once: nobody is to wait for them
    browser = await installation.signed_in("administrator")
    made = await browser.post("/keys", {"name": "one right", "rights": ["templates.read"]})
    machine = await installation.browser()
    machine.headers = {"authorization": f"Bearer {made.json()['key']}"}

    let_in = {each for each in operations() if EXPECTED[each] != "anybody" and await is_let_in(machine, each)}

    assert {each.split()[1] for each in let_in} == {
        *("/templates", "/templates/imports", "/templates/imports/{id}"),
        *("/templates/{id}", "/templates/{id}/html", "/templates/{id}/letter", "/templates/{id}/thumbnail"),
        # of oneself
        *("/session", "/session/user", "/session/password", "/demo"),
        *(f"/session/factor{act}" for act in ("", "/codes", "/confirm", "/off")),  # a body comes first
    }
