"""Lists at the service, through the module: what an export tells, what is refused, what is counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.user_modules.conftest import (
    API_KEY,
    PREFIX,
    ModuleAccount,
    Recorded,
    Service,
    account_key,
    job,
    rows,
)

from vestnik.egress import Broker
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

GET = f"{PREFIX}GetListSubscribers"
PAGE = 5000


@pytest.fixture
def captured(sandbox: Sandbox, broker: Broker, recorded: Recorded) -> ModuleAccount:
    """An account whose service answers what the test says."""
    return ModuleAccount(sandbox, broker, "unisender", {"base_url": recorded.url})


async def ask(service: Service, account: ModuleAccount, method: str, **form: Any) -> Any:
    """What a person does at the service."""
    answer = await service.http.post(f"/ru/api/{method}", data={"api_key": account_key(account), **form})
    assert "error" not in answer.json(), answer.text
    return answer.json().get("result")


async def list_of(account: ModuleAccount, name: str, *emails: str) -> str:
    """A list with these people on it."""
    key = str((await account.call(f"{PREFIX}CreateList", name=name))["externalId"])
    people = [{"email": email} for email in emails]
    if people:
        await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people)
    return key


def file_of(url: str, text: str, status: int = 200) -> tuple[str, dict[str, Any]]:
    """A cursor at the beginning of an exported file, and the exchange that fetches it."""
    exchange = {"request": {"method": "GET", "path": "/f.csv"}, "response": {"text": text, "status": status}}
    return json.dumps({"url": f"{url}/f.csv", "line": 1}), exchange


# What an export tells


async def test_everybody_has_the_status_that_keeps_us_furthest_from_them(
    account: ModuleAccount, service: Service
) -> None:
    key = await list_of(account, "Новости", *(f"{name}@mail.example" for name in "abcde"))
    other = await list_of(account, "Другой", "b@mail.example")
    for person, list_id in (("a", key), ("b", other)):
        await ask(
            service,
            account,
            "unsubscribe",
            contact_type="email",
            contact=f"{person}@mail.example",
            list_ids=list_id,
        )
    names = {"field_names[0]": "email", "field_names[1]": "email_status", "field_names[2]": "email_list_ids"}
    told = [("c@mail.example", "inactive"), ("new@mail.example", "new"), ("out@mail.example", "unsubscribed")]
    cells = {
        f"data[{row}][{column}]": value
        for row, person in enumerate(told)
        for column, value in enumerate((*person, key))
    }
    await ask(service, account, "importContacts", **names, **cells)
    await ask(
        service, account, "subscribe", list_ids=key, **{"fields[phone]": "+79110000001"}, double_optin=3
    )
    found = await rows(account, GET, listExternalId=key)
    assert {row.get("email") or row["phone"]: row["status"] for row in found} == {
        "a@mail.example": "unsubscribed",
        "b@mail.example": "subscribed",
        "c@mail.example": "pending",
        "d@mail.example": "subscribed",
        "e@mail.example": "subscribed",
        "new@mail.example": "subscribed",
        "out@mail.example": "unsubscribed",
        "79110000001": "subscribed",
    }
    profile = await account.call(f"{PREFIX}GetSubscriber", contact="out@mail.example")
    assert [(each["listName"], each["status"]) for each in profile["lists"]] == [("Новости", "unsubscribed")]


async def test_an_address_that_letters_do_not_reach_is_told_as_bounced(
    captured: ModuleAccount, recorded: Recorded
) -> None:
    text = (
        "email,email_status,email_availability,email_unsubscribed_list_ids,phone\r\n"
        "gone@mail.example,active,unreachable,,\r\n"
        'left@mail.example,active,unreachable,"3,7,9",\r\n'
        "full@mail.example,active,mailbox_full,70,\r\n"
        "blocked@mail.example,blocked,available,,\r\n"
    )
    cursor, exchange = file_of(recorded.url, text)
    recorded.expected = [exchange]
    page = await captured.call(GET, listExternalId="7", cursor=cursor)
    assert {row["email"]: row["status"] for row in page["items"]} == {
        "gone@mail.example": "bounced",
        "left@mail.example": "unsubscribed",
        "full@mail.example": "subscribed",
        "blocked@mail.example": "bounced",
    }


@pytest.mark.parametrize(
    "text",
    [
        '"email";"email_status"\n"anna@mail.example";"active"\n"boris@mail.example";"unsubscribed"\n',
        "\ufeffemail,email_status\r\nanna@mail.example,active\r\nboris@mail.example,unsubscribed\r\n\r\n",
        "email_status,email\nactive,anna@mail.example\nunsubscribed,boris@mail.example",
    ],
)
async def test_a_file_is_read_whatever_separates_and_surrounds_its_cells(
    captured: ModuleAccount, recorded: Recorded, text: str
) -> None:
    cursor, exchange = file_of(recorded.url, text)
    recorded.expected = [exchange]
    page = await captured.call(GET, listExternalId="7", cursor=cursor)
    assert page["items"] == [
        {"email": "anna@mail.example", "status": "subscribed"},
        {"email": "boris@mail.example", "status": "unsubscribed"},
    ]
    last = await captured.call(GET, listExternalId="7", cursor=page["nextCursor"])
    assert last == {"items": []}


async def test_a_broken_line_spoils_no_other(captured: ModuleAccount, recorded: Recorded) -> None:
    long = "x" * 400
    broken = ['"anna@mail.example,active', f"{long}@mail.example,active", ",new", "boris@x.example,new"]
    text = "\n".join(["email,email_status", *broken])
    cursor, exchange = file_of(recorded.url, text)
    recorded.expected = [exchange]
    page = await captured.call(GET, listExternalId="7", cursor=cursor)
    assert [row["email"] for row in page["items"]][-1] == "boris@x.example"
    assert long not in json.dumps(page)


async def test_a_page_that_is_no_export_is_no_empty_list(captured: ModuleAccount, recorded: Recorded) -> None:
    cursor, exchange = file_of(recorded.url, "<html>\n<body>Подождите</body>\n</html>")
    recorded.expected = [exchange]
    with pytest.raises(ModuleCallFailed) as failure:
        await captured.call(GET, listExternalId="7", cursor=cursor)
    assert "<html>" in failure.value.values["reason"]


async def test_a_list_without_people_is_a_file_with_its_first_line_alone(account: ModuleAccount) -> None:
    key = await list_of(account, "Новости")
    assert await rows(account, GET, listExternalId=key) == []


async def test_a_file_that_the_service_dropped_halfway_is_asked_for_anew(
    account: ModuleAccount, service: Service, broker: Broker
) -> None:
    people = [f"p{number:04}@mail.example" for number in range(PAGE + 10)]
    key = await list_of(account, "Новости", *people[:PAGE])
    await list_of(account, "Прочие", *people)
    added = [{"email": email} for email in people[PAGE:]]
    await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=added)
    ticket = await account.call(GET, listExternalId=key, cursor=None)
    page = first = await account.call(GET, listExternalId=key, cursor=await job(account, ticket))
    assert {row["email"] for row in first["items"]} == {*people[:PAGE]}

    # The file is fetched again while the service has it ...
    broker.spools.drop_owner(account.owner)
    again = await account.call(GET, listExternalId=key, cursor=page["nextCursor"])
    assert {row["email"] for row in again["items"]} == {*people[PAGE:]}

    # ... and else the list is exported once more.
    broker.spools.drop_owner(account.owner)
    await service.tell("faults", method="files", kind="status", status=404)
    ticket = await account.call(GET, listExternalId=key, cursor=page["nextCursor"])
    page = await account.call(GET, listExternalId=key, cursor=await job(account, ticket))
    assert page["items"] == first["items"]


async def test_a_file_that_was_never_there_ends_the_reading(account: ModuleAccount, service: Service) -> None:
    key = await list_of(account, "Новости", "anna@mail.example")
    cursor = await job(account, await account.call(GET, listExternalId=key, cursor=None))
    await service.tell("faults", method="files", kind="status", status=404)
    with pytest.raises(ModuleCallFailed) as failure:
        await account.call(GET, listExternalId=key, cursor=cursor)
    assert "HTTP 404" in failure.value.values["reason"]


async def test_an_export_that_failed_is_said_so(captured: ModuleAccount, recorded: Recorded) -> None:
    told = {"result": {"task_type": "file_export", "task_uuid": "u-1", "status": "failed"}}
    form = {"api_key": "<secret>", "task_uuid": "u-1"}
    path = "/ru/api/async/getTaskResult"
    recorded.expected = [{"request": {"path": path, "form": form}, "response": {"json": told}}]
    state = await captured.call(f"{PREFIX}GetJob", jobId="u-1")
    assert state == {"jobId": "u-1", "status": "failed", "reason": "failed"}
    assert API_KEY not in json.dumps(captured.exchanges)


# What is refused


async def test_refused_people_are_named_whichever_call_they_were_in(account: ModuleAccount) -> None:
    key = await list_of(account, "Новости")
    refused = {100: "info@mail.example", 499: "nonsense", 500: "sales@mail.example", 1777: "a b@mail.example"}
    people = [{"email": refused.get(number, f"p{number}@mail.example")} for number in range(2_100)]
    answer = await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people)
    assert answer == {
        "accepted": 2_096,
        "rejected": [
            {
                "key": "info@mail.example",
                "code": "invalid",
                "reason": "Role address is refused: info@mail.example",
            },
            {"key": "nonsense", "code": "invalid", "reason": "Invalid email: nonsense"},
            {
                "key": "sales@mail.example",
                "code": "invalid",
                "reason": "Role address is refused: sales@mail.example",
            },
            {"key": "a b@mail.example", "code": "invalid", "reason": "Invalid email: a b@mail.example"},
        ],
    }
    assert len(await rows(account, GET, listExternalId=key)) == 2_096


async def test_taking_out_is_an_exclusion_that_can_be_undone(
    account: ModuleAccount, service: Service
) -> None:
    emails = [f"p{number}@mail.example" for number in range(700)]
    key = await list_of(account, "Новости", *emails)
    for _ in range(2):
        gone = await account.call(f"{PREFIX}RemoveSubscribers", listExternalId=key, contacts=emails[:600])
        assert gone is None
    people = [{"email": email} for email in emails[:50]]
    assert await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people) is None
    found = await rows(account, GET, listExternalId=key)
    assert {row["email"]: row["status"] for row in found} == dict.fromkeys(
        {*emails[600:], *emails[:50]}, "subscribed"
    )
    assert "unsubscribe" not in (await service.seen("requests"))["methods"]


async def test_who_left_is_not_put_back_by_an_import(account: ModuleAccount, service: Service) -> None:
    key = await list_of(account, "Новости", "anna@mail.example")
    await ask(
        service,
        account,
        "unsubscribe",
        contact_type="email",
        contact="anna@mail.example",
        list_ids=key,
    )
    people = [{"email": "anna@mail.example"}, {"email": "boris@mail.example"}]
    answer = await account.call(f"{PREFIX}AddSubscribers", listExternalId=key, subscribers=people)
    assert [(row["key"], row["code"]) for row in answer["rejected"]] == [
        ("anna@mail.example", "unsubscribed")
    ]
    found = await rows(account, GET, listExternalId=key)
    assert {row["email"]: row["status"] for row in found} == {
        "anna@mail.example": "unsubscribed",
        "boris@mail.example": "subscribed",
    }


# What is counted


async def test_lists_come_with_their_people_counted(account: ModuleAccount, service: Service) -> None:
    key = await list_of(account, "Новости", "anna@mail.example", "boris@mail.example", "vera@mail.example")
    empty = await list_of(account, "Пустой")
    await ask(
        service,
        account,
        "unsubscribe",
        contact_type="email",
        contact="anna@mail.example",
        list_ids=key,
    )
    found = await account.call(f"{PREFIX}GetLists", cursor=None)
    assert found["items"] == [
        {"externalId": key, "name": "Новости", "subscriberCount": 2},
        {"externalId": empty, "name": "Пустой", "subscriberCount": 0},
    ]
    await service.tell("faults", method="getContactCount", kind="error", code="access_denied", times=2)
    found = await account.call(f"{PREFIX}GetLists", cursor=None)
    assert found["items"] == [
        {"externalId": key, "name": "Новости"},
        {"externalId": empty, "name": "Пустой"},
    ]


async def test_many_lists_are_offered_uncounted(account: ModuleAccount, service: Service) -> None:
    for number in range(51):
        await ask(service, account, "createList", title=f"Список {number}")
    found = await account.call(f"{PREFIX}GetLists", cursor=None)
    assert len(found["items"]) == 51
    assert not any("subscriberCount" in each for each in found["items"])
    assert "getContactCount" not in (await service.seen("requests"))["methods"]


async def test_the_account_tells_how_many_contacts_it_has_if_it_may(
    account: ModuleAccount, service: Service
) -> None:
    await list_of(account, "Новости", "anna@mail.example", "boris@mail.example")
    await list_of(account, "Другой", "anna@mail.example")
    assert (await account.call(f"{PREFIX}GetAccount"))["subscriberCount"] == 2
    await service.tell("faults", method="getTotalContactsCount", kind="error", code="access_denied")
    told = await account.call(f"{PREFIX}GetAccount")
    assert ("subscriberCount" in told, told["name"]) == (False, "mayak")
