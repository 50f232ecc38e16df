"""The value of a secret is nowhere in a worker's memory: not during a call that uses it, not after it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from tests.egress.conftest import Received, Server, Writer, http_answer
from tests.modules.conftest import MANIFEST, Site
from tests.sandbox.scan import found_in, may_look

from vestnik.modules import ModuleCallFailed
from vestnik.sandbox import Sandbox

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not may_look(), reason="only root may read the memory of a jailed process"),
]

STATS = "CRM_Marketing_GetCampaignStats"
SECRET = 'mK7/"q+Zt&9<vRw é2xPbN5'
RAW = SECRET.encode()
# All that can serve in place of the secret, as it goes over the wire or comes back.
FORBIDDEN = {
    RAW,
    SECRET.encode("utf-16-le"),
    SECRET.encode("latin-1"),
    quote(SECRET, safe="").encode(),
    quote_plus(SECRET).encode(),
    json.dumps(SECRET)[1:-1].encode(),
    html.escape(SECRET).encode(),
    base64.b64encode(RAW),
    base64.b64encode(b"me:" + RAW),
    hashlib.md5(RAW, usedforsecurity=False).hexdigest().encode(),
    hashlib.sha512(RAW).hexdigest().encode(),
    RAW[:12],
    RAW[-12:],
}

EVERY_WAY = f"""
from vestnik_sdk import fetch, sealed, settings, storage, log, FetchError, OperationError

async def {STATS}(campaignExternalId):
    key, base = sealed.api_key, settings.base_url
    log("begins", key)
    basic = await sealed.basic("me", key)
    coded = await sealed.base64(key)
    digests = [await sealed.digest(name, key) for name in ("md5", "sha1", "sha256", "sha512")]
    salted = await sealed.digest("md5", "before ", key, " after")
    keyed = await sealed.hmac("sha256", key, "text", encoding="base64")
    assert await sealed.verify(sealed.hmac("sha256", key, "text", encoding="base64"), keyed)
    assert not await sealed.equals(key, "a guess")
    answers = [
        await fetch(f"{{base}}/path/{{key}}", headers={{"X-Key": f"key={{key}}", "Authorization": basic}}),
        await fetch(base, query={{"key": key}}),
        await fetch(base, form={{"key": key, "digest": digests[0]}}),
        await fetch(base, json={{"key": [key, coded]}}),
        await fetch(base, method="POST", body=f"<{{key}}>{{digests[3]}}"),
        await fetch(f"{{base}}/redirect"),
    ]
    kept = [[answer.text(), answer.url, answer.headers.items()] for answer in answers]
    spooled = await fetch(base, spool=True)
    kept.append(await spooled.lines())
    for url in ("https://elsewhere.test/?" + str(key), f"{{base}}/gone"):
        try:
            kept.append((await fetch(url)).text())
        except (FetchError, OperationError) as error:
            kept.append(str(error))
    await storage.set("kept", kept)
    log(kept)
    await fetch(f"{{base}}/look")
    if campaignExternalId == "fails":
        raise ValueError(kept)
    return {{"sent": len(kept)}}
"""


def echo(request: Received) -> bytes:
    """All of the secret in every usual form, and all of what came."""
    said = [request.target.encode(), request.body, *map(str.encode, request.headers.values())]
    forms = (FORBIDDEN | set(said)) - {RAW[:12], RAW[-12:]}
    return b" | ".join(forms)


async def test_no_memory_of_a_worker_ever_holds_the_value(
    site: Site, server: Server, address: str, sandbox: Sandbox
) -> None:
    looked: list[set[bytes]] = []

    async def answer(request: Received, writer: Writer) -> None:
        if request.target == "/look":
            looked.append(await asyncio.to_thread(_in_all_workers, sandbox))
        if request.target == "/redirect":
            writer.write(
                http_answer(status="302 Found", headers=(f"Location: /at/{quote(SECRET, safe='')}",))
            )
        elif request.target == "/gone":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + RAW)
            writer.close()
        else:
            writer.write(http_answer(echo(request), headers=(f"X-Echo: {quote(SECRET)}",)))

    server.handler = answer
    manifest: Any = {**MANIFEST, "name": "memory"}
    account_id = await site.account(await site.module(EVERY_WAY, manifest), address, api_key=SECRET)

    report = await site.modules.report(account_id, STATS, {"campaignExternalId": "works"}, lane="bulk")
    after = await asyncio.to_thread(_in_all_workers, sandbox)
    with pytest.raises(ModuleCallFailed) as caught:
        await site.modules.call(account_id, STATS, {"campaignExternalId": "fails"}, lane="bulk")
    looked += [after, await asyncio.to_thread(_in_all_workers, sandbox)]

    assert report.value == {"sent": 9}
    assert [found & FORBIDDEN for found in looked] == [set()] * 4
    assert all(b"[sealed:api_key]" in found for found in looked[:2]), "the search finds what is there"
    shown = [report.value, report.exchanges, [line.message for line in report.log], caught.value.as_record()]
    kept = json.dumps(shown, ensure_ascii=False) + await site.everything_stored()
    assert [
        value for value in FORBIDDEN if value.decode("latin-1") in kept or json.dumps(SECRET) in kept
    ] == []


def _in_all_workers(sandbox: Sandbox) -> set[bytes]:
    """What of the secret, and of a control, stands in the memory of any worker or of their zygote."""
    nursery = sandbox._nursery
    assert nursery is not None
    assert nursery._current is not None
    pids = [worker.pid for worker in nursery._current.workers.values()]
    assert pids
    wanted = {*FORBIDDEN, b"[sealed:api_key]"}
    return set().union(*(found_in(pid, wanted) for pid in [nursery._current._process.pid, *pids]))
