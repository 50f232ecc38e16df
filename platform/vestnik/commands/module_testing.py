"""`vestnik module test`: recorded calls and written cases, offline, in the real sandbox."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from vestnik import contract
from vestnik.commands.failures import CommandFailed
from vestnik.commands.module_bench import Module, bench_sandbox, read_module
from vestnik.modules.replays import tests
from vestnik.modules.replays.differences import Difference
from vestnik.modules.replays.tests import ModuleTest, TestInvalid, TestOutcome
from vestnik.sandbox import Program, Sandbox

TEST_BYTES = 16_777_216
SHOWN_DIFFERENCES = 20
SHOWN_LETTERS = 300


@dataclass(frozen=True, slots=True)
class Done:
    """One test that was run."""

    name: str
    test: ModuleTest
    outcome: TestOutcome

    def as_json(self) -> dict[str, Any]:
        """What a program reads of it."""
        outcome = self.outcome
        return {
            "name": self.name,
            "function": self.test.function,
            "ok": outcome.ok,
            "differences": [
                {"path": each.path, "before": each.before, "after": each.after}
                for each in outcome.differences
            ],
            "error": outcome.error,
            "unrecorded": [{"method": each.method, "url": each.url} for each in outcome.unrecorded],
            "wall_ms": round(outcome.wall_ms, 1),
        }


def add_parser(actions: Any) -> None:
    """The subcommand `test`."""
    test = actions.add_parser("test", help="run a module's tests, offline")
    test.add_argument("path", metavar="PATH", help="a module's folder")
    test.add_argument("names", metavar="TEST", nargs="*", help="only these, by their files' names")
    test.add_argument("--json", action="store_true", help="print one JSON object")
    test.set_defaults(carry_out=_test)


def _test(given: argparse.Namespace) -> int:
    module = read_module(given.path)
    done = asyncio.run(_run(module, read_tests(Path(given.path) / "tests", given.names)))
    failed = [each for each in done if not each.outcome.ok]
    if given.json:
        document = {"ok": not failed, "items": [each.as_json() for each in done]}
        print(msgspec.json.encode(document).decode())
    else:
        print("\n".join([line for each in done for line in _lines(each)]))
        print(f"{len(done) - len(failed)} of {len(done)} passed")
    return 1 if failed else 0


def read_tests(folder: Path, names: Sequence[str] = ()) -> list[tuple[str, ModuleTest]]:
    """The tests of a folder by name, all or the named ones; CommandFailed for what is none."""
    wanted = [Path(name).name.removesuffix(".json") for name in names]
    found = {path.stem: path for path in sorted(folder.glob("*.json"))}
    missing = [name for name in wanted if name not in found]
    if missing:
        raise CommandFailed(f"there is no test {missing[0]}: expected {folder / missing[0]}.json.")
    if not found:
        raise CommandFailed(
            f"there are no tests in {folder}. “Save as test” in the studio makes one of a call."
        )
    return [(name, _read(found[name])) for name in wanted or found]


def _read(path: Path) -> ModuleTest:
    if path.stat().st_size > TEST_BYTES:
        raise CommandFailed(f"{path} is larger than {TEST_BYTES} bytes.")
    try:
        test = tests.parse(path.read_bytes())
    except TestInvalid as invalid:
        raise CommandFailed(f"{path} is no test of Vestnik: {invalid}.") from None
    if test.function not in contract.functions():
        raise CommandFailed(f"{path} calls {test.function}, which is no function of the contract.")
    return test


async def _run(module: Module, chosen: Sequence[tuple[str, ModuleTest]]) -> list[Done]:
    async with bench_sandbox() as sandbox:
        return [Done(name, test, await _outcome(sandbox, module, test)) for name, test in chosen]


async def _outcome(sandbox: Sandbox, module: Module, test: ModuleTest) -> TestOutcome:
    program = Program(module.name, module.source, contract.facade())
    return await tests.run(sandbox, program, test, manifest=module.manifest)


def _lines(done: Done) -> list[str]:
    outcome = done.outcome
    head = (
        f"{'ok' if outcome.ok else 'FAILED':<7} {done.name} ({done.test.function}, {outcome.wall_ms:.0f} ms)"
    )
    if outcome.ok:
        return [head]
    lines = [head]
    if outcome.error is not None:
        line = outcome.error.get("line")
        where = f" (line {line})" if line else ""
        lines.append(f"{outcome.error['kind']}{where}: {outcome.error['message']}")
    else:
        lines += [_difference(each) for each in outcome.differences[:SHOWN_DIFFERENCES]]
        left_out = len(outcome.differences) - SHOWN_DIFFERENCES
        if left_out > 0:
            lines.append(f"… and {left_out} more differences")
    lines += [f"not in the recording: {each.method} {each.url}".rstrip() for each in outcome.unrecorded]
    lines += [f"log: {each.message}" for each in outcome.log]
    return [lines[0], *(f"        {line}" for line in lines[1:])]


def _difference(found: Difference) -> str:
    before = "nothing" if found.missing == "before" else _shown(found.before)
    after = "nothing" if found.missing == "after" else _shown(found.after)
    return f"{found.path}: expected {before}, got {after}"


def _shown(value: Any) -> str:
    text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
    return text if len(text) <= SHOWN_LETTERS else f"{text[:SHOWN_LETTERS]}…"
