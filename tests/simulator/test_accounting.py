"""The simulator's accounting system: who sends it what is no signed message is told so."""

from __future__ import annotations

from tests.simulator.conftest import Client

from vestnik.outgoing import demo
from vestnik_simulator import accounting

SIGNED = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,c2ln"}


async def test_a_signed_message_is_taken_and_anything_else_refused(simulator: Client) -> None:
    unsigned = {name: value for name, value in SIGNED.items() if name != "webhook-signature"}
    answers = [
        (await simulator.http.post(accounting.PATH, headers=headers, content=body)).status_code
        for headers, body in ((SIGNED, b"{}"), (unsigned, b"{}"), (SIGNED, b"{"))
    ]
    assert answers == [204, 401, 400]


def test_the_demo_sends_where_the_accounting_system_listens() -> None:
    assert demo.PATH == accounting.PATH
