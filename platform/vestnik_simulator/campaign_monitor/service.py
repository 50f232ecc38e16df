"""What every operation of the API gets to work with, and the table of operations."""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from vestnik_simulator.campaign_monitor.errors import Refusal, bad_email, foreign
from vestnik_simulator.campaign_monitor.members import Members
from vestnik_simulator.campaign_monitor.signals import Signals
from vestnik_simulator.storage import Row, Storage

PAGE_SIZES = range(10, 1001)
EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]{2,}")


@dataclass
class Call:
    """One call of the API, inside a transaction."""

    api_key: str
    keys: Mapping[str, str]
    """The parts of the path in braces."""
    query: Mapping[str, str]
    body: Any
    storage: Storage
    members: Members
    signals: Signals
    base_url: str

    def client(self) -> Row:
        """The client of the path."""
        row = self.storage.row(
            "SELECT * FROM cm_client WHERE key=? AND api_key=?", self.keys["client"], self.api_key
        )
        if row is None:
            raise foreign("ClientID")
        return row

    def list(self, key: str | None = None) -> Row:
        """The list of the path, or the one with this key; with its client's zone."""
        row = self.storage.row(
            "SELECT l.*, c.zone FROM cm_list l JOIN cm_client c ON c.id=l.client_id "
            "WHERE l.key=? AND c.api_key=?",
            key or self.keys["list"],
            self.api_key,
        )
        if row is None:
            raise foreign("ListID")
        return row

    def campaign(self) -> Row:
        """The campaign of the path; with its client's zone."""
        row = self.storage.row(
            "SELECT k.*, c.zone FROM cm_campaign k JOIN cm_client c ON c.id=k.client_id "
            "WHERE k.key=? AND c.api_key=?",
            self.keys["campaign"],
            self.api_key,
        )
        if row is None:
            raise foreign("CampaignID")
        return row

    def field(self, name: str, default: Any = None) -> Any:
        """A field of the body, which has to be an object."""
        if not isinstance(self.body, dict):
            raise Refusal(400, "Failed to deserialize your request. Please check the documentation")
        return self.body.get(name, default)

    def text(self, name: str) -> str:
        """A field of the body that has to be a text."""
        value = self.field(name)
        if not isinstance(value, str) or not value.strip():
            raise Refusal(400, f"{name} is required")
        return value.strip()

    def email(self) -> str:
        """The address of the query."""
        found = email_of(self.query.get("email"))
        if found is None:
            raise bad_email()
        return found

    def since(self, zone: str) -> float:
        """The date of the query as an instant; without one the beginning of time."""
        try:
            return read(self.query["date"], zone) if self.query.get("date") else 0.0
        except ValueError:
            raise Refusal(22, "Date must be in the format YYYY-MM-DD") from None

    def place(self) -> tuple[int, int]:
        """Number and size of the wanted page."""
        try:
            page, size = int(self.query.get("page", "1")), int(self.query.get("pagesize", "1000"))
        except ValueError:
            page, size = 0, 0
        if page < 1 or size not in PAGE_SIZES:
            raise Refusal(24, "Page must be at least 1, page size from 10 to 1000")
        return page, size

    def descending(self) -> bool:
        """Whether the query asks for the last first."""
        return self.query.get("orderdirection", "asc").lower() == "desc"


Operation = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    """An operation with its address: `name` is what faults and counts call it."""

    name: str
    method: str
    pattern: re.Pattern[str]
    operation: Operation


ROUTES: list[Route] = []


def operation(method: str, path: str) -> Callable[[Operation], Operation]:
    """Register a function under a path with names in braces, below `/api/v3.3/`."""

    def register(function: Operation) -> Operation:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", re.escape(path))
        ROUTES.append(Route(f"{method} {path}", method, re.compile(pattern), function))
        return function

    return register


def new_key() -> str:
    """An identifier as the service makes them."""
    return uuid.uuid4().hex


def email_of(text: object) -> str | None:
    """The address as the service keeps it, or None if it is none."""
    if not isinstance(text, str):
        return None
    found = text.strip().lower()
    return found if len(found) <= 254 and EMAIL.fullmatch(found) else None


def written(at: float | None, zone: str) -> str | None:
    """An instant as the service writes it: without a zone, in the client's one."""
    return None if at is None else datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")


def read(text: str, zone: str) -> float:
    """The instant of a date of the client's zone. Raises ValueError."""
    return datetime.fromisoformat(text.strip()).replace(tzinfo=ZoneInfo(zone)).timestamp()


def page_of(
    results: list[Any], order: str, descending: bool, place: tuple[int, int], total: int
) -> dict[str, Any]:
    """A page as the service answers it."""
    page, size = place
    return {
        "Results": results,
        "ResultsOrderedBy": order,
        "OrderDirection": "desc" if descending else "asc",
        "PageNumber": page,
        "PageSize": size,
        "RecordsOnThisPage": len(results),
        "TotalNumberOfRecords": total,
        "NumberOfPages": -(-total // size),
    }
