"""Which refusals an operation may answer with, for its description.

They follow from what the operation takes, whom it lets in and whom it asks; the fuzz test of the API
(tests/faults/test_api.py) fails for an answer that is not described.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vestnik.http.api import Operation

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

#: By status: the name of the described answer, and what it means.
_MEANINGS: Mapping[int, tuple[str, str]] = {
    400: ("Unreadable", "The request can't be read, or was made under a name that is not ours."),
    401: ("NotSignedIn", "Nobody is signed in, or the key is none."),
    403: ("Forbidden", "A right is missing, or the request was not confirmed."),
    404: ("NotFound", "There is no such record."),
    409: ("Conflict", "The state of the record does not allow it."),
    413: ("TooLarge", "The body is larger than the operation takes."),
    422: ("Invalid", "What was sent is no valid input; the problem says where and why."),
    429: ("TooMany", "Too many attempts; `Retry-After` says when the next is allowed."),
    431: ("HeadTooLarge", "The address and the headers are too long."),
    500: ("Fault", "A fault of the server, recorded under a number."),
    501: ("NotOffered", "The module does not offer this."),
    502: ("ServiceFailed", "A module, a service or a mail server did something wrong."),
    503: ("Unavailable", "The database, or what else is needed, does not answer now."),
    504: ("ServiceSlow", "A module or a service did not answer in time."),
}
_ALWAYS = frozenset({400, 401, 403, 429, 431, 500, 503})
_OF_OTHERS = frozenset({501, 502, 504})
#: Rooms of which operations ask modules, services or mail servers, and answer for them.
_ASKING = frozenset(
    {
        *("accounts", "campaigns", "entrance", "imports", "mail-collectors", "modules", "organisation"),
        *("panel", "reports", "syncs", "templates"),
    }
)

#: Where there is no demo, there is nothing at its addresses.
_DEMO = "demo"


def refusals(operation: Operation) -> Iterator[int]:
    """The statuses of the operation's problems, from the lowest."""
    takes_body = operation.body is not None or operation.upload is not None
    names_records = takes_body or operation.query is not None or "{" in operation.path
    found = set(_ALWAYS)
    if names_records or operation.method != "GET" or operation.tag == _DEMO:
        found |= {404, 422}
    if operation.method != "GET":
        found.add(409)
    if takes_body:
        found.add(413)
    if operation.tag in _ASKING:
        found |= _OF_OTHERS
    yield from sorted(found)


def described(operation: Operation) -> dict[str, Any]:
    """The refusals as OpenAPI has them: references to `responses()`."""
    return {
        str(status): {"$ref": f"#/components/responses/{_MEANINGS[status][0]}"}
        for status in refusals(operation)
    }


def responses() -> dict[str, Any]:
    """Every refusal by its name, for the document's components."""
    return {name: {"description": meaning, "content": _PROBLEM} for name, meaning in _MEANINGS.values()}
