"""What a sync means: the example that people are shown, and the SQL of planning against the sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vestnik.lists.difference import differ, forget_people, keep_people
from vestnik.lists.planning_job import Job, Planned, Statement
from vestnik.lists.scratch import Scratch
from vestnik.lists.scratch_file import open_file
from vestnik.lists.semantics import (
    STRENGTH,
    VERDICT_WORDS,
    Difference,
    HeldVerdict,
    Mode,
    OverLimit,
    Status,
    additions,
    difference,
    is_guarded,
    over_plan,
)

LETTERS = "abcdefgh"
ADDRESSES = [f"{letter}@example.ru" for letter in LETTERS]
TOKEN = "of this plan"

STATUS = st.sampled_from(get_args(Status))
STAGED = st.lists(st.tuples(st.sampled_from(ADDRESSES), STATUS), max_size=12)
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from([*ADDRESSES, None]),
        st.sampled_from(["ok", "blocked", "no_consent"]),
        st.integers(0, 3),
    ),
    max_size=10,
)


@pytest.mark.parametrize(("mode", "becomes"), [("exact", "cde"), ("merge", "abcde"), ("subtract", "ab")])
def test_the_example_of_every_mode(mode: Mode, becomes: str) -> None:
    found = difference(mode, dict.fromkeys("abc", "subscribed"), set("cde"))
    assert (set("abc") - found.remove) | found.add == set(becomes)


@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize("status", [each for each in get_args(Status) if each != "subscribed"])
def test_whoever_is_not_subscribed_is_never_touched(mode: Mode, status: Status) -> None:
    held: Mapping[str, str] = {} if mode == "subtract" else {"a": f"at_service_{status}"}
    assert difference(mode, {"a": status, "b": status}, {"a"}) == Difference(frozenset(), frozenset(), held)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("remove", "before", "percent", "confirmed", "waits"),
    [
        (20, 100, 20, None, False),
        (21, 100, 20, None, True),
        (21, 100, 20, 21, False),
        (22, 100, 20, 21, True),
        (1, 1, 100, None, False),
        (1, 3, 0, None, True),
        (0, 0, 0, None, False),
    ],
)
def test_the_guard_lets_a_share_through_and_what_a_person_confirmed(
    remove: int, before: int, percent: int, confirmed: int | None, waits: bool
) -> None:
    assert is_guarded(remove, before, percent, confirmed) is waits


@pytest.mark.parametrize(
    ("limit", "used", "over", "nobody", "first"),
    [(None, 900, 0, 5, 5), (10, 7, 0, 5, 5), (10, 8, 1, 0, 4), (10, 20, 13, 0, 0)],
)
def test_removals_make_room_for_additions(
    limit: int | None, used: int, over: int, nobody: int, first: int
) -> None:
    assert over_plan(5, 2, used=used, limit=limit) == over
    assert (additions(5, over, "nobody"), additions(5, over, "first")) == (nobody, first)


def test_every_verdict_has_its_words() -> None:
    assert set(VERDICT_WORDS) == set(get_args(HeldVerdict))
    assert {f"at_service_{status}" for status in STRENGTH if status != "subscribed"} < set(VERDICT_WORDS)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mode=st.sampled_from(get_args(Mode)),
    staged=STAGED,
    people=PEOPLE,
    limit=st.none() | st.integers(0, 10),
    over_limit=st.sampled_from(get_args(OverLimit)),
    only=st.none() | st.sets(st.sampled_from(ADDRESSES), max_size=4),
)
def test_a_plan_is_what_the_sets_say(
    tmp_path: Path,
    mode: Mode,
    staged: list[tuple[str, Status]],
    people: list[tuple[str | None, str, int]],
    limit: int | None,
    over_limit: OverLimit,
    only: set[str] | None,
) -> None:
    listed: dict[str, Status] = {}
    for address, status in staged:
        kept = listed.setdefault(address, status)
        listed[address] = max(kept, status, key=lambda each: STRENGTH[each])
    rows = [
        (n, address, verdict if address else "no_address", rank)
        for n, (address, verdict, rank) in enumerate(people)
    ]
    wanted = {row[1] for row in rows if row[2] == "ok" and row[1]}
    found = difference(mode, listed, wanted)
    whole = set(ADDRESSES) if only is None else only
    add, remove = found.add & whole, found.remove & whole
    before = sum(status == "subscribed" for status in listed.values())
    over = over_plan(len(add), len(remove), used=before, limit=limit)
    in_order = sorted(add, key=lambda address: _first_of(rows, address))
    kept_add = in_order[: additions(len(add), over, over_limit)]

    path = tmp_path / "5.db"
    planned = _planned(path, mode, staged, rows, limit, over_limit, only)
    with Scratch.open(path, TOKEN) as scratch:
        ops, not_transferred = scratch.ops(0, 99), scratch.held(limit=99)

    assert [(each.kind, each.address) for each in ops] == [
        *(("remove", address) for address in sorted(remove)),
        *(("add", address) for address in kept_add),
    ]
    held = (
        []
        if mode == "subtract"
        else [
            *((verdict, address) for address, verdict in found.held.items() if address in whole),
            *((row[2], row[1]) for row in rows if row[2] != "ok" and (only is None or row[1] in only)),
            *(("plan_limit", address) for address in in_order[len(kept_add) :]),
        ]
    )
    assert sorted((each.verdict, each.address or "") for each in not_transferred) == sorted(
        (verdict, address or "") for verdict, address in held
    )
    verdicts = [verdict for verdict, _ in held]
    assert planned == Planned(
        before=before,
        wanted=len(wanted),
        add=len(kept_add),
        remove=len(remove),
        unchanged=before - len(remove),
        over_limit=over,
        held={verdict: verdicts.count(verdict) for verdict in set(verdicts)},  # type: ignore[misc]
    )


def _first_of(rows: Sequence[tuple[int, str | None, str, int]], address: str) -> tuple[int, int]:
    """The rank and key by which an address is added: those of its first contact."""
    row = next(row for row in rows if row[1] == address and row[2] == "ok")
    return row[3], row[0]


def _planned(
    path: Path,
    mode: Mode,
    staged: list[tuple[str, Status]],
    rows: Sequence[tuple[int, str | None, str, int]],
    limit: int | None,
    over_limit: OverLimit,
    only: set[str] | None,
) -> Planned:
    with Scratch.create(path, TOKEN) as fresh:
        fresh.stage(staged[:5])
        fresh.stage(staged[3:])
        if only is not None:
            fresh.restrict(only)
    job = Job(
        path=str(path),
        token=TOKEN,
        mode=mode,
        people=Statement("", {}),
        limit=limit,
        over_limit=over_limit,
    )
    with closing(open_file(path, TOKEN)) as connection:
        forget_people(connection)
        keep_people(connection, rows[:4])
        keep_people(connection, rows[4:])
        return differ(connection, job)
