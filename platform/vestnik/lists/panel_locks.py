"""Why somebody can't be put into a list: what they said no to here, on the stop-list, or at the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vestnik.contacts.reading import Choice, Person, Stop
from vestnik.http.errors import Text
from vestnik.lists.panel_shapes import LockCode

#: Those who left by their own will may come back by it.
OPEN_BY_CONSENT: frozenset[LockCode] = frozenset({"left", "left_here"})

REASONS: Mapping[str, Text] = {
    "left": {
        "ru": "Человек отписался от этого списка в сервисе. Вернуть его можно только с новым согласием.",
        "en": "The person unsubscribed from this list at the service. Only fresh consent brings them back.",
    },
    "left_here": {
        "ru": "Человек отказался от категории этого списка. Вернуть его можно только с новым согласием.",
        "en": "The person said no to this list's category. Only fresh consent brings them back.",
    },
    "unsubscribed_all": {
        "ru": "Человек отписался от всех писем. Если он передумал, отметьте это в карточке контакта.",
        "en": "The person unsubscribed from all mail. Note a change of mind on the contact's card.",
    },
    "stop_list": {
        "ru": "Адрес в стоп-листе: жалоба, недоставка или запрет сотрудника.",
        "en": "The address is on the stop-list: a complaint, a bounce, or stopped by a colleague.",
    },
    "blocked": {
        "ru": "Контакт заблокирован: ему ничего не отправляют.",
        "en": "The contact is blocked: nothing is sent to them.",
    },
    "consent_too_old": {
        "ru": "Согласие старше отказа. Нужно согласие, данное после него.",
        "en": "The consent is older than the refusal. It has to be given after it.",
    },
    "no_category": {
        "ru": "Список не связан с категорией, и согласие не на что записать. Укажите категорию согласия.",
        "en": "The list stands for no category to record consent in. Name the category of the consent.",
    },
}


@dataclass(frozen=True, slots=True)
class Lock:
    """Why not, and since when."""

    code: LockCode
    since: datetime | None = None

    @property
    def opens_by_consent(self) -> bool:
        """True where the person's own word can open it."""
        return self.code in OPEN_BY_CONSENT


@dataclass(frozen=True, slots=True)
class Words:
    """What is known here of somebody: the contact, if there is one, and the address's stops."""

    person: Person | None
    stops: Sequence[Stop]

    def lock(
        self, category_id: int | None, status: str | None = None, changed_at: datetime | None = None
    ) -> Lock | None:
        """What keeps the address out of a list that stands for the category; the strongest first."""
        if self.person is not None and self.person.blocked:
            return Lock("blocked")
        here = [stop for stop in self.stops if stop.category_id in (None, category_id)]
        hard = [stop for stop in here if stop.reason != "unsubscribe"]
        if hard:
            return Lock("stop_list", max(stop.at for stop in hard))
        if self.person is not None and self.person.unsubscribed:
            return Lock("unsubscribed_all")
        left = [stop for stop in here if stop.category_id is None]
        if left:
            return Lock("unsubscribed_all", max(stop.at for stop in left))
        moments = [stop.at for stop in here]
        withdrawn = self._withdrawn(category_id)
        if withdrawn is not None:
            moments.extend([withdrawn.at] if withdrawn.at is not None else [])
        if withdrawn is not None or here:
            return Lock("left_here", max(moments, default=None))
        return Lock("left", changed_at) if status == "unsubscribed" else None

    def _withdrawn(self, category_id: int | None) -> Choice | None:
        """The contact's own word for the category; the stop-list's is among the stops."""
        for each in self.person.choices if self.person is not None and category_id is not None else ():
            if each.category_id == category_id and each.refused:
                return each
        return None
