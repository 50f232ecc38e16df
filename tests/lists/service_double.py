"""A mailing service with lists, as syncs see it through its module: the boundary's double.

It keeps who is on which list with what status, does what it is told as a real one would, and can be told to
fail before or after the effect, to answer with a job, to refuse people, or to hold a call.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.campaigns.service_double import Failure

from vestnik import contract
from vestnik.contract.manifest import BatchSizes, Manifest
from vestnik.http.errors import NotFound
from vestnik.modules.accounts.usage import Usage
from vestnik.modules.ports import AccountFacts
from vestnik.people.access import Actor

PREFIX = "CRM_Marketing_"


@dataclass
class ListService:
    """Lists at a service: list -> address -> status; and how the service is to behave."""

    lists: dict[str, dict[str, str]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    """What a list stands for."""
    functions: set[str] = field(default_factory=lambda: {*contract.functions()})
    enabled: bool = True
    open: bool = True
    """Whether the actor may use the account."""
    batch: int = 2
    page: int = 3
    limit: int | None = None
    limit_by_hand: int | None = None
    jobs: bool = False
    uncounted: set[str] = field(default_factory=set)
    """Lists of which the service does not tell how many are on them."""
    tells_account: bool = True
    """Whether it tells how many contacts the whole account has."""
    void: bool = False
    """A list has one empty page after another, each with a place to go on from."""
    circles: bool = False
    """Behind the last page of a list the first comes again."""
    rejected: dict[str, tuple[str, str]] = field(default_factory=dict)
    refuses_by_contact: bool = False
    """Rows are refused by the contact's key, not by the address."""
    created_as: str | None = None
    """The list that is given for a new one."""
    fails_before: defaultdict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    fails_after: defaultdict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    before: dict[str, Callable[[dict[str, Any]], None]] = field(default_factory=dict)
    holds: dict[str, asyncio.Event] = field(default_factory=dict)
    began: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _jobs: dict[str, Any] = field(default_factory=dict)

    def has(self, title: str, people: Mapping[str, str] | list[str]) -> str:
        """Have a list; its id."""
        id = f"list-{next(self._numbers)}"
        self.titles[id] = title
        self.lists[id] = dict(people) if isinstance(people, Mapping) else dict.fromkeys(people, "subscribed")
        return id

    def on(self, id: str) -> set[str]:
        """Who is subscribed to a list."""
        return {address for address, status in self.lists[id].items() if status == "subscribed"}

    def called(self, function: str) -> int:
        """How often a function was called."""
        return sum(name == PREFIX + function for name, _ in self.calls)

    async def call(
        self,
        _account_id: int,
        function: str,
        arguments: Mapping[str, Any],
        *,
        lane: str,
        version_id: int | None = None,
    ) -> Any:
        """One call of the module, with its failures."""
        name, given = function.removeprefix(PREFIX), dict(arguments)
        contract.check_arguments(function, given)
        self.calls.append((function, given))
        self.began[name].set()
        if name in self.holds:
            await self.holds[name].wait()
        if name in self.before:
            self.before[name](given)
        if self.fails_before[name]:
            raise self.fails_before[name].pop(0)
        value = getattr(self, f"_{name}")(**given)
        if self.fails_after[name]:
            raise self.fails_after[name].pop(0)
        contract.check_result(function, value)
        return value

    def _GetListSubscribers(self, listExternalId: str, cursor: str | None) -> Any:
        if listExternalId not in self.lists:
            raise Failure("raised", "there is no such list")
        if self.void:
            return {"items": [], "nextCursor": str(int(cursor or 0) + 1)}
        if cursor is None and self.jobs:
            return self._ticket({"cursor": "0"})
        start = int(cursor or 0)
        people = sorted(self.lists[listExternalId].items())[start : start + self.page]
        items = [{"email": address, "status": status} for address, status in people]
        following = start + self.page
        if following >= len(self.lists[listExternalId]):
            return {"items": items, **({"nextCursor": "0"} if self.circles else {})}
        return {"items": items, "nextCursor": str(following)}

    def _AddSubscribers(self, listExternalId: str, subscribers: list[dict[str, str]]) -> Any:
        rejected = []
        for person in subscribers:
            address = person["email"]
            if address in self.rejected:
                code, words = self.rejected[address]
                key = person["contactId"] if self.refuses_by_contact else address
                rejected.append({"key": key, "code": code, "reason": words})
            else:
                self.lists[listExternalId].setdefault(address, "subscribed")
        return self._bulk(rejected)

    def _RemoveSubscribers(self, listExternalId: str, contacts: list[str]) -> Any:
        rejected = []
        for address in contacts:
            if address in self.rejected:
                code, words = self.rejected[address]
                rejected.append({"key": address, "code": code, "reason": words})
            elif self.lists[listExternalId].get(address) == "subscribed":
                del self.lists[listExternalId][address]
        return self._bulk(rejected)

    def _bulk(self, rejected: list[dict[str, str]]) -> Any:
        report = {"rejected": rejected}
        return self._ticket({"result": report}) if self.jobs else report

    def _ticket(self, done: dict[str, Any]) -> Any:
        job_id = f"job-{next(self._numbers)}"
        self._jobs[job_id] = done
        return {"jobId": job_id, "pollAfterSeconds": 1}

    def _GetJob(self, jobId: str) -> Any:
        return {"jobId": jobId, "status": "done", **self._jobs[jobId]}

    def _CreateList(self, name: str) -> Any:
        return {"externalId": self.created_as or self.has(name, []), "name": name}

    def _GetAccount(self) -> Any:
        if self.limit is None:
            return {}
        if not self.tells_account:
            return {"subscriberLimit": self.limit}
        used = sum(len(self.on(id)) for id in self.lists)
        return {"subscriberLimit": self.limit, "subscriberCount": used}


class ModulesDouble:
    """`modules.Modules` as syncs see it: one account at the service."""

    def __init__(self, service: ListService, account_id: int) -> None:
        self.service, self.account_id = service, account_id
        self.lists = SimpleNamespace(at_service=self._at_service)
        self.accounts = AccountsDouble(service, account_id)

    def categories_of_lists(self, _account_id: int) -> Mapping[str, int]:
        """The categories that lists stand for."""
        return self.service.categories

    async def account(self, account_id: int, version_id: int | None = None) -> AccountFacts | None:
        """The account's facts."""
        if account_id != self.account_id:
            return None
        sizes = BatchSizes(add_subscribers=self.service.batch, remove_subscribers=self.service.batch)
        bare = Manifest.bare("lists")
        manifest = Manifest(name=bare.name, title=bare.title, version=bare.version, batch_sizes=sizes)
        return AccountFacts(
            id=account_id,
            title="Рассылки",
            module_id=1,
            module_name="lists",
            module_title={"ru": "Списки", "en": "Lists"},
            version_id=version_id or 1,
            enabled=self.service.enabled,
            state="ready",
            functions=frozenset(self.service.functions),
            manifest=manifest,
        )

    async def _at_service(self, _account_id: int) -> list[dict[str, Any]]:
        return [
            {
                "externalId": id,
                "name": title,
                **({} if id in self.service.uncounted else {"subscriberCount": len(self.service.on(id))}),
            }
            for id, title in self.service.titles.items()
        ]


class AccountsDouble:
    """`modules.accounts` as syncs see it."""

    def __init__(self, service: ListService, account_id: int) -> None:
        self._service, self._account_id = service, account_id
        self._told: dict[str, Any] = {}

    async def usable(self, _actor: Actor) -> list[Any]:
        """The one account, where it is open."""
        return [SimpleNamespace(id=self._account_id)] if self._service.open else []

    async def require_use(self, _actor: Actor, account_id: int) -> None:
        """Everybody may use it while it is open."""
        if account_id != self._account_id or not self._service.open:
            raise NotFound()

    async def told(self, _account_id: int, what: dict[str, Any]) -> None:
        """Keep what the service told."""
        self._told = what

    async def usage(self, _account_id: int) -> Usage:
        """What the service told last, with the limit entered by hand."""
        by_hand = self._service.limit_by_hand
        limit = self._told.get("subscriberLimit") if by_hand is None else by_hand
        return Usage(limit=limit, limit_by_hand=by_hand is not None, used=self._told.get("subscriberCount"))
