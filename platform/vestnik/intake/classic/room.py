"""The compatible leads API as the application knows it."""

from __future__ import annotations

from dataclasses import dataclass

from vestnik.intake.classic.keys import ClassicKey


@dataclass(frozen=True, slots=True)
class Classic:
    """Its key, for whoever looks after the ways in."""

    keys: ClassicKey
