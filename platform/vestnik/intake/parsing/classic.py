"""The lead of a request of the compatible leads API, by its own names.

The document calls the visitor's name `title`: it is the lead's title and the person's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vestnik.intake.parsing.documents import Context, refused, understood
from vestnik.intake.parsing.forms import BrokenForm, content_type, fields_of, texts_of
from vestnik.intake.parsing.reading import Reading

_SAME = (
    *(
        "title",
        "email",
        "phone",
        "company",
        "description",
        "ip",
        "country",
        "city",
        "site",
        "path",
        "partner",
    ),
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
)
CLASSIC: Mapping[str, Sequence[str]] = {
    **{name: (name,) for name in _SAME},
    "responsible": ("user",),
    "referrer": ("utm_referrer",),
}
#: What speaks to the API, not of the lead.
CONTROL = frozenset({"login", "apikey", "action", "_charset_"})
#: Without any of these there is nobody and nothing to talk about.
_NEEDED = ("title", "email", "phone", "company", "description")


def read_classic(data: bytes, media_type: str, context: Context) -> Reading:
    """The lead of a request's parameters; empty ones count as absent. Never raises."""
    try:
        pairs, _ = fields_of(data, media_type)
    except BrokenForm:
        return refused("form_broken")
    texts, warnings, decoded = texts_of(pairs, content_type(media_type)[1].get("charset"))
    fields = {name: text for name, text in texts if text.strip() and name.lower() not in CONTROL}
    if not fields:
        return refused("empty", decoded)
    reading = understood(fields, warnings, decoded, context)
    found = reading.fields
    if found is not None and not any(getattr(found, name) for name in _NEEDED):
        return refused("empty", decoded)
    return with_person(reading)


def with_person(reading: Reading) -> Reading:
    """The reading with the visitor's name where the person's is looked for."""
    fields = reading.fields
    if fields is None or fields.person:
        return reading
    return replace(reading, fields=replace(fields, person=fields.title))
