"""Lines of orders as rows of the database, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa

from vestnik.sales import decimals
from vestnik.sales.lines import OrderLine, Work

#: What a job ticket copies of its line.
TEXTS = ("item", "machine_code", "resolution", "material", "material_code")
SIZES = ("width", "height", "quantity")
NUMBERS = (*SIZES, "price", "amount")


def columns_of(line: OrderLine) -> dict[str, Any]:
    """The columns of a line.

    What came from outside is kept whatever it is: a number with more digits than are kept stands, as it
    was, with what the sender said beside the line.
    """
    odd = {
        name: str(value)
        for name in NUMBERS
        if (value := getattr(line, name)) is not None and not decimals.fits(value)
    }
    return {
        **{name: getattr(line, name) for name in TEXTS},
        **{name: None if name in odd else getattr(line, name) for name in NUMBERS},
        "is_service": line.is_service,
        "works": [work_json(work) for work in line.works],
        "extra": {**msgspec.to_builtins(dict(line.extra), str_keys=True), **odd},
    }


def line_of(row: sa.Row[Any]) -> OrderLine:
    """The line that a row keeps."""
    return OrderLine(
        **{name: getattr(row, name) for name in (*TEXTS, *NUMBERS)},
        is_service=row.is_service,
        works=works_of(row.works),
        extra=row.extra,
    )


def work_json(work: Work) -> dict[str, Any]:
    """A finishing work as JSON: its quantity is text, for a number of JSON may be read as a float."""
    quantity = work.quantity
    kept = quantity is not None and decimals.fits(quantity)
    return {
        "kind": work.kind,
        "quantity": decimals.plain(quantity) if kept and quantity is not None else None,
        "description": work.description
        if kept or quantity is None
        else f"{work.description} ({quantity})".strip(),
    }


def works_of(kept: Sequence[Mapping[str, Any]]) -> list[Work]:
    """The finishing works of JSON."""
    return [
        Work(
            each["kind"],
            None if each["quantity"] is None else Decimal(each["quantity"]),
            each["description"],
        )
        for each in kept
    ]
