"""What comes in names people: an erasure finds them in every encoding, and takes nobody else away."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Installation
from tests.intake.inputs.conftest import new

from vestnik.intake.inputs.store import NewInput, load_raw
from vestnik.intake.inputs.tables import input_table

PERSON = {"name": "Мария Полевая", "emails": ["maria.polevaya@example.org"], "fields": {}}
NEEDLES = ("maria.polevaya", "Полевая")
TEXT = json.dumps(
    {"Зовут": "Мария Полевая", "Почта": "maria.polevaya@example.org", "Заказ": 5}, ensure_ascii=False
)
OTHER = json.dumps({"Зовут": "Иной Борис", "Почта": "boris@example.org"}, ensure_ascii=False)


def letter(text: bytes) -> bytes:
    return (
        b"Subject: ORDER: 1\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Disposition: attachment; filename=a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(text)
        + b"--b--\r\n"
    )


async def everything(installation: Installation, input_id: int) -> str:
    """All that is stored of an input, as a reader might find it."""
    async with installation.services.database.read() as connection:
        row = (await connection.execute(sa.select(input_table).where(input_table.c.id == input_id))).one()
        raw = await load_raw(connection, input_id)
    found = [
        repr(tuple(row)),
        *(raw.decode(name, "replace") for name in ("utf-8", "cp1251", "koi8-r", "utf-16")),
    ]
    if b"base64" in raw:
        body = raw.partition(b"base64\r\n\r\n")[2].partition(b"--b--")[0]
        found += [base64.b64decode(body).decode(name, "replace") for name in ("utf-8", "cp1251", "utf-16")]
    return " ".join(found)


@pytest.mark.parametrize(
    "made",
    [
        new(TEXT.encode(), source_id=None),
        new(TEXT.encode("cp1251"), source_id=None, key="maria.polevaya@example.org"),
        new(TEXT.encode("koi8-r"), source_id=None),
        new(TEXT.encode("utf-16"), source_id=None),
        new(letter(TEXT.encode("cp1251")), source_id=None, door="letter", media_type="message/rfc822"),
        new(letter(TEXT.encode("utf-16")), source_id=None, door="letter", media_type="message/rfc822"),
        new(b"{}", source_id=None, about={"referer": "https://a.ru/?e=maria.polevaya@example.org"}),
    ],
    ids=["utf-8", "cp1251", "koi8-r", "utf-16", "a letter", "a letter in utf-16", "a header"],
)
async def test_nothing_of_the_person_is_left_in_what_came_in(
    installation: Installation, made: NewInput
) -> None:
    browser = await installation.signed_in("administrator")
    inputs = installation.services.intake.inputs
    contact = (await browser.post("/contacts", PERSON)).json()
    input_id = (await inputs.store(made)).input_id
    other_id = (await inputs.store(new(OTHER.encode("cp1251"), source_id=None))).input_id
    await inputs.work()
    before = await everything(installation, other_id)
    named = await everything(installation, input_id)
    assert any(needle in named for needle in NEEDLES)

    held: dict[str, Any] = json.loads((await browser.get(f"/contacts/{contact['id']}/personal-data")).content)
    shown = json.dumps([held["texts"][name] for name in ("input", "input_part")], ensure_ascii=False)
    assert "maria.polevaya@example.org" in shown
    assert "boris" not in shown
    assert (await browser.post(f"/contacts/{contact['id']}/erase")).status_code == 200
    await installation.services.privacy.sweeper.work()

    after = await everything(installation, input_id)
    assert [needle for needle in NEEDLES if needle in after] == []
    assert await everything(installation, other_id) == before
