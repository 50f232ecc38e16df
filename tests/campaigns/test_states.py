"""The table of transitions, whole, and the lattice of delivery facts."""

from __future__ import annotations

from itertools import permutations, product

import pytest
import sqlalchemy as sa

from vestnik.campaigns import ledger
from vestnik.campaigns.errors import CampaignStateForbids
from vestnik.campaigns.states import NEW_RUN, OF_SERVICE, TRANSITIONS, State
from vestnik.campaigns.statuses import (
    COUNTERS,
    FACTS,
    LATTICE,
    STATUSES,
    bounds_of,
    figures,
    status_of,
)
from vestnik.campaigns.tables import campaign, history
from vestnik.contract.schemas import load
from vestnik.db import Database, now
from vestnik.people.access import SYSTEM

ALLOWED = {
    "draft": {"scheduled", "preparing"},
    "scheduled": {"draft", "preparing", "paused", "cancelled"},
    "preparing": {
        "moderation", "sending", "sent", "paused", "declined", "cancelled", "failed", "unclear",
    },
    "moderation": {"sending", "sent", "paused", "declined", "cancelled", "failed"},
    "sending": {"moderation", "sent", "paused", "declined", "cancelled", "failed"},
    "paused": {"scheduled", "preparing", "moderation", "sending", "sent", "declined", "cancelled", "failed"},
    "declined": {"preparing", "cancelled"},
    "failed": {"preparing", "cancelled"},
    "unclear": {
        "preparing", "moderation", "sending", "sent", "paused", "declined", "cancelled", "failed",
    },
    "sent": set(),
    "cancelled": set(),
}  # fmt: skip


def test_table_of_transitions_is_the_agreed_one() -> None:
    assert {
        state.value: {to.value for to in following} for state, following in TRANSITIONS.items()
    } == ALLOWED


async def test_every_transition_of_the_table_is_made_and_every_other_refused(database: Database) -> None:
    def try_all(connection: sa.Connection) -> None:
        for number, (state, to) in enumerate(product(State, State), start=1):
            _insert(connection, number, state)
            row = ledger.get(connection, number)
            if to.value in ALLOWED[state.value]:
                run = ledger.move(connection, row, to, SYSTEM, {"code": "internal", "text": "x"})
                after = ledger.get(connection, number)
                assert (after.state, after.run, run) == (to, run, 2 if (state, to) in NEW_RUN else 1)
                assert connection.execute(
                    sa.select(history.c.from_state, history.c.to_state, history.c.run, history.c.who).where(
                        history.c.campaign_id == number
                    )
                ).all() == [(state, to, run, "Vestnik")]
            else:
                with pytest.raises(CampaignStateForbids):
                    ledger.move(connection, row, to, SYSTEM)
                assert ledger.get(connection, number).state == state

    await database.write(try_all)


def test_every_status_that_the_contract_knows_of_a_campaign_has_a_state_but_the_draft() -> None:
    known = load().definitions.by_name["CRM_Marketing_CampaignStatus"]["enum"]
    assert set(known) - set(OF_SERVICE) == {"draft"}


def test_every_delivery_status_of_the_contract_proves_facts() -> None:
    known = load().definitions.by_name["CRM_Marketing_DeliveryStatus"]["enum"]
    assert set(FACTS) == set(known)


def test_order_and_repetition_of_events_do_not_matter() -> None:
    for events in permutations(["clicked", "softBounce", "delivered", "unsubscribed"]):
        flags = 0
        for event in (*events, events[0]):
            flags |= FACTS[event]
        assert status_of(flags) == "unsubscribed"
        assert dict(zip(COUNTERS, figures(flags), strict=True)) == {
            **dict.fromkeys(COUNTERS, 0),
            "sent": 1, "delivered": 1, "opened": 1, "clicked": 1, "unsubscribed": 1,
        }  # fmt: skip


def test_letter_that_came_back_for_good_counts_as_bounced_and_not_as_delivered() -> None:
    flags = FACTS["delivered"] | FACTS["softBounce"] | FACTS["hardBounce"]
    counted = dict(zip(COUNTERS, figures(flags), strict=True))
    assert (counted["delivered"], counted["soft_bounced"], counted["hard_bounced"]) == (0, 0, 1)
    assert status_of(flags) == "hard_bounced"


def test_each_status_is_found_by_its_bounds_alone() -> None:
    for fact, status in [(0, "planned"), *LATTICE]:
        matching = [
            name
            for name in STATUSES
            if (bounds_of(name)[0] == 0 or fact & bounds_of(name)[0]) and not fact & bounds_of(name)[1]
        ]
        assert matching == [status]


def _insert(connection: sa.Connection, number: int, state: State) -> None:
    texts = (
        "name",
        "name_folded",
        "subject",
        "preview_text",
        "sender_name",
        "sender_email",
        "reply_to",
        "text",
    )
    connection.execute(
        sa.insert(campaign).values(
            id=number,
            type="email",
            state=state,
            run=1,
            created_at=now(),
            updated_at=now(),
            planned_to=0,
            attempts=0,
            recipients=0,
            **dict.fromkeys(texts, ""),
            **dict.fromkeys(COUNTERS, 0),
        )
    )
