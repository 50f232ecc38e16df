"""IMAP4rev1 with UIDPLUS and MOVE, as far as clients that collect letters need it (RFC 3501, 4315, 6851)."""

import asyncio
import base64
import binascii
import contextlib
import datetime
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field

from vestnik_simulator.mailbox.certificate import make_certificate, server_context
from vestnik_simulator.mailbox.folders import Folder, Folders, Letter
from vestnik_simulator.mailbox.words import Command, literal_of, take_apart, without_literal

_LINE_BYTES = 65_536
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEADERS = re.compile(r"BODY(?:\.PEEK)?\[HEADER\.FIELDS \(([^)]*)\)\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_BODY = re.compile(r"BODY(?:\.PEEK)?\[\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)


@dataclass
class MailboxOptions:
    """Who signs in, and what the server can do."""

    username: str = "orders@mayak-books.example"
    password: str = "7simulated6mailbox5password"  # noqa: S105 - of a mailbox that only the demo has
    capabilities: tuple[str, ...] = ("UIDPLUS", "MOVE", "AUTH=PLAIN")


@dataclass
class MailServer:
    """A server on two ports of this machine: TLS from the start, and STARTTLS."""

    options: MailboxOptions = field(default_factory=MailboxOptions)
    folders: Folders = field(default_factory=Folders)

    def __post_init__(self) -> None:
        self.certificate, key = make_certificate()
        self.context = server_context(self.certificate, key)
        self.tls_port = self.starttls_port = 0
        self._connections: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self, host: str = "127.0.0.1") -> AsyncIterator["MailServer"]:
        """Take connections as long as the context lasts."""
        plain = await asyncio.start_server(self._serve(secure=False), host, 0, limit=_LINE_BYTES)
        secure = await asyncio.start_server(
            self._serve(secure=True), host, 0, limit=_LINE_BYTES, ssl=self.context
        )
        self.starttls_port = plain.sockets[0].getsockname()[1]
        self.tls_port = secure.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            for server in (plain, secure):
                server.close()
            for task in list(self._connections):
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    def deliver(self, raw: bytes, folder: str = "INBOX", arrived_at: datetime.datetime | None = None) -> int:
        """Put a letter into a folder; its number there."""
        into = self.folders.find(folder) or self.folders.create(folder)
        return into.add(raw, arrived_at or datetime.datetime.now(datetime.UTC))

    def session(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, secure: bool
    ) -> "Session":
        """What answers a connection."""
        return Session(self, reader, writer, secure=secure)

    def _serve(self, *, secure: bool) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self.session(reader, writer, secure=secure).run())
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

        return connected


class Session:
    """One connection of a client."""

    def __init__(
        self,
        server: MailServer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        secure: bool,
    ) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._secure, self._signed_in, self._read_only = secure, False, True
        self._folder: Folder | None = None

    async def run(self) -> None:
        """Answer commands until the client leaves."""
        try:
            self._say("* OK Simulated mailbox ready")
            while (command := await self._command()) is not None:
                if not await self._answer(command):
                    return
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            return  # the client broke off, or is none
        finally:
            self._writer.close()

    async def _command(self) -> Command | None:
        parts: list[bytes] = []
        while True:
            line = (await self._reader.readline()).rstrip(b"\r\n")
            if not line and not parts:
                return None
            announced = literal_of(line)
            parts.append(without_literal(line))
            if announced is None:
                return take_apart(parts)
            if announced[1]:
                self._say("+ go on")
            parts.append(await self._reader.readexactly(announced[0]))

    async def _answer(self, command: Command) -> bool:
        """Carry a command out; whether the connection goes on."""
        name = command.name
        if name == "LOGOUT":
            self._say("* BYE see you")
            self._done(command)
            await self._writer.drain()
            return False
        if name == "STARTTLS" and not self._secure:
            self._done(command)
            await self._writer.drain()
            await self._writer.start_tls(self._server.context)
            self._secure = True
            return True
        if name in ("LOGIN", "AUTHENTICATE"):
            await self._sign_in(command)
        elif name in ("CAPABILITY", "NOOP"):
            self._anybody(command)
        elif not self._signed_in:
            self._refuse(command, "sign in first")
        elif name in _BY_NAME:
            getattr(self, _BY_NAME[name])(command)
        elif name not in _IN_FOLDER:
            self._say(f"{command.tag} BAD unknown command")
        elif self._folder is None:
            self._refuse(command, "no folder is open")
        else:
            getattr(self, _IN_FOLDER[name])(command, self._folder)
        await self._writer.drain()
        return True

    def _anybody(self, command: Command) -> None:
        if command.name == "CAPABILITY":
            offered = ["IMAP4rev1", *self._server.options.capabilities]
            if not self._secure:
                offered = ["IMAP4rev1", "STARTTLS", "LOGINDISABLED"]
            self._say(f"* CAPABILITY {' '.join(offered)}")
        self._done(command)

    async def _sign_in(self, command: Command) -> None:
        options = self._server.options
        name, password = command.text(0), command.text(1)
        if command.name == "AUTHENTICATE":
            self._say("+ ")
            try:
                _, name, password = base64.b64decode(await self._reader.readline()).decode().split("\0")
            except (binascii.Error, ValueError):
                name = password = ""
        self._signed_in = self._secure and (name, password) == (options.username, options.password)
        if self._signed_in:
            self._done(command)
        else:
            self._say(f"{command.tag} NO [AUTHENTICATIONFAILED] Invalid credentials")

    # Folders

    def _list(self, command: Command) -> None:
        for folder in self._server.folders:
            self._say(f'* LIST (\\HasNoChildren) "/" "{folder.name}"')
        self._done(command)

    def _open(self, command: Command) -> None:
        folder = self._server.folders.find(command.text(0))
        if folder is None:
            self._refuse(command, "no such folder", "NONEXISTENT")
            return
        self._folder, self._read_only = folder, command.name == "EXAMINE"
        self._say(f"* {len(folder.letters)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {folder.uidvalidity}] valid")
        self._say(f"* OK [UIDNEXT {folder.next_uid}] next")
        self._say("* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] kept")
        self._done(command, "READ-ONLY" if self._read_only else "READ-WRITE")

    def _create(self, command: Command) -> None:
        if self._server.folders.find(command.text(0)) is not None:
            self._refuse(command, "it is there")
            return
        self._server.folders.create(command.text(0))
        self._done(command)

    def _delete(self, command: Command) -> None:
        self._finish(command, self._server.folders.delete(command.text(0)))

    def _append(self, command: Command) -> None:
        folder = self._server.folders.find(command.text(0))
        if folder is None:
            self._refuse(command, "no such folder", "TRYCREATE")
            return
        flags, arrived_at = set[str](), datetime.datetime.now(datetime.UTC)
        for word in command.words[1:-1]:
            if isinstance(word, list):
                flags = set(word)
            else:
                arrived_at = datetime.datetime.strptime(word.strip(), "%d-%b-%Y %H:%M:%S %z")
        folder.add(command.text(len(command.words) - 1).encode("latin-1"), arrived_at, flags)
        self._done(command)

    # Letters

    def _search(self, command: Command, folder: Folder) -> None:
        found: Iterable[Letter] = folder.letters.values()
        words = iter([each for each in command.words if isinstance(each, str)])
        for word in words:
            key = word.upper()
            if key == "UID":
                chosen = {each.uid for each in _chosen(folder, next(words))}
                found = [each for each in found if each.uid in chosen]
            elif key in ("SINCE", "BEFORE"):
                on = datetime.datetime.strptime(next(words), "%d-%b-%Y").date()
                since = key == "SINCE"
                found = [each for each in found if (each.arrived_at.date() >= on) == since]
            elif key == "UNDELETED":
                found = [each for each in found if "\\Deleted" not in each.flags]
        self._say(" ".join(["* SEARCH", *(str(each.uid) for each in found)]))
        self._done(command)

    def _fetch(self, command: Command, folder: Folder) -> None:
        asked = command.words[1] if len(command.words) > 1 else []
        items = " ".join(asked) if isinstance(asked, list) else asked
        numbers = {uid: number for number, uid in enumerate(folder.letters, 1)}
        for letter in _chosen(folder, command.text(0)):
            self._writer.write(f"* {numbers[letter.uid]} FETCH (".encode() + _items(letter, items) + b")\r\n")
        self._done(command)

    def _store(self, command: Command, folder: Folder) -> None:
        if not self._may_change(command):
            return
        given = command.words[2] if len(command.words) > 2 else []
        for letter in _chosen(folder, command.text(0)):
            letter.flags |= set([given] if isinstance(given, str) else given)
        self._done(command)

    def _copy(self, command: Command, folder: Folder) -> None:
        into = self._server.folders.find(command.text(1))
        if into is None:
            self._refuse(command, "no such folder", "TRYCREATE")
            return
        if command.name == "UID MOVE" and not self._may_change(command):
            return
        for letter in list(_chosen(folder, command.text(0))):
            into.add(letter.raw, letter.arrived_at, letter.flags - {"\\Deleted"})
            if command.name == "UID MOVE":
                self._expunge_one(folder, letter.uid)
        self._done(command)

    def _expunge(self, command: Command, folder: Folder) -> None:
        if not self._may_change(command):
            return
        named = command.text(0) if command.name == "UID EXPUNGE" else "1:*"
        for letter in list(_chosen(folder, named)):
            if "\\Deleted" in letter.flags:
                self._expunge_one(folder, letter.uid)
        self._done(command)

    def _expunge_one(self, folder: Folder, uid: int) -> None:
        number = list(folder.letters).index(uid) + 1
        del folder.letters[uid]
        self._say(f"* {number} EXPUNGE")

    # Words

    def _may_change(self, command: Command) -> bool:
        if self._read_only:
            self._refuse(command, "the folder is read-only")
        return not self._read_only

    def _finish(self, command: Command, done: bool) -> None:
        if done:
            self._done(command)
        else:
            self._refuse(command, "there is none")

    def _done(self, command: Command, code: str = "") -> None:
        self._say(f"{command.tag} OK {f'[{code}] ' if code else ''}done")

    def _refuse(self, command: Command, why: str, code: str = "") -> None:
        self._say(f"{command.tag} NO {f'[{code}] ' if code else ''}{why}")

    def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")


def _chosen(folder: Folder, named: str) -> Iterator[Letter]:
    """The letters that a set of numbers names, in their order; `*` is the last one's."""
    last = max(folder.letters, default=0)
    uids: set[int] = set()
    for part in named.split(","):
        lo, _, hi = part.partition(":")
        ends = sorted(last if each == "*" else int(each) for each in (lo, hi or lo))
        uids.update(uid for uid in folder.letters if ends[0] <= uid <= ends[1])
    return (folder.letters[uid] for uid in sorted(uids))


def _items(letter: Letter, asked: str) -> bytes:
    """What is asked of a letter, in the form of an answer."""
    said = [b"UID %d" % letter.uid]
    if "RFC822.SIZE" in asked.upper():
        said.append(b"RFC822.SIZE %d" % len(letter.raw))
    if "INTERNALDATE" in asked.upper():
        at = letter.arrived_at
        stated = f"{at.day:2d}-{_MONTHS[at.month - 1]}-{at:%Y %H:%M:%S %z}"
        said.append(f'INTERNALDATE "{stated}"'.encode())
    if "FLAGS" in asked.upper().replace("FIELDS", ""):
        said.append(f"FLAGS ({' '.join(sorted(letter.flags))})".encode())
    if (headers := _HEADERS.search(asked)) is not None:
        wanted = {each.lower() for each in headers[1].split()}
        lines = b"".join(_header_lines(letter.raw, wanted)) + b"\r\n"
        said.append(_part(f"BODY[HEADER.FIELDS ({headers[1]})]", lines, headers[2], headers[3]))
    elif (body := _BODY.search(asked)) is not None:
        said.append(_part("BODY[]", letter.raw, body[1], body[2]))
        if "PEEK" not in asked.upper():
            letter.flags.add("\\Seen")
    return b" ".join(said)


def _part(name: str, data: bytes, start: str | None, size: str | None) -> bytes:
    if start is not None and size is not None:
        name, data = f"{name}<{start}>", data[int(start) : int(start) + int(size)]
    return f"{name} {{{len(data)}}}\r\n".encode() + data


def _header_lines(raw: bytes, wanted: set[str]) -> Iterator[bytes]:
    """The lines of the wanted headers, as they stand in the letter."""
    head = raw.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    taking = False
    for line in head.splitlines():
        if not line.startswith((b" ", b"\t")):
            taking = line.partition(b":")[0].decode("latin-1").strip().lower() in wanted
        if taking:
            yield line + b"\r\n"


#: Methods by the commands that they carry out; those of the second are told the open folder.
_BY_NAME = {
    "LIST": "_list",
    "SELECT": "_open",
    "EXAMINE": "_open",
    "CREATE": "_create",
    "DELETE": "_delete",
    "APPEND": "_append",
}
_IN_FOLDER = {
    "UID SEARCH": "_search",
    "UID FETCH": "_fetch",
    "UID STORE": "_store",
    "UID COPY": "_copy",
    "UID MOVE": "_copy",
    "UID EXPUNGE": "_expunge",
    "EXPUNGE": "_expunge",
}
