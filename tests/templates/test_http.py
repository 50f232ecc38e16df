"""Templates over HTTP: who may see what, and the walls around a letter."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Installation

from vestnik.db import now
from vestnik.templates.letters import POLICY
from vestnik.templates.tables import template, template_html, template_import


@pytest.fixture
async def letter(installation: Installation) -> int:
    """A template with its letter fetched a moment ago."""

    def store(connection: sa.Connection) -> int:
        at = now()
        imported: dict[str, Any] = dict(pages=1, imported=1, archived=0, started_at=at, finished_at=at)
        connection.execute(
            sa.insert(template_import).values(id=7, account_id=1, state="done", offset=50, **imported)
        )
        connection.execute(
            sa.insert(template).values(
                id=11,
                account_id=1,
                external_id="t1",
                type="email",
                name="Весна",
                name_folded="весна",
                subject="Скидки",
                subject_folded="скидки",
                description="",
                language="ru",
                editor_url="https://app.example.com/t1",
                screenshot_url="http://127.0.0.1:9/picture.png",
                updated_at=at,
                import_id=7,
            )
        )
        html = '<p onclick="x()">Здравствуйте, {{name}}</p><img src="http://127.0.0.1:9/logo.png">'
        connection.execute(sa.insert(template_html).values(template_id=11, html=html, fetched_at=at))
        return 11

    return await installation.services.database.write(store)


async def test_a_template_is_listed_with_a_thumbnail_of_ours(installation: Installation, letter: int) -> None:
    browser = await installation.signed_in("marketer")
    page = (await browser.get("/templates?accountId=1&search=ВЕС")).json()
    assert page == {
        "total": 1,
        "languages": ["ru"],
        "items": [
            {
                "id": "11",
                "accountId": "1",
                "externalId": "t1",
                "type": "email",
                "name": "Весна",
                "subject": "Скидки",
                "description": "",
                "language": "ru",
                "thumbnailUrl": "/api/v1/templates/11/thumbnail",
                "editorUrl": "https://app.example.com/t1",
                "serviceUpdatedAt": None,
                "updatedAt": page["items"][0]["updatedAt"],
                "archivedAt": None,
            }
        ],
    }
    assert (await browser.get("/templates/11")).json() == page["items"][0]
    assert (await browser.get("/templates?archived=true")).json() == {
        "items": [],
        "total": 0,
        "languages": ["ru"],
    }
    assert (await browser.get("/templates?search=скид&language=ru")).json()["total"] == 1
    assert (await browser.get("/templates?language=en")).json()["total"] == 0
    state = (await browser.get("/templates/imports/7")).json()
    assert (state["state"], state["imported"], state["reason"]) == ("done", 1, None)
    assert (await browser.get("/templates/imports")).json() == {"items": [state]}


async def test_a_letter_is_told_with_its_age_and_its_fields(installation: Installation, letter: int) -> None:
    browser = await installation.signed_in("marketer")
    told = (await browser.get("/templates/11/letter")).json()
    assert told == {
        "fetchedAt": told["fetchedAt"],
        "failure": None,
        "fields": [
            {
                "name": "name",
                "filler": "contact",
                "value": "name",
                "inSubject": False,
                "inBody": True,
                "hasFallback": False,
            }
        ],
    }
    # The account is gone: asked anew, the letter stays, with the reason.
    anew = (await browser.post("/templates/11/letter")).json()
    assert (anew["fetchedAt"], anew["fields"]) == (told["fetchedAt"], told["fields"])
    assert anew["failure"].startswith("Модуль")


async def test_a_letter_is_a_document_in_which_nothing_acts(installation: Installation, letter: int) -> None:
    browser = await installation.signed_in("marketer")
    answer = await browser.get("/templates/11/html")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<p>Здравствуйте, {{name}}</p>" in answer.text
    assert "127.0.0.1:9" not in answer.text


async def test_a_picture_needs_its_signed_link_and_no_session(
    installation: Installation, letter: int
) -> None:
    browser = await installation.signed_in("marketer")
    html = (await browser.get("/templates/11/html")).text
    path = html.partition('src="')[2].partition('"')[0].removeprefix("/api/v1")
    stranger = await installation.browser()
    # The picture's server is inside our network: refused, and for the same reason as any other fault.
    for asked in (path, f"{path}0", "/templates/11/image?u="):
        answer = await stranger.get(asked)
        assert (answer.status_code, answer.json()["code"]) == (404, "image_refused")
    assert (await stranger.get("/templates/11/html")).status_code == 401
    assert (await stranger.get("/templates/11/thumbnail")).status_code == 401


async def test_an_import_needs_its_right_and_an_account(installation: Installation) -> None:
    seller = await installation.signed_in("sales_manager")
    assert (await seller.post("/templates/import", {"accountId": "1"})).status_code == 403
    marketer = await installation.signed_in("marketer")
    assert (await marketer.post("/templates/import", {"accountId": "404"})).status_code == 404
