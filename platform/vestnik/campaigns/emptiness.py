"""Gaps in a letter, before it is sent: fields that nobody fills in, and recipients who lack a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vestnik.campaigns.checks import Check
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.ports import LetterField, Surroundings
from vestnik.campaigns.reasons import words_of
from vestnik.http.errors import NotFound, Problem

#: Unknown fields that a warning names; the rest it counts.
NAMED = 10

#: Not every module shows letters; and another check says that a module is off.
_NO_NEWS = frozenset({"not_implemented", "disabled"})


async def fields_of(surroundings: Surroundings, row: Row) -> tuple[Sequence[LetterField], list[Check]]:
    """The fields of what a campaign sends, and a warning when the service does not show its letter."""
    if row.type == "sms":
        if row.account_id is None or not row.text:
            return [], []
        return await surroundings.text_fields(row.account_id, row.text), []
    if row.template_id is None:
        return [], []
    try:
        return await surroundings.letter_fields(row.template_id, f"{row.subject}\n{row.preview_text}"), []
    except NotFound:  # another check says that the template is gone
        return [], []
    except Problem as problem:
        if getattr(problem, "kind", None) in _NO_NEWS:
            return [], []
        return [], [Check("letter_unread", "warning", {"text": words_of(problem)})]


def checks_of(fields: Sequence[LetterField], lacking: Mapping[str, int], row: Row) -> list[Check]:
    """A warning for each field that some recipients lack, and one for all that the service may not know."""
    prefix = "text_" if row.type == "sms" else ""
    found = [
        Check(
            f"{prefix}value_missing",
            "warning",
            {"field": each.name, "value": each.value, "recipients": lacking[each.value]},
        )
        for each in fields
        if each.value is not None and lacking.get(each.value)
    ]
    if unknown := [each.name for each in fields if not each.is_known]:
        named = {"ru": _list(unknown, "«»"), "en": _list(unknown, "“”")}
        found.append(Check(f"{prefix}fields_unknown", "warning", {"fields": named}))
    return found


def _list(names: Sequence[str], quotes: str) -> str:
    more = f" … +{len(names) - NAMED}" if len(names) > NAMED else ""
    return ", ".join(f"{quotes[0]}{name}{quotes[1]}" for name in names[:NAMED]) + more
