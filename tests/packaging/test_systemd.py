"""deploy/systemd: units that systemd understands, that harden, and that leave the sandbox its walls."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.docs.documents import ROOT

from vestnik.cli import COMMANDS

UNITS = sorted((ROOT / "deploy/systemd").iterdir())
SERVING = ("vestnik.service", "vestnik-worker@.service")
NOBODY = "65534"


def options(unit: Path) -> Iterator[tuple[str, str]]:
    """The options of a unit, one after the other."""
    for line in unit.read_text().splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            yield name, value


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What systemd-analyze says; without it the test is skipped."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("NO UNIT IS CHECKED: there is no systemd-analyze. Install systemd.")
    return subprocess.run([program, *arguments], capture_output=True, text=True)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_in_a_unit(unit: Path, tmp_path: Path) -> None:
    for each in UNITS:  # the program stands elsewhere here than in an installation
        text = each.read_text().replace("/opt/vestnik/bin/vestnik ", "/bin/true ")
        (tmp_path / each.name.replace("@", "@1")).write_text(text)
    told = analyze("verify", tmp_path / unit.name.replace("@", "@1"))
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize(
    ("unit", "exposure"), [*((name, 40) for name in SERVING), ("vestnik-backup.service", 20)]
)
def test_a_service_is_exposed_little(unit: str, exposure: int) -> None:
    path = ROOT / "deploy/systemd" / unit
    told = analyze("security", "--offline=true", f"--threshold={exposure}", path)
    assert told.returncode == 0, told.stdout.splitlines()[-1]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_commands_that_there_are(unit: Path) -> None:
    commands = re.findall(r"/opt/vestnik/bin/vestnik (\w+)", unit.read_text())
    assert set(commands) <= set(COMMANDS)
    assert bool(commands) == (unit.suffix == ".service")


@pytest.mark.parametrize("name", SERVING)
def test_no_option_of_a_serving_unit_takes_walls_from_the_sandbox(name: str) -> None:
    given = dict(options(ROOT / "deploy/systemd" / name))
    taking = {
        "RestrictNamespaces",
        "SystemCallFilter",
        "ProtectProc",
        "ProcSubset",
        "MemoryDenyWriteExecute",
        "PrivateUsers",
        "RootDirectory",
    }
    assert taking & set(given) == set()


def test_every_wall_stands_where_files_and_privileges_are_as_the_units_make_them(tmp_path: Path) -> None:
    """What the units do to files and privileges, done by hand: no systemd runs where tests run.

    ProtectSystem, PrivateTmp, ProtectHome, ProtectKernelTunables, ProtectControlGroups,
    User, CapabilityBoundingSet, NoNewPrivileges. PrivateDevices and all filters of system calls
    are not among them.
    """
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("setpriv")):
        pytest.skip("THE WALLS ARE NOT TRIED UNDER THE UNIT'S OPTIONS: that takes root, unshare and setpriv.")
    script = f"""
        mount -t tmpfs -o mode=755 tmpfs /mnt
        cd /mnt && mkdir prefix checkout packages data && chown {NOBODY}:{NOBODY} data && chmod 700 data
        mount --bind {sys.base_prefix} prefix
        mount --bind {ROOT / "platform"} checkout
        mount --bind {Path(msgspec.__file__).parents[1]} packages
        mount --bind data data
        for place in /tmp /dev/shm /root /home; do mount -t tmpfs -o mode=755 tmpfs $place; done
        mkdir -p {sys.base_prefix}
        mount --bind /mnt/prefix {sys.base_prefix}
        for place in / /mnt /root /home {sys.base_prefix}; do mount -o remount,bind,ro $place; done
        for place in /proc/sys /sys; do mount --bind $place $place; mount -o remount,bind,ro $place; done
        exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups --no-new-privs \\
            --bounding-set=-all --inh-caps=-all \\
            env -i PATH=/bin PYTHONPATH=/mnt/checkout:/mnt/packages VESTNIK_DATA_DIR=/mnt/data \\
            {Path(sys.executable).resolve()} -m vestnik doctor --json
    """
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script]
    hardened = subprocess.run(command, capture_output=True, text=True)
    assert hardened.returncode == 0, hardened.stdout + hardened.stderr
    told = json.loads(hardened.stdout)
    environment = {**os.environ, "VESTNIK_DATA_DIR": str(tmp_path)}
    plain = subprocess.run(
        [sys.executable, "-m", "vestnik", "doctor", "--json"], env=environment, capture_output=True, text=True
    )
    assert told["walls"] == json.loads(plain.stdout)["walls"]
    assert {told["walls"][wall] for wall in told["walls"] if wall != "namespaces"} == {True}
    assert (told["ok"]["modules"], told["data"]["private"]) == (True, True)
