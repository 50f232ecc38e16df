"""The mailbox over HTTP, for tests and demos: how one signs in, what is in it, and letters to put there.

GET    mailbox          host, ports, user name, password, certificate, and the letters of each folder
POST   mailbox/letters  a letter as bytes (message/rfc822), into ?folder= or the inbox; its number
POST   mailbox/orders   {"kind": "order" | "broken", "at"}: the site's letter comes to the inbox;
                        the folder's validity and the letter's number
DELETE mailbox          forget every letter and folder
GET    post             where letters are handed over by SMTP, and which came, the newest first
DELETE post             forget them
"""

import datetime
from typing import Any

import msgspec
from starlette.requests import Request

from vestnik_simulator.admin import Refused, json_route
from vestnik_simulator.core import simulator_of
from vestnik_simulator.mailbox import orders
from vestnik_simulator.mailbox.folders import Folders

#: A larger letter is no letter for a demo.
LETTER_BYTES = 40_000_000
_TEXT_CHARACTERS = 20_000


class _Order(msgspec.Struct):
    kind: orders.Kind
    at: datetime.datetime | None = None


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


async def _order(request: Request) -> dict[str, Any]:
    asked = msgspec.json.decode(await request.body(), type=_Order)
    return send_order(request, asked.kind, asked.at)


def send_order(request: Request, kind: orders.Kind, at: datetime.datetime | None = None) -> dict[str, Any]:
    """Have the site's letter come to the inbox; the folder's validity and the letter's number there."""
    mail = simulator_of(request).mail
    uid = mail.deliver(orders.letter(kind, f"http://{request.url.netloc}", at))
    inbox = mail.folders.find("INBOX")
    return {"uid": uid, "uidvalidity": inbox.uidvalidity if inbox else 0}


async def _forget(request: Request) -> dict[str, Any]:
    simulator_of(request).mail.folders = Folders()
    return {}


async def _post(request: Request) -> dict[str, Any]:
    post = simulator_of(request).post
    return {
        "host": "127.0.0.1",
        "port": post.port,
        "letters": [
            {
                "number": each.number,
                "to": list(each.recipients),
                "subject": each.subject(),
                "text": (each.body("plain") or "")[:_TEXT_CHARACTERS],
                "at": each.at.isoformat(),
            }
            for each in post.letters
        ],
    }


async def _forget_post(request: Request) -> dict[str, Any]:
    simulator_of(request).post.forget()
    return {}


routes = [
    json_route("/mailbox", _mailbox),
    json_route("/mailbox/letters", _deliver, "POST"),
    json_route("/mailbox/orders", _order, "POST"),
    json_route("/mailbox", _forget, "DELETE"),
    json_route("/post", _post),
    json_route("/post", _forget_post, "DELETE"),
]
