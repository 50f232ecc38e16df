"""How an operation wakes the work that goes on behind the API."""

from collections.abc import Sequence
from typing import Any, Protocol


class Signals(Protocol):
    """The background work, as the operations see it."""

    def campaign_changed(self) -> None:
        """A campaign may be due."""

    def list_event(self, list_id: int, events: Sequence[dict[str, Any]]) -> None:
        """Something happened to people of a list; called inside the transaction."""
