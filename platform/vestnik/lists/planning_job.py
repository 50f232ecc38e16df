"""What crosses the pipe between the server and the child that plans: one shape for both ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from vestnik.lists.semantics import HeldVerdict, Mode, OverLimit

#: People read from the database at once.
SLICE: Final = 20_000

#: What ends a plan: whose fault it is, as far as the child can tell.
Fault = Literal["scratch_lost", "disk_full", "database"]


class Statement(msgspec.Struct, frozen=True):
    """One SELECT in its database's own words; it takes `after` and `slice` among its parameters.

    Rows are (contact_id, address or None, verdict, rank), by `contact_id` above `after`.
    """

    sql: str
    parameters: Mapping[str, Any]


class Job(msgspec.Struct, frozen=True):
    """What the child is asked.

    Without `people` it compares the list once more with whom the last plan wanted: what was refused, came
    too late, or was held back by the service's plan is left alone then.
    """

    path: str
    token: str
    mode: Mode
    # With its password: only ever by the pipe.
    url: str = ""
    people: Statement | None = None
    limit: int | None = None
    used: int | None = None
    over_limit: OverLimit = "nobody"
    slice: int = SLICE


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """So many people of the source were read."""

    people: int


class Planned(msgspec.Struct, frozen=True, tag="planned"):
    """The plan: `before` + `add` - `remove` are on the list afterwards."""

    before: int
    wanted: int
    add: int
    remove: int
    unchanged: int
    # By how many people the plan of the service would be passed; they are among `held`, as `plan_limit`.
    over_limit: int
    held: Mapping[HeldVerdict, int]


class Broken(msgspec.Struct, frozen=True, tag="broken"):
    """The child could not go on."""

    fault: Fault
    detail: str


Frame = Progress | Planned | Broken
