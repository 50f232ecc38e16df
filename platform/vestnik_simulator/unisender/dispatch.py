"""The API's address: finds the method and the account, holds calls to the limits, answers the envelope."""

import asyncio
import importlib
import time
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from vestnik_simulator.options import Options
from vestnik_simulator.storage import Storage
from vestnik_simulator.traffic import Fault, Traffic, cut
from vestnik_simulator.unisender.errors import ApiError
from vestnik_simulator.unisender.form import Arguments, Tree, parse_form
from vestnik_simulator.unisender.service import METHODS, Account, Call, Signals

for _module in "account campaigns contacts exports imports lists statistics templates".split():
    importlib.import_module(f"vestnik_simulator.unisender.{_module}")  # each registers its methods

MAX_BODY_BYTES = 16 * 1024 * 1024


class Api:
    """`/{language}/api/{method}`, as an ASGI application."""

    def __init__(self, storage: Storage, options: Options, traffic: Traffic, signals: Signals) -> None:
        self._storage = storage
        self.options = options
        self._traffic = traffic
        self._signals = signals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        name = str(request.path_params["method"])
        body = await _read(request)
        fault = self._traffic.take_fault(name)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if self.options.latency_s:
            await asyncio.sleep(self.options.latency_s)
        started = time.perf_counter()
        answer = self._answer(request, name, body, fault)
        code = answer.get("code", "") if isinstance(answer, dict) else ""
        response = Response(msgspec.json.encode(answer), media_type="application/json")
        self._traffic.record(name, time.perf_counter() - started, code)
        if fault is not None and fault.kind == "status":
            response = JSONResponse({"error": fault.message}, fault.status)
        if fault is not None and fault.kind in ("drop_before", "drop_after", "hang"):
            await cut(fault, receive)
            return
        await response(scope, receive, send)

    def _answer(self, request: Request, name: str, body: bytes | None, fault: Fault | None) -> Any:
        language = str(request.path_params["language"])
        try:
            if fault is not None and fault.kind in ("error", "status", "drop_before"):
                raise ApiError(fault.code, fault.message, fault.message)
            tree = _arguments(request, body)
            result = self._run(request, name, tree, language)
        except ApiError as error:
            return error.body(language)
        return {"result": result}

    def _run(self, request: Request, name: str, tree: Tree, language: str) -> Any:
        method = METHODS.get(name)
        if method is None:
            raise ApiError("unknown_method", f"Метод {name} не существует", f"There is no method {name}")
        account = self._account(tree)
        self._hold_to_limits(account, name)
        call = Call(
            account=account,
            arguments=Arguments(tree),
            storage=self._storage,
            options=self.options,
            signals=self._signals,
            base_url=str(request.base_url).rstrip("/"),
            language=language,
        )
        with self._storage.transaction():
            return method(call)

    def _account(self, tree: Tree) -> Account:
        row = self._storage.row("SELECT * FROM account WHERE api_key=?", str(tree.get("api_key", "")))
        if row is None:
            raise ApiError("invalid_api_key", "Неверный ключ API", "The API key is wrong")
        return Account(row["id"], row["login"], row["api_key"], row["email"], row["emails_paid"])

    def _hold_to_limits(self, account: Account, name: str) -> None:
        limits = [("any", self.options.calls_per_minute)]
        if name == "createCampaign":
            limits.append((name, self.options.campaigns_per_minute))
        if name == "async/exportContacts":
            limits.append((name, self.options.exports_per_minute))
        for kind, limit in limits:
            if not self._traffic.permitted(account.api_key, kind, limit):
                raise ApiError(
                    "api_call_limit_exceeded_for_api_key",
                    f"Превышено число вызовов: {limit} в минуту",
                    f"The limit of {limit} calls a minute is exceeded",
                )


async def _read(request: Request) -> bytes | None:
    """The body, or None if it is too long; the length is known before more is kept."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _arguments(request: Request, body: bytes | None) -> Tree:
    """Arguments of the query or of the body. Both at once break at the real service; `format` may stay."""
    if body is None:
        raise ApiError("invalid_arg", "Слишком длинный запрос", "The request is too long")
    query = parse_form(request.url.query)
    if request.method == "GET" or not body:
        return query
    if set(query) - {"format"}:
        message = "Call to a member function getMessage() on null"
        raise ApiError("unspecified", message, message)
    return query | parse_form(body.decode("utf-8", "replace"))
