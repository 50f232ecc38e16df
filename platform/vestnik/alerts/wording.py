"""How a letter about a failure, or about its end, is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from vestnik.http.errors import Language, Text
from vestnik.mail import Letter


@dataclass(frozen=True, slots=True)
class Wording:
    """A letter's subject and first sentence in each language; both may name the thing as `{name}`."""

    subject: Text
    text: Text


_REASON: Text = {"ru": "Причина: {reason}", "en": "Reason: {reason}"}
_WHEN: Text = {"ru": "Когда: {at}", "en": "When: {at}"}
_OPEN: Text = {"ru": "Открыть: {url}", "en": "Open: {url}"}
_NO_MORE: Text = {
    "ru": "Больше писем об этой неполадке не будет. Когда всё заработает, Вестник напишет ещё раз.",
    "en": "There will be no more letters about this failure. Vestnik writes again once it is over.",
}
_SIGNED: Text = {"ru": "Вестник, {organisation}", "en": "Vestnik, {organisation}"}


def compose(
    to: str,
    language: Language,
    wording: Wording,
    *,
    name: str,
    reason: Mapping[str, str] | None,
    at: datetime,
    zone: ZoneInfo,
    url: str,
    organisation: str,
) -> Letter:
    """The letter; with a reason it tells of a failure, without one of its end."""
    name = " ".join(name.split())
    local = at.astimezone(zone)
    lines = [wording.text[language].format(name=name), ""]
    if reason is not None:
        lines.append(_REASON[language].format(reason=reason[language]))
    shown = f"{local:%d.%m.%Y %H:%M}" if language == "ru" else f"{local:%-d %B %Y, %H:%M}"
    lines += [_WHEN[language].format(at=f"{shown} ({zone.key})"), ""]
    lines += [_OPEN[language].format(url=url), ""]
    if reason is not None:
        lines += [_NO_MORE[language], ""]
    lines += ["--", _SIGNED[language].format(organisation=organisation), ""]
    return Letter(to=to, subject=wording.subject[language].format(name=name), text="\n".join(lines))
