"""What a browser says of itself, in the few words by which a person knows it again."""

from __future__ import annotations

import re

#: The first that is found names the program: most of them also call themselves Chrome or Safari.
_PROGRAMS = (
    ("Edg", "Edge"),
    ("EdgA", "Edge"),
    ("EdgiOS", "Edge"),
    ("OPR", "Opera"),
    ("YaBrowser", "Yandex Browser"),
    ("Vivaldi", "Vivaldi"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("HeadlessChrome", "Chrome"),
    ("Version", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows NT", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_VERSION = r"/(\d{1,4})"
_FIRST = re.compile(r"[\w.+-]{1,40}")


def device_of(agent: str) -> str | None:
    """Such as "Firefox 145, Windows" of a User-Agent header; None where it says nothing that is known.

    A program that is no browser is known by its first word: "curl". What it says may be made up.
    """
    if not agent.startswith("Mozilla/"):
        first = _FIRST.match(agent)
        return first[0] if first else None
    program = next((found for mark, name in _PROGRAMS if (found := _program(agent, mark, name))), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    return ", ".join(filter(None, (program, system))) or None


def _program(agent: str, mark: str, name: str) -> str | None:
    found = re.search(rf"\b{mark}{_VERSION}", agent)
    return f"{name} {found[1]}" if found else None
