"""Previews show a letter, run nothing of it, and tell its sender nothing."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from vestnik.db import Database
from vestnik.egress import Approval, Broker, HostPolicy
from vestnik.http.errors import NotFound, TooManyRequests
from vestnik.people.access import SYSTEM
from vestnik.templates.errors import ImageRefused
from vestnik.templates.images import PICTURE_BYTES, Picture
from vestnik.templates.letters import clean
from vestnik.templates.service import Templates
from vestnik.vault import Vault

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def through(url: str) -> str:
    return f"/image?{url}"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p style='color:red'>Привет, {{name}}!</p>", '<p style="color:red">Привет, {{name}}!</p>'),
        ("<script>alert(1)</script><b onclick='x()'>Да</b>", "<b>Да</b>"),
        (
            "<html><head><title>Т</title></head><body bgcolor='#eee'>Да</body></html>",
            '<div bgcolor="#eee">Да</div>',
        ),
        ("<img src='https://a.example/i.png' onerror='x'>", '<img src="/image?https://a.example/i.png">'),
        (
            "<img src='https://a.example/i.png' srcset='https://b.example 2x'>",
            '<img src="/image?https://a.example/i.png">',
        ),
        ("<img src='javascript:alert(1)'><img src='cid:logo'>", "<img><img>"),
        (
            "<img src='data:image/png;base64,AA'>",
            '<img src="data:image/png;base64,AA">',
        ),
        (
            "<table background='http://a.example/b.gif'></table>",
            '<table background="/image?http://a.example/b.gif"></table>',
        ),
        (
            "<div style=\"background:url('https://a.example/b.png')\"></div>",
            "<div style=\"background:url('/image?https://a.example/b.png')\"></div>",
        ),
        (
            "<style>p > b{background:url(https://a.example/b.png)}</style>",
            "<style>p > b{background:url('/image?https://a.example/b.png')}</style>",
        ),
        ("<a href='javascript:x'>1</a>", '<a rel="noopener noreferrer nofollow">1</a>'),
        ("<a href='data:text/html,x'>1</a>", '<a rel="noopener noreferrer nofollow">1</a>'),
        ("<form action='https://a.example'><input name='q'></form>Да", "Да"),
        ("<iframe src='https://a.example'>x</iframe><object>y</object>Да", "Да"),
        ("<svg><script>x</script></svg><!-- x -->Да", "Да"),
    ],
)
def test_a_letter_keeps_its_looks_and_loses_what_acts(written: str, shown: str) -> None:
    assert clean(written, through) == shown


@pytest.mark.parametrize("begun", ["url(", "url('", "url(https://a.example"])
def test_a_style_of_nothing_but_spaces_is_read_in_one_go(begun: str) -> None:
    letter = f'<div style="a:{begun}{" " * 500_000}x"></div>'

    started = time.process_time()
    clean(letter, through)

    assert time.process_time() - started < 2


@pytest.fixture
async def letter(templates: Templates, service: Any) -> int:
    service.templates = [
        {"externalId": "t1", "name": "Весна <1>", "thumbnailUrl": "https://cdn.example.test/t.png"}
    ]
    service.letters = {"t1": "<p>Первая редакция</p>"}
    await templates.finished(await templates.import_from(SYSTEM, 1))
    [[found], _] = await templates.page(SYSTEM)
    service.asked.clear()
    return found.id


async def test_a_letter_is_asked_once_and_anew_on_demand(
    templates: Templates, service: Any, letter: int
) -> None:
    first = await templates.preview(SYSTEM, letter)
    assert "<title>Весна &lt;1&gt;</title>" in first
    service.letters = {"t1": "<p>Вторая редакция</p>"}
    assert await templates.preview(SYSTEM, letter) == first
    assert service.asked == [("interactive", {"templateExternalId": "t1"})]
    assert "Вторая" in await templates.preview(SYSTEM, letter, refresh=True)


async def test_a_letter_that_changed_at_the_service_is_asked_anew(
    templates: Templates, service: Any, letter: int
) -> None:
    await templates.preview(SYSTEM, letter)
    service.letters = {"t1": "<p>Вторая редакция</p>"}
    service.templates[0]["updatedAt"] = "2026-01-01T00:00:00Z"
    await templates.finished(await templates.import_from(SYSTEM, 1))
    assert "Вторая" in await templates.preview(SYSTEM, letter)


async def test_the_last_letter_is_shown_while_the_service_fails(
    templates: Templates, service: Any, letter: int
) -> None:
    service.failure = TooManyRequests(retry_after_s=5)
    with pytest.raises(TooManyRequests):
        await templates.preview(SYSTEM, letter)
    service.failure = None
    kept = await templates.preview(SYSTEM, letter)
    service.failure = TooManyRequests(retry_after_s=5)
    assert await templates.preview(SYSTEM, letter, refresh=True) == kept
    before, _ = await templates.letter(SYSTEM, letter)
    assert before.failure is None
    after, _ = await templates.letter(SYSTEM, letter, refresh=True)
    assert (after.html, after.fetched_at) == (before.html, before.fetched_at)
    assert after.failure == {
        "code": "too_many_requests",
        "ru": "Повторите через 5 с.",
        "en": "Try again in 5 s.",
    }


async def test_the_letter_of_a_template_gone_at_the_service_stays_to_be_seen(
    templates: Templates, service: Any, letter: int
) -> None:
    kept = await templates.preview(SYSTEM, letter)
    service.templates, service.letters = [], {}
    await templates.finished(await templates.import_from(SYSTEM, 1))
    assert (await templates.get(SYSTEM, letter)).archived_at is not None
    service.asked.clear()
    assert await templates.preview(SYSTEM, letter) == kept
    assert service.asked == []


ANSWERS = {
    "/logo.png": (200, "text/html", PNG),
    "/page.html": (200, "image/png", b"<html>not a picture</html>"),
    "/act.svg": (200, "image/svg+xml", b"<svg><script>1</script></svg>"),
    "/gone.png": (404, "image/png", PNG),
    "/huge.png": (200, "image/png", PNG + b"\0" * PICTURE_BYTES),
}


@pytest.fixture
async def pictures() -> AsyncIterator[int]:
    """The port of a web server with pictures."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        status, kind, body = ANSWERS.get(path, (302, "text/plain", b""))
        head = f"HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        if status == 302:
            head += "Location: /logo.png\r\n" if path == "/moved" else f"Location: {path}\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


@pytest.fixture
def approved(
    database: Database, service: Any, broker: Broker, vault: Vault, pictures: int
) -> Iterator[Templates]:
    """Templates of an account for which the picture server is approved."""

    async def policy(_account_id: int) -> HostPolicy:
        return HostPolicy([Approval("http", "127.0.0.1", pictures, private=True)])

    yield Templates(database, service, broker, vault, account_policy=policy)


async def link(templates: Templates, service: Any, letter: int, url: str) -> str:
    """The signed part of the link by which a preview shows a picture."""
    service.letters = {"t1": f'<img src="{url}">'}
    html = await templates.preview(SYSTEM, letter, refresh=True)
    found = re.search(rf'src="/api/v1/templates/{letter}/image\?u=([^"]+)"', html)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", ["/logo.png", "/moved"])
async def test_a_picture_comes_by_way_of_us_with_the_type_of_its_bytes(
    approved: Templates, service: Any, letter: int, pictures: int, path: str
) -> None:
    signed = await link(approved, service, letter, f"http://127.0.0.1:{pictures}{path}")
    assert await approved.image(letter, signed) == Picture("image/png", PNG)


@pytest.mark.parametrize("path", ["/page.html", "/act.svg", "/gone.png", "/huge.png", "/round"])
async def test_what_is_no_picture_is_refused(
    approved: Templates, service: Any, letter: int, pictures: int, path: str
) -> None:
    signed = await link(approved, service, letter, f"http://127.0.0.1:{pictures}{path}")
    with pytest.raises(ImageRefused):
        await approved.image(letter, signed)


async def test_an_address_that_can_not_be_one_is_refused(
    templates: Templates, service: Any, letter: int
) -> None:
    signed = await link(templates, service, letter, "http://127.0.0.1:0/a.png")
    with pytest.raises(ImageRefused):
        await templates.image(letter, signed)


async def test_a_picture_inside_the_network_is_refused_unless_approved(
    templates: Templates, service: Any, letter: int, pictures: int
) -> None:
    signed = await link(templates, service, letter, f"http://127.0.0.1:{pictures}/logo.png")
    with pytest.raises(ImageRefused):
        await templates.image(letter, signed)


async def test_a_link_that_we_did_not_sign_is_refused(
    approved: Templates, service: Any, letter: int, pictures: int
) -> None:
    signed = await link(approved, service, letter, f"http://127.0.0.1:{pictures}/logo.png")
    named, _, signature = signed.partition(".")
    for forged in (named, f"{named}.{signature[::-1]}", f"{named[:-2]}.{signature}", "ё.ё", ""):
        with pytest.raises(ImageRefused):
            await approved.image(letter, forged)
    with pytest.raises(NotFound):
        await approved.image(letter + 1, signed)
