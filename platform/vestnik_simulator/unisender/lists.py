"""Lists of contacts."""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.unisender.errors import ApiError, invalid
from vestnik_simulator.unisender.service import Call, method

MAX_TITLE = 255


@method("getLists")
def get_lists(call: Call) -> list[dict[str, Any]]:
    """All lists; the service gives no counts here."""
    rows = call.storage.rows("SELECT id, title FROM list WHERE account_id=? ORDER BY id", call.account.id)
    return [{"id": row["id"], "title": row["title"]} for row in rows]


@method("createList")
def create_list(call: Call) -> dict[str, int]:
    """A new list; titles are unique within an account, as the service's web interface demands."""
    title = _title(call)
    taken = call.storage.value("SELECT id FROM list WHERE account_id=? AND title=?", call.account.id, title)
    if taken:
        raise ApiError(
            "invalid_arg", f"Список «{title}» уже существует", f"A list named {title} already exists"
        )
    key = call.storage.insert(
        "INSERT INTO list (account_id, title, created) VALUES (?,?,?)", call.account.id, title, moments.now()
    )
    return {"id": key}


@method("updateList")
def update_list(call: Call) -> dict[str, Any]:
    """Rename."""
    row = call.owned("list", call.arguments.integer("list_id"), "Список", "List")
    call.storage.run("UPDATE list SET title=? WHERE id=?", _title(call), row["id"])
    return {}


@method("deleteList")
def delete_list(call: Call) -> dict[str, Any]:
    """Remove the list; its contacts stay in the account."""
    row = call.owned("list", call.arguments.integer("list_id"), "Список", "List")
    call.storage.run("DELETE FROM membership WHERE list_id=?", row["id"])
    call.storage.run("DELETE FROM list WHERE id=?", row["id"])
    return {}


@method("getContactCount")
def get_contact_count(call: Call) -> dict[str, Any]:
    """How many contacts of a list have an address (`params[type]=address`) or a phone."""
    row = call.owned("list", call.arguments.integer("list_id"), "Список", "List")
    parameters = call.arguments.mapping("params")
    kind = parameters.get("type", "address")
    if kind not in ("address", "phone"):
        raise invalid("params[type]")
    column = "email" if kind == "address" else "phone"
    count = call.storage.value(
        "SELECT count(*) FROM membership m JOIN contact c ON c.id=m.contact_id "
        f"WHERE m.list_id=? AND m.status='active' AND c.{column} IS NOT NULL",
        row["id"],
    )
    return {"listId": row["id"], "searchParams": {"type": kind}, "count": count}


@method("getTotalContactsCount")
def get_total_contacts_count(call: Call) -> dict[str, int]:
    """How many contacts the account has; `login` is required by the documentation."""
    if call.arguments.text("login") != call.account.login:
        raise ApiError("access_denied", "Нет доступа к этому логину", "No access to this login")
    total = call.storage.value("SELECT count(*) FROM contact WHERE account_id=?", call.account.id)
    return {"total": total}


def _title(call: Call) -> str:
    title = call.arguments.text("title").strip()
    if not title or len(title) > MAX_TITLE:
        raise invalid("title")
    return title
