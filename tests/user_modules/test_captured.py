"""The captured cases of every bundled module, in the real sandbox, over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.user_modules.conftest import USER_MODULES, ModuleAccount, Recorded

from vestnik import contract
from vestnik.egress import Broker
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.sandbox import Sandbox

CASES = sorted(USER_MODULES.glob("*/tests/*.json"))
FOLDERS = sorted({path.parents[1] for path in CASES})


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
async def test_case(path: Path, sandbox: Sandbox, broker: Broker, recorded: Recorded) -> None:
    case = read(path)
    recorded.expected = list(case.get("exchanges", []))
    settings = {"base_url": recorded.url + default_path(path.parents[1]), **case.get("settings", {})}
    account = ModuleAccount(sandbox, broker, path.parts[-3], settings)
    for key, value in case.get("storage", {}).items():
        await account.storage.set(key, value)
    account.people.by_id = {person["id"]: person for person in case.get("contacts", [])}
    arguments = case["arguments"]
    if "error" in case:
        with pytest.raises(ModuleCallFailed) as failure:
            await account.call(case["function"], **arguments)
        assert case["error"] in failure.value.values["reason"]
    else:
        assert await account.call(case["function"], **arguments) == case["expected"]
    assert recorded.surprises == []
    assert recorded.expected == []
    if "storageAfter" in case:
        assert await account.stored() == case["storageAfter"]


def default_path(folder: Path) -> str:
    """The path of the module's own base_url: captured requests have it in theirs."""
    manifest = json.loads((folder / "module.json").read_text("utf-8"))
    address: str = manifest["settings"]["properties"]["base_url"]["default"]
    return urlsplit(address).path


def read(path: Path) -> dict[str, Any]:
    """A case."""
    case: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return case


def test_every_bundled_module_brings_cases() -> None:
    folders = {path.parent.name for path in USER_MODULES.glob("*/module.json")}
    assert folders == {path.parts[-3] for path in CASES}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_bundled_module_has_no_type_errors_in_the_editor(folder: Path, tmp_path: Path) -> None:
    manifest = contract.parse_manifest(json.loads((folder / "module.json").read_text("utf-8")))
    (tmp_path / "vestnik_sdk.pyi").write_text(contract.stub("en", manifest), "utf-8")
    (tmp_path / "module.py").write_text((folder / "module.py").read_text("utf-8"), "utf-8")
    (tmp_path / "pyrefly.toml").write_text('project-includes = ["module.py"]\nsearch-path = ["."]\n')
    pyrefly = Path(sys.executable).with_name("pyrefly")
    checked = subprocess.run([pyrefly, "check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
