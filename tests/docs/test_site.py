"""The site of the documents: it is built, its links lead somewhere, nothing is fetched from elsewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from tests.docs.documents import ROOT


class Parsed(HTMLParser):
    """Where a page leads, what it fetches, and which places it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.leads: set[str] = set()
        self.fetches: set[str] = set()
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if place := given.get("id"):
            self.places.add(place)
        if tag == "a" and (target := given.get("href")):
            self.leads.add(target)
        fetched = given.get("src") or (given.get("href") if tag == "link" else None)
        if fetched and not fetched.startswith("data:"):
            self.fetches.add(fetched)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a warning is a failure."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def broken(site: Path, page: Path, parsed: dict[Path, Parsed]) -> Iterator[str]:
    """The links of a page that lead nowhere."""
    for target in parsed[page].leads | parsed[page].fetches:
        told = urlsplit(target)
        if told.scheme or told.netloc:
            continue
        path = (page.parent / unquote(told.path)).resolve() if told.path else page
        if path.is_dir():
            path /= "index.html"
        if not path.exists():
            yield target
        elif told.fragment and path in parsed and unquote(told.fragment) not in parsed[path].places:
            yield target


@pytest.mark.slow
def test_every_link_of_the_site_leads_to_a_place_that_there_is(site: Path) -> None:
    parsed = {path: Parsed(path.read_text()) for path in site.rglob("*.html") if path.name != "404.html"}
    assert {"index.html", "api-reference.html", "operations.html", "contract.ru.html"} <= {
        path.name for path in parsed
    }
    assert {page.name: found for page in parsed if (found := [*broken(site, page, parsed)])} == {}


@pytest.mark.slow
def test_pages_of_the_site_fetch_nothing_from_elsewhere(site: Path) -> None:
    fetched = {target for path in site.rglob("*.html") for target in Parsed(path.read_text()).fetches}
    assert {target for target in fetched if urlsplit(target).netloc} == set()
    styles = [path.read_text() for path in site.rglob("*.css")]
    assert styles
    assert not [text for text in styles if "url(http" in text or "@import" in text]


@pytest.mark.slow
def test_a_list_is_not_cut_in_two_by_what_stands_in_it(site: Path) -> None:
    texts = {path.name: path.read_text() for path in site.rglob("*.html")}
    steps = texts["operations.html"].partition('id="from-sqlite-to-postgresql"')[2].partition("<h2")[0]
    tour = texts["index.html"].partition('id="a-tour"')[2].partition("<h2")[0]
    assert [part.count("<ol>") for part in (steps, tour)] == [1, 1]
