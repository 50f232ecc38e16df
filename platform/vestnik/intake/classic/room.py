"""The compatible leads API as the application knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute, Route

from vestnik.intake.classic.door import ClassicDoor
from vestnik.intake.classic.keys import PATH, ClassicKey


@dataclass(frozen=True, slots=True)
class Classic:
    """Its key, for whoever looks after the ways in, and the door that requests meet."""

    keys: ClassicKey
    door: ClassicDoor

    def routes(self) -> Sequence[BaseRoute]:
        """Its address, with and without a final slash."""
        return [Route(path, self.door, include_in_schema=False) for path in (PATH, f"{PATH}/")]
