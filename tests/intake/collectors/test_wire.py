"""What an IMAP server says, and what one may say that means no good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestnik.intake.collectors import folders, wire
from vestnik.intake.collectors.failures import MailboxFailure
from vestnik.intake.collectors.tokens import Data, Status, Unreadable, data, pairs, status
from vestnik.intake.collectors.wire import Wire

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


def test_an_answer_with_literals_becomes_values() -> None:
    parts = [
        b'12 FETCH (UID 5 FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700" X NIL'
        b" BODY[HEADER.FIELDS (SUBJECT DATE)]<0> ",
        b"Subject: a (b\r\n",
        b' RFC822.SIZE 44 NAME "a \\"b\\" \\\\")',
    ]
    found = data(parts)
    assert (found.kind, found.number) == ("FETCH", 12)
    assert pairs(found.values[0]) == {
        "UID": "5",
        "FLAGS": ("\\Seen",),
        "INTERNALDATE": b"17-Jul-1996 02:44:25 -0700",
        "X": None,
        "BODY": b"Subject: a (b\r\n",
        "RFC822.SIZE": "44",
        "NAME": b'a "b" \\',
    }


def test_a_search_becomes_numbers() -> None:
    assert list(data([b"SEARCH 2 84 4294967295"]).numbers) == [2, 84, 4294967295]
    assert data([b"SEARCH"]) == Data("SEARCH", None, numbers=data([b"SEARCH"]).numbers)


@pytest.mark.parametrize(
    "line",
    [
        b"SEARCH 1 x",
        b"SEARCH 99999999999",
        b"SEARCH 4294967296",
        b"1 FETCH (",
        b"1 FETCH )",
        b'LIST "',
        b"",
        b"1 FETCH " + b"(" * 100 + b")" * 100,
        b"LIST " + b"a " * 5_000,
        b"{",
    ],
)
def test_what_no_server_says_is_unreadable(line: bytes) -> None:
    with pytest.raises(Unreadable):
        data([line])


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_nothing_that_a_server_says_raises_anything_else(parts: list[bytes]) -> None:
    status(parts[0])
    try:
        found = data(parts)
        pairs(found.values[0] if found.values else ())
    except Unreadable:
        pass


def test_a_status_has_its_code_and_its_text() -> None:
    found = status(b"OK [UIDVALIDITY 3857529045] UIDs valid")
    assert found == Status("OK", "UIDVALIDITY 3857529045", "UIDs valid")
    assert found is not None and found.has("UIDVALIDITY")
    assert status(b"NO no") == Status("NO", "", "no")
    assert status(b"12 EXISTS") is None


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", "INBOX"),
        ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"),
        ("A & B", "A &- B"),
        ("台北/日本語", "&U,BTFw-/&ZeVnLIqe-"),
    ],
)
def test_names_of_folders_are_written_as_the_standard_says(name: str, written: str) -> None:
    assert (folders.encoded(name), folders.decoded(written)) == (written, name)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_folder_s_name_comes_back(name: str) -> None:
    written = folders.encoded(name)
    assert written.isascii()
    assert folders.decoded(written) == name


def test_a_name_that_is_no_modified_utf_7_stays_as_it_is() -> None:
    assert folders.decoded("a&b &!!!-") == "a&b &!!!-"


@asynccontextmanager
async def talking(serve: Callable[[Reader, Writer], Awaitable[None]]) -> AsyncIterator[Wire]:
    """A connection to a server that says what a test has it say."""

    async def connected(reader: Reader, writer: Writer) -> None:
        try:
            await serve(reader, writer)
            await writer.drain()
        except OSError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    connection = Wire("127.0.0.1", server.sockets[0].getsockname()[1])
    await connection.open("127.0.0.1")
    try:
        yield connection
    finally:
        connection.close()
        server.close()


async def _refusal(*lines: bytes) -> str:
    """The code of the failure that a server's answer to a command is."""

    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.readline()
        for line in lines:
            writer.write(line)
            await writer.drain()
        await reader.read()

    async with talking(serve) as connection:
        with pytest.raises(MailboxFailure) as failed:
            await connection.command("NOOP", wanted=["FETCH", "SEARCH", "LIST"], within_s=5.0)
    return failed.value.code


async def test_a_line_without_end_is_not_read_to_its_end() -> None:
    assert await _refusal(*[b"* OK " + b"x" * 65_536] * 100) == "too_much"


async def test_a_literal_of_two_gigabytes_is_refused_before_it_comes() -> None:
    assert await _refusal(b"* 1 FETCH (UID 1 BODY[] {2147483648}\r\n") == "too_much"


async def test_an_endless_flood_of_answers_is_cut() -> None:
    assert await _refusal(*[b"* 1 FETCH (UID 1)\r\n" * 2_000] * 3) == "too_much"
    assert await _refusal(*[b"* 1 EXISTS\r\n" * 6_000] * 60) == "too_much"
    assert await _refusal(b"* 1 FETCH (X " + b"{0}\r\n" * 300 + b")\r\n") == "misbehaved"
    assert await _refusal(b"* LIST () " + b"a" * 70_000 + b"\r\n") == "too_much"


async def test_an_answer_that_is_none_is_said_to_be_none() -> None:
    assert await _refusal(b"220 smtp.example.org ESMTP\r\n") == "misbehaved"
    assert await _refusal(b"+ go on\r\n") == "misbehaved"
    assert await _refusal(b"v1 MAYBE\r\n") == "misbehaved"
    assert await _refusal(b"* 1 FETCH (((\r\n") == "misbehaved"


async def test_a_connection_that_is_cut_is_said_to_be_cut() -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.readline()
        writer.write(b"* 1 FETCH (BODY[] {100}\r\nhalf")

    async with talking(serve) as connection:
        with pytest.raises(MailboxFailure) as failed:
            await connection.command("NOOP")
    assert failed.value.reason == {"code": "cut", "host": "127.0.0.1"}


async def test_a_server_that_says_nothing_is_left_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "COMMAND_S", 0.05)

    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.read()

    async with talking(serve) as connection:
        with pytest.raises(MailboxFailure) as failed:
            await connection.greeting()
    assert failed.value.code == "timeout"


async def test_the_password_is_taken_out_of_what_a_server_says() -> None:
    connection = Wire("mail.example.org", 993)
    connection.secret = "the password"
    said = connection.said(Status("NO", "ALERT", "wrong: the password " + "x" * 1_000))
    assert said.startswith("ALERT wrong: •••")
    assert "the password" not in said
    assert len(said) == 300
