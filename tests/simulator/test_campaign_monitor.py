"""The second service: lists, imports with partial success, campaigns, and webhooks of lists."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.simulator.conftest import NO_TLS, Client, Receiver, eventually

from vestnik_simulator import RunningSimulator
from vestnik_simulator.options import DEFAULT_CLIENTS

CLIENT = DEFAULT_CLIENTS[0]


class Lists:
    """Speaks to the API as a program would."""

    def __init__(self, http: httpx.AsyncClient, api_key: str = CLIENT.api_key) -> None:
        self.http = http
        told = base64.b64encode(f"{api_key}:x".encode()).decode()
        self.headers = {"Authorization": f"Basic {told}"}

    async def ask(self, method: str, path: str, body: object = None, **query: object) -> tuple[int, Any]:
        """Status and answer."""
        answer = await self.http.request(
            method,
            f"/api/v3.3/{path}",
            headers=self.headers,
            params={name: str(value) for name, value in query.items()},
            json=body,
        )
        return answer.status_code, answer.json() if answer.content else None

    async def get(self, path: str, **query: object) -> Any:
        """The answer of a call that succeeds."""
        status, answer = await self.ask("GET", path, **query)
        assert status == 200, answer
        return answer

    async def post(self, path: str, body: object) -> Any:
        """The same with a body."""
        status, answer = await self.ask("POST", path, body)
        assert status in (200, 201), answer
        return answer

    async def list_with(self, title: str, *emails: str) -> str:
        """A list with these people on it."""
        key = await self.post(f"lists/{CLIENT.client_id}.json", {"Title": title})
        for start in range(0, len(emails), 1000):
            await self.post(f"subscribers/{key}/import.json", people(*emails[start : start + 1000]))
        return str(key)

    async def states(self, key: str) -> dict[str, str]:
        """Who is on a list, whatever their state."""
        found: dict[str, str] = {}
        for state in ("active", "unconfirmed", "unsubscribed", "bounced", "deleted"):
            page = await self.get(f"lists/{key}/{state}.json")
            found |= {each["EmailAddress"]: each["State"] for each in page["Results"]}
        return found

    async def campaign(self, name: str, *lists: str) -> str:
        """A draft."""
        templates = await self.get(f"clients/{CLIENT.client_id}/templates.json")
        draft = {
            "Name": name,
            "Subject": "Новости",
            "FromName": "Маяк",
            "FromEmail": "news@mayak-books.example",
            "ReplyTo": "news@mayak-books.example",
            "ListIDs": list(lists),
            "SegmentIDs": [],
            "TemplateID": templates[0]["TemplateID"],
            "TemplateContent": {"Singlelines": [], "Multilines": [], "Images": [], "Repeaters": []},
        }
        return str(await self.post(f"campaigns/{CLIENT.client_id}/fromtemplate.json", draft))

    async def sent(self, key: str) -> Any:
        """The summary of a campaign once it is sent."""
        at_once = {"ConfirmationEmail": "news@mayak-books.example", "SendDate": "Immediately"}
        await self.post(f"campaigns/{key}/send.json", at_once)

        async def over() -> bool:
            items = (await self.http.get("/_simulator/campaign-monitor/campaigns")).json()["items"]
            return bool(next(each for each in items if each["key"] == key)["status"] == "sent")

        await eventually(over)
        return await self.get(f"campaigns/{key}/summary.json")


def people(*emails: str, resubscribe: bool = False) -> dict[str, Any]:
    """The body of an import."""
    return {
        "Subscribers": [{"EmailAddress": each, "Name": "Анна", "ConsentToTrack": "Yes"} for each in emails],
        "Resubscribe": resubscribe,
    }


@pytest.fixture
async def service(process: RunningSimulator, simulator: Client) -> AsyncIterator[Lists]:
    """The second service of the emptied simulator."""
    async with httpx.AsyncClient(base_url=process.url, timeout=30, verify=NO_TLS) as http:
        yield Lists(http)


async def test_a_wrong_key_and_a_foreign_client_are_refused(service: Lists) -> None:
    stranger = Lists(service.http, "no such key at all")
    assert await stranger.ask("GET", "clients.json") == (401, {"Code": 100, "Message": "Invalid API Key"})
    assert await service.ask("GET", "clients/0000/lists.json") == (
        401,
        {"Code": 102, "Message": "Invalid ClientID"},
    )
    bare = await service.http.get("/api/v3.3/clients.json")
    assert (bare.status_code, bare.json()["Code"]) == (401, 50)
    assert (await service.ask("GET", "nothing.json"))[0] == 404


async def test_lists_have_titles_of_their_own(service: Lists) -> None:
    key = await service.list_with("Клуб")
    assert await service.get(f"clients/{CLIENT.client_id}/lists.json") == [{"ListID": key, "Name": "Клуб"}]
    assert await service.ask("POST", f"lists/{CLIENT.client_id}.json", {"Title": "Клуб"}) == (
        400,
        {"Code": 250, "Message": "List title must be unique"},
    )
    assert await service.ask("DELETE", f"lists/{key}.json") == (200, None)
    assert await service.get(f"clients/{CLIENT.client_id}/lists.json") == []


async def test_an_import_takes_the_good_rows_and_answers_an_error_for_the_others(service: Lists) -> None:
    key = await service.list_with("Клуб", "left@mail.example")
    await service.post(f"subscribers/{key}/unsubscribe.json", {"EmailAddress": "left@mail.example"})
    body = people("anna@mail.example", "nonsense", "left@mail.example", "Anna@mail.example")
    assert await service.ask("POST", f"subscribers/{key}/import.json", body) == (
        400,
        {
            "Code": 210,
            "Message": "Subscriber Import had some failures",
            "ResultData": {
                "FailureDetails": [
                    {"EmailAddress": "nonsense", "Code": 1, "Message": "Invalid Email Address"},
                    {"EmailAddress": "left@mail.example", "Code": 206, "Message": "Subscriber Unsubscribed"},
                ],
                "TotalUniqueEmailsSubmitted": 3,
                "TotalExistingSubscribers": 0,
                "TotalNewSubscribers": 1,
                "DuplicateEmailsInSubmission": ["anna@mail.example"],
            },
        },
    )
    assert await service.states(key) == {
        "anna@mail.example": "Active",
        "left@mail.example": "Unsubscribed",
    }


async def test_resubscribe_brings_back_whoever_left(service: Lists) -> None:
    key = await service.list_with("Клуб", "left@mail.example")
    await service.post(f"subscribers/{key}/unsubscribe.json", {"EmailAddress": "left@mail.example"})
    await service.post(f"subscribers/{key}/import.json", people("left@mail.example", resubscribe=True))
    assert await service.states(key) == {"left@mail.example": "Active"}


async def test_more_than_a_thousand_are_refused_whole(service: Lists) -> None:
    key = await service.list_with("Клуб")
    emails = [f"p{index}@mail.example" for index in range(1001)]
    status, answer = await service.ask("POST", f"subscribers/{key}/import.json", people(*emails))
    assert (status, answer["Code"]) == (400, 209)
    assert await service.states(key) == {}


async def test_only_active_people_are_taken_off_a_list(service: Lists) -> None:
    key = await service.list_with("Клуб", "a@mail.example", "b@mail.example")
    await service.post(f"subscribers/{key}/unsubscribe.json", {"EmailAddress": "b@mail.example"})
    assert await service.ask("DELETE", f"subscribers/{key}.json", email="a@mail.example") == (200, None)
    for email in ("a@mail.example", "b@mail.example", "stranger@mail.example"):
        status, answer = await service.ask("DELETE", f"subscribers/{key}.json", email=email)
        assert (status, answer["Code"]) == (400, 203)
    assert await service.states(key) == {"a@mail.example": "Deleted", "b@mail.example": "Unsubscribed"}
    await service.post(f"subscribers/{key}/import.json", people("a@mail.example"))
    assert (await service.states(key))["a@mail.example"] == "Active"


async def test_who_is_suppressed_is_put_on_no_list(service: Lists) -> None:
    key = await service.list_with("Клуб")
    body = {"EmailAddresses": ["a@mail.example"]}
    await service.post(f"clients/{CLIENT.client_id}/suppress.json", body)
    status, answer = await service.ask("POST", f"subscribers/{key}/import.json", people("a@mail.example"))
    assert (status, answer["ResultData"]["FailureDetails"][0]["Code"]) == (400, 204)
    page = await service.get(f"clients/{CLIENT.client_id}/suppressionlist.json")
    assert [each["EmailAddress"] for each in page["Results"]] == ["a@mail.example"]
    unsuppress = f"clients/{CLIENT.client_id}/unsuppress.json"
    assert (await service.ask("PUT", unsuppress, email="a@mail.example"))[0] == 200
    await service.post(f"subscribers/{key}/import.json", people("a@mail.example"))


async def test_pages_of_a_list_join_up_in_any_order(service: Lists) -> None:
    emails = [f"p{index:03}@mail.example" for index in range(250)]
    key = await service.list_with("Клуб", *emails)
    for order in ((1, 2, 3), (3, 1, 2)):
        found: dict[int, list[str]] = {}
        for number in order:
            page = await service.get(f"lists/{key}/active.json", page=number, pagesize=100)
            found[number] = [each["EmailAddress"] for each in page["Results"]]
            assert (page["TotalNumberOfRecords"], page["NumberOfPages"]) == (250, 3)
        assert [email for number in sorted(found) for email in found[number]] == emails
        await service.ask("DELETE", f"subscribers/{key}.json", email="p249@mail.example")
        await service.post(f"subscribers/{key}/import.json", people("p249@mail.example"))
    assert (await service.ask("GET", f"lists/{key}/active.json", pagesize=5))[0] == 400


async def test_an_address_is_looked_up_in_all_lists(service: Lists) -> None:
    first = await service.list_with("Дайджест", "anna@mail.example")
    second = await service.list_with("Клуб", "anna@mail.example")
    await service.post(f"subscribers/{second}/unsubscribe.json", {"EmailAddress": "anna@mail.example"})
    lists = f"clients/{CLIENT.client_id}/listsforemail.json"
    found = await service.get(lists, email="anna@mail.example")
    assert [(each["ListID"], each["ListName"], each["SubscriberState"]) for each in found] == [
        (first, "Дайджест", "Active"),
        (second, "Клуб", "Unsubscribed"),
    ]
    assert await service.get(lists, email="stranger@mail.example") == []


async def test_a_campaign_is_sent_once_and_its_history_is_known(service: Lists, simulator: Client) -> None:
    emails = ("a+click@mail.example", "b+unsubscribe@mail.example", "c+unknown@mail.example")
    key = await service.list_with("Клуб", *emails)
    campaign = await service.campaign("Осень", key)
    drafts = await service.get(f"clients/{CLIENT.client_id}/drafts.json")
    assert [each["CampaignID"] for each in drafts] == [campaign]
    summary = await service.sent(campaign)
    counted = ("Recipients", "UniqueOpened", "Clicks", "Unsubscribed", "Bounced")
    assert [summary[name] for name in counted] == [3, 2, 1, 1, 1]
    at_once = {"ConfirmationEmail": "news@mayak-books.example", "SendDate": "Immediately"}
    status, answer = await service.ask("POST", f"campaigns/{campaign}/send.json", at_once)
    assert (status, answer["Code"]) == (400, 331)
    history = await service.get(f"subscribers/{key}/history.json", email=emails[0])
    assert [(each["ID"], [action["Event"] for action in each["Actions"]]) for each in history] == [
        (campaign, ["Open", "Click"])
    ]
    bounces = await service.get(f"campaigns/{campaign}/bounces.json")
    assert [(each["BounceType"], each["Reason"]) for each in bounces["Results"]] == [("Hard", "user_unknown")]
    assert await service.states(key) == dict(zip(emails, ("Active", "Unsubscribed", "Bounced"), strict=True))
    assert (await simulator.seen("sent?list=Клуб"))["letters"] == 3


async def test_names_of_campaigns_are_taken_once_and_a_scheduled_one_is_called_back(service: Lists) -> None:
    key = await service.list_with("Клуб", "a@mail.example")
    campaign = await service.campaign("Осень", key)
    with pytest.raises(AssertionError, match="Duplicate Campaign Name"):
        await service.campaign("Осень", key)
    later = {"ConfirmationEmail": "news@mayak-books.example", "SendDate": "2099-01-01 10:00"}
    await service.post(f"campaigns/{campaign}/send.json", later)
    scheduled = await service.get(f"clients/{CLIENT.client_id}/scheduled.json")
    assert [each["DateScheduled"] for each in scheduled] == ["2099-01-01 10:00:00"]
    await service.post(f"campaigns/{campaign}/unschedule.json", None)
    assert (await service.ask("POST", f"campaigns/{campaign}/unschedule.json"))[1]["Code"] == 333
    assert await service.get(f"clients/{CLIENT.client_id}/scheduled.json") == []
    assert (await service.ask("DELETE", f"campaigns/{campaign}.json"))[0] == 200


async def test_a_hook_hears_of_its_list_alone_and_a_thousand_events_at_a_time(
    service: Lists, receiver: Receiver
) -> None:
    key, other = await service.list_with("Клуб"), await service.list_with("Прочие")
    hook = {"Events": ["Subscribe", "Deactivate"], "Url": receiver.url, "PayloadFormat": "json"}
    await service.post(f"lists/{key}/webhooks.json", hook)
    await service.post(f"subscribers/{other}/import.json", people("other@mail.example"))
    emails = [f"p{index:04}@mail.example" for index in range(1000)]
    await service.post(f"subscribers/{key}/import.json", people(*emails))
    await service.ask("DELETE", f"subscribers/{key}.json", email=emails[0])

    def events() -> list[tuple[str, str]]:
        bodies = [json.loads(body) for body in receiver.bodies]
        assert {body["ListID"] for body in bodies} <= {key}
        assert all(len(body["Events"]) <= 1000 for body in bodies)
        return [(event["Type"], event["EmailAddress"]) for body in bodies for event in body["Events"]]

    async def all_there() -> bool:
        return len(events()) == 1001

    await eventually(all_there)
    assert events() == [*(("Subscribe", email) for email in emails), ("Deactivate", emails[0])]


async def test_a_hook_that_always_fails_is_switched_off(
    service: Lists, simulator: Client, receiver: Receiver
) -> None:
    await simulator.set(retry_interval_s=0.01, retry_window_s=0.01)
    receiver.status = 500
    key = await service.list_with("Клуб", "a@mail.example")
    hook = {"Events": ["Deactivate"], "Url": receiver.url, "PayloadFormat": "json"}
    await service.post(f"lists/{key}/webhooks.json", hook)
    await service.post(f"subscribers/{key}/unsubscribe.json", {"EmailAddress": "a@mail.example"})

    async def off() -> bool:
        found = await service.get(f"lists/{key}/webhooks.json")
        return bool(found[0]["Status"] == "Inactive")

    await eventually(off)
    told = (await simulator.seen("campaign-monitor/webhooks"))["items"][0]
    assert (told["waiting"], told["last_answer"]) == (0, "HTTP 500")


async def test_faults_break_an_operation_by_its_name(service: Lists, simulator: Client) -> None:
    await simulator.fault("GET clients.json", "status", status=429, message="Too many requests")
    assert await service.ask("GET", "clients.json") == (429, {"Code": 429, "Message": "Too many requests"})
    assert (await service.ask("GET", "clients.json"))[0] == 200
    key = await service.list_with("Клуб")
    await simulator.fault("POST subscribers/{list}/import.json", "drop_after")
    with pytest.raises(httpx.RemoteProtocolError):
        await service.ask("POST", f"subscribers/{key}/import.json", people("a@mail.example"))
    assert await service.states(key) == {"a@mail.example": "Active"}


async def test_what_was_there_before_can_be_told(service: Lists, simulator: Client) -> None:
    lists = [{"title": "Клуб", "at": 1.7e9, "members": [["a@mail.example", "Анна", "Unconfirmed"]]}]
    told = {"client": CLIENT.client_id, "lists": lists}
    assert (await service.http.post("/_simulator/campaign-monitor/lists", json=told)).status_code == 200
    campaigns = [
        {
            "name": "Осень",
            "subject": "Осень",
            "list_title": "Клуб",
            "sent": 1.7e9,
            "recipients": ["a@mail.example"],
            "events": [["a@mail.example", "Open", 1.7e9, ""]],
        }
    ]
    told = {"client": CLIENT.client_id, "campaigns": campaigns}
    for _ in range(2):
        answer = await service.http.post("/_simulator/campaign-monitor/campaigns", json=told)
        assert answer.status_code == 200, answer.text
    sent = await service.get(f"clients/{CLIENT.client_id}/campaigns.json")
    assert [(each["Name"], each["SentDate"]) for each in sent["Results"]] == [
        ("Осень", "2023-11-15 01:13:20")
    ]
    page = (await service.http.get("/campaign-monitor")).text
    assert "Имитатор Campaign Monitor" in page
    assert "Осень" in page
    assert "Campaign Monitor simulator" in (await service.http.get("/campaign-monitor?lang=en")).text


async def test_a_template_has_a_page_and_a_picture_but_no_html(service: Lists) -> None:
    template = (await service.get(f"clients/{CLIENT.client_id}/templates.json"))[0]
    assert sorted(template) == ["Name", "PreviewURL", "ScreenshotURL", "TemplateID"]
    assert await service.get(f"templates/{template['TemplateID']}.json") == template
    assert "[fullname]" in (await service.http.get(template["PreviewURL"])).text
    assert (await service.http.get(template["ScreenshotURL"])).content.startswith(b"\x89PNG")
