"""Refusals of the API: `{"Code", "Message"}`, nearly always with HTTP status 400."""

from typing import Any


class Refusal(Exception):
    """What the API answers instead of a result."""

    def __init__(self, code: int, message: str, status: int = 400, data: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {"Code": code, "Message": message}
        if data is not None:
            self.body["ResultData"] = data


NOT_ITS_OWN = 102


def foreign(what: str) -> Refusal:
    """The id is nobody's, or another account's: the service does not tell which."""
    return Refusal(NOT_ITS_OWN, f"Invalid {what}", 401)


def bad_email() -> Refusal:
    """The address is none."""
    return Refusal(1, "Invalid Email Address")


def not_in_list() -> Refusal:
    """The person is not on the list any more, or never was."""
    return Refusal(203, "Subscriber not in list or has already been removed from it.")
