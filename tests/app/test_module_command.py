"""`vestnik module check|run`: one JSON object and an exit status, in the real sandbox."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.processes import Command

SOURCE = """
from vestnik_sdk import fetch, sealed, settings


async def CRM_Marketing_GetTemplateHTML(templateExternalId):
    print("asked for", templateExternalId)
    return 5 if templateExternalId == "broken" else "<p>Привет</p>"


async def double(number):
    return number * 2


async def get(path):
    answer = await fetch(settings.base_url + path, headers={"x-key": f"{sealed.api_key}"})
    return answer.status


def spin():
    while True:
        pass


def fall():
    raise ValueError("no such letter")


def hoard():
    return [0] * 10**9


async def later():
    raise NotImplementedError("not yet")
"""
SECRET = "the-provider's-key"


class Provider(http.server.BaseHTTPRequestHandler):
    keys: list[str | None] = []

    def do_GET(self) -> None:
        self.keys.append(self.headers["x-key"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[int]:
    """The port of a provider that remembers the keys that it was given."""
    Provider.keys.clear()
    server = http.server.HTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "letters.py"
    path.write_text(SOURCE)
    return path


def run(command: Command, module: Path, function: str, *options: str) -> tuple[int, dict[str, Any]]:
    status, answer = command.json("module", "run", str(module), function, *options)
    assert list(answer) == ["ok", "result", "error", "log", "exchanges", "cpu_ms", "wall_ms"]
    assert answer["ok"] == (status == 0) == (answer["error"] is None)
    return status, answer


def test_a_function_of_the_contract_is_run_and_its_log_shown(command: Command, module: Path) -> None:
    arguments = json.dumps({"templateExternalId": "tpl-1"})
    status, answer = run(command, module, "CRM_Marketing_GetTemplateHTML", "--args", arguments)
    assert (status, answer["result"]) == (0, "<p>Привет</p>")
    assert [line["message"] for line in answer["log"]] == ["asked for tpl-1"]
    assert answer["wall_ms"] > 0
    assert not Path(command.environ["VESTNIK_DATA_DIR"]).exists()


def test_a_broken_contract_names_the_path(command: Command, module: Path) -> None:
    arguments = json.dumps({"templateExternalId": "broken"})
    status, answer = run(command, module, "CRM_Marketing_GetTemplateHTML", "--args", arguments)
    error = answer["error"]
    assert (status, error["kind"], error["path"]) == (1, "contract", "$")
    _, answer = run(command, module, "CRM_Marketing_GetTemplateHTML")
    assert (answer["error"]["kind"], answer["error"]["path"]) == ("contract", "$.templateExternalId")


@pytest.mark.parametrize(
    ("function", "options", "kind", "line"),
    [
        ("spin", ["--timeout", "0.5"], "timeout", None),
        ("fall", [], "raised", 25),
        ("hoard", [], "memory", None),
        ("later", [], "not_implemented", None),
        ("missing", [], "not_implemented", None),
    ],
)
def test_every_failure_has_its_kind(
    command: Command, module: Path, function: str, options: list[str], kind: str, line: int | None
) -> None:
    status, answer = run(command, module, function, *options)
    assert (status, answer["error"]["kind"]) == (1, kind)
    assert set(answer["error"]) == {"kind", "message", "line"}
    if line is not None:
        assert (answer["error"]["line"], answer["error"]["message"]) == (line, "ValueError: no such letter")


def test_a_request_needs_an_approval_and_carries_the_secret_past_the_module(
    command: Command, module: Path, provider: int
) -> None:
    settings = json.dumps({"base_url": f"http://127.0.0.1:{provider}", "api_key": SECRET})
    options = ["--args", '{"path": "/lists"}', "--settings", settings]
    allow = ["--allow", f"127.0.0.1:{provider}"]
    for granted in ([], allow, [*allow, "--http-ok"]):
        _, answer = run(command, module, "get", *options, *granted)
        assert answer["error"]["kind"] == "forbidden_host"
    assert Provider.keys == []
    _, answer = run(command, module, "get", *options, *allow, "--http-ok", "--private-ok")
    assert (answer["result"], Provider.keys) == (204, [SECRET])
    assert [(exchange["method"], exchange["status"]) for exchange in answer["exchanges"]] == [("GET", 204)]
    assert SECRET not in json.dumps(answer)


def test_a_service_that_does_not_answer_is_a_failed_fetch(command: Command, module: Path) -> None:
    settings = json.dumps({"base_url": f"http://127.0.0.1:{command.port}", "api_key": SECRET})
    granted = ["--allow", f"127.0.0.1:{command.port}", "--http-ok", "--private-ok"]
    options = ["--args", '{"path": "/"}', "--settings", settings, *granted]
    status, answer = run(command, module, "get", *options)
    assert (status, answer["error"]["kind"]) == (1, "fetch")


@pytest.mark.parametrize(
    ("source", "kind"), [("import os", "policy"), ("def (", "syntax"), ("x = __import__", "policy")]
)
def test_what_may_not_run_is_refused_by_check_and_by_run(
    command: Command, tmp_path: Path, source: str, kind: str
) -> None:
    path = tmp_path / "bad.py"
    path.write_text(source)
    status, checked = command.json("module", "check", str(path))
    assert (status, checked["ok"], checked["error"]["kind"], checked["error"]["line"]) == (1, False, kind, 1)
    _, answer = run(command, path, "anything")
    assert answer["error"]["kind"] == kind


def test_the_bundled_module_passes_the_check(command: Command) -> None:
    folder = Path(__file__).parents[2] / "user_modules" / "unisender"
    status, answer = command.json("module", "check", str(folder))
    assert (status, answer["error"], answer["result"]["diagnostics"]) == (0, None, [])
    assert "CRM_Marketing_CreateCampaign" in answer["result"]["functions"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["check", "nowhere"], "there is no module at nowhere"),
        (["run", "{module}", "double", "--args", "[1]"], "--args must be a JSON object"),
        (["run", "{module}", "double", "--settings", "{"], "--settings is not JSON"),
        (["run", "{module}", "get", "--settings", '{"api_key": "short"}'], "the secret api_key must be"),
        (["run", "{module}", "get", "--allow", "*.com"], "--allow: a pattern must be"),
        (["run", "{module}", "get", "--timeout", "0"], "--timeout must be more than 0"),
    ],
)
def test_a_mistake_of_the_caller_is_said_in_one_sentence(
    command: Command, module: Path, arguments: list[str], sentence: str
) -> None:
    done = command.run("module", *[part.replace("{module}", str(module)) for part in arguments])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"vestnik module: {sentence}")
