"""Fields that a letter leaves to its recipient: which they are, and who fills them in.

A manifest names one of a few known ways to write a field, never a pattern of its own: a module's
author is a stranger, and a pattern can be made to take for ever. Each pattern here looks at a letter
once, and at no more than `LONGEST` letters from each place where a field may begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Literal

from vestnik.contacts.lacking import CUSTOM, VALUES
from vestnik.contract.manifest import Personalisation, PlaceholderSyntax
from vestnik.db import fold

#: Who fills a field in: a value of the contact, the sending service, or nobody that we know of.
Filler = Literal["contact", "service", "unknown"]

LONGEST = 200

_PATTERNS: Mapping[PlaceholderSyntax, re.Pattern[str] | None] = {
    "braces": re.compile(rf"\{{\{{([^{{}}]{{1,{LONGEST}}})\}}\}}"),
    "brackets": re.compile(rf"\[([^\W\d][^\[\]<>]{{0,{LONGEST}}})\]"),
    "stars": re.compile(rf"\*\|([^|*]{{1,{LONGEST}}})\|\*"),
    "percents": re.compile(r"%([^\W\d]\w{1,60})%"),
    "none": None,
}
# Name, then what stands in its place where it is empty or filled: {{Name|friend}}, [name,fallback=friend],
# {{Name?text}}. A name has no quotes, colons or other signs: those are the service's own language.
_FIELD = re.compile(r"\s*\.?([^\W\d][\w.-]*(?: [\w-]+){0,3})\s*([|?,].*)?", re.DOTALL)
_BYTE = re.compile(r"[0-9A-Fa-f]{2}")  # %D0%9F is a part of an address
_OF_THE_LANGUAGE = frozenset({"else", "endif", "end", "this"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a letter. `value` is what of a contact fills it in (see `contacts.lacking`)."""

    name: str
    filler: Filler
    value: str | None
    in_subject: bool
    in_body: bool
    #: Whether the letter itself says, wherever it stands, what to write instead.
    has_fallback: bool


def fields_of(
    subject: str, html: str, personalisation: Personalisation, custom: Iterable[str] = ()
) -> list[Field]:
    """The fields of a letter, in the order in which a reader meets them.

    `custom` are the keys of custom fields.
    """
    filled = _filled(personalisation, custom)
    own = {fold(name) for name in personalisation.service_fields}
    found: dict[str, Field] = {}
    for text, in_subject in ((subject, True), (html, False)):
        for name, has_fallback in _found(text, personalisation.syntax):
            key = fold(name)
            value = filled.get(key) or filled.get(key.rpartition(".")[2])
            filler: Filler = "service" if key in own else "unknown" if value is None else "contact"
            before = found.get(key)
            found[key] = Field(
                name if before is None else before.name,
                filler,
                None if filler == "service" else value,
                in_subject or (before is not None and before.in_subject),
                not in_subject or (before is not None and before.in_body),
                has_fallback and (before is None or before.has_fallback),
            )
    return list(found.values())


def _filled(personalisation: Personalisation, custom: Iterable[str]) -> Mapping[str, str]:
    """Values of a contact by the folded names of fields; by their own where the manifest says nothing."""
    if personalisation.fields is not None:
        return {fold(name): value for name, value in personalisation.fields.items()}
    return {fold(key): f"{CUSTOM}{key}" for key in custom} | {name: name for name in VALUES}


def _found(text: str, syntax: PlaceholderSyntax) -> Iterable[tuple[str, bool]]:
    pattern = _PATTERNS[syntax]
    for match in () if pattern is None else pattern.finditer(text):
        read = _FIELD.fullmatch(unescape(match[1]))
        if read is None or fold(read[1]) in _OF_THE_LANGUAGE or read[1].startswith("if "):
            continue
        if syntax == "percents" and _BYTE.fullmatch(read[1]):
            continue
        yield read[1], read[2] is not None
