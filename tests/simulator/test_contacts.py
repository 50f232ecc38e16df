"""Contacts: imports with their log, single contacts."""

import asyncio

from tests.simulator.conftest import Client, import_form


async def test_an_import_answers_a_log_line_for_every_refused_row(simulator: Client) -> None:
    key = (await simulator.result("createList", title="Список"))["id"]
    rows = (
        "anna@mail.example",
        "info@mail.example",
        "not an address",
        "ANNA@mail.example",
        "boris@mail.example",
    )
    answer = await simulator.result("importContacts", **import_form(key, rows))
    assert answer == {
        "total": 5,
        "inserted": 2,
        "updated": 0,
        "deleted": 0,
        "new_emails": 2,
        "invalid": 3,
        "log": [
            {"index": 1, "code": "role_email", "message": "Role address is refused: info@mail.example"},
            {"index": 2, "code": "invalid_email", "message": "Invalid email: not an address"},
        ],
    }
    assert (await simulator.result("getContactCount", list_id=key, params={"type": "address"}))["count"] == 2


async def test_more_than_500_contacts_are_refused_whole(simulator: Client) -> None:
    key = (await simulator.result("createList", title="Список"))["id"]
    rows = tuple(f"person{index}@mail.example" for index in range(501))
    assert (await simulator.call("importContacts", **import_form(key, rows)))["code"] == "invalid_arg"
    assert (await simulator.seen("state"))["contacts"] == 0


async def test_contacts_are_taken_out_of_lists_by_an_import(simulator: Client) -> None:
    key = await simulator.list_with("Список", "a@mail.example", "b@mail.example", "c@mail.example")
    await simulator.result(
        "importContacts",
        field_names=["email", "email_excluded_list_ids"],
        data=[["a@mail.example", key], ["c@mail.example", key]],
    )
    assert (await simulator.seen(f"lists/{key}/members"))["items"] == [
        {"address": "b@mail.example", "status": "active"}
    ]


async def test_who_unsubscribed_stays_so_whatever_is_imported(simulator: Client) -> None:
    key = await simulator.list_with("Список", "a@mail.example")
    await simulator.result("unsubscribe", contact_type="email", contact="a@mail.example", list_ids=key)
    answer = await simulator.result("importContacts", **import_form(key, ("a@mail.example",)))
    assert [entry["code"] for entry in answer["log"]] == ["unsubscribed"]
    assert (await simulator.seen(f"lists/{key}/members"))["items"] == [
        {"address": "a@mail.example", "status": "unsubscribed"}
    ]


async def test_an_unknown_list_leaves_nothing_behind(simulator: Client) -> None:
    envelope = await simulator.call("importContacts", **import_form(404, ("a@mail.example",)))
    assert envelope == {"error": "Список 404: не найдено", "code": "invalid_arg"}
    assert (await simulator.seen("state"))["contacts"] == 0


async def test_a_contact_is_subscribed_excluded_and_looked_up(simulator: Client) -> None:
    first, second = [(await simulator.result("createList", title=title))["id"] for title in ("A", "B")]
    await simulator.result(
        "subscribe", list_ids=f"{first},{second}", fields={"email": "anna@mail.example", "Name": "Анна"}
    )
    await simulator.result("exclude", contact_type="email", contact="anna@mail.example", list_ids=second)
    found = await simulator.result("getContact", email="anna@mail.example", include_lists=1, include_fields=1)
    assert [(item["id"], item["status"]) for item in found["lists"]] == [(first, "active")]
    assert found["fields"]["Name"] == "Анна"
    assert (found["email"]["status"], found["email"]["availability"]) == ("active", "available")
    assert (await simulator.call("getContact", email="nobody@mail.example"))["code"] == "invalid_arg"


async def test_imports_side_by_side_lose_nothing(simulator: Client) -> None:
    key = (await simulator.result("createList", title="Список"))["id"]
    parts = [tuple(f"p{part}-{index}@mail.example" for index in range(100)) for part in range(8)]
    await asyncio.gather(*(simulator.result("importContacts", **import_form(key, part)) for part in parts))
    assert (await simulator.result("getContactCount", list_id=key))["count"] == 800
