"""The simulator against what the service documents of lists and contacts: names, forms, limits.

Each test restates a fact of the vendor's documentation; the module is written by the same facts.
"""

import csv
import html
import io
import json
from typing import Any

import pytest
from tests.simulator.conftest import Client, import_form

ANNA = "anna@mail.example"


async def rows_of(simulator: Client, **arguments: object) -> list[dict[str, str]]:
    """The rows of an export."""
    task = await simulator.result("async/exportContacts", **arguments)
    return list(csv.DictReader(io.StringIO(await simulator.file(task))))


async def put(simulator: Client, *rows: dict[str, object], **more: object) -> Any:
    """An import of rows that have the same columns."""
    names = list(rows[0])
    data = [[row[name] for name in names] for row in rows]
    return await simulator.result("importContacts", field_names=names, data=data, **more)


async def left(simulator: Client, email: str, key: int) -> None:
    """The person unsubscribes from a list."""
    await simulator.result("unsubscribe", contact_type="email", contact=email, list_ids=key)


# Envelope and limits


async def test_a_failure_has_status_200_a_code_and_a_text_in_html(simulator: Client) -> None:
    answer = await simulator.post("createList", f"api_key={simulator.api_key}&title=")
    assert (answer.status_code, set(answer.json())) == (200, {"error", "code"})
    await simulator.result("createList", title="«А» & <Б>")
    refused = await simulator.call("createList", title="«А» & <Б>")
    assert refused["code"] == "invalid_arg"
    assert refused["error"] != html.unescape(refused["error"])
    assert "«А» & <Б>" in html.unescape(refused["error"])
    wrong = await simulator.post("getLists", "api_key=nonsense")
    assert (wrong.status_code, wrong.json()["code"]) == (200, "invalid_api_key")
    assert (await simulator.call("getEverything"))["code"] == "unknown_method"


@pytest.mark.parametrize(
    ("method", "option", "limit"),
    [("async/exportContacts", "exports_per_minute", 20), ("getLists", "calls_per_minute", 1200)],
)
async def test_calls_of_a_minute_are_limited_for_a_key(
    simulator: Client, method: str, option: str, limit: int
) -> None:
    options = await simulator.seen("options")
    assert options[option] == limit
    await simulator.set(**{option: 3})
    codes = [(await simulator.call(method)).get("code") for _ in range(4)]
    assert codes == [None, None, None, "api_call_limit_exceeded_for_api_key"]


# Lists


async def test_lists_are_told_without_counts_which_are_asked_for_one_by_one(simulator: Client) -> None:
    key = await simulator.list_with("Клуб", ANNA, "boris@mail.example")
    assert await simulator.result("getLists") == [{"id": key, "title": "Клуб"}]
    assert await simulator.result("getContactCount", list_id=key, params={"type": "address"}) == {
        "listId": key,
        "searchParams": {"type": "address"},
        "count": 2,
    }
    await left(simulator, ANNA, key)
    counted = await simulator.result("getContactCount", list_id=key, params={"type": "address"})
    assert counted["count"] == 1
    info = await simulator.result("getUserInfo")
    assert await simulator.result("getTotalContactsCount", login=info["login"]) == {"total": 2}
    assert (await simulator.call("getTotalContactsCount", login="other"))["code"] == "access_denied"
    assert (await simulator.call("getTotalContactsCount"))["code"] == "invalid_arg"


async def test_the_account_is_told_with_what_is_paid_and_used(simulator: Client) -> None:
    info = await simulator.result("getUserInfo")
    names = "login email timezone balance currency emails_paid emails_used period_emails_paid".split()
    assert {*names, "period_emails_used"} <= set(info)


# Imports


async def test_an_import_takes_at_most_500_contacts_and_50_fields_of_ones_own(simulator: Client) -> None:
    key = await simulator.list_with("Клуб")
    emails = tuple(f"p{number}@mail.example" for number in range(501))
    assert (await simulator.call("importContacts", **import_form(key, emails)))["code"] == "invalid_arg"
    answer = await simulator.result("importContacts", **import_form(key, emails[:500]))
    names = {"total", "inserted", "updated", "deleted", "new_emails", "invalid", "log"}
    assert (set(answer), answer["total"], answer["inserted"]) == (names, 500, 500)
    own = [f"field{number}" for number in range(51)]
    many = {"field_names": ["email", *own], "data": [[ANNA, *own]]}
    assert (await simulator.call("importContacts", **many))["code"] == "invalid_arg"


async def test_role_addresses_are_refused_into_the_log(simulator: Client) -> None:
    key = await simulator.list_with("Клуб")
    rows = ("info@mail.example", ANNA, "sales@mail.example")
    answer = await simulator.result("importContacts", **import_form(key, rows))
    assert [(entry["index"], set(entry)) for entry in answer["log"]] == [
        (0, {"index", "code", "message"}),
        (2, {"index", "code", "message"}),
    ]
    assert [row["email"] for row in await rows_of(simulator, list_id=key)] == [ANNA]


async def test_a_status_moves_between_active_and_inactive_alone(simulator: Client) -> None:
    await put(simulator, {"email": ANNA, "email_status": "new"})
    for told, status in (
        ("active", "new"),
        ("unsubscribed", "new"),
    ):
        await put(simulator, {"email": ANNA, "email_status": told})
        found = await simulator.result("getContact", email=ANNA)
        assert found["email"]["status"] == status
    await put(simulator, {"email": "b@mail.example", "email_status": "inactive"})
    await put(simulator, {"email": "b@mail.example", "email_status": "active"})
    assert (await simulator.result("getContact", email="b@mail.example"))["email"]["status"] == "active"
    await put(simulator, {"email": "c@mail.example", "email_status": "unsubscribed"})
    await put(simulator, {"email": "c@mail.example", "email_status": "active"})
    assert (await simulator.result("getContact", email="c@mail.example"))["email"]["status"] == "unsubscribed"


async def test_lists_are_added_to_and_taken_from_unless_they_are_to_be_overwritten(simulator: Client) -> None:
    first, second, third = [await simulator.list_with(title) for title in ("1", "2", "3")]
    await put(simulator, {"email": ANNA, "email_list_ids": f"{first},{second}"})
    await put(simulator, {"email": ANNA, "email_list_ids": str(third), "email_excluded_list_ids": str(first)})
    assert await lists_of(simulator, ANNA) == {second: "active", third: "active"}
    await put(simulator, {"email": ANNA, "email_list_ids": str(first)}, overwrite_lists=1)
    assert await lists_of(simulator, ANNA) == {first: "active"}
    answer = await put(simulator, {"email": ANNA, "delete": 1})
    assert answer["deleted"] == 1
    assert (await simulator.call("getContact", email=ANNA))["code"] == "invalid_arg"


async def lists_of(simulator: Client, email: str) -> dict[int, str]:
    """The lists of a contact and its status in each."""
    found = await simulator.result("getContact", email=email, include_lists=1)
    return {item["id"]: item["status"] for item in found["lists"]}


# Leaving and being taken out


async def test_unsubscribing_is_of_those_lists_only_and_is_not_undone(simulator: Client) -> None:
    first, second = [await simulator.list_with(title, ANNA) for title in ("1", "2")]
    await left(simulator, ANNA, first)
    assert await lists_of(simulator, ANNA) == {first: "unsubscribed", second: "active"}
    assert (await simulator.result("getContact", email=ANNA))["email"]["status"] == "active"
    await simulator.result("subscribe", list_ids=first, fields={"email": ANNA}, double_optin=3)
    await put(simulator, {"email": ANNA, "email_list_ids": str(first)})
    assert (await lists_of(simulator, ANNA))[first] == "unsubscribed"


async def test_excluding_takes_out_and_leaves_no_trace(simulator: Client) -> None:
    key = await simulator.list_with("Клуб", ANNA)
    assert await simulator.result("exclude", contact_type="email", contact=ANNA, list_ids=key) == {}
    assert await lists_of(simulator, ANNA) == {}
    await put(simulator, {"email": ANNA, "email_list_ids": str(key)})
    assert await lists_of(simulator, ANNA) == {key: "active"}


async def test_a_contact_is_told_with_its_lists_fields_and_last_moments(simulator: Client) -> None:
    key = await simulator.list_with("Клуб", ANNA)
    found = await simulator.result(
        "getContact", email=ANNA, include_lists=1, include_fields=1, include_details=1
    )
    last = {f"last_{name}_datetime" for name in ("send", "delivery", "read", "click")}
    assert {"email", "added_at", "status", "availability", "rating", *last} <= set(found["email"])
    [item] = found["lists"]
    assert (item["id"], item["title"], item["status"]) == (key, "Клуб", "active")
    assert len(item["added_at"]) == len("2026-11-22 10:00:00")
    assert isinstance(found["fields"], dict)


# Exports


async def test_an_export_is_a_task_and_then_a_file(simulator: Client) -> None:
    await simulator.set(export_s=0.05)
    emails = [f"person{index:04}@mail.example" for index in range(1200)]
    key = await simulator.list_with("Большой", *emails)
    fields = ["email", "email_status"]
    task = await simulator.result("async/exportContacts", list_id=key, field_names=fields)
    assert (set(task), task["status"]) == ({"task_type", "task_uuid", "status"}, "new")
    lines = list(csv.reader(io.StringIO(await simulator.file(task))))
    assert lines == [fields, *([email, "active"] for email in emails)]
    assert (await simulator.call("async/getTaskResult", task_uuid="none"))["code"] == "invalid_arg"


async def test_a_file_is_whole_and_keeps_what_was_there_when_it_was_written(simulator: Client) -> None:
    key = await simulator.list_with("Клуб", ANNA, "boris@mail.example")
    task = await simulator.result("async/exportContacts", list_id=key, field_names=["email"])
    before = await simulator.file(task)
    await simulator.result("exclude", contact_type="email", contact=ANNA, list_ids=key)
    assert await simulator.file(task) == before == f"email\r\n{ANNA}\r\nboris@mail.example\r\n"
    state = await simulator.result("async/getTaskResult", task_uuid=task["task_uuid"])
    answer = await simulator.http.get(state["file_to_download"])
    assert answer.headers["content-type"].startswith("text/csv")
    assert int(answer.headers["content-length"]) == len(before)


async def test_a_file_tells_lists_in_step_with_their_times_and_quotes_what_has_to_be(
    simulator: Client,
) -> None:
    first, second = [await simulator.list_with(title, ANNA) for title in ("1", "2")]
    await left(simulator, ANNA, second)
    third = await simulator.list_with("3", ANNA, "boris@mail.example")
    name = 'Анна "Аня", из\nМосквы'
    await put(simulator, {"email": ANNA, "Name": name, "tags": "друзья,клуб"})
    found = {row["email"]: row for row in await rows_of(simulator)}
    anna = found[ANNA]
    assert (anna["email_list_ids"], anna["email_unsubscribed_list_ids"]) == (f"{first},{third}", str(second))
    assert len(anna["email_subscribe_times"].split(",")) == 2
    assert (anna["email_status"], anna["email_availability"]) == ("active", "available")
    assert (anna["Name"], anna["tags"], anna["phone"]) == (name, "друзья,клуб", "")
    assert set(found) == {ANNA, "boris@mail.example"}


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({}, {"a", "b", "c"}),
        ({"email_status": "inactive"}, {"b"}),
        ({"tag": "клуб"}, {"c"}),
        ({"email": "a@mail.example"}, {"a"}),
    ],
)
async def test_an_export_is_narrowed(simulator: Client, narrowed: dict[str, str], expected: set[str]) -> None:
    key = await simulator.list_with("Клуб", "a@mail.example")
    rows = [("b", "inactive", ""), ("c", "active", "друзья,клуб")]
    columns = ("email", "email_status", "tags", "email_list_ids")
    for name, status, tags in rows:
        values = (f"{name}@mail.example", status, tags, str(key))
        await put(simulator, dict(zip(columns, values, strict=True)))
    found = await rows_of(simulator, list_id=key, field_names=["email"], **narrowed)
    assert {row["email"][0] for row in found} == expected


async def test_columns_and_statuses_that_are_none_are_refused(simulator: Client) -> None:
    for arguments in ({"field_names": ["shoe_size"]}, {"email_status": "fine"}, {"list_id": 404}):
        envelope = await simulator.call("async/exportContacts", **arguments)
        assert envelope["code"] == "invalid_arg", json.dumps(envelope)
