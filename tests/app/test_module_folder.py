"""`vestnik module new|sdk|test`: a folder that a local editor understands, and its tests, run offline."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.processes import Command

from vestnik.modules.recordings.recorded import Recorded
from vestnik.modules.replays.tests import dump

HTML = "CRM_Marketing_GetTemplateHTML"
SOURCE = f"""
import random
from vestnik_sdk import fetch, settings


async def {HTML}(templateExternalId):
    if templateExternalId == "far":
        await fetch("https://api.example.com/letters/far")
    if templateExternalId == "none":
        raise ValueError("no such letter")
    return f"<p>{{settings.greeting}} {{random.random()}}</p>"
"""


def tool(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(command[0])
    return subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A folder with a module and a test of it that passes."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "module.py").write_text(SOURCE)
    save(tmp_path, "greets", templateExternalId="1")
    return tmp_path


def save(folder: Path, name: str, **arguments: str) -> None:
    recorded = Recorded(
        function=HTML,
        arguments=arguments,
        settings={"greeting": "Привет"},
        clock_us=1_764_000_000_000_000,
        seed=7,
        result="<p>Привет 0.32383276483316237</p>",
    )
    (folder / "tests" / f"{name}.json").write_text(dump(recorded))


def test_a_new_module_passes_the_check_and_its_folder_is_understood_by_local_tools(
    command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "acme_mail"
    done = command.run("module", "new", str(folder), "--language", "ru")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "README.md",
        "module.json",
        "module.py",
        "pyproject.toml",
        "tests/README.md",
        "vestnik_sdk.pyi",
    ]
    status, checked = command.json("module", "check", str(folder))
    assert (status, checked["result"]["diagnostics"]) == (0, [])
    assert len(checked["result"]["functions"]) == 7
    assert "# " in (folder / "module.py").read_text()
    assert "api_key" in (folder / "vestnik_sdk.pyi").read_text()
    for line in (["pyrefly", "check"], ["mypy"], ["ruff", "check", "."]):
        checked_by = tool(folder, *line)
        assert checked_by.returncode == 0, checked_by.stdout
    source = (folder / "module.py").read_text()
    (folder / "module.py").write_text(
        source + "\nfrom vestnik_sdk import settings\nsettings.no_such_setting\n"
    )
    assert "no_such_setting" in tool(folder, "pyrefly", "check").stdout


def test_the_stub_follows_the_settings_of_the_module(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    command.run("module", "new", str(folder))
    described = folder / "module.json"
    described.write_text(described.read_text().replace("base_url", "service_url"))
    assert "service_url" not in (folder / "vestnik_sdk.pyi").read_text()
    done = command.run("module", "sdk", str(folder))
    assert (done.returncode, done.stdout) == (0, f"{folder}/vestnik_sdk.pyi is written.\n")
    assert "service_url" in (folder / "vestnik_sdk.pyi").read_text()


def test_a_recorded_call_passes_without_a_network_and_with_the_same_chance(
    command: Command, module: Path
) -> None:
    status, answer = command.json("module", "test", str(module))
    (item,) = answer["items"]
    assert item.pop("wall_ms") > 0
    assert (status, answer["ok"], item) == (
        0,
        True,
        {"name": "greets", "function": HTML, "ok": True, "differences": [], "error": None, "unrecorded": []},
    )
    assert not Path(command.environ["VESTNIK_DATA_DIR"]).exists()


def test_what_is_different_is_named_by_its_path(command: Command, module: Path) -> None:
    source = (module / "module.py").read_text()
    (module / "module.py").write_text(source.replace("<p>{settings", "<b>{settings"))
    status, answer = command.json("module", "test", str(module))
    assert (status, answer["ok"]) == (1, False)
    expected = {"before": "<p>Привет 0.32383276483316237</p>", "after": "<b>Привет 0.32383276483316237</p>"}
    assert answer["items"][0]["differences"] == [{"path": "$", **expected}]
    done = command.run("module", "test", str(module))
    head, difference, count = done.stdout.splitlines()
    assert (done.returncode, head.split(" (")[0], count) == (1, "FAILED  greets", "0 of 1 passed")
    assert difference.strip() == '$: expected "{before}", got "{after}"'.format(**expected)


def test_a_request_that_the_recording_lacks_is_reported_and_not_sent(command: Command, module: Path) -> None:
    save(module, "far", templateExternalId="far")
    status, answer = command.json("module", "test", str(module), "far")
    (item,) = answer["items"]
    assert (status, item["ok"]) == (1, False)
    assert item["unrecorded"] == [{"method": "GET", "url": "https://api.example.com/letters/far"}]


def test_an_exception_of_the_module_is_shown_with_its_line(command: Command, module: Path) -> None:
    save(module, "none", templateExternalId="none")
    done = command.run("module", "test", str(module), "greets", "none")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith("ok      greets (")
    assert "raised (line 10):" in done.stdout
    assert "no such letter" in done.stdout
    assert done.stdout.endswith("1 of 2 passed\n")


CASE: dict[str, Any] = {
    "about": "The letter is asked for with the key, and kept.",
    "function": HTML,
    "arguments": {"templateExternalId": "7"},
    "settings": {"base_url": "https://api.acme.example"},
    "exchanges": [
        {
            "request": {"method": "POST", "path": "/letters", "form": {"key": "<secret>", "id": "7"}},
            "response": {"json": {"html": "<p>7</p>"}},
        }
    ],
    "expected": "<p>7</p>",
    "storageAfter": {"asked": ["7"]},
}
MANIFEST = {
    "name": "acme",
    "title": {"ru": "Акме", "en": "Acme"},
    "version": "1.0.0",
    "settings": {
        "properties": {
            "base_url": {"type": "string", "title": {"ru": "Адрес", "en": "Address"}},
            "api_key": {"type": "string", "secret": True, "title": {"ru": "Ключ", "en": "Key"}},
        }
    },
    "hosts": [{"pattern": "{settings.base_url}", "secrets": ["api_key"]}],
}
ASKING = f"""
from vestnik_sdk import fetch, sealed, settings, storage


async def {HTML}(templateExternalId):
    form = {{"key": str(sealed.api_key), "id": templateExternalId}}
    answer = await fetch(f"{{settings.base_url}}/letters", method="POST", form=form)
    await storage.set("asked", [templateExternalId])
    if not answer.ok:
        raise RuntimeError(f"Acme answered {{answer.status}}")
    return answer.json()["html"]
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with a module that asks its service."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "module.py").write_text(ASKING)
    (tmp_path / "module.json").write_text(json.dumps(MANIFEST))
    return tmp_path


def run_case(command: Command, folder: Path, case: dict[str, Any]) -> dict[str, Any]:
    (folder / "tests" / "case.json").write_text(json.dumps(case))
    status, answer = command.json("module", "test", str(folder))
    (item,) = answer["items"]
    assert (status == 0) == answer["ok"] == item["ok"]
    return {name: item[name] for name in ("ok", "differences", "unrecorded")}


def test_a_case_that_a_person_wrote_is_answered_by_its_exchanges(command: Command, written: Path) -> None:
    assert run_case(command, written, CASE) == {"ok": True, "differences": [], "unrecorded": []}
    refused = {"request": {}, "response": {"status": 500, "text": "out of order"}}
    fails = {**CASE, "exchanges": [refused], "error": "Acme answered 500"}
    del fails["expected"]
    assert run_case(command, written, fails)["ok"]


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (
            {"expected": "<p>8</p>"},
            {"path": "$", "before": "<p>8</p>", "after": "<p>7</p>"},
        ),
        (
            {"storageAfter": {"asked": ["8"]}},
            {"path": "storage.asked[0]", "before": "8", "after": "7"},
        ),
        (
            {"exchanges": [{**CASE["exchanges"][0], "request": {"path": "/other"}}]},
            {"path": "exchanges[0].request.path", "before": "/other", "after": "/letters"},
        ),
        (
            {"exchanges": [CASE["exchanges"][0], {"request": {"path": "/more"}, "response": {}}]},
            {"path": "exchanges[1]", "before": {"path": "/more"}, "after": None},
        ),
    ],
)
def test_each_way_in_which_a_case_differs_is_named(
    command: Command, written: Path, change: dict[str, Any], difference: dict[str, Any]
) -> None:
    found = run_case(command, written, {**CASE, **change})
    assert found == {"ok": False, "differences": [difference], "unrecorded": []}


def test_a_request_beyond_the_exchanges_is_not_sent(command: Command, written: Path) -> None:
    found = run_case(command, written, {**CASE, "exchanges": [], "storageAfter": {}})
    assert found["unrecorded"] == [{"method": "POST", "url": "https://api.acme.example/letters"}]
    assert not found["ok"]


def test_the_case_of_the_guide_passes_on_its_module(command: Command, tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "modules.md").read_text()
    blocks = re.findall(r"```(json|python)\n(.*?)```", guide, re.DOTALL)
    named = {"module.json": ("json", '"hosts"'), "module.py": ("python", "async def")}
    (tmp_path / "tests").mkdir()
    for name, (language, part) in {**named, "tests/case.json": ("json", '"exchanges"')}.items():
        (text,) = [text for each, text in blocks if each == language and part in text]
        (tmp_path / name).write_text(text)
    done = command.run("module", "test", str(tmp_path))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 of 1 passed")


def test_the_bundled_module_passes_its_own_tests(command: Command) -> None:
    folder = Path(__file__).parents[2] / "user_modules" / "unisender"
    status, answer = command.json("module", "test", str(folder))
    assert (status, [item["name"] for item in answer["items"] if not item["ok"]]) == (0, [])
    assert len(answer["items"]) == len(list((folder / "tests").glob("*.json")))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["new", "{folder}/Acme"], "“Acme” can't be a module's name."),
        (["sdk", "nowhere"], "there is no folder nowhere."),
        (["test", "nowhere"], "there is no module at nowhere"),
        (["test", "{folder}", "other"], "there is no test other: expected {folder}/tests/other.json."),
        (["push", "{folder}", "--key", "x"], "there is no module.json in {folder}."),
        (["pull", "acme"], "an API key is needed: make one on the page “API keys”"),
        (["pull", "acme", "--key", "x"], "http://127.0.0.1:{port} does not answer:"),
        (["pull", "acme", "--key", "x", "--url", "no address"], "no address"),
    ],
)
def test_a_mistake_is_said_in_one_sentence(
    command: Command, module: Path, arguments: list[str], sentence: str
) -> None:
    values = {"folder": str(module), "port": str(command.port)}
    done = command.run("module", *[part.format(**values) for part in arguments])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"vestnik module: {sentence.format(**values)}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not JSON"),
        ("[]", 'it is no object with "vestnik": "test"'),
        ('{"vestnik": "test"}', "a part is missing or of a wrong kind"),
        ('{"function": "x", "exchange": []}', "Object contains unknown field `exchange`"),
    ],
)
def test_a_file_that_is_no_test_is_named_with_the_reason(
    command: Command, module: Path, text: str, reason: str
) -> None:
    (module / "tests" / "broken.json").write_text(text)
    done = command.run("module", "test", str(module))
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"vestnik module: {module}/tests/broken.json is no test of Vestnik: {reason}"
    )


def test_a_folder_without_tests_says_how_to_make_one(command: Command, module: Path) -> None:
    (module / "tests" / "greets.json").unlink()
    done = command.run("module", "test", str(module))
    assert done.returncode == 1
    assert done.stderr == (
        f"vestnik module: there are no tests in {module}/tests. "
        "“Save as test” in the studio makes one of a call.\n"
    )


def test_a_folder_with_files_is_not_written_over(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "module.py").write_text("mine")
    done = command.run("module", "new", str(folder))
    assert (done.returncode, (folder / "module.py").read_text()) == (1, "mine")
    assert (
        done.stderr == f"vestnik module: {folder} is there already and is not empty. Choose another name.\n"
    )
