"""Campaigns: drafts made of a template, sending, and what became of the letters."""

# ruff: noqa: S608 - what is put into statements here are names of columns from this code

import json
from collections.abc import Callable
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.campaign_monitor.errors import Refusal, bad_email
from vestnik_simulator.campaign_monitor.service import (
    Call,
    email_of,
    new_key,
    operation,
    page_of,
    read,
    written,
)
from vestnik_simulator.storage import Row

MAX_PREVIEWS = 15
IMMEDIATELY = "Immediately"


@operation("POST", "campaigns/{client}/fromtemplate.json")
def create(call: Call) -> str:
    """A draft; its name is unique within the client."""
    owner, name = call.client(), call.text("Name")
    taken = call.storage.value("SELECT 1 FROM cm_campaign WHERE client_id=? AND name=?", owner["id"], name)
    if taken:
        raise Refusal(303, "Duplicate Campaign Name")
    sender, reply_to = email_of(call.text("FromEmail")), email_of(call.text("ReplyTo"))
    if sender is None or reply_to is None:
        raise bad_email()
    template = call.storage.value(
        "SELECT id FROM cm_template WHERE client_id=? AND key=?", owner["id"], call.text("TemplateID")
    )
    if template is None:
        raise Refusal(320, "Invalid TemplateID")
    if not isinstance(call.field("TemplateContent"), dict):
        raise Refusal(321, "TemplateContent is required")
    lists = [call.list(key) for key in call.field("ListIDs") or []]
    if not lists or any(each["client_id"] != owner["id"] for each in lists):
        raise Refusal(308, "Campaign needs at least one list of the client")
    key = new_key()
    call.storage.insert(
        "INSERT INTO cm_campaign (key, client_id, name, subject, from_name, from_email, reply_to, "
        "template_id, lists, status, created) VALUES (?,?,?,?,?,?,?,?,?,'draft',?)",
        key,
        owner["id"],
        name,
        call.text("Subject"),
        call.text("FromName"),
        sender,
        reply_to,
        template,
        json.dumps([each["id"] for each in lists]),
        moments.now(),
    )
    return key


@operation("POST", "campaigns/{campaign}/send.json")
def send(call: Call) -> None:
    """At once, or at a minute of the client's zone; a second time is refused."""
    row, when = call.campaign(), call.text("SendDate")
    if email_of(call.text("ConfirmationEmail").split(",")[0]) is None:
        raise bad_email()
    if row["status"] != "draft":
        raise Refusal(331, "Campaign has already been sent or is scheduled")
    try:
        at = moments.now() if when == IMMEDIATELY else read(when, row["zone"])
    except ValueError:
        raise Refusal(332, "SendDate must be Immediately or YYYY-MM-DD HH:MM") from None
    call.storage.run("UPDATE cm_campaign SET status='scheduled', send_at=? WHERE id=?", at, row["id"])
    call.signals.campaign_changed()


@operation("POST", "campaigns/{campaign}/unschedule.json")
def unschedule(call: Call) -> None:
    """Make a scheduled campaign a draft again."""
    row = call.campaign()
    if row["status"] != "scheduled":
        raise Refusal(333, "Campaign is not scheduled")
    call.storage.run("UPDATE cm_campaign SET status='draft', send_at=NULL WHERE id=?", row["id"])


@operation("DELETE", "campaigns/{campaign}.json")
def delete(call: Call) -> None:
    """Remove a draft; what was sent stays."""
    row = call.campaign()
    if row["status"] != "draft":
        raise Refusal(331, "Campaign has already been sent or is scheduled")
    call.storage.run("DELETE FROM cm_campaign WHERE id=?", row["id"])


@operation("POST", "campaigns/{campaign}/sendpreview.json")
def send_preview(call: Call) -> None:
    """A test to at most fifteen addresses."""
    row, people = call.campaign(), call.field("PreviewRecipients")
    found = [email_of(each) for each in people or []]
    if not found or len(found) > MAX_PREVIEWS or None in found:
        raise Refusal(350, f"From 1 to {MAX_PREVIEWS} addresses")
    call.storage.many(
        "INSERT INTO single (account_id, kind, address, subject, at) VALUES (?,'test',?,?,?)",
        [(-row["client_id"], email, row["subject"], moments.now()) for email in found],
    )


@operation("GET", "clients/{client}/campaigns.json")
def sent(call: Call) -> dict[str, Any]:
    """Sent campaigns, the latest first."""
    owner, place = call.client(), call.place()
    page, size = place
    where = "client_id=? AND status IN ('sending', 'sent')"
    rows = call.storage.rows(
        f"SELECT * FROM cm_campaign WHERE {where} ORDER BY sent DESC, id DESC LIMIT ? OFFSET ?",
        owner["id"],
        size,
        (page - 1) * size,
    )
    total = call.storage.value(f"SELECT count(*) FROM cm_campaign WHERE {where}", owner["id"])
    results = [
        _card(row)
        | {"SentDate": written(row["sent"], owner["zone"]), "TotalRecipients": row["total"], "Tags": []}
        | {"WebVersionURL": _web_version(call, row)}
        for row in rows
    ]
    return page_of(results, "SentDate", True, place, total)


@operation("GET", "clients/{client}/scheduled.json")
def scheduled(call: Call) -> list[dict[str, Any]]:
    """What waits for its time."""
    owner = call.client()
    rows = _with_status(call, owner, "scheduled")
    return [
        _card(row)
        | {
            "DateCreated": written(row["created"], owner["zone"]),
            "DateScheduled": written(row["send_at"], owner["zone"]),
            "ScheduledTimeZone": owner["zone_title"],
        }
        for row in rows
    ]


@operation("GET", "clients/{client}/drafts.json")
def drafts(call: Call) -> list[dict[str, Any]]:
    """What was made and not sent."""
    owner = call.client()
    return [
        _card(row) | {"DateCreated": written(row["created"], owner["zone"])}
        for row in _with_status(call, owner, "draft")
    ]


@operation("GET", "campaigns/{campaign}/summary.json")
def summary(call: Call) -> dict[str, Any]:
    """Totals of a campaign that was sent."""
    row = _sent(call)

    def count(kind: str, what: str = "*") -> int:
        found: int = call.storage.value(
            f"SELECT count({what}) FROM cm_event WHERE campaign_id=? AND kind=?", row["id"], kind
        )
        return found

    return {
        "Recipients": row["total"],
        "TotalOpened": count("Open"),
        "UniqueOpened": count("Open", "DISTINCT email"),
        "Clicks": count("Click"),
        "Unsubscribed": count("Unsubscribe"),
        "Bounced": count("Bounce"),
        "SpamComplaints": count("Spam"),
        "Forwards": 0,
        "Likes": 0,
        "Mentions": 0,
        "WebVersionURL": _web_version(call, row),
    }


@operation("GET", "campaigns/{campaign}/recipients.json")
def recipients(call: Call) -> dict[str, Any]:
    """Who was written to."""
    row, place = _sent(call), call.place()
    page, size = place
    rows = call.storage.rows(
        "SELECT r.email, l.key FROM cm_recipient r LEFT JOIN cm_list l ON l.id=r.list_id "
        "WHERE r.campaign_id=? ORDER BY r.email LIMIT ? OFFSET ?",
        row["id"],
        size,
        (page - 1) * size,
    )
    results = [{"EmailAddress": each["email"], "ListID": each["key"] or ""} for each in rows]
    return page_of(results, "email", False, place, row["total"])


def _events(path: str, kind: str, more: Callable[[Row], dict[str, Any]]) -> None:
    @operation("GET", f"campaigns/{{campaign}}/{path}.json")
    def events(call: Call) -> dict[str, Any]:
        """What people did with the letter since a date."""
        row, place = _sent(call), call.place()
        page, size = place
        of = (row["id"], kind, call.since(row["zone"]))
        where = "FROM cm_event e WHERE e.campaign_id=? AND e.kind=? AND e.at>=?"
        rows = call.storage.rows(
            f"SELECT e.*, (SELECT key FROM cm_list l WHERE l.id=e.list_id) AS list_key {where} "
            "ORDER BY e.id LIMIT ? OFFSET ?",
            *of,
            size,
            (page - 1) * size,
        )
        results = [
            {
                "EmailAddress": each["email"],
                "ListID": each["list_key"] or "",
                "Date": written(each["at"], row["zone"]),
            }
            | more(each)
            for each in rows
        ]
        return page_of(results, "date", False, place, call.storage.value(f"SELECT count(*) {where}", *of))


def _ip(row: Row) -> dict[str, Any]:
    return {"IPAddress": row["ip"]}


_events("opens", "Open", _ip)
_events("clicks", "Click", lambda row: _ip(row) | {"URL": row["detail"]})
_events("unsubscribes", "Unsubscribe", _ip)
_events("spam", "Spam", lambda row: {})
_events(
    "bounces",
    "Bounce",
    lambda row: dict(zip(("BounceType", "Reason"), row["detail"].split(": "), strict=True)),
)


def _card(row: Row) -> dict[str, Any]:
    return {
        "CampaignID": row["key"],
        "Name": row["name"],
        "Subject": row["subject"],
        "FromName": row["from_name"],
        "FromEmail": row["from_email"],
        "ReplyTo": row["reply_to"],
    }


def _with_status(call: Call, owner: Row, status: str) -> list[Row]:
    return call.storage.rows(
        "SELECT * FROM cm_campaign WHERE client_id=? AND status=? ORDER BY id", owner["id"], status
    )


def _sent(call: Call) -> Row:
    row = call.campaign()
    if row["status"] not in ("sending", "sent"):
        raise Refusal(301, "Campaign has not been sent")
    return row


def _web_version(call: Call, row: Row) -> str:
    return f"{call.base_url}/campaign-monitor/campaigns/{row['key']}"
