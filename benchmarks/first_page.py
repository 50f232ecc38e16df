"""From a clone to the first page: `git clone`, then `make run` until the sign-in page and the demo are there.

Twice, each in a fresh clone and a fresh home: with no packages kept by pip and npm, then with those of the
first time. Where packages come from stays as it is configured here. It takes minutes and asks the registries,
so that it is run only when it is named: `python -m benchmarks first-page`.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.installation import ROOT

#: What `make install` prints of its steps.
_STEP = re.compile(r"==> (packages installed|web app built) in (\d+) s")
#: What it says once the demo has its data.
_READY = "demo is ready"
_WITHIN_S = 1_800.0
_PAUSE_S = 0.1
#: Where people keep what pip and npm are to ask; a fresh home has neither.
_CONFIGURED = {"PIP_CONFIG_FILE": ".config/pip/pip.conf", "NPM_CONFIG_USERCONFIG": ".npmrc"}


def run() -> dict[str, Any]:
    """Seconds to the first page without and with packages that were kept, and how busy the machine was."""
    with tempfile.TemporaryDirectory(prefix="vestnik-first-page-") as folder:
        kept = Path(folder) / "kept"
        return {name: _measure(Path(folder) / name, kept) for name in ("nothing_kept", "packages_kept")}


def _measure(folder: Path, kept: Path) -> dict[str, Any]:
    load, began = os.getloadavg()[0], time.monotonic()
    checkout = folder / "vestnik"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
    figures: dict[str, Any] = {"load_before": load, "clone_s": time.monotonic() - began}
    port = _port()
    with _made(checkout, _environ(folder, kept, port)) as process:
        _until(process, lambda: _answers(f"http://127.0.0.1:{port}/login"))
        figures["first_page_s"] = time.monotonic() - began
        _until(process, lambda: _READY in (checkout / "said").read_text())
        figures["demo_ready_s"] = time.monotonic() - began
    said = (checkout / "said").read_text()
    figures |= {f"{name.replace(' ', '_')}_s": int(seconds) for name, seconds in _STEP.findall(said)}
    return figures


def _port() -> int:
    """A free port with a free one after it, of those that the kernel gives to nobody by itself."""
    for port in range(8_000, 10_000, 2):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


def _environ(folder: Path, kept: Path, port: int) -> Mapping[str, str]:
    ours = ("VESTNIK_", "VIRTUAL_ENV", "PYTHON", "XDG_", "MAKE", "MFLAGS")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    home = Path.home()
    environ |= {name: str(home / path) for name, path in _CONFIGURED.items() if (home / path).is_file()}
    (folder / "home").mkdir()
    return environ | {
        "HOME": str(folder / "home"),
        "PIP_CACHE_DIR": str(kept / "pip"),
        "NPM_CONFIG_CACHE": str(kept / "npm"),
        "VESTNIK_PORT": str(port),
    }


@contextmanager
def _made(checkout: Path, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`make run`, which is ended with all that it began."""
    with (checkout / "said").open("wb") as said:
        process = subprocess.Popen(
            ["make", "run"], cwd=checkout, env=environ, stdout=said, stderr=said, start_new_session=True
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _until(process: subprocess.Popen[bytes], holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _WITHIN_S
    while not holds():
        if process.poll() is not None:
            raise RuntimeError(f"make run ended with status {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError(f"no page after {_WITHIN_S:.0f} s")
        time.sleep(_PAUSE_S)


def _answers(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        status: int = opener.open(address, timeout=5).status
    except OSError:
        return False
    return status == 200
