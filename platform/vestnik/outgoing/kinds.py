"""The kinds of messages as they are documented: a JSON Schema of the body each, with an example."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from vestnik.contract.schemas import folder
from vestnik.http.errors import Text
from vestnik.outgoing.service import KINDS


@dataclass(frozen=True, slots=True)
class Documented:
    """A kind: what it is called, the schema of its bodies, and a whole body as an example."""

    kind: str
    title: Text
    description: Text
    schema: Mapping[str, Any]
    example: Mapping[str, Any]


@cache
def documented() -> Sequence[Documented]:
    """Every kind in the order of `KINDS`; read once."""
    return [_read(kind) for kind in KINDS]


def example(kind: str) -> Mapping[str, Any]:
    """The data of a kind's example."""
    found: Mapping[str, Any] = next(each for each in documented() if each.kind == kind).example["data"]
    return found


def _read(kind: str) -> Documented:
    text = (folder() / "outgoing" / f"{kind}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return Documented(
        kind=kind,
        title={"ru": schema["x-title-ru"], "en": schema["title"]},
        description={"ru": schema["x-description-ru"], "en": schema["description"]},
        schema=schema,
        example=schema["examples"][0],
    )
