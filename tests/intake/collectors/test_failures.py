"""What stands in the way of a mailbox is said plainly, told once, and loses nothing."""

from __future__ import annotations

import asyncio
import base64
import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.alerts.post import add_person, letters
from tests.intake.collectors.conftest import Desk, mailbox_of, wish
from tests.intake.collectors.letters import order, other
from tests.intake.collectors.servers import PASSWORD, Mailbox, Server
from tests.processes import free_port

from vestnik.db import now
from vestnik.intake.collectors.checking import Question
from vestnik.intake.collectors.failures import FAILURES, STAGES, why
from vestnik.intake.collectors.mailbox import Account
from vestnik.intake.collectors.tables import collected_letter
from vestnik.intake.collectors.turns import TOLD_AFTER
from vestnik.people.access import SYSTEM
from vestnik_simulator.mailbox.folders import Folder
from vestnik_simulator.mailbox.server import MailboxOptions, MailServer, Session
from vestnik_simulator.mailbox.words import Command


def question(account: Account, folder: str = "INBOX", **changes: Any) -> Question:
    from_date = now().date() - datetime.timedelta(days=7)
    return Question(replace(account, **changes), folder, "ORDER", from_date)


async def check(desk: Desk, asked: Question) -> tuple[list[str], str | None, str | None]:
    """Steps that worked, the one that failed, and the code of why."""
    checked = await desk.service.checking.check(asked)
    return list(checked.passed), checked.failed, (checked.reason or {}).get("code")


@pytest.fixture
def database_kind() -> str:
    """Nothing here depends on the database but what is stored of a failure."""
    return "sqlite"


async def test_a_check_counts_what_a_first_run_would_take(desk: Desk, mailbox: Mailbox) -> None:
    at = now().replace(microsecond=0)
    await mailbox.put(order("ORDER: too old"), arrived_at=at - datetime.timedelta(days=30))
    await mailbox.put(order("ORDER: 1"), other(), order("ORDER: 2"), arrived_at=at)
    await mailbox.create("Taken")
    found = await desk.service.checking.check(question(mailbox.account()))
    shown = [(each.subject, each.arrived_at) for each in found.subjects]
    assert (found.failed, found.reason, found.passed) == (None, None, list(STAGES))
    assert (found.exists, found.considered, found.wanted, found.complete) == (4, 3, 2, True)
    assert shown == [("ORDER: 2", at), ("ORDER: 1", at)]
    assert {"INBOX", "Taken"} <= set(found.folders)
    assert (found.moves, found.removes_single_letters) == (True, True)
    assert await mailbox.flags() == {1: set(), 2: set(), 3: set(), 4: set()}
    assert await desk.stored() == []


async def test_each_step_that_fails_is_named(desk: Desk, mailbox: Mailbox) -> None:
    account, closed = mailbox.account(), free_port()
    whole = list(STAGES)
    for asked, told in {
        question(account, host="no-such-host.invalid"): ([], "connect", "dns"),
        question(account, host="не имя!"): ([], "connect", "bad_host"),
        question(account, host="224.0.0.1"): ([], "connect", "unusable_address"),
        question(account, port=closed): ([], "connect", "connect"),
        question(account, port=8000): ([], "connect", "own_address"),
        question(account, host="localhost", port=8000): ([], "connect", "own_address"),
        question(account, port=mailbox.server.starttls_port): (whole[:1], "tls", "tls"),
        question(account, certificate=None): (whole[:1], "tls", "certificate"),
        question(account, password="wrong"): (whole[:2], "login", "login"),
        question(account, folder="Нет такой"): (whole[:3], "folder", "no_folder"),
        question(mailbox.account("starttls")): (whole, None, None),
    }.items():
        assert await check(desk, asked) == told, asked


async def test_a_certificate_of_another_name_is_not_accepted(desk: Desk, mailbox: Mailbox) -> None:
    class Named:
        async def __call__(self, _host: str, _port: int) -> list[str]:
            return ["127.0.0.1"]

    desk.service.checking._resolver = Named()
    found = await desk.service.checking.check(question(mailbox.account(), host="mail.example.org"))
    assert found.failed == "tls" and found.reason is not None
    assert "mail.example.org" in why(found.reason, "en")
    assert "Hostname mismatch" in why(found.reason, "en")


@asynccontextmanager
async def saying(*lines: bytes) -> AsyncIterator[int]:
    """A server in the clear that says one line to each that it hears; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line)
            await reader.readline()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([b"220 smtp.example.org ESMTP\r\n"], "not_imap"),
        ([b"* BYE too many connections\r\n"], "unavailable"),
        ([b"* OK hello\r\n", b"* CAPABILITY IMAP4rev1\r\nv1 OK done\r\n"], "no_starttls"),
        # Whoever answers that we are signed in already would have the password in the clear next.
        ([b"* PREAUTH hello\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\nv1 OK done\r\n"], "no_starttls"),
        (
            [
                b"* OK hello\r\n",
                b"* CAPABILITY IMAP4rev1 STARTTLS\r\nv1 OK done\r\n",
                b"v2 OK begin\r\nv3 OK said in the clear, to be believed under TLS\r\n",
            ],
            "misbehaved",
        ),
    ],
)
async def test_no_password_is_sent_in_the_clear(desk: Desk, lines: list[bytes], code: str) -> None:
    async with saying(*lines) as port:
        account = Account("127.0.0.1", port, "starttls", "user", PASSWORD)
        passed, failed, found = await check(desk, question(account))
    assert (passed, failed or "") == (["connect"], "login" if code == "unavailable" else "tls")
    assert found == code


async def test_every_failure_is_told_in_both_languages() -> None:
    values = dict.fromkeys(("host", "port", "answer", "folder", "command", "mark", "reference"), "значение")
    for code in FAILURES:
        for language in ("ru", "en"):
            assert why({"code": code, **values}, language)


async def test_a_mailbox_that_can_t_be_read_is_told_once_and_so_is_its_end(
    desk: Desk, mailbox: Mailbox
) -> None:
    await add_person(desk.database, "administrator")
    await mailbox.put(order("ORDER: 1"))
    collector = await desk.add(mailbox.account(), password="wrong")
    for _ in range(2):
        run = await desk.run(collector)
        assert (run["state"], run["reason"]["code"]) == ("failed", "login")
    assert (await desk.row(collector)).failures == 2
    assert await letters(desk.database) == [("administrator@vestnik.test", True)]
    await desk.service.change(SYSTEM, collector, wish(mailbox.account()))
    assert (await desk.run(collector))["taken"] == 1
    assert (await desk.row(collector)).failures == 0


async def test_what_may_pass_is_told_when_it_lasts(desk: Desk, mailbox: Mailbox) -> None:
    await add_person(desk.database, "administrator")
    collector = await desk.add(mailbox.account(), port=free_port())
    for number in range(1, TOLD_AFTER + 1):
        assert (await desk.run(collector))["reason"]["code"] == "connect"
        assert len(await letters(desk.database)) == (number == TOLD_AFTER)


class Cutting(MailServer):
    """A server that breaks the connection off when a letter of `poison` is fetched."""

    poison: set[int]

    def session(self, *arguments: Any, **options: Any) -> Session:
        return CuttingSession(self, *arguments, **options)


class CuttingSession(Session):
    def _fetch(self, command: Command, folder: Folder) -> None:
        server = self._server
        assert isinstance(server, Cutting)
        asked = {int(each) for part in command.text(0).split(",") for each in stretch(part)}
        if "BODY.PEEK[]" in command.text(1) and asked & server.poison:
            self._writer.transport.abort()
            return
        super()._fetch(command, folder)


def stretch(part: str) -> range:
    lo, _, hi = part.partition(":")
    return range(int(lo), int(hi or lo) + 1)


@asynccontextmanager
async def cutting(*poison: int) -> AsyncIterator[tuple[Cutting, Mailbox]]:
    server = Cutting(MailboxOptions(password=PASSWORD))
    server.poison = set(poison)
    async with server.listening():
        named = Server("simulator", server.tls_port, server.starttls_port, server.certificate, PASSWORD)
        yield server, mailbox_of(named)


async def test_a_letter_that_the_server_never_gives_keeps_no_other_back(desk: Desk) -> None:
    async with cutting(3) as (server, mailbox):
        for number in range(1, 6):
            server.deliver(order(f"ORDER: {number}"))
        collector = await desk.add(mailbox.account())
        states = [(await desk.run(collector))["state"] for _ in range(5)]
        assert states == ["failed", "failed", "failed", "failed", "done"]
        assert await desk.stored() == ["ORDER: 1", "ORDER: 2", "ORDER: 4", "ORDER: 5"]
        left, _ = await desk.service.letters(SYSTEM, collector, not_taken=True, offset=0, limit=10)
        assert [(each.uid, each.outcome, each.subject) for each in left] == [(3, "not_fetched", "ORDER: 3")]
        assert (await desk.run(collector))["state"] == "failed"  # asked for again, in vain
        server.poison.clear()
        assert (await desk.run(collector))["taken"] == 1
    assert sorted(await desk.stored()) == [f"ORDER: {number}" for number in range(1, 6)]


async def test_after_a_cut_the_next_run_goes_on_where_it_was(desk: Desk) -> None:
    count = 120
    async with cutting(100) as (server, mailbox):
        for number in range(1, count + 1):
            server.deliver(order(f"ORDER: {number}") if number % 2 else other())
        collector = await desk.add(mailbox.account(), after="mark", mark="\\Flagged")
        server.poison = {99}
        assert (await desk.run(collector))["state"] == "failed"
        taken_before = len(await desk.stored())
        assert taken_before == 0 or 0 < taken_before < count // 2
        server.poison.clear()
        await desk.run(collector)
    assert await desk.stored() == [f"ORDER: {number}" for number in range(1, count + 1, 2)]
    async with desk.database.read() as connection:
        unsettled = sa.select(sa.func.count()).where(collected_letter.c.settled_at.is_(None))
        assert await connection.scalar(unsettled) == 0
    inbox = server.folders.find("INBOX")
    assert inbox is not None
    flagged = {uid for uid, each in inbox.letters.items() if "\\Flagged" in each.flags}
    assert flagged == set(range(1, count + 1, 2))


async def test_a_check_that_a_server_never_answers_ends_in_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vestnik.intake.collectors.checking.CHECK_S", 0.2)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    account = Account("127.0.0.1", server.sockets[0].getsockname()[1], "tls", "user", PASSWORD)
    assert await check(desk, question(account)) == (["connect"], "tls", "timeout")
    server.close()


class Echoing(MailServer):
    """A server that says back what it was told."""

    def session(self, *arguments: Any, **options: Any) -> Session:
        return EchoingSession(self, *arguments, **options)


class EchoingSession(Session):
    async def _sign_in(self, command: Command) -> None:
        self._say("+ ")
        given = base64.b64decode(await self._reader.readline()).decode().split("\0")
        self._say(f"{command.tag} NO there is no {given[1]} with the password {given[2]}")


async def test_the_password_is_never_in_what_is_told_or_kept(desk: Desk) -> None:
    secret = "a secret that the server echoes"
    async with Echoing().listening() as server:
        account = Account("127.0.0.1", server.tls_port, "tls", "anna", secret, server.certificate)
        found = await desk.service.checking.check(question(account))
        assert found.reason is not None
        assert found.reason["answer"] == "there is no anna with the password •••"
        collector = await desk.add(account)
        run = await desk.run(collector)
    assert run["reason"] == found.reason
    assert secret not in repr(account)
    assert secret.encode() not in (await desk.row(collector)).password_sealed
