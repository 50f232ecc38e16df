"""Two results of a webhook side by side: which action is which, whatever the order."""

from __future__ import annotations

import time
from typing import Any

import pytest

from vestnik.modules.rehearsals.comparison import PARSE, compare
from vestnik.modules.replays.differences import Difference


def delivered(email: str, status: str = "delivered", **more: Any) -> dict[str, Any]:
    """An action on one recipient."""
    return {"type": "updateDeliveryStatus", "externalId": "c-1", "email": email, "status": status, **more}


A, B, C = delivered("a@example.com"), delivered("b@example.com"), delivered("c@example.com")


def of(*actions: Any, **more: Any) -> dict[str, Any]:
    """A webhook's result."""
    return {"actions": list(actions), **more}


def test_equal_results_differ_nowhere() -> None:
    found = compare(PARSE, of(A, B, response={"status": 200}), of(A, B, response={"status": 200}))
    assert (list(found.differences), found.lost, found.changed, found.added) == ([], 0, 0, 0)


@pytest.mark.parametrize(
    ("before", "after", "numbers", "differences"),
    [
        (of(A, B, C), of(A, C), (1, 0, 0), [("$.actions[1]", B, None)]),
        (of(A, C), of(B, A, C), (0, 0, 1), [("$.actions[0]", None, B)]),
        (of(A), of(delivered("a@example.com", "opened")), (0, 1, 0), [
            ("$.actions[0].status", "delivered", "opened"),
        ]),
        (of(A, B), of(delivered("b@example.com", "opened"), A), (0, 1, 0), [
            ("$.actions[1].status", "delivered", "opened"),
        ]),
        (of(A), of({"type": "unsubscribe", "email": "a@example.com"}), (1, 0, 1), [
            ("$.actions[0]", A, None),
            ("$.actions[0]", None, {"type": "unsubscribe", "email": "a@example.com"}),
        ]),
        (of(A, A), of(A), (1, 0, 0), [("$.actions[1]", A, None)]),
        (of(A), {}, (1, 0, 0), [("$.actions[0]", A, None)]),
        ({}, of(A), (0, 0, 1), [("$.actions[0]", None, A)]),
        (of(A, response={"status": 200}), of(B, response={"status": 204}), (1, 0, 1), [
            ("$.actions[0]", A, None),
            ("$.actions[0]", None, B),
            ("$.response.status", 200, 204),
        ]),
        (of(A, response={"status": 200}), of(A), (0, 0, 0), [("$.response", {"status": 200}, None)]),
    ],
)  # fmt: skip
def test_actions_are_lost_changed_and_added(
    before: Any, after: Any, numbers: tuple[int, int, int], differences: list[tuple[str, Any, Any]]
) -> None:
    found = compare(PARSE, before, after)
    assert (found.lost, found.changed, found.added) == numbers
    assert [(each.path, each.before, each.after) for each in found.differences] == differences


def test_another_order_alone_is_a_difference_that_loses_nothing() -> None:
    found = compare(PARSE, of(A, B), of(B, A))
    assert (found.lost, found.changed, found.added) == (0, 0, 0)
    assert [each.path for each in found.differences] == ["$.actions[0].email", "$.actions[1].email"]


def test_an_event_is_known_by_its_id_before_its_address() -> None:
    before = of(delivered("a@example.com", eventId="1"), delivered("a@example.com", eventId="2"))
    after = of(delivered("a@example.com", "opened", eventId="2"))
    found = compare(PARSE, before, after)
    assert (found.lost, found.changed, found.added) == (1, 1, 0)
    assert [each.path for each in found.differences] == ["$.actions[0]", "$.actions[1].status"]


def test_no_actions_and_an_empty_list_of_them_mean_the_same_to_the_service_but_are_shown() -> None:
    found = compare(PARSE, of(), {})
    assert (found.lost, found.changed, found.added) == (0, 0, 0)
    assert list(found.differences) == [Difference("$.actions", [], None, "after")]


def test_results_of_other_functions_have_no_actions() -> None:
    found = compare("CRM_Marketing_GetCampaignStats", {"sent": 1}, {"sent": 2})
    assert (list(found.differences), found.lost) == ([Difference("$.sent", 1, 2)], 0)


def test_twenty_thousand_changed_actions_are_compared_in_a_moment() -> None:
    before = of(*(delivered(f"{number}@example.com") for number in range(20_000)))
    after = of(*(delivered(f"{number}@example.com", "opened") for number in range(20_000)))
    started = time.process_time()
    found = compare(PARSE, before, after)
    assert (found.lost, found.changed, found.added) == (0, 20_000, 0)
    assert len(found.differences) == 200
    assert time.process_time() - started < 5
