"""Run the benchmarks and print a table: `python -m benchmarks [NAME …]`; JSON goes to benchmarks/results/.

A benchmark is a module of this package with `run() -> dict[str, Any]`: figures with their units in the names,
nested one level at most. Machines are shared and noisy: trust ratios more than single figures. Those that
measure one database at a time take VESTNIK_BENCH_DATABASE=postgresql.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import pkgutil
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import benchmarks
from vestnik import logs

RESULTS = Path(__file__).parent / "results"
_PARTS = frozenset({"__main__", "cluster", "load", "floor", "installation", "million", "peers"})

#: Those that are run when they are named alone: they ask registries of packages.
_NAMED = frozenset({"first_page"})


def names() -> list[str]:
    """The benchmarks there are."""
    return sorted(
        module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name not in _PARTS
    )


def table(figures: dict[str, Any], indent: str = "  ") -> str:
    """Figures as aligned lines; a nested group under its own heading."""
    lines = []
    for name, value in figures.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}", table(value, indent + "  ")]
        else:
            shown = f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
            lines.append(f"{indent}{name:<44}{shown:>16}")
    return "\n".join(lines)


def main(wanted: list[str]) -> int:
    """Run the named benchmarks, or all; exit status 2 for a name that is none."""
    known, wanted = names(), [name.replace("-", "_") for name in wanted]
    if unknown := set(wanted) - set(known):
        sys.stderr.write(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(known)}\n")
        return 2
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()}
    RESULTS.mkdir(exist_ok=True)
    logs.configure(logging.WARNING)
    for name in wanted or [each for each in known if each not in _NAMED]:
        start = time.monotonic()
        print(f"==> {name}", flush=True)
        figures = importlib.import_module(f"benchmarks.{name}").run()
        print(table(figures), f"  ({time.monotonic() - start:.0f} s)", sep="\n", flush=True)
        written = {"at": datetime.now(UTC).isoformat(), "machine": machine, "figures": figures}
        kind = os.environ.get("VESTNIK_BENCH_DATABASE", "sqlite")
        (RESULTS / f"{name}{'' if kind == 'sqlite' else f'-{kind}'}.json").write_text(
            json.dumps(written, indent=1) + "\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
