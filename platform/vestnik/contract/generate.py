"""`python -m vestnik.contract.generate` writes what is made from the schemas; --check only compares."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vestnik.contract.reference import reference
from vestnik.contract.typescript import typescript


def generated() -> dict[str, str]:
    """The text of every generated file by its path in the checkout."""
    return {
        "docs/contract.md": reference("en"),
        "docs/contract.ru.md": reference("ru"),
        "web/src/api/contract.generated.d.ts": typescript(),
    }


def stale(root: Path) -> list[str]:
    """The generated files that are missing or differ."""
    return [
        path
        for path, text in generated().items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes or compares; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vestnik.contract.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the checkout (default: here)")
    options = parser.parse_args(arguments)
    old = stale(options.root)
    for path in old:
        print(f"{path}: {'stale' if options.check else 'written'}")
        if not options.check:
            (options.root / path).parent.mkdir(parents=True, exist_ok=True)
            (options.root / path).write_text(generated()[path], encoding="utf-8")
    return 1 if options.check and old else 0


if __name__ == "__main__":
    sys.exit(main())
