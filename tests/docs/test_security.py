"""docs/security.md: each promise names a test that there is."""

from __future__ import annotations

import re

import pytest
from tests.docs.documents import ROOT, text_of

NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of("docs/security.md"))))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_the_test_of_a_promise_exists(path: str, name: str) -> None:
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)


def test_every_room_that_guards_something_is_named() -> None:
    rooms = {path.split("/")[1] for path, _ in NAMED}
    assert {"sandbox", "egress", "modules", "webhooks", "people", "http", "templates", "contacts"} <= rooms
