# ruff: noqa: E501  # sources of modules stay on one line
"""What a module asks of its host: requests, storage, waiting, and computations with sealed secrets."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from tests.sandbox.hosts import Recorder, text_answer

from vestnik.sandbox import (
    HostError,
    Limits,
    ModuleRaised,
    Program,
    Sandbox,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

FACADE = {
    "constants": {"CRM_Marketing_DeliveryStatus": {"Delivered": "delivered", "Opened": "opened"}},
    "types": ["CRM_Marketing_Row"],
    "operations": ["contacts"],
    "functions": {"parse": {"wraps": {"request": "IncomingRequest"}}},
}


def module(source: str, key: str = "calls") -> Program:
    return Program(key, source, FACADE)


async def run(sandbox: Sandbox, source: str, /, host: Recorder | None = None, **options: Any) -> Any:
    return (await sandbox.call(module(source), "run", {}, host=host, **options)).result


# -- operations


async def test_fetch_sends_the_request_as_the_module_wrote_it_and_reads_the_answer(sandbox: Sandbox) -> None:
    host = Recorder(fetch=text_answer('{"ok": "ё"}', 201, Content_Type="application/json", X_Rate="5"))
    source = (
        "from vestnik_sdk import fetch\nasync def run():\n"
        "    r = await fetch('https://service.example/a', method='post', headers={'X-A': 1}, query={'q': ['ж', 2]},\n"
        "                    json={'n': None, 't': (1, 2)}, timeout=3)\n"
        "    return [r.status, r.ok, r.headers['x-rate'], r.headers.get('no'), r.json(), r.text(), len(r.bytes()), r.url]"
    )

    result = await run(sandbox, source, host)

    assert host.asked == [
        (
            "fetch",
            {
                "url": "https://service.example/a",
                "method": "POST",
                "headers": [["X-A", 1]],
                "query": [["q", ["ж", 2]]],
                "json": {"n": None, "t": [1, 2]},
                "timeout_s": 3.0,
                "spool": False,
            },
        )
    ]
    assert result == [201, True, "5", None, {"ok": "ё"}, '{"ok": "ё"}', 12, "https://service.example/"]


async def test_form_and_body_pass_as_they_are(sandbox: Sandbox) -> None:
    host = Recorder(fetch=text_answer(""))
    source = (
        "from vestnik_sdk import fetch\nasync def run():\n"
        "    await fetch('https://a', form=[('a[0]', 1), ('b', None)])\n    await fetch('https://b', body=b'\\x00')"
    )

    await run(sandbox, source, host)

    assert [(argument.get("form"), argument.get("body")) for _, argument in host.asked] == [
        ([["a[0]", 1], ["b", None]], None),
        (None, b"\x00"),
    ]


async def test_gather_asks_the_host_at_once_and_keeps_the_order(sandbox: Sandbox) -> None:
    arrived: list[str] = []
    together = asyncio.Event()

    class Together(Recorder):
        async def operate(self, name: str, argument: Any) -> Any:
            arrived.append(argument["url"])
            if len(arrived) == 5:
                together.set()
            await together.wait()
            return text_answer(argument["url"])

    source = (
        "import asyncio\nfrom vestnik_sdk import fetch\nasync def one(n):\n    return (await fetch(f'https://h/{n}')).text()\n"
        "async def run():\n    return await asyncio.gather(*[one(n) for n in range(5)])"
    )

    assert await run(sandbox, source, Together()) == [f"https://h/{n}" for n in range(5)]


async def test_failed_operation_is_an_exception_with_a_kind(sandbox: Sandbox) -> None:
    host = Recorder(fetch=HostError("forbidden_host", "no"), contacts=HostError("limit", "too many"))
    source = (
        "from vestnik_sdk import fetch, contacts, FetchError, OperationError\nasync def run():\n    seen = []\n"
        "    try:\n        await fetch('https://a')\n    except FetchError as e:\n        seen.append([e.kind, e.message, str(e)])\n"
        "    try:\n        await contacts([1])\n    except OperationError as e:\n        seen.append([e.kind, isinstance(e, FetchError)])\n"
        "    return seen"
    )

    assert await run(sandbox, source, host) == [["forbidden_host", "no", "no"], ["limit", False]]


async def test_uncaught_operation_error_carries_the_hosts_kind(sandbox: Sandbox) -> None:
    host = Recorder(fetch=HostError("forbidden_host", "evil.example is not approved"))

    with pytest.raises(ModuleRaised) as raised:
        await run(
            sandbox, "from vestnik_sdk import fetch\nasync def run():\n    await fetch('https://a')", host
        )

    error = raised.value
    assert (error.host_kind, error.exception, error.line) == ("forbidden_host", "FetchError", 3)
    assert error.message == "FetchError: evil.example is not approved"


async def test_error_of_the_host_itself_ends_the_call_and_reaches_the_caller(sandbox: Sandbox) -> None:
    source = "from vestnik_sdk import fetch\nasync def run():\n    try:\n        await fetch('https://a')\n    except Exception:\n        return 1"

    with pytest.raises(ZeroDivisionError):
        await run(sandbox, source, Recorder(fetch=lambda _: 1 // 0))

    assert await run(sandbox, "def run():\n    return 2") == 2


async def test_storage_contacts_and_own_operations_reach_the_host(sandbox: Sandbox) -> None:
    host = Recorder(
        storage__get=None,
        storage__set=None,
        storage__compare_and_set=True,
        storage__keys=["a"],
        storage__delete=None,
        contacts=[{"id": "1"}],
    )
    source = (
        "from vestnik_sdk import storage, contacts\nasync def run():\n"
        "    return [await storage.get('k', 5), await storage.set('k', {'a': 1}), await storage.compare_and_set('k', None, 2),\n"
        "            await storage.keys('a'), await storage.delete('k'), await contacts([1, 2]), await contacts(addresses=['a'])]"
    )

    result = await run(sandbox, source, host)

    assert result == [5, None, True, ["a"], None, [{"id": "1"}], [{"id": "1"}]]
    assert host.asked == [
        ("storage.get", {"key": "k"}),
        ("storage.set", {"key": "k", "value": {"a": 1}}),
        ("storage.compare_and_set", {"key": "k", "expected": None, "value": 2}),
        ("storage.keys", {"prefix": "a"}),
        ("storage.delete", {"key": "k"}),
        ("contacts", [1, 2]),
        ("contacts", {"addresses": ["a"]}),
    ]


async def test_spooled_answer_is_read_by_lines_in_this_and_in_later_calls(sandbox: Sandbox) -> None:
    host = Recorder(
        fetch={"status": 200, "headers": {}, "body": b"", "spool_id": "s1"}, fetch__lines=["a", "b"]
    )
    source = (
        "from vestnik_sdk import fetch, spooled\nasync def run():\n    r = await fetch('https://a', spool=True)\n"
        "    return [await r.lines(0, 2), await spooled(r.spool_id).lines(2, 1)]"
    )

    assert await run(sandbox, source, host) == [["a", "b"], ["a", "b"]]
    assert host.asked[1:] == [
        ("fetch.lines", {"spool_id": "s1", "offset": 0, "n": 2}),
        ("fetch.lines", {"spool_id": "s1", "offset": 2, "n": 1}),
    ]


async def test_wait_for_ends_a_slow_operation_and_the_host_is_told(sandbox: Sandbox) -> None:
    cancelled = asyncio.Event()

    class Slow(Recorder):
        async def operate(self, name: str, argument: Any) -> Any:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

    source = (
        "import asyncio\nfrom vestnik_sdk import fetch\nasync def run():\n    try:\n"
        "        await asyncio.wait_for(fetch('https://a'), 0.02)\n    except asyncio.TimeoutError:\n        return 'late'"
    )

    assert await run(sandbox, source, Slow()) == "late"
    assert cancelled.is_set()


async def test_too_many_operations_at_once_are_refused_one_by_one(sandbox: Sandbox) -> None:
    host = Recorder(contacts=1)
    source = (
        "import asyncio\nfrom vestnik_sdk import contacts, OperationError\nasync def one():\n    try:\n        return await contacts()\n"
        "    except OperationError as e:\n        return e.kind\n"
        "async def run():\n    return await asyncio.gather(*[one() for n in range(10)])"
    )

    result = await run(sandbox, source, host, limits=Limits(operations=6))

    assert sorted(map(str, result)) == ["1"] * 6 + ["limit"] * 4


async def test_tasks_that_wait_for_each_other_are_reported(sandbox: Sandbox) -> None:
    source = (
        "import asyncio\nholder = []\nasync def one():\n    return await holder[0]\n"
        "async def run():\n    holder.append(asyncio.create_task(one()))\n    return await holder[0]"
    )

    with pytest.raises(ModuleRaised, match="deadlock"):
        await run(sandbox, source)


async def test_gather_cancels_the_rest_after_an_error_unless_errors_are_wanted(sandbox: Sandbox) -> None:
    source = (
        "import asyncio\nasync def bad():\n    raise ValueError('x')\nasync def slow():\n    await asyncio.sleep(100)\n"
        "async def fine():\n    return 1\nasync def run():\n    try:\n        await asyncio.gather(slow(), bad())\n    except ValueError:\n        pass\n"
        "    both = await asyncio.gather(fine(), bad(), return_exceptions=True)\n    return [both[0], str(both[1])]"
    )

    assert await run(sandbox, source) == [1, "x"]


# -- secrets


async def test_sealed_handles_are_markers_in_every_text(sandbox: Sandbox) -> None:
    host = Recorder(fetch=text_answer(""))
    source = (
        "from vestnik_sdk import fetch, sealed\nasync def run():\n"
        "    await fetch(f'https://a/{sealed.key}', headers={'A': 'Bearer ' + sealed.key}, form={'k': sealed.key})\n"
        "    await fetch('https://a', json={'k': [sealed.key]})\n    return [str(sealed.key), 'key' in sealed, 'no' in sealed]"
    )

    marker, known, unknown = await run(sandbox, source, host, sealed={"key": "M" * 40})

    assert (marker, known, unknown) == ("M" * 40, True, False)
    assert host.asked[0][1] == {
        "url": f"https://a/{marker}",
        "method": "GET",
        "headers": [["A", f"Bearer {marker}"]],
        "form": [["k", marker]],
        "spool": False,
    }
    assert host.asked[1][1]["json"] == {"k": [marker]}


async def test_markers_made_by_the_sandbox_are_given_to_the_host(sandbox: Sandbox) -> None:
    host = Recorder()

    marker = await run(
        sandbox,
        "from vestnik_sdk import sealed\ndef run():\n    return str(sealed.key)",
        host,
        sealed=["key"],
    )

    assert re.fullmatch("[A-Za-z0-9]{40}", marker)
    assert host.control is not None
    assert host.control.markers == {"key": marker}


async def test_sealed_computations_nest_and_reach_the_host_as_one_tree(sandbox: Sandbox) -> None:
    host = Recorder(sealed__digest="d", sealed__verify=True, sealed__basic="B" * 40, sealed__equals=False)
    source = (
        "from vestnik_sdk import sealed\nasync def run():\n"
        "    return [await sealed.digest('md5', b'body', sealed.key, sealed.hmac('sha256', sealed.key, 'x', encoding='raw')),\n"
        "            await sealed.verify(sealed.hmac('sha1', sealed.key, 'x'), 'sig'), await sealed.basic('u', sealed.key),\n"
        "            await sealed.equals(sealed.key, 'y')]"
    )

    result = await run(sandbox, source, host, sealed={"key": "M" * 40})

    assert result == ["d", True, "B" * 40, False]
    inner = {"op": "hmac", "algorithm": "sha256", "key": "M" * 40, "parts": ["x"], "encoding": "raw"}
    signed = {"op": "hmac", "algorithm": "sha1", "key": "M" * 40, "parts": ["x"], "encoding": "hex"}
    assert [argument for _, argument in host.asked] == [
        {"op": "digest", "algorithm": "md5", "parts": [b"body", "M" * 40, inner], "encoding": "hex"},
        {"op": "verify", "of": signed, "expected": "sig"},
        {"op": "basic", "user": "u", "password": "M" * 40},
        {"op": "equals", "left": "M" * 40, "right": "y"},
    ]
