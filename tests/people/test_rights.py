"""Who may ask for what: every operation, asked for by every role, against a table written down by hand."""

from __future__ import annotations

import re

from tests.application import Browser, Installation

from vestnik.app import routers
from vestnik.people.access import Role

LETTERS: dict[Role, str] = {"administrator": "A", "integrator": "I", "marketer": "M", "sales_manager": "S"}

# A new operation is entered here by whoever has thought about who may ask for it.
# Outside the demo nobody may play.
# Beside the right of the route a recorded call that came as a webhook takes webhooks.read (replay, run,
# save-as-test, rehearsals; tests/modules/test_recordings.py), an export holds tests for modules.write alone
# (test_catalogue.py), and a suspended module is enabled with hosts.approve (test_suspension.py).
TABLE = """
A I M -   GET    /accounts
A I - -   POST   /accounts
A I - -   GET    /accounts/people
A I - -   GET    /accounts/services
A I M -   GET    /accounts/{id}
A I - -   PATCH  /accounts/{id}
A I - -   DELETE /accounts/{id}
A I - -   POST   /accounts/{id}/check
A I M -   GET    /accounts/{id}/hosts
A - - -   PUT    /accounts/{id}/hosts
A I M -   GET    /accounts/{id}/lists
A I - -   POST   /accounts/{id}/lists
A I - -   POST   /accounts/{id}/lists/import
A I - -   PUT    /accounts/{id}/lists/{list_id}
A I - -   POST   /accounts/{id}/rotate-token
A I M -   POST   /accounts/{id}/usage
A - - -   GET    /retention
A - - -   PATCH  /retention
A - - -   POST   /retention/preview
A - - -   GET    /audit
A - - -   GET    /audit/actions
A - - -   GET    /audit/export
A - - -   POST   /audit/verify
A - - -   GET    /system
A I M S   GET    /calendars
A - - S   POST   /calendars
A - - S   POST   /calendars/own
A I M S   GET    /calendars/{id}
A - - S   PATCH  /calendars/{id}
A - - S   DELETE /calendars/{id}
A I M S   GET    /calendars/{id}/link
A - - S   POST   /calendars/{id}/link
A - - S   DELETE /calendars/{id}/link
A I M S   GET    /calendar-events
A - - S   POST   /calendar-events
A I M S   GET    /calendar-events/{id}
A - - S   PATCH  /calendar-events/{id}
A - - S   DELETE /calendar-events/{id}
A I - -   GET    /outgoing-webhooks
A I - -   POST   /outgoing-webhooks
A I - -   GET    /outgoing-webhooks/kinds
A I - -   GET    /outgoing-webhooks/{id}
A I - -   PATCH  /outgoing-webhooks/{id}
A I - -   DELETE /outgoing-webhooks/{id}
A I - -   POST   /outgoing-webhooks/{id}/secret
A I - -   POST   /outgoing-webhooks/{id}/secret/show
A I - -   POST   /outgoing-webhooks/{id}/test
A I - -   GET    /outgoing-webhooks/{id}/deliveries
A I - -   POST   /outgoing-webhooks/{id}/redeliver
A I - -   GET    /outgoing-deliveries/{id}
A I - -   POST   /outgoing-deliveries/{id}/redeliver
A I M S   GET    /campaigns
A - M -   POST   /campaigns
A I M S   GET    /campaigns/repeats
A I M S   GET    /campaigns/services
A - M -   GET    /campaigns/services/{account_id}/senders
A I M S   GET    /campaigns/{id}
A - M -   PATCH  /campaigns/{id}
A - M -   DELETE /campaigns/{id}
A I M S   GET    /campaigns/{id}/audience
A - M -   POST   /campaigns/{id}/cancel
A - M -   POST   /campaigns/{id}/cancel-at-service
A I M S   GET    /campaigns/{id}/chart
A - M -   POST   /campaigns/{id}/check-at-service
A - M -   POST   /campaigns/{id}/copy
A I M S   GET    /campaigns/{id}/deliveries
A I M S   GET    /campaigns/{id}/events
A I M S   GET    /campaigns/{id}/domains
A I M S   GET    /campaigns/{id}/links
A I M S   GET    /campaigns/{id}/log
A - M -   GET    /campaigns/{id}/log/export
A I M S   GET    /campaigns/{id}/log/{address_id}
A I M S   GET    /campaigns/{id}/results
A I M S   POST   /campaigns/{id}/results/ask
A - M -   POST   /campaigns/{id}/pause
A I M S   POST   /campaigns/{id}/preflight
A - M -   PUT    /campaigns/{id}/repeat
A - M -   DELETE /campaigns/{id}/repeat
A - M -   POST   /campaigns/{id}/resume
A - M -   POST   /campaigns/{id}/retry
A - M -   POST   /campaigns/{id}/send
A - M -   POST   /campaigns/{id}/send-again
A I M S   GET    /campaigns/{id}/stats
A - M -   POST   /campaigns/{id}/test
A - M -   POST   /campaigns/{id}/undo
A I M S   GET    /categories
A - M S   POST   /categories
A I M S   GET    /categories/figures
A I M S   GET    /categories/{id}/issues
A I M S   GET    /contacts
A - M S   POST   /contacts
A I M S   GET    /contacts/count
A I M S   GET    /contacts/views
A I M S   POST   /contacts/views
A I M S   PATCH  /contacts/views/{id}
A I M S   DELETE /contacts/views/{id}
A - M S   POST   /contacts/bulk
A - M S   POST   /contacts/batch
A - M -   POST   /contacts/export
A - M S   GET    /imports
A - M S   POST   /imports
A - M S   GET    /imports/{id}
A - M S   DELETE /imports/{id}
A - M S   POST   /imports/{id}/cancel
A - M S   GET    /imports/{id}/events
A - M S   GET    /imports/{id}/not-undone
A - M S   POST   /imports/{id}/preview
A - M S   GET    /imports/{id}/rejects
A - M S   POST   /imports/{id}/resume
A - M S   POST   /imports/{id}/start
A - M S   POST   /imports/{id}/undo
A - M S   GET    /imports/schedules
A - M S   POST   /imports/schedules
A - M S   GET    /imports/schedules/{id}
A - M S   PUT    /imports/schedules/{id}
A - M S   DELETE /imports/schedules/{id}
A - M S   POST   /imports/schedules/{id}/pause
A - M S   POST   /imports/schedules/{id}/resume
A - M S   POST   /imports/schedules/{id}/run
A - M S   GET    /imports/schedules/{id}/runs
A - M S   POST   /imports/schedules/{id}/set-up
A I M S   GET    /contacts/bulk/{id}
A - M S   POST   /contacts/bulk/{id}/cancel
A I M S   GET    /contacts/fields
A I M S   GET    /contacts/{id}
A - M S   PATCH  /contacts/{id}
A - M S   POST   /contacts/{id}/consents
A I M S   GET    /contacts/{id}/panel
A I M S   GET    /contacts/{id}/panel/{account_id}
A I M S   GET    /contacts/{id}/panel/{account_id}/lists
A - M S   POST   /contacts/{id}/panel/{account_id}/subscriptions
A I M S   GET    /contacts/{id}/timeline
A I M S   GET    /companies
A - M S   POST   /companies
A - M -   GET    /companies/export
A I M S   GET    /companies/{id}
A - M S   PUT    /companies/{id}
A I M S   GET    /companies/{id}/contacts
A - - -   GET    /contact-fields
A - - -   POST   /contact-fields
A - - -   PATCH  /contact-fields/{id}
A - - -   PUT    /contact-fields/order
A I M S   GET    /contacts/duplicates
A I M S   GET    /contacts/owners
A I M S   GET    /contacts/{id}/consents
A I M S   GET    /contacts/duplicates/distinct
A - M S   POST   /contacts/duplicates/distinct
A - M S   DELETE /contacts/duplicates/distinct/{id}
A I M S   GET    /contacts/{id}/duplicates
A - - -   POST   /contacts/{id}/erase
A - M S   POST   /contacts/{id}/merge
A - - -   GET    /contacts/{id}/personal-data
A - M S   GET    /deals
A - - S   POST   /deals
A - M S   GET    /deals/export
A - M S   GET    /deals/stages
A - - S   POST   /deals/stages
A - - S   PUT    /deals/stages/order
A - - S   PATCH  /deals/stages/{id}
A - M S   GET    /deals/sums
A - M S   GET    /deals/{id}
A - - S   PATCH  /deals/{id}
A - M S   GET    /deals/{id}/history
A - M S   GET    /orders
A - - S   POST   /orders
A - M S   GET    /orders/export
A - M S   GET    /orders/{id}
A - - S   PATCH  /orders/{id}
A - M S   GET    /orders/{id}/history
A - - S   PUT    /orders/{id}/lines
A - M S   GET    /orders/{id}/reading
A - - S   DELETE /orders/{id}/reading
A - - S   POST   /orders/{id}/reading/take
A - M S   GET    /orders/{id}/tickets
A - - S   POST   /orders/{id}/tickets
A - M S   GET    /orders/{id}/tickets/offer
A - M S   GET    /tickets
A - M S   GET    /tickets/export
A - M S   GET    /tickets/{id}
A - - S   PATCH  /tickets/{id}
A - M S   GET    /tickets/{id}/history
A - - -   GET    /embed-keys
A - - -   POST   /embed-keys
A - - -   DELETE /embed-keys/{id}
A - - -   GET    /erasures
A I - -   GET    /contract
A I - -   GET    /contract/vestnik_sdk.pyi
A I M S   GET    /demo
A - - -   DELETE /demo
- - - -   POST   /demo/kill
- - - -   POST   /demo/letters
- - - -   GET    /demo/letters/{validity}/{number}
A - - -   GET    /invitations
A - - -   POST   /invitations
A - - -   DELETE /invitations/{id}
A - - -   POST   /invitations/{id}/send-again
A - - -   GET    /keys
A - - -   POST   /keys
A - - -   DELETE /keys/{id}
A - - -   POST   /keys/{id}/replace
A I M S   GET    /leads
A - - S   POST   /leads
A - - S   POST   /leads/bulk
A I M S   GET    /leads/events
A - M -   POST   /leads/export
A I M S   GET    /leads/statistics
A I M S   GET    /leads/{id}
A - - S   PATCH  /leads/{id}
A - - S   POST   /leads/{id}/assign
A - - S   POST   /leads/{id}/close
A - - S   POST   /leads/{id}/convert
A - - S   POST   /leads/{id}/inn
A - - S   POST   /leads/{id}/notes
A - - S   POST   /leads/{id}/process
A - - S   POST   /leads/{id}/reopen
A - - S   POST   /leads/{id}/seen
A - - S   POST   /leads/{id}/take
A I M S   GET    /lead-assignments
A I - -   POST   /lead-assignments
A I - -   PUT    /lead-assignments/order
A I - -   PUT    /lead-assignments/{id}
A I - -   DELETE /lead-assignments/{id}
A I M S   GET    /lead-channels
A I - -   POST   /lead-channels
A I - -   PATCH  /lead-channels/{id}
A I - -   POST   /lead-channels/{id}/merge
A I M S   GET    /lead-partners
A I - -   POST   /lead-partners
A I - -   PATCH  /lead-partners/{id}
A I M S   GET    /lead-settings
A I - -   PATCH  /lead-settings
A I - -   GET    /modules
A I - -   POST   /modules
A I - -   GET    /modules/catalogue
A I - -   POST   /modules/catalogue/{name}/install
A I - -   POST   /modules/upload
A I - -   GET    /modules/{id}
A I - -   DELETE /modules/{id}
A I - -   GET    /modules/{id}/calls
A I - -   GET    /modules/{id}/calls/{call_id}
A I - -   POST   /modules/{id}/calls/{call_id}/replay
A I - -   POST   /modules/{id}/calls/{call_id}/save-as-test
A I - -   POST   /modules/{id}/check
A I - -   POST   /modules/{id}/disable
A I - -   POST   /modules/{id}/enable
A I - -   GET    /modules/{id}/export
A I - -   POST   /modules/{id}/fork
A I - -   POST   /modules/{id}/format
A I - -   GET    /modules/{id}/recording
A I - -   PUT    /modules/{id}/recording
A I - -   GET    /modules/{id}/hosts
A I - -   GET    /modules/{id}/rehearsals
A I - -   POST   /modules/{id}/rehearsals
A I - -   GET    /modules/{id}/rehearsals/{rehearsal_id}
A I - -   POST   /modules/{id}/run
A I - -   POST   /modules/{id}/scaffold
A I - -   GET    /modules/{id}/tests
A I - -   POST   /modules/{id}/tests/run
A I - -   DELETE /modules/{id}/tests/{name}
A I - -   POST   /modules/{id}/update
A I - -   GET    /modules/{id}/versions
A I - -   POST   /modules/{id}/versions
A I - -   GET    /modules/{id}/versions/{version_id}
A I - -   POST   /modules/{id}/versions/{version_id}/publish
A - M -   GET    /reports/engagement
A - M -   GET    /reports/engagement/export
A - M -   POST   /reports/engagement/segment
A I M S   GET    /panel
A I M S   GET    /segments
A - M -   POST   /segments
A I M S   POST   /segments/count
A I M S   GET    /segments/fields
A I M S   POST   /segments/sample
A I M S   POST   /segments/why
A I M S   GET    /segments/{id}
A - M -   PATCH  /segments/{id}
A - M -   DELETE /segments/{id}
A I M S   GET    /segments/{id}/contacts
A I M S   GET    /segments/{id}/contacts/{contact_id}/why
A I M S   GET    /segments/{id}/count
A - M -   POST   /segments/{id}/members
A I M S   GET    /session
anybody   POST   /session
anybody   DELETE /session
anybody   POST   /session/demo
anybody   POST   /session/forgotten
anybody   POST   /session/invitation
anybody   POST   /session/invitation/check
anybody   POST   /session/reset
anybody   POST   /session/reset/check
A I M S   POST   /session/password
A I M S   PATCH  /session/user
anybody   POST   /session/code
anybody   POST   /session/enrolment
anybody   POST   /session/enrolment/confirm
A I M S   GET    /session/factor
A I M S   POST   /session/factor
A I M S   POST   /session/factor/codes
A I M S   POST   /session/factor/confirm
A I M S   POST   /session/factor/off
A I M S   GET    /sessions
A I M S   DELETE /sessions
A I M S   DELETE /sessions/{id}
anybody   GET    /session/welcome
A - - -   GET    /settings
A - - -   PATCH  /settings
A - - -   GET    /settings/walls
anybody   GET    /setup
anybody   POST   /setup
anybody   POST   /setup/test-letter
A I M S   GET    /stop-list
A - M S   POST   /stop-list
A - M S   POST   /stop-list/batch
A I M S   GET    /stop-list/counts
A - M -   GET    /stop-list/export
A I M S   POST   /stop-list/find
A - M S   POST   /stop-list/remove
A - M -   POST   /segments/{id}/recompute
A I M -   GET    /sync-runs/{id}
A I M -   GET    /sync-runs/{id}/events
A I M -   GET    /sync-runs/{id}/held
A - M -   GET    /sync-runs/{id}/held.csv
A I M -   GET    /sync-runs/{id}/rejects
A - M -   GET    /sync-runs/{id}/rejects.csv
A - M -   POST   /sync-runs/{id}/retry
A I M -   GET    /syncs
A - M -   POST   /syncs
A I M -   GET    /syncs/services
A - M -   GET    /syncs/targets
A I M -   GET    /syncs/{id}
A - M -   PATCH  /syncs/{id}
A - M -   DELETE /syncs/{id}
A - M -   POST   /syncs/{id}/confirm
A - M -   POST   /syncs/{id}/recompute
A - M -   POST   /syncs/{id}/run
A I M -   GET    /syncs/{id}/runs
A - M -   POST   /syncs/{id}/stop
A I M S   GET    /templates
A I M -   POST   /templates/import
A I M S   GET    /templates/imports
A I M S   GET    /templates/imports/{id}
A I M S   GET    /templates/{id}
A I M S   GET    /templates/{id}/html
anybody   GET    /templates/{id}/image
A I M S   GET    /templates/{id}/letter
A I M S   POST   /templates/{id}/letter
A I M S   GET    /templates/{id}/thumbnail
A - - -   GET    /users
A - - -   POST   /users
A - - -   GET    /users/{id}
A - - -   PATCH  /users/{id}
A - - -   DELETE /users/{id}
A - - -   GET    /users/{id}/factor
A - - -   DELETE /users/{id}/factor
A - - -   GET    /users/{id}/sessions
A - - -   DELETE /users/{id}/sessions
A - - -   DELETE /users/{id}/sessions/{session_id}
A I M -   GET    /webhooks
A I M -   GET    /webhooks/arrivals
A I M -   GET    /webhooks/replay
A I - -   POST   /webhooks/replay
A I - -   DELETE /webhooks/replay
A I - -   POST   /webhooks/replay/count
A I M -   GET    /webhooks/waiting
A I M -   GET    /webhooks/{id}
A I - -   POST   /webhooks/{id}/replay
A I M S   GET    /inputs
A I M S   POST   /inputs/parse
A I M S   GET    /inputs/{id}
A I - -   POST   /inputs/{id}/name
A I M S   POST   /inputs/{id}/parse
A I M S   GET    /inputs/{id}/raw
A I - S   POST   /inputs/{id}/set-aside
A I - -   GET    /intake-doors
A I - -   POST   /intake-doors
A I - -   GET    /intake-doors/{id}
A I - -   PATCH  /intake-doors/{id}
A I - -   DELETE /intake-doors/{id}
A I - -   POST   /intake-doors/{id}/rotate-token
A I - -   POST   /intake-doors/{id}/secret
A I - -   DELETE /intake-doors/{id}/secret
A I - -   POST   /intake-doors/{id}/try
A I - -   GET    /intake/classic-key
A I - -   POST   /intake/classic-key
A I - -   DELETE /intake/classic-key
A I - -   GET    /mail-collectors
A I - -   POST   /mail-collectors
A I - -   POST   /mail-collectors/check
A I - -   GET    /mail-collectors/job
A I - -   PUT    /mail-collectors/job
A I - -   GET    /mail-collectors/{id}
A I - -   PUT    /mail-collectors/{id}
A I - -   POST   /mail-collectors/{id}/collect
A I - -   GET    /mail-collectors/{id}/letters
A I - -   POST   /mail-collectors/{id}/removal-mark
A I - -   DELETE /mail-collectors/{id}/removal-mark
A I - -   GET    /mail-collectors/{id}/runs
"""
EXPECTED = {line[10:]: line[:10].strip() for line in TABLE.strip().splitlines()}

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
