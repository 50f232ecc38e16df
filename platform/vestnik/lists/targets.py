"""Where a sync may lead: the accounts that can be synced with, and the lists that each has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from vestnik.campaigns.errors import ServiceDidNotAnswer
from vestnik.campaigns.reasons import words_of
from vestnik.db import Database, fold
from vestnik.http.errors import Language, NotFound
from vestnik.lists.semantics import Mode
from vestnik.lists.states import ADD, CREATE_LIST, GET_LISTS, NEEDED, REMOVE, SUBSCRIBERS
from vestnik.lists.tables import sync
from vestnik.modules import Modules
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.modules.ports import AccountFacts
from vestnik.people.access import Actor


@dataclass(frozen=True, slots=True)
class Account:
    """An account that a sync may name; `missing` are functions without which it can't."""

    id: int
    title: str
    module_title: Mapping[str, str]
    enabled: bool
    missing: Sequence[str]
    can_create_list: bool

    def sentence(self, language: Language) -> str | None:
        """Why it can't be chosen, for a reader of `language`."""
        name = self.module_title.get(language) or self.title
        if self.missing:
            functions = ", ".join(self.missing)
            return {
                "ru": f"Модуль «{name}» не синхронизирует списки: в нём нет {functions}.",
                "en": f"The module “{name}” syncs no lists: it does not define {functions}.",
            }[language]
        if not self.enabled:
            return {
                "ru": f"Модуль «{name}» выключен. Его включает интегратор на странице модуля.",
                "en": f"The module “{name}” is switched off. An integrator switches it on at its page.",
            }[language]
        return None


@dataclass(frozen=True, slots=True)
class Target:
    """A list at a service; `sync_id` is the sync that it has already."""

    external_id: str
    title: str
    subscribers: int | None
    sync_id: int | None


@dataclass(frozen=True, slots=True)
class Targets:
    """The lists of an account; `same` is the one of the name that was asked for."""

    lists: Sequence[Target]
    can_create_list: bool
    same: Target | None


class Offers:
    """Reads what accounts offer to syncs."""

    def __init__(self, database: Database, modules: Modules) -> None:
        self._database, self._modules = database, modules

    async def accounts(self, actor: Actor) -> list[Account]:
        """The accounts that the actor may use, by title; those that can't be chosen too."""
        actor.require("syncs.read")
        found = [await self._modules.account(row.id) for row in await self._modules.accounts.usable(actor)]
        return [_account(facts) for facts in found if facts is not None]

    async def targets(self, actor: Actor, account_id: int, name: str = "") -> Targets:
        """The lists of an account as its service tells them now, by title."""
        actor.require("syncs.write")
        await self._modules.accounts.require_use(actor, account_id)
        facts = await self._modules.account(account_id)
        if facts is None:
            raise NotFound()
        try:
            told = await self._modules.lists.at_service(account_id)
        except ModuleCallFailed as failure:
            raise ServiceDidNotAnswer(text=words_of(failure)) from failure
        taken = await self._taken(account_id)
        lists = [
            Target(
                each["externalId"], each["name"], each.get("subscriberCount"), taken.get(each["externalId"])
            )
            for each in told
        ]
        lists.sort(key=lambda each: (fold(each.title), each.external_id))
        return Targets(lists, CREATE_LIST in facts.functions, like(lists, name))

    async def _taken(self, account_id: int) -> Mapping[str, int]:
        live = sa.select(sync.c.list_external_id, sync.c.id).where(
            sync.c.account_id == account_id,
            sync.c.archived_at.is_(None),
            sync.c.list_external_id.is_not(None),
        )
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(live)}


def like(lists: Sequence[Target], name: str) -> Target | None:
    """The list that is called so, whatever the case of its letters; the one with people first."""
    same = [each for each in lists if fold(each.title.strip()) == fold(name.strip())] if name.strip() else []
    return max(same, key=lambda each: each.subscribers or 0, default=None)


def missing(facts: AccountFacts, mode: Mode, *, creates: bool = False) -> list[str]:
    """Functions that a sync of this mode needs and the module does not define."""
    needed = [*NEEDED[mode], *([CREATE_LIST, GET_LISTS] if creates else [])]
    return [function for function in needed if function not in facts.functions]


def _account(facts: AccountFacts) -> Account:
    lacking = [name for name in (GET_LISTS, SUBSCRIBERS) if name not in facts.functions]
    if ADD not in facts.functions and REMOVE not in facts.functions:
        lacking += [ADD, REMOVE]
    return Account(
        id=facts.id,
        title=facts.title,
        module_title=facts.module_title,
        enabled=facts.enabled,
        missing=lacking,
        can_create_list=CREATE_LIST in facts.functions,
    )
