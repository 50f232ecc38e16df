"""The description of the API names every refusal that an operation may answer with."""

from __future__ import annotations

from vestnik.app import routers
from vestnik.http.errors import MethodNotAllowed, Problem
from vestnik.http.openapi import document
from vestnik.http.statuses import responses
from vestnik.intake.doors.errors import RequestTooSlow

#: Of no operation that is described: a wrong method has none, and the doors stand apart from the API.
ELSEWHERE = {MethodNotAllowed.status, RequestTooSlow.status}


def test_every_status_of_a_problem_has_a_described_answer() -> None:
    described = {
        status
        for item in document(routers())["paths"].values()
        for operation in item.values()
        for status, answer in operation["responses"].items()
        if "$ref" in answer
    }
    assert {int(status) for status in described} == {kind.status for kind in Problem.tree()} - ELSEWHERE


def test_every_operation_names_its_refusals_and_too_large_where_it_takes_a_body() -> None:
    known = {f"#/components/responses/{name}" for name in responses()}
    for path, item in document(routers())["paths"].items():
        for method, operation in item.items():
            refused = {
                status: answer["$ref"]
                for status, answer in operation["responses"].items()
                if "$ref" in answer
            }
            assert set(refused.values()) <= known
            assert {"400", "401", "403", "429", "500", "503"} <= set(refused), (method, path)
            assert ("413" in refused) == ("requestBody" in operation), (method, path)
            assert "default" not in operation["responses"]
