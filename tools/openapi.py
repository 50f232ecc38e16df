"""Write `web/openapi.json` from the routes, or say that it is stale (`--check`)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from vestnik.app import routers
from vestnik.http.openapi import document

TARGET = Path(__file__).parent.parent / "web" / "openapi.json"


def main(arguments: list[str]) -> int:
    """Exit status 1 when `--check` finds the file stale."""
    text = json.dumps(document(routers()), ensure_ascii=False, indent=1) + "\n"
    if "--check" in arguments:
        if TARGET.read_text() == text:
            return 0
        sys.stdout.write("web/openapi.json is stale: run `make generate`\n")
        return 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
