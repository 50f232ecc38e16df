"""Who is responsible for a lead: the first of several who is named and may sign in.

the request's `user`  >  the door's person  >  who is responsible for the client or contact found
>  the assignment rules, in their order  >  the Coordinator
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.db import fold
from vestnik.intake.leads.settings import WORKING, IntakeSettings, coordinator_of
from vestnik.intake.leads.tables import assignment_rule, lead

AssignedBy = Literal["request", "door", "client", "contact", "rule", "coordinator", "person"]


_RULES = (
    sa.select(assignment_rule)
    .where(assignment_rule.c.enabled)
    .order_by(assignment_rule.c.position, assignment_rule.c.id)
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a choice goes by; keys of people who may not be there any more."""

    login: str = ""
    door_person: int | None = None
    of_client: int | None = None
    of_contact: int | None = None
    channel_id: int | None = None
    partner_id: int | None = None
    city: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who is responsible, and why; `unknown_login`: the request named somebody who is not there."""

    user_id: int | None
    by: AssignedBy
    unknown_login: bool = False
    rule: str = ""

    @property
    def status(self) -> str:
        """A lead that is left to the Coordinator is open, any other in work."""
        return "open" if self.by == "coordinator" else "in_work"


def choose(connection: sa.Connection, known: Known, settings: IntakeSettings) -> Chosen:
    """Who gets a lead; whoever may not sign in is passed over."""
    rows = connection.execute(WORKING).all()
    working = {row.id for row in rows}
    login = fold(known.login)
    named = _named(rows, login) if login else None
    unknown = bool(login) and named is None
    for person, by in _candidates(named, known):
        if person in working:
            return Chosen(person, by, unknown)
    rule = _rule(connection, known, working)
    if rule is not None:
        person, title = rule
        return Chosen(person, "rule", unknown, title)
    return Chosen(coordinator_of(rows, settings), "coordinator", unknown)


def _candidates(named: int | None, known: Known) -> list[tuple[int | None, AssignedBy]]:
    return [
        (named, "request"),
        (known.door_person, "door"),
        (known.of_client, "client"),
        (known.of_contact, "contact"),
    ]


def _named(rows: Sequence[Any], login: str) -> int | None:
    """A log-in is an e-mail address; whoever writes a name means the one who has it."""
    by_email = next((row.id for row in rows if row.email_folded == login), None)
    return by_email or next((row.id for row in rows if row.name_folded == login), None)


def _rule(connection: sa.Connection, known: Known, working: set[int]) -> tuple[int, str] | None:
    """The person whom the first rule that fits and has somebody gives, and the rule's title."""
    for rule in connection.execute(_RULES).all():
        people = [person for each in rule.people if (person := int(each)) in working]
        if not people or not _fits(rule, known):
            continue
        if rule.kind == "round_robin":
            return _next_turn(connection, rule.id, people), rule.title
        if rule.kind == "least_busy":
            return _least_busy(connection, people), rule.title
        return people[0], rule.title
    return None


def _fits(rule: sa.Row[Any], known: Known) -> bool:
    conditions: Mapping[str, tuple[Sequence[str], str]] = {
        "channel": (rule.channels, str(known.channel_id)),
        "partner": (rule.partners, str(known.partner_id)),
        "city": ([fold(city) for city in rule.cities], fold(known.city)),
    }
    return all(not wanted or value in wanted for wanted, value in conditions.values())


def _next_turn(connection: sa.Connection, rule_id: int, people: Sequence[int]) -> int:
    """Whose turn it is; it goes on in the same unit of work, so that no two leads have one turn."""
    own = assignment_rule.c.id == rule_id
    row = connection.execute(
        sa.select(assignment_rule.c.turn, assignment_rule.c.people).where(own).with_for_update()
    ).one()
    order = [int(each) for each in row.people]
    last = order.index(row.turn) if row.turn in order else -1
    person = next(each for each in [*order[last + 1 :], *order[: last + 1]] if each in people)
    connection.execute(sa.update(assignment_rule).where(own).values(turn=person))
    return person


def _least_busy(connection: sa.Connection, people: Sequence[int]) -> int:
    """Who has the fewest leads that are open or in work; of several the first in the rule's order."""
    counts = {
        row.responsible_id: row.leads
        for row in connection.execute(
            sa.select(lead.c.responsible_id, sa.func.count().label("leads"))
            .where(lead.c.responsible_id.in_(people), lead.c.status.in_(("open", "in_work")))
            .group_by(lead.c.responsible_id)
        )
    }
    return min(people, key=lambda person: counts.get(person, 0))
