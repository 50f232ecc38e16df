"""What a web site meets at `/intake/{token}`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from tests.intake.doors.conftest import SITE, Street, signed
from tests.intake.parsing.document import EXAMPLE

from vestnik.intake.doors import door as doors
from vestnik.intake.doors.door import BODY_BYTES, STRANGERS

ORDER = EXAMPLE.encode("cp1251")
FORM = "application/x-www-form-urlencoded"


async def test_an_order_becomes_a_lead(street: Street) -> None:
    door = await street.door()

    answer = await street.posts(door, ORDER)

    assert answer.status_code == 202
    assert list(answer.json()) == ["id"]
    lead = await street.lead_of(answer)
    assert (lead.inn, lead.person, lead.door) == ("7709745454", "Прилепский Алексей Анатольевич", "http")


async def test_it_is_stored_before_it_is_read(street: Street) -> None:
    door = await street.door()

    answer = await street.posts(door, b"{ this is no JSON")

    assert answer.status_code == 202
    [row] = await street.inputs()
    assert (row.state, row.size) == ("new", 17)
    await street.installation.services.intake.inputs.work()
    card = await street.card(door)
    assert card["last"]["state"] == "unreadable"
    assert card["last"]["reason"]["code"] == "json_colon_missing"


async def test_the_same_key_is_the_same_lead(street: Street) -> None:
    door = await street.door()

    first = await street.posts(door, ORDER, idempotency_key="1")
    again = await street.posts(door, ORDER, idempotency_key="1")
    other = await street.posts(door, ORDER + b"\n", idempotency_key="1")

    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)
    assert first.json() == again.json()
    assert other.json()["code"] == "idempotency_key_reused"
    assert len(await street.inputs()) == 1


@pytest.mark.parametrize("key", ["", " ", "a" * 201, "a\tb"])
async def test_a_key_that_is_none_is_refused(street: Street, key: str) -> None:
    answer = await street.posts(await street.door(), ORDER, idempotency_key=key)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_an_unknown_address_tells_nothing(street: Street) -> None:
    door = await street.door()
    token = door["url"].rpartition("/")[2]
    await street.browser.post(f"/intake-doors/{door['id']}/rotate-token")

    answers = [
        await street.site.request(method, f"/intake/{path}", content=b"{}")
        for path in ("", "x", token, f"{token}/x", "%00")
        for method in ("GET", "POST", "OPTIONS")
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "not_found")}


async def test_a_stranger_who_tries_many_addresses_is_slowed_down(street: Street) -> None:
    statuses = [(await street.site.post("/intake/x")).status_code for _ in range(STRANGERS[0] + 1)]

    assert statuses == [404] * STRANGERS[0] + [429]


async def test_a_disabled_or_archived_door_is_closed(street: Street) -> None:
    disabled, archived = await street.door(), await street.door()
    await street.browser.patch(f"/intake-doors/{disabled['id']}", {"enabled": False})
    await street.browser.delete(f"/intake-doors/{archived['id']}")

    assert (await street.posts(disabled, ORDER)).status_code == 404
    assert (await street.posts(archived, ORDER)).status_code == 404
    await street.browser.patch(f"/intake-doors/{disabled['id']}", {"enabled": True})
    assert (await street.posts(disabled, ORDER)).status_code == 202


async def test_only_post_is_taken(street: Street) -> None:
    door = await street.door()

    for method in ("GET", "PUT", "DELETE", "HEAD"):
        assert (await street.site.request(method, door["url"])).status_code == 405
    assert (await street.site.post(door["url"] + "/", content=ORDER)).status_code == 202


async def test_too_large_a_body_is_refused_declared_or_not(street: Street) -> None:
    door = await street.door()

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b" " * 1_000_000

    assert (await street.posts(door, b" " * (BODY_BYTES + 1))).status_code == 413
    assert (await street.site.post(door["url"], content=pieces())).status_code == 413
    assert (await street.posts(door, b" " * BODY_BYTES)).status_code == 202
    assert len(await street.inputs()) == 1


async def test_a_body_that_does_not_come_is_not_waited_for(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "BODY_WITHIN_S", 0.05)
    door = await street.door()

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await street.site.post(door["url"], content=never())

    assert (answer.status_code, answer.json()["code"]) == (408, "request_too_slow")
    assert await street.inputs() == []


async def test_a_door_takes_so_many_a_minute(street: Street) -> None:
    door, other = await street.door(perMinute=3), await street.door()

    statuses = [(await street.posts(door, ORDER)).status_code for _ in range(4)]

    assert statuses == [202, 202, 202, 429]
    refused = await street.posts(door, ORDER)
    assert int(refused.headers["retry-after"]) > 0
    assert (await street.posts(other, ORDER)).status_code == 202


# Signatures


async def test_a_signed_door_takes_signed_requests_alone(street: Street) -> None:
    door = await street.door()
    secret = (await street.browser.post(f"/intake-doors/{door['id']}/secret")).json()["secret"]

    good = await street.posts(door, ORDER, x_signature=signed(ORDER, secret))
    bad = [
        await street.posts(door, ORDER),
        await street.posts(door, ORDER, x_signature=signed(ORDER + b" ", secret)),
        await street.posts(door, ORDER, x_signature=signed(ORDER, secret + "x")),
        await street.posts(door, ORDER, x_signature=signed(ORDER, secret).removeprefix("sha256=")),
    ]

    assert good.status_code == 202
    assert {(each.status_code, each.json()["code"]) for each in bad} == {(401, "signature_wrong")}
    assert len(await street.inputs()) == 1
    await street.browser.delete(f"/intake-doors/{door['id']}/secret")
    assert (await street.posts(door, ORDER)).status_code == 202


async def test_a_new_secret_ends_the_old_one(street: Street) -> None:
    door = await street.door()
    old, new = [
        (await street.browser.post(f"/intake-doors/{door['id']}/secret")).json()["secret"] for _ in range(2)
    ]

    assert (await street.posts(door, ORDER, x_signature=signed(ORDER, old))).status_code == 401
    assert (await street.posts(door, ORDER, x_signature=signed(ORDER, new))).status_code == 202
    assert (await street.card(door))["isSigned"] is True


# Browsers


async def test_pages_of_allowed_sites_may_post(street: Street) -> None:
    door = await street.door(sites=[SITE])

    before = await street.site.options(door["url"], headers={"origin": SITE})
    answer = await street.posts(door, ORDER, origin=SITE)

    assert before.status_code == 204
    assert before.headers["access-control-allow-methods"] == "POST"
    assert before.headers["access-control-allow-origin"] == SITE
    assert answer.status_code == 202
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.headers["vary"] == "origin"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", SITE + ".evil.example", "http://shop.example.org"]
)
async def test_pages_of_other_sites_may_not(street: Street, origin: str) -> None:
    door = await street.door(sites=[SITE])

    before = await street.site.options(door["url"], headers={"origin": origin})
    answer = await street.posts(door, ORDER, origin=origin)

    assert (answer.status_code, answer.json()["code"]) == (403, "site_not_allowed")
    assert "access-control-allow-origin" not in {**before.headers, **answer.headers}
    assert await street.inputs() == []
    assert (await street.posts(door, ORDER)).status_code == 202  # a program tells no Origin


async def test_a_form_leads_back_to_its_site_and_nowhere_else(street: Street) -> None:
    door = await street.door(sites=[SITE])

    async def back(address: str) -> tuple[int, str | None]:
        answer = await street.posts(door, f"name=a&_redirect={address}", FORM, origin=SITE)
        return answer.status_code, answer.headers.get("location")

    assert await back(f"{SITE}/thanks?a=1") == (303, f"{SITE}/thanks?a=1")
    for address in (
        "https://evil.example/", f"{SITE}.evil.example/", "//evil.example", "/thanks", "javascript:alert(1)",
        f"{SITE}@evil.example/", "https://evil.example/%0d%0aSet-Cookie:a=b", "",
    ):  # fmt: skip
        assert await back(address) == (202, None), address
    assert await back(f"{SITE}/thanks&a=" + "b" * 100_000) == (303, f"{SITE}/thanks")


async def test_a_forms_fields_become_a_lead_with_its_visitor(street: Street) -> None:
    door = await street.door(sites=[SITE], mapping=[{"target": "company", "names": ["field_7"]}])

    answer = await street.posts(
        door, "name=Иван&phone=8 916 1&field_7=Ромашка&utm_source=ya", FORM, origin=SITE, user_agent="Firefox"
    )

    lead = await street.lead_of(answer)
    assert (lead.person, lead.phone, lead.company) == ("Иван", "8 916 1", "Ромашка")
    assert (lead.ip, lead.site) == ("203.0.113.50", "shop.example.org")
    [row] = await street.inputs()
    assert row.about == {"contentType": FORM, "ip": "203.0.113.50", "origin": SITE, "userAgent": "Firefox"}


async def test_a_machine_that_fills_in_the_trap_is_answered_like_anybody(street: Street) -> None:
    door = await street.door(trap="website")

    answer = await street.posts(door, "name=a&website=http://spam", FORM)
    await street.installation.services.intake.inputs.work()

    assert answer.status_code == 202
    assert [row.state for row in await street.inputs()] == ["set_aside"]


async def test_no_answer_can_be_taken_for_a_page(street: Street) -> None:
    door = await street.door()
    for answer in (await street.posts(door, ORDER), await street.site.post("/intake/x")):
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; sandbox")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


async def test_nothing_of_a_token_or_a_body_is_logged(
    street: Street, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    door = await street.door()

    async def breaks(*_: object) -> None:
        raise ArithmeticError("a fault of ours")

    monkeypatch.setattr(street.installation.services.intake.inputs, "store", breaks)
    answer = await street.posts(door, ORDER)

    assert answer.status_code == 500
    said = "".join(capfd.readouterr())
    assert answer.json()["reference"] in said
    assert door["url"].rpartition("/")[2] not in said
    assert "7709745454" not in said


async def test_a_site_hears_of_a_database_that_is_away(street: Street) -> None:
    door = await street.door()
    await street.installation.services.database.stop()
    try:
        answer: httpx.Response = await street.posts(door, ORDER)
    finally:
        await street.installation.services.database.start()
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert (await street.posts(door, ORDER)).status_code == 202


async def test_a_changed_door_is_known_to_all_who_knock_at_once(street: Street) -> None:
    door = await street.door()
    answers = await asyncio.gather(*(street.posts(door, ORDER) for _ in range(20)))
    assert [answer.status_code for answer in answers] == [202] * 20
