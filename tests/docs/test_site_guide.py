"""docs/site.*.md: what makers of sites copy works: over HTTP, by letter, with curl and with PHP."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from tests.application import Installation, installation, settings
from tests.docs.blocks import Block, blocks
from tests.docs.documents import headings, rows, section, text_of
from tests.docs.test_leads_api import listener
from tests.intake.doors.conftest import Street, street
from tests.intake.parsing.document import read_json, read_mail
from tests.mailbox import PASSWORD, Mailbox, mailbox, smtp

from vestnik.intake.parsing.letters import has_keyword, subject_of
from vestnik.intake.parsing.names import DOCUMENT

__all__ = ["installation", "listener", "mailbox", "settings", "smtp", "street"]

PAGES = ("docs/site.en.md", "docs/site.ru.md")
#: Where each page tells of the document.
DOCUMENTED = {PAGES[0]: "The document of an order, v0.1", PAGES[1]: "Документ заказа, v0.1"}
PERSON = "Прилепский Алексей Анатольевич"


def shown() -> list[Block]:
    return [*blocks(text_of(PAGES[0]))]


def shell(part: str) -> str:
    """The one block of the shell that holds a part."""
    [found] = [block.text for block in shown() if block.language == "sh" and part in block.text]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The page's files, as somebody has saved them."""
    for block in shown():
        if block.title:
            (tmp_path / block.title).write_text(block.text)
    return tmp_path


async def done(folder: Path, *line: str) -> str:
    """What a program prints that ends well."""
    process = await asyncio.create_subprocess_exec(
        *line, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, told = await process.communicate()
    assert process.returncode == 0, out.decode() + told.decode()
    return out.decode()


@asynccontextmanager
async def served(installation: Installation, listener: socket.socket) -> AsyncIterator[str]:
    """The installation at a real address."""
    server = uvicorn.Server(uvicorn.Config(installation.app, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"AN EXAMPLE FOR SITES IS NOT RUN: there is no {program}.")


def test_both_pages_show_the_same_code_and_sections() -> None:
    english, russian = (
        [(block.language, block.text, block.title) for block in blocks(text_of(page))] for page in PAGES
    )
    assert english == russian
    assert len({len(headings(text_of(page))) for page in PAGES}) == 1


@pytest.mark.parametrize(("page", "heading"), DOCUMENTED.items())
def test_every_name_of_the_document_is_in_the_table(page: str, heading: str) -> None:
    told = {
        name
        for cells in rows(section(text_of(page), heading))
        for name in re.findall(r"[`\"](\w+)[`\"]", " ".join(cells))
    }
    assert {name for names in DOCUMENT.values() for name in names} <= told


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251"])
def test_the_document_is_read_without_a_remark(folder: Path, encoding: str) -> None:
    reading = read_json((folder / "order.json").read_text().encode(encoding))
    assert (reading.reason, list(reading.warnings)) == (None, [])
    assert reading.fields is not None
    assert (reading.fields.person, len(reading.fields.lines)) == (PERSON, 2)


async def test_curl_and_php_post_the_order_once(
    street: Street, folder: Path, listener: socket.socket
) -> None:
    needs("curl")
    needs("php")
    path = urlsplit((await street.door())["url"]).path
    async with served(street.installation, listener) as host:
        line = shell("/intake/TOKEN").replace("https://crm.example.com/intake/TOKEN", host + path)
        first = await done(folder, "bash", "-c", line.replace("curl ", "curl --silent --noproxy '*' "))
        program = (folder / "order.php").read_text()
        (folder / "order.php").write_text(
            program.replace("https://crm.example.com/intake/TOKEN", host + path)
        )
        again = await done(folder, "php", "order.php")
    [stored] = await street.inputs()
    assert first == f'{{"id":"{stored.id}"}}'
    assert again == f"{stored.id}\n"


async def test_curl_sends_the_letter(folder: Path, mailbox: Mailbox, smtp: dict[str, int]) -> None:
    needs("curl")
    line = shell("smtps://").replace("smtps://smtp.example.com:465", f"smtp://127.0.0.1:{smtp['port']}")
    line = line.replace("PASSWORD", PASSWORD).replace("curl ", "curl --silent --show-error ")
    await done(folder, "bash", "-euc", line)
    [envelope] = mailbox.envelopes
    assert isinstance(envelope.content, bytes)
    is_the_order(envelope.content)


async def test_php_sends_the_letter(folder: Path) -> None:
    needs("php")
    await done(folder, "php", "-d", "sendmail_path=cat > letter.eml", "letter.php")
    is_the_order((folder / "letter.eml").read_bytes())


def is_the_order(letter: bytes) -> None:
    """The collector would take the letter, and read the page's order in it."""
    assert has_keyword(subject_of(letter), "ORDER")
    reading = read_mail(letter)
    assert reading.reason is None
    assert (reading.encoding, list(reading.warnings)) == ("windows-1251", [])
    assert reading.fields is not None
    assert (reading.fields.person, len(reading.fields.lines)) == (PERSON, 2)


async def test_a_program_with_a_key_adds_a_lead_once(
    installation: Installation, folder: Path, listener: socket.socket
) -> None:
    needs("curl")
    browser = await installation.signed_in("administrator")
    made = await browser.post("/keys", {"name": "site", "rights": ["leads.write"]})
    async with served(installation, listener) as host:
        line = shell("/api/v1/leads").replace("https://crm.example.com", host)
        line = line.replace("$VESTNIK_KEY", made.json()["key"]).replace(
            "curl ", "curl --silent --noproxy '*' "
        )
        told = [await done(folder, "bash", "-c", line) for _ in range(2)]
    assert told[0] == told[1]
    assert told[0].endswith('"number":1}')
