"""The contact's provider panel: what each connected account's service knows of an e-mail address.

One block for an account. Opening the panel asks nobody; a block asks its service, for itself alone: the
answer is kept for a short time, and two who read at once ask once. Where a service can't tell, Vestnik tells
of the letters that it sent through the account, and says that it is Vestnik who tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from vestnik.contacts.addresses import normalise
from vestnik.contacts.reading import Person, Stop
from vestnik.contacts.service import Contacts
from vestnik.contacts.stop_list import StopList
from vestnik.db import fold
from vestnik.http.errors import NotFound
from vestnik.lists.panel_cache import Answers, Told
from vestnik.lists.panel_locks import Lock, Words
from vestnik.lists.panel_shapes import Status, Teller
from vestnik.modules import Modules
from vestnik.modules.accounts.lists import GET_LISTS
from vestnik.modules.accounts.sharing import manages
from vestnik.modules.ports import AccountFacts
from vestnik.people.access import Actor
from vestnik.reports.received import Letter, Letters, Received

GET_SUBSCRIBER = "CRM_Marketing_GetSubscriber"
UPDATE = "CRM_Marketing_UpdateSubscriptions"

#: What a service told of a person is shown again for so long, and is known for so long when it fails.
FRESH_S = 60.0
KEPT_S = 900.0
#: A service's lists change seldom.
LISTS_FRESH_S = 300.0
#: A service that failed is not asked by the next page.
FAILED_S = 10.0
#: A block is answered by then, with what is known.
DEADLINE_S = 12.0
ANSWERS = 2_000
CAMPAIGNS = 3

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose panel it is: a contact with its e-mail addresses, or an address that nobody here has."""

    person: Person | None
    emails: Sequence[str]

    @property
    def id(self) -> int | None:
        """The contact's key."""
        return None if self.person is None else self.person.id

    @property
    def name(self) -> str:
        """The contact's name."""
        return "" if self.person is None else self.person.name

    def own(self, email: str) -> str:
        """The address as it is stored; `NotFound` where it is not one of the subject's."""
        found = normalise("email", email).normalised
        if found not in self.emails:
            raise NotFound()
        return found


@dataclass(frozen=True, slots=True)
class Membership:
    """The person's state in one list."""

    external_id: str
    title: str
    status: Status
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign that the person received."""

    name: str
    sent_at: datetime | None
    opens: int | None
    clicks: int | None
    source: Teller
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """Averages for one letter, and the last sign of life, each with who tells of it."""

    average_opens: float | None
    average_clicks: float | None
    source: Teller
    last_opened_at: datetime | None
    last_clicked_at: datetime | None
    last_source: Teller


@dataclass(frozen=True, slots=True)
class Block:
    """What is known of an address at one account; `told` has the age and the problem, if there is one."""

    account_id: int
    email: str
    found: bool | None
    lists: Sequence[Membership]
    campaigns: Sequence[Campaign]
    activity: Activity | None
    told: Told[Any]


@dataclass(frozen=True, slots=True)
class ListChoice:
    """A list of the service, whether the person is in it, and why they can't be put into it."""

    external_id: str
    title: str
    subscribed: bool
    status: Status | None
    lock: Lock | None
    category_id: int | None
    category: str | None


class Panel:
    """Reads panels; `panel_changes.py` changes what they show."""

    def __init__(
        self,
        modules: Modules,
        contacts: Contacts,
        stop_list: StopList,
        received: Received,
    ) -> None:
        self._modules, self._contacts, self._stop_list = modules, contacts, stop_list
        self._received = received
        self.profiles: Answers[Key, Mapping[str, Any] | None] = Answers(
            self._ask_profile,
            fresh_s=FRESH_S,
            kept_s=KEPT_S,
            failed_s=FAILED_S,
            deadline_s=DEADLINE_S,
            most=ANSWERS,
        )
        self.lists: Answers[int, Sequence[Mapping[str, Any]]] = Answers(
            self._modules.lists.at_service,
            fresh_s=LISTS_FRESH_S,
            kept_s=LISTS_FRESH_S + KEPT_S,
            failed_s=FAILED_S,
            deadline_s=DEADLINE_S,
            most=ANSWERS,
        )

    async def stop(self) -> None:
        """End what is being asked."""
        await self.profiles.stop()
        await self.lists.stop()

    # Whose

    async def subject(self, actor: Actor, contact_id: int) -> Subject:
        """A contact's panel: its e-mail addresses, the primary one first."""
        person = await self._contacts.card(actor, contact_id)
        return Subject(person, person.texts("email"))

    async def subject_of_address(self, actor: Actor, email: str) -> Subject:
        """The panel of one address: of the contact that has it, or of nobody that we know."""
        actor.require("contacts.read")
        address = normalise("email", email).normalised
        held = await self._contacts.contacts_by_address([address])
        person = await self._contacts.card(actor, int(held[0]["id"])) if held else None
        return Subject(person, [address])

    async def subject_again(self, actor: Actor, subject: Subject, email: str) -> Subject:
        """The subject as it is now; `NotFound` when it has lost the address meanwhile."""
        if subject.id is None:
            return subject
        anew = await self.subject(actor, subject.id)
        anew.own(email)
        return anew

    # What

    async def accounts(self, actor: Actor) -> list[AccountFacts]:
        """The accounts that have a block: connected ones whose module is on, and that the actor may use.

        By title; those that failed their last check come last.
        """
        actor.require("contacts.read")
        usable = await self._modules.accounts.usable(actor)
        found = [await self._modules.account(row.id) for row in usable]
        shown = [facts for facts in found if facts is not None and facts.enabled]
        return sorted(shown, key=lambda facts: facts.state == "failing")

    async def mends(self, actor: Actor) -> frozenset[int]:
        """Those whose settings the actor may change."""
        usable = await self._modules.accounts.usable(actor)
        return frozenset(row.id for row in usable if manages(actor, row))

    async def account(self, actor: Actor, account_id: int) -> AccountFacts:
        """One of them; NotFound for any other."""
        await self._modules.accounts.require_use(actor, account_id)
        facts = await self._modules.account(account_id)
        if facts is None or not facts.enabled:
            raise NotFound()
        return facts

    async def block(
        self, actor: Actor, subject: Subject, account_id: int, email: str, *, fresh: bool = False
    ) -> Block:
        """What an account knows of one of the subject's addresses; what fails is told in the block."""
        actor.require("contacts.read")
        address = subject.own(email)
        facts = await self.account(actor, account_id)
        letters = await self._received(account_id, address)
        if GET_SUBSCRIBER not in facts.functions:
            told: Told[Any] = Told(None, None, None, None)
            return Block(account_id, address, None, [], _own(letters), _own_activity(letters), told)
        told = await self.profiles.get((account_id, address), fresh=fresh)
        profile = told.value or {}
        return Block(
            account_id=account_id,
            email=address,
            found=None if told.at is None else told.value is not None,
            lists=[_membership(each) for each in profile.get("lists", ())],
            campaigns=_campaigns(profile, letters),
            activity=_activity(profile, letters),
            told=told,
        )

    async def choices(
        self, actor: Actor, subject: Subject, account_id: int, email: str, *, fresh: bool = False
    ) -> tuple[list[ListChoice], Told[Any]]:
        """All lists of an account with the person's state in each, by title.

        Raises the problem where the service tells neither now nor lately.
        """
        actor.require("contacts.read")
        address = subject.own(email)
        facts = await self.account(actor, account_id)
        profile = await self.profile(facts, address, fresh=fresh)
        titles: dict[str, str] = {}
        told: Told[Any] = Told((), None, None, None)
        if GET_LISTS in facts.functions:
            told = await self.lists.get(account_id, fresh=fresh)
            if told.at is None and told.problem is not None:
                raise told.problem
            titles = {each["externalId"]: each["name"] for each in told.value or ()}
        memberships = {each.external_id: each for each in profile}
        titles |= {key: each.title for key, each in memberships.items() if key not in titles}
        words = await self.words(actor, subject, address)
        categories = self._modules.categories_of_lists(account_id)
        names = await self._contacts.category_names(sorted(set(categories.values())))
        found = []
        for external_id, title in titles.items():
            membership, category_id = memberships.get(external_id), categories.get(external_id)
            status = None if membership is None else membership.status
            found.append(
                ListChoice(
                    external_id=external_id,
                    title=title,
                    subscribed=status == "subscribed",
                    status=status,
                    lock=words.lock(category_id, status, membership.changed_at if membership else None),
                    category_id=category_id,
                    category=None if category_id is None else names.get(category_id),
                )
            )
        return sorted(found, key=lambda each: (fold(each.title), each.external_id)), told

    async def unlisted(
        self, actor: Actor, subject: Subject, account_id: int, email: str, external_ids: Sequence[str]
    ) -> list[ListChoice]:
        """Lists that the service did not tell of, such as one made just now: our own word holds for them."""
        words = await self.words(actor, subject, email)
        categories = self._modules.categories_of_lists(account_id)
        return [
            ListChoice(
                external_id=each,
                title=each,
                subscribed=False,
                status=None,
                lock=words.lock(categories.get(each)),
                category_id=categories.get(each),
                category=None,
            )
            for each in external_ids
        ]

    async def profile(self, facts: AccountFacts, email: str, *, fresh: bool = False) -> list[Membership]:
        """The person's lists; nothing where the module can't tell. Raises the problem of a service."""
        if GET_SUBSCRIBER not in facts.functions:
            return []
        told = await self.profiles.get((facts.id, email), fresh=fresh)
        if told.problem is not None and (fresh or told.at is None):
            raise told.problem
        return [_membership(each) for each in (told.value or {}).get("lists", ())]

    async def words(self, actor: Actor, subject: Subject, email: str) -> Words:
        """What is known here of the subject at an address."""
        if subject.person is not None:
            own = next(
                each for each in subject.person.addresses if each.kind == "email" and each.text == email
            )
            return Words(subject.person, own.stops)
        found = await self._stop_list.find(actor, email)
        return Words(None, [Stop(each.category_id, each.reason, each.at) for each in found.entries])

    async def _ask_profile(self, key: Key) -> Mapping[str, Any] | None:
        account_id, email = key
        arguments = {"contact": email}
        found: Mapping[str, Any] | None = await self._modules.call(
            account_id, GET_SUBSCRIBER, arguments, lane="interactive"
        )
        return found


def _membership(told: Mapping[str, Any]) -> Membership:
    key = str(told["listExternalId"])
    return Membership(key, told.get("listName") or key, told["status"], _moment(told.get("changedAt")))


def _campaigns(profile: Mapping[str, Any], letters: Letters | None) -> list[Campaign]:
    """The last campaigns by the service's own word, or by ours where it does not tell."""
    told = profile.get("recentCampaigns", "unknown")
    if told == "unknown":
        return _own(letters)
    return [
        Campaign(each["name"], _moment(each.get("sentAt")), each.get("opens"), each.get("clicks"), "service")
        for each in told[:CAMPAIGNS]
    ]


def _activity(profile: Mapping[str, Any], letters: Letters | None) -> Activity | None:
    """Averages and the last sign of life, only of somebody who received mail."""
    told, own = profile.get("activity") or {}, _own_activity(letters)
    has_averages = "averageOpens" in told or "averageClicks" in told
    opened, clicked = _moment(told.get("lastOpenedAt")), _moment(told.get("lastClickedAt"))
    tells_last = opened is not None or clicked is not None
    if profile.get("recentCampaigns") == [] or not (own is not None or has_averages or tells_last):
        return None
    if own is None or (has_averages and tells_last):
        opens, clicks = told.get("averageOpens"), told.get("averageClicks")
        return Activity(opens, clicks, "service", opened, clicked, "service")
    if has_averages:
        opens, clicks = told.get("averageOpens"), told.get("averageClicks")
        return replace(own, average_opens=opens, average_clicks=clicks, source="service")
    if tells_last:
        return replace(own, last_opened_at=opened, last_clicked_at=clicked, last_source="service")
    return own


def _own(letters: Letters | None) -> list[Campaign]:
    return [_own_campaign(each) for each in letters.letters[:CAMPAIGNS]] if letters is not None else []


def _own_campaign(letter: Letter) -> Campaign:
    return Campaign(
        letter.name, letter.sent_at, letter.opens, letter.clicks, "vestnik", campaign_id=letter.campaign_id
    )


def _own_activity(letters: Letters | None) -> Activity | None:
    if letters is None:
        return None
    return Activity(
        letters.average_opens,
        letters.average_clicks,
        "vestnik",
        letters.last_opened_at,
        letters.last_clicked_at,
        "vestnik",
    )


def _moment(text: str | None) -> datetime | None:
    """An instant of the contract."""
    return None if text is None else datetime.fromisoformat(text.replace("z", "Z"))
