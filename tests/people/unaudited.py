"""Operations that test_audited.py does not walk, each with its reason."""

from __future__ import annotations

#: What asks and changes nothing that is ours, though it is asked by POST.
ASKS = {
    "POST   /accounts/{id}/check": "asks the service whether the key fits",
    "POST   /accounts/{id}/usage": "has plan and usage fetched now",
    "POST   /intake-doors/{id}/try": "reads an example; one that is sent is marked as a try",
    "POST   /campaigns/{id}/check-at-service": "asks the service; its answer stands in the history",
    "POST   /campaigns/{id}/preflight": "checks",
    "POST   /campaigns/{id}/results/ask": "has figures fetched now instead of a little later",
    "POST   /imports/{id}/preview": "shows rows",
    "POST   /mail-collectors/check": "looks at a mailbox; nothing of it is kept",
    "POST   /retention/preview": "counts",
    "POST   /leads/{id}/seen": "notes that it was opened",
    "POST   /session/invitation/check": "tells what a link invites to",
    "POST   /session/enrolment": "shows a secret; that it is confirmed is noted",
    "POST   /session/factor": "shows a secret; that it is confirmed is noted",
    "POST   /session/reset/check": "tells whose password a link resets",
    "POST   /modules/{id}/check": "checks a text",
    "POST   /modules/{id}/format": "formats a text",
    "POST   /modules/{id}/scaffold": "writes a text for the editor",
    "POST   /modules/{id}/calls/{call_id}/replay": "runs on recorded answers; nothing is sent",
    "POST   /modules/{id}/run": "tries a function; that it may write at a service is noted (test_trials.py)",
    "POST   /modules/{id}/tests/run": "runs tests on recorded answers; nothing is sent",
    "POST   /segments/count": "counts",
    "POST   /segments/sample": "shows people",
    "POST   /segments/why": "explains",
    "POST   /stop-list/find": "shows what the list says of an address",
    "POST   /templates/{id}/letter": "shows the letter",
    "POST   /webhooks/replay/count": "counts",
}
#: Needs a sending service: walked with one by tests/campaigns/test_audited.py.
WITH_A_SERVICE = {
    *("POST   /campaigns/{id}/send", "POST   /campaigns/{id}/send-again", "POST   /campaigns/{id}/test"),
    *("POST   /campaigns/{id}/cancel-at-service", "PUT    /campaigns/{id}/repeat"),
    "DELETE /campaigns/{id}/repeat",
}
#: Needs what only its own test has, such as a newer version in the catalogue.
ELSEWHERE = {
    "DELETE /demo": "tests/people/test_audited.py",
    "DELETE /orders/{id}/reading": "tests/sales/test_rereading.py",
    "POST   /orders/{id}/reading/take": "tests/sales/test_rereading.py",
    "POST   /contacts/{id}/panel/{account_id}/subscriptions": "tests/lists/test_panel.py",
    "POST   /modules/{id}/update": "tests/modules/test_catalogue.py",
    "POST   /session/invitation": "tests/people/test_invitations.py",
    "POST   /session/reset": "tests/people/test_resets.py",
    "POST   /session/code": "tests/people/test_factors.py",
    "POST   /session/enrolment/confirm": "tests/people/test_factor_required.py",
    "POST   /session/factor/codes": "tests/people/test_factors.py",
    "POST   /session/factor/confirm": "tests/people/test_factors.py",
    "POST   /session/factor/off": "tests/people/test_factors.py",
    "DELETE /users/{id}/factor": "tests/people/test_factor_required.py",
    "DELETE /sessions": "tests/people/test_open_sessions.py",
    "DELETE /sessions/{id}": "tests/people/test_open_sessions.py",
    "DELETE /users/{id}/sessions": "tests/people/test_open_sessions.py",
    "DELETE /users/{id}/sessions/{session_id}": "tests/people/test_open_sessions.py",
}
#: Nobody's doing, or one's own session, language and password: the users' page shows when one was here.
OWN = {
    "POST   /demo/kill": "of the demo alone: shows what a crash costs",
    "POST   /demo/letters": "of the demo alone: a letter of the site comes, and its collector's run is noted",
    "POST   /session": "signing in",
    "DELETE /session": "signing out",
    "POST   /session/demo": "signing in to the demo",
    "POST   /session/forgotten": "anybody may ask; that the letter goes out is noted (test_resets.py)",
    "POST   /setup": "the first start: there is nobody yet",
    "POST   /setup/test-letter": "sends a letter to the address that was entered, and keeps nothing",
}
