"""The one tree of errors: every class says something in both languages, built from its fields."""

from __future__ import annotations

import importlib
import pkgutil
from string import Formatter
from typing import Any

import pytest

import vestnik
from vestnik.http.errors import Language, Problem, TooManyRequests
from vestnik.http.problems import problem_response

NOT_IMPORTED = {"vestnik.db.migrations", "vestnik.__main__", "vestnik.sandbox.start_zygote"}
LANGUAGES: tuple[Language, ...] = ("ru", "en")


def import_every_room() -> None:
    for module in pkgutil.walk_packages(vestnik.__path__, "vestnik."):
        if not any(module.name.startswith(name) for name in NOT_IMPORTED):
            importlib.import_module(module.name)


import_every_room()
TREE = sorted(
    (found for found in Problem.tree() if found.__module__.startswith("vestnik.") and found is not Problem),
    key=lambda found: found.code,
)


def sample(problem: type[Problem]) -> Problem:
    return problem(**{name: {"ru": f"<{name} по-русски>", "en": f"<{name}>"} for name in problem.fields})


@pytest.mark.parametrize("problem", TREE, ids=lambda problem: problem.code)
def test_every_problem_has_one_shape(problem: type[Problem]) -> None:
    for language in LANGUAGES:
        document = sample(problem).as_json(language)
        assert set(document) == {"type", "title", "status", "detail", "code", *problem.fields}
        assert document["type"] == f"urn:vestnik:problem:{problem.code}"
        assert 400 <= document["status"] < 600
        assert document["title"].strip()
        assert document["detail"].strip()


@pytest.mark.parametrize("problem", TREE, ids=lambda problem: problem.code)
def test_every_problem_is_written_in_both_languages_from_the_same_fields(problem: type[Problem]) -> None:
    assert set(problem.title) == set(problem.message) == set(LANGUAGES)
    named = {
        language: {name for _, name, _, _ in Formatter().parse(problem.message[language]) if name}
        for language in LANGUAGES
    }
    assert named["ru"] == named["en"]
    assert named["ru"] <= set(problem.fields)
    russian = problem.title["ru"] + problem.message["ru"]
    assert not named["ru"] or russian  # a message of fields alone is a sentence that came from elsewhere
    if problem.message["ru"] != problem.message["en"]:
        assert any("а" <= letter <= "я" for letter in russian.casefold())


def test_codes_are_unique() -> None:
    codes = [problem.code for problem in TREE]
    assert [code for code in set(codes) if codes.count(code) > 1] == []


def test_fields_are_exactly_those_declared() -> None:
    for values in ({}, {"path": "$", "reason": "x", "more": 1}):
        with pytest.raises(TypeError):
            next(problem for problem in TREE if problem.code == "invalid_request")(**values)


def test_an_answer_says_its_language_and_when_to_come_back() -> None:
    answer = problem_response(TooManyRequests(retry_after_s=30), "en")
    headers: dict[str, Any] = dict(answer.headers)
    assert headers == {
        "content-language": "en",
        "cache-control": "no-store",
        "retry-after": "30",
        "content-length": headers["content-length"],
        "content-type": "application/problem+json",
    }
