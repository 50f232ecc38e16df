"""The simulated mailbox: letters are put in by HTTP, and a mail client finds them."""

from __future__ import annotations

import asyncio
import imaplib
import ssl
from typing import Any

import httpx
from tests.intake.collectors.letters import order

from vestnik_simulator.launch import running_simulator


def _subjects(mailbox: dict[str, Any]) -> list[bytes]:
    context = ssl.create_default_context(cadata=mailbox["certificate"])
    client = imaplib.IMAP4(mailbox["host"], mailbox["starttlsPort"])
    try:
        client.starttls(context)
        client.login(mailbox["username"], mailbox["password"])
        client.select()
        found = client.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        return [part[1].strip() for part in found if isinstance(part, tuple)]
    finally:
        client.logout()


async def test_a_letter_that_is_put_in_by_http_is_found_by_a_mail_client() -> None:
    async with (
        running_simulator() as running,
        httpx.AsyncClient(base_url=running.url, trust_env=False) as client,
    ):
        for subject in ("ORDER: 123", "Hello"):
            answer = await client.post("/_simulator/mailbox/letters", content=order(subject))
            assert answer.status_code == 200, answer.text
        mailbox = (await client.get("/_simulator/mailbox")).json()
        assert [each["uid"] for each in mailbox["folders"]["INBOX"]] == [1, 2]
        assert await asyncio.to_thread(_subjects, mailbox) == [b"Subject: ORDER: 123", b"Subject: Hello"]
        assert (await client.delete("/_simulator/mailbox")).json() == {}
        assert (await client.get("/_simulator/mailbox")).json()["folders"] == {"INBOX": []}
        assert (await client.post("/_simulator/mailbox/letters")).status_code == 400
