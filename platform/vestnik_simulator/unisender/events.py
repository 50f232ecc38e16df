"""Events as the hooks get them. Fields seen in captured traffic, the others are marked as assumed."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from vestnik_simulator import moments

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, the status that a hook may filter by, and its JSON."""

    name: str
    status: str
    text: str


def email_status(
    at: float, email: str, status: str, email_id: int, campaign_id: int | None, url: str = ""
) -> Event:
    """A letter's status has changed. `campaign_id` and `url` are assumed: the captured body has neither."""
    data: dict[str, Any] = {
        "email": email,
        "status": status,
        "status_group": _group(status),
        "email_id": email_id,
    }
    if campaign_id is not None:
        data["campaign_id"] = campaign_id
    if url:
        data["url"] = url
    return plain("email_status", at, data, status)


def unsubscribed(at: float, email: str, list_id: int, campaign_id: int | None) -> Event:
    """A contact has unsubscribed itself by the link in a letter. All fields are assumed."""
    data: dict[str, Any] = {"email": email, "list_id": list_id}
    return plain("unsubscribe", at, data | ({"campaign_id": campaign_id} if campaign_id else {}))


def campaign_status(at: float, campaign_id: int, status: str, reason: str) -> Event:
    """A campaign's status has changed. All fields are assumed."""
    data: dict[str, Any] = {"campaign_id": campaign_id, "status": status}
    return plain("campaign_status", at, data | ({"reason": reason} if reason else {}), status)


def plain(name: str, at: float, data: dict[str, Any], status: str = "") -> Event:
    """An event of any name."""
    event = {"event_name": name, "event_time": moments.written(at), "event_data": data}
    # PHP's json_encode escapes slashes and everything outside ASCII.
    return Event(name, status, _encode(event).replace("/", "\\/"))


def signed_body(api_key: str, login: str, events: str, retry_count: int) -> bytes:
    """The body of a webhook: `auth` is the md5 of the body in which the API key stands in its place."""
    again = f',"retry_count":{retry_count}' if retry_count else ""
    rest = f'"{again},"events_by_user":[{{"login":{_encode(login)},"events":[{events}]}}]}}'
    digest = hashlib.md5(f'{{"auth":"{api_key}{rest}'.encode(), usedforsecurity=False).hexdigest()
    return f'{{"auth":"{digest}{rest}'.encode()


def _group(status: str) -> str:
    if status in ("ok_sent", "ok_delivered"):
        return "success_pending_group"
    if status.startswith("ok_"):
        return "success_group"
    return "retry_group" if status in ("err_will_retry", "err_resend") else "error_group"
