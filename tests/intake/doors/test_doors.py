"""Doors for whoever looks after them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.intake.doors.conftest import SITE, Street
from tests.intake.parsing.document import EXAMPLE

from vestnik.db import new_key
from vestnik.intake.doors.errors import SiteInvalid
from vestnik.intake.doors.service import site_of
from vestnik.intake.doors.tables import intake_door

PATH = "/intake-doors"


async def test_a_door_is_made_changed_and_closed(street: Street) -> None:
    door = await street.door(sites=[SITE + "/"], mapping=[{"target": "phone", "names": ["tel2", "tel2"]}])
    assert (door["title"], door["sites"], door["perMinute"], door["enabled"]) == ("Сайт", [SITE], 120, True)
    assert door["mapping"] == [{"target": "phone", "names": ["tel2"]}]
    assert (door["isSigned"], door["count"], door["last"]) == (False, 0, None)

    changed = await street.browser.patch(f"{PATH}/{door['id']}", {"title": "Акция", "sites": []})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["title"], changed.json()["sites"]) == ("Акция", [])
    assert changed.json()["url"] == door["url"]

    assert (await street.browser.delete(f"{PATH}/{door['id']}")).status_code == 204
    assert (await street.browser.get(f"{PATH}/{door['id']}")).status_code == 404
    assert (await street.browser.patch(f"{PATH}/{door['id']}", {"title": "a"})).status_code == 404
    assert (await street.browser.get(PATH)).json() == {"items": [], "total": 0}


async def test_a_lead_goes_where_its_door_says(street: Street) -> None:
    person = await street.installation.add_user("sales_manager")
    door = await street.door(responsibleId=str(person))

    lead = await street.lead_of(await street.posts(door, EXAMPLE))

    assert lead.responsible_id == person
    await street.browser.patch(f"{PATH}/{door['id']}", {"responsibleId": None})
    assert (await street.card(door))["responsibleId"] is None


@pytest.mark.parametrize("name", ["calendarId", "responsibleId", "channelId"])
async def test_what_is_not_there_can_not_be_chosen(street: Street, name: str) -> None:
    answer = await street.browser.post(PATH, {"title": "a", name: str(new_key())})

    assert (answer.status_code, answer.json()["path"]) == (422, f"$.{name}")


@pytest.mark.parametrize(
    ("written", "site"),
    [
        ("https://Example.org", "https://example.org"),
        ("https://example.org:443/", "https://example.org"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://пример.рф", "https://xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_a_site_is_kept_as_browsers_tell_it(written: str, site: str) -> None:
    assert site_of(written) == site


@pytest.mark.parametrize(
    "written",
    ["example.org", "https://", "https://a.ru/page", "ftp://a.ru", "*", "null", "https://*.a.ru", "https://a@b.ru",
     "https://a.ru:99999", "https://a ru", "https://[::1"],
)  # fmt: skip
def test_what_is_no_site_is_refused(written: str) -> None:
    with pytest.raises(SiteInvalid):
        site_of(written)


async def test_neither_token_nor_secret_is_stored_open(street: Street) -> None:
    door = await street.door()
    secret = (await street.browser.post(f"{PATH}/{door['id']}/secret")).json()["secret"]

    [row] = await street.rows(sa.select(intake_door))

    stored = repr(tuple(row))
    assert door["url"].rpartition("/")[2] not in stored
    assert secret not in stored
    assert secret not in (await street.browser.get(f"{PATH}/{door['id']}")).text


async def test_an_example_is_tried_without_becoming_anything(street: Street) -> None:
    door = await street.door()

    answer = await street.browser.post(f"{PATH}/{door['id']}/try", {"body": EXAMPLE})

    tried = answer.json()
    assert answer.status_code == 200, answer.text
    assert (tried["inputId"], tried["reading"]["fields"]["inn"]) == (None, "7709745454")
    assert tried["reading"]["fields"]["lines"][0]["quantity"] == "2"
    assert await street.inputs() == []


async def test_an_example_is_really_sent_when_asked(street: Street) -> None:
    door = await street.door(trap="url")
    form = {"body": "name=Иван&pone=5", "contentType": "application/x-www-form-urlencoded", "send": True}

    tried = (await street.browser.post(f"{PATH}/{door['id']}/try", form)).json()
    await street.installation.services.intake.inputs.work()

    [row] = await street.inputs()
    assert (str(row.id), row.is_try, row.state) == (tried["inputId"], True, "read")
    assert [each["code"] for each in tried["reading"]["warnings"]] == ["near_name"]


async def test_a_nearly_known_name_is_mapped_by_one_click(street: Street) -> None:
    await street.installation.add_user("administrator")
    door = await street.door()
    answer = await street.posts(door, '{"Тема": "a", "Тлефон": "5"}')
    await street.installation.services.intake.inputs.work()
    path = f"/inputs/{answer.json()['id']}"

    card = (await street.browser.get(path)).json()
    [warning] = card["reading"]["warnings"]
    assert (warning["code"], warning["name"], warning["target"]) == ("near_name", "Тлефон", "phone")
    assert warning["text"] == "Поле «Тлефон» неизвестно; похоже на «Телефон»."
    named = await street.browser.post(f"{path}/name", {"name": warning["name"], "target": warning["target"]})
    assert named.status_code == 204, named.text
    seen = (await street.browser.post(f"{path}/parse?dry=true", {})).json()
    assert [(each["field"], each["after"]) for each in seen["differences"]][-1:] or seen
    done = await street.browser.post(f"{path}/parse", {})
    assert done.status_code == 200, done.text

    lead = await street.lead_of(await street.posts(door, '{"Тлефон": "6"}'))
    assert lead.phone == "6"
    assert (await street.card(door))["mapping"] == [{"target": "phone", "names": ["Тлефон"]}]


async def test_inputs_are_listed_looked_at_and_fetched(street: Street) -> None:
    door = await street.door()
    answer = await street.posts(door, EXAMPLE.encode("cp1251"), "text/plain")
    await street.posts(door, b"{")
    await street.installation.services.intake.inputs.work()
    id = answer.json()["id"]

    listed = (await street.browser.get("/inputs", params={"door": "http", "sourceId": door["id"]})).json()
    assert (listed["total"], listed["counts"]) == (2, {"read": 1, "unreadable": 1})
    assert [each["source"] for each in listed["items"]] == ["Сайт", "Сайт"]
    assert listed["items"][0]["reason"]["text"].startswith("JSON обрывается (строка 1)")
    card = (await street.browser.get(f"/inputs/{id}")).json()
    assert card["pieces"][0]["text"] == EXAMPLE
    assert card["pieces"][0]["encoding"] == "windows-1251"
    raw = await street.browser.get(f"/inputs/{id}/raw")
    assert raw.content == EXAMPLE.encode("cp1251")
    assert raw.headers["content-disposition"] == f'attachment; filename="input-{id}.txt"'
    assert raw.headers["x-content-type-options"] == "nosniff"
    assert (await street.browser.get(f"/inputs/{new_key()}")).status_code == 404


async def test_several_inputs_are_read_again_together(street: Street) -> None:
    door = await street.door()
    ids = [(await street.posts(door, body)).json()["id"] for body in ('{"Зовут": "Иван"}', "{")]
    await street.installation.services.intake.inputs.work()
    mapping = [{"target": "person", "names": ["Зовут"]}]
    await street.browser.patch(f"{PATH}/{door['id']}", {"mapping": mapping})

    answer = await street.browser.post("/inputs/parse", {"ids": [*ids, "1"]})

    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [each["leadId"] is not None for each in items] == [True, False, False]
    assert items[0]["problem"] is None
    assert [bool(each["problem"]) for each in items] == [False, True, True]
