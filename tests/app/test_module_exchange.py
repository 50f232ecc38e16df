"""`vestnik module push|pull` against a real server: drafts, diagnostics, and nobody's work overwritten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.app.conftest import Start
from tests.app.test_first_start import set_up
from tests.processes import Command

from vestnik.modules.recordings.recorded import Recorded
from vestnik.modules.replays.tests import dump

pytestmark = pytest.mark.slow
HTML = "CRM_Marketing_GetTemplateHTML"


@dataclass
class Server:
    """A server with an organisation, and keys of its API."""

    command: Command
    client: httpx.Client
    keys: dict[str, str]

    def push(self, folder: Path, *options: str, key: str = "publisher") -> tuple[int, str, str]:
        return self._run("push", str(folder), *options, key=key)

    def pull(self, name: str, folder: Path, *options: str, key: str = "reader") -> tuple[int, str, str]:
        return self._run("pull", name, str(folder), *options, key=key)

    def _run(self, *arguments: str, key: str) -> tuple[int, str, str]:
        done = self.command.run("module", *arguments, "--key", self.keys[key], "--url", self.command.address)
        return done.returncode, done.stdout, done.stderr

    def module(self, name: str) -> dict[str, Any]:
        items = self.client.get("/api/v1/modules").json()["items"]
        found: dict[str, Any] = next(each for each in items if each["name"] == name)
        return found

    def versions(self, name: str) -> list[tuple[int, str, bool]]:
        items = self.client.get(f"/api/v1/modules/{self.module(name)['id']}/versions").json()["items"]
        return [(each["number"], each["note"], each["live"]) for each in items]


@pytest.fixture
def server(command: Command, start: Start) -> Iterator[Server]:
    running = start(command, "up")
    session = set_up(running)
    with running.client() as client:
        client.headers.update(session)
        csrf = client.get("/api/v1/session").json()["csrf"]
        client.headers.update({"x-csrf-token": csrf, "origin": running.address})
        yield Server(command, client, make_keys(client))


def make_keys(client: httpx.Client) -> dict[str, str]:
    """Keys of several rights, by name."""
    rights = {
        "reader": ["modules.read"],
        "writer": ["modules.read", "modules.write"],
        "publisher": ["modules.read", "modules.write", "modules.publish"],
    }
    keys = {}
    for name, granted in rights.items():
        made = client.post("/api/v1/keys", json={"name": name, "rights": granted})
        assert made.status_code == 201, made.text
        keys[name] = made.json()["key"]
    return keys


@pytest.fixture
def folder(command: Command, tmp_path: Path) -> Path:
    """A new module."""
    made = tmp_path / "here" / "acme"
    assert command.run("module", "new", str(made)).returncode == 0
    return made


def change(folder: Path, before: str, after: str) -> None:
    source = (folder / "module.py").read_text()
    assert before in source
    (folder / "module.py").write_text(source.replace(before, after))


def test_a_folder_becomes_a_module_and_then_its_drafts(server: Server, folder: Path) -> None:
    status, said, _ = server.push(folder, "--message", "First attempt", key="writer")
    assert (status, said.splitlines()[0]) == (0, "acme is made, with version 1, a draft.")
    assert server.versions("acme") == [(1, "First attempt", False)]

    status, said, _ = server.push(folder, key="writer")
    assert (status, said.splitlines()[0]) == (0, "Nothing has changed since version 1 of acme.")

    change(folder, "not implemented", "later")
    status, said, _ = server.push(folder, "--message", "Says later", "--publish")
    lines = said.splitlines()
    assert (status, lines[0]) == (0, "acme has the new version 2, a draft.")
    assert lines[-2:] == [
        "Version 2 is live.",
        "The module is switched off: switch it on in the studio, so that it is called.",
    ]
    assert server.versions("acme") == [(2, "Says later", True), (1, "First attempt", False)]
    assert server.module("acme")["hasDraft"] is False


def test_a_text_with_errors_is_refused_with_its_lines(server: Server, folder: Path) -> None:
    (folder / "module.py").write_text("import os\n")
    status, said, failed = server.push(folder)
    assert status == 1
    assert said.startswith("module.py:1:8: error (policy): ")
    assert failed.startswith("vestnik module: The version is not saved. Line 1: ")
    assert server.client.get("/api/v1/modules?search=acme").json()["total"] == 0


def test_a_key_does_what_its_rights_allow(server: Server, folder: Path) -> None:
    status, _, failed = server.push(folder, key="reader")
    assert (status, failed) == (
        1,
        "vestnik module: This needs the right “modules.write”. An administrator grants it.\n",
    )
    status, said, failed = server.push(folder, "--publish", key="writer")
    assert (status, said.splitlines()[0]) == (1, "acme is made, with version 1, a draft.")
    assert failed == "vestnik module: This needs the right “modules.publish”. An administrator grants it.\n"
    done = server.command.run("module", "pull", "acme", "--key", "wrong", "--url", server.command.address)
    assert (done.returncode, done.stderr) == (1, "vestnik module: Sign in to go on.\n")


def test_what_runs_on_this_machine_needs_no_key(server: Server, folder: Path, tmp_path: Path) -> None:
    assert server.command.run("module", "push", str(folder)).returncode == 0
    done = server.command.run("module", "pull", "acme", str(tmp_path / "there"))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "there" / "module.py").read_text() == (folder / "module.py").read_text()


@pytest.mark.parametrize("action", ["push", "pull"])
def test_a_key_goes_over_plain_http_to_another_machine_only_when_that_is_said(
    server: Server, folder: Path, action: str
) -> None:
    what = [str(folder)] if action == "push" else ["acme", str(folder)]
    server.push(folder)
    here = server.command.address.replace("127.0.0.1", "0.0.0.0")  # noqa: S104  # no loopback, by its name
    given = ("module", action, *what, "--key", server.keys["publisher"], "--url", here)
    refused = server.command.run(*given)
    assert (refused.returncode, refused.stdout, refused.stderr) == (
        1,
        "",
        f"vestnik module: {here} is plain http: whoever is between here and the server could read the key. "
        "Give an address that begins with https:// in --url, or send the key all the same with --insecure.\n",
    )
    assert server.command.run(*given, "--insecure").returncode == 0


def implement(folder: Path, text: str) -> None:
    """Have the folder's module answer every letter with `text`."""
    head, _, rest = (folder / "module.py").read_text().partition(f"async def {HTML}(")
    signature, _, rest = rest.partition("\n")
    rest = rest.partition("\n")[2]
    (folder / "module.py").write_text(f'{head}async def {HTML}({signature}\n    return "{text}"\n{rest}')


def test_a_module_comes_back_with_its_tests_and_what_an_editor_needs(
    server: Server, folder: Path, tmp_path: Path
) -> None:
    implement(folder, "<p>1</p>")
    recorded = Recorded(function=HTML, arguments={"templateExternalId": "1"}, result="<p>1</p>")
    (folder / "tests" / "letter.json").write_text(dump(recorded))
    assert server.push(folder)[0] == 0
    assert server.push(folder)[1].splitlines()[0] == "Nothing has changed since version 1 of acme."
    there = tmp_path / "there"
    status, said, _ = server.pull("acme", there)
    assert (status, said.splitlines()[-1]) == (
        0,
        "Tests left out: 1. Only a key with the right modules.write gets them.",
    )
    assert not (there / "tests" / "letter.json").exists()
    status, said, _ = server.pull("acme", there, key="writer")
    assert (status, said) == (0, f"{there} holds version 1 of acme: wrote tests/letter.json.\n")
    for name in ("module.py", "tests/letter.json", "vestnik_sdk.pyi", "pyproject.toml"):
        assert (there / name).read_text() == (folder / name).read_text(), name
    described = [json.loads((each / "module.json").read_text()) for each in (folder, there)]
    assert described[0] == described[1]
    status, answer = server.command.json("module", "test", str(there))
    assert (status, [item["name"] for item in answer["items"]]) == (0, ["letter"])
    assert server.pull("acme", there, key="writer")[:2] == (0, f"{there} holds version 1 of acme.\n")


def test_what_was_changed_in_the_folder_is_not_overwritten(
    server: Server, folder: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    implement(folder, "first")
    server.push(folder, "--publish")
    server.pull("acme", there)
    (there / "README.md").write_text("mine")
    implement(folder, "second")
    server.push(folder, "--publish")

    assert server.pull("acme", there)[0] == 0  # only old, not changed here
    assert '"second"' in (there / "module.py").read_text()
    implement(there, "of my own")
    implement(folder, "third")
    server.push(folder, "--publish")
    status, said, failed = server.pull("acme", there)
    assert (status, said, failed) == (
        1,
        "",
        f"vestnik module: changed in {there} since the last exchange: module.py. "
        "Push it first, or overwrite it with --force.\n",
    )
    assert '"of my own"' in (there / "module.py").read_text()
    assert server.pull("acme", there, "--force")[0] == 0
    assert '"third"' in (there / "module.py").read_text()
    assert (there / "README.md").read_text() == "mine"

    assert server.pull("acme", there, "--version", "1")[0] == 0
    assert '"first"' in (there / "module.py").read_text()
    status, _, failed = server.pull("acme", there, "--version", "9")
    assert (status, failed) == (1, "vestnik module: acme has no version 9; its newest is 3.\n")
    status, _, failed = server.pull("nobody", there)
    assert (status, failed) == (
        1,
        f"vestnik module: there is no module “nobody” on {server.command.address}.\n",
    )


def test_a_folder_of_somebody_else_is_not_overwritten(server: Server, folder: Path, tmp_path: Path) -> None:
    server.push(folder)
    there = tmp_path / "there"
    there.mkdir()
    (there / "module.py").write_text("of another module")
    status, _, failed = server.pull("acme", there)
    assert (status, "since the last exchange: module.py." in failed) == (1, True)
    assert [path.name for path in there.iterdir()] == ["module.py"]
