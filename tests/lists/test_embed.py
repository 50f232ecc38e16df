"""The panel in a frame of another system: its keys, its links, and what a hostile page gets."""

from __future__ import annotations

import hmac
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
import sqlalchemy as sa
from tests.application import ORIGIN, Browser, Installation, install, settings  # noqa: F401
from tests.docs.documents import text_of
from tests.lists.panel_site import ANNA, OTHER, ok, open_site

from vestnik.audit.tables import audit_row
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact
from vestnik.db import now
from vestnik.http.static import WebApplication
from vestnik.lists import embed, embed_links
from vestnik.lists.embed import origin_of
from vestnik.lists.embed_links import Ticket, Tickets
from vestnik.lists.embed_tables import embed_key
from vestnik.lists.panel_errors import OriginInvalid
from vestnik.people.tables import user
from vestnik.settings import Settings

CRM = "https://crm.example.com"


def signed(secret: str, **parameters: object) -> str:
    """A link's query as another system signs it, written down apart from the product's own code."""
    told = {name: str(value) for name, value in parameters.items()}
    canonical = "&".join(f"{name}={quote(told[name], safe='')}" for name in sorted(told))
    signature = hmac.new(secret.encode(), canonical.encode(), "sha256").hexdigest()
    return urlencode({**told, "signature": signature})


def until(**ahead: float) -> int:
    """So far from now, as a link says it."""
    return int((now() + timedelta(**ahead)).timestamp())


#: What is no matter of the database.
ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


class Frame:
    """A framed page: it has no session, and shows its token."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.browser.headers = {"sec-fetch-site": "same-origin", "accept-language": "en"}

    async def page(self, query: str) -> httpx.Response:
        return await self.browser.get(f"{ORIGIN}/embed/contact?{query}")

    async def token(self, query: str) -> httpx.Response:
        return await self.browser.post(f"{ORIGIN}/embed/api/token", {"query": f"?{query}"})

    async def sign_in(self, query: str) -> dict[str, Any]:
        told: dict[str, Any] = ok(await self.token(query))
        self.browser.headers["authorization"] = f"Bearer {told['token']}"
        return told

    async def get(self, path: str = "") -> httpx.Response:
        return await self.browser.get(f"{ORIGIN}/embed/api/panel{path}")


class Place:
    """An installation with Anna, an administrator, and a framed page somewhere."""

    def __init__(self, installation: Installation, desk: Browser, frame: Frame, contact_id: int) -> None:
        self.installation, self.desk, self.frame, self.contact_id = installation, desk, frame, contact_id

    async def key(self, **more: Any) -> tuple[str, str]:
        """A new key's number and secret."""
        made = ok(await self.desk.post("/embed-keys", {"name": "CRM", "origins": [CRM], **more}))
        return made["id"], made["secret"]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build that has the framed page."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Vestnik</title>")
    (folder / "embed.html").write_text("<!doctype html><title>The panel</title>")
    monkeypatch.setattr("vestnik.app.WebApplication", lambda: WebApplication(folder))
    return folder


@pytest.fixture
async def place(settings: Settings, built: Path) -> AsyncIterator[Place]:  # noqa: F811
    async with install(settings) as installation:
        await installation.found()
        desk = await installation.signed_in("administrator")
        services = installation.services
        anna = NewContact("Анна", [normalise("email", ANNA), normalise("email", OTHER)])
        [contact_id] = await services.database.write(
            lambda connection: services.contacts.insert_many(connection, [anna])
        )
        yield Place(installation, desk, Frame(await installation.browser("198.51.100.7")), contact_id)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json().get("code")


async def test_a_signed_link_opens_the_page_for_the_sites_of_its_key_alone(place: Place) -> None:
    key, secret = await place.key()

    page = await place.frame.page(signed(secret, key=key, email=ANNA, until=until(hours=1)))

    assert (page.status_code, page.text) == (200, "<!doctype html><title>The panel</title>")
    policy = page.headers["content-security-policy"].split("; ")
    assert f"frame-ancestors {CRM}" in policy
    assert "default-src 'none'" in policy
    assert "x-frame-options" not in page.headers
    assert "set-cookie" not in page.headers
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_the_page_sees_the_panel_of_its_subject_by_a_short_token(place: Place) -> None:
    key, secret = await place.key()
    told = await place.frame.sign_in(signed(secret, key=key, email=ANNA, until=until(hours=1), language="en"))

    card = ok(await place.frame.get())

    assert (told["mayChange"], told["language"]) == (False, "en")
    assert card == {
        "contactId": str(place.contact_id),
        "name": "Анна",
        "emails": [{"address": ANNA, "primary": True}],
        "accounts": [],
    }
    keys = ok(await place.desk.get("/embed-keys"))["items"]
    assert keys[0]["usedAt"] is not None
    assert "secret" not in keys[0]


@ONE_DATABASE
async def test_the_example_of_the_guide_signs_a_link_that_opens_the_page(place: Place) -> None:
    key, secret = await place.key()
    [code_of_guide] = re.findall(r"```python\n(.*?)```", text_of("docs/embedding.md"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code_of_guide, names)  # noqa: S102 - what another system's author would copy

    link = names["panel_link"](ORIGIN, key, secret, "Анна+1 @example.com")

    assert (await place.frame.browser.get(link)).status_code == 200


async def test_a_link_by_contact_shows_all_its_addresses_and_one_by_a_strange_address_that_one(
    place: Place,
) -> None:
    key, secret = await place.key()
    await place.frame.sign_in(signed(secret, key=key, contact=place.contact_id, until=until(hours=1)))
    assert [each["address"] for each in ok(await place.frame.get())["emails"]] == [ANNA, OTHER]

    stranger = "who+ever@example.com"
    await place.frame.sign_in(signed(secret, key=key, email=stranger, until=until(hours=1)))
    card = ok(await place.frame.get())
    assert (card["contactId"], card["emails"]) == (None, [{"address": stranger, "primary": True}])


@ONE_DATABASE
@pytest.mark.parametrize(
    "change",
    [
        {"email": "boris@example.com"},
        {"until": until(hours=20)},
        {"language": "en"},
        {"key": "2"},
        {"signature": "0" * 64},
        {"signature": ""},
        {"contact": "1"},
        {"more": "1"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_link_that_was_changed_opens_nothing(place: Place, change: dict[str, object]) -> None:
    key, secret = await place.key()
    query = dict(httpx.QueryParams(signed(secret, key=key, email=ANNA, until=until(hours=1))))
    bad = urlencode({**query, **change})

    page, token = await place.frame.page(bad), await place.frame.token(bad)

    assert (page.status_code, "panel" in page.text.lower()) == (403, True)
    assert "<title>The panel" not in page.text
    assert code(token) == (403, "embed_link_invalid")


@ONE_DATABASE
async def test_a_parameter_that_comes_twice_is_no_link(place: Place) -> None:
    key, secret = await place.key()
    query = signed(secret, key=key, email=ANNA, until=until(hours=1))

    assert code(await place.frame.token(f"{query}&email=boris@example.com"))[0] == 403
    assert (await place.frame.page(f"email=boris@example.com&{query}")).status_code == 403
    assert code(await place.frame.token("&".join(f"a{number}=1" for number in range(50))))[0] == 403


@ONE_DATABASE
@pytest.mark.parametrize("ahead", [{"seconds": -1.0}, {"hours": 25.0}, {"days": 3650.0}], ids=str)
async def test_a_link_whose_time_is_over_or_too_far_ahead_says_so_in_the_frame(
    place: Place, ahead: dict[str, float]
) -> None:
    key, secret = await place.key()
    query = signed(secret, key=key, email=ANNA, until=until(**ahead))

    page = await place.frame.page(query)

    assert page.status_code == 403
    assert "The link has expired" in page.text
    assert f"frame-ancestors {CRM}" in page.headers["content-security-policy"]
    assert code(await place.frame.token(query)) == (403, "embed_link_expired")


@ONE_DATABASE
async def test_a_link_without_a_live_key_may_be_framed_by_nobody(place: Place) -> None:
    page = await place.frame.page(signed("x", key=99, email=ANNA, until=until(hours=1)))

    assert page.status_code == 403
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@ONE_DATABASE
async def test_a_forged_link_tells_no_more_of_a_real_key_than_of_none(place: Place) -> None:
    key, _ = await place.key()

    real, unknown = [
        await place.frame.page(signed("vse_wrong", key=number, email=ANNA, until=until(hours=1)))
        for number in (key, "7")
    ]

    assert (real.status_code, real.text) == (unknown.status_code, unknown.text)
    assert real.headers["content-security-policy"] == unknown.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in real.headers["content-security-policy"]


async def test_a_revoked_key_ends_its_links_and_its_open_pages(place: Place) -> None:
    key, secret = await place.key()
    query = signed(secret, key=key, email=ANNA, until=until(hours=1))
    await place.frame.sign_in(query)
    ok(await place.desk.delete(f"/embed-keys/{key}"))

    assert code(await place.frame.get()) == (401, "embed_token_invalid")
    assert code(await place.frame.token(query)) == (403, "embed_link_invalid")
    assert ok(await place.desk.get("/embed-keys"))["total"] == 0
    assert (await place.desk.delete(f"/embed-keys/{key}")).status_code == 404


async def test_a_key_dies_when_its_time_is_over_and_with_who_made_it(place: Place) -> None:
    database = place.installation.services.database
    key, secret = await place.key(expiresAt=(now() + timedelta(days=1)).isoformat())
    other, other_secret = await place.key()
    query = signed(other_secret, key=other, email=ANNA, until=until(hours=1))
    await place.frame.sign_in(query)

    past = embed_key.update().where(embed_key.c.id == int(key)).values(expires_at=now())
    await database.write(lambda connection: connection.execute(past))
    over = await place.frame.token(signed(secret, key=key, email=ANNA, until=until(hours=1)))
    disabled = sa.update(user).values(disabled=True)
    await database.write(lambda connection: connection.execute(disabled))

    assert code(over) == (403, "embed_link_invalid")
    assert code(await place.frame.get()) == (401, "embed_token_invalid")


async def test_a_key_can_do_no_more_than_who_made_it_now(place: Place) -> None:
    database = place.installation.services.database
    key, secret = await place.key(mayChange=True)
    told = await place.frame.sign_in(signed(secret, key=key, email=ANNA, until=until(hours=1)))

    async def become(*roles: str) -> None:
        await database.write(lambda connection: connection.execute(sa.update(user).values(roles=[*roles])))

    await become("integrator")  # reads contacts, and changes none
    change = {"email": ANNA, "changes": [{"listExternalId": "news", "subscribed": True}]}
    refused = await place.frame.browser.post(f"{ORIGIN}/embed/api/panel/1/subscriptions", change)
    read = await place.frame.get()
    await become("connector")
    gone = await place.frame.get()

    assert told["mayChange"] is True
    assert code(refused) == (403, "forbidden")
    assert read.status_code == 200
    assert code(gone) == (401, "embed_token_invalid")


async def test_a_token_is_for_its_subject_its_time_and_these_questions_alone(place: Place) -> None:
    key, secret = await place.key()
    told = await place.frame.sign_in(signed(secret, key=key, email=ANNA, until=until(hours=1)))
    token = told["token"]

    foreign = await place.frame.get(f"/1?email={OTHER}")
    own_api = await place.frame.browser.get(f"/contacts/{place.contact_id}")
    place.frame.browser.headers["authorization"] = f"Bearer {token[:-1]}{'0' if token[-1] != '0' else '1'}"
    tampered = await place.frame.get()
    tickets = Tickets(place.installation.services.vault)
    over = tickets.token(Ticket(int(key), ANNA, None, now() - timedelta(seconds=1)))
    place.frame.browser.headers["authorization"] = f"Bearer {over}"
    late = await place.frame.get()
    place.frame.browser.headers["authorization"] = "Bearer x.y"
    rubbish = await place.frame.get()

    assert [code(each) for each in (foreign, own_api, tampered, late, rubbish)] == [
        (404, "not_found"),
        (401, "not_signed_in"),
        (401, "embed_token_invalid"),
        (401, "embed_token_invalid"),
        (401, "embed_token_invalid"),
    ]


async def test_a_token_lives_no_longer_than_its_link(place: Place) -> None:
    key, secret = await place.key()
    brief = until(seconds=100)

    told = await place.frame.sign_in(signed(secret, key=key, email=ANNA, until=brief))
    longer = await place.frame.sign_in(signed(secret, key=key, email=ANNA, until=until(hours=20)))

    ends = [int(seconds_of(each["expiresAt"])) for each in (told, longer)]
    assert ends[0] == brief
    assert ends[1] <= until(seconds=embed_links.TOKEN_S)


@ONE_DATABASE
async def test_a_session_of_a_person_counts_for_nothing_in_the_frame(place: Place) -> None:
    answer = await place.desk.get(f"{ORIGIN}/embed/api/panel")

    assert code(answer) == (401, "embed_token_invalid")


@ONE_DATABASE
async def test_another_sites_page_may_not_ask_even_with_a_token(place: Place) -> None:
    key, secret = await place.key()
    query = signed(secret, key=key, email=ANNA, until=until(hours=1))
    await place.frame.sign_in(query)
    place.frame.browser.headers["sec-fetch-site"] = "cross-site"

    panel, token = await place.frame.get(), await place.frame.token(query)

    assert (code(panel), code(token)) == ((403, "csrf_failed"), (403, "csrf_failed"))
    assert "access-control-allow-origin" not in panel.headers


async def test_a_key_for_reading_changes_nothing(place: Place) -> None:
    key, secret = await place.key()
    await place.frame.sign_in(signed(secret, key=key, email=ANNA, until=until(hours=1)))

    answer = await place.frame.browser.post(
        f"{ORIGIN}/embed/api/panel/1/subscriptions",
        {"email": ANNA, "changes": [{"listExternalId": "1", "subscribed": True}]},
    )

    assert code(answer) == (403, "forbidden")


@ONE_DATABASE
async def test_guessing_links_is_slowed_down_by_network(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.installation.services.embedding._refused, "_clock", lambda: 0.0)
    guesses = [
        await place.frame.token(signed("guess", key=1, email=ANNA, until=until(hours=1)))
        for _ in range(embed.REFUSED_AT_ONCE + 1)
    ]

    assert [code(each) for each in guesses[-2:]] == [(403, "embed_link_invalid"), (429, "too_many_requests")]


@ONE_DATABASE
async def test_pages_of_one_subject_are_limited_and_others_are_not(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.installation.services.embedding._asked, "_clock", lambda: 0.0)
    key, secret = await place.key()
    await place.frame.sign_in(signed(secret, key=key, email=ANNA, until=until(hours=1)))

    answers = [(await place.frame.get()).status_code for _ in range(embed.ASKED_AT_ONCE + 1)]
    await place.frame.sign_in(signed(secret, key=key, email=OTHER, until=until(hours=1)))

    assert (answers[0], answers[-1]) == (200, 429)
    assert (await place.frame.get()).status_code == 200


@ONE_DATABASE
async def test_nothing_else_is_under_embed(place: Place) -> None:
    for path in ("/embed/", "/embed/api/", "/embed/api/panel/x", "/embed/settings"):
        assert (await place.frame.browser.get(ORIGIN + path)).status_code == 404


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://crm.example.com", "https://crm.example.com"),
        (" https://CRM.example.com/ ", "https://crm.example.com"),
        ("https://crm.example.com:8443", "https://crm.example.com:8443"),
        ("https://*.apps.example.com", "https://*.apps.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
    ],
)
def test_origins_are_kept_as_browsers_write_them(text: str, origin: str) -> None:
    assert origin_of(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        *("http://crm.example.com", "https://*", "https://*.com", "https://*.*.example.com", "*"),
        *("https://crm.example.com/path", "https://crm.example.com;", "https://a b.example.com"),
        *("https://crm.example.com 'unsafe-inline'", "https://user@crm.example.com", "data:", "https://"),
        *("https://crm.example.com:0", "https://crm.example.com:99999", "https://crm.*.com", "null"),
        "https://crm.example.com\nx: y",
    ],
)
def test_what_is_no_origin_or_allows_too_much_is_refused(text: str) -> None:
    with pytest.raises(OriginInvalid):
        origin_of(text)


async def test_a_framed_page_asks_a_service_and_changes_lists_where_its_key_may(
    settings: Settings,  # noqa: F811
) -> None:
    async with open_site(settings) as site:
        made = ok(await site.desk.post("/embed-keys", {"name": "CRM", "origins": [CRM], "mayChange": True}))
        site.club.knows(ANNA, {"1": "subscribed"})
        frame = Frame(await site.installation.browser("198.51.100.7"))
        await frame.sign_in(
            signed(made["secret"], key=made["id"], contact=site.contact_id, until=until(hours=1))
        )

        block = ok(await frame.get(f"/{site.account_id}?email={ANNA}"))
        choices = ok(await frame.get(f"/{site.account_id}/lists?email={ANNA}"))
        saved = ok(
            await frame.browser.post(
                f"{ORIGIN}/embed/api/panel/{site.account_id}/subscriptions",
                {"email": ANNA, "changes": [{"listExternalId": "1", "subscribed": False}]},
            )
        )

        assert [each["title"] for each in block["lists"]] == ["Новости"]
        assert [each["title"] for each in choices["items"]] == ["Акции", "Новости"]
        assert [each["ok"] for each in saved["results"]] == [True]
        assert site.club.people[ANNA]["lists"] == []
        changed = sa.select(audit_row.c.fields).where(audit_row.c.action == "contact.lists_changed_embedded")
        async with site.services.database.read() as connection:
            assert await connection.scalar(changed) == [f"embed:{made['id']}", "Новости"]


async def test_a_visitor_reads_no_addresses_and_no_words_of_modules(
    settings: Settings,  # noqa: F811
) -> None:
    async with open_site(settings) as site:
        made = ok(await site.desk.post("/embed-keys", {"name": "CRM", "origins": [CRM]}))
        site.club.trouble = "http://10.0.0.7 is down"
        fetching = "from vestnik_sdk import fetch\nasync def CRM_Marketing_GetSubscriber(contact):\n    await fetch('https://inside.example')"
        closed = await site.add_module("closed", fetching, "http://127.0.0.1:9")
        frame = Frame(await site.installation.browser("198.51.100.7"))
        await frame.sign_in(
            signed(made["secret"], key=made["id"], contact=site.contact_id, until=until(hours=1))
        )

        blocks = [ok(await frame.get(f"/{each}?email={ANNA}")) for each in (site.account_id, closed)]
        choices = await frame.get(f"/{site.account_id}/lists?email={ANNA}")

        assert [each["problem"]["code"] for each in blocks] == ["panel_to_mend", "panel_to_mend"]
        assert code(choices) == (502, "panel_to_mend")
        told = f"{blocks}{choices.text}"
        assert not any(word in told for word in ("inside.example", "10.0.0.7", "127.0.0.1", "odule “"))


def seconds_of(text: str) -> float:
    """Seconds of an instant of an answer."""
    return datetime.fromisoformat(text).timestamp()
