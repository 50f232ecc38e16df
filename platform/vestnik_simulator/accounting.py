"""The customer's accounting system beside the sending service: takes signed messages, does nothing with them.

A message without an id, a time and a signature (standardwebhooks.com) is none, and is refused.
"""

import json

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

PATH = "/accounting/messages"
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


async def take_message(request: Request) -> Response:
    """Answer 204 to a signed message in JSON; it knows no secret, so whose signature it is stays open."""
    if not all(request.headers.get(name) for name in _HEADERS):
        return PlainTextResponse("No signed message.", 401)
    try:
        json.loads(await request.body())
    except ValueError:
        return PlainTextResponse("The body is no JSON.", 400)
    return Response(status_code=204)
