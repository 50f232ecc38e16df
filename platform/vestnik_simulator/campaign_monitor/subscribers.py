"""People on lists: imports with partial success, one at a time, and what they were sent."""

import json
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.campaign_monitor.errors import Refusal, bad_email, not_in_list
from vestnik_simulator.campaign_monitor.service import Call, email_of, operation, written
from vestnik_simulator.storage import Row

MAX_IMPORT = 1000
CONSENTS = ("Yes", "No", "Unchanged")
# Who is in one of these states is put back only by `Resubscribe`.
LEFT = {"Unsubscribed": (206, "Subscriber Unsubscribed"), "Bounced": (207, "Subscriber Bounced")}


@operation("POST", "subscribers/{list}/import.json")
def import_subscribers(call: Call) -> dict[str, Any]:
    """Up to a thousand people; when some are refused, the others are taken, and the answer is an error."""
    row, people = call.list(), call.field("Subscribers")
    if not isinstance(people, list) or not people:
        raise Refusal(211, "Subscribers is required")
    if len(people) > MAX_IMPORT:
        raise Refusal(209, f"The maximum number of subscribers in one import is {MAX_IMPORT}")
    failures: list[dict[str, Any]] = []
    taken: dict[str, tuple[str, str, str, str]] = {}
    twice: list[str] = []
    for person in people:
        email = email_of(person.get("EmailAddress"))
        if email is None:
            failures.append(_failure(person.get("EmailAddress"), 1, "Invalid Email Address"))
        elif person.get("ConsentToTrack") not in CONSENTS:
            failures.append(_failure(email, 400, "ConsentToTrack is required"))
        elif email in taken:
            twice.append(email)
        else:
            fields = json.dumps(person.get("CustomFields") or [])
            taken[email] = (email, str(person.get("Name") or ""), fields, person["ConsentToTrack"])
    known = call.members.states(row["id"], list(taken))
    for email, (code, message) in _refused(call, row, known, list(taken)).items():
        failures.append(_failure(email, code, message))
        del taken[email]
    _subscribe(call, row, list(taken.values()), known)
    result = {
        "FailureDetails": failures,
        "TotalUniqueEmailsSubmitted": len(taken) + len(failures),
        "TotalExistingSubscribers": sum(known.get(email) == "Active" for email in taken),
        "TotalNewSubscribers": sum(known.get(email) != "Active" for email in taken),
        "DuplicateEmailsInSubmission": twice,
    }
    if failures:
        raise Imported(Refusal(210, "Subscriber Import had some failures", data=result))
    return result


class Imported(Exception):
    """An answer that is an error although the work was done: its transaction is kept."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


@operation("POST", "subscribers/{list}.json")
def add(call: Call) -> str:
    """One person."""
    row, email = call.list(), email_of(call.field("EmailAddress"))
    if email is None:
        raise bad_email()
    if call.field("ConsentToTrack") not in CONSENTS:
        raise Refusal(400, "ConsentToTrack is required")
    known = call.members.states(row["id"], [email])
    refused = _refused(call, row, known, [email])
    if refused:
        raise Refusal(*refused[email])
    fields = json.dumps(call.field("CustomFields") or [])
    _subscribe(
        call, row, [(email, str(call.field("Name") or ""), fields, call.field("ConsentToTrack"))], known
    )
    return email


@operation("GET", "subscribers/{list}.json")
def one(call: Call) -> dict[str, Any]:
    """One person on one list."""
    row = call.list()
    found = call.members.one(row["id"], call.email())
    if found is None:
        raise not_in_list()
    return {
        "EmailAddress": found["email"],
        "Name": found["name"],
        "Date": written(found["changed"], row["zone"]),
        "ListJoinedDate": written(found["joined"], row["zone"]),
        "State": found["state"],
        "CustomFields": json.loads(found["fields"]),
        "ReadsEmailWith": "",
        "ConsentToTrack": found["consent"],
    }


@operation("POST", "subscribers/{list}/unsubscribe.json")
def unsubscribe(call: Call) -> None:
    """The person does not want the list any more."""
    email = email_of(call.field("EmailAddress"))
    if email is None:
        raise bad_email()
    _leave(call, email, "Unsubscribed")


@operation("DELETE", "subscribers/{list}.json")
def delete(call: Call) -> None:
    """Take an active person off the list; they may be added again."""
    _leave(call, call.email(), "Deleted")


@operation("GET", "subscribers/{list}/history.json")
def history(call: Call) -> list[dict[str, Any]]:
    """What the person was sent through this list, and what they did with it."""
    row, email = call.list(), call.email()
    if call.members.one(row["id"], email) is None:
        raise not_in_list()
    sent = call.storage.rows(
        "SELECT k.id, k.key, k.name FROM cm_recipient r JOIN cm_campaign k ON k.id=r.campaign_id "
        "WHERE r.email=? AND r.list_id=? ORDER BY r.at DESC, k.id DESC",
        email,
        row["id"],
    )
    actions = call.storage.rows(
        "SELECT * FROM cm_event WHERE email=? AND kind IN ('Open', 'Click') ORDER BY id", email
    )
    return [
        {
            "ID": campaign["key"],
            "Type": "Campaign",
            "Name": campaign["name"],
            "Actions": [
                {
                    "Event": action["kind"],
                    "Date": written(action["at"], row["zone"]),
                    "IPAddress": action["ip"],
                    "Detail": action["detail"],
                }
                for action in actions
                if action["campaign_id"] == campaign["id"]
            ],
        }
        for campaign in sent
    ]


def deactivated(email: str, name: str, state: str, at: float, zone: str) -> dict[str, Any]:
    """The event of a person who is not active any more."""
    return {
        "Type": "Deactivate",
        "Date": written(at, zone),
        "State": state,
        "EmailAddress": email,
        "Name": name,
        "CustomFields": [],
    }


def _leave(call: Call, email: str, state: str) -> None:
    row, at = call.list(), moments.now()
    found = call.members.one(row["id"], email)
    if found is None or found["state"] not in ("Active", "Unconfirmed"):
        raise not_in_list()
    call.members.set_state(row["id"], [email], state, at)
    call.signals.list_event(row["id"], [deactivated(email, found["name"], state, at, row["zone"])])


def _failure(email: object, code: int, message: str) -> dict[str, Any]:
    return {"EmailAddress": email, "Code": code, "Message": message}


def _refused(call: Call, row: Row, known: dict[str, str], emails: list[str]) -> dict[str, tuple[int, str]]:
    """Who may not be put onto the list, and why."""
    suppressed = call.storage.rows(
        "SELECT email FROM cm_suppressed WHERE client_id=? AND email IN (SELECT value FROM json_each(?))",
        row["client_id"],
        json.dumps(emails),
    )
    found = {each["email"]: (204, "Subscriber in Suppression List") for each in suppressed}
    if not call.field("Resubscribe"):
        found |= {email: LEFT[state] for email, state in known.items() if state in LEFT}
    return found


def _subscribe(call: Call, row: Row, people: list[tuple[str, str, str, str]], known: dict[str, str]) -> None:
    at = moments.now()
    call.members.put(row["id"], people, "Unconfirmed" if row["confirmed"] else "Active", at)
    call.signals.list_event(
        row["id"],
        [
            {
                "Type": "Subscribe",
                "Date": written(at, row["zone"]),
                "EmailAddress": email,
                "Name": name,
                "CustomFields": [],
                "SignupIPAddress": "TypeManual",
            }
            for email, name, _, _ in people
            if known.get(email) != "Active"
        ],
    )
