"""How processes divide places: never more than there are, and everybody who wants one gets one in time."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from vestnik.engine.sharing import URGENT_AHEAD_S, Claim, claimed, divided

LEASE_US = 10_000_000
AHEAD_US = round(URGENT_AHEAD_S * 1e6)


@dataclass
class Process:
    """A process as its gate is: it begins requests within its share, and asks for it anew."""

    name: str
    waiting: int = 0
    in_use: int = 0
    share: int = 0
    urgent: bool = False
    served: int = 0


@dataclass
class Row:
    """The row that the processes share, and the database's clock."""

    size: int
    now_us: int = 1_000_000
    claims: dict[str, Claim] = field(default_factory=dict)

    def ask(self, process: Process) -> None:
        process.share, self.claims = claimed(
            self.size,
            self.claims,
            process.name,
            self.now_us,
            in_use=process.in_use,
            wanted=min(process.in_use + process.waiting, self.size),
            urgent=process.urgent,
            lease_us=LEASE_US,
        )

    def begin(self, process: Process) -> None:
        while process.waiting and process.in_use < process.share:
            process.waiting -= 1
            process.in_use += 1
            process.served += 1


STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["want", "ask", "begin", "end", "leave", "urge"])),
    max_size=60,
)


@given(size=st.integers(1, 8), steps=STEPS)
@settings(max_examples=500, deadline=None)
def test_processes_never_use_more_places_than_there_are(size: int, steps: list[tuple[str, str]]) -> None:
    row, processes = Row(size), {name: Process(name) for name in "abc"}
    for name, step in steps:
        process = processes[name]
        row.now_us += 1_000
        if step == "want":
            process.waiting += 3
        elif step == "ask":
            row.ask(process)
        elif step == "begin":
            row.begin(process)
        elif step == "end" and process.in_use:
            process.in_use -= 1
        elif step == "urge":
            process.urgent = not process.urgent
        elif step == "leave" and not process.in_use:
            row.claims.pop(name, None)
            process.share = 0
        assert sum(each.in_use for each in processes.values()) <= size


@given(size=st.integers(1, 5), count=st.integers(2, 5), urgent=st.integers(0, 4))
@settings(max_examples=200, deadline=None)
def test_everybody_who_wants_places_gets_some_however_many_the_others_want(
    size: int, count: int, urgent: int
) -> None:
    row, processes = Row(size), [Process(str(number), waiting=1_000) for number in range(count)]
    processes[urgent % count].urgent = True
    for _ in range(100):
        for process in processes:
            row.now_us += 200_000
            process.in_use = 0  # all of its requests end
            row.ask(process)
            row.begin(process)
    assert min(process.served for process in processes) >= 5


def test_two_that_want_all_places_get_half_of_them_each() -> None:
    claims = {name: Claim(0, 8, False, 0, 1) for name in ("a", "b")}
    assert divided(8, claims) == {"a": 4, "b": 4}


def test_who_wants_little_gets_it_and_the_other_the_rest() -> None:
    claims = {"a": Claim(8, 20, False, 0, 1), "b": Claim(0, 1, False, 0, 1)}
    assert divided(8, claims) == {"a": 7, "b": 1}


def test_an_urgent_request_gets_the_only_place_unless_another_waited_much_longer() -> None:
    claims = {"a": Claim(0, 5, False, 0, 1), "b": Claim(0, 1, True, AHEAD_US - 1, 1)}
    assert divided(1, claims) == {"a": 0, "b": 1}
    claims["b"] = Claim(0, 1, True, AHEAD_US + 1, 1)
    assert divided(1, claims) == {"a": 1, "b": 0}


def test_a_process_that_is_alone_keeps_some_places_ready() -> None:
    row, process = Row(8), Process("a", waiting=2)
    row.ask(process)
    assert process.share == 5
    other = Process("c", waiting=8)
    row.ask(other)
    assert other.share == 3
    row.ask(process)
    row.ask(other)
    assert (process.share, other.share) == (2, 6)


def test_the_share_of_a_process_that_died_is_another_s_when_its_time_is_over() -> None:
    row, dead, other = Row(4), Process("a", in_use=4), Process("b", waiting=4)
    row.ask(dead)
    row.now_us += LEASE_US - 1
    row.ask(other)
    assert other.share == 0
    row.now_us += 1
    row.ask(other)
    assert other.share == 4
