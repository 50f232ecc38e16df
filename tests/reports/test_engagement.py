"""Who is active, who sleeps: over campaigns, a segment and a period."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.reports.conftest import AUTUMN, SUMMER, Room

from vestnik.campaigns.tables import campaign
from vestnik.contacts import bulk
from vestnik.people.access import SYSTEM
from vestnik.reports import engagement

NOVEMBER = {"from": "2026-11-01T00:00:00+03:00", "to": "2026-12-01T00:00:00+03:00"}
YEAR = {"from": "2026-01-01T00:00:00+03:00", "to": "2027-01-01T00:00:00+03:00"}


async def groups(room: Room, **query: Any) -> list[int]:
    """How many are active, sleep, never opened, got nothing."""
    found = await room.get("/reports/engagement", **query)
    return [group["count"] for group in found["groups"]]


async def test_everybody_is_in_one_group(room: Room) -> None:
    found = await room.get("/reports/engagement", **NOVEMBER)
    assert found["groups"] == [
        {"group": "active", "count": 2},
        {"group": "sleeping", "count": 1},
        {"group": "never", "count": 1},
        {"group": "unreached", "count": 2},
    ]
    assert found["audience"] == 6
    assert [(each["name"], each["delivered"], each["opened"]) for each in found["campaigns"]] == [
        ("Осень", 4, 2)
    ]


async def test_period_campaigns_and_segment_change_the_answer(room: Room) -> None:
    assert await groups(room, **YEAR) == [3, 0, 2, 1]
    assert await groups(room, **YEAR, campaignIds=str(SUMMER)) == [1, 1, 1, 3]
    assert await groups(room, **YEAR, campaignIds=f"{SUMMER},{AUTUMN}") == [3, 0, 2, 1]
    members = [room.contacts["Анна"], room.contacts["Глеб"]]
    id = await room.installation.services.segments.create(SYSTEM, "Двое", members=members)
    assert await groups(room, **NOVEMBER, segmentId=str(id)) == [1, 0, 1, 0]


async def test_who_got_an_sms_alone_was_reached_by_no_letter(room: Room) -> None:
    change = sa.update(campaign).where(campaign.c.id == SUMMER).values(type="sms")
    await room.installation.services.database.write(lambda connection: connection.execute(change))
    assert await groups(room, **YEAR) == await groups(room, **YEAR, campaignIds=str(AUTUMN))
    assert await groups(room, **YEAR, campaignIds=str(SUMMER)) == [0, 0, 0, 6]


async def test_group_becomes_a_segment_in_the_background(room: Room) -> None:
    body = {"name": "Спящие", "group": "sleeping", **NOVEMBER}
    made = await room.browser.post("/reports/engagement/segment", body)
    assert (made.status_code, made.json()["members"]) == (201, 1)
    await room.installation.services.contact_lists.bulk.work()
    run = await room.get(f"/contacts/bulk/{made.json()['runId']}")
    assert (run["state"], run["total"], run["done"], run["changed"]) == ("done", 1, 1, 1)
    found = await room.get(f"/segments/{made.json()['id']}/contacts")
    assert [each["name"] for each in found["items"]] == ["Вера"]
    again = await room.browser.post("/reports/engagement/segment", body)
    assert (again.status_code, again.json()["code"]) == (409, "segment_exists")


@pytest.mark.parametrize("ahead", [1, 2, 100])
async def test_long_group_is_read_stretch_by_stretch(
    room: Room, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    monkeypatch.setattr(engagement, "PEOPLE_AHEAD", ahead)
    monkeypatch.setattr(bulk, "READ_AT_ONCE", 2)
    monkeypatch.setattr(bulk, "CHANGED_AT_ONCE", 1)
    segments = room.installation.services.segments
    members = [room.contacts[name] for name in ("Анна", "Вера", "Дина", "Егор")]
    some = await segments.create(SYSTEM, "Четверо", members=members)
    for group, period, segment, expected in (
        ("active", YEAR, None, ["Анна", "Борис", "Вера"]),
        ("active", YEAR, str(some), ["Анна", "Вера"]),
        ("never", YEAR, None, ["Глеб", "Дина"]),
        ("unreached", NOVEMBER, str(some), ["Дина", "Егор"]),
    ):
        body = {"name": f"{group} {segment} {period['from']}", "group": group, "segmentId": segment, **period}
        made = (await room.browser.post("/reports/engagement/segment", body)).json()
        await room.installation.services.contact_lists.bulk.work()
        found = await room.get(f"/segments/{made['id']}/contacts")
        assert sorted(each["name"] for each in found["items"]) == expected
        assert made["members"] == len(expected)


async def test_empty_group_makes_no_segment(room: Room) -> None:
    body = {"name": "Никто", "group": "sleeping", **YEAR}
    answer = await room.browser.post("/reports/engagement/segment", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "report_group_is_empty")
    assert (await room.get("/segments"))["total"] == 0


async def test_group_is_exported(room: Room) -> None:
    answer = await room.browser.get("/reports/engagement/export", params={**NOVEMBER, "group": "active"})
    assert answer.content.decode("utf-8").splitlines() == [
        "\ufeffИмя;Адрес;Группа;Писем;Открыто;Переходов;Последнее действие",
        "Анна;anna@mail.ru;Активен;1;1;1;2026-11-20 12:00:00",
        "Борис;boris@mail.ru;Активен;1;1;0;2026-11-20 12:00:00",
    ]


async def test_period_that_ends_before_it_begins_is_refused(room: Room) -> None:
    backwards = {"from": NOVEMBER["to"], "to": NOVEMBER["from"]}
    answer = await room.browser.get("/reports/engagement", params=backwards)
    assert (answer.status_code, answer.json()["code"]) == (422, "report_period_backwards")


async def test_report_is_for_those_who_may_read_reports(room: Room) -> None:
    browser = await room.installation.signed_in("sales_manager")
    assert (await browser.get("/reports/engagement", params=NOVEMBER)).status_code == 403
