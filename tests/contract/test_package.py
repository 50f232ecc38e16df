"""The schemas are found in an installed package as well as in the checkout."""

import shutil
import subprocess
import sys
from pathlib import Path

from vestnik.contract import schemas

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from vestnik import contract
from vestnik.contract import schemas
print(schemas.folder(), len(contract.functions()))
"""


def test_an_installed_package_reads_the_schemas_that_are_packed_into_it(tmp_path: Path) -> None:
    package = tmp_path / "vestnik"
    source = Path(schemas.__file__).parent
    shutil.copytree(source, package / "contract", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(source.parent / "__init__.py", package)
    shutil.copytree(schemas.folder(), package / "_schemas")
    command = [sys.executable, "-P", "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{package / '_schemas'} 26\n"
