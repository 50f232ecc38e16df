"""`vestnik …` as a release whose workflows have other steps runs it: `versioned.py VERSION ARGUMENTS…`."""

from __future__ import annotations

import runpy
import sys

from vestnik.engine import engine

if __name__ == "__main__":
    _, engine.APPLICATION_VERSION, *arguments = sys.argv
    sys.argv = ["vestnik", *arguments]
    runpy.run_module("vestnik", run_name="__main__", alter_sys=True)
