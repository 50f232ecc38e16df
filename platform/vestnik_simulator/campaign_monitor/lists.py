"""Lists, their figures, and who is on them by state."""

from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.campaign_monitor.errors import Refusal
from vestnik_simulator.campaign_monitor.members import STATES
from vestnik_simulator.campaign_monitor.service import Call, new_key, operation, page_of, written
from vestnik_simulator.storage import Row

SETTINGS = ("OnlyThisList", "AllClientLists")


@operation("POST", "lists/{client}.json")
def create(call: Call) -> str:
    """A new list; titles are unique within a client."""
    owner, title = call.client(), call.text("Title")
    setting = call.field("UnsubscribeSetting") or SETTINGS[1]
    if setting not in SETTINGS:
        raise Refusal(261, "Invalid UnsubscribeSetting")
    _unique(call, owner["id"], title, None)
    key = new_key()
    call.storage.insert(
        "INSERT INTO cm_list (key, client_id, title, unsubscribe_setting, confirmed, created) "
        "VALUES (?,?,?,?,?,?)",
        key,
        owner["id"],
        title,
        setting,
        int(bool(call.field("ConfirmedOptIn"))),
        moments.now(),
    )
    return key


@operation("GET", "lists/{list}.json")
def details(call: Call) -> dict[str, Any]:
    """One list."""
    row = call.list()
    return {
        "ListID": row["key"],
        "Title": row["title"],
        "UnsubscribeSetting": row["unsubscribe_setting"],
        "ConfirmedOptIn": bool(row["confirmed"]),
        "UnsubscribePage": "",
        "ConfirmationSuccessPage": "",
    }


@operation("PUT", "lists/{list}.json")
def rename(call: Call) -> None:
    """Change the title."""
    row, title = call.list(), call.text("Title")
    _unique(call, row["client_id"], title, row["id"])
    call.storage.run("UPDATE cm_list SET title=? WHERE id=?", title, row["id"])


@operation("DELETE", "lists/{list}.json")
def delete(call: Call) -> None:
    """Remove a list with everybody on it."""
    row = call.list()
    call.members.drop(row["id"])
    call.storage.run(
        "DELETE FROM cm_delivery WHERE hook_id IN (SELECT id FROM cm_hook WHERE list_id=?)", row["id"]
    )
    call.storage.run("DELETE FROM cm_hook WHERE list_id=?", row["id"])
    call.storage.run("DELETE FROM cm_list WHERE id=?", row["id"])


@operation("GET", "lists/{list}/stats.json")
def stats(call: Call) -> dict[str, int]:
    """How many are on the list, by state."""
    key = call.list()["id"]
    return {
        "TotalActiveSubscribers": call.members.count(key, "Active"),
        "TotalUnsubscribes": call.members.count(key, "Unsubscribed"),
        "TotalDeleted": call.members.count(key, "Deleted"),
        "TotalBounces": call.members.count(key, "Bounced"),
    }


def _members(state: str) -> None:
    @operation("GET", f"lists/{{list}}/{state.lower()}.json")
    def members(call: Call) -> dict[str, Any]:
        """Who is on the list in this state: by address, or by the date of the state."""
        row, place, descending = call.list(), call.place(), call.descending()
        order, since = call.query.get("orderfield", "email").lower(), call.since(row["zone"])
        if order not in ("email", "date"):
            raise Refusal(25, "orderfield must be email or date")
        if order == "email" and not descending and not since:
            rows = call.members.page(row["id"], state, *place)
            total = call.members.count(row["id"], state)
        else:
            rows, total = call.members.page_by_date(row["id"], state, since, place, descending)
        results = [member(each, row["zone"]) for each in rows]
        return page_of(results, order, descending, place, total)


for _state in STATES:
    _members(_state)


def member(row: Row, zone: str) -> dict[str, Any]:
    """A subscriber as lists show it."""
    return {
        "EmailAddress": row["email"],
        "Name": row["name"],
        "Date": written(row["changed"], zone),
        "ListJoinedDate": written(row["joined"], zone),
        "State": row["state"],
        "CustomFields": [],
        "ReadsEmailWith": "",
    }


def _unique(call: Call, client_id: int, title: str, but: int | None) -> None:
    taken = call.storage.value("SELECT id FROM cm_list WHERE client_id=? AND title=?", client_id, title)
    if taken is not None and taken != but:
        raise Refusal(250, "List title must be unique")
