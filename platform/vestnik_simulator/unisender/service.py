"""What every method of the API gets to work with, and the table of methods."""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from vestnik_simulator.options import Options
from vestnik_simulator.storage import Row, Storage
from vestnik_simulator.unisender.errors import not_found
from vestnik_simulator.unisender.form import Arguments


class Signals(Protocol):
    """How a method wakes the work that goes on behind the API."""

    def campaign_changed(self, campaign_id: int) -> None:
        """The campaign may be due, or has been stopped; its hooks learn its status."""

    def contact_event(self, account_id: int, name: str, data: dict[str, Any]) -> None:
        """Something happened to a contact outside of a campaign."""

    def hooks_changed(self) -> None:
        """A hook was set or removed."""

    def export_begun(self, key: str) -> None:
        """A task waits for its file."""

    def export_status(self, key: str) -> str:
        """How far the file of a task is."""


@dataclass
class Account:
    """The account whose key was given."""

    id: int
    login: str
    api_key: str
    email: str
    emails_paid: int


@dataclass
class Call:
    """One call of the API, inside a transaction."""

    account: Account
    arguments: Arguments
    storage: Storage
    options: Options
    signals: Signals
    base_url: str
    language: str

    def owned(self, table: str, key: int, russian: str, english: str) -> Row:
        """The account's row with this id, else `invalid_arg`. `table` is a constant of the caller."""
        row = self.storage.row(
            f"SELECT * FROM {table} WHERE id=? AND account_id=?",
            key,
            self.account.id,
        )
        if row is None:
            raise not_found(russian, english, key)
        return row


Method = Callable[[Call], Any]

METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Register a function as the API's method of this name."""

    def register(function: Method) -> Method:
        METHODS[name] = function
        return function

    return register
