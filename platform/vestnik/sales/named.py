"""What a card refers to, by key and name."""

from __future__ import annotations

from typing import NamedTuple


class Named(NamedTuple):
    """Something with a name."""

    id: int
    name: str


class Numbered(NamedTuple):
    """Something that people call by its number."""

    id: int
    number: int
    title: str


def named(id: int | None, name: str | None) -> Named | None:
    """The thing of a key, where there is one."""
    return None if id is None else Named(id, name or "")
