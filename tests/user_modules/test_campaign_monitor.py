"""The module against the simulator of its service, over real HTTP, through sandbox and broker."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from tests.user_modules.conftest import (
    PREFIX,
    USER_MODULES,
    ModuleAccount,
    Service,
    account_key,
    eventually,
    request,
)

from vestnik import contract
from vestnik.egress import Broker
from vestnik.modules.calls.failures import AskedToWait, KeyRefused, ModuleCallFailed
from vestnik.sandbox import Sandbox
from vestnik_simulator import RunningSimulator
from vestnik_simulator.options import DEFAULT_CLIENTS

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLIENT = DEFAULT_CLIENTS[0]
SOURCE = (USER_MODULES / "campaign_monitor" / "module.py").read_text("utf-8")


@pytest_asyncio.fixture(loop_scope="module")
async def account(
    process: RunningSimulator, service: Service, sandbox: Sandbox, broker: Broker
) -> ModuleAccount:
    """An account of the module at the emptied simulator."""
    return connected(process, sandbox, broker)


def connected(
    process: RunningSimulator, sandbox: Sandbox, broker: Broker, key: str = CLIENT.api_key, **more: object
) -> ModuleAccount:
    """An account with these settings."""
    settings = {"base_url": f"{process.url}/api/v3.3", "client_id": CLIENT.client_id, **more}
    return ModuleAccount(sandbox, broker, "campaign_monitor", settings, key)


async def ask(service: Service, method: str, path: str, body: object = None, **query: str) -> httpx.Response:
    """What a person does in the service's own pages."""
    answer = await service.http.request(
        method, f"/api/v3.3/{path}", auth=(CLIENT.api_key, "x"), json=body, params=query
    )
    assert answer.status_code in (200, 201), answer.text
    return answer


async def list_with(account: ModuleAccount, name: str, *emails: str) -> str:
    """A list with these people on it."""
    key = str((await account.call(f"{PREFIX}CreateList", name=name))["externalId"])
    people = [{"email": email} for email in emails]
    if people:
        await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people)
    return key


async def unsubscribe(service: Service, key: str, email: str) -> None:
    """The person's own will."""
    await ask(service, "POST", f"subscribers/{key}/unsubscribe.json", {"EmailAddress": email})


async def states(account: ModuleAccount, key: str) -> dict[str, str]:
    """Everybody on a list, as the contract tells it."""
    found: dict[str, str] = {}
    cursor: str | None = None
    while True:
        page = await account.call(f"{PREFIX}GetListSubscribers", listExternalId=key, cursor=cursor)
        for item in page["items"]:
            assert item["email"] not in found
            found[item["email"]] = item["status"]
        cursor = page.get("nextCursor")
        if cursor is None:
            return found


async def launched(account: ModuleAccount, service: Service, number: str, *emails: str) -> str:
    """The id of a campaign that was sent."""
    await account.call(f"{PREFIX}PrepareCampaign", campaignId=number, type="email", contacts=list(emails))
    wanted = request(number, len(emails), templateExternalId=await template(account))
    made = await account.call(f"{PREFIX}CreateCampaign", request=wanted)
    await ended(service, made["externalId"])
    return str(made["externalId"])


async def template(account: ModuleAccount) -> str:
    """The first template."""
    found = await account.call(f"{PREFIX}ImportTemplates", offset=0, limit=1)
    return str(found[0]["externalId"])


async def ended(service: Service, key: str) -> None:
    """Wait until a campaign is sent."""

    async def over() -> bool:
        items = (await service.seen("campaign-monitor/campaigns"))["items"]
        return any(each["key"] == key and each["status"] == "sent" for each in items)

    await eventually(over)


async def test_the_module_defines_what_the_service_can_do(sandbox: Sandbox) -> None:
    found = await sandbox.check(SOURCE, contract.facade())
    assert [str(each) for each in found.diagnostics] == []
    declared = {
        name: list(info.parameters) for name, info in found.functions.items() if name.startswith(PREFIX)
    }
    assert list(contract.check_signatures(declared)) == []
    assert set(contract.functions()) - set(declared) == {f"{PREFIX}GetSenders", f"{PREFIX}GetJob"}


async def test_lists_are_filled_read_and_emptied(account: ModuleAccount) -> None:
    emails = [f"p{index:04}@mail.example" for index in range(6500)]
    key = await list_with(account, "Новости", *emails[:5000])
    more = [{"email": email, "name": "Имя"} for email in emails[4000:]]
    assert await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=more) is None
    assert await states(account, key) == dict.fromkeys(emails, "subscribed")
    gone = emails[1:101]
    for _ in range(2):
        answer = await account.call(f"{PREFIX}RemoveSubscribers", listExternalId=key, contacts=gone)
        assert answer is None
    assert await states(account, key) == dict.fromkeys(set(emails) - set(gone), "subscribed")
    page = await account.call(f"{PREFIX}GetLists", cursor=None)
    assert page["items"] == [{"externalId": key, "name": "Новости", "subscriberCount": 6400}]


async def test_who_left_is_never_put_back_by_a_sync_and_stays_known_as_such(
    account: ModuleAccount, service: Service
) -> None:
    key = await list_with(account, "Новости", "anna@mail.example", "boris@mail.example")
    await unsubscribe(service, key, "anna@mail.example")
    people = [{"email": "Anna@mail.example"}, {"email": "nonsense@x"}, {"email": "new@mail.example"}]
    answer = await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people)
    assert answer == {
        "accepted": 1,
        "rejected": [
            {"key": "nonsense@x", "reason": "Invalid Email Address", "code": "invalid"},
            {"key": "Anna@mail.example", "reason": "Subscriber Unsubscribed", "code": "unsubscribed"},
        ],
    }
    out = ["anna@mail.example", "boris@mail.example", "stranger@mail.example"]
    assert await account.call(f"{PREFIX}RemoveSubscribers", listExternalId=key, contacts=out) is None
    assert await states(account, key) == {
        "anna@mail.example": "unsubscribed",
        "new@mail.example": "subscribed",
    }
    back = [{"email": "boris@mail.example"}]
    assert await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=back) is None
    assert (await states(account, key))["boris@mail.example"] == "subscribed"


async def test_an_import_whose_answer_was_lost_may_be_repeated(
    account: ModuleAccount, service: Service
) -> None:
    key = await list_with(account, "Новости")
    await service.tell("faults", method="POST subscribers/{list}/import.json", kind="drop_after")
    people = [{"email": "anna@mail.example"}]
    with pytest.raises(ModuleCallFailed):
        await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people)
    await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people)
    assert await states(account, key) == {"anna@mail.example": "subscribed"}


@pytest.mark.parametrize(("status", "kind"), [(429, "retry_later"), (500, "service_down")])
async def test_a_service_in_trouble_is_asked_later(
    account: ModuleAccount, service: Service, status: int, kind: str
) -> None:
    key = await list_with(account, "Новости", "a@mail.example", "b@mail.example")
    await service.tell("faults", method="DELETE subscribers/{list}.json", kind="status", status=status)
    both = {"listExternalId": key, "contacts": ["a@mail.example", "b@mail.example"]}
    with pytest.raises(AskedToWait) as asked:
        await account.call(f"{PREFIX}RemoveSubscribers", **both)
    assert (asked.value.kind, asked.value.retry_after_s) == (kind, 30.0)
    await account.call(f"{PREFIX}RemoveSubscribers", **both)
    assert await states(account, key) == {}


async def test_a_persons_card_has_four_states_and_what_was_received(
    account: ModuleAccount, service: Service
) -> None:
    email = "anna+click@mail.example"
    at = datetime.now(UTC).timestamp()
    told = [
        ("Б подписан", "Active"),
        ("В отписан", "Unsubscribed"),
        ("А ждёт", "Unconfirmed"),
        ("Г нет", "Deleted"),
    ]
    lists = [{"title": title, "at": at, "members": [[email, "Анна", state]]} for title, state in told]
    answer = await service.http.post(
        "/_simulator/campaign-monitor/lists", json={"client": CLIENT.client_id, "lists": lists}
    )
    assert answer.status_code == 200, answer.text
    fresh = await account.call(f"{PREFIX}GetSubscriber", contact=email)
    assert [(each["listName"], each["status"]) for each in fresh["lists"]] == [
        ("А ждёт", "pending"),
        ("Б подписан", "subscribed"),
        ("В отписан", "unsubscribed"),
        ("Г нет", "deleted"),
    ]
    assert (fresh["name"], fresh["recentCampaigns"], fresh.get("activity")) == ("Анна", [], None)
    first = await launched(account, service, "70", email, "other@mail.example")
    second = await launched(account, service, "71", email)
    seen = await account.call(f"{PREFIX}GetSubscriber", contact=email)
    assert [(each["externalId"], each["opens"], each["clicks"]) for each in seen["recentCampaigns"]] == [
        (second, 1, 1),
        (first, 1, 1),
    ]
    assert (seen["activity"]["averageOpens"], seen["activity"]["averageClicks"]) == (1, 1)
    assert [each["listName"] for each in seen["lists"]] == [each["listName"] for each in fresh["lists"]]
    assert await account.call(f"{PREFIX}GetSubscriber", contact="stranger@mail.example") is None


async def test_a_person_is_put_on_lists_and_off_as_they_asked(
    account: ModuleAccount, service: Service
) -> None:
    first, second = [await list_with(account, name) for name in ("Первый", "Второй")]
    anna = {"email": "anna@mail.example", "name": "Анна"}

    async def change(**wanted: bool) -> Any:
        changes = [{"listExternalId": key, "subscribed": value} for key, value in wanted.items()]
        return await account.call(f"{PREFIX}UpdateSubscriptions", subscriber=anna, changes=changes)

    assert await change(**{first: True, second: True}) is None
    result = await change(**{first: False, "404": True})
    assert [(row["key"], row["reason"]) for row in result["rejected"]] == [("404", "Invalid ListID")]
    assert await states(account, first) == {}
    await unsubscribe(service, second, "anna@mail.example")
    assert await change(**{second: True}) is None
    assert await states(account, second) == {"anna@mail.example": "subscribed"}


async def test_a_campaign_whose_answer_was_lost_is_found_and_not_sent_again(
    account: ModuleAccount, service: Service
) -> None:
    since = datetime.now(UTC).isoformat()
    people = {"campaignId": "44", "type": "email", "contacts": ["a@mail.example"]}
    await account.call(f"{PREFIX}PrepareCampaign", **people)
    wanted = request("44", 1, templateExternalId=await template(account))
    # The draft is made, the order to send it fails: nothing went out, and the next attempt begins anew.
    await service.tell("faults", method="POST campaigns/{campaign}/send.json", kind="error", code="500")
    with pytest.raises(ModuleCallFailed):
        await account.call(f"{PREFIX}CreateCampaign", request=wanted)
    assert await account.call(f"{PREFIX}FindCampaign", campaignId="44", since=since) is None
    # It is sent, the answer is lost: it is found, and answered to who creates it once more.
    await service.tell("faults", method="POST campaigns/{campaign}/send.json", kind="drop_after")
    with pytest.raises(ModuleCallFailed):
        await account.call(f"{PREFIX}CreateCampaign", request=wanted)
    found = await account.call(f"{PREFIX}FindCampaign", campaignId="44", since=since)
    again = await account.call(f"{PREFIX}CreateCampaign", request=wanted)
    assert again["externalId"] == found["externalId"]
    await ended(service, found["externalId"])
    assert await account.call(f"{PREFIX}FindCampaign", campaignId="4", since=since) is None
    sent = await service.seen("sent?list=Vestnik campaign 44")
    assert (sent["recipients"], sent["letters"], sent["duplicates"]) == (1, 1, 0)


async def test_whoever_is_withdrawn_before_the_creation_gets_no_letter(
    account: ModuleAccount, service: Service
) -> None:
    people = [f"person{index}@mail.example" for index in range(60)]
    nobody_prepared = {"campaignId": "62", "type": "email", "contacts": people[:2]}
    assert await account.call(f"{PREFIX}WithdrawRecipients", **nobody_prepared) is None
    await account.call(f"{PREFIX}PrepareCampaign", campaignId="62", type="email", contacts=people)
    for _ in range(2):
        left = {"campaignId": "62", "type": "email", "contacts": [*people[40:], "stranger@mail.example"]}
        assert await account.call(f"{PREFIX}WithdrawRecipients", **left) is None
    wanted = request("62", 40, templateExternalId=await template(account))
    made = await account.call(f"{PREFIX}CreateCampaign", request=wanted)
    await ended(service, made["externalId"])
    sent = await service.seen("sent?list=Vestnik campaign 62")
    assert {row["address"] for row in sent["items"]} == set(people[:40])


async def test_parts_prepared_at_once_share_one_list_that_nobody_is_offered(
    account: ModuleAccount, service: Service
) -> None:
    parts = [[f"p{part}-{index}@mail.example" for index in range(20)] for part in range(4)]
    await asyncio.gather(
        *(
            account.call(f"{PREFIX}PrepareCampaign", campaignId="42", type="email", contacts=part)
            for part in parts
        )
    )
    lists = (await service.seen("campaign-monitor/lists"))["items"]
    assert [(item["title"], item["active"]) for item in lists] == [("Vestnik campaign 42", 80)]
    assert (await account.call(f"{PREFIX}GetLists", cursor=None))["items"] == []


async def test_a_list_that_grew_since_is_not_sent_to(account: ModuleAccount, service: Service) -> None:
    two = ["a@mail.example", "b@mail.example"]
    await account.call(f"{PREFIX}PrepareCampaign", campaignId="46", type="email", contacts=two)
    wanted = request("46", 1, templateExternalId=await template(account))
    with pytest.raises(ModuleCallFailed) as failure:
        await account.call(f"{PREFIX}CreateCampaign", request=wanted)
    assert "holds 2 people, but 1 were prepared" in failure.value.values["reason"]
    assert (await service.seen("campaign-monitor/campaigns"))["items"] == []


async def test_a_waiting_campaign_is_called_back_and_a_sent_one_says_so(
    account: ModuleAccount, service: Service
) -> None:
    await account.call(f"{PREFIX}PrepareCampaign", campaignId="48", type="email", contacts=["a@mail.example"])
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    wanted = request("48", 1, templateExternalId=await template(account), sendAt=later)
    made = await account.call(f"{PREFIX}CreateCampaign", request=wanted)
    assert made["status"] == "scheduled"
    key = {"campaignExternalId": made["externalId"]}
    assert (await account.call(f"{PREFIX}GetCampaignStatus", **key))["status"] == "scheduled"
    assert (await account.call(f"{PREFIX}CancelCampaign", **key))["status"] == "cancelled"
    sent = await launched(account, service, "49", "a@mail.example")
    state = await account.call(f"{PREFIX}CancelCampaign", campaignExternalId=sent)
    assert (state["status"], state["reason"]) == ("sent", "Campaign is not scheduled")


async def test_statistics_links_and_deliveries_agree(account: ModuleAccount, service: Service) -> None:
    words = ("delivered", "read", "click", "unsubscribe", "spam", "unknown", "full")
    emails = [f"p{index}+{word}@mail.example" for index in range(20) for word in words]
    key = await launched(account, service, "50", *emails)
    stats = await account.call(f"{PREFIX}GetCampaignStats", campaignExternalId=key)
    assert stats == {
        "recipients": 140,
        "sent": 140,
        "delivered": 100,
        "opened": 80,
        "openedTotal": 80,
        "clickedTotal": 20,
        "unsubscribed": 20,
        "bounced": 40,
        "spam": 20,
    }
    links = await account.call(f"{PREFIX}GetCampaignLinks", campaignExternalId=key)
    assert [(link["clicks"], link["uniqueClicks"]) for link in links] == [(20, 20)]
    assert await deliveries(account, key, None) == {
        "sent": 140,
        "opened": 80,
        "clicked": 20,
        "unsubscribed": 20,
        "spam": 20,
        "hardBounce": 20,
        "softBounce": 20,
    }
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert await deliveries(account, key, tomorrow) == {"sent": 140}


async def deliveries(account: ModuleAccount, key: str, since: str | None) -> dict[str, int]:
    """All pages, counted by status."""
    found: Counter[str] = Counter()
    cursor: str | None = None
    while True:
        page = await account.call(
            f"{PREFIX}GetDeliveries", campaignExternalId=key, since=since, cursor=cursor
        )
        found.update(item["status"] for item in page["items"])
        cursor = page.get("nextCursor")
        if cursor is None:
            return dict(found)


async def test_templates_come_with_pictures_and_a_preview(account: ModuleAccount) -> None:
    found = await account.call(f"{PREFIX}ImportTemplates", offset=0, limit=100)
    assert [each["name"] for each in found] == [
        "Приветственное письмо",
        "Распродажа",
        "Приглашение на встречу",
        "Заказ собран",
    ]
    assert all(each["thumbnailUrl"].endswith(".png") for each in found)
    assert await account.call(f"{PREFIX}ImportTemplates", offset=2, limit=2) == found[2:]
    html = await account.call(f"{PREFIX}GetTemplateHTML", templateExternalId=found[0]["externalId"])
    assert "Здравствуйте, [fullname]!" in html
    asked, shown = [{name.lower() for name, _ in each["requestHeaders"]} for each in account.exchanges]
    assert ("authorization" in asked, "authorization" in shown) == (True, False)


async def test_contacts_are_exported_with_names_and_categories(
    account: ModuleAccount, service: Service
) -> None:
    key = await list_with(account, "Новости", "p1@mail.example", "p3@mail.example")
    await unsubscribe(service, key, "p3@mail.example")
    account.people.by_id = {
        str(index): {
            "id": str(index),
            "name": f"Человек {index}",
            "emails": [f"p{index}@mail.example"],
            "phones": [],
            "fields": {},
            "categories": [{"id": "1", "name": "N", "subscribed": index % 2 == 0, "listExternalId": key}],
        }
        for index in range(100)
    }
    assert await account.call(f"{PREFIX}ExportContacts", contactIds=list(account.people.by_id)) is None
    lists = {item["title"]: item for item in (await service.seen("campaign-monitor/lists"))["items"]}
    counts = {title: (each["active"], each["deleted"], each["unsubscribed"]) for title, each in lists.items()}
    assert counts == {"Новости": (50, 1, 1), "Vestnik": (50, 0, 0)}


async def test_a_test_letter_leaves_no_draft(account: ModuleAccount, service: Service) -> None:
    wanted = request("53", 0, templateExternalId=await template(account))
    people = [f"me{index}@mail.example" for index in range(16)]
    assert await account.call(f"{PREFIX}SendTest", request=wanted, contacts=people) is None
    result = await account.call(f"{PREFIX}SendTest", request=wanted, contacts=["nonsense"])
    assert [row["key"] for row in result["rejected"]] == ["nonsense"]
    assert (await service.seen("state"))["singles"] == 16
    assert (await service.seen("campaign-monitor/campaigns"))["items"] == []


async def test_the_check_says_what_is_wrong_and_what_to_do(
    account: ModuleAccount, process: RunningSimulator, sandbox: Sandbox, broker: Broker
) -> None:
    check = await account.call(f"{PREFIX}CheckAccount")
    assert (check["ok"], check["account"]["name"], "message" in check) == (True, CLIENT.name, False)
    stranger = connected(process, sandbox, broker, "wrong0key0wrong0key")
    lost = connected(process, sandbox, broker, client_id="00000000000000000000")
    abroad = connected(process, sandbox, broker, time_zone="America/New_York")
    words = [(await each.call(f"{PREFIX}CheckAccount")) for each in (stranger, lost, abroad)]
    assert [(each["ok"], each["message"]["en"]) for each in words] == [
        (False, "The service did not accept the API key. Copy it again: Account settings, API keys."),
        (False, "This key has no client with this ID. Copy the client ID: Account settings, API keys."),
        (
            True,
            "Connected. The client's clock at the service is (GMT+03:00) Moscow, St. Petersburg, Volgograd, "
            "here it is America/New_York: events are shifted.",
        ),
    ]


async def test_a_key_that_was_revoked_is_told_apart_from_a_fault_of_the_module(
    process: RunningSimulator, sandbox: Sandbox, broker: Broker
) -> None:
    stranger = connected(process, sandbox, broker, "wrong0key0wrong0key")
    with pytest.raises(KeyRefused) as refused:
        await stranger.call(f"{PREFIX}GetLists", cursor=None)
    assert (refused.value.kind, refused.value.title["en"]) == (
        "key_refused",
        "The service does not accept the key",
    )


async def test_the_key_is_never_in_a_trace(account: ModuleAccount) -> None:
    await account.call(f"{PREFIX}GetAccount")
    assert account.exchanges
    assert account_key(account) not in json.dumps(account.exchanges)
