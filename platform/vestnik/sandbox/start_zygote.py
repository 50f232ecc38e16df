"""The first lines of the zygote's process: `python -I -S start_zygote.py SITE...`.

Makes `vestnik.sandbox` importable without running the package files, which belong to the host and would
load it.
"""

import importlib
import sys
import types
from pathlib import Path


def find_modules(site: list[str]) -> None:
    """Registers empty packages whose path is this directory; `site` holds the jail's few dependencies."""
    here = str(Path(__file__).resolve().parent)
    for name, path in (("vestnik", []), ("vestnik.sandbox", [here])):
        package = types.ModuleType(name)
        package.__path__ = path
        sys.modules[name] = package
    sys.path.extend(site)


if __name__ == "__main__":
    find_modules(sys.argv[1:])
    importlib.import_module("vestnik.sandbox.zygote").main()
