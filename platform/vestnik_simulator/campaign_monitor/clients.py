"""Clients of an account, what it pays, and the list of those who get nothing from a client."""

from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.campaign_monitor.errors import Refusal, bad_email
from vestnik_simulator.campaign_monitor.service import Call, email_of, operation, page_of, written


@operation("GET", "clients.json")
def clients(call: Call) -> list[dict[str, str]]:
    """All clients of the API key."""
    rows = call.storage.rows("SELECT key, name FROM cm_client WHERE api_key=? ORDER BY id", call.api_key)
    return [{"ClientID": row["key"], "Name": row["name"]} for row in rows]


@operation("GET", "billingdetails.json")
def billing(call: Call) -> dict[str, int]:
    """Credits of the account."""
    credits = call.storage.value("SELECT sum(credits) FROM cm_client WHERE api_key=?", call.api_key)
    return {"Credits": credits}


@operation("GET", "clients/{client}.json")
def client(call: Call) -> dict[str, Any]:
    """Details of a client."""
    row = call.client()
    return {
        "BasicDetails": {
            "ClientID": row["key"],
            "CompanyName": row["name"],
            "ContactName": row["name"],
            "EmailAddress": row["email"],
            "Country": "Russia",
            "TimeZone": row["zone_title"],
        },
        "BillingDetails": {"Credits": row["credits"], "CanPurchaseCredits": False, "Currency": "USD"},
    }


@operation("GET", "clients/{client}/lists.json")
def lists(call: Call) -> list[dict[str, str]]:
    """The client's lists."""
    rows = call.storage.rows(
        "SELECT key, title FROM cm_list WHERE client_id=? ORDER BY title", call.client()["id"]
    )
    return [{"ListID": row["key"], "Name": row["title"]} for row in rows]


@operation("GET", "clients/{client}/listsforemail.json")
def lists_for_email(call: Call) -> list[dict[str, Any]]:
    """All lists that know an address, with its state there."""
    owner = call.client()
    rows = call.storage.rows(
        "SELECT l.key, l.title, s.state, s.joined FROM cm_subscriber s JOIN cm_list l ON l.id=s.list_id "
        "WHERE s.email=? AND l.client_id=? ORDER BY l.title",
        call.email(),
        owner["id"],
    )
    return [
        {
            "ListID": row["key"],
            "ListName": row["title"],
            "SubscriberState": row["state"],
            "DateSubscriberAdded": written(row["joined"], owner["zone"]),
        }
        for row in rows
    ]


@operation("GET", "clients/{client}/suppressionlist.json")
def suppression_list(call: Call) -> dict[str, Any]:
    """Who gets nothing from the client."""
    owner, place = call.client(), call.place()
    page, size = place
    rows = call.storage.rows(
        "SELECT * FROM cm_suppressed WHERE client_id=? ORDER BY email LIMIT ? OFFSET ?",
        owner["id"],
        size,
        (page - 1) * size,
    )
    total = call.storage.value("SELECT count(*) FROM cm_suppressed WHERE client_id=?", owner["id"])
    results = [
        {
            "SuppressionReason": row["reason"],
            "EmailAddress": row["email"],
            "Date": written(row["at"], owner["zone"]),
            "State": "Suppressed",
        }
        for row in rows
    ]
    return page_of(results, "email", False, place, total)


@operation("POST", "clients/{client}/suppress.json")
def suppress(call: Call) -> None:
    """Put addresses on the suppression list; their states in lists stay."""
    owner = call.client()
    wanted = [email_of(each) for each in call.field("EmailAddresses") or []]
    found = [email for email in wanted if email is not None]
    if not found or len(found) < len(wanted):
        raise bad_email()
    call.storage.many(
        "INSERT OR IGNORE INTO cm_suppressed (client_id, email, reason, at) VALUES (?,?,?,?)",
        [(owner["id"], email, "ManuallyAdded", moments.now()) for email in found],
    )


@operation("PUT", "clients/{client}/unsuppress.json")
def unsuppress(call: Call) -> None:
    """Take one address off the suppression list."""
    owner = call.client()
    removed = call.storage.run(
        "DELETE FROM cm_suppressed WHERE client_id=? AND email=?", owner["id"], call.email()
    )
    if not removed:
        raise Refusal(204, "Email address is not in the suppression list")


@operation("GET", "clients/{client}/templates.json")
def templates(call: Call) -> list[dict[str, str]]:
    """The client's templates."""
    rows = call.storage.rows("SELECT * FROM cm_template WHERE client_id=? ORDER BY id", call.client()["id"])
    return [_template(call, row["key"], row["name"]) for row in rows]


@operation("GET", "templates/{template}.json")
def template(call: Call) -> dict[str, str]:
    """One template: a name and addresses, no HTML."""
    row = call.storage.row(
        "SELECT t.* FROM cm_template t JOIN cm_client c ON c.id=t.client_id WHERE t.key=? AND c.api_key=?",
        call.keys["template"],
        call.api_key,
    )
    if row is None:
        raise Refusal(320, "Invalid TemplateID", 401)
    return _template(call, row["key"], row["name"])


def _template(call: Call, key: str, name: str) -> dict[str, str]:
    return {
        "TemplateID": key,
        "Name": name,
        "PreviewURL": f"{call.base_url}/campaign-monitor/templates/{key}",
        "ScreenshotURL": f"{call.base_url}/campaign-monitor/templates/{key}.png",
    }
