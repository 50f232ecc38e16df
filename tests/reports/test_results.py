"""A campaign's figures by their sources, its links and domains."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from tests.reports.conftest import AT, AUTUMN, NEWS, SALE, SUMMER, Room

from vestnik.campaigns.reasons import reason
from vestnik.campaigns.tables import campaign, stats


def moment(text: str | None) -> str | None:
    """As the wire writes UTC."""
    return None if text is None else text.replace("+00:00", "Z")


async def test_each_figure_names_its_source_and_time_and_ours_stands_beside_the_services(room: Room) -> None:
    found = await room.get(f"/campaigns/{AUTUMN}/results")
    by_name = {figure["name"]: figure for figure in found["figures"]}
    told = moment(AT.isoformat())
    assert by_name["opened"] == {"name": "opened", "count": 4, "source": "service", "at": told, "ours": 2}
    assert (by_name["sent"]["count"], by_name["sent"]["ours"]) == (5, 5)
    assert by_name["delivered"] == {
        "name": "delivered",
        "count": 4,
        "source": "own",
        "at": "2026-11-20T09:04:00Z",
        "ours": 4,
    }
    assert (by_name["bounced"]["count"], by_name["hardBounced"]["ours"]) == (1, 1)
    assert (found["webhookAt"], found["stats"]["failure"]) == ("2026-11-20T09:03:00Z", None)


async def test_where_later_events_tell_of_more_than_the_service_did_ours_leads(room: Room) -> None:
    earlier = sa.update(stats).values(figures={"sent": 0, "opened": 4}, fetched_at=AT - timedelta(days=1))
    await room.installation.services.database.write(lambda connection: connection.execute(earlier))
    found = await room.get(f"/campaigns/{AUTUMN}/results")
    by_name = {figure["name"]: figure for figure in found["figures"]}
    assert (by_name["sent"]["count"], by_name["sent"]["source"]) == (5, "own")
    assert (by_name["opened"]["count"], by_name["opened"]["source"]) == (4, "service")


async def test_campaign_of_which_the_service_told_nothing_has_our_figures(room: Room) -> None:
    found = await room.get(f"/campaigns/{SUMMER}/results")
    assert {figure["source"] for figure in found["figures"]} == {"own"}
    assert (found["stats"]["at"], found["webhookAt"], found["polling"]["at"]) == (None, None, None)


async def test_last_figures_stay_with_their_age_and_the_reason_when_the_service_fails(room: Room) -> None:
    why = reason("unanswered", function="CRM_Marketing_GetCampaignStats", text="no route")
    failed = sa.update(campaign).where(campaign.c.id == AUTUMN).values(stats_failure=why, poll_failure=why)
    await room.installation.services.database.write(lambda connection: connection.execute(failed))
    found = await room.get(f"/campaigns/{AUTUMN}/results")
    words = "Сервис не ответил (Статистика рассылки): no route"
    assert (found["stats"]["at"], found["stats"]["failure"]) == (moment(AT.isoformat()), words)
    assert found["polling"]["failure"] == words
    assert next(figure for figure in found["figures"] if figure["name"] == "opened")["count"] == 4


async def test_links_show_the_services_counts_and_ours(room: Room) -> None:
    found = await room.get(f"/campaigns/{AUTUMN}/links")
    assert found["items"] == [
        {"url": SALE, "clicks": 5, "people": 3, "ownClicks": 2, "ownPeople": 1},
        {"url": NEWS, "clicks": None, "people": None, "ownClicks": 1, "ownPeople": 1},
    ]
    assert found["service"]["at"] == moment(AT.isoformat())


async def test_domains_are_counted_the_largest_first(room: Room) -> None:
    found = await room.get(f"/campaigns/{AUTUMN}/domains")
    assert [list(line.values()) for line in found["items"]] == [
        ["mail.ru", 2, 2, 2, 1, 0],
        ["yandex.ru", 2, 2, 0, 0, 0],
        ["example.com", 1, 0, 0, 0, 1],
    ]


async def test_campaign_that_is_none_is_not_found(room: Room) -> None:
    for what in ("results", "links", "domains", "log", "log/1", "log/export"):
        assert (await room.browser.get(f"/campaigns/999/{what}")).status_code == 404
