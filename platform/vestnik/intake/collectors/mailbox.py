"""A mailbox on an IMAP server: reach it, sign in, open a folder, find letters, read, mark, move, remove them.

Letters are read with BODY.PEEK, so that none becomes "read". A folder in which nothing is to be changed is
opened by EXAMINE: the server itself refuses changes then.
"""

from __future__ import annotations

import base64
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from vestnik.egress import Approval, EgressError, ForbiddenHost, HostPolicy, Resolver
from vestnik.egress.addresses import parse_address
from vestnik.egress.policy import Target, normal_host
from vestnik.intake.collectors import folders
from vestnik.intake.collectors.failures import MailboxFailure, Stage
from vestnik.intake.collectors.tokens import Data, Status, Unreadable, Value, number, pairs
from vestnik.intake.collectors.wire import LETTER_S, Answer, Wire
from vestnik.intake.parsing.letters import LETTER_BYTES

Security = Literal["tls", "starttls"]

#: What is read of a letter's subject, Message-ID and date, and how many letters are looked at in one go.
HEAD_BYTES = 16_384
HEADS_AT_ONCE = 200
#: Numbers of letters that one command names.
_NAMED_AT_ONCE = 500
FLAG = re.compile(r"\\?[A-Za-z0-9$_.-]{1,64}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Codes of a refused log-in that say nothing against the password (RFC 5530).
_NOT_NOW = ("UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG", "CONTACTADMIN")


@dataclass(frozen=True, slots=True)
class Account:
    """Where a mailbox is and how one signs in; `certificate` is PEM to be trusted beside the system's."""

    host: str
    port: int
    security: Security
    username: str
    password: str
    certificate: str | None = None

    def __repr__(self) -> str:
        return f"Account({self.host}:{self.port}, {self.security})"


@dataclass(frozen=True, slots=True)
class Folder:
    """An open folder."""

    name: str
    exists: int
    uidvalidity: int
    read_only: bool
    flags: frozenset[str]

    def keeps(self, mark: str) -> bool:
        """Whether a flag, or a keyword, that letters are given stays with them."""
        return mark.lower() in self.flags or (not mark.startswith("\\") and "\\*" in self.flags)


@dataclass(frozen=True, slots=True)
class Head:
    """What is looked at of a letter before it is fetched; `fields` are header lines as they came."""

    uid: int
    size: int
    arrived_at: datetime | None
    fields: bytes


class Mailbox:
    """A mailbox that somebody signed in to."""

    def __init__(self, wire: Wire, capabilities: frozenset[str]) -> None:
        self._wire, self._capabilities = wire, capabilities

    @property
    def moves(self) -> bool:
        """Whether the server moves letters by itself."""
        return "MOVE" in self._capabilities

    @property
    def removes_single_letters(self) -> bool:
        """Whether the server can remove some of the letters that are marked as deleted, and leave others."""
        return "UIDPLUS" in self._capabilities

    async def folders(self) -> list[str]:
        """The folders that letters can be in."""
        answer = await self._done("LIST", b'"" "*"', wanted=["LIST"])
        return sorted({name for each in answer.data if (name := self._listed(each)) is not None})

    async def open(self, name: str, *, to_change: bool) -> Folder:
        """Open a folder, without a right to change it if nothing is to be changed."""
        command = "SELECT" if to_change else "EXAMINE"
        try:
            quoted = _quoted(folders.encoded(name))
        except UnicodeEncodeError:
            raise self._wire.failure("no_folder", folder=name, answer="") from None
        answer = await self._wire.command(command, quoted, wanted=["EXISTS"])
        if not answer.status.ok:
            raise self._wire.failure("no_folder", folder=name, answer=self._wire.said(answer.status))
        codes = [*answer.statuses, answer.status]
        uidvalidity = _code_number(codes, "UIDVALIDITY")
        if not uidvalidity:
            raise self._wire.failure("no_uids")
        exists = max((each.number or 0 for each in answer.data), default=0)
        permanent = next((each.code for each in codes if each.has("PERMANENTFLAGS")), "")
        flags = frozenset(permanent.partition("(")[2].rstrip(")").lower().split())
        read_only = not to_change or answer.status.has("READ-ONLY")
        return Folder(name, exists, uidvalidity, read_only, flags)

    async def since(self, uid: int, on: date | None = None) -> list[int]:
        """Numbers of letters from `uid` on that arrived on a day or later, in their order."""
        arrived = f" SINCE {_imap_date(on)}" if on is not None else ""
        return [each for each in await self._search(f"UID {uid}:*{arrived}") if each >= uid]

    async def before(self, uid: int, on: date) -> list[int]:
        """Numbers of letters up to `uid` that arrived before a day and are not marked as deleted."""
        found = await self._search(f"UID 1:{uid} BEFORE {_imap_date(on)} UNDELETED")
        return [each for each in found if each <= uid]

    async def heads(self, uids: Sequence[int]) -> list[Head]:
        """What letters are called, of those that are still there, in the order of their numbers."""
        fields = f"BODY.PEEK[HEADER.FIELDS (SUBJECT MESSAGE-ID DATE)]<0.{HEAD_BYTES}>"
        items = f"{_set(uids)} (UID RFC822.SIZE INTERNALDATE {fields})"
        answer = await self._done("UID FETCH", items.encode(), wanted=["FETCH"])
        asked, found = set(uids), dict[int, Head]()
        for each in answer.data:
            head = self._head(each)
            if head is not None and head.uid in asked:
                found[head.uid] = head
        return [found[uid] for uid in sorted(found)]

    async def letters(self, heads: Sequence[Head]) -> dict[int, bytes]:
        """Whole letters by their numbers, of those that are still there.

        Servers may be wrong about sizes; `too_much` is for letters far larger than they are said to be.
        """
        asked = {each.uid for each in heads}
        said_bytes = sum(each.size for each in heads)
        answer = await self._done(
            "UID FETCH",
            f"{_set(sorted(asked))} (UID BODY.PEEK[])".encode(),
            wanted=["FETCH"],
            more_bytes=max(LETTER_BYTES, 2 * said_bytes),
            within_s=LETTER_S,
        )
        found: dict[int, bytes] = {}
        for each in answer.data:
            items = self._items(each)
            uid, body = items.get("UID"), items.get("BODY")
            if isinstance(uid, str) and isinstance(body, bytes) and uid.isdecimal() and int(uid) in asked:
                found[int(uid)] = body
        return found

    # Changing

    async def mark(self, uids: Sequence[int], mark: str) -> None:
        """Give letters a flag or a keyword."""
        if FLAG.fullmatch(mark) is None:
            raise ValueError(f"no flag: {mark!r}")
        for some in _some(uids):
            await self._done("UID STORE", f"{_set(some)} +FLAGS.SILENT ({mark})".encode())

    async def move(self, uids: Sequence[int], to: str) -> None:
        """Move letters to another folder; where the server can't, they are copied, and stay to be removed."""
        quoted = _quoted(folders.encoded(to))
        for some in _some(uids):
            command = "UID MOVE" if self.moves else "UID COPY"
            answer = await self._wire.command(command, _set(some).encode() + b" " + quoted, within_s=LETTER_S)
            if not answer.status.ok:
                raise self._wire.failure("not_moved", folder=to, answer=self._wire.said(answer.status))

    async def remove(self, uids: Sequence[int], *, others_too: bool) -> bool:
        """Remove letters; whether they are gone, or only marked as deleted.

        Without UIDPLUS the server removes all that are marked, by whomever: only if `others_too`.
        """
        await self.mark(uids, "\\Deleted")
        if self.removes_single_letters:
            for some in _some(uids):
                await self._done("UID EXPUNGE", _set(some).encode())
            return True
        if others_too:
            await self._done("EXPUNGE")
        return others_too

    # Answers

    async def _search(self, what: str) -> list[int]:
        answer = await self._done("UID SEARCH", what.encode(), wanted=["SEARCH"])
        return sorted({uid for each in answer.data for uid in each.numbers if uid})

    async def _done(
        self,
        name: str,
        argument: bytes = b"",
        *,
        wanted: Sequence[str] = (),
        more_bytes: int = 0,
        within_s: float = 60.0,
    ) -> Answer:
        """The answer to a command that the server carried out."""
        answer = await self._wire.command(
            name, argument, wanted=wanted, more_bytes=more_bytes, within_s=within_s
        )
        if not answer.status.ok:
            raise self._wire.failure("said_no", command=name, answer=self._wire.said(answer.status))
        return answer

    def _items(self, fetched: Data) -> dict[str, Value]:
        try:
            return pairs(fetched.values[0] if fetched.values else ())
        except Unreadable:
            raise self._wire.failure("misbehaved") from None

    def _head(self, fetched: Data) -> Head | None:
        items = self._items(fetched)
        if "RFC822.SIZE" not in items or "UID" not in items:
            return None  # a flag that somebody changed meanwhile
        fields, arrived = items.get("BODY"), items.get("INTERNALDATE")
        try:
            uid, size = number(items["UID"]), number(items["RFC822.SIZE"])
        except Unreadable:
            raise self._wire.failure("misbehaved") from None
        return Head(
            uid,
            size,
            _instant(arrived) if isinstance(arrived, bytes) else None,
            fields[:HEAD_BYTES] if isinstance(fields, bytes) else b"",
        )

    @staticmethod
    def _listed(answer: Data) -> str | None:
        match answer.values:
            case (tuple(flags), _, str() | bytes() as name):
                if any(isinstance(flag, str) and flag.lower() == "\\noselect" for flag in flags):
                    return None
                return folders.decoded(name if isinstance(name, str) else name.decode("utf-8", "replace"))
        return None


@asynccontextmanager
async def signed_in(
    account: Account,
    resolver: Resolver,
    own_listeners: Sequence[tuple[str, int]],
    *,
    on_stage: Callable[[Stage], object] = lambda _stage: None,
) -> AsyncIterator[Mailbox]:
    """A mailbox, reached and signed in to; `MailboxFailure` says what stands in the way.

    `on_stage` hears of each step that worked.
    """
    wire = await _reach(account, resolver, own_listeners)
    try:
        on_stage("connect")
        capabilities = await _secure(wire, account)
        on_stage("tls")
        capabilities = await _sign_in(wire, account, capabilities)
        on_stage("login")
        yield Mailbox(wire, capabilities)
        with contextlib.suppress(MailboxFailure):
            await wire.command("LOGOUT", within_s=5.0)
    finally:
        wire.close()


async def _reach(account: Account, resolver: Resolver, own_listeners: Sequence[tuple[str, int]]) -> Wire:
    """Connect to the first address of the host that answers and is not ours."""
    try:
        host = normal_host(account.host)
        # What the policy of the broker judges is the address; a private one is as good as any for mail.
        target = Target("https", host, account.port)
        policy = HostPolicy([Approval("https", host, account.port, private=True)], own_listeners)
    except ValueError:
        raise MailboxFailure("bad_host", host=account.host) from None
    wire = Wire(host, account.port)
    wire.secret = account.password
    try:
        approval = policy.admit(target)
        addresses = [parse_address(each) for each in await _addresses(host, account.port, resolver)]
        for address in addresses:
            policy.check_address(target, approval, address)
    except ForbiddenHost as forbidden:
        own = forbidden.fields["reason"] == "own_listener"
        raise (
            wire.failure("own_address", port=account.port) if own else wire.failure("unusable_address")
        ) from None
    except (OSError, EgressError, UnicodeError, ValueError):
        raise wire.failure("dns") from None
    for address in addresses[:4]:
        with contextlib.suppress(OSError):  # TimeoutError is one
            await wire.open(str(address))
            return wire
    raise wire.failure("connect", port=account.port)


async def _addresses(host: str, port: int, resolver: Resolver) -> Sequence[str]:
    try:
        return [str(parse_address(host))]
    except ValueError:
        return await resolver(host, port)


async def _secure(wire: Wire, account: Account) -> frozenset[str]:
    """Have the connection encrypted and greeted; what the server can do."""
    context = ssl.create_default_context()
    if account.certificate is not None:
        context.load_verify_locations(cadata=account.certificate)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the server's own, not only its issuer's
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if account.security == "tls":
        await wire.encrypt(context)
    greeting = await wire.greeting()
    if greeting.name not in ("OK", "PREAUTH"):
        raise wire.failure("unavailable", answer=wire.said(greeting))
    if account.security == "starttls":
        # Signed in before it is encrypted: somebody stands between us and the server.
        if greeting.name == "PREAUTH" or "STARTTLS" not in await _capabilities(wire):
            raise wire.failure("no_starttls")
        if not (await wire.command("STARTTLS")).status.ok:
            raise wire.failure("no_starttls")
        await wire.encrypt(context)
    return await _capabilities(wire)


async def _capabilities(wire: Wire) -> frozenset[str]:
    answer = await wire.command("CAPABILITY", wanted=["CAPABILITY"])
    return frozenset(value.upper() for each in answer.data for value in each.values if isinstance(value, str))


async def _sign_in(wire: Wire, account: Account, capabilities: frozenset[str]) -> frozenset[str]:
    name, password = account.username.encode(), account.password.encode()
    if "AUTH=PLAIN" in capabilities:
        secret = base64.b64encode(b"\0" + name + b"\0" + password)
        answer = await wire.command("AUTHENTICATE PLAIN", b"", secret)
    elif "LOGINDISABLED" in capabilities:
        raise wire.failure("login_disabled")
    else:
        literals = (b"{%d}" % len(name), name + b" {%d}" % len(password), password)
        answer = await wire.command("LOGIN", *literals)
    if not answer.status.ok:
        code = "unavailable" if any(answer.status.has(each) for each in _NOT_NOW) else "login"
        raise wire.failure(code, answer=wire.said(answer.status))
    return await _capabilities(wire)


def _code_number(codes: Iterable[Status], name: str) -> int:
    for each in codes:
        if each.has(name):
            with contextlib.suppress(Unreadable):
                return number(each.code.partition(" ")[2].strip())
    return 0


def _quoted(text: str) -> bytes:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode("ascii")


def _instant(raw: bytes) -> datetime | None:
    """`17-Jul-1996 02:44:25 -0700` as an instant; None for what is none."""
    try:
        at = parsedate_to_datetime(raw.decode("ascii", "replace").strip().replace("-", " ", 2))
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo is not None else None


def _imap_date(on: date) -> str:
    return f"{on.day}-{_MONTHS[on.month - 1]}-{on.year:04}"


def _some(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(uids), _NAMED_AT_ONCE):
        yield uids[at : at + _NAMED_AT_ONCE]


def _set(uids: Sequence[int]) -> str:
    """Numbers as IMAP lists them: stretches as `lo:hi`."""
    stretches: list[list[int]] = []
    for uid in sorted(uids):
        if stretches and uid == stretches[-1][1] + 1:
            stretches[-1][1] = uid
        else:
            stretches.append([uid, uid])
    return ",".join(str(lo) if lo == hi else f"{lo}:{hi}" for lo, hi in stretches)
