# names of calls stay on one line
"""The walls stand, are proven at every start, and nothing runs without them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from vestnik.sandbox import Limits, Program, Sandbox, SandboxOptions, SandboxUnavailable, selftest, wire

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = dict.fromkeys(
    ("policy", "process", "rlimits", "no_new_privs", "seccomp", "landlock", "namespaces"), True
)


async def _probe(sandbox: Sandbox, name: str) -> str:
    """What one forbidden call does in a worker of its own."""
    nursery = sandbox._nursery
    assert nursery is not None
    worker = await nursery.spawn(Limits().memory_bytes)
    try:
        return await selftest._probe(worker, name)
    except Exception:
        return "killed by SIGSYS" if worker.forbidden_call else "ended"
    finally:
        worker.kill("it was a throwaway")


async def test_every_mandatory_wall_stands_here(sandbox: Sandbox) -> None:
    mandatory = {name: standing for name, standing in sandbox.walls.items() if name != "namespaces"}

    assert set(sandbox.walls) == set(ALL)
    assert mandatory == {name: True for name in ALL if name != "namespaces"}


async def test_probes_and_the_self_test_name_the_same_calls() -> None:
    source = Path(selftest.__file__).with_name("probes.py").read_text()
    killed = source.split("KILLED: Final")[1]

    assert [name for name in selftest.KILLS if f'"{name}":' not in killed] == []
    assert killed.count('": _') == len(selftest.KILLS)


@pytest.mark.parametrize("name", selftest.KILLS)
async def test_system_call_ends_the_worker(name: str, sandbox: Sandbox) -> None:
    assert await _probe(sandbox, name) == "killed by SIGSYS"


async def test_every_other_forbidden_system_call_is_refused(sandbox: Sandbox) -> None:
    assert await _probe(sandbox, "*") == "refused"


@pytest.mark.parametrize(
    "name",
    ["open", "openat", "python open()", "open the root", "executable memory", "dup", "write to descriptor 9"],
)
async def test_refused_call_has_an_error(name: str, sandbox: Sandbox) -> None:
    assert await _probe(sandbox, name) in ("EPERM", "EBADF")


@pytest.mark.parametrize("wall", ["policy", "process", "rlimits", "no_new_privs", "seccomp"])
async def test_missing_mandatory_wall_is_refused_by_name(wall: str) -> None:
    inspection = selftest.Inspection({**ALL, wall: False}, {wall: "tried and failed"})

    with pytest.raises(SandboxUnavailable) as refused:
        inspection.demand(landlock_kernel=False, strict=False)

    assert refused.value.wall == wall
    assert refused.value.message == f"Modules can't run here: the wall “{wall}” fails: tried and failed"


async def test_landlock_is_mandatory_where_the_kernel_has_it() -> None:
    inspection = selftest.Inspection({**ALL, "landlock": False, "namespaces": False}, {})

    inspection.demand(landlock_kernel=False, strict=False)
    with pytest.raises(SandboxUnavailable, match="landlock"):
        inspection.demand(landlock_kernel=True, strict=False)


async def test_strict_demands_namespaces_too() -> None:
    inspection = selftest.Inspection({**ALL, "namespaces": False}, {"namespaces": "refused by the kernel"})

    inspection.demand(landlock_kernel=True, strict=False)
    with pytest.raises(SandboxUnavailable, match="namespaces"):
        inspection.demand(landlock_kernel=True, strict=True)


async def test_strict_sandbox_starts_exactly_when_every_wall_stands(sandbox: Sandbox) -> None:
    strict = Sandbox(SandboxOptions(strict=True))

    if all(sandbox.walls.values()):
        async with strict:
            assert strict.walls == ALL
    else:
        with pytest.raises(SandboxUnavailable):
            await strict.start()


async def _where(taken: str, *options: str) -> dict[str, Any]:
    """A start and a call in a process in which the system calls of a wall are refused."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("in_a_container.py")),
        taken,
        *options,
        env={"PYTHONPATH": str(Path(selftest.__file__).parents[2])},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    told: dict[str, Any] = json.loads(printed)
    return told


async def test_modules_run_where_namespaces_are_refused_and_the_missing_wall_has_its_reason() -> None:
    assert await _where("namespaces") == {
        "walls": {**ALL, "namespaces": False},
        "reasons": {"namespaces": "[Errno 1] Operation not permitted: 'unshare'"},
        "mandatory": [wall for wall in ALL if wall != "namespaces"],
        "result": 42,
    }


async def test_modules_run_on_a_kernel_without_landlock_and_the_missing_wall_has_its_reason() -> None:
    assert await _where("landlock") == {
        "walls": {**ALL, "landlock": False},
        "reasons": {"landlock": "the kernel has no Landlock"},
        "mandatory": [wall for wall in ALL if wall not in ("namespaces", "landlock")],
        "result": 42,
    }


@pytest.mark.parametrize("wall", ["namespaces", "landlock"])
async def test_strict_refuses_a_machine_on_which_any_wall_can_not_be_built(wall: str) -> None:
    told = await _where(wall, "strict")

    assert (told["refused"], told.get("result")) == (wall, None)
    assert told["mandatory"] == list(ALL)


@pytest.mark.parametrize("wall", ["process", "rlimits", "no_new_privs", "seccomp"])
async def test_nothing_runs_where_a_mandatory_wall_can_not_be_built_and_it_is_named(wall: str) -> None:
    if wall == "no_new_privs" and os.geteuid() != 0:
        pytest.skip("only root can be without it behind a filter")

    told = await _where(wall)

    assert (told["refused"], told.get("result"), list(told["reasons"])) == (wall, None, [wall])
    assert f"“{wall}” can't be built" in told["message"]


async def test_other_systems_are_refused_with_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    with pytest.raises(SandboxUnavailable) as refused:
        await Sandbox().start()

    assert refused.value.message == "Modules run on Linux"


async def test_sandbox_that_was_not_started_says_so() -> None:
    with pytest.raises(SandboxUnavailable, match="has not been started"):
        await Sandbox().call(Program("a", ""), "run", {})


async def test_worker_inherits_neither_environment_nor_arguments_nor_descriptors(sandbox: Sandbox) -> None:
    nursery = sandbox._nursery
    assert nursery is not None
    worker = await nursery.spawn(Limits().memory_bytes)
    process = Path(f"/proc/{worker.pid}")
    try:
        descriptors = sorted(int(path.name) for path in (process / "fd").iterdir())
        environment = (process / "environ").read_bytes()
        maps = (process / "maps").read_text()
    except PermissionError:  # only root may look into a process that can't be traced
        pytest.skip("needs root")
    finally:
        worker.kill("it was a throwaway")

    assert descriptors == [2, 3]
    assert environment == b""
    assert "sqlalchemy" not in maps


def _arguments(pid: int) -> list[bytes]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


async def test_zygote_knows_nothing_of_the_host(sandbox: Sandbox) -> None:
    """A compromised worker sees what its zygote had in memory: no secret may ever have been there."""
    nursery = sandbox._nursery
    assert nursery is not None
    assert nursery._current is not None
    arguments = await asyncio.to_thread(_arguments, nursery._current._process.pid)

    assert arguments[1:5] == [b"-I", b"-S", b"-X", b"utf8"]
    assert arguments[5].endswith(b"start_zygote.py")


async def test_probe_of_an_unknown_name_ends_only_that_worker(sandbox: Sandbox) -> None:
    nursery = sandbox._nursery
    assert nursery is not None
    worker = await nursery.spawn(Limits().memory_bytes)

    with pytest.raises(Exception, match="the worker ended by itself"):
        await worker.request(wire.PROBE, msgspec.msgpack.encode(["no such call"]), Limits())

    assert (await sandbox.call(Program("fine", "def run():\n    return 1"), "run", {})).result == 1
