"""`/api/v3.3/…`: finds the operation and the account; answers a result, a refusal, or a fault."""

import asyncio
import base64
import importlib
import time
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vestnik_simulator.campaign_monitor.errors import Refusal
from vestnik_simulator.campaign_monitor.members import Members
from vestnik_simulator.campaign_monitor.service import ROUTES, Call, Route
from vestnik_simulator.campaign_monitor.signals import Signals
from vestnik_simulator.campaign_monitor.subscribers import Imported
from vestnik_simulator.options import Options
from vestnik_simulator.storage import Storage
from vestnik_simulator.traffic import Fault, Traffic, cut

for _module in "clients lists subscribers campaigns hooks".split():
    importlib.import_module(f"vestnik_simulator.campaign_monitor.{_module}")  # each registers its operations

MAX_BODY_BYTES = 8 * 1024 * 1024


class ListApi:
    """The API as an ASGI application."""

    def __init__(
        self, storage: Storage, options: Options, traffic: Traffic, members: Members, signals: Signals
    ) -> None:
        self._storage = storage
        self.options = options
        self._traffic = traffic
        self._members = members
        self._signals = signals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = str(request.path_params["path"])
        body = await request.body()
        route, keys = found(request.method, path)
        name = route.name if route else f"{request.method} {path}"
        fault = self._traffic.take_fault(name)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if self.options.latency_s:
            await asyncio.sleep(self.options.latency_s)
        started = time.perf_counter()
        status, answer = self._answer(request, route, keys, body, fault)
        code = str(answer["Code"]) if status >= 400 else ""
        self._traffic.record(name, time.perf_counter() - started, code)
        if fault is not None and fault.kind in ("drop_before", "drop_after", "hang"):
            await cut(fault, receive)
            return
        content = b"" if answer is None else msgspec.json.encode(answer)
        await Response(content, status, media_type="application/json")(scope, receive, send)

    def _answer(
        self, request: Request, route: Route | None, keys: dict[str, str], body: bytes, fault: Fault | None
    ) -> tuple[int, Any]:
        try:
            if fault is not None and fault.kind in ("error", "status", "drop_before"):
                raise _of_fault(fault)
            return self._run(request, route, keys, body)
        except Refusal as refusal:
            return refusal.status, refusal.body

    def _run(
        self, request: Request, route: Route | None, keys: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        api_key = self._key(request)
        if route is None:
            raise Refusal(404, "We couldn't find the resource you're looking for.", 404)
        call = Call(
            api_key=api_key,
            keys=keys,
            query=request.query_params,
            body=_decoded(body),
            storage=self._storage,
            members=self._members,
            signals=self._signals,
            base_url=str(request.base_url).rstrip("/"),
        )
        try:
            with self._storage.transaction():
                try:
                    answer = route.operation(call)
                except Imported as partly:
                    return partly.refusal.status, partly.refusal.body
        except BaseException:
            self._members.forget()  # what was learnt inside may have been undone
            raise
        return (201 if request.method == "POST" and isinstance(answer, str) else 200), answer

    def _key(self, request: Request) -> str:
        """The user of Basic authentication; any password."""
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            raise Refusal(50, "Must supply a valid HTTP Basic Authorization header", 401)
        try:
            key = base64.b64decode(told, validate=True).decode().partition(":")[0]
        except ValueError:
            key = ""
        if not self._storage.value("SELECT 1 FROM cm_client WHERE api_key=?", key):
            raise Refusal(100, "Invalid API Key", 401)
        return key


def found(method: str, path: str) -> tuple[Route | None, dict[str, str]]:
    """The operation of a request and the parts of its path."""
    for route in ROUTES:
        match = route.pattern.fullmatch(path) if route.method == method else None
        if match is not None:
            return route, match.groupdict()
    return None, {}


def _decoded(body: bytes) -> Any:
    if len(body) > MAX_BODY_BYTES:
        raise Refusal(400, "The request is too long", 413)
    try:
        return msgspec.json.decode(body) if body else None
    except msgspec.DecodeError:
        raise Refusal(400, "Failed to deserialize your request. Please check the documentation") from None


def _of_fault(fault: Fault) -> Refusal:
    if fault.kind == "error":
        return Refusal(int(fault.code) if fault.code.isdigit() else 500, fault.message)
    return Refusal(fault.status, fault.message, fault.status)
