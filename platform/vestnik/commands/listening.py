"""Settings and the listening socket, for commands that start a server. Loads nothing of the platform."""

from __future__ import annotations

import errno
import socket

from vestnik.commands.failures import CommandFailed
from vestnik.settings import Settings, SettingsError

BACKLOG = 2048
PROXY_UNKNOWN = (
    "VESTNIK_BASE_URL is https, but VESTNIK_TRUSTED_PROXIES names no proxy: all visitors count as one, "
    "until it names the address of the proxy that ends TLS, such as 127.0.0.1."
)


def settings_from_environment() -> Settings:
    """The settings, or a failure that names the variable."""
    try:
        return Settings.from_environment()
    except SettingsError as error:
        raise CommandFailed(str(error)) from None


def warnings(settings: Settings) -> list[str]:
    """What is set in a way that works and is not safe, a sentence each."""
    return [PROXY_UNKNOWN] if settings.base_url.startswith("https:") and not settings.trusted_proxies else []


def listen(settings: Settings) -> socket.socket:
    """A listening socket on the configured address, or a failure that says what stands in the way."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason = "something else listens there: stop it, or choose another port with VESTNIK_PORT"
        raise CommandFailed(f"can't listen on {settings.host}:{settings.port}: {reason}.") from None
    listener.listen(BACKLOG)
    return listener


def inherited(descriptor: int) -> socket.socket:
    """The listening socket that a parent process handed over."""
    try:
        return socket.socket(fileno=descriptor)
    except OSError as error:
        raise CommandFailed(f"--socket {descriptor} is no socket: {error.strerror}.") from None
