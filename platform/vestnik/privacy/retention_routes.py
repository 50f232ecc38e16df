"""HTTP of the terms for which things are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from vestnik.http.api import Context, Router, Shape
from vestnik.privacy.retention import Chosen

router = Router("privacy")

TermName = Annotated[str, Meta(min_length=1, max_length=40)]
#: None: for ever.
Days = Annotated[int, Meta(ge=1, le=3650)] | None


class RetentionTerm(Shape):
    """How many days one kind is kept; null: for ever, which `for_ever` says is allowed.

    `least` and `most` are what may be set, `default_days` is what holds when nothing is.
    """

    name: str
    days: int | None
    default_days: int | None
    least: int
    most: int
    for_ever: bool


class RetentionTerms(Shape):
    """Days by the names of terms; null: for ever. What is not named stays as it is."""

    days: Annotated[dict[TermName, Days], Meta(min_length=1, max_length=50)]


class RetentionEffect(Shape):
    """How many records of each kind would go if these were the terms."""

    goes: dict[str, int]


@router.get("/retention", returns=list[RetentionTerm], right="privacy.manage")
async def list_retention(context: Context) -> list[RetentionTerm]:
    """For how long each kind of data is kept."""
    return _shapes(await context.services.retention.terms(context.actor))


@router.post("/retention/preview", body=RetentionTerms, returns=RetentionEffect, right="privacy.manage")
async def preview_retention(context: Context, body: RetentionTerms) -> RetentionEffect:
    """How many records these terms would take away; nothing is changed."""
    return RetentionEffect(goes=dict(await context.services.retention.goes(context.actor, body.days)))


@router.patch("/retention", body=RetentionTerms, returns=list[RetentionTerm], right="privacy.manage")
async def change_retention(context: Context, body: RetentionTerms) -> list[RetentionTerm]:
    """Set these terms. What is past them is taken away for good, within about an hour."""
    return _shapes(await context.services.retention.change(context.actor, body.days))


def _shapes(found: Sequence[Chosen]) -> list[RetentionTerm]:
    return [
        RetentionTerm(
            name=each.term.name,
            days=each.days,
            default_days=each.term.days,
            least=each.term.least,
            most=each.term.most,
            for_ever=each.term.for_ever,
        )
        for each in found
    ]
