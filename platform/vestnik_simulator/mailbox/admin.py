"""The mailbox over HTTP, for tests and demos: how one signs in, what is in it, and letters to put there.

GET    mailbox          host, ports, user name, password, certificate, and the letters of each folder
POST   mailbox/letters  a letter as bytes (message/rfc822), into ?folder= or the inbox; its number
DELETE mailbox          forget every letter and folder
"""

from typing import Any

from starlette.requests import Request

from vestnik_simulator.admin import Refused, json_route
from vestnik_simulator.core import simulator_of
from vestnik_simulator.mailbox.folders import Folders

#: A larger letter is no letter for a demo.
LETTER_BYTES = 40_000_000


async def _mailbox(request: Request) -> dict[str, Any]:
    mail = simulator_of(request).mail
    return {
        "host": "127.0.0.1",
        "tlsPort": mail.tls_port,
        "starttlsPort": mail.starttls_port,
        "username": mail.options.username,
        "password": mail.options.password,
        "certificate": mail.certificate,
        "folders": {
            folder.name: [
                {"uid": each.uid, "size": len(each.raw), "flags": sorted(each.flags)}
                for each in folder.letters.values()
            ]
            for folder in mail.folders
        },
    }


async def _deliver(request: Request) -> dict[str, Any]:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > LETTER_BYTES:
            raise Refused(f"a letter has at most {LETTER_BYTES} bytes")
    if not raw:
        raise Refused("the body is the letter")
    folder = request.query_params.get("folder", "INBOX")
    return {"uid": simulator_of(request).mail.deliver(bytes(raw), folder)}


async def _forget(request: Request) -> dict[str, Any]:
    simulator_of(request).mail.folders = Folders()
    return {}


routes = [
    json_route("/mailbox", _mailbox),
    json_route("/mailbox/letters", _deliver, "POST"),
    json_route("/mailbox", _forget, "DELETE"),
]
