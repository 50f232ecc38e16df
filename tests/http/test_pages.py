"""The web application's files and the headers that every answer to a browser carries."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from vestnik.http import faults
from vestnik.http.headers import content_policy
from vestnik.http.static import WebApplication

PAGE = "<!doctype html><title>Vestnik</title>"
SCRIPT = "console.log('vestnik')" * 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".stamp").write_text("digest")
    script = folder / "assets" / "index-4f2a.js"
    script.write_text(SCRIPT)
    script.with_name("index-4f2a.js.br").write_bytes(b"brotli")
    script.with_name("index-4f2a.js.gz").write_bytes(b"gzip")
    (tmp_path / "secret.txt").write_text("out of reach")
    return folder


def client(folder: Path) -> httpx.AsyncClient:
    app = Starlette(exception_handlers=faults.HANDLERS)
    app.router.default = WebApplication(folder)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vestnik.test")


async def test_hashed_files_are_kept_for_ever_and_the_page_is_asked_for_again(folder: Path) -> None:
    async with client(folder) as browser:
        script = await browser.get("/assets/index-4f2a.js", headers={"accept-encoding": "identity"})
        page = await browser.get("/")
    assert (script.text, script.headers["cache-control"]) == (SCRIPT, "public, max-age=31536000, immutable")
    assert script.headers["content-type"].startswith("text/javascript")
    assert (page.text, page.headers["cache-control"]) == (PAGE, "no-cache")


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [("gzip, br", "br", b"brotli"), ("gzip;q=1.0", "gzip", b"gzip"), ("identity", None, SCRIPT.encode())],
)
async def test_files_are_sent_compressed_to_those_who_take_it(
    folder: Path, accepted: str, encoding: str | None, body: bytes
) -> None:
    async with (
        client(folder) as browser,
        browser.stream("GET", "/assets/index-4f2a.js", headers={"accept-encoding": accepted}) as answer,
    ):
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert (answer.headers.get("content-encoding"), raw) == (encoding, body)
    assert answer.headers["vary"] == "accept-encoding"


async def test_an_unchanged_file_is_not_sent_again(folder: Path) -> None:
    async with client(folder) as browser:
        first = await browser.get("/favicon.svg")
        again = await browser.get("/favicon.svg", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_every_address_of_the_application_is_its_page(folder: Path) -> None:
    async with client(folder) as browser:
        for path in ("/campaigns/12", "/setup?token=x", "/index.html", "/.stamp", "/assetsx"):
            assert (await browser.get(path)).text == PAGE
        for path in ("/assets/gone-1.js", "/api/nowhere", "/intake/x", "/developer/v1/nothing", "/readyz/"):
            assert (await browser.get(path)).status_code == 404


async def test_no_path_leaves_the_folder(folder: Path) -> None:
    async with client(folder) as browser:
        for path in ("/../secret.txt", "/assets/..%2f..%2fsecret.txt", "/%2e%2e/secret.txt", "//etc/passwd"):
            assert "out of reach" not in (await browser.get(path)).text


async def test_a_new_build_is_served_without_a_restart(folder: Path) -> None:
    def build() -> None:
        folder.mkdir()
        (folder / "index.html").write_text("the next one")

    async with client(folder) as browser:
        await browser.get("/")
        await asyncio.to_thread(folder.rename, folder.with_name("old"))
        missing = await browser.get("/", headers={"accept-language": "en"})
        await asyncio.to_thread(build)
        assert (await browser.get("/")).text == "the next one"
    assert missing.status_code == 503
    assert "The web application is not built" in missing.text


def test_the_policy_allows_scripts_of_ours_only() -> None:
    directives = dict(part.split(" ", 1) for part in content_policy(["http://127.0.0.1:8001"]).split("; "))
    assert directives["script-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["frame-src"] == "'self' http://127.0.0.1:8001"
