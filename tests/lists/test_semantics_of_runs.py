"""Whole runs against a model of a service: crashes, lost files, refusals, and people who change their minds.

The loop is the workflow's, without its database: what it keeps beyond a crash is `Durable`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from vestnik.lists.applying import Applied, Batch, next_batch
from vestnik.lists.difference import differ, forget_people, keep_people
from vestnik.lists.planning_job import Job, Planned, Statement
from vestnik.lists.scratch import Scratch, ScratchLost, remove
from vestnik.lists.scratch_file import open_file
from vestnik.lists.semantics import Mode, OverLimit, Status, additions, difference, is_guarded, over_plan

ADDRESSES = [f"{letter}@example.ru" for letter in "abcdefghij"]

Row = tuple[int, str | None, str, int]
Event = tuple[
    Literal["nothing", "crash", "lost", "error", "leaves_service", "joins_service", "leaves_us"], int
]


@dataclass
class Service:
    """A list: it refuses some rows for good, and never subscribes anew who is not subscribed there."""

    listed: dict[str, Status]
    spelling: dict[str, str]
    refuses: Collection[str]
    asked_to_add: list[str] = field(default_factory=list)
    asked_to_remove: list[str] = field(default_factory=list)

    def pages(self, size: int) -> Iterator[list[tuple[str, Status]]]:
        rows = [(self.spelling.get(each, each), status) for each, status in self.listed.items()]
        for start in range(0, max(len(rows), 1), size):
            yield rows[start : start + size]

    def add(self, called: Sequence[str]) -> list[str]:
        self.asked_to_add.extend(called)
        for each in called:
            if each not in self.refuses:
                self.listed.setdefault(each, "subscribed")
        return [each.upper() for each in called if each in self.refuses]

    def remove(self, called: Sequence[str]) -> list[str]:
        own = {self.spelling.get(each, each): each for each in self.listed}  # it knows no other spelling
        known = [own[each] for each in called if each in own]
        self.asked_to_remove.extend(known)
        for each in known:
            if each not in self.refuses and self.listed[each] == "subscribed":
                del self.listed[each]
                self.spelling.pop(each, None)
        return [each for each in called if own.get(each) in self.refuses]


@dataclass(frozen=True)
class Durable:
    """What a run's row has."""

    stage: Literal["listing", "people", "waiting", "applying", "relisting", "comparing", "repairing", "done"]
    token: int = 0
    pages: int = 0
    applied: Applied = field(default_factory=Applied)
    confirmed: int | None = None
    planned: Planned | None = None


class Crashed(Exception):
    """The process died here."""


class Run:
    """The loop of the workflow over a model; every step may be the last of its process."""

    def __init__(
        self,
        path: Path,
        service: Service,
        people: list[Row],
        job: Job,
        *,
        guard: int,
        events: list[Event],
        size: int,
    ) -> None:
        self.path, self.service, self.people, self.guard, self.size = path, service, people, guard, size
        self.job, self.events = job, events
        self.kept = Durable("listing")
        self.said_no: set[str] = set()
        self.disturbed: set[str] = set()
        self.asked: list[int] = []

    def drive(self) -> None:
        steps = 0
        while self.kept.stage != "done":
            steps += 1
            assert steps < 500, "a run ends"
            try:
                self._step()
            except Crashed:
                continue
            except ScratchLost:
                self.kept = replace(
                    self.kept, stage="listing", token=self.kept.token + 1, pages=0, applied=Applied()
                )

    def _happens(self) -> bool:
        """What the world does now; True when a call of the service is to end with an error."""
        what, which = self.events.pop(0) if self.events else ("nothing", 0)
        address = ADDRESSES[which]
        match what:
            case "crash":
                raise Crashed
            case "lost":
                remove(self.path)
            case "leaves_service" if address in self.service.listed:
                self.disturbed.add(address)
                self.service.listed[address] = "unsubscribed"
            case "joins_service" if address not in self.service.listed:
                self.disturbed.add(address)
                self.service.listed[address] = "subscribed"
            case "leaves_us":
                self.disturbed.add(address)
                self.said_no.add(address)
                for n, row in enumerate(self.people):
                    if row[1] == address:
                        self.people[n] = (*row[:2], "unsubscribed_all", *row[3:])
        return what == "error"

    def _step(self) -> None:
        kept = self.kept
        match kept.stage:
            case "listing" | "relisting":
                self._list(kept)
            case "people" | "comparing":
                self._plan(kept)
            case "waiting":
                assert kept.planned is not None
                self.asked.append(kept.planned.remove)
                self.kept = replace(kept, stage="applying", confirmed=kept.planned.remove)
            case "applying" | "repairing":
                self._apply(kept)
            case "done":
                raise AssertionError

    def _scratch(self) -> Scratch:
        return Scratch.open(self.path, str(self.kept.token))

    def _list(self, kept: Durable) -> None:
        if kept.pages == 0:
            if kept.stage == "listing":
                Scratch.create(self.path, str(kept.token)).close()
            else:
                with self._scratch() as scratch:
                    scratch.clear_staged()
        pages = list(self.service.pages(3))
        self._happens()
        with self._scratch() as scratch:
            scratch.stage(pages[kept.pages] if kept.pages < len(pages) else [])
        self._happens()
        if kept.pages + 1 < len(pages):
            self.kept = replace(kept, pages=kept.pages + 1)
        else:
            stage: Literal["people", "comparing"] = "people" if kept.stage == "listing" else "comparing"
            self.kept = replace(kept, pages=0, stage=stage)

    def _plan(self, kept: Durable) -> None:
        fresh = kept.stage == "people"
        job = Job(
            path=str(self.path),
            token=str(kept.token),
            mode=self.job.mode,
            people=Statement("", {}) if fresh else None,
            limit=self.job.limit,
            over_limit=self.job.over_limit,
        )
        with closing(open_file(self.path, str(kept.token))) as connection:
            if fresh:
                forget_people(connection)
                keep_people(connection, self.people[:5])
                self._happens()
                keep_people(connection, self.people[5:])
            planned = differ(connection, job)
        self._happens()
        if not fresh:
            self.kept = replace(kept, stage="repairing", applied=Applied())
            return
        waits = is_guarded(planned.remove, planned.before, self.guard, kept.confirmed)
        self.kept = replace(
            kept, stage="waiting" if waits else "applying", applied=Applied(), planned=planned
        )

    def _apply(self, kept: Durable) -> None:
        with self._scratch() as scratch:
            batch = next_batch(scratch, kept.applied.to, self.size)
            if batch is None:
                self.kept = replace(kept, stage="relisting" if kept.stage == "applying" else "done")
                return
            self._happens()
            late = self._left(batch)
            going = batch.without(late)
            fails = self._happens()
            called = [each.called for each in going.ops]
            refused = going.of((self.service.add if batch.kind == "add" else self.service.remove)(called))
            if fails:
                return  # it was applied, but nobody heard so: the batch is handed over again
            self._happens()
            scratch.note("rejected", [each.address for each in refused])
            scratch.note("late", [each.address for each in batch.ops if each.contact_id in late])
            self._happens()
            assert len(going.ops) + len(late) == len(batch.ops)
            self.kept = replace(
                kept, applied=kept.applied.after(going, late=len(late), rejected=len(refused))
            )

    def _left(self, batch: Batch) -> set[int]:
        """The last look: contacts of a batch that may not be written to any more."""
        if batch.kind == "remove":
            return set()
        allowed = {row[0] for row in self.people if row[2] == "ok"}
        for each in batch.ops:
            if each.contact_id in allowed:
                assert each.address not in self.said_no
        return {each.contact_id for each in batch.ops if each.contact_id is not None} - allowed


STATUS = st.sampled_from(["subscribed"] * 6 + [each for each in get_args(Status) if each != "subscribed"])
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["nothing", "nothing", "crash", "lost", "error", "leaves_service", "joins_service", "leaves_us"]
        ),
        st.integers(0, len(ADDRESSES) - 1),
    ),
    max_size=25,
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mode=st.sampled_from(get_args(Mode)),
    listed=st.dictionaries(st.sampled_from(ADDRESSES), STATUS, max_size=8),
    shouted=st.sets(st.sampled_from(ADDRESSES), max_size=3),
    people=st.lists(
        st.tuples(
            st.sampled_from(ADDRESSES),
            st.sampled_from(["ok"] * 3 + ["blocked", "no_consent"]),
            st.integers(0, 3),
        ),
        max_size=9,
    ),
    refuses=st.sets(st.sampled_from(ADDRESSES), max_size=2),
    limit=st.none() | st.integers(0, 8),
    over_limit=st.sampled_from(get_args(OverLimit)),
    guard=st.sampled_from([0, 20, 100]),
    events=EVENTS,
    size=st.integers(1, 4),
)
@example(
    mode="exact",
    listed=dict.fromkeys(ADDRESSES[:3], "subscribed"),
    shouted={"a@example.ru"},
    people=[(address, "ok", 0) for address in ADDRESSES[2:5]],
    refuses=set(),
    limit=None,
    over_limit="nobody",
    guard=20,
    events=[("nothing", 0)] * 6 + [("error", 0), ("crash", 0), ("lost", 0)],
    size=1,
)
def test_whatever_happens_the_list_ends_as_the_mode_says(
    tmp_path: Path,
    mode: Mode,
    listed: dict[str, Status],
    shouted: set[str],
    people: list[tuple[str, str, int]],
    refuses: set[str],
    limit: int | None,
    over_limit: OverLimit,
    guard: int,
    events: list[Event],
    size: int,
) -> None:
    if limit is not None:  # who comes or goes meanwhile changes who finds room
        events = [each for each in events if each[0] in ("nothing", "crash", "lost", "error")]
    rows = _rows(people, everybody=mode == "subtract")
    service = Service(dict(listed), {each: each.upper() for each in shouted & listed.keys()}, refuses)
    job = Job(path="", token="", mode=mode, limit=limit, over_limit=over_limit)
    run = Run(tmp_path / "5.db", service, rows, job, guard=guard, events=list(events), size=size)
    whom = list(rows)

    run.drive()

    wanted = {row[1]: row for row in reversed(whom) if row[2] == "ok"}
    found = difference(mode, listed, {each for each in wanted if each is not None})
    before = sum(status == "subscribed" for status in listed.values())
    over = over_plan(len(found.add), len(found.remove), used=before, limit=limit)
    in_order = sorted(found.add, key=lambda each: (wanted[each][3], wanted[each][0]))
    added = set(in_order[: additions(len(found.add), over, over_limit)])
    gone = found.remove - refuses
    ends: dict[str, Status] = {each: status for each, status in listed.items() if each not in gone}
    ends |= dict.fromkeys(added - refuses, "subscribed")
    note(f"asked to add {service.asked_to_add}, to remove {service.asked_to_remove}")

    quiet = set(ADDRESSES) - run.disturbed
    assert {each: status for each, status in service.listed.items() if each in quiet} == {
        each: status for each, status in ends.items() if each in quiet
    }
    # Whoever is untouchable was never named, and whoever is outside the source was never added.
    untouchable = {each for each, status in listed.items() if status != "subscribed"}
    assert not untouchable & ({*service.asked_to_add, *service.asked_to_remove} - run.disturbed)
    assert set(service.asked_to_add) <= {row[1] for row in whom if row[2] == "ok"}
    assert mode != "subtract" or not service.asked_to_add
    assert mode != "merge" or not service.asked_to_remove
    # A list that would lose too many waited for a person.
    if not run.disturbed and is_guarded(len(found.remove), before, guard):
        assert run.asked
        assert max(run.asked) == len(found.remove)


def _rows(people: list[tuple[str, str, int]], *, everybody: bool) -> list[Row]:
    """The people as the database tells them: of one address only the first that is allowed is ok."""
    taken: set[str] = set()
    rows: list[Row] = []
    for number, (address, verdict, rank) in enumerate(people, 1):
        if everybody:
            verdict = "ok"
        elif verdict == "ok" and address in taken:
            verdict = "duplicate"
        taken |= {address} if verdict == "ok" else set()
        rows.append((number, address, verdict, rank))
    return rows
