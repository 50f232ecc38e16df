"""Where a lead comes from: the source by the directory's rules, else by the name it gives; the partner."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

import sqlalchemy as sa

from vestnik.db import fold, insert_ignore, new_key, now
from vestnik.intake.fields import LeadFields, Warned
from vestnik.intake.leads.cleaning import kept_text
from vestnik.intake.leads.tables import channel, channel_rule, partner

#: Characters of a source's title.
TITLE = 200
#: So many sources may wait to be checked: whoever sends a different `path` each time makes no more.
UNCHECKED = 1_000
_HOST = 255
_RULES = (
    sa.select(channel_rule)
    .join(channel, channel.c.id == channel_rule.c.channel_id)
    .where(channel.c.archived_at.is_(None))
    .order_by(channel_rule.c.position, channel_rule.c.id)
)


class Source(NamedTuple):
    """The source of a lead and the partner that sent it, where they are known."""

    channel_id: int | None
    partner_id: int | None
    warning: Warned | None = None


def source_of(connection: sa.Connection, fields: LeadFields, door_channel_id: int | None) -> Source:
    """Rules first; then the `path`; then what the door stands for; then `utm_source`.

    A `path`, and without one a `utm_source`, that nobody knows becomes a source to be checked.
    """
    partner_id = partner_of(connection, fields.partner)
    by_rule = _by_rule(connection, fields)
    if by_rule is not None:
        return Source(by_rule, partner_id)
    if not fields.path and door_channel_id is not None and _is_there(connection, door_channel_id):
        return Source(door_channel_id, partner_id)
    title = _title(fields.path or fields.marks.source)
    if not title:
        return Source(None, partner_id)
    found = _named(connection, title)
    if found is None:
        return Source(
            None, partner_id, Warned("channel_not_kept", "path", {"title": title, "most": UNCHECKED})
        )
    return Source(found, partner_id)


def partner_of(connection: sa.Connection, text: str) -> int | None:
    """The partner whose site or title a text is; an unknown one stays text."""
    if not text:
        return None
    return connection.scalar(
        sa.select(partner.c.id)
        .where(
            (partner.c.site == host_of(text)) | (partner.c.title_folded == fold(text)),
            partner.c.archived_at.is_(None),
        )
        .order_by(partner.c.site != host_of(text), partner.c.id)
        .limit(1)
    )


def host_of(text: str) -> str:
    """The host of an address, or a bare one: small letters, in Unicode, without www; "" for none."""
    bare = text.strip().lower()
    try:
        host = urlsplit(bare if "//" in bare else f"//{bare}").hostname or ""
    except ValueError:
        return ""
    try:
        host = host.encode("ascii").decode("idna")
    except UnicodeError:
        pass  # written in letters of another alphabet already
    return kept_text(host, _HOST).rstrip(".").removeprefix("www.")


def _by_rule(connection: sa.Connection, fields: LeadFields) -> int | None:
    marks = fields.marks
    values = {
        "path": fold(fields.path),
        "utm_source": fold(marks.source),
        "utm_medium": fold(marks.medium),
        "utm_campaign": fold(marks.campaign),
        "site": fold(fields.site),
        "referrer": fold(marks.referrer),
    }
    for rule in connection.execute(_RULES):
        value = values[rule.field]
        fits = rule.value_folded in value if rule.how == "contains" else rule.value_folded == value
        if fits or (rule.field == "site" and rule.how == "equals" and rule.value_folded == host_of(value)):
            return int(rule.channel_id)
    return None


def _is_there(connection: sa.Connection, channel_id: int) -> bool:
    live = sa.select(channel.c.id).where(channel.c.id == channel_id, channel.c.archived_at.is_(None))
    return connection.scalar(live) is not None


def _named(connection: sa.Connection, title: str) -> int | None:
    """The source of a title, or the one it was merged into; an unknown title makes one, within bounds."""
    known = sa.select(channel.c.id, channel.c.merged_into).where(
        channel.c.title_folded == folded_title(title)
    )
    row = connection.execute(known).one_or_none()
    if row is None:
        unchecked = sa.select(sa.func.count()).select_from(channel).where(channel.c.checked.is_(False))
        if (connection.scalar(unchecked) or 0) >= UNCHECKED:
            return None
        connection.execute(
            insert_ignore(connection, channel, ["title_folded"]).values(
                id=new_key(), title=title, title_folded=folded_title(title), checked=False, created_at=now()
            )
        )
        row = connection.execute(known).one()
    return int(row.merged_into or row.id)


def folded_title(title: str) -> str:
    """The form in which sources are one of a kind; folding may lengthen a text, and an index is bounded."""
    return fold(title)[:TITLE]


def _title(text: str) -> str:
    return " ".join(text.split())[:TITLE].strip()
