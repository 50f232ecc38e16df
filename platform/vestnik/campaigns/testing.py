"""Test letters: a draft's letter to a few addresses, before it goes to everybody.

A test letter is no part of the campaign: it makes no delivery and is counted nowhere. The call is
never repeated by itself. The stop-list holds for it as for every letter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from vestnik.audit import record
from vestnik.campaigns.checks import Check
from vestnik.campaigns.errors import CampaignNotReady, CannotSendTest, ServiceDidNotAnswer
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.ports import TEST, CallFailed, ModuleCaller, Surroundings
from vestnik.campaigns.preflight import content
from vestnik.campaigns.workflows import call, request
from vestnik.contacts.addresses import KIND_OF_CAMPAIGN, normalise
from vestnik.db import Database
from vestnik.http.errors import Language, Text
from vestnik.http.limits import RateLimit
from vestnik.people.access import Actor

#: Addresses of one test.
ADDRESSES = 10
#: Tests of one person at once, and the seconds after which one more may follow.
AT_ONCE = 10
ONE_MORE_EVERY_S = 60.0

STOPPED: Text = {
    "ru": "Адрес в стоп-листе, или человек отписался либо заблокирован.",
    "en": "The address is on the suppression list, or its owner unsubscribed or is blocked.",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """An address that got no test letter, and why."""

    address: str
    reason: str | Text

    def words(self, language: Language) -> str:
        """The reason for a reader of `language`; the service's own words are as they are."""
        return self.reason if isinstance(self.reason, str) else self.reason[language]


@dataclass(frozen=True, slots=True)
class Tested:
    """To whom a test letter went, and to whom not."""

    sent: Sequence[str]
    refused: Sequence[Refused]


class Tests:
    """Sends test letters."""

    def __init__(
        self,
        database: Database,
        modules: ModuleCaller,
        surroundings: Surroundings,
        row_of: Callable[[int], Awaitable[Row]],
    ) -> None:
        self._database, self._modules = database, modules
        self._surroundings, self._row_of = surroundings, row_of
        self._limit = RateLimit(AT_ONCE, ONE_MORE_EVERY_S)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {"campaign tests": self._limit}

    async def send(self, actor: Actor, campaign_id: int, texts: Sequence[str]) -> Tested:
        """Have the service send the letter to a few addresses, once."""
        actor.require("campaigns.send")
        row = await self._row_of(campaign_id)
        kind = KIND_OF_CAMPAIGN[row.type]
        addresses = list(dict.fromkeys(normalise(kind, text).normalised for text in texts))
        missing = [
            *content(row),
            *([] if row.account_id is not None else [Check("account_missing", "error")]),
        ]
        if missing:
            raise not_ready(missing)
        account = await self._modules.sending_account(row.account_id)
        if account is None:
            raise not_ready([Check("account_gone", "error")])
        if TEST not in account.functions:
            raise CannotSendTest()
        stopped = await self._surroundings.stopped(kind, addresses, row.category_id)
        wanted = [address for address in addresses if address not in stopped]
        refused = [Refused(address, STOPPED) for address in addresses if address in stopped]
        if not wanted:
            return Tested([], refused)
        self._limit.take(f"{actor.user_id}:{actor.key_id}")
        await self._database.write(record, actor, "campaign.tested", "campaign", campaign_id)
        asked = {**await request(self._surroundings, row), "recipientCount": len(wanted)}
        try:
            answer = await call(
                self._modules,
                account.id,
                TEST,
                {"request": asked, "contacts": wanted},
                lane="interactive",
                version_id=account.version_id,
            )
        except CallFailed as failure:
            if failure.kind == "not_implemented":
                raise CannotSendTest() from failure
            raise ServiceDidNotAnswer(text=failure.words) from failure
        words: Mapping[str, str] = {
            each["key"]: each["reason"] for each in (answer or {}).get("rejected", ())
        }
        refused += [Refused(address, words[address]) for address in wanted if address in words]
        return Tested([address for address in wanted if address not in words], refused)


def not_ready(checks: Sequence[Check]) -> CampaignNotReady:
    """The problem of a campaign that lacks what `checks` name."""
    problems = {
        "ru": " ".join(check.sentence("ru") for check in checks),
        "en": " ".join(check.sentence("en") for check in checks),
    }
    return CampaignNotReady(problems=problems, checks=[check.code for check in checks])
