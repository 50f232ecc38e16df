"""What a campaign may be sent by: every account, why one can't be chosen, and the senders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vestnik.campaigns.errors import ServiceDidNotAnswer
from vestnik.campaigns.ports import NEEDED, SENDERS, TEST, CallFailed, ModuleCaller, SendingAccount
from vestnik.campaigns.workflows import call
from vestnik.http.errors import Language, NotFound, Text
from vestnik.people.access import Actor

WHY_NOT: Mapping[str, Text] = {
    "module_off": {
        "ru": "Модуль «{module}» выключен. Его включает интегратор на странице модуля.",
        "en": "The module “{module}” is switched off. An integrator switches it on at its page.",
    },
    "function_missing": {
        "ru": "Модуль «{module}» не отправляет рассылки: в нём нет функции {function}.",
        "en": "The module “{module}” sends no campaigns: it does not define {function}.",
    },
    "functions_missing": {
        "ru": "Модуль «{module}» не отправляет рассылки: в нём нет функций {function}.",
        "en": "The module “{module}” sends no campaigns: it does not define {function}.",
    },
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An account that a campaign may name; `why_not` says why it can't be sent by it now."""

    account: SendingAccount
    why_not: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def can_test(self) -> bool:
        """Whether the module can send a test letter."""
        return TEST in self.account.functions

    @property
    def knows_senders(self) -> bool:
        """Whether the module can say from whom the service sends."""
        return SENDERS in self.account.functions

    def sentence(self, language: Language) -> str | None:
        """Why not, for a reader of `language`."""
        if self.why_not is None:
            return None
        module = self.account.module_title.get(language) or self.account.title
        return WHY_NOT[self.why_not][language].format(**self.facts, module=module)


@dataclass(frozen=True, slots=True)
class Sender:
    """From whom the service sends: an address with its name, or the name of an SMS."""

    name: str
    email: str | None
    verified: bool


class Offers:
    """Reads what the accounts offer to campaigns."""

    def __init__(self, modules: ModuleCaller) -> None:
        self._modules = modules

    async def all(self, actor: Actor) -> list[Offer]:
        """Every account by title; those that can't be chosen too, with the reason."""
        actor.require("campaigns.read")
        return [offer_of(account) for account in await self._modules.sending_accounts(actor)]

    async def senders(self, actor: Actor, account_id: int) -> list[Sender]:
        """The senders that the service knows; none where its module can't say."""
        actor.require("campaigns.write")
        account = await self._modules.sending_account(account_id)
        if account is None or not await self._modules.may_use(actor, account_id):
            raise NotFound()
        if SENDERS not in account.functions:
            return []
        try:
            told: Sequence[Mapping[str, Any]] = await call(
                self._modules, account_id, SENDERS, {}, lane="interactive", version_id=account.version_id
            )
        except CallFailed as failure:
            if failure.kind == "not_implemented":
                return []
            raise ServiceDidNotAnswer(text=failure.words) from failure
        return [
            Sender(each.get("name") or "", each.get("email"), each.get("verified") is not False)
            for each in told
        ]


def offer_of(account: SendingAccount) -> Offer:
    """The account, and what stands in the way of sending by it."""
    missing = [function for function in NEEDED if function not in account.functions]
    if missing:
        why = "function_missing" if len(missing) == 1 else "functions_missing"
        return Offer(account, why, {"function": ", ".join(missing)})
    return Offer(account) if account.enabled else Offer(account, "module_off")
