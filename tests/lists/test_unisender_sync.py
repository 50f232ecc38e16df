"""Whole syncs with lists of tens of thousands at Unisender: exported as files, imported 500 people a call."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import httpx
import pytest
from tests.application import settings  # noqa: F401
from tests.lists.panel_site import ok
from tests.lists.test_panel_services import ANNA, Desk, desk, process  # noqa: F401

from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact
from vestnik_simulator import RunningSimulator

WITHIN_S = 120
PEOPLE = 20_000
#: Both on the list and here; the first of them have left the list by their own will.
SHARED = [f"both{number:05}@mail.example" for number in range(PEOPLE // 2)]
LEFT = SHARED[:60]
STRANGERS = [f"stranger{number:05}@mail.example" for number in range(PEOPLE // 2)]
NEW = [ANNA, *(f"new{number:05}@mail.example" for number in range(PEOPLE // 2))]
#: The service takes no addresses of a role.
ROLES = ["info@mail.example", "sales@mail.example", "office@mail.example"]


class AtService:
    """The service's list, as its own user fills it and sees it."""

    def __init__(self, process: RunningSimulator, http: httpx.AsyncClient) -> None:  # noqa: F811
        self._key, self._http = process.api_keys["mayak"], http
        self.list_id = ""

    async def call(self, method: str, **form: Any) -> Any:
        answer = await self._http.post(f"/ru/api/{method}", data={"api_key": self._key, **form})
        assert "error" not in answer.json(), answer.text
        return answer.json()["result"]

    async def fill(self) -> None:
        """The list of before the sync."""
        self.list_id = str((await self.call("createList", title="Покупатели"))["id"])
        people = [*SHARED, *STRANGERS]
        names = {"field_names[0]": "email", "field_names[1]": "email_list_ids"}
        for start in range(0, len(people), 500):
            data = {
                f"data[{row}][{column}]": value
                for row, address in enumerate(people[start : start + 500])
                for column, value in enumerate((address, self.list_id))
            }
            await self.call("importContacts", **names, **data)
        for address in LEFT:
            who = {"contact_type": "email", "contact": address, "list_ids": self.list_id}
            await self.call("unsubscribe", **who)

    async def members(self) -> dict[str, str]:
        """Who is on the list, with what status."""
        answer = await self._http.get(f"/_simulator/lists/{self.list_id}/members?limit=200000")
        return {each["address"]: each["status"] for each in answer.json()["items"]}

    async def calls(self) -> Counter[str]:
        """How often each method was asked for."""
        answer = await self._http.get("/_simulator/requests")
        return Counter({name: each["calls"] for name, each in answer.json()["methods"].items()})


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("mode", "add", "remove", "after"),
    [
        ("exact", len(NEW) + len(ROLES), len(STRANGERS), {*SHARED, *NEW}),
        ("merge", len(NEW) + len(ROLES), 0, {*SHARED, *NEW, *STRANGERS}),
        ("subtract", 0, len(SHARED) - len(LEFT), {*LEFT, *STRANGERS}),
    ],
)
async def test_a_long_list_becomes_what_the_mode_says(
    desk: Desk,  # noqa: F811
    mode: str,
    add: int,
    remove: int,
    after: set[str],
) -> None:
    process = desk.simulator  # noqa: F811
    async with httpx.AsyncClient(base_url=process.url, trust_env=False, timeout=60) as http:
        service = AtService(process, http)
        await service.fill()
        await _people(desk)
        account_id = await desk.connect(
            "unisender", {"base_url": process.url, "api_key": process.api_keys["mayak"]}
        )
        before = await service.calls()
        made = ok(await desk.browser.post("/syncs", _draft(account_id, service.list_id, mode)))
        plan = await _until(desk, made["id"], "waiting", "failed")
        assert plan["state"] == "waiting", plan["reason"]
        counts = plan["counts"]
        assert (counts["before"], counts["add"], counts["remove"]) == (PEOPLE - len(LEFT), add, remove)
        ok(await desk.browser.post(f"/syncs/{made['id']}/confirm", {"removals": remove}))
        run = await _until(desk, made["id"], "done", "failed")
        assert run["state"] == "done", run["reason"]

        refused = len(ROLES) if add else 0
        told = {name: run["counts"][name] for name in ("added", "removed", "rejected", "differs")}
        assert told == {"added": add - refused, "removed": remove, "rejected": refused, "differs": 0}
        members = await service.members()
        assert set(members) == after
        assert {address for address, status in members.items() if status == "unsubscribed"} == set(LEFT)
        asked = await service.calls() - before
        assert (asked["async/exportContacts"], asked["files"], asked["unsubscribe"]) == (2, 2, 0)
        if refused:
            causes = ok(await desk.browser.get(f"/sync-runs/{run['id']}/rejects"))["items"]
            assert {each["address"]: each["reason"] for each in causes} == {
                address: f"Role address is refused: {address}" for address in ROLES
            }


async def _people(desk: Desk) -> None:  # noqa: F811
    """Everybody but Anna, who is there already."""
    people = [NewContact(address, [normalise("email", address)]) for address in (*SHARED, *NEW[1:], *ROLES)]
    services = desk.services
    for start in range(0, len(people), 5_000):
        part = people[start : start + 5_000]
        await services.database.write(services.contacts.insert_many, part)


def _draft(account_id: str, list_id: str, mode: str) -> dict[str, Any]:
    return {
        "accountId": account_id,
        "source": "contacts",
        "listExternalId": list_id,
        "listTitle": "Покупатели",
        "mode": mode,
        "everyMinutes": None,
    }


async def _until(desk: Desk, sync_id: str, *states: str) -> Any:  # noqa: F811
    deadline = time.monotonic() + WITHIN_S
    while True:
        run = ok(await desk.browser.get(f"/syncs/{sync_id}"))["run"]
        if run["state"] in states:
            return run
        assert time.monotonic() < deadline, run
        await asyncio.sleep(0.1)
