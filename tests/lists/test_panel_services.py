"""The panel with the bundled modules and the simulator of their services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.application import Browser, install, settings  # noqa: F401
from tests.lists.panel_site import ok

from vestnik.app import Services
from vestnik.db import now
from vestnik.settings import Settings
from vestnik_simulator import RunningSimulator, simulator_process

ANNA = "anna@mail.example"


@pytest.fixture(scope="module")
def process() -> Iterator[RunningSimulator]:
    """One simulator for this file."""
    with simulator_process(None, "--start-delay-s", "0") as running:
        yield running


@dataclass
class Desk:
    """An administrator, the simulator, and Anna's page."""

    browser: Browser
    services: Services
    simulator: RunningSimulator
    contact_id: str

    async def connect(self, module: str, values: Mapping[str, Any]) -> str:
        """Install a bundled module, add an account, approve its addresses, check it; the account's id."""
        module_id = ok(await self.browser.post(f"/modules/catalogue/{module}/install"))["id"]
        ok(await self.browser.post(f"/modules/{module_id}/enable"))
        return await self._account({"moduleId": module_id, "title": module, "settings": values})

    async def connect_another(self, account_id: str, values: Mapping[str, Any]) -> str:
        """The same with one more account of another's module."""
        module_id = ok(await self.browser.get(f"/accounts/{account_id}"))["moduleId"]
        return await self._account({"moduleId": module_id, "title": "Ещё один", "settings": values})

    async def _account(self, body: Mapping[str, Any]) -> str:
        account_id: str = ok(await self.browser.post("/accounts", body))["id"]
        asked = ok(await self.browser.get(f"/accounts/{account_id}/hosts"))["items"]
        choices = [
            {name: item[name] for name in ("pattern", "scheme", "port")}
            | {"privateNetwork": "*" not in item["pattern"], "approved": True}
            for item in asked
        ]
        ok(await self.browser.put(f"/accounts/{account_id}/hosts", {"items": choices}))
        checked = ok(await self.browser.post(f"/accounts/{account_id}/check"))
        assert checked["ok"], checked
        return account_id

    async def block(self, account_id: str) -> dict[str, Any]:
        """Anna's block, asked anew."""
        path = f"/contacts/{self.contact_id}/panel/{account_id}?email={ANNA}&fresh=true"
        found: dict[str, Any] = ok(await self.browser.get(path))
        return found

    async def lists(self, account_id: str) -> dict[str, str]:
        """Her lists and what she is in each."""
        return {each["title"]: each["status"] for each in (await self.block(account_id))["lists"]}

    async def keys(self, account_id: str) -> dict[str, str]:
        """The keys of the account's lists by their titles."""
        path = f"/contacts/{self.contact_id}/panel/{account_id}/lists?email={ANNA}"
        return {each["title"]: each["externalId"] for each in ok(await self.browser.get(path))["items"]}

    async def save(
        self, account_id: str, changes: Mapping[str, bool], consent: Any = None
    ) -> list[tuple[str, str | None, str | None]]:
        """What became of changes: title, code, reason."""
        told = [{"listExternalId": key, "subscribed": value} for key, value in changes.items()]
        body = {"email": ANNA, "changes": told, "consent": consent}
        path = f"/contacts/{self.contact_id}/panel/{account_id}/subscriptions"
        results = ok(await self.browser.post(path, body))["results"]
        return [(each["title"], each["code"], each["reason"]) for each in results]

    async def consent(self) -> dict[str, str]:
        """Fresh consent in a new category."""
        category_id = ok(await self.browser.post("/categories", {"title": "Новости"}))["id"]
        return {"how": "по телефону", "when": now().isoformat(), "categoryId": category_id}


@pytest.fixture
async def desk(process: RunningSimulator, settings: Settings) -> AsyncIterator[Desk]:  # noqa: F811
    async with httpx.AsyncClient(base_url=process.url, trust_env=False) as http:
        await http.post("/_simulator/reset")
    async with install(settings, at_work=True) as installation:
        await installation.found()
        browser = await installation.signed_in("administrator")
        made = ok(await browser.post("/contacts", {"name": "Анна", "emails": [ANNA]}))
        yield Desk(browser, installation.services, process, made["id"])


async def unisender(process: RunningSimulator, method: str, **form: Any) -> Any:
    """What the service's own API answers."""
    async with httpx.AsyncClient(base_url=process.url, trust_env=False) as http:
        answer = await http.post(
            f"/ru/api/{method}?format=json", data={"api_key": process.api_keys["mayak"], **form}
        )
    return answer.json()["result"]


async def test_unisender_takes_out_by_exclusion_and_keeps_who_unsubscribed_out(desk: Desk) -> None:
    process = desk.simulator
    values = {"base_url": process.url, "api_key": process.api_keys["mayak"]}
    account_id = await desk.connect("unisender", values)
    assert (await desk.block(account_id))["found"] is False
    assert await desk.keys(account_id) == {}
    made = {}
    for title in ("Акции", "Журнал", "Vestnik campaign 7"):
        made[title] = (await unisender(process, "createList", title=title))["id"]
    path = f"/contacts/{desk.contact_id}/panel/{account_id}/lists?email={ANNA}&fresh=true"
    ok(await desk.browser.get(path))
    [first, second] = sorted((await desk.keys(account_id)).items())

    # What the module made for a campaign is no list to be in.
    of_campaign = {"list_ids": made["Vestnik campaign 7"], "fields[email]": ANNA, "double_optin": 3}
    await unisender(process, "subscribe", **of_campaign)
    block = await desk.block(account_id)
    assert (block["found"], block["lists"]) == (True, [])

    joined = await desk.save(account_id, {first[1]: True, second[1]: True})
    assert joined == [(first[0], None, None), (second[0], None, None)]
    assert await desk.lists(account_id) == {first[0]: "subscribed", second[0]: "subscribed"}

    await desk.save(account_id, {first[1]: False})
    assert await desk.lists(account_id) == {second[0]: "subscribed"}
    await desk.save(account_id, {first[1]: True})
    assert await desk.lists(account_id) == {first[0]: "subscribed", second[0]: "subscribed"}

    await unisender(process, "unsubscribe", contact_type="email", contact=ANNA, list_ids=second[1])
    assert (await desk.lists(account_id))[second[0]] == "unsubscribed"
    assert [code for _, code, _ in await desk.save(account_id, {second[1]: True})] == ["left"]
    # Fresh consent is ours to give, and the service's to take: it takes nobody back.
    [(_, code, reason)] = await desk.save(account_id, {second[1]: True}, await desk.consent())
    assert (code, reason) == ("refused", "The person unsubscribed; only they can subscribe again")


async def campaign_monitor(process: RunningSimulator) -> tuple[str, str, str]:
    """Client, its key, and a list with Anna in it, made by the service's own API."""
    async with httpx.AsyncClient(base_url=process.url, trust_env=False) as http:
        client = (await http.get("/_simulator/campaign-monitor/clients")).json()["items"][0]
        api = f"{process.url}/api/v3.3"
        auth = (client["apiKey"], "x")
        form = {"Title": "Letters", "ConfirmedOptIn": False, "UnsubscribeSetting": "OnlyThisList"}
        made = await http.post(f"{api}/lists/{client['clientId']}.json", json=form, auth=auth)
        person = {"EmailAddress": ANNA, "ConsentToTrack": "Unchanged", "Resubscribe": False}
        await http.post(f"{api}/subscribers/{made.json()}.json", json=person, auth=auth)
    return client["clientId"], client["apiKey"], made.json()


async def test_campaign_monitor_takes_back_who_left_with_fresh_consent_alone(desk: Desk) -> None:
    process = desk.simulator
    client, key, list_id = await campaign_monitor(process)
    api = f"{process.url}/api/v3.3"
    account_id = await desk.connect(
        "campaign_monitor", {"base_url": api, "api_key": key, "client_id": client}
    )
    assert await desk.lists(account_id) == {"Letters": "subscribed"}

    await desk.save(account_id, {list_id: False})
    assert await desk.lists(account_id) == {"Letters": "deleted"}
    await desk.save(account_id, {list_id: True})
    assert await desk.lists(account_id) == {"Letters": "subscribed"}

    async with httpx.AsyncClient(trust_env=False) as http:
        left = await http.post(
            f"{api}/subscribers/{list_id}/unsubscribe.json", json={"EmailAddress": ANNA}, auth=(key, "x")
        )
    assert left.status_code == 200
    assert await desk.lists(account_id) == {"Letters": "unsubscribed"}
    assert [code for _, code, _ in await desk.save(account_id, {list_id: True})] == ["left"]
    assert await desk.save(account_id, {list_id: True}, await desk.consent()) == [("Letters", None, None)]
    assert await desk.lists(account_id) == {"Letters": "subscribed"}


async def test_a_wrong_key_is_a_problem_of_its_block_and_of_no_other(desk: Desk) -> None:
    process = desk.simulator
    values = {"base_url": process.url, "api_key": process.api_keys["mayak"]}
    good = await desk.connect("unisender", values)
    broken = await desk.connect_another(good, {**values, "api_key": process.api_keys["veter"]})
    wrong = {"settings": {**values, "api_key": "0" * 32}}
    ok(await desk.browser.patch(f"/accounts/{broken}", wrong))

    whole = ok(await desk.browser.get(f"/panel?email={ANNA}"))

    problems = {each["accountId"]: each["problem"] for each in whole["blocks"]}
    assert problems[good] is None
    assert problems[broken]["code"] == "module_key_refused"
    card = ok(await desk.browser.get(f"/contacts/{desk.contact_id}/panel"))
    assert [(each["id"], each["failing"]) for each in card["accounts"]] == [(good, False), (broken, True)]


async def test_an_account_that_was_never_connected_has_no_block(desk: Desk) -> None:
    process = desk.simulator
    values = {"base_url": process.url, "api_key": process.api_keys["mayak"]}
    good = await desk.connect("unisender", values)
    module_id = ok(await desk.browser.get(f"/accounts/{good}"))["moduleId"]
    begun = {"moduleId": module_id, "title": "Брошенный", "settings": {**values, "api_key": "0" * 32}}
    ok(await desk.browser.post("/accounts", begun))

    whole = ok(await desk.browser.get(f"/panel?email={ANNA}"))

    assert [each["accountId"] for each in whole["blocks"]] == [good]
