"""No encoding of a secret survives in a trace or in what a module is given."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.egress.conftest import Server, http_answer

from vestnik.egress import Broker, ExchangeTrace, FetchRequest, Masker
from vestnik.egress.masks import WINDOW_BYTES

secrets = st.one_of(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=60),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=20),
)
surroundings = st.text(max_size=5)

ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "url": quote,
    "url with every character escaped": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "url in lower case": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "url without safe characters": lambda text: quote(text, safe=""),
    "url of a form": quote_plus,
    "url twice": lambda text: quote(quote(text, safe=""), safe=""),
    "json": lambda text: json.dumps(text)[1:-1],
    "json in unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json with escaped slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json with every character escaped": lambda text: "".join(
        f"\\u{text.encode('utf-16-be')[i : i + 2].hex()}" for i in range(0, len(text.encode("utf-16-be")), 2)
    ),
    "json within json": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "hexadecimal escapes": lambda text: "".join(
        f"\\x{ord(each):02x}" if ord(each) < 256 else each for each in text
    ),
    "html": lambda text: html.escape(text),
    "html within json": lambda text: json.dumps(html.escape(text))[1:-1],
    "html by numbers": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "html by hexadecimal numbers": lambda text: "".join(f"&#x{ord(each):04X};" for each in text),
    "letters of the other case": lambda text: "".join(
        each.swapcase() if each.isascii() else each for each in text
    ),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal in capitals": lambda text: text.encode().hex().upper(),
    "hexadecimal with colons": lambda text: text.encode().hex(":"),
    "json in a url": lambda text: quote(json.dumps(text)[1:-1], safe=""),
}


@given(secret=secrets, before=surroundings, after=surroundings)
@settings(max_examples=150, deadline=None)
@example(secret='a+b/c=d&e f"g\\h', before="", after="")
@example(secret="++++++++", before="+", after="+")
@example(secret="aaaaaaaa", before="a", after="a")
def test_no_encoding_of_a_secret_survives(secret: str, before: str, after: str) -> None:
    masker = Masker({"key": secret})
    for name, encode in ENCODINGS.items():
        text = before + encode(secret) + after
        masked = masker.text(text)
        assert "[sealed:key]" in masked, name
        assert not masker.finds(masked.replace("[sealed:key]", "")) or secret in before + after, name
        assert masker.finds(text), name


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le"])
@given(secret=secrets.filter(lambda text: "\0" not in text))
@settings(max_examples=30, deadline=None)
def test_no_wide_encoding_of_a_secret_survives(encoding: str, secret: str) -> None:
    masked = Masker({"key": secret}).data(f"<{secret}>".encode(encoding))
    assert masked.replace(b"[sealed:key]", b"").replace(b"\0", b"").strip(b"\xff\xfe") == b"<>"


@given(
    secret=secrets, encoding=st.sampled_from(sorted(ENCODINGS)), cuts=st.lists(st.integers(1, 99), max_size=9)
)
@settings(max_examples=100, deadline=None)
def test_a_body_in_pieces_is_masked_like_a_whole_one(secret: str, encoding: str, cuts: list[int]) -> None:
    text = ("line\n" * 20_000 + ENCODINGS[encoding](secret) + "\nline") * 2
    data, masker = text.encode("utf-8", "surrogatepass"), Masker({"key": secret})
    stream, position, masked = masker.stream(), 0, b""
    for cut in [*cuts, *[30_011] * (len(data) // 30_011 + 1)]:
        masked += stream.feed(data[position : position + cut])
        position += cut
    assert masked + stream.finish() == masker.data(data)


@given(secret=secrets, before=st.binary(max_size=7), after=st.binary(max_size=7))
@settings(max_examples=150, deadline=None)
def test_no_base64_of_a_secret_survives_at_any_alignment(secret: str, before: bytes, after: bytes) -> None:
    """What is left of the encoded text, decoded again, has no byte of the secret's inside."""
    masker = Masker({"key": secret})
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
            encoded = encode(before + form.encode() + after).decode()
            for text in (encoded, quote(encoded, safe=""), json.dumps(encoded)[1:-1].replace("/", "\\/")):
                masked = masker.text(text)
                assert "[sealed:key]" in masked
                left = masked.split("[sealed:key]")
                assert len(left[0]) * 3 // 4 <= len(before) + text.count("%") * 2 + text.count("\\")
    assert masker.data(before + after) == before + after or secret.encode() in before + after


@given(text=st.text(), secret=secrets)
@settings(max_examples=50, deadline=None)
def test_what_holds_no_secret_stays_as_it_is(text: str, secret: str) -> None:
    masker = Masker({"key": secret})
    assert masker.text(text) == text or masker.finds(text)


@pytest.mark.parametrize("part", [slice(0, 40), slice(1, 44), slice(0, 43), slice(4, 44)])
def test_a_part_of_a_secret_is_not_looked_for(part: slice) -> None:
    """Otherwise a module could learn a secret letter by letter from what an echo gives back."""
    secret = "6h3f9ksd8f7jh2k3j4h5g6f7d8s9a0q1w2e3r4t5y6u7"
    text = f"<{secret[part]}>"
    assert Masker({"key": secret}).text(text) == text


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    masker = Masker({"short": "12345678", "long": "12345678-90abcdef"})
    assert masker.text("12345678-90abcdef 12345678") == "[sealed:long] [sealed:short]"


@pytest.mark.parametrize("cut", range(60, 110))
def test_a_preview_never_ends_inside_a_secret(cut: int) -> None:
    secret = "6h3f9ksd8f7jh2k3"
    data = b"x" * 70 + secret.encode() + b"y" * 4 + base64.b64encode(b"u:" + secret.encode()) + b"z" * 100
    shown = Masker({"key": secret}).preview(data, cut)
    assert not any(piece in shown for piece in (b"6h", b"3f9", b"dTo2"))
    assert len(shown) <= cut + len("[sealed:key]")
    assert shown.count(b"x") == min(cut, 70)


async def test_a_trace_shows_everything_but_secrets(server: Server, broker: Broker) -> None:
    secret = 'k"9/+ä\\8f7jh2k3'
    echoed = json.dumps({"you": secret, "basic": base64.b64encode(f"me:{secret}".encode()).decode()})
    server.routes(
        {"/a": http_answer(echoed.encode(), headers=(f"X-Echo: {quote(secret)}", "Set-Cookie: s=1"))}
    )
    traces: list[ExchangeTrace] = []
    exchange = await broker.fetch(
        FetchRequest(
            "POST",
            server.url("/a?key=" + quote(secret, safe="")),
            (("Authorization", "Bearer something"), ("X-Key", secret)),
            ("form=" + quote_plus(secret)).encode(),
        ),
        policy=server.policy(),
        masks=Masker({"key": secret}),
        record=traces.append,
    )
    assert exchange.body == echoed.encode()
    [trace] = traces
    assert trace == {
        "startedAt": exchange.started_at.isoformat(),
        "method": "POST",
        "url": server.url("/a?key=[sealed:key]"),
        "requestHeaders": [["Authorization", "[masked]"], ["X-Key", "[sealed:key]"]],
        "requestBody": {
            "bytes": 5 + len(quote_plus(secret)),
            "truncated": False,
            "text": "form=[sealed:key]",
        },
        "status": 200,
        "responseHeaders": [
            ["Content-Length", str(len(echoed))],
            ["X-Echo", "[sealed:key]"],
            ["Set-Cookie", "[masked]"],
        ],
        "responseBody": {
            "bytes": len(echoed),
            "truncated": False,
            "text": '{"you": "[sealed:key]", "basic": "bWU6[sealed:key]"}',
        },
        "responseBytes": len(echoed),
        "resolvedAddress": "127.0.0.1",
        "timings": trace["timings"],
        "error": None,
    }
    assert set(trace["timings"]) == {"dns", "connect", "ttfb", "total"}


@given(secret=secrets, encoding=st.sampled_from(sorted(ENCODINGS)), place=st.integers(0, 70_000))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_preview_shows_a_secret_wherever_it_stands(secret: str, encoding: str, place: int) -> None:
    encoded = ENCODINGS[encoding](secret).encode()
    masker = Masker({"key": secret})
    shown = masker.preview(b"\n" * place + encoded + b"\n" * 70_000, 65_536)
    assert shown.strip(b"\n") in (b"[sealed:key]", b"") or secret.strip("\n") != secret
    assert encoded not in shown


async def test_a_body_that_is_no_text_is_shown_as_base64(server: Server, broker: Broker) -> None:
    traces: list[ExchangeTrace] = []
    for body in (b"\xff\xfe", b"a" * 65_535 + "я".encode() * 10):
        server.answers(body)
        await broker.fetch(FetchRequest("GET", server.url()), policy=server.policy(), record=traces.append)
    assert [trace["responseBody"] for trace in traces] == [
        {"bytes": 2, "truncated": False, "base64": "//4="},
        {"bytes": 65_555, "truncated": True, "text": "a" * 65_535},
    ]


@given(secret=secrets, encoding=st.sampled_from(sorted(ENCODINGS)), before=st.integers(-400, 10))
@settings(max_examples=150, deadline=None)
def test_a_secret_across_two_windows_is_masked_as_a_whole(secret: str, encoding: str, before: int) -> None:
    encoded = ENCODINGS[encoding](secret).encode()
    data = b"\n" * (WINDOW_BYTES + before) + encoded + b"\n" * WINDOW_BYTES
    expected = data.replace(encoded, b"[sealed:key]")
    masker = Masker({"key": secret})
    assert masker.data(data) == expected or secret.strip("\n") != secret
    assert asyncio.run(masker.data_in_turns(data)) == masker.data(data)


@pytest.mark.parametrize(
    "secret", ["a" * 44, "aA" * 22, "é" * 22, "0" * 30 + " +" * 7, "\0" * 20, "&amp;%25" * 4]
)
def test_a_text_that_nearly_is_the_secret_takes_no_time(secret: str) -> None:
    """Each character has many forms: a text that fits all but the last must not be tried in every mixture."""
    masker = Masker({"key": secret})
    began = time.process_time()
    for encode in ENCODINGS.values():
        masker.text((encode(secret)[:-1] + "!") * 50)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("byte", [b"%", b"\\", b"s", b"\n"])
async def test_large_bodies_and_many_lines_are_masked_while_the_loop_goes_on(byte: bytes) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    body = byte * 2_000_000 + b"secret-of-the-account"
    masker = Masker({"key": "secret-of-the-account"})
    assert await masker.data_in_turns(body) == byte * 2_000_000 + b"[sealed:key]"
    assert turns >= len(body) // WINDOW_BYTES
    turns = 0
    lines = [byte.decode() * 1_000] * 2_000
    assert await masker.texts_in_turns(lines) == lines
    counting.cancel()
    assert turns >= len(body) // WINDOW_BYTES - 1
