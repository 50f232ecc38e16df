"""Lines of an order, as web sites send them and as they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from vestnik.sales import decimals


@dataclass(frozen=True, slots=True)
class Work:
    """A finishing work on a line: eyelets, pockets, glueing."""

    kind: str
    quantity: Decimal | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line. Sizes are in metres, money in the organisation's currency; None is what nobody said."""

    item: str = ""
    machine_code: str = ""
    resolution: str = ""
    material: str = ""
    material_code: str = ""
    width: Decimal | None = None
    height: Decimal | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    is_service: bool = False
    works: Sequence[Work] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What the sender said beside it, by the sender's own names."""

    @property
    def computed(self) -> Decimal | None:
        """Price times quantity, exactly; None where either is missing."""
        return decimals.product(self.price, self.quantity)


@dataclass(frozen=True, slots=True)
class Check:
    """A sum as somebody gave it beside what price and quantity make; neither is ever made the other."""

    given: Decimal | None
    computed: Decimal | None

    @property
    def differs(self) -> bool:
        """Whether both are known and differ by a kopeck or more."""
        return decimals.differ(self.given, self.computed)


def check(line: OrderLine) -> Check:
    """The sum of one line."""
    return Check(line.amount, line.computed)


def check_total(lines: Sequence[OrderLine]) -> Check:
    """The sum of an order: a line that lacks one of the two counts with the other one in both."""
    pairs = [(line.amount, line.computed) for line in lines]
    given = [
        each for amount, computed in pairs if (each := computed if amount is None else amount) is not None
    ]
    made = [
        each for amount, computed in pairs if (each := amount if computed is None else computed) is not None
    ]
    return Check(decimals.total(given) if given else None, decimals.total(made) if made else None)
