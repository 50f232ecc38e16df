"""A server's API as `vestnik module push` and `pull` use it: with a key, or of the server on this machine."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from vestnik.commands import lock
from vestnik.commands.failures import CommandFailed
from vestnik.commands.listening import settings_from_environment

KEY_VARIABLE = "VESTNIK_API_KEY"
TIMEOUT_S = 60.0
DOWNLOAD_BYTES = 67_108_864


class Refused(CommandFailed):
    """The server said no; `document` is its problem document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(str(document.get("detail") or document.get("title") or "the server refused"))
        self.document = document

    @property
    def code(self) -> str:
        """The problem's code."""
        return str(self.document.get("code", ""))


class Remote:
    """Requests to one server; a refusal is `Refused`, silence is `CommandFailed`."""

    def __init__(self, client: httpx.Client, address: str) -> None:
        self._client, self.address = client, address

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The answer's JSON, or None."""
        return self._decoded(self._answer(method, path, json=body, **options))

    def download(self, path: str) -> bytes:
        """The answer's bytes, never more than may be downloaded."""
        return self._answer("GET", path)

    def module(self, name: str) -> dict[str, Any] | None:
        """The module with this name, as it stands in the list; None when there is none."""
        page = self.call("GET", "/modules", params={"search": name, "limit": 1000})
        found: dict[str, Any] | None = next((each for each in page["items"] if each["name"] == name), None)
        return found

    def _answer(self, method: str, path: str, **options: Any) -> bytes:
        try:
            with self._client.stream(method, f"/api/v1{path}", **options) as answer:
                content = self._read(answer)
        except httpx.HTTPError as error:
            raise CommandFailed(f"{self.address} does not answer: {error}.") from None
        if answer.is_redirect:
            where = answer.headers.get("location", "")
            raise CommandFailed(f"{self.address} sends on to {where}: give that server's address with --url.")
        if answer.is_error:
            document = self._decoded(content) if content else {}
            raise Refused(document if isinstance(document, dict) else {})
        return content

    def _read(self, answer: httpx.Response) -> bytes:
        content = bytearray()
        for part in answer.iter_bytes():
            content += part
            if len(content) > DOWNLOAD_BYTES:
                raise CommandFailed(f"{self.address} answered with more than {DOWNLOAD_BYTES} bytes.")
        return bytes(content)

    def _decoded(self, content: bytes) -> Any:
        try:
            return msgspec.json.decode(content) if content else None
        except msgspec.DecodeError:
            raise CommandFailed(f"{self.address} is no server of Vestnik: its answer is not JSON.") from None


@contextmanager
def remote(url: str | None, key: str | None, *, insecure: bool) -> Iterator[Remote]:
    """The server at `url` with `key` or the one of the environment; without both, the one that runs here.

    A given key is sent over the network in TLS alone, unless `insecure`.
    """
    settings = settings_from_environment()
    given, secret = url or settings.base_url, key or os.environ.get(KEY_VARIABLE)
    address = _address(given)
    if secret:
        if not (insecure or address.scheme == "https" or _on_this_machine(address.host)):
            raise CommandFailed(
                f"{given} is plain http: whoever is between here and the server could read the key. "
                "Give an address that begins with https:// in --url, or send the key all the same "
                "with --insecure."
            )
    else:
        here = lock.running(settings) if url is None else None
        if here is None:
            raise CommandFailed(
                "an API key is needed: make one on the page “API keys” with the rights modules.read, "
                f"modules.write and, to publish, modules.publish. Give it with --key or in {KEY_VARIABLE}."
            )
        address, secret = _address(here.address), here.key
    headers = {"authorization": f"Bearer {secret}", "accept-language": "en"}
    with httpx.Client(base_url=address, headers=headers, timeout=TIMEOUT_S, trust_env=False) as client:
        yield Remote(client, str(address))


def _address(text: str) -> httpx.URL:
    try:
        return httpx.URL(text.rstrip("/"))
    except httpx.InvalidURL as error:
        raise CommandFailed(f"{text} is no address of a server: {error}.") from None


def _on_this_machine(host: str) -> bool:
    """Whether what is sent to a host stays on this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
