"""`/developer/v1/leads`: the leads API that sites of today call, wire-compatible.

A plain ASGI application: no cookie is read, and nothing of a request is ever logged, for its address may
hold the key. What adds a lead is stored durably, the key masked, before it is read; then it is read from the
stored row, at once, since the answer tells the lead's number.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vestnik.db import Database, fold, is_outage
from vestnik.http.bodies import ClientGone, read_body
from vestnik.http.errors import BodyTooLarge, TooManyRequests
from vestnik.http.limits import RateLimit, network_of
from vestnik.intake.classic import records
from vestnik.intake.classic.answers import (
    Refused,
    not_found,
    nothing_said,
    preflight,
    told,
    unknown_method,
    unknown_user,
    wrong_key,
    wrong_value,
)
from vestnik.intake.classic.keys import ClassicKey
from vestnik.intake.classic.parameters import Parameters, parameters
from vestnik.intake.inputs.service import Inputs
from vestnik.intake.inputs.store import NewInput
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads.service import Leads
from vestnik.intake.leads.tables import intake_settings, lead
from vestnik.logs import fault
from vestnik.people.organisation import Organisation
from vestnik.people.tables import user

BODY_BYTES = 1_000_000
BODY_WITHIN_S = 30.0
#: A longer body is not read in the event loop.
SHORT_BYTES = 32_768
#: Requests with a wrong key or log-in from one network: so many at once, then one every so many seconds.
STRANGERS = (60, 1.0)
#: Requests with the right key: so many at once, then one every so many seconds.
REQUESTS = (6_000, 0.01)
#: A lead that is not made within this is answered without its number, and made from what is stored.
MADE_WITHIN_S = 5.0
#: So long nobody else reads what this door is about to read.
HELD = timedelta(seconds=10)
HEADER_CHARACTERS = 500

_KEPT_HEADERS: Mapping[str, str] = {"origin": "origin", "user-agent": "userAgent"}
_KEY_AND_USER = sa.select(
    sa.select(intake_settings.c.key_digest).scalar_subquery().label("key_digest"),
    sa.select(user.c.id)
    .where(user.c.email_folded == sa.bindparam("login"), user.c.disabled.is_(False))
    .scalar_subquery()
    .label("user_id"),
)
log = structlog.get_logger("vestnik.intake")


class ClassicDoor:
    """Answers the requests."""

    def __init__(
        self, database: Database, keys: ClassicKey, inputs: Inputs, leads: Leads, organisation: Organisation
    ) -> None:
        self._database, self._keys, self._inputs = database, keys, inputs
        self._leads, self._organisation = leads, organisation
        self._strangers, self._requests = RateLimit(*STRANGERS), RateLimit(*REQUESTS)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"classic strangers": self._strangers, "classic requests": self._requests}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application, of the address with and without a final slash."""
        try:
            response = await self._answer(scope, receive)
        except ClientGone:
            return
        except Refused as refused:
            response = refused.answer()
        except BodyTooLarge:
            response = Refused("413", "Слишком большой запрос", 413).answer()
        except TooManyRequests as error:
            wait = str(error.values["retry_after_s"])
            response = Refused("429", "Слишком много запросов", 429, retry_after=wait).answer()
        except Exception as error:
            reference = fault(log, "intake.fault", error)
            status = 503 if is_outage(error) else 500
            response = Refused(str(status), f"Внутренняя ошибка {reference}", status).answer()
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] == "OPTIONS":
            return preflight()
        if scope["method"] not in ("GET", "POST"):
            raise Refused("405", "Нужен GET или POST", 405, allow="GET, POST, OPTIONS")
        headers = Headers(scope=scope)
        body = await _body(receive, headers) if scope["method"] == "POST" else b""
        given = await self._given(scope, headers, body)
        await self._check(scope, given)
        self._requests.take("")
        action = given.get("action")
        if action == "add":
            return await self._add(scope, headers, given)
        if action == "stat" or (action == "info" and not given.get("id")):
            return await self._stat()
        if action == "info":
            return await self._info(given)
        if action == "list":
            return await self._list(given)
        raise unknown_method()

    async def _given(self, scope: Scope, headers: Headers, body: bytes) -> Parameters:
        """The parameters; a long body is read beside other requests, and few of strangers are read at all."""
        read = functools.partial(parameters, scope["query_string"], body, headers.get("content-type", ""))
        if len(body) <= SHORT_BYTES:
            return read()
        self._slow_down(scope)
        given = await asyncio.to_thread(read)
        self._strangers.give_back(network_of(_address(scope)))
        return given

    async def _check(self, scope: Scope, given: Parameters) -> None:
        """The key, then the user, as the document orders them."""
        login = fold(given.get("login"))
        async with self._database.read() as connection:
            found = (await connection.execute(_KEY_AND_USER, {"login": login})).one()
        if not self._keys.fits(given.get("apikey"), found.key_digest):
            self._slow_down(scope)
            raise wrong_key()
        if found.user_id is None:
            self._slow_down(scope)
            raise unknown_user()

    async def _add(self, scope: Scope, headers: Headers, given: Parameters) -> Response:
        if given.is_broken:
            raise wrong_value("тело запроса")
        new = NewInput(
            door="classic",
            source_id=None,
            key=None,
            about=_about(scope, headers, given),
            media_type=given.media_type,
            raw=given.raw(),
            held=HELD,
        )
        input_id, accepted = await self._inputs.store_and_read(new, MADE_WITHIN_S)
        number = await self._number(input_id) if accepted is None else accepted.number
        return told({"result": {"text": "Success", "id": number}, "data": number})

    async def _number(self, input_id: int) -> int:
        """The number of an input's lead, 0 where it is still to be made; `Refused` where there is none."""
        try:
            async with self._database.read() as connection:
                found = sa.select(lead.c.number).where(lead.c.input_id == input_id)
                number = await connection.scalar(found)
                state = sa.select(input_table.c.state).where(input_table.c.id == input_id)
                unreadable = number is None and await connection.scalar(state) == "unreadable"
        except Exception as error:  # what is stored is safe: asking to send it again would double it
            fault(log, "intake.fault", error, input_id=input_id)
            return 0
        if unreadable:
            raise nothing_said()
        return number or 0

    async def _stat(self) -> Response:
        months = await self._leads.month()
        return told(
            {
                "data": [
                    {"title": each.login, "open": str(each.open), "processed": str(each.processed)}
                    for each in months
                ]
            }
        )

    async def _info(self, given: Parameters) -> Response:
        zone = await self._organisation.zone()
        async with self._database.read() as connection:
            record = await records.one(connection, given.get("id"), zone)
        if record is None:
            raise not_found()
        return told({"result": {"text": "Success", "data": record}, "data": record})

    async def _list(self, given: Parameters) -> Response:
        zone = await self._organisation.zone()
        wanted = records.wanted(given, zone)
        async with self._database.read() as connection:
            found: list[dict[str, Any]] = await records.page(connection, wanted, zone)
        if not found:
            raise not_found()
        return told({"data": found})

    def _slow_down(self, scope: Scope) -> None:
        """Count an attempt that came to nothing; `TooManyRequests` for who makes many."""
        self._strangers.take(network_of(_address(scope)))


async def _body(receive: Receive, headers: Headers) -> bytes:
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            return await read_body(receive, headers, BODY_BYTES)
    except TimeoutError:
        raise Refused("408", "Запрос не пришёл вовремя", 408) from None


def _about(scope: Scope, headers: Headers, given: Parameters) -> dict[str, str]:
    kept = {name: headers.get(header, "")[:HEADER_CHARACTERS] for header, name in _KEPT_HEADERS.items()}
    about = {**kept, "ip": _address(scope), "login": given.get("login")[:HEADER_CHARACTERS]}
    return {name: value for name, value in about.items() if value}


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("", 0))[0])
