"""Settings of one installation, read from the environment once, at start."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

SandboxMode = Literal["default", "strict"]

#: What is sent now may be taken back for at most this long.
LONGEST_HOLD_S = 600
#: Two years; browsers keep a longer time no longer.
LONGEST_HSTS_S = 63_072_000


class SettingsError(ValueError):
    """A setting of the environment that can't be used; the message names the variable and what it may be."""

    def __init__(self, variable: str, value: str, expected: str) -> None:
        super().__init__(f"{variable}={value!r}: expected {expected}")
        self.variable, self.value, self.expected = variable, value, expected


@dataclass(frozen=True, slots=True)
class Settings:
    """Where data lives, where the server listens, and how strict the sandbox is.

    `vestnik up --demo` sets `demo`, `simulator_url` and `simulator_keys` (by log-in) for the server that
    it starts.
    """

    database_url: str
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = "http://127.0.0.1:8000"
    timezone: str = "Europe/Moscow"
    sandbox: SandboxMode = "default"
    secret_key: str | None = None
    demo: bool = False
    simulator_url: str | None = None
    simulator_keys: Mapping[str, str] = field(default_factory=dict)
    trusted_proxies: tuple[str, ...] = ()
    send_hold_s: float = 10.0
    hsts_s: int = 31_536_000

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone until the first start asks for another."""
        return ZoneInfo(self.timezone)

    @property
    def on_sqlite(self) -> bool:
        """True when everything is embedded: one server process, one writer."""
        return self.database_url.startswith("sqlite")

    @property
    def listeners(self) -> tuple[tuple[str, int], ...]:
        """Host and port of our own listener and of the public address: no module may call these."""
        return ((self.host, self.port), listener_at(self.base_url))

    def at_port(self, port: int) -> Settings:
        """The same settings for a server that listens on `port` of this machine."""
        return replace(self, port=port, base_url=f"http://{self.host}:{port}")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read `VESTNIK_*`; raise `SettingsError` for a value that can't be used."""
        data_dir = Path(environ.get("VESTNIK_DATA_DIR") or "var").absolute()
        host = environ.get("VESTNIK_HOST") or "127.0.0.1"
        port = _port(environ.get("VESTNIK_PORT") or "8000")
        zone = environ.get("VESTNIK_TIMEZONE") or "Europe/Moscow"
        if zone not in available_timezones():
            raise SettingsError("VESTNIK_TIMEZONE", zone, "an IANA time zone such as Europe/Moscow")
        mode = environ.get("VESTNIK_SANDBOX") or "default"
        if mode not in ("default", "strict"):
            raise SettingsError("VESTNIK_SANDBOX", mode, "default or strict")
        return cls(
            database_url=environ.get("VESTNIK_DATABASE_URL") or f"sqlite:///{data_dir / 'vestnik.db'}",
            data_dir=data_dir,
            host=host,
            port=port,
            base_url=(environ.get("VESTNIK_BASE_URL") or f"http://{host}:{port}").rstrip("/"),
            timezone=zone,
            sandbox=cast(SandboxMode, mode),
            secret_key=environ.get("VESTNIK_SECRET_KEY") or None,
            demo=environ.get("VESTNIK_DEMO") == "1",
            simulator_url=environ.get("VESTNIK_SIMULATOR_URL") or None,
            simulator_keys=_keys(environ.get("VESTNIK_SIMULATOR_KEYS") or "{}"),
            trusted_proxies=_proxies(environ.get("VESTNIK_TRUSTED_PROXIES") or ""),
            send_hold_s=float(_seconds(environ, "VESTNIK_SEND_HOLD", 10, LONGEST_HOLD_S)),
            hsts_s=_seconds(environ, "VESTNIK_HSTS", 31_536_000, LONGEST_HSTS_S),
        )


def listener_at(address: str) -> tuple[str, int]:
    """Host and port of a public address."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise SettingsError("VESTNIK_PORT", text, "a port number from 0 to 65535")
    return int(text)


def _seconds(environ: Mapping[str, str], variable: str, usual_s: int, longest_s: int) -> int:
    text = environ.get(variable) or str(usual_s)
    if not text.isdecimal() or int(text[:20]) > longest_s:
        raise SettingsError(variable, text, f"seconds from 0 to {longest_s}")
    return int(text)


def _proxies(text: str) -> tuple[str, ...]:
    """Addresses or networks; a network of everybody is refused, since then anybody could write the header."""
    proxies = [each.strip() for each in text.split(",") if each.strip()]
    expected = "addresses or networks of proxies with commas, such as 127.0.0.1 or 10.0.0.0/24"
    for proxy in proxies:
        try:
            network = ipaddress.ip_network(proxy)
        except ValueError:
            raise SettingsError("VESTNIK_TRUSTED_PROXIES", text, expected) from None
        if network.prefixlen == 0:
            raise SettingsError("VESTNIK_TRUSTED_PROXIES", text, expected)
    return tuple(proxies)


def _keys(text: str) -> Mapping[str, str]:
    expected = 'a JSON object, such as {"login": "key"}'
    try:
        keys = json.loads(text)
    except ValueError:
        raise SettingsError("VESTNIK_SIMULATOR_KEYS", "…", expected) from None
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise SettingsError("VESTNIK_SIMULATOR_KEYS", "…", expected)
    return keys
