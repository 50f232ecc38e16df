"""Real IMAP servers on this machine: Dovecot where it is installed, else the one of our simulator.

What is put into a mailbox, and looked at there, goes by the standard library's client, not by ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import imaplib
import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from tests.processes import free_port

from vestnik.intake.collectors.mailbox import Account, Security
from vestnik_simulator.mailbox.certificate import make_certificate
from vestnik_simulator.mailbox.server import MailboxOptions, MailServer

T = TypeVar("T")

#: Which server the tests of collectors run against; their names say it, too.
DOVECOT = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
SERVER = "simulator" if DOVECOT is None else "dovecot"
PASSWORD = 'a mail "password" \\ with quotes, пароль'
STARTS_S = 20.0

_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = yes
auth_mechanisms = plain login
mail_location = maildir:~/mail
mail_privileged_group =
maildir_very_dirty_syncs = yes
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/homes/%n
}}
first_valid_uid = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
default_vsz_limit = 0
mail_max_userip_connections = 100
"""


@dataclass(frozen=True)
class Server:
    """Where a server listens, and what it is known by."""

    name: str
    tls_port: int
    starttls_port: int
    certificate: str
    password: str
    folder: Path | None = None
    # Whose the letters are in its folder.
    owner: tuple[int, int] = (0, 0)

    def account(self, username: str, security: Security = "tls") -> Account:
        port = self.tls_port if security == "tls" else self.starttls_port
        return Account("127.0.0.1", port, security, username, self.password, self.certificate)


@contextlib.contextmanager
def dovecot(folder: Path) -> Iterator[Server]:
    """Dovecot in the foreground with a configuration of its own; everybody has a mailbox in it."""
    certificate, key = make_certificate()
    (folder / "certificate.pem").write_text(certificate)
    (folder / "key.pem").write_text(key)
    (folder / "homes").mkdir()
    (folder / "homes").chmod(0o777)
    tls_port = free_port()
    # A quoted value of a passdb has no blanks, so this password has none.
    owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())  # mail is no root's
    owner_ids = (owner.pw_uid, owner.pw_gid)
    server = Server("dovecot", tls_port, tls_port + 1, certificate, "a-mail-password", folder, owner_ids)
    values = {"uid": owner.pw_uid, "gid": owner.pw_gid, "folder": folder, "password": server.password}
    ports = {"tls_port": server.tls_port, "starttls_port": server.starttls_port}
    configuration = _CONFIGURATION.format(**values, **ports)
    if os.getuid() != 0:
        configuration += f"default_internal_user = {owner.pw_name}\ndefault_login_user = {owner.pw_name}\n"
    (folder / "dovecot.conf").write_text(configuration)
    process = subprocess.Popen(
        [str(DOVECOT), "-F", "-c", str(folder / "dovecot.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        _answers(process, server)
        yield server
    finally:
        process.terminate()
        process.communicate(timeout=STARTS_S)


def _answers(process: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + STARTS_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.starttls_port), timeout=1.0) as connection:
                if connection.recv(100).startswith(b"* OK"):
                    return
                raise ConnectionError("no greeting yet")
        except OSError as error:
            log = server.folder and server.folder / "dovecot.log"
            said = log.read_text() if log and log.exists() else ""
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"Dovecot does not answer: {error}\n{said}") from error
            time.sleep(0.05)


@contextlib.asynccontextmanager
async def simulated(*capabilities: str) -> AsyncIterator[Server]:
    """The simulator's server, with other capabilities than its own if some are given."""
    options = MailboxOptions(password=PASSWORD)
    if capabilities:
        options = replace(options, capabilities=capabilities)
    async with MailServer(options).listening() as running:
        yield Server("simulator", running.tls_port, running.starttls_port, running.certificate, PASSWORD)


class Client:
    """The standard library's client, signed in anew for each thing that it does."""

    def __init__(self, server: Server, username: str) -> None:
        self.server, self.username = server, username
        self._context = ssl.create_default_context(cadata=server.certificate)

    def _with(self, work: Callable[[imaplib.IMAP4], T]) -> T:
        client = imaplib.IMAP4_SSL("127.0.0.1", self.server.tls_port, ssl_context=self._context)
        try:
            client.authenticate("PLAIN", lambda _: f"\0{self.username}\0{self.server.password}".encode())
            return work(client)
        finally:
            client.logout()

    def names(self) -> list[str]:
        def listed(client: imaplib.IMAP4) -> list[str]:
            lines = [line for line in client.list()[1] if isinstance(line, bytes)]
            return [line.decode().rpartition('"/" ')[2].strip('"') for line in lines]

        return self._with(listed)

    def put(
        self, *letters: bytes, folder: str = "INBOX", arrived_at: datetime.datetime | None = None
    ) -> None:
        at = imaplib.Time2Internaldate(arrived_at or datetime.datetime.now(datetime.UTC))

        def append(client: imaplib.IMAP4) -> None:
            for letter in letters:
                done = client.append(f'"{folder}"', "", at, letter)
                assert done[0] == "OK", done

        self._with(append)

    def create(self, folder: str) -> None:
        self._with(lambda client: client.create(f'"{folder}"'))

    def delete(self, folder: str) -> None:
        self._with(lambda client: client.delete(f'"{folder}"'))

    def flags(self, folder: str = "INBOX") -> dict[int, set[str]]:
        """The flags of letters by their numbers, but for `\\Recent`."""

        def fetched(client: imaplib.IMAP4) -> dict[int, set[str]]:
            assert client.select(f'"{folder}"', readonly=True)[0] == "OK"
            found = {}
            for line in client.uid("FETCH", "1:*", "(UID FLAGS)")[1]:
                if not line:
                    continue
                text = bytes(line).decode()
                uid, flags = re.search(r"UID (\d+)", text), re.search(r"FLAGS \(([^)]*)\)", text)
                assert uid is not None and flags is not None
                found[int(uid[1])] = set(flags[1].split()) - {"\\Recent"}
            return found

        return self._with(fetched)

    def mark(self, uid: int, flag: str, folder: str = "INBOX") -> None:
        def stored(client: imaplib.IMAP4) -> None:
            assert client.select(f'"{folder}"')[0] == "OK"
            client.uid("STORE", str(uid), "+FLAGS", f"({flag})")

        self._with(stored)


class Mailbox:
    """One user's mailbox on the server under test."""

    def __init__(self, server: Server, username: str) -> None:
        self.server, self.username = server, username
        self._client = Client(server, username)

    def account(self, security: Security = "tls") -> Account:
        return self.server.account(self.username, security)

    async def put(
        self, *letters: bytes, folder: str = "INBOX", arrived_at: datetime.datetime | None = None
    ) -> None:
        """Letters arrive, in this order."""
        await asyncio.to_thread(self._client.put, *letters, folder=folder, arrived_at=arrived_at)

    async def create(self, folder: str) -> None:
        await asyncio.to_thread(self._client.create, folder)

    async def delete(self, folder: str) -> None:
        await asyncio.to_thread(self._client.delete, folder)

    async def flags(self, folder: str = "INBOX") -> dict[int, set[str]]:
        """What is in a folder, and how it is flagged."""
        return await asyncio.to_thread(self._client.flags, folder)

    async def mark(self, uid: int, flag: str) -> None:
        """Somebody gives a letter of the inbox a flag."""
        await asyncio.to_thread(self._client.mark, uid, flag)
