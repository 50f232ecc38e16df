"""The module against the simulator of its service, over real HTTP: what a campaign goes through."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.user_modules.conftest import (
    PREFIX,
    USER_MODULES,
    ModuleAccount,
    Service,
    account_key,
    launch,
    request,
    rows,
)

from vestnik import contract
from vestnik.egress import Broker
from vestnik.modules.calls.failures import AskedToWait, ModuleCallFailed
from vestnik.sandbox import Sandbox
from vestnik_simulator import RunningSimulator

pytestmark = pytest.mark.asyncio(loop_scope="module")

SOURCE = (USER_MODULES / "unisender" / "module.py").read_text("utf-8")


async def test_the_module_implements_the_whole_contract(sandbox: Sandbox) -> None:
    found = await sandbox.check(SOURCE, contract.facade())
    assert [str(each) for each in found.diagnostics] == []
    assert {name for name in found.functions if name.startswith(PREFIX)} == set(contract.functions())
    declared = {
        name: list(info.parameters) for name, info in found.functions.items() if name.startswith(PREFIX)
    }
    assert list(contract.check_signatures(declared)) == []


async def test_templates_are_imported_page_by_page_and_shown(account: ModuleAccount) -> None:
    first = await account.call(f"{PREFIX}ImportTemplates", offset=0, limit=50)
    second = await account.call(f"{PREFIX}ImportTemplates", offset=50, limit=50)
    assert (len(first), len(second)) == (50, 16)
    html = await account.call(f"{PREFIX}GetTemplateHTML", templateExternalId=first[0]["externalId"])
    assert "{{Name}}" in html


async def test_a_campaign_is_sent_once_whatever_is_repeated(account: ModuleAccount, service: Service) -> None:
    addresses = [f"person{index}@mail.example" for index in range(1200)]
    for part in (addresses[:700], addresses[500:], addresses[:700]):
        assert (
            await account.call(f"{PREFIX}PrepareCampaign", campaignId="41", type="email", contacts=part)
            is None
        )
    made = await account.call(f"{PREFIX}CreateCampaign", request=request("41", 1200))
    assert (made["status"], made["recipientCount"]) == ("scheduled", 1200)
    again = await account.call(f"{PREFIX}CreateCampaign", request=request("41", 1200))
    assert again["externalId"] == made["externalId"]
    await service.ended(made["externalId"])
    third = await account.call(f"{PREFIX}CreateCampaign", request=request("41", 1200))
    assert third["externalId"] == made["externalId"]
    sent = await service.seen("sent?list=Vestnik campaign 41")
    assert (sent["recipients"], sent["letters"], sent["duplicates"]) == (1200, 1200, 0)
    requests = await service.seen("requests")
    assert requests["methods"]["createCampaign"]["calls"] == 1


async def test_two_prepare_calls_at_once_make_one_list(account: ModuleAccount, service: Service) -> None:
    parts = [[f"p{part}-{index}@mail.example" for index in range(20)] for part in range(4)]
    await asyncio.gather(
        *(
            account.call(f"{PREFIX}PrepareCampaign", campaignId="42", type="email", contacts=part)
            for part in parts
        )
    )
    lists = [item for item in (await service.seen("lists"))["items"] if "campaign 42" in item["title"]]
    assert [item["members"] for item in lists] == [80]


async def test_whoever_is_withdrawn_before_the_creation_gets_no_letter(
    account: ModuleAccount, service: Service
) -> None:
    people = [f"person{index}@mail.example" for index in range(600)]
    nobody_prepared = {"campaignId": "62", "type": "email", "contacts": people[:2]}
    assert await account.call(f"{PREFIX}WithdrawRecipients", **nobody_prepared) is None
    await account.call(f"{PREFIX}PrepareCampaign", campaignId="62", type="email", contacts=people)
    left = [*people[40:590], "info@mail.example", "stranger@mail.example"]
    for _ in range(2):
        assert (
            await account.call(f"{PREFIX}WithdrawRecipients", campaignId="62", type="email", contacts=left)
            is None
        )
    made = await account.call(f"{PREFIX}CreateCampaign", request=request("62", 50))
    await service.ended(made["externalId"])
    sent = await service.seen("sent?list=Vestnik campaign 62")
    assert {row["address"] for row in sent["items"]} == {*people[:40], *people[590:]}


async def test_refused_addresses_are_reported_as_they_were_passed(account: ModuleAccount) -> None:
    result = await account.call(
        f"{PREFIX}PrepareCampaign",
        campaignId="43",
        type="email",
        contacts=["Anna@Mail.example", "info@mail.example", "nonsense"],
    )
    assert result["accepted"] == 1
    assert [(row["key"], row["code"]) for row in result["rejected"]] == [
        ("info@mail.example", "invalid"),
        ("nonsense", "invalid"),
    ]


async def test_whoever_unsubscribed_is_refused_and_does_not_stand_in_the_campaigns_list(
    account: ModuleAccount, service: Service
) -> None:
    first = await launch(account, "60", "a+unsubscribe@mail.example", "b@mail.example")
    await service.ended(first["externalId"])
    result = await account.call(
        f"{PREFIX}PrepareCampaign",
        campaignId="61",
        type="email",
        contacts=["a+unsubscribe@mail.example", "b@mail.example"],
    )
    assert [(row["key"], row["code"]) for row in result["rejected"]] == [
        ("a+unsubscribe@mail.example", "unsubscribed")
    ]
    second = await account.call(f"{PREFIX}CreateCampaign", request=request("61", 1))
    await service.ended(second["externalId"])
    sent = await service.seen("sent?list=Vestnik campaign 61")
    assert [row["address"] for row in sent["items"]] == ["b@mail.example"]


async def test_a_campaign_whose_answer_was_lost_is_found_again(
    account: ModuleAccount, service: Service
) -> None:
    since = datetime.now(UTC).isoformat()
    await account.call(f"{PREFIX}PrepareCampaign", campaignId="44", type="email", contacts=["a@mail.example"])
    assert await account.call(f"{PREFIX}FindCampaign", campaignId="44", since=since) is None
    await service.tell("faults", method="createCampaign", kind="drop_after")
    with pytest.raises(ModuleCallFailed) as failure:
        await account.call(f"{PREFIX}CreateCampaign", request=request("44", 1))
    assert failure.value.kind == "fetch"
    found = await account.call(f"{PREFIX}FindCampaign", campaignId="44", since=since)
    assert found["externalId"] == "1"
    assert await account.call(f"{PREFIX}FindCampaign", campaignId="45", since=since) is None
    again = await account.call(f"{PREFIX}CreateCampaign", request=request("44", 1))
    assert again["externalId"] == "1"


@pytest.mark.parametrize(
    ("fault", "times", "kind", "seconds"),
    [
        ({"kind": "error", "code": "api_call_limit_exceeded_for_ip"}, 3, "retry_later", 60.0),
        ({"kind": "status", "status": 503}, 1, "service_down", 30.0),
    ],
)
async def test_a_service_that_takes_no_more_calls_now_is_asked_later_and_nothing_is_lost(
    account: ModuleAccount, service: Service, fault: dict[str, object], times: int, kind: str, seconds: float
) -> None:
    prepare = {"campaignId": "46", "type": "email", "contacts": ["a@mail.example", "b@mail.example"]}
    await service.tell("faults", method="importContacts", times=times, **fault)
    with pytest.raises(AskedToWait) as asked:
        await account.call(f"{PREFIX}PrepareCampaign", **prepare)
    assert (asked.value.kind, asked.value.retry_after_s) == (kind, seconds)
    await account.call(f"{PREFIX}PrepareCampaign", **prepare)
    created = await account.call(f"{PREFIX}CreateCampaign", request=request("46", 2))
    await service.ended(created["externalId"])
    sent = await service.seen("sent?list=Vestnik campaign 46")
    assert (sent["recipients"], sent["letters"], sent["duplicates"]) == (2, 2, 0)


async def test_a_list_that_grew_since_is_not_sent_to(account: ModuleAccount, service: Service) -> None:
    await account.call(
        f"{PREFIX}PrepareCampaign",
        campaignId="46",
        type="email",
        contacts=["a@mail.example", "b@mail.example"],
    )
    with pytest.raises(ModuleCallFailed) as failure:
        await account.call(f"{PREFIX}CreateCampaign", request=request("46", 1))
    assert "holds 2 people, but 1 were prepared" in failure.value.values["reason"]
    assert (await service.seen("state"))["campaigns"] == 0


async def test_moderation_is_followed_to_its_reason(account: ModuleAccount, service: Service) -> None:
    made = await launch(account, "47", "a@mail.example", subject="[модерация] Скидки")
    assert made["status"] == "moderation"
    key = made["externalId"]
    await service.tell(f"campaigns/{key}/moderation", decision="hold")
    state = await account.call(f"{PREFIX}GetCampaignStatus", campaignExternalId=key)
    assert (state["status"], state["reason"]) == ("moderation", "The service's moderators hold the campaign")
    await service.tell(f"campaigns/{key}/moderation", decision="decline", reason="База куплена")
    state = await account.call(f"{PREFIX}GetCampaignStatus", campaignExternalId=key)
    assert (state["status"], state["reason"]) == ("declined", "База куплена")


async def test_a_waiting_campaign_is_cancelled_and_a_finished_one_says_so(
    account: ModuleAccount, service: Service
) -> None:
    waiting = await launch(account, "48", "a@mail.example", subject="[модерация] Скидки")
    state = await account.call(f"{PREFIX}CancelCampaign", campaignExternalId=waiting["externalId"])
    assert state["status"] == "cancelled"
    sent = await launch(account, "49", "a@mail.example")
    await service.ended(sent["externalId"])
    state = await account.call(f"{PREFIX}CancelCampaign", campaignExternalId=sent["externalId"])
    assert (state["status"], state["reason"]) == ("sent", "Рассылку в статусе completed нельзя отменить")


async def test_statistics_links_and_deliveries_agree(account: ModuleAccount, service: Service) -> None:
    words = ("delivered", "read", "click", "unsubscribe", "spam", "unknown", "full")
    addresses = [f"p{index}+{word}@mail.example" for index in range(20) for word in words]
    made = await launch(account, "50", *addresses)
    key = made["externalId"]
    await service.ended(key)
    stats = await account.call(f"{PREFIX}GetCampaignStats", campaignExternalId=key)
    assert stats == {
        "recipients": 140,
        "sent": 140,
        "delivered": 100,
        "opened": 80,
        "openedTotal": 80,
        "clicked": 20,
        "clickedTotal": 20,
        "unsubscribed": 20,
        "spam": 20,
    }
    links = await account.call(f"{PREFIX}GetCampaignLinks", campaignExternalId=key)
    assert [(link["url"], link["clicks"], link["uniqueClicks"]) for link in links] == [
        ("https://mayak-books.example/new", 20, 20)
    ]
    found = await rows(account, f"{PREFIX}GetDeliveries", campaignExternalId=key, since=None)
    assert Counter(row["status"] for row in found) == dict.fromkeys(
        ("delivered", "opened", "clicked", "unsubscribed", "spam", "hardBounce", "softBounce"), 20
    )
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert await rows(account, f"{PREFIX}GetDeliveries", campaignExternalId=key, since=tomorrow) == []


async def test_a_text_message_goes_the_same_way(account: ModuleAccount, service: Service) -> None:
    phones = ["+7 911 000-00-01", "+79110000002"]
    await account.call(f"{PREFIX}PrepareCampaign", campaignId="51", type="sms", contacts=phones)
    sms = {"campaignId": "51", "type": "sms", "name": "SMS", "recipientCount": 2, "text": "Скидки"}
    made = await account.call(f"{PREFIX}CreateCampaign", request=sms)
    await service.ended(made["externalId"])
    found = await rows(account, f"{PREFIX}GetDeliveries", campaignExternalId=made["externalId"], since=None)
    assert [row["phone"] for row in found] == ["79110000001", "79110000002"]
    assert {row["status"] for row in found} <= {"delivered", "hardBounce", "softBounce"}


async def test_lists_are_filled_read_and_emptied(account: ModuleAccount) -> None:
    made = await account.call(f"{PREFIX}CreateList", name="Новости")
    key = made["externalId"]
    people = [{"email": f"p{index:04}@mail.example", "name": f"Имя {index}"} for index in range(6000)]
    await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people[:5000])
    await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people[5000:])
    found = await rows(account, f"{PREFIX}GetListSubscribers", listExternalId=key)
    assert sorted(row["email"] for row in found) == [person["email"] for person in people]
    assert {row["status"] for row in found} == {"subscribed"}
    gone = [person["email"] for person in people[1:]]
    await account.call(f"{PREFIX}RemoveSubscribers", listExternalId=key, contacts=gone)
    left = await rows(account, f"{PREFIX}GetListSubscribers", listExternalId=key)
    assert left == [{"email": "p0000@mail.example", "status": "subscribed"}]


async def test_lists_of_campaigns_are_not_offered(account: ModuleAccount) -> None:
    await account.call(f"{PREFIX}CreateList", name="Новости")
    await account.call(f"{PREFIX}PrepareCampaign", campaignId="52", type="email", contacts=["a@mail.example"])
    page = await account.call(f"{PREFIX}GetLists", cursor=None)
    assert [item["name"] for item in page["items"]] == ["Новости"]


async def test_a_person_is_subscribed_excluded_and_not_subscribed_against_their_will(
    account: ModuleAccount, service: Service
) -> None:
    keys = [
        (await account.call(f"{PREFIX}CreateList", name=name))["externalId"] for name in ("Первый", "Второй")
    ]
    assert await account.call(f"{PREFIX}GetSubscriber", contact="anna@mail.example") is None
    anna = {"email": "anna@mail.example", "name": "Анна"}
    changes = [{"listExternalId": key, "subscribed": True} for key in keys]
    assert await account.call(f"{PREFIX}UpdateSubscriptions", subscriber=anna, changes=changes) is None
    out = [{"listExternalId": keys[0], "subscribed": False}, {"listExternalId": "404", "subscribed": True}]
    result = await account.call(f"{PREFIX}UpdateSubscriptions", subscriber=anna, changes=out)
    assert [row["key"] for row in result["rejected"]] == ["404"]
    profile = await account.call(f"{PREFIX}GetSubscriber", contact="anna@mail.example")
    assert [(each["listName"], each["status"]) for each in profile["lists"]] == [("Второй", "subscribed")]
    assert (profile["name"], profile["recentCampaigns"]) == ("Анна", "unknown")
    await service.http.post(
        "/ru/api/unsubscribe",
        data={
            "api_key": account_key(account),
            "contact_type": "email",
            "contact": "anna@mail.example",
            "list_ids": keys[1],
        },
    )
    result = await account.call(
        f"{PREFIX}UpdateSubscriptions",
        subscriber=anna,
        changes=[{"listExternalId": keys[1], "subscribed": True}],
    )
    assert [(row["key"], row["code"]) for row in result["rejected"]] == [(keys[1], "unsubscribed")]


async def test_contacts_are_exported_with_names_and_categories(
    account: ModuleAccount, service: Service
) -> None:
    key = (await account.call(f"{PREFIX}CreateList", name="Новости"))["externalId"]
    account.people.by_id = {
        str(index): {
            "id": str(index),
            "name": f"Человек {index}",
            "emails": [f"p{index}@mail.example"],
            "phones": [],
            "fields": {},
            "categories": [{"id": "1", "name": "N", "subscribed": index % 2 == 0, "listExternalId": key}],
        }
        for index in range(1100)
    }
    assert await account.call(f"{PREFIX}ExportContacts", contactIds=list(account.people.by_id)) is None
    lists = {item["title"]: item["members"] for item in (await service.seen("lists"))["items"]}
    assert lists == {"Новости": 550, "Vestnik": 550}


async def test_the_account_and_its_senders(account: ModuleAccount) -> None:
    check = await account.call(f"{PREFIX}CheckAccount")
    assert (check["ok"], check["account"]["name"], check["account"]["sendLimit"]) == (True, "mayak", 250_000)
    senders = await account.call(f"{PREFIX}GetSenders")
    assert {"email": "news@mayak-books.example", "name": "Книжный дом «Маяк»", "verified": True} in senders
    assert {"name": "Mayak"} in senders


async def test_a_wrong_key_is_said_in_words(
    process: RunningSimulator, sandbox: Sandbox, broker: Broker
) -> None:
    stranger = ModuleAccount(sandbox, broker, "unisender", {"base_url": process.url}, "wrong0key0wrong0key")
    check = await stranger.call(f"{PREFIX}CheckAccount")
    assert (check["ok"], check["message"]["en"]) == (
        False,
        "The service did not accept the API key. Check it, and that API access is switched on there.",
    )


async def test_a_test_letter_reports_refused_addresses(account: ModuleAccount, service: Service) -> None:
    result = await account.call(
        f"{PREFIX}SendTest", request=request("53", 0), contacts=["me@mail.example", "nonsense"]
    )
    assert [row["key"] for row in result["rejected"]] == ["nonsense"]
    assert (await service.seen("state"))["singles"] == 1


async def test_the_key_is_never_in_a_trace(account: ModuleAccount) -> None:
    await account.call(f"{PREFIX}GetAccount")
    assert account.exchanges
    assert account_key(account) not in json.dumps(account.exchanges)
