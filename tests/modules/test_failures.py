"""Failures of calls: told by kind and place, to a person and to an integrator, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from tests.egress.conftest import Received, Server, Writer
from tests.modules.calling import CAMPAIGN, PARSE, STATS, failure_of, stats
from tests.modules.conftest import MANIFEST, Site

from vestnik.http.errors import Problem
from vestnik.http.problems import problem_response
from vestnik.modules import ModuleCallFailed
from vestnik.modules.calls import failures

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_result_that_breaks_the_contract_is_explained_to_both(site: Site, address: str) -> None:
    account_id = await site.account(await site.module(stats('return {"sent": "5"}')), address)
    failure = await failure_of(site, account_id)
    shown = failure.for_integrator("en")
    assert shown == {
        "kind": "contract",
        "message": f"The function {STATS} returned an invalid value. $.sent: expected {shown['expected']}; "
        f"got {shown['got']}.",
        "line": None,
        "path": "$.sent",
        "expected": shown["expected"],
        "got": shown["got"],
    }
    assert failure.detail("ru").startswith("Модуль «Курьер» (")
    assert "$.sent" in failure.detail("ru")
    assert failure.as_record()["sentence"] == {"ru": failure.detail("ru"), "en": failure.detail("en")}


async def test_arguments_that_break_the_contract_never_reach_the_module(site: Site, address: str) -> None:
    account_id = await site.account(await site.module(stats("raise ValueError('ran')")), address)
    failure = await failure_of(site, account_id, campaignExternalId=17)
    assert (failure.kind, failure.values["path"]) == ("arguments", "$.campaignExternalId")
    assert failure.log == ()


@pytest.mark.parametrize(
    ("body", "kind", "line", "message"),
    [
        ("x = 1\nraise ValueError('no')", "raised", 6, "ValueError: no"),
        ("raise NotImplementedError('later')", "not_implemented", 5, None),
        ("return 'x' * 10**10", "memory", 5, None),
        ("await fetch('https://nowhere.invalid')", "forbidden_host", 5, None),
        ("await fetch('nonsense')", "raised", 5, None),
        ("await fetch(settings.base_url + '/', timeout=0.1)", "fetch", 5, None),
        ("await storage.set('', 1)", "raised", 5, None),
        ("await sealed.digest('crc', 'x')", "raised", 5, None),
    ],
)
async def test_a_failing_module_is_told_by_its_kind(
    site: Site, server: Server, address: str, body: str, kind: str, line: int | None, message: str | None
) -> None:
    async def never(_: Received, writer: Writer) -> None:
        await writer.drain()

    server.handler = never
    account_id = await site.account(await site.module(stats(body)), address)
    failure = await failure_of(site, account_id)
    shown = failure.for_integrator()
    assert shown["kind"] == kind
    assert line is None or shown["line"] == line
    assert message is None or shown["message"] == message
    facts = await site.modules.account(account_id)
    assert facts is not None
    await site.save(facts.module_id, stats("return {'sent': 0}"))
    assert await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive") == {"sent": 0}


async def test_a_function_that_is_not_there_is_not_implemented(site: Site, address: str) -> None:
    account_id = await site.account(await site.module(stats("return {'sent': 0}")), address)
    failure = await failure_of(site, account_id, "CRM_Marketing_GetSenders", x=1)
    assert failure.kind == "arguments"
    with pytest.raises(ModuleCallFailed) as caught:
        await site.modules.call(account_id, "CRM_Marketing_GetSenders", {}, lane="interactive")
    assert caught.value.kind == "not_implemented"
    assert caught.value.detail("en") == (
        "The module “Courier” does not implement: "
        f"{caught.value.values['action']['en']}. Ask the person who maintains it."
    )


@pytest.mark.parametrize(
    ("body", "reached"),
    [
        ("raise ValueError('no')", False),
        ("await fetch('https://elsewhere.example.org')", False),
        ("await fetch(f'{settings.base_url}/stats')\nraise ValueError('no')", True),
        ("await fetch(f'{settings.base_url}/stats')\nawait fetch('https://elsewhere.example.org')", True),
    ],
)
async def test_a_failure_tells_whether_a_request_went_out(
    site: Site, server: Server, address: str, body: str, reached: bool
) -> None:
    account_id = await site.account(await site.module(stats(body)), address)
    assert (await failure_of(site, account_id)).reached_service is reached
    assert server.connections == reached


async def test_a_budget_that_is_used_up_ends_the_call_as_retry_later(
    site: Site, server: Server, address: str
) -> None:
    server.answers(b'{"sent": 1}')
    source = stats(
        "try:\n    await fetch(settings.base_url)\nexcept Exception:\n    pass\nreturn {'sent': 0}"
    )
    manifest = {**MANIFEST, "rateLimits": [{"requests": 1, "seconds": 60}]}
    account_id = await site.account(await site.module(source, manifest), address)
    await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive")
    failure = await failure_of(site, account_id)
    assert failure.kind == "retry_later"
    assert isinstance(failure, failures.BudgetSpent)
    assert 50 <= failure.retry_after_s <= 60
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("raised", "seconds", "when"),
    [("RetryLater(89.5, 'limit')", 90, "in 90 s"), ("RetryLater()", None, "later")],
)
async def test_a_service_that_asks_to_come_back_later_is_no_error_of_the_module(
    site: Site, address: str, raised: str, seconds: int | None, when: str
) -> None:
    source = stats(f"from vestnik_sdk import RetryLater\nraise {raised}")
    failure = await failure_of(site, await site.account(await site.module(source), address))
    assert isinstance(failure, failures.AskedToWait)
    assert (failure.kind, failure.status, failure.retry_after_s) == ("retry_later", 503, seconds)
    assert problem_response(failure, "en").headers.get("retry-after") == (seconds and str(seconds))
    assert failure.detail("en") == (
        f"The service of the module “Courier” takes no requests now "
        f"({failure.values['action']['en']}). Try again {when}."
    )


async def test_an_endless_loop_is_ended_and_the_next_call_succeeds(site: Site, address: str) -> None:
    source = f"async def {PARSE}(request):\n    while request.body:\n        pass\n    return {{}}\n"
    account_id = await site.account(await site.module(source), address)
    request = {"method": "POST", "path": "/", "query": {}, "headers": {}, "body": "x"}
    failure = await failure_of(site, account_id, PARSE, request=request)
    assert failure.kind == "timeout"
    idle = {"request": {**request, "body": ""}}
    assert await site.modules.call(account_id, PARSE, idle, lane="webhook") == {}


def every_failure() -> list[type[ModuleCallFailed]]:
    return [each for each in ModuleCallFailed.tree() if each is not ModuleCallFailed]  # type: ignore[misc]


@pytest.mark.parametrize("failure", every_failure())
async def test_every_failure_speaks_both_languages(failure: type[ModuleCallFailed]) -> None:
    both = {"ru": "ru", "en": "en"}
    values: dict[str, Any] = dict.fromkeys(failure.fields, 1) | {
        "module": both,
        "action": both,
        "reason": both,
    }
    problem: Problem = failure(**values)
    for language in ("ru", "en"):
        assert language in problem.as_json(language)["detail"]


async def test_trouble_of_the_service_is_not_called_a_wish_to_wait(site: Site, address: str) -> None:
    source = stats("from vestnik_sdk import ServiceDown\nraise ServiceDown(message='HTTP 500')")
    failure = await failure_of(site, await site.account(await site.module(source), address))
    assert isinstance(failure, failures.ServiceDown)
    assert (failure.kind, failure.title["en"]) == ("service_down", "The service is out of order")


async def test_a_key_that_the_service_refuses_marks_the_account_and_says_what_to_do(
    site: Site, address: str
) -> None:
    source = stats("from vestnik_sdk import KeyRefused\nraise KeyRefused('Invalid API Key')")
    account_id = await site.account(await site.module(source), address)
    await site.modules.accounts.checked(account_id, "ready", None)

    failure = await failure_of(site, account_id)

    assert isinstance(failure, failures.KeyRefused)
    assert failure.detail("en") == (
        f"The service of the module “Courier” does not accept the account's key "
        f"({failure.values['action']['en']}). Check the key in the account's settings: it may have been "
        "revoked, or have expired."
    )
    card = await site.get(f"/accounts/{account_id}")
    assert (card["state"], card["checkMessage"]) == ("failing", failure.detail("en"))


async def test_the_tree_in_the_docstring_is_the_tree() -> None:
    lines = [line.split() for line in (failures.__doc__ or "").splitlines() if "──" in line]
    drawn = {words[1]: words[2] for words in lines}
    assert set(drawn) == {each.__name__ for each in every_failure()}
    assert {name: kind.strip(",") for name, kind in drawn.items() if name != "Refused"} == {
        each.__name__: each.kind for each in every_failure() if each.__name__ != "Refused"
    }
