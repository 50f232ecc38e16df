"""docs/modules.md: its examples work, and it names everything that a module can use."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vestnik import contract
from vestnik.contract.schemas import load
from vestnik.egress.broker import BrokerOptions
from vestnik.modules.accounts import storage
from vestnik.modules.calls.caller import limits_of
from vestnik.modules.sources.packages import SOURCE_BYTES
from vestnik.sandbox.policy import SOURCE_LIMIT
from vestnik.sandbox.sdk import FIXED_NAMES
from vestnik.sandbox.values import Limits

GUIDE = (Path(__file__).parents[2] / "docs/modules.md").read_text()
PYREFLY = Path(sys.executable).parent / "pyrefly"


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_manifest_of_the_guide_parses() -> None:
    manifest = contract.parse_manifest(json.loads(block("json")))
    assert (manifest.name, manifest.secrets) == ("acme", ("api_key",))


def test_the_module_of_the_guide_has_right_signatures_and_types(tmp_path: Path) -> None:
    text = block("python")
    functions = {
        node.name: [argument.arg for argument in node.args.args]
        for node in ast.parse(text).body
        if isinstance(node, ast.AsyncFunctionDef)
    }
    assert [each for each in contract.check_signatures(functions) if each.severity == "error"] == []
    manifest = contract.parse_manifest(json.loads(block("json")))
    (tmp_path / "vestnik_sdk.pyi").write_text(contract.stub("en", manifest))
    (tmp_path / "module.py").write_text(text)
    (tmp_path / "pyrefly.toml").write_text('project-includes = ["module.py"]\n')
    done = subprocess.run(
        [str(PYREFLY), "check", "--config", "pyrefly.toml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", [*FIXED_NAMES, *contract.facade()["operations"]])
def test_every_name_of_the_sdk_is_in_the_guide(name: str) -> None:
    assert re.search(rf"`{name}\b", GUIDE)


def test_every_field_of_the_manifest_is_in_the_guide() -> None:
    for name in load().manifest["properties"]:
        assert name == "$schema" or f"`{name}`" in GUIDE, name


def test_the_limits_of_the_guide_are_the_limits_of_the_program() -> None:
    limits, options = Limits(), BrokerOptions()
    assert limits.memory_bytes == 128 << 20
    results = {name: limits_of(name).result_bytes >> 20 for name in contract.functions()}
    by_class = {contract.functions()[name].limit: mib for name, mib in results.items()}
    told = ", ".join(f"{each} {by_class[each]} MiB" for each in ("parse", "interactive", "bulk"))
    assert f"| result | {told} |" in GUIDE
    assert (limits.operations, limits.operations_at_once) == (2000, 64)
    assert (options.response_bytes, options.spool_bytes) == (10 << 20, 256 << 20)
    assert options.budget_wait_s == 30
    assert (storage.KEYS, storage.VALUE_BYTES, storage.TOTAL_BYTES) == (1000, 65_536, 1 << 20)
    assert SOURCE_LIMIT == SOURCE_BYTES == 256 << 10
