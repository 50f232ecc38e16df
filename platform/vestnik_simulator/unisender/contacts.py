"""One contact at a time: subscribe, exclude, unsubscribe, look up. Imports are in imports.py."""

import json
import re
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.storage import Row
from vestnik_simulator.unisender.errors import ApiError, invalid, not_found
from vestnik_simulator.unisender.service import Call, method

EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]{2,}")
PHONE = re.compile(r"\d{7,15}")
# The documentation: addresses of a role, not of a person, are refused silently.
ROLES = frozenset(
    "abuse admin billing compliance contact devnull dns ftp help hostmaster info inoc ispfeedback "
    "list maildaemon mailer-daemon marketing noc no-reply noreply office orders phish postmaster "
    "privacy registrar root sales security spam support sysadmin tech undisclosed-recipients "
    "unsubscribe usenet uucp webmaster www".split()
)


def email_of(text: str) -> str | None:
    """The address as the service keeps it, or None if it is none."""
    text = text.strip().lower()
    return text if len(text) <= 254 and EMAIL.fullmatch(text) else None


def phone_of(text: str) -> str | None:
    """Digits of a phone number, or None if it is none."""
    digits = re.sub(r"[\s()+.-]", "", text)
    return digits if PHONE.fullmatch(digits) else None


def is_role(email: str) -> bool:
    """Whether the address belongs to a role."""
    return email.partition("@")[0] in ROLES


@method("subscribe")
def subscribe(call: Call) -> dict[str, int]:
    """Add one contact to lists; a contact that unsubscribed itself from one stays so there."""
    fields = call.arguments.mapping("fields")
    email = email_of(fields.pop("email", "")) or None
    phone = phone_of(fields.pop("phone", "")) or None
    if email is None and phone is None:
        raise invalid("fields[email]")
    if email is not None and is_role(email):
        raise ApiError("invalid_arg", "Ролевой адрес", "Role addresses are refused")
    lists = _lists(call)
    contact = find(call, email or phone or "")
    now = moments.now()
    if contact is None:
        key = call.storage.insert(
            "INSERT INTO contact (account_id, email, phone, name, fields, added) VALUES (?,?,?,?,?,?)",
            call.account.id,
            email,
            phone,
            fields.get("Name", ""),
            json.dumps(fields, ensure_ascii=False),
            now,
        )
    else:
        key = contact["id"]
    for list_id in lists:
        call.storage.run(
            "INSERT OR IGNORE INTO membership (list_id, contact_id, added) VALUES (?,?,?)", list_id, key, now
        )
    call.signals.contact_event(
        call.account.id, "subscribe", {"email": email or "", "list_ids": ",".join(map(str, lists))}
    )
    return {"person_id": key}


@method("exclude")
def exclude(call: Call) -> dict[str, Any]:
    """Take a contact out of lists: the sender's will, can be undone."""
    contact = _named(call)
    for list_id in _lists(call):
        call.storage.run("DELETE FROM membership WHERE list_id=? AND contact_id=?", list_id, contact["id"])
    return {}


@method("unsubscribe")
def unsubscribe(call: Call) -> dict[str, Any]:
    """Mark a contact as unsubscribed in lists: the contact's will, cannot be undone by the API."""
    contact = _named(call)
    lists = _lists(call) if call.arguments.has("list_ids") else _all_lists(call, contact)
    for list_id in lists:
        call.storage.run(
            "UPDATE membership SET status='unsubscribed' WHERE list_id=? AND contact_id=?",
            list_id,
            contact["id"],
        )
    return {}


@method("getContact")
def get_contact(call: Call) -> dict[str, Any]:
    """Everything about one contact; lists and fields stand beside `email`, as most libraries expect."""
    text = call.arguments.text("email", "") or call.arguments.text("phone")
    contact = find(call, text)
    if contact is None:
        raise not_found("Контакт", "Contact", text)
    answer: dict[str, Any] = {"email": _details(contact)}
    if call.arguments.flag("include_lists"):
        rows = call.storage.rows(
            "SELECT l.id, l.title, m.status, m.added FROM membership m JOIN list l ON l.id=m.list_id "
            "WHERE m.contact_id=? ORDER BY l.id",
            contact["id"],
        )
        answer["lists"] = [
            {
                "id": row["id"],
                "title": row["title"],
                "status": row["status"],
                "added_at": moments.written(row["added"]),
            }
            for row in rows
        ]
    if call.arguments.flag("include_fields"):
        answer["fields"] = json.loads(contact["fields"]) | {"Name": contact["name"]}
    return answer


def find(call: Call, text: str) -> Row | None:
    """The account's contact with this address or number."""
    email = email_of(text)
    if email is not None:
        return call.storage.row(
            "SELECT * FROM contact WHERE account_id=? AND email=?", call.account.id, email
        )
    return call.storage.row(
        "SELECT * FROM contact WHERE account_id=? AND phone=?", call.account.id, phone_of(text) or ""
    )


def _details(contact: Row) -> dict[str, Any]:
    opened, clicked = contact["opened"], contact["clicked"]
    return {
        "email": contact["email"] or "",
        "phone": contact["phone"] or "",
        "added_at": moments.written(contact["added"]),
        "status": contact["status"],
        "availability": contact["availability"],
        "last_send_datetime": moments.written(contact["sent"]),
        "last_delivery_datetime": moments.written(contact["delivered"]),
        "last_read_datetime": moments.written(opened),
        "last_click_datetime": moments.written(clicked),
        "rating": 1 + 2 * bool(opened) + 2 * bool(clicked),
    }


def _named(call: Call) -> Row:
    kind = call.arguments.text("contact_type")
    if kind not in ("email", "phone"):
        raise invalid("contact_type")
    text = call.arguments.text("contact")
    contact = find(call, text)
    if contact is None:
        raise not_found("Контакт", "Contact", text)
    return contact


def _lists(call: Call) -> list[int]:
    keys = call.arguments.numbers("list_ids")
    for key in keys:
        call.owned("list", key, "Список", "List")
    return keys


def _all_lists(call: Call, contact: Row) -> list[int]:
    rows = call.storage.rows("SELECT list_id FROM membership WHERE contact_id=?", contact["id"])
    return [row["list_id"] for row in rows]
