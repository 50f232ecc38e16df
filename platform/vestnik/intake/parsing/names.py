"""Under which names senders tell what: the document's own, usual ones of web forms, and those of a mapping.

Names are compared folded: case, ё and е, spaces, hyphens and underscores make no difference. What is only
spelt nearly like a known name is never taken for it: a person is told, and may have it taken from then on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, get_args

from vestnik.folding import fold

Target = Literal[
    "title", "date", "description", "inn", "phone", "email", "person", "layouts", "lines",
    "company", "ip", "country", "city", "site", "path", "partner", "responsible",
    "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "referrer",
    "layout.file",
    "line.item", "line.machine_code", "line.resolution", "line.material", "line.material_code",
    "line.width", "line.height", "line.quantity", "line.price", "line.amount", "line.is_service",
    "line.works", "work.kind", "work.quantity", "work.description",
]  # fmt: skip
TARGETS: tuple[Target, ...] = get_args(Target)

#: Whose name is looked up: the order's, a layout's, a line's, a finishing work's.
Level = Literal["order", "layout", "line", "work"]

#: The sender's names, by what we call it: a mapping of a collector or a door.
Mapped = Mapping[str, Sequence[str]]

#: A name may be so long to be compared with known ones.
NEAR_CHARACTERS = 40

DOCUMENT: Mapping[Target, Sequence[str]] = {
    "title": ("Тема",),
    "date": ("Дата",),
    "description": ("Описание",),
    "inn": ("ИНН",),
    "phone": ("Телефон",),
    "email": ("АдресЭлектроннойПочты",),
    "person": ("КонтактноеЛицо",),
    "layouts": ("ФайлыМакета",),
    "lines": ("Товары",),
    "layout.file": ("Файл",),
    "line.item": ("Номенклатура",),
    "line.machine_code": ("СтанокКод",),
    "line.resolution": ("Разрешение", "Разрешеине"),  # the second is the document's own spelling
    "line.material": ("Материал",),
    "line.material_code": ("МатериалКод",),
    "line.width": ("Ширина",),
    "line.height": ("Высота",),
    "line.quantity": ("Количество",),
    "line.price": ("Цена",),
    "line.amount": ("Сумма",),
    "line.is_service": ("Услуга",),
    "line.works": ("ДополнительныеРаботы",),
    "work.kind": ("ВидРаботы",),
    "work.quantity": ("Количество",),
    "work.description": ("Описание",),
}

#: Names of fields that web sites' forms usually have.
USUAL: Mapping[Target, Sequence[str]] = {
    "title": ("subject", "your-subject", "title", "theme", "formname", "form_subject"),
    "description": (
        *("message", "your-message", "comment", "comments", "text", "textarea", "question", "note"),
        *("Сообщение", "Комментарий", "Вопрос"),
    ),
    "inn": ("inn",),
    "phone": ("phone", "tel", "telephone", "your-phone", "your-tel", "mobile", "phone_number"),
    "email": ("email", "e-mail", "mail", "your-email", "Почта", "ЭлектроннаяПочта"),
    "person": ("name", "your-name", "fio", "fullname", "full_name", "contact_name", "Имя", "ФИО", "ВашеИмя"),
    "company": ("company", "organization", "organisation", "Компания", "Организация"),
    "ip": ("ip", "ip_address"),
    "country": ("country", "Страна"),
    "city": ("city", "Город"),
    "site": ("site", "website", "Сайт"),
    "path": ("path", "page", "page_url"),
    "partner": ("partner", "Партнёр"),
    "responsible": ("login", "responsible"),
    "utm_source": ("utm_source",),
    "utm_medium": ("utm_medium",),
    "utm_campaign": ("utm_campaign",),
    "utm_term": ("utm_term",),
    "utm_content": ("utm_content",),
    "referrer": ("utm_referrer", "referrer", "referer"),
}

#: Of shorter names each resembles another.
_NEAR_FROM = 4
_BETWEEN = re.compile(r"[\s_\-]+")


@lru_cache(maxsize=4_000)
def folded(name: str) -> str:
    """The name in the form in which names are compared."""
    return _BETWEEN.sub("", fold(name))


def level_of(target: str) -> Level:
    """Where a target stands: `line.width` on a line."""
    prefix, dot, _ = target.partition(".")
    return prefix if dot and prefix in ("layout", "line", "work") else "order"  # type: ignore[return-value]


class Names:
    """The names that count at one collector or door. A mapped name wins over all others."""

    def __init__(self, mapped: Mapped | None = None, *, usual: bool = False) -> None:
        self._by_level: dict[Level, dict[str, Target]] = {"order": {}, "layout": {}, "line": {}, "work": {}}
        self._spelt: dict[Level, dict[str, str]] = {"order": {}, "layout": {}, "line": {}, "work": {}}
        if usual:
            self._add(USUAL)
        self._add(DOCUMENT)
        self._add({target: mapped[target] for target in TARGETS if mapped and target in mapped})

    def _add(self, names: Mapping[Target, Sequence[str]]) -> None:
        for target, spellings in names.items():
            level = level_of(target)
            for spelling in spellings:
                self._by_level[level][folded(spelling)] = target
                self._spelt[level][folded(spelling)] = spelling

    def target(self, level: Level, name: str) -> Target | None:
        """What a sender means by a name; None for an unknown one."""
        return self._by_level[level].get(folded(name)) if len(name) <= NEAR_CHARACTERS * 3 else None

    def near(self, level: Level, name: str) -> tuple[str, Target] | None:
        """The known name that this one may be a slip of, and what it stands for."""
        wanted = folded(name) if len(name) <= NEAR_CHARACTERS else ""
        if len(wanted) < _NEAR_FROM:
            return None
        best: tuple[int, str] | None = None
        for known in self._by_level[level]:
            allowed = 1 if min(len(known), len(wanted)) < 6 else 2
            if abs(len(known) - len(wanted)) > allowed or len(known) < _NEAR_FROM - 1:
                continue
            far = distance(known, wanted)
            if far <= allowed and (best is None or far < best[0]):
                best = far, known
        if best is None:
            return None
        return self._spelt[level][best[1]], self._by_level[level][best[1]]

    def telling(self) -> frozenset[str]:
        """Words that a text of the document is likely to have, as a decoder looks for them."""
        return frozenset(fold(spelling) for names in DOCUMENT.values() for spelling in names)


def distance(one: str, other: str) -> int:
    """How many letters are to be put in, left out, replaced or swapped with the next."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        here = [row]
        for column, beside in enumerate(other, 1):
            cost = min(last[column] + 1, here[-1] + 1, last[column - 1] + (letter != beside))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == beside:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        before, last = last, here
    return last[-1]
