"""What the sandbox is told about the contract: plain data, so that the sandbox itself knows no CRM."""

import base64
import binascii
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from vestnik.contract.functions import table
from vestnik.contract.shapes import shapes

# Operations of the host beyond those that every sandbox has.
OPERATIONS: Final = ("contacts",)

_WRAPPED: Final = {"FetchRequest": "IncomingRequest"}


@cache
def _facade() -> Mapping[str, Any]:
    public = [shape for shape in shapes().values() if shape.is_public]
    return {
        "constants": {
            shape.name: {member.name: member.value for member in shape.members}
            for shape in public
            if shape.kind == "enum"
        },
        "types": [shape.name for shape in public if shape.kind != "enum"],
        "operations": list(OPERATIONS),
        "functions": {name: {"wraps": _wraps(name)} for name in table()},
    }


def facade() -> dict[str, Any]:
    """Constants by enum, names of types, operations, and which parameters are wrapped in what."""
    return dict(_facade())


def runtime_arguments(function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Checked arguments as the sandbox takes them: a request that is not UTF-8 carries its bytes as `raw`."""
    result = dict(arguments)
    for parameter in _wraps(function):
        request = result[parameter]
        if "bodyBase64" in request:
            plain = {key: value for key, value in request.items() if key != "bodyBase64"}
            result[parameter] = {**plain, "raw": base64.b64decode(request["bodyBase64"], validate=True)}
    return result


def incoming_request(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    """The `FetchRequest` of a request that came: the body as text where it is UTF-8, else in Base64."""
    request: dict[str, Any] = {
        "method": method,
        "path": path,
        "query": dict(query),
        "headers": {name.lower(): value for name, value in headers.items()},
    }
    try:
        return {**request, "body": body.decode()}
    except UnicodeDecodeError:
        return {**request, "body": None, "bodyBase64": binascii.b2a_base64(body, newline=False).decode()}


def _wraps(function: str) -> dict[str, str]:
    found = {}
    for parameter in table()[function].parameters:
        name = parameter.schema.get("$ref", "").rpartition("/")[2]
        if name in _WRAPPED:
            found[parameter.name] = _WRAPPED[name]
    return found
