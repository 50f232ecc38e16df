"""docs/api.md and docs/webhooks.md: each address that they name exists; numbers and words are the code's."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.docs.documents import rows, section, text_of

from vestnik.app import routers
from vestnik.contract.schemas import load
from vestnik.http.openapi import document
from vestnik.http.sessions import CSRF_HEADER
from vestnik.people.tokens import KEY_PREFIX
from vestnik.webhooks.acts import Outcome
from vestnik.webhooks.inbox import RETRY_AFTER, State

API, WEBHOOKS = text_of("docs/api.md"), text_of("docs/webhooks.md")
DESCRIPTION = document(routers())
NAMED = sorted(
    {
        (method, re.sub(r"\?.*", "", path))
        for text in (API, WEBHOOKS)
        for method, path in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) (/api/v1[\w/{}?=&-]*)", text)
    }
)


@pytest.mark.parametrize(("method", "path"), NAMED)
def test_an_address_that_is_named_exists(method: str, path: str) -> None:
    assert method.lower() in DESCRIPTION["paths"][path]


def test_the_examples_are_requests_that_the_description_has() -> None:
    calls = re.findall(r"^curl (.*?)\"https://vestnik\.example\.com([^\"]+)\"", API, re.MULTILINE | re.DOTALL)
    assert len(calls) == 2
    for options, address in calls:
        path, _, query = address.partition("?")
        method = "post" if "-X POST" in options else "get"
        operation: dict[str, Any] = DESCRIPTION["paths"][path][method]
        known = {parameter["name"] for parameter in operation["parameters"]}
        assert {part.split("=")[0] for part in query.split("&") if part} <= known
        if body := re.search(r"-d '(.*?)'", options, re.DOTALL):
            name = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
            shape = DESCRIPTION["components"]["schemas"][name]
            assert set(json.loads(body[1])) <= set(shape["properties"])
            assert set(shape["required"]) <= set(json.loads(body[1]))


def test_the_words_of_the_wire_are_those_of_the_code() -> None:
    assert f"`{CSRF_HEADER}`" in API.lower()
    assert f"Bearer {KEY_PREFIX}" in API


def test_outcomes_states_and_actions_of_webhooks_are_all_told() -> None:
    outcomes = {cells[0].strip("`") for cells in rows(section(WEBHOOKS, "Actions")) if len(cells) == 2}
    assert {outcome.value for outcome in Outcome} <= outcomes
    states = section(WEBHOOKS, "The inspector")
    assert all(f"`{state.value}`" in states for state in State)
    told = section(WEBHOOKS, "Actions")
    types = load().definitions.by_name["CRM_Marketing_ActionType"]["enum"]
    assert all(f"`{kind}`" in told for kind in types)


def test_the_pauses_between_attempts_are_those_of_the_code() -> None:
    words = []
    for pause in RETRY_AFTER:
        seconds = int(pause.total_seconds())
        hours, minutes = seconds // 3600, seconds // 60
        words.append(f"{hours} h" if hours else f"{minutes} min" if minutes else f"{seconds} s")
    told = ", ".join(words[:-1]) + " and " + words[-1]
    assert told in " ".join(section(WEBHOOKS, "Tried again").split())
