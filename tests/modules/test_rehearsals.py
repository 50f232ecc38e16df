"""A draft on what the live version answered: compared, told, and touching nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from tests.egress.conftest import Server
from tests.modules.conftest import KEY, MANIFEST, Site

from vestnik.modules import ModuleCallFailed
from vestnik.modules.accounts.storage import AccountStorage
from vestnik.modules.recordings.recorded import WebhookSample
from vestnik.modules.rehearsals import store as rehearsal_store
from vestnik.modules.rehearsals.service import StoredWebhook
from vestnik.modules.tables import rehearsal
from vestnik.people.access import SYSTEM

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATS = "CRM_Marketing_GetCampaignStats"
PARSE = "CRM_Marketing_ParseWebhookRequest"
ARRIVED = datetime(2026, 11, 1, 12, tzinfo=UTC)

LIVE = f"""
from vestnik_sdk import fetch, sealed, settings, storage


async def {STATS}(campaignExternalId):
    answer = await fetch(settings.base_url + '/stats/' + campaignExternalId)
    return {{'sent': answer.json()['sent']}}


async def {PARSE}(request):
    found = []
    for line in request.body.splitlines():
        status, email = line.split(' ')
        found.append({{
            'type': 'updateDeliveryStatus', 'externalId': 'c-1', 'email': email, 'status': status,
        }})
    return {{'actions': found}}
"""


@dataclass
class Inbox:
    """The stored requests of an installation."""

    requests: dict[int, tuple[int, str]] = field(default_factory=dict)

    def put(self, account_id: int, body: str) -> int:
        """A request came; its key."""
        key = len(self.requests) + 1
        self.requests[key] = account_id, body
        return key

    async def newest(self, account_ids: Sequence[int], count: int) -> list[StoredWebhook]:
        """`rehearsals.StoredWebhooks`."""
        found = [key for key, (account_id, _) in self.requests.items() if account_id in account_ids]
        return [StoredWebhook(key, self.requests[key][0], ARRIVED) for key in sorted(found)[::-1][:count]]

    async def sample(self, webhook_id: int) -> WebhookSample | None:
        """`recordings.WebhookSource`."""
        account_id, body = self.requests[webhook_id]
        return WebhookSample(account_id, request(body))


def request(body: str) -> dict[str, Any]:
    """A request as a module gets it."""
    return {"method": "POST", "path": "/hooks", "query": {}, "headers": {}, "body": body}


@dataclass
class Stage:
    """A module with a live version that was called, and an account of it."""

    site: Site
    server: Server
    inbox: Inbox
    module_id: int
    account_id: int

    async def call(self, campaign: str, sent: int = 1) -> None:
        """Have the live version ask the service."""
        self.server.answers(b'{"sent": %d}' % sent)
        arguments = {"campaignExternalId": campaign}
        await self.site.modules.call(self.account_id, STATS, arguments, lane="interactive")

    async def rehearse(
        self, draft: str, manifest: dict[str, Any] | None = None, calls: int = 50
    ) -> dict[str, Any]:
        """Save a draft and try it; what the page shows."""
        await self.site.modules.recorder.flush()
        version_id = await self.site.draft(self.module_id, draft, manifest)
        path = f"/modules/{self.module_id}/rehearsals"
        begun = await self.site.post(path, {"versionId": str(version_id), "calls": calls})
        await self.site.modules.rehearsals.wait(self.module_id)
        found: dict[str, Any] = await self.site.get(f"{path}/{begun['id']}")
        assert (found["versionId"], found["state"]) == (str(version_id), "done")
        return found


@pytest_asyncio.fixture(loop_scope="module")
async def stage(site: Site, server: Server, address: str) -> Stage:
    """A module that is on."""
    inbox = Inbox()
    site.modules.rehearsals.webhooks = inbox.newest
    site.modules.recordings.webhooks = inbox.sample
    module_id = await site.module(LIVE)
    return Stage(site, server, inbox, module_id, await site.account(module_id, address))


NUMBERS = ("total", "equal", "different", "failed", "notComparable")
ACTIONS = ("actionsLost", "actionsChanged", "actionsAdded")


def numbers(rehearsal: dict[str, Any]) -> tuple[int, ...]:
    """How many calls there were, and how they ended."""
    assert rehearsal["done"] == rehearsal["total"] == len(rehearsal["rows"])
    return tuple(rehearsal[name] for name in NUMBERS)


def actions(found: dict[str, Any]) -> tuple[int, ...]:
    """Actions lost, changed and added, of a rehearsal or of one row."""
    return tuple(found[name] for name in ACTIONS)


# Verdicts


async def test_a_draft_that_does_the_same_is_equal_everywhere(stage: Stage) -> None:
    for campaign in ("c-1", "c-2"):
        await stage.call(campaign)
    stage.inbox.put(stage.account_id, "delivered anna@example.com\nopened boris@example.com")
    asked = len(stage.server.received)
    found = await stage.rehearse(LIVE + "# the same\n")
    assert (numbers(found), actions(found)) == ((3, 3, 0, 0, 0), (0, 0, 0))
    assert [(row["function"], row["webhookId"], row["verdict"]) for row in found["rows"]] == [
        (STATS, None, "equal"),
        (STATS, None, "equal"),
        (PARSE, "1", "equal"),
    ]
    assert found["rows"][2]["at"] == "2026-11-01T12:00:00Z"
    assert len(stage.server.received) == asked


async def test_another_result_is_shown_with_its_place(stage: Stage) -> None:
    await stage.call("c-1", sent=7)
    found = await stage.rehearse(LIVE.replace("['sent']}", "['sent'] + 1}"))
    assert numbers(found) == (1, 0, 1, 0, 0)
    assert found["rows"][0]["differences"] == [{"path": "$.sent", "before": 7, "after": 8}]


async def test_a_lost_action_asks_for_a_confirmation_before_publishing(stage: Stage) -> None:
    stage.inbox.put(stage.account_id, "delivered anna@example.com\nopened boris@example.com")
    found = await stage.rehearse(LIVE.replace("splitlines()", "splitlines()[:1]"))
    assert (numbers(found), actions(found)) == ((1, 0, 1, 0, 0), (1, 0, 0))
    path = f"/modules/{stage.module_id}/versions/{found['versionId']}/publish"
    for body in ({}, {"confirmed": False}):
        answer = await stage.site.request("POST", path, body)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "rehearsal_shows_losses")
        assert (problem["lost"], problem["changed"], problem["failed"]) == (1, 0, 0)
    card = await stage.site.post(path, {"confirmed": True})
    assert card["liveVersionId"] == found["versionId"]


async def test_a_changed_action_asks_too(stage: Stage) -> None:
    stage.inbox.put(stage.account_id, "delivered anna@example.com")
    found = await stage.rehearse(LIVE.replace("'status': status", "'status': 'opened'"))
    row = found["rows"][0]
    assert (actions(row), row["differences"]) == (
        (0, 1, 0),
        [{"path": "$.actions[0].status", "before": "delivered", "after": "opened"}],
    )
    path = f"/modules/{stage.module_id}/versions/{found['versionId']}/publish"
    assert (await stage.site.refused("POST", path, {}))[:2] == (409, "rehearsal_shows_losses")


async def test_what_is_still_rehearsed_is_published_only_when_that_is_confirmed(stage: Stage) -> None:
    stage.inbox.put(stage.account_id, "delivered anna@example.com")
    found = await stage.rehearse(LIVE.replace("['sent']}", "['sent'] + 1}"))
    goes_on = sa.update(rehearsal).values(state="running")
    await stage.site.database.write(lambda connection: connection.execute(goes_on))
    path = f"/modules/{stage.module_id}/versions/{found['versionId']}/publish"
    assert (await stage.site.refused("POST", path, {}))[:2] == (409, "rehearsal_goes_on")
    confirmed = await stage.site.post(path, {"confirmed": True})
    assert confirmed["liveVersionId"] == found["versionId"]


async def test_an_added_action_and_another_result_are_published_without_a_question(stage: Stage) -> None:
    await stage.call("c-1")
    stage.inbox.put(stage.account_id, "delivered anna@example.com")
    more = "found.append({'type': 'unsubscribe', 'email': 'x@example.com'})\n    return {'actions'"
    draft = LIVE.replace("return {'actions'", more).replace("['sent']}", "['sent'] + 1}")
    found = await stage.rehearse(draft)
    assert (numbers(found), actions(found)) == ((2, 0, 2, 0, 0), (0, 0, 1))
    path = f"/modules/{stage.module_id}/versions/{found['versionId']}/publish"
    assert (await stage.site.post(path, {}))["liveVersionId"] == found["versionId"]


async def test_a_later_rehearsal_of_the_version_counts(stage: Stage) -> None:
    stage.inbox.put(stage.account_id, "delivered anna@example.com")
    found = await stage.rehearse(LIVE.replace("'status': status", "'status': 'opened'"))
    stage.inbox.requests.clear()
    path = f"/modules/{stage.module_id}/rehearsals"
    await stage.site.post(path, {"versionId": found["versionId"]})
    await stage.site.modules.rehearsals.wait(stage.module_id)
    page = await stage.site.get(f"{path}?versionId={found['versionId']}")
    assert [(item["total"], item["actionsChanged"]) for item in page["items"]] == [(0, 0), (1, 1)]
    assert "rows" not in page["items"][0]
    publish = f"/modules/{stage.module_id}/versions/{found['versionId']}/publish"
    assert (await stage.site.post(publish, {}))["liveVersionId"] == found["versionId"]


async def test_a_draft_that_fails_loses_every_action(stage: Stage) -> None:
    await stage.call("c-1")
    stage.inbox.put(stage.account_id, "delivered anna@example.com\nopened boris@example.com")
    found = await stage.rehearse(LIVE.replace("found = []", "found = [].missing"))
    assert (numbers(found), actions(found)) == ((2, 1, 0, 1, 0), (2, 0, 0))
    line = 1 + LIVE[: LIVE.index("found = []")].count("\n")
    reason = f"line {line}: AttributeError: 'list' object has no attribute 'missing'"
    assert found["rows"][1]["reason"] == reason


async def test_a_function_that_is_gone_fails(stage: Stage) -> None:
    stage.inbox.put(stage.account_id, "delivered anna@example.com")
    found = await stage.rehearse(LIVE[: LIVE.index(f"async def {PARSE}")])
    assert (numbers(found), actions(found)) == ((1, 0, 0, 1, 0), (1, 0, 0))


async def test_a_result_against_the_contract_fails(stage: Stage) -> None:
    await stage.call("c-1")
    found = await stage.rehearse(LIVE.replace("['sent']}", "['sent'], 'more': 1}"))
    assert numbers(found) == (1, 0, 0, 1, 0)
    assert found["rows"][0]["reason"].startswith("$.more: expected ")
    path = f"/modules/{stage.module_id}/versions/{found['versionId']}/publish"
    assert (await stage.site.refused("POST", path, {}))[:2] == (409, "rehearsal_shows_losses")


async def test_a_request_that_was_not_recorded_is_not_sent_and_can_not_be_compared(stage: Stage) -> None:
    await stage.call("c-1")
    asked = len(stage.server.received)
    found = await stage.rehearse(LIVE.replace("/stats/", "/v2/stats/"))
    assert (numbers(found), len(stage.server.received)) == ((1, 0, 0, 0, 1), asked)
    assert "GET" in found["rows"][0]["reason"]
    assert "/v2/stats/c-1" in found["rows"][0]["reason"]


async def test_a_call_in_which_the_live_version_failed_can_not_be_compared(stage: Stage) -> None:
    stage.server.answers(b"not json")
    with pytest.raises(ModuleCallFailed):
        await stage.site.modules.call(
            stage.account_id, STATS, {"campaignExternalId": "c-1"}, lane="interactive"
        )
    stage.inbox.put(stage.account_id, "a line that is none")
    found = await stage.rehearse(LIVE)
    assert numbers(found) == (2, 0, 0, 0, 2)
    assert all("live version failed" in row["reason"] for row in found["rows"])


# What a rehearsal runs with


async def test_calls_of_older_versions_are_repeated_by_both(stage: Stage) -> None:
    await stage.call("c-1", sent=5)
    doubled = LIVE.replace("['sent']}", "['sent'] * 2}")
    await stage.site.save(stage.module_id, doubled)
    found = await stage.rehearse(doubled + "# the same\n")
    assert numbers(found) == (1, 1, 0, 0, 0)
    found = await stage.rehearse(LIVE)
    assert found["rows"][0]["differences"] == [{"path": "$.sent", "before": 10, "after": 5}]


async def test_each_function_has_its_share_of_the_calls(stage: Stage) -> None:
    for number in range(6):
        await stage.call(f"c-{number}")
    for number in range(6):
        stage.inbox.put(stage.account_id, f"delivered {number}@example.com")
    found = await stage.rehearse(LIVE, calls=3)
    assert [row["function"] for row in found["rows"]] == [STATS] * 3 + [PARSE] * 3
    assert [row["webhookId"] for row in found["rows"][3:]] == ["6", "5", "4"]


async def test_a_recorded_webhook_is_replayed_by_its_recording(stage: Stage) -> None:
    source = LIVE.replace("found = []", "found = []\n    await storage.set('seen', request.body)")
    await stage.site.save(stage.module_id, source)
    body = "delivered anna@example.com"
    key = stage.inbox.put(stage.account_id, body)
    await stage.site.modules.report(
        stage.account_id, PARSE, {"request": request(body)}, lane="webhook", webhook_id=key
    )
    found = await stage.rehearse(source + "# the same\n")
    assert numbers(found) == (1, 1, 0, 0, 0)
    assert (found["rows"][0]["webhookId"], found["rows"][0]["callId"] is None) == (str(key), False)


async def test_storage_of_the_account_stays_as_it_is(stage: Stage) -> None:
    storage = AccountStorage(stage.site.database, stage.account_id)
    await storage.set("count", 1)
    stage.inbox.put(stage.account_id, "delivered anna@example.com")
    found = await stage.rehearse(LIVE.replace("found = []", "found = []\n    await storage.set('count', 2)"))
    assert numbers(found) == (1, 1, 0, 0, 0)
    assert await storage.get("count") == 1


async def test_a_new_setting_has_its_default(stage: Stage) -> None:
    await stage.call("c-1", sent=3)
    properties = MANIFEST["settings"]["properties"] | {
        "factor": {"type": "integer", "default": 1, "title": {"ru": "Множитель", "en": "Factor"}}
    }
    manifest = MANIFEST | {"settings": {**MANIFEST["settings"], "properties": properties}}
    found = await stage.rehearse(LIVE.replace("['sent']}", "['sent'] * settings.factor}"), manifest)
    assert numbers(found) == (1, 1, 0, 0, 0)


async def test_signatures_are_checked_with_the_real_secret_which_is_kept_nowhere(stage: Stage) -> None:
    body = "delivered anna@example.com"
    proof = hashlib.md5(f"{body}{KEY}".encode(), usedforsecurity=False).hexdigest()
    digest = f"sealed.verify(sealed.digest('md5', request.raw, sealed.api_key), '{proof}')"
    signed = LIVE.replace("found = []", f"found = []\n    good = await {digest}")
    signed = signed.replace("'status': status", "'status': status if good else 'spam'")
    await stage.site.save(stage.module_id, signed)
    stage.inbox.put(stage.account_id, body)
    found = await stage.rehearse(signed.replace("if good", "if not good"))
    assert found["rows"][0]["differences"] == [
        {"path": "$.actions[0].status", "before": "delivered", "after": "spam"}
    ]
    assert KEY not in await stage.site.everything_stored()


async def test_people_are_not_named_in_what_is_kept(stage: Stage) -> None:
    stage.inbox.put(stage.account_id, "delivered anna.petrova@example.com")
    found = await stage.rehearse(LIVE.replace("splitlines()", "splitlines()[1:]"))
    assert found["rows"][0]["differences"][0]["before"]["email"] == "a***@example.com"
    assert "anna.petrova" not in await stage.site.everything_stored()


# Beginning and ending


async def test_a_new_rehearsal_takes_the_place_of_the_one_that_runs(stage: Stage) -> None:
    stage.inbox.put(stage.account_id, "delivered anna@example.com")
    endless = await stage.site.draft(
        stage.module_id, LIVE.replace("found = []", "found = []\n    while True:\n        pass")
    )
    path = f"/modules/{stage.module_id}/rehearsals"
    first = await stage.site.post(path, {"versionId": str(endless)})
    found = await stage.rehearse(LIVE + "# the same\n")
    assert numbers(found) == (1, 1, 0, 0, 0)
    assert (await stage.site.get(f"{path}/{first['id']}"))["state"] == "interrupted"


async def test_what_a_process_left_running_is_interrupted_at_the_next_start(stage: Stage) -> None:
    left = await stage.site.database.write(rehearsal_store.add, stage.module_id, 1, 2, "x")
    await stage.site.database.write(rehearsal_store.interrupt_stale, True)
    path = f"/modules/{stage.module_id}/rehearsals/{left}"
    assert (await stage.site.get(path))["state"] == "interrupted"


async def test_the_oldest_rehearsals_go(stage: Stage) -> None:
    ids = [
        await stage.site.database.write(rehearsal_store.add, stage.module_id, 1, 2, "x")
        for _ in range(rehearsal_store.KEPT_PER_MODULE + 2)
    ]
    page = await stage.site.get(f"/modules/{stage.module_id}/rehearsals")
    assert [int(item["id"]) for item in page["items"]] == ids[:1:-1]


async def test_there_is_nothing_to_compare_with_the_live_version_itself(stage: Stage) -> None:
    live = (await stage.site.get(f"/modules/{stage.module_id}"))["liveVersionId"]
    path = f"/modules/{stage.module_id}/rehearsals"
    assert (await stage.site.refused("POST", path, {"versionId": live}))[:2] == (409, "nothing_to_rehearse")
    new = await stage.site.post("/modules", {"name": "new", "title": "New"})
    body = {"versionId": new["latestVersionId"]}
    assert (await stage.site.refused("POST", f"/modules/{new['id']}/rehearsals", body))[:2] == (
        409,
        "nothing_to_rehearse",
    )
    assert (await stage.site.refused("POST", path, body))[0] == 404


async def test_who_may_not_read_webhooks_rehearses_none(stage: Stage) -> None:
    draft = await stage.site.draft(stage.module_id, LIVE + "# draft\n")
    stage.site.role, stage.site.lacks = "integrator", "webhooks.read"
    path, body = f"/modules/{stage.module_id}/rehearsals", {"versionId": str(draft)}
    assert (await stage.site.refused("POST", path, body))[:2] == (403, "forbidden")
    stage.site.lacks = ""
    await stage.site.post(path, body)


async def test_who_only_reads_modules_looks_at_rehearsals_and_begins_none(stage: Stage) -> None:
    found = await stage.rehearse(LIVE)
    stage.site.role, stage.site.lacks = "integrator", "modules.write"
    path = f"/modules/{stage.module_id}/rehearsals"
    assert (await stage.site.get(f"{path}/{found['id']}"))["rows"] == []
    assert (await stage.site.refused("POST", path, {"versionId": found["versionId"]}))[0] == 403
    other = await stage.site.modules.library.create(SYSTEM, "other", "Other", "en")
    assert (await stage.site.refused("GET", f"/modules/{other}/rehearsals/{found['id']}"))[0] == 404
