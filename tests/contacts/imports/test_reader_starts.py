"""The child that reads a file starts for each file: it brings nothing along that reading does not need."""

from __future__ import annotations

import json
import subprocess
import sys


def test_the_child_knows_no_database_and_no_keys() -> None:
    program = "import json, sys, vestnik.contacts.imports.child; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, check=True)

    known = {name.split(".")[0] for name in json.loads(told.stdout)}
    assert known.isdisjoint({"sqlalchemy", "cryptography", "starlette", "uvicorn", "asyncio"})
