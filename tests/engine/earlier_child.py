"""A host of `counting_child.py`, by a release whose workflows have an earlier version."""

from __future__ import annotations

import runpy
from pathlib import Path

from vestnik.engine import engine

if __name__ == "__main__":
    engine.APPLICATION_VERSION = "0"
    runpy.run_path(str(Path(__file__).with_name("counting_child.py")), run_name="__main__")
