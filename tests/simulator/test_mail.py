"""The simulator's page of letters: the site's orders go into the mailbox, and what comes by SMTP is shown."""

from __future__ import annotations

import asyncio
import json
import smtplib
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from tests.simulator.conftest import Client

from vestnik.intake.parsing import jobs
from vestnik.intake.parsing.reading import Reading
from vestnik_simulator.mailbox import orders

SITE = "http://127.0.0.1:8081"


@pytest.fixture
def http(simulator: Client) -> httpx.AsyncClient:
    return simulator.http


def read(raw: bytes) -> Reading:
    job = jobs.Job(kind="letter", raw=raw, media_type="message/rfc822", zone="Europe/Moscow")
    return jobs.run(job)


def test_the_order_is_read_whole_and_the_broken_one_says_where_it_breaks_off() -> None:
    good, broken = (read(orders.letter(kind, SITE)) for kind in ("order", "broken"))
    assert good.fields is not None
    assert (good.encoding, [*good.warnings], good.fields.inn) == ("windows-1251", [], "7709745454")
    assert [(each.item, each.is_service) for each in good.fields.lines] == [
        ("Ролап 2 на 2 м", False),
        ("Постер А1 «Новинки осени»", False),
        ("Доставка", True),
    ]
    assert broken.reason is not None
    assert (broken.fields, broken.reason.code) == (None, "json_breaks_off")


async def test_the_buttons_put_letters_into_the_mailbox(http: httpx.AsyncClient) -> None:
    for kind in ("order", "broken"):
        answer = await http.post("/mail/orders?lang=ru", data={"kind": kind})
        assert (answer.status_code, answer.headers["location"]) == (303, "/mail?lang=ru&sent=1")
    page = (await http.get("/mail?lang=ru&sent=1")).text
    assert "ORDER: 123" in page
    assert "ORDER: 124" in page
    assert "Письмо в ящике." in page
    told = (await http.post("/_simulator/mailbox/orders", content=json.dumps({"kind": "order"}))).json()
    inbox = (await http.get("/_simulator/mailbox")).json()["folders"]["INBOX"]
    assert told["uid"] == inbox[-1]["uid"]
    assert told["uidvalidity"] > 0
    assert (await http.post("/mail/orders", data={"kind": "other"})).status_code == 400


async def test_what_is_sent_by_smtp_is_shown_as_text_and_in_a_frame_that_may_do_nothing(
    http: httpx.AsyncClient,
) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"] = "vestnik@example.org", "sales@example.org"
    letter["Subject"] = "Заявка <b>№ 7</b>"
    letter.set_content("Открыть: <script>alert(1)</script> http://127.0.0.1:8000/leads/7?a=1&b='2")
    letter.add_alternative("<p>Письмо<script>alert(2)</script></p>", subtype="html")
    port = (await http.get("/_simulator/post")).json()["port"]
    await asyncio.to_thread(hand_over, port, letter)
    [kept] = (await http.get("/_simulator/post")).json()["letters"]
    text = "Открыть: <script>alert(1)</script> http://127.0.0.1:8000/leads/7?a=1&b='2\n"
    assert (kept["subject"], kept["to"], kept["text"]) == ("Заявка <b>№ 7</b>", ["sales@example.org"], text)
    assert "Заявка &lt;b&gt;№ 7&lt;/b&gt;" in (await http.get("/mail")).text
    page = await http.get(f"/mail/letters/{kept['number']}")
    assert "Открыть: &lt;script&gt;alert(1)&lt;/script&gt; " in page.text
    assert "<a href='http://127.0.0.1:8000/leads/7?a=1&amp;b=' rel='noopener noreferrer'>" in page.text
    assert "<iframe sandbox " in page.text
    assert "alert(2)" not in page.text
    html = await http.get(f"/mail/letters/{kept['number']}/html")
    assert html.headers["content-security-policy"].startswith("sandbox; default-src 'none';")
    assert (await http.delete("/_simulator/post")).json() == {}
    assert (await http.get(f"/mail/letters/{kept['number']}")).status_code == 404


def hand_over(port: int, letter: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        refused: dict[str, Any] = server.send_message(letter)
    assert refused == {}
