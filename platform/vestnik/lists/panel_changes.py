"""Saving what a person chose in the panel: into lists of the service, and out of them.

Out is a removal from the list, which anybody may undo; it is never an unsubscribe. In is refused to those who
said no, here or at the service: asked anew before, so that nobody acts on an old page. Who left by their own
will comes back by fresh consent, which is recorded first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.contacts.consents import Evidence
from vestnik.contacts.errors import UnknownCategory
from vestnik.contacts.fresh_consent import consent_anew
from vestnik.contacts.service import Contacts
from vestnik.db import Database, now
from vestnik.http.errors import InvalidRequest, Language, Text
from vestnik.lists.panel import UPDATE, ListChoice, Panel, Subject
from vestnik.lists.panel_locks import OPEN_BY_CONSENT, REASONS
from vestnik.lists.panel_shapes import ResultCode
from vestnik.modules import Modules
from vestnik.modules.calls import failures
from vestnik.people.access import Actor

_TWICE: Text = {"ru": "список назван дважды", "en": "the list is named twice"}
_FUTURE: Text = {"ru": "это время ещё не наступило", "en": "that time has not come yet"}


@dataclass(frozen=True, slots=True)
class Change:
    """The state that somebody is to have in a list."""

    external_id: str
    subscribed: bool


@dataclass(frozen=True, slots=True)
class Consent:
    """How and when somebody agreed; the category is for lists that stand for none."""

    how: str
    when: datetime
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a change; `words` are the service's own."""

    change: Change
    title: str
    code: ResultCode | None = None
    words: str | None = None

    def reason(self, language: Language) -> str | None:
        """Why it was refused."""
        if self.words is not None:
            return self.words
        return None if self.code is None else REASONS[self.code][language]


class PanelChanges:
    """Changes a person's lists at a service."""

    def __init__(self, database: Database, modules: Modules, contacts: Contacts, panel: Panel) -> None:
        self._database, self._modules = database, modules
        self._contacts, self._panel = contacts, panel

    async def save(
        self,
        actor: Actor,
        subject: Subject,
        account_id: int,
        email: str,
        changes: Sequence[Change],
        consent: Consent | None,
    ) -> list[Result]:
        """Have the service make the changes; one result for each, in their order.

        Raises the problem of a service that does not answer: nothing was changed there then, surely or
        as far as it is known, and the same may be saved again.
        """
        actor.require("contacts.write")
        address = subject.own(email)
        facts = await self._panel.account(actor, account_id)
        if UPDATE not in facts.functions:
            raise failures.not_implemented(facts.module_title, UPDATE)
        await self._check(changes, consent)
        # Asked anew: what was on somebody's screen may be an hour old.
        await self._panel.profile(facts, address, fresh=True)
        subject = await self._panel.subject_again(actor, subject, address)
        choices, _ = await self._panel.choices(actor, subject, account_id, address)
        known = {each.external_id: each for each in choices}
        strangers = [each.external_id for each in changes if each.external_id not in known]
        for each in await self._panel.unlisted(actor, subject, account_id, address, strangers):
            known[each.external_id] = each
        results = [_decided(each, known[each.external_id], subject, consent) for each in changes]
        wanted = [each.change for each in results if each.code is None]
        if not wanted:
            return results
        agreed = _categories(wanted, known, consent) if subject.id is not None else []

        def note(connection: sa.Connection) -> None:
            if consent is not None and subject.id is not None and agreed:
                evidence = Evidence(consent.when, consent.how.strip(), _source(actor))
                consent_anew(connection, subject.id, address, agreed, evidence)
                record(connection, actor, "consent.given", "contact", subject.id)
            titles = [known[each.external_id].title for each in wanted]
            if actor.user_id is None and actor.key_id is None:  # a framed page: its key is named
                act, titles = "contact.lists_changed_embedded", [*titles, actor.name]
            else:
                act = "contact.lists_changed"
            record(connection, actor, act, "contact", subject.id, titles)

        await self._database.write(note)
        try:
            refused = await self._update(account_id, subject, address, wanted)
        finally:
            self._panel.profiles.drop((account_id, address))
        return [_with_refusal(each, refused) for each in results]

    async def _check(self, changes: Sequence[Change], consent: Consent | None) -> None:
        if len({each.external_id for each in changes}) < len(changes):
            raise InvalidRequest(path="$.changes", reason=_TWICE)
        if consent is None:
            return
        if consent.when > now():
            raise InvalidRequest(path="$.consent.when", reason=_FUTURE)
        if consent.category_id is not None:
            if consent.category_id not in await self._contacts.category_names([consent.category_id]):
                raise UnknownCategory()

    async def _update(
        self, account_id: int, subject: Subject, email: str, wanted: Sequence[Change]
    ) -> Mapping[str, str]:
        person: dict[str, Any] = {"email": email}
        if subject.id is not None:
            person["contactId"] = str(subject.id)
        if subject.name:
            person["name"] = subject.name
        told = [{"listExternalId": each.external_id, "subscribed": each.subscribed} for each in wanted]
        arguments = {"subscriber": person, "changes": told}
        report = await self._modules.call(account_id, UPDATE, arguments, lane="interactive")
        rejected = report["rejected"] if report is not None else ()
        return {row["key"]: row["reason"] for row in rejected}


def _decided(change: Change, choice: ListChoice, subject: Subject, consent: Consent | None) -> Result:
    """Whether a change may be handed over; the service still has its own word."""
    lock = choice.lock
    # Whoever is in the list may stay there: nothing changes.
    if not change.subscribed or lock is None or choice.subscribed:
        return Result(change, choice.title)
    if lock.code not in OPEN_BY_CONSENT or consent is None or subject.id is None:
        return Result(change, choice.title, lock.code)
    if lock.since is not None and consent.when <= lock.since:
        return Result(change, choice.title, "consent_too_old")
    if choice.category_id is None and consent.category_id is None:
        return Result(change, choice.title, "no_category")
    return Result(change, choice.title)


def _categories(
    wanted: Sequence[Change], known: Mapping[str, ListChoice], consent: Consent | None
) -> list[int]:
    """The categories that fresh consent is of: those of the lists that it leads into."""
    found = set()
    for each in wanted:
        if each.subscribed and consent is not None:
            category_id = known[each.external_id].category_id or consent.category_id
            found |= {category_id} if category_id is not None else set()
    return sorted(found)


def _with_refusal(result: Result, refused: Mapping[str, str]) -> Result:
    words = refused.get(result.change.external_id)
    if result.code is not None or words is None:
        return result
    return Result(result.change, result.title, "refused", words)


def _source(actor: Actor) -> str:
    """Where the consent's record says it comes from."""
    if actor.user_id is not None:
        return f"user:{actor.user_id}"
    return f"key:{actor.key_id}" if actor.key_id is not None else actor.name
