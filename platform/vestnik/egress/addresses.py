"""Names to addresses, and which addresses a request may reach.

The check is on the address itself, after every disguise is taken off, and the connection is made to the very
address that was checked: a name that answers differently the second time (DNS rebinding) gains nothing.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

# IANA special-purpose registry (2026): everything in IPv4 that is not the public internet.
_IPV4_PRIVATE = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
    )
)
_IPV4_UNUSABLE = tuple(
    ipaddress.IPv4Network(network) for network in ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4")
)

# In IPv6 the public internet is 2000::/3 less these; all else is private or unusable.
_IPV6_PUBLIC = ipaddress.IPv6Network("2000::/3")
_IPV6_NOT_PUBLIC = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4 wraps any IPv4 address
        "3fff::/20",
    )
)
_IPV6_UNUSABLE = tuple(ipaddress.IPv6Network(network) for network in ("::/128", "ff00::/8"))

METADATA = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "169.254.169.254",  # AWS, Azure, Google, Yandex Cloud, OpenStack
        "169.254.170.2",  # AWS containers
        "169.254.170.23",  # AWS EKS
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "168.63.129.16",  # Azure wire server: a public number that is not on the internet
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
    )
)


def parse_address(text: str) -> Address:
    """Reads an address and takes off the disguise of an IPv4-mapped IPv6 one; raises ValueError."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise ValueError(f"{text!r} has a zone")
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
    return address


def refusal(address: Address) -> str | None:
    """The reason (of errors.FORBIDDEN_REASONS) why an address is not public, or None."""
    unusable = _IPV4_UNUSABLE if address.version == 4 else _IPV6_UNUSABLE
    if any(address in network for network in unusable):
        return "unusable_address"
    if address in METADATA:
        return "metadata_address"
    if isinstance(address, ipaddress.IPv4Address):
        return "private_address" if any(address in network for network in _IPV4_PRIVATE) else None
    if address not in _IPV6_PUBLIC:
        return "private_address"
    return "private_address" if any(address in network for network in _IPV6_NOT_PUBLIC) else None


def is_own(address: Address) -> bool:
    """True when the address belongs to this machine: only those can be bound."""
    if address.is_loopback:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True


class SystemResolver:
    """Asks the system, in threads of its own, so that slow name servers can't use up the threads of others.

    An answer is kept for `keep_s`; what is kept are addresses, and they are checked at every use.
    """

    def __init__(self, *, threads: int = 8, keep_s: float = 15.0, keep_names: int = 1024) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="vestnik-dns")
        self._keep_s = keep_s
        self._keep_names = keep_names
        self._kept: dict[tuple[str, int], tuple[float, list[str]]] = {}

    async def __call__(self, host: str, port: int) -> list[str]:
        """The addresses of a name in the order of preference; raises OSError."""
        kept = self._kept.get((host, port))
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        loop = asyncio.get_running_loop()
        rows = await loop.run_in_executor(self._threads, self._ask, host, port)
        addresses = list(dict.fromkeys(str(row[4][0]) for row in rows))
        if len(self._kept) >= self._keep_names:
            self._kept.clear()
        self._kept[host, port] = (time.monotonic() + self._keep_s, addresses)
        return addresses

    @staticmethod
    def _ask(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str | int, ...]]]:
        return list(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)  # type: ignore[arg-type]
        )

    def close(self) -> None:
        """Lets the threads end; a question under way is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
