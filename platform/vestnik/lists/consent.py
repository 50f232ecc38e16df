"""Who of a sync's people may be put into its list: by the sync's category, and by what the list stands for.

A sync may name no category, or another than the one that the list stands for at the account. Who left that
one, here or at the service, is not put back by either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.contacts.audience import audience


def judged(
    members: sa.Select[Any],
    category_id: int | None,
    stands_for: int | None,
    *,
    find_duplicates: bool = True,
    beside: Sequence[str] = (),
) -> sa.Select[Any]:
    """Each of `members` with primary e-mail and verdict, as `audience` gives them.

    With `category_id` consent has to be given to it. `stands_for` is the list's own category: who withdrew
    from it is not ok.
    """
    asked = stands_for if category_id is None else category_id
    told = audience(
        members,
        asked,
        "email",
        find_duplicates=find_duplicates,
        needs_consent=category_id is not None,
        beside=beside,
    )
    if stands_for in (None, asked):
        return told
    first = told.subquery("by_category")
    second = audience(members, stands_for, "email", find_duplicates=False).subquery("by_list")
    verdict = sa.case((first.c.verdict != "ok", first.c.verdict), else_=second.c.verdict)
    columns = [verdict.label("verdict") if each.name == "verdict" else each for each in first.c]
    return sa.select(*columns).join(second, second.c.contact_id == first.c.contact_id)
