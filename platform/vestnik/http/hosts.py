"""The names under which the installation is reached: a request under any other came by DNS rebinding.

A page whose name is made to lead to this machine sends requests whose Origin and Host agree, as those of our
own pages do. An address in numbers can't be rebound, and a loopback name is never asked of DNS.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

#: Last parts of names that no public name ends in (RFC 2606, 6761, 6762, 8375; ICANN's `internal`).
_PRIVATE_ZONES = frozenset(
    {"localhost", "local", "internal", "lan", "home", "corp", "arpa", "test", "example", "invalid"}
)
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s\[\]:@/?#\\]+))(?::\d*)?")


def is_host(host: str) -> bool:
    """True for what a Host header may be: a name or an address, with a port or without."""
    return _HOST.fullmatch(host) is not None


def name_of(host: str) -> str:
    """The name in a Host header, without its port; empty where there is none."""
    found = _HOST.fullmatch(host)
    return "" if found is None else _as_sent(found[1] or found[2])


def is_known(name: str, own_names: Iterable[str]) -> bool:
    """True for a loopback name, an address in numbers, and the names of the installation itself."""
    if name == "localhost" or name.endswith(".localhost") or _is_address(name):
        return True
    return name != "" and name in map(_as_sent, own_names)


def is_public(address: str) -> bool:
    """False for an address of ours (`http://…`) that surely nobody on the internet can reach."""
    name = urlsplit(address).hostname or ""
    if _is_address(name):
        return ipaddress.ip_address(name).is_global
    bare = _as_sent(name)
    return "." in bare and bare.rpartition(".")[2] not in _PRIVATE_ZONES


def _as_sent(name: str) -> str:
    """As browsers write it: lower case, ASCII, without the final dot."""
    bare = name.lower().removesuffix(".")
    try:
        return bare.encode("idna").decode()
    except UnicodeError:  # what is no name of DNS is compared as it is
        return bare


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
