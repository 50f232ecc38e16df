"""One JSON document that a letter or a request brought: decoded, read with tolerances, understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from vestnik.intake.fields import Warned
from vestnik.intake.parsing import order, tolerant
from vestnik.intake.parsing.names import Names
from vestnik.intake.parsing.reading import Reading
from vestnik.intake.parsing.texts import Decoded, decode, known_encoding, shown
from vestnik.intake.parsing.values import clean

#: A longer document is no order.
DOCUMENT_BYTES = 5_000_000
_NAMES_SHOWN = 10
_NAME_SHOWN = 40
_KINDS = {
    list: {"ru": "список", "en": "a list"},
    str: {"ru": "текст", "en": "a text"},
    bool: {"ru": "да или нет", "en": "yes or no"},
    type(None): {"ru": "пусто", "en": "nothing"},
}
_NUMBER = {"ru": "число", "en": "a number"}


@dataclass(frozen=True, slots=True)
class Context:
    """How to read: which names count, in which zone dates are, which field is a trap for machines."""

    names: Names
    zone: ZoneInfo
    trap: str = ""


def refused(code: str, decoded: Decoded | None = None, **facts: Any) -> Reading:
    """A reading that came to nothing."""
    reason = Warned(code, facts=facts)
    if decoded is None:
        return Reading(reason=reason)
    return Reading(reason=reason, encoding=decoded.encoding, sureness=decoded.sureness)


def read_document(data: bytes, declared: str | None, context: Context) -> Reading:
    """The lead of a JSON document in whatever encoding."""
    if len(data) > DOCUMENT_BYTES:
        return refused("too_large", limit=DOCUMENT_BYTES)
    decoded = decode(data, declared, context.names.telling())
    return read_decoded(decoded, declared, context)


def read_decoded(decoded: Decoded, declared: str | None, context: Context) -> Reading:
    """The lead of a document whose text is known."""
    if not decoded.text.strip("\0\ufeff \t\r\n"):
        return refused("empty", decoded)
    try:
        document = tolerant.read(decoded.text)
    except tolerant.NotJson as error:
        return refused(error.code, decoded, line=error.line or 1)
    warnings = [*_of_encoding(decoded, declared)]
    warnings += [Warned(each.code, facts={"line": each.line}) for each in document.tolerated]
    value = document.value
    if isinstance(value, list):
        if len(value) != 1 or not isinstance(value[0], dict):
            code = "several_orders" if value and all(isinstance(each, dict) for each in value) else ""
            if code:
                return refused(code, decoded, count=len(value))
            return refused("not_an_object", decoded, kind=_KINDS[list])
        warnings.append(Warned("list_of_one"))
        value = value[0]
    if not isinstance(value, dict):
        return refused("not_an_object", decoded, kind=_KINDS.get(type(value), _NUMBER))
    return understood(value, warnings, decoded, context)


def understood(
    value: Mapping[str, Any], warnings: list[Warned], decoded: Decoded, context: Context
) -> Reading:
    """The lead of an object: of a document, or of a form's fields."""
    if context.trap and str(value.get(context.trap) or "").strip():
        trap = Warned("trap", facts={"name": context.trap})
        return Reading(reason=trap, encoding=decoded.encoding, sureness=decoded.sureness, trapped=True)
    value = {name: each for name, each in value.items() if name != context.trap} if context.trap else value
    found = order.understand(value, context.names, context.zone)
    if not found.known:
        shown_names = ", ".join(clean(name)[:_NAME_SHOWN] for name in list(value)[:_NAMES_SHOWN]) or "—"
        return Reading(
            reason=Warned("nothing_known", facts={"names": shown_names}),
            warnings=[*warnings, *found.warnings],
            encoding=decoded.encoding,
            sureness=decoded.sureness,
        )
    return Reading(
        fields=found.fields,
        warnings=[*warnings, *found.warnings],
        encoding=decoded.encoding,
        sureness=decoded.sureness,
    )


def _of_encoding(decoded: Decoded, declared: str | None) -> list[Warned]:
    warnings: list[Warned] = []
    if decoded.sureness == "assumed":
        warnings.append(Warned("encoding_assumed", facts={"encoding": decoded.encoding}))
    hint = known_encoding(declared)
    if hint is not None and not _agree(hint, decoded.encoding):
        told = {"declared": shown(hint), "encoding": decoded.encoding}
        warnings.append(Warned("encoding_differs", facts=told))
    if decoded.lost:
        lost = {"count": decoded.lost, "encoding": decoded.encoding}
        warnings.append(Warned("characters_lost", facts=lost))
    return warnings


def _agree(hint: str, encoding: str) -> bool:
    found = known_encoding(encoding) or encoding
    return found == hint or found == "ascii" or found.startswith(f"{hint}-")
