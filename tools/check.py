"""Every gate but the tests: lint, types, imports, generated files, licences, known vulnerabilities, the web.

Each gate runs even when an earlier one failed, so that one run tells all there is to mend.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

GATES: list[tuple[str, list[str | Path]]] = [
    ("ruff check", [BIN / "ruff", "check", "-q"]),
    ("ruff format", [BIN / "ruff", "format", "--check", "-q"]),
    ("mypy", [BIN / "mypy"]),
    ("import contracts", [BIN / "lint-imports", "--no-cache"]),
    ("contract files", [sys.executable, "-m", "vestnik.contract.generate", "--check"]),
    ("openapi.json", [sys.executable, "tools/openapi.py", "--check"]),
    ("errors.md", [sys.executable, "tools/errors.py", "--check"]),
    ("licences", [sys.executable, "tools/licences.py"]),
    ("web: types of the API", [sys.executable, "tools/web.py", "run", "types", "--", "--check"]),
    ("web: lint", [sys.executable, "tools/web.py", "run", "lint"]),
    ("web: types", [sys.executable, "tools/web.py", "run", "typecheck"]),
    ("web: tests", [sys.executable, "tools/web.py", "run", "test"]),
]


def main() -> int:
    """Run the gates; print a line for each and the output of those that fail."""
    failed = []
    for name, command in GATES:
        start = time.monotonic()
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        verdict = "ok" if run.returncode == 0 else "FAILED"
        print(f"==> {name}: {verdict} in {time.monotonic() - start:.1f} s", flush=True)
        if run.returncode:
            failed.append(name)
            print(run.stdout + run.stderr, flush=True)
    print("all gates passed" if not failed else f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
