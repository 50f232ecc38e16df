"""What no request may hold, whatever the field and the database."""

from __future__ import annotations

import pytest
from tests.application import Installation


async def test_nul_characters_are_refused_in_every_text_of_a_body(installation: Installation) -> None:
    marketer = await installation.signed_in("marketer")
    for path, body, where in [
        ("/segments", {"name": "a\0b"}, "$.name"),
        ("/campaigns", {"name": "a", "text": "\\\0"}, "$.text"),
        ("/contacts", {"name": "a", "fields": {"\0": "b"}}, "$.fields"),
    ]:
        refused = await marketer.post(path, body)
        assert (refused.status_code, refused.json()["path"], "U+0000" in refused.json()["detail"]) == (
            422,
            where,
            True,
        )


@pytest.mark.parametrize("name", ["a\\u0000b", "\\\\u0000", "u0000"])
async def test_a_text_that_only_looks_like_one_is_taken(installation: Installation, name: str) -> None:
    marketer = await installation.signed_in("marketer")
    made = await marketer.post("/segments", {"name": name})
    assert made.status_code == 201
    assert (await marketer.get(f"/segments/{made.json()['id']}")).json()["name"] == name


@pytest.mark.parametrize("path", ["/contacts", "/campaigns", "/segments", "/templates"])
async def test_nul_characters_are_refused_in_a_query(installation: Installation, path: str) -> None:
    marketer = await installation.signed_in("marketer")
    refused = await marketer.get(path, params={"search": "a\0"})
    assert (refused.status_code, refused.json()["path"]) == (422, "$.search")
