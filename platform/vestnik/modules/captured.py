"""Tests that were written by hand of captured requests, as bundled modules bring them.

    {"about": …, "function": …, "arguments": {…}, "settings": {…}, "secrets": {"api_key": "…"},
     "storage": {…}, "contacts": [{…}], "clock": "2026-11-01T09:00:00Z",
     "exchanges": [{"request": {"method", "path", "query", "form", "json"},
                    "response": {"status", "headers", "json" | "text"}}],
     "expected": …, "storageAfter": {…}}        or        "error": "part of the message"

Of a request only what is given is compared; every exchange must be asked for, in any order. Where the
settings name no `base_url` there is one, and where there are no `secrets` an `api_key` of some value. In a
form `<secret>` stands for a secret's value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vestnik import contract
from vestnik.db import to_microseconds
from vestnik.egress import Approval, Draft, EgressError, FetchRequest, SealedCall, SealedSecret
from vestnik.modules.differences import Difference, differences
from vestnik.modules.recordings import Recorded
from vestnik.modules.replay import UNRECORDED, ReplayOutcome, Unrecorded
from vestnik.modules.replayed_storage import ReplayedStorage
from vestnik.sandbox import Control, HostError

BASE_URL = "https://service.example"
CLOCK = "2026-11-01T09:00:00Z"
#: Long enough for digests of it, and of no service.
STAND_INS = {"api_key": "a1stand2in3for4the5key6of7some8service"}


@dataclass(frozen=True, slots=True)
class Captured:
    """One such test; what a recorded one has as well stands in `recorded`."""

    recorded: Recorded
    secrets: Mapping[str, str] = field(default_factory=dict)
    exchanges: Sequence[Mapping[str, Any]] = ()
    storage: Mapping[str, Any] = field(default_factory=dict)
    contacts: Sequence[Mapping[str, Any]] = ()
    expected: Any = None
    error: str | None = None
    storage_after: Mapping[str, Any] | None = None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Captured:
        """The test in a document; KeyError, TypeError or ValueError where a part is wrong or missing."""
        if "expected" not in document and "error" not in document:
            raise ValueError('"expected" or "error" is missing')
        secrets = {str(name): str(value) for name, value in document.get("secrets", STAND_INS).items()}
        recorded = Recorded(
            function=str(document["function"]),
            arguments=dict(document["arguments"]),
            settings={"base_url": BASE_URL, **document.get("settings", {})},
            secrets=list(secrets),
            clock_us=to_microseconds(contract.instant(document.get("clock", CLOCK))),
        )
        exchanges = [
            {"request": dict(each["request"]), "response": dict(each["response"])}
            for each in document.get("exchanges", ())
        ]
        return cls(
            recorded,
            secrets=secrets,
            exchanges=exchanges,
            storage=dict(document.get("storage", {})),
            contacts=[dict(person) for person in document.get("contacts", ())],
            expected=document.get("expected"),
            error=document.get("error"),
            storage_after=document.get("storageAfter"),
        )

    def verdict(self, outcome: ReplayOutcome, host: CapturedHost) -> list[Difference]:
        """Where the outcome is not what the test expects."""
        found = self._verdict(outcome)
        left = [each["request"] for each in host.left]
        if left:
            found.append(Difference("exchanges", left, [], "after"))
        if self.storage_after is not None:
            after = differences(self.storage_after, host.stored())
            found += [Difference(f"storage{each.path[1:]}", each.before, each.after) for each in after]
        return found

    def _verdict(self, outcome: ReplayOutcome) -> list[Difference]:
        message = None if outcome.error is None else str(outcome.error["message"])
        if self.error is None:
            if message is None:
                return differences(self.expected, outcome.result)
            return [Difference("error", None, message, "before")]
        if message is not None and self.error in message:
            return []
        return [Difference("error", self.error, message)]


class CapturedHost:
    """Answers requests with captured exchanges; keeps storage and contacts of its own."""

    def __init__(self, test: Captured) -> None:
        base_url = str(test.recorded.settings["base_url"])
        place = urlsplit(base_url)
        port = place.port or (443 if place.scheme == "https" else 80)
        approval = Approval(place.scheme, place.hostname or "", port)
        self._values = frozenset(test.secrets.values())
        self.sealed = SealedCall(
            {name: SealedSecret(value, [approval]) for name, value in test.secrets.items()}
        )
        self.left = list(test.exchanges)
        self.unrecorded: list[Unrecorded] = []
        self._storage = ReplayedStorage((), test.storage)
        self._contacts = test.contacts
        self._clock_us = test.recorded.clock_us
        self._spooled: dict[str, list[str]] = {}

    def bind(self, control: Control) -> None:
        """Nothing depends on the sandbox's clock."""

    def now_us(self) -> int:
        """The call's clock."""
        return self._clock_us

    async def sleep(self, delay_s: float) -> None:
        """Nobody really sleeps."""
        self._clock_us += int(delay_s * 1_000_000)

    def close(self) -> None:
        """Nothing is under way."""

    def kept(self, value: Any) -> Any:
        """A result as it is compared."""
        return value

    def stored(self) -> dict[str, Any]:
        """Everything that the module keeps by now."""
        return self._storage.everything()

    async def operate(self, name: str, argument: Any) -> Any:
        """Answer one operation; HostError for what was not captured."""
        try:
            if name == "fetch":
                return self._fetch(Draft.parse(argument))
            if name.startswith("sealed."):
                return self.sealed.evaluate(argument)
        except EgressError as error:
            raise HostError(error.code, error.message) from None
        if name.startswith("storage."):
            return self._storage.carry_out(name, argument)
        if name == "contacts":
            return self._found(argument)
        if name == "fetch.lines" and isinstance(argument, Mapping):
            lines = self._spooled.get(str(argument.get("spool_id")), [])
            offset = int(argument.get("offset", 0))
            return lines[offset : offset + int(argument.get("n", 0))]
        raise HostError("unavailable", f"the host has no operation {name[:60]}")

    def _fetch(self, draft: Draft) -> dict[str, Any]:
        request = self.sealed.replace(draft)
        answer = self._answer(request)
        if answer is None:
            url = self.sealed.mask(request.url)
            self.unrecorded.append(Unrecorded(request.method, url))
            raise HostError(UNRECORDED, f"no exchange is left for {request.method} {url}"[:500])
        text = answer["text"] if "text" in answer else json.dumps(answer["json"], ensure_ascii=False)
        kind = "text/plain; charset=utf-8" if "text" in answer else "application/json"
        masked = self.sealed.mask(str(text))
        spool_id = f"spooled-{len(self._spooled) + 1}" if draft.spool else None
        if spool_id is not None:
            self._spooled[spool_id] = masked.splitlines()
        return {
            "status": int(answer.get("status", 200)),
            "headers": [["content-type", kind], *map(list, answer.get("headers", {}).items())],
            "body": b"" if draft.spool else masked.encode(),
            "url": self.sealed.mask(request.url),
            "spool_id": spool_id,
        }

    def _answer(self, request: FetchRequest) -> Mapping[str, Any] | None:
        place = urlsplit(request.url)
        body = request.body.decode(errors="replace")
        seen = {
            "method": request.method,
            "path": place.path,
            "query": self._pairs(place.query),
            "form": self._pairs(body),
            "json": _json(body),
        }
        for exchange in self.left:
            if seen == {**seen, **exchange["request"]}:
                self.left.remove(exchange)
                answer: Mapping[str, Any] = exchange["response"]
                return answer
        return None

    def _pairs(self, text: str) -> dict[str, str]:
        pairs = parse_qsl(text, keep_blank_values=True)
        return {name: "<secret>" if value in self._values else value for name, value in pairs}

    def _found(self, argument: Any) -> list[Mapping[str, Any]]:
        if isinstance(argument, Mapping):
            wanted = set(argument.get("addresses", ()))
            return [
                person
                for person in self._contacts
                if wanted & {*person.get("emails", ()), *person.get("phones", ())}
            ]
        by_id = {person["id"]: person for person in self._contacts}
        return [by_id[key] for key in argument if key in by_id]


def _json(text: str) -> Any:
    """The value of a body that is JSON, else None."""
    try:
        return json.loads(text)
    except ValueError:
        return None
