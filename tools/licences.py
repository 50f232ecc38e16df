"""Hold the licences of every installed package against the set that the design allows."""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

#: Words of an allowed licence. LGPL only for libraries that are used unmodified; no GPL, no AGPL.
ALLOWED = re.compile(
    r"\b(MIT|MIT-0|BSD|Apache|MPL|Mozilla Public|ZPL|Zope Public|PSF|PSFL|Python Software Foundation|ISC"
    r"|Unlicense|0BSD|CC0|BlueOak|Zlib|Public Domain|CNRI|CC-BY)\b",
    re.IGNORECASE,
)
LGPL = frozenset({"psycopg", "psycopg-binary", "python-stdnum"})
#: Tools that only build or test, and never ship: their licence binds nobody who runs Vestnik.
TOOLS_ONLY = frozenset({"chardet", "axe-core", "axe-playwright-python"})
#: The font of the interface, embedded unmodified.
FONTS = re.compile(r"\bOFL-1\.1\b")
WEB = Path(__file__).parent.parent / "web"


def python_offences() -> list[str]:
    """Installed Python packages whose metadata names no allowed licence."""
    offences = []
    for distribution in distributions():
        name = distribution.metadata["Name"].lower()
        words = " ".join(
            [
                *distribution.metadata.get_all("License-Expression", []),
                *(text[:200] for text in distribution.metadata.get_all("License", [])),
                *(
                    line
                    for line in distribution.metadata.get_all("Classifier") or []
                    if line.startswith("License ::")
                ),
            ]
        )
        if name in LGPL or name in TOOLS_ONLY or name == "vestnik":
            continue
        if re.search(r"\bA?GPL", words.replace("LGPL", "")) or not ALLOWED.search(words):
            offences.append(f"{name}: {words.strip() or 'no licence named'}")
    return sorted(offences)


def web_offences() -> list[str]:
    """Packages of the web application whose package.json names no allowed licence."""
    lock = json.loads((WEB / "package-lock.json").read_text())
    offences = []
    for path, package in lock["packages"].items():
        licence = str(package.get("license", "")) if path else "MIT"
        if "/@fontsource" in path and FONTS.search(licence):
            continue
        if not ALLOWED.search(licence) and not package.get("dev"):
            offences.append(f"{path.removeprefix('node_modules/')}: {licence or 'no licence named'}")
    return sorted(offences)


def main() -> int:
    """Print the offences; exit status 1 if there is one."""
    offences = python_offences() + web_offences()
    for offence in offences:
        sys.stdout.write(f"licence not allowed: {offence}\n")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
