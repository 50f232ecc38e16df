"""The account itself: who it is, what is paid, which senders are verified, which hooks are set."""

import json
from typing import Any
from urllib.parse import urlsplit

from vestnik_simulator.unisender.errors import ApiError, invalid
from vestnik_simulator.unisender.service import Call, method

EVENTS = frozenset(
    "email_status unsubscribe subscribe subscribe_primary campaign_status user_info email_check "
    "user_payment user_currency_changed".split()
)


@method("getUserInfo")
def get_user_info(call: Call) -> dict[str, Any]:
    """The account that owns the key."""
    used = int(
        call.storage.value("SELECT coalesce(sum(sent),0) FROM campaign WHERE account_id=?", call.account.id)
    )
    return {
        "login": call.account.login,
        "email": call.account.email,
        "timezone": "UTC",
        "balance": "12500.00",
        "currency": "RUB",
        "emails_paid": call.account.emails_paid,
        "emails_used": used,
        "period_emails_paid": call.account.emails_paid,
        "period_emails_used": used,
    }


@method("getCheckedEmail")
def get_checked_email(call: Call) -> list[dict[str, Any]]:
    """Sender addresses, verified or not; `login` is required by the documentation."""
    if call.arguments.text("login") != call.account.login:
        raise ApiError("access_denied", "Нет доступа к этому логину", "No access to this login")
    rows = call.storage.rows("SELECT * FROM sender WHERE account_id=? ORDER BY email", call.account.id)
    wanted = call.arguments.text("email", "")
    return [
        {"email": row["email"], "name": row["name"], "is_checked": bool(row["is_checked"])}
        for row in rows
        if wanted in ("", row["email"])
    ]


@method("setHook")
def set_hook(call: Call) -> dict[str, Any]:
    """Set or replace the hook of an address. The answer's form is an assumption (undocumented): `{}`."""
    arguments = call.arguments
    url = arguments.text("hook_url")
    if urlsplit(url).scheme not in ("http", "https"):
        raise invalid("hook_url")
    event_format = arguments.text("event_format", "json_post")
    if event_format != "json_post":
        # json_post_compressed and json_get exist at the service; nobody here needs them.
        raise invalid("event_format")
    status = arguments.text("status", "active")
    if status not in ("active", "disabled"):
        raise invalid("status")
    max_parallel = arguments.integer("max_parallel", 10)
    if not 1 <= max_parallel <= 50:
        raise invalid("max_parallel")
    call.storage.run(
        "INSERT INTO hook (account_id, url, events, format, max_parallel, single_event, status) "
        "VALUES (?,?,?,?,?,?,?) ON CONFLICT (account_id, url) DO UPDATE SET events=excluded.events, "
        "format=excluded.format, max_parallel=excluded.max_parallel, single_event=excluded.single_event, "
        "status=excluded.status, failing_since=NULL",
        call.account.id,
        url,
        json.dumps(_events(call)),
        event_format,
        max_parallel,
        arguments.integer("single_event", 0),
        status,
    )
    call.signals.hooks_changed()
    return {}


@method("listHooks")
def list_hooks(call: Call) -> list[dict[str, Any]]:
    """The hooks of the account. Field names are an assumption: those that setHook takes."""
    rows = call.storage.rows("SELECT * FROM hook WHERE account_id=? ORDER BY id", call.account.id)
    return [
        {
            "id": row["id"],
            "url": row["url"],
            "hook_url": row["url"],
            "event_format": row["format"],
            "events": json.loads(row["events"]),
            "max_parallel": row["max_parallel"],
            "single_event": row["single_event"],
            "status": row["status"],
        }
        for row in rows
    ]


@method("removeHook")
def remove_hook(call: Call) -> dict[str, Any]:
    """Remove the hook of an address."""
    url = call.arguments.text("hook_url")
    row = call.storage.row("SELECT id FROM hook WHERE account_id=? AND url=?", call.account.id, url)
    if row is None:
        raise invalid("hook_url")
    call.storage.run("DELETE FROM delivery WHERE hook_id=?", row["id"])
    call.storage.run("DELETE FROM hook WHERE id=?", row["id"])
    call.signals.hooks_changed()
    return {}


def _events(call: Call) -> dict[str, str]:
    """`events[email_status]=*`, `events[email_status]=ok_read,ok_sent` or `events[]=email_status`."""
    events: dict[str, str] = {}
    for name, value in call.arguments.mapping("events").items():
        if name in EVENTS:
            events[name] = value or "*"
        elif value in EVENTS:
            events[value] = "*"
        else:
            raise invalid(f"events[{name}]")
    if not events:
        raise invalid("events")
    return events
