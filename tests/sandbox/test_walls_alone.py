"""Each wall alone, with the others taken away: what it holds by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.test_escapes import CORPUS

from vestnik.sandbox import probes, selftest

HERE = Path(__file__).parent
ENVIRONMENT = {"PYTHONPATH": str(Path(selftest.__file__).parents[2])}


def _told(script: str, *arguments: str, given: str = "") -> dict[str, str]:
    command = [sys.executable, str(HERE / script), *arguments]
    done = subprocess.run(command, input=given, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    told: dict[str, str] = json.loads(done.stdout)
    return told


@cache
def _behind(wall: str) -> dict[str, str]:
    if os.geteuid() != 0:
        pytest.skip("only root has everything to lose")
    return _told("one_wall.py", wall)


def _reason_of(escape: Any) -> str:
    kind: str = escape.reason.partition(":")[0]
    return "refused" if kind in ("policy", "syntax") else kind


def test_the_policy_alone_lets_no_escape_obtain_anything() -> None:
    """In a bare process: no jail, no limits, every file and address within reach of whoever gets out."""
    told = _told("bare_policy.py", given=json.dumps({name: each.source for name, each in CORPUS.items()}))

    # a bare interpreter has built-ins that the jail's has not (`help`): a use of them is refused sooner
    expected = {name: {_reason_of(escape), "refused"} for name, escape in CORPUS.items()}
    assert [(name, told[name]) for name in expected if told[name] not in expected[name]] == []
    assert set(told) == set(CORPUS)


@pytest.mark.parametrize("name", [*probes.REFUSED, *probes.KILLED])
def test_the_filter_of_system_calls_alone_holds_everything(name: str) -> None:
    """As root, with the policy bypassed: the one wall that needs no other."""
    outcome = _behind("seccomp")[name]

    assert outcome == "SIGSYS" if name in probes.KILLED else outcome in ("EPERM", "EBADF")


OPENING = ("open", "openat", "openat2", "open /proc/self/environ", "python open()")
# What a wall holds when nothing stands before or behind it.
HOLDS: dict[str, dict[str, str]] = {
    "landlock": {
        **dict.fromkeys((*OPENING, "open the root", "creat", "creat in shared memory", "mkdir"), "EACCES"),
        "mq_open": "EACCES",
        "kill zygote": "EPERM",
        "mount": "EPERM",
        "ptrace": "EPERM",
    },
    "rlimits": {
        **dict.fromkeys((*OPENING, "open the root", "creat", "creat in shared memory"), "EMFILE"),
        **dict.fromkeys(("socket inet", "socket unix", "socket netlink", "socketpair"), "EMFILE"),
        **dict.fromkeys(("dup", "pipe", "eventfd", "inotify", "memfd_create", "pidfd_open"), "EMFILE"),
        **dict.fromkeys(("fork", "clone", "vfork"), "EAGAIN"),
        "thread": "error",
        "io_uring_setup": "ENOMEM",
    },
    "namespaces": {
        **dict.fromkeys((*OPENING, "stat", "creat in shared memory", "execve"), "ENOENT"),
        **dict.fromkeys(("creat", "mkdir", "unlink"), "EROFS"),
        "kill all": "ESRCH",
        "setuid": "EINVAL",
    },
    "process": {
        **dict.fromkeys(("setuid", "mount", "chroot", "reboot", "kill zygote", "ptrace"), "EPERM"),
        **dict.fromkeys(("open /proc/self/environ", "creat", "mkdir", "setpriority"), "EACCES"),
    },
}


@pytest.mark.parametrize(("wall", "name"), [(wall, name) for wall, held in HOLDS.items() for name in held])
def test_a_wall_alone_holds_what_it_is_for(wall: str, name: str) -> None:
    assert _behind(wall)[name] == HOLDS[wall][name]


def test_no_other_wall_alone_is_enough() -> None:
    """So that nobody takes the filter for one of five that could each be left out."""
    for wall in HOLDS:
        assert "allowed" in _behind(wall).values()
