"""docs/leads-api.md and its English twin: their curl lines work with host, log-in and key changed alone."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
import socket
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from tests.application import installation, settings
from tests.docs.documents import shell_lines, text_of
from tests.intake.classic.conftest import LOGIN, Site, site

from vestnik.intake.classic.records import ORDERS

__all__ = ["installation", "settings", "site"]

HOST, WHO = "https://crm.example.com", "anna"
PAGES = ("docs/leads-api.md", "docs/leads-api.en.md")
LINES = [(page, line) for page in PAGES for line in shell_lines(text_of(page))]


def changed(line: str, site: Site, host: str) -> list[str]:
    """The words of a line with host, log-in and key put in."""
    line = line.replace(HOST, host).replace("KEY", site.key)
    return shlex.split(line.replace(f"{WHO}@example.com", LOGIN).replace(f"{WHO}%40example.com", LOGIN))


def form_of(words: list[str]) -> Iterator[str]:
    """What curl would post: `-d` as it stands, `--data-urlencode` with its value encoded."""
    for flag, word in pairwise(words):
        name, _, value = word.partition("=")
        if flag == "-d":
            yield word
        elif flag == "--data-urlencode":
            yield f"{name}={quote(value, safe='')}"


@pytest.mark.parametrize("page", PAGES)
async def test_the_lines_of_the_document_work(site: Site, page: str) -> None:
    answers = []
    for line in (line for each, line in LINES if each == page):
        words = changed(line, site, "http://vestnik.test")
        data = "&".join(form_of(words))
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer = await (
            site.client.post(words[-1], content=data, headers=form) if data else site.client.get(words[-1])
        )
        answers.append(site.told(answer))

    assert len(answers) >= 4
    codes = [each["error"]["code"] for each in answers if each.get("result") == "Error"]
    assert codes in ([], ["404"])  # nothing was added in 2016
    assert all("data" in each for each in answers if each.get("result") != "Error")


def test_every_order_is_in_the_document() -> None:
    [row] = re.findall(r"^\| `order` \|.*$", text_of("docs/leads-api.md"), re.MULTILINE)

    assert set(re.findall(r"`(\w+)`", row)) - {"order"} == set(ORDERS)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of this test's own."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        yield bound


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
async def test_curl_itself_adds_a_lead(site: Site, listener: socket.socket) -> None:
    options = uvicorn.Config(site.installation.app, lifespan="off", log_config=None)
    server = uvicorn.Server(options)
    serving = asyncio.create_task(server.serve([listener]))
    host = f"http://127.0.0.1:{listener.getsockname()[1]}"
    [line, *_] = [line for page, line in LINES if page == PAGES[0]]

    words = ["--silent", "--noproxy", "*", *changed(line, site, host)[1:]]
    process = await asyncio.create_subprocess_exec("curl", *words, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    server.should_exit = True
    await serving

    assert httpx.Response(200, content=told).json() == {"result": {"text": "Success", "id": 1}, "data": 1}
    assert [lead.title for lead in await site.leads()] == ["Анна"]
