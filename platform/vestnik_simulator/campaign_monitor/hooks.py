"""Webhooks of lists: what the API says of them."""

import json
from typing import Any

from vestnik_simulator.campaign_monitor.errors import Refusal, foreign
from vestnik_simulator.campaign_monitor.service import Call, new_key, operation
from vestnik_simulator.storage import Row

KINDS = ("Subscribe", "Update", "Deactivate")


@operation("GET", "lists/{list}/webhooks.json")
def webhooks(call: Call) -> list[dict[str, Any]]:
    """The list's hooks."""
    rows = call.storage.rows("SELECT * FROM cm_hook WHERE list_id=? ORDER BY id", call.list()["id"])
    return [
        {
            "WebhookID": row["key"],
            "Events": json.loads(row["events"]),
            "Url": row["url"],
            "Status": "Active" if row["active"] else "Inactive",
            "PayloadFormat": "json",
        }
        for row in rows
    ]


@operation("POST", "lists/{list}/webhooks.json")
def create_webhook(call: Call) -> str:
    """A new hook; two may have the same address."""
    row, url, events = call.list(), call.text("Url"), call.field("Events")
    if not url.startswith(("http://", "https://")):
        raise Refusal(601, "Invalid webhook URL")
    if not isinstance(events, list) or not events or set(events) - set(KINDS):
        raise Refusal(602, "Invalid webhook events")
    if call.field("PayloadFormat") != "json":
        raise Refusal(603, "The simulator knows the payload format json only")
    key = new_key()
    call.storage.run(
        "INSERT INTO cm_hook (key, list_id, url, events, active) VALUES (?,?,?,?,1)",
        key,
        row["id"],
        url,
        json.dumps(events),
    )
    return key


@operation("GET", "lists/{list}/webhooks/{hook}/test.json")
def test_webhook(call: Call) -> None:
    """Whether a test would be sent; the simulator sends none."""
    _hook(call)


@operation("PUT", "lists/{list}/webhooks/{hook}/activate.json")
def activate_webhook(call: Call) -> None:
    """Send events again; those of the time between are lost."""
    call.storage.run("UPDATE cm_hook SET active=1, failing_since=NULL WHERE id=?", _hook(call)["id"])


@operation("PUT", "lists/{list}/webhooks/{hook}/deactivate.json")
def deactivate_webhook(call: Call) -> None:
    """Send no more events."""
    call.storage.run("UPDATE cm_hook SET active=0 WHERE id=?", _hook(call)["id"])


@operation("DELETE", "lists/{list}/webhooks/{hook}.json")
def delete_webhook(call: Call) -> None:
    """Remove a hook with what waits for it."""
    key = _hook(call)["id"]
    call.storage.run("DELETE FROM cm_delivery WHERE hook_id=?", key)
    call.storage.run("DELETE FROM cm_hook WHERE id=?", key)


def _hook(call: Call) -> Row:
    row = call.storage.row(
        "SELECT * FROM cm_hook WHERE list_id=? AND key=?", call.list()["id"], call.keys["hook"]
    )
    if row is None:
        raise foreign("WebhookID")
    return row
