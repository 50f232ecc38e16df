"""Which targets an account's requests may reach: approvals of an administrator, and our own listeners."""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

import idna

from vestnik.egress.addresses import METADATA, Address, is_own, parse_address, refusal
from vestnik.egress.errors import ForbiddenHost, InvalidRequest

DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_WILDCARD_LABELS = 2
_ENDS_IN_NUMBER = re.compile(r"(^|[.])(0x[0-9a-f]*|[0-9]+)$")


def normal_host(host: str) -> str:
    """A host as it is compared and connected to: lower case, IDNA, no brackets, no final dot.

    Raises ValueError.
    """
    host = host.strip("[]") if host.startswith("[") else host
    try:
        return str(parse_address(host))
    except ValueError:
        pass
    try:
        name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        raise ValueError("the host is not a valid name") from None
    name = name.removesuffix(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError("the host is not a valid name")
    return name


def as_address(host: str) -> Address | None:
    """The address that a normal host writes out, or None for a name."""
    try:
        return parse_address(host)
    except ValueError:
        return None


def is_private(host: str) -> bool:
    """True for a normal host that writes out a private or loopback address: of no use unless approved so."""
    address = as_address(host)
    return address is not None and refusal(address) == "private_address"


def refusal_at_sight(host: str) -> str | None:
    """The reason (of errors.FORBIDDEN_REASONS) why a normal host is not public, as far as its text tells.

    Old spellings of IPv4 are read as the system's resolver would (`0x7f.1`, `2130706433`); any other name
    that ends in a number is nobody's. `localhost` and what is below it is this machine (RFC 6761, 6.3).
    """
    if host.rpartition(".")[2] == "localhost":
        return "private_address"
    address = as_address(host)
    if address is None and _ENDS_IN_NUMBER.search(host):
        try:
            address = parse_address(socket.inet_ntoa(socket.inet_aton(host)))
        except OSError:
            return "unusable_address"
    return None if address is None else refusal(address)


@dataclass(frozen=True)
class Target:
    """Scheme, host and port of a URL: its origin."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Self:
        """Reads the origin of a URL; raises InvalidRequest for all but http and https with a valid host."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise InvalidRequest("the URL can't be read") from None
        if parts.scheme not in DEFAULT_PORTS:
            raise InvalidRequest("the URL must begin with https:// or http://")
        if parts.username is not None or parts.password is not None:
            raise InvalidRequest("a URL may not carry a user name or password; use a header")
        try:
            host = normal_host(parts.hostname or "")
        except ValueError as error:
            raise InvalidRequest(str(error)) from None
        return cls(parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port)

    @property
    def host_header(self) -> str:
        """The value of `Host`: without the port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def forbidden(self, reason: str) -> ForbiddenHost:
        """The error that says why this target may not be reached."""
        return ForbiddenHost(self.scheme, self.host, self.port, reason)


@dataclass(frozen=True)
class Approval:
    """One approved target; `host_pattern` is a name, an address, or `*.example.com` (any depth, not itself).

    `private` lets the name lead into a private network; it is for exact names only, since whoever
    writes the zone of a pattern could point any name of it at our loopback. Raises ValueError.
    """

    scheme: str
    host_pattern: str
    port: int
    private: bool = False

    def __post_init__(self) -> None:
        if self.scheme not in DEFAULT_PORTS:
            raise ValueError("the scheme must be https or http")
        if not 0 < self.port < 65536:
            raise ValueError("the port must be from 1 to 65535")
        wildcard = self.host_pattern.startswith("*.")
        name = normal_host(self.host_pattern[2:] if wildcard else self.host_pattern)
        if wildcard and (as_address(name) is not None or name.count(".") + 1 < _WILDCARD_LABELS):
            raise ValueError("a pattern must be *. and a name of at least two parts, as in *.example.com")
        if wildcard and self.private:
            raise ValueError(
                "an address in a private network is approved by its exact name, not by a pattern"
            )
        object.__setattr__(self, "host_pattern", f"*.{name}" if wildcard else name)

    @classmethod
    def parse(cls, text: str, *, private: bool = False) -> Self:
        """Reads `https://*.example.com:8443`, `http://localhost:9000` or `api.example.com` (then https).

        Raises ValueError.
        """
        scheme, separator, rest = text.strip().partition("://")
        if not separator:
            scheme, rest = "https", text.strip()
        parts = urlsplit(f"//{rest}")
        if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError("an approved address has a scheme, a host and a port, and nothing else")
        scheme = scheme.lower()
        port = DEFAULT_PORTS.get(scheme, 0) if parts.port is None else parts.port
        return cls(scheme, parts.hostname or "", port, private)

    def covers(self, target: Target) -> bool:
        """True when the target has this scheme, this port and a host of this pattern."""
        if (self.scheme, self.port) != (target.scheme, target.port):
            return False
        if self.host_pattern.startswith("*."):
            return target.host.endswith(self.host_pattern[1:]) and as_address(target.host) is None
        return target.host == self.host_pattern

    def __str__(self) -> str:
        host = f"[{self.host_pattern}]" if ":" in self.host_pattern else self.host_pattern
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True)
class HostPolicy:
    """The approvals of one account, and the (host, port) pairs on which we ourselves listen.

    The host of a listener is an address, a wildcard address (then every address of this machine counts)
    or a name such as that of the public address. Listeners are refused whatever was approved.
    """

    approvals: Sequence[Approval] = ()
    own_listeners: Sequence[tuple[str, int]] = field(default=())

    def admit(self, target: Target) -> Approval:
        """The approval under which a target may be looked up; raises ForbiddenHost."""
        if any(port == target.port and host.lower() == target.host for host, port in self.own_listeners):
            raise target.forbidden("own_listener")
        covering = [approval for approval in self.approvals if approval.covers(target)]
        if not covering:
            raise target.forbidden("not_approved")
        return max(covering, key=lambda approval: approval.private)

    def check_address(self, target: Target, approval: Approval, address: Address) -> None:
        """Refuses an address that this approval does not open; raises ForbiddenHost."""
        if self._is_own_listener(address, target.port):
            raise target.forbidden("own_listener")
        reason = refusal(address)
        if reason is None:
            return
        if reason == "private_address" and approval.private:
            return
        if (
            reason == "metadata_address"
            and approval.private
            and as_address(approval.host_pattern) in METADATA
        ):
            return
        raise target.forbidden(reason)

    def _is_own_listener(self, address: Address, port: int) -> bool:
        for host, own_port in self.own_listeners:
            if own_port != port:
                continue
            if host.lower() == "localhost":
                if address.is_loopback:
                    return True
                continue
            own = as_address(host)
            if own == address:
                return True
            if own is not None and own.is_unspecified and is_own(address):
                return True
        return False
