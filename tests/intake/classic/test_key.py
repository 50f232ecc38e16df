"""The key of the compatible leads API, as people make it and take it away."""

from __future__ import annotations

from tests.application import Installation

from vestnik.intake.leads.tables import intake_settings

KEY = "/intake/classic-key"
ADDRESS = "http://vestnik.test/developer/v1/leads"
NONE = {"on": False, "madeAt": None, "hint": None, "address": ADDRESS}


async def test_the_key_is_shown_once_and_known_by_its_end(installation: Installation) -> None:
    browser = await installation.signed_in("integrator")
    assert (await browser.get(KEY)).json() == NONE

    made = await browser.post(KEY)

    assert made.status_code == 201
    told = made.json()
    key = told.pop("key")
    assert (len(key), key.isalnum()) == (32, True)
    assert told == {"on": True, "madeAt": told["madeAt"], "hint": key[-4:], "address": ADDRESS}
    assert told["madeAt"] is not None
    assert (await browser.get(KEY)).json() == told
    async with installation.services.database.read() as connection:
        row = (await connection.execute(intake_settings.select())).one()
    assert key.encode() not in row.key_digest + row.key_sealed


async def test_a_new_key_takes_the_place_of_the_old_one(installation: Installation) -> None:
    browser = await installation.signed_in("integrator")
    first = (await browser.post(KEY)).json()["key"]

    second = (await browser.post(KEY)).json()

    assert second["key"] != first
    assert (await browser.get(KEY)).json()["hint"] == second["hint"]


async def test_it_can_be_taken_away(installation: Installation) -> None:
    browser = await installation.signed_in("integrator")
    await browser.post(KEY)

    assert (await browser.delete(KEY)).status_code == 204

    assert (await browser.get(KEY)).json() == NONE
    assert (await browser.delete(KEY)).status_code == 404
