"""Sealed secrets: what a module can do with a marker, and what it can't."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vestnik.egress import (
    Approval,
    Draft,
    InvalidRequest,
    SealedCall,
    SealedRefused,
    SealedSecret,
    SecretNotAllowed,
    check_public_pattern,
)

KEY = "6h3f9ksd8f7jh2k3j4h5g6f7d8s9a0q1"
ODD = 'p"w/d +&é\\12345'
API = Approval("https", "api.example.com", 443)


@pytest.fixture
def call() -> SealedCall:
    return SealedCall({"api_key": SealedSecret(KEY, [API]), "odd": SealedSecret(ODD, [API])})


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def draft(url: str = "https://api.example.com/", **options: Any) -> Draft:
    return Draft.parse({"url": url, **options})


# Markers in requests


def test_a_marker_is_forty_random_letters_of_this_call(call: SealedCall) -> None:
    other = SealedCall({"api_key": SealedSecret(KEY)})
    assert re.fullmatch("[A-Za-z0-9]{40}", call.markers["api_key"])
    assert call.markers["api_key"] != other.markers["api_key"]
    assert KEY not in repr(SealedSecret(KEY))


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("api_key", f"https://api.example.com/v1/{KEY}/x"),
        ("odd", "https://api.example.com/v1/p%22w%2Fd%20%2B%26%C3%A9%5C12345/x"),
    ],
)
def test_a_value_is_escaped_for_a_url(call: SealedCall, name: str, url: str) -> None:
    assert call.replace(draft(f"https://api.example.com/v1/{call.markers[name]}/x")).url == url


def test_a_value_is_escaped_for_a_query_a_header_a_form_json_and_text(call: SealedCall) -> None:
    odd = call.markers["odd"]
    escaped = "p%22w%2Fd+%2B%26%C3%A9%5C12345"
    in_query = call.replace(draft(query={"key": odd, "a": "1"}))
    assert in_query.url == "https://api.example.com/?key=p%22w%2Fd%20%2B%26%C3%A9%5C12345&a=1"
    assert call.replace(draft(headers={"X-Key": f"key={odd}"})).headers == (("X-Key", f"key={ODD}"),)
    assert call.replace(draft(form={"key": odd, "a": "1"})).body == f"key={escaped}&a=1".encode()
    assert json.loads(call.replace(draft(json={"key": [odd]})).body) == {"key": [ODD]}
    assert call.replace(draft(body=f"<{odd}>")).body == f"<{ODD}>".encode()
    assert call.replace(draft(body=f"<{odd}>".encode())).body == f"<{ODD}>".encode()
    as_json = draft(body=json.dumps({"key": odd}), headers={"Content-Type": "application/json"})
    assert json.loads(call.replace(as_json).body) == {"key": ODD}
    as_form = draft(body=f"key={odd}", headers={"content-type": "application/x-www-form-urlencoded"})
    assert call.replace(as_form).body == f"key={escaped}".encode()


@given(value=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=8, max_size=40))
@settings(max_examples=50, deadline=None)
def test_any_value_survives_its_escaping(value: str) -> None:
    call = SealedCall({"key": SealedSecret(value, [API])})
    marker = call.markers["key"]
    assert parse_qs(urlsplit(call.replace(draft(query={"k": marker})).url).query) == {"k": [value]}
    assert parse_qs(call.replace(draft(form={"k": marker})).body.decode()) == {"k": [value]}
    assert json.loads(call.replace(draft(json=[marker])).body) == [value]


@pytest.mark.parametrize(
    "url",
    ["https://other.example.com/", "https://api.example.com:8443/", "https://api.example.com.evil.test/"],
)
@pytest.mark.parametrize("place", ["query", "headers", "form", "json", "body"])
def test_a_secret_goes_to_its_approved_targets_only(call: SealedCall, url: str, place: str) -> None:
    marker = call.markers["api_key"]
    values: dict[str, Any] = {"body": marker}
    with pytest.raises(SecretNotAllowed) as caught:
        call.replace(draft(url, **{place: values.get(place, {"X-Key": marker})}))
    assert caught.value.fields["secret"] == "api_key"
    assert KEY not in caught.value.message


def test_a_request_without_a_secret_may_go_anywhere(call: SealedCall) -> None:
    assert call.replace(draft("https://other.example.com/?a=1")).url == "https://other.example.com/?a=1"


def test_a_marker_is_refused_in_the_host_and_in_the_name_of_a_header(call: SealedCall) -> None:
    marker = call.markers["api_key"]
    for url in (f"https://{marker}.evil.test/", f"https://{marker.upper()}.evil.test/"):
        with pytest.raises(InvalidRequest):
            call.replace(draft(url))
    with pytest.raises(InvalidRequest):
        call.replace(draft(headers={marker: "1"}))


def test_a_value_with_a_line_break_cannot_split_a_header() -> None:
    call = SealedCall({"key": SealedSecret("12345678\r\nX-A: 1", [API])})
    with pytest.raises(InvalidRequest) as caught:
        call.replace(draft(headers={"X-Key": call.markers["key"]})).checked(1000)
    assert "12345678" not in caught.value.message


def test_a_secret_under_eight_characters_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than 8 characters"):
        SealedCall({"key": SealedSecret("1234567")})


# Operations


def digest(*parts: Any, algorithm: Any = "md5", **more: Any) -> dict[str, Any]:
    return {"op": "digest", "algorithm": algorithm, "parts": list(parts), **more}


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64", "base64url"])
def test_a_digest_of_a_template_is_computed_in_the_host(
    call: SealedCall, algorithm: str, encoding: str
) -> None:
    raw = hashlib.new(algorithm, f"a{KEY}b".encode()).digest()
    expected = {
        "hex": raw.hex(),
        "base64": base64.b64encode(raw).decode(),
        "base64url": base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }[encoding]
    by_name = digest("a", {"secret": "api_key"}, b"b", algorithm=algorithm, encoding=encoding)
    by_marker = digest(f"a{call.markers['api_key']}b", algorithm=algorithm, encoding=encoding)
    assert call.evaluate(by_name) == call.evaluate(by_marker) == expected
    assert call.evaluate({"op": "verify", "of": by_name, "expected": expected}) is True


def test_an_hmac_chain_as_of_amazon_is_computed_in_the_host(call: SealedCall) -> None:
    def keyed(key: Any, text: str, encoding: str = "raw") -> dict[str, Any]:
        return {"op": "hmac", "algorithm": "sha256", "key": key, "parts": [text], "encoding": encoding}

    expected = hmac.digest(f"AWS4{KEY}".encode(), b"20261121", "sha256")
    for step in (b"eu-west-1", b"ses", b"aws4_request"):
        expected = hmac.digest(expected, step, "sha256")
    signature = hmac.digest(expected, b"text", "sha256").hex()
    tree: Any = keyed(["AWS4", {"secret": "api_key"}], "20261121")
    for text in ("eu-west-1", "ses", "aws4_request"):
        tree = keyed(tree, text)
    assert call.evaluate(keyed(tree, "text", "hex")) == signature


def test_unisenders_signature_over_the_raw_body_is_verified(call: SealedCall) -> None:
    """`auth` is the md5 of the body in which the value of `auth` is replaced by the API key."""
    body = '{"auth":"%s","events_by_user":[{"login":"ё","events":[]}]}'
    auth = md5(body % KEY)
    before, after = (body % auth).encode().split(auth.encode())
    signed = digest(before, {"secret": "api_key"}, after)
    assert call.evaluate({"op": "verify", "of": signed, "expected": auth}) is True
    assert call.evaluate({"op": "verify", "of": signed, "expected": auth.upper()}) is True
    assert call.evaluate({"op": "verify", "of": signed, "expected": "0" * 32}) is False
    assert call.evaluate({"op": "verify", "of": signed, "expected": ""}) is False
    forged = digest(before, {"secret": "api_key"}, after + b" ")
    assert call.evaluate({"op": "verify", "of": forged, "expected": auth}) is False
    marked = (body % auth).encode().replace(auth.encode(), call.markers["api_key"].encode())
    assert call.evaluate({"op": "verify", "of": digest(marked), "expected": auth}) is True


def test_basic_and_base64_give_a_marker_that_works_in_a_request(call: SealedCall) -> None:
    basic = call.evaluate({"op": "basic", "user": "me", "password": {"secret": "odd"}})
    encoded = call.evaluate({"op": "base64", "parts": [{"secret": "api_key"}, ":x"]})
    request = call.replace(draft(headers={"Authorization": str(basic), "X-Key": str(encoded)}))
    expected = base64.b64encode(f"me:{ODD}".encode()).decode()
    assert request.headers == (
        ("Authorization", f"Basic {expected}"),
        ("X-Key", base64.b64encode(f"{KEY}:x".encode()).decode()),
    )
    assert call.mask(f"{expected} {KEY}") == "bWU6[sealed:odd] [sealed:api_key]"
    with pytest.raises(SecretNotAllowed):
        call.replace(draft("https://other.example.com", headers={"Authorization": str(basic)}))


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "base64", "parts": [{"secret": "api_key"}]},
        {"op": "base64", "parts": [{"op": "base64", "parts": ["x", {"secret": "api_key"}]}]},
        {"op": "basic", "user": "u", "password": {"secret": "api_key"}},
        digest({"secret": "api_key"}),
        digest("", {"secret": "api_key"}, b""),
        digest({"secret": "api_key"}, {"secret": "odd"}),
        digest(digest({"secret": "api_key"}), algorithm="sha1"),
        digest("salt", {"secret": "odd"}),
        {"op": "hmac", "algorithm": "sha1", "key": {"secret": "api_key"}, "parts": []},
    ],
)
def test_what_could_be_turned_back_or_used_in_a_secrets_place_stays_sealed(
    call: SealedCall, operation: dict[str, Any]
) -> None:
    marker = str(call.evaluate(operation))
    assert re.fullmatch("[A-Za-z0-9]{40}", marker)
    value = call.replace(draft(body=marker)).body
    assert value != marker.encode()
    assert KEY.encode() not in value
    assert value not in call.mask_bytes(b"<" + value + b">")


def test_a_digest_of_a_secret_and_nothing_else_works_where_a_service_wants_it(call: SealedCall) -> None:
    marker = call.evaluate(digest({"secret": "api_key"}))
    assert call.replace(draft(form={"psw": marker})).body == b"psw=" + md5(KEY).encode()


def test_equals_compares_wholes_only(call: SealedCall) -> None:
    def equals(left: Any, right: Any) -> str | bool:
        return call.evaluate({"op": "equals", "left": left, "right": right})

    assert equals({"secret": "api_key"}, KEY) is True
    assert equals(f"Bearer {KEY}", ["Bearer ", {"secret": "api_key"}]) is True
    assert equals({"secret": "api_key"}, KEY[:-1]) is False
    assert equals({"secret": "api_key"}, KEY + "1") is False
    assert equals({"secret": "api_key"}, "") is False
    with pytest.raises(SealedRefused, match="no secret in the comparison"):
        equals("a", "a")


def test_operations_and_comparisons_of_a_call_are_counted(call: SealedCall) -> None:
    guess = {"op": "equals", "left": {"secret": "api_key"}, "right": "x"}
    for _ in range(16):
        assert call.evaluate(guess) is False
    with pytest.raises(SealedRefused, match="16 comparisons"):
        call.evaluate(guess)
    for _ in range(47):
        call.evaluate(digest("a", {"secret": "api_key"}))
    with pytest.raises(SealedRefused, match="64 of them"):
        call.evaluate(digest("a", {"secret": "api_key"}))


def nested(depth: int) -> Any:
    return "x" if depth == 0 else [nested(depth - 1)]


@pytest.mark.parametrize(
    "operation",
    [
        None,
        "digest",
        {},
        {"op": "reveal", "parts": [{"secret": "api_key"}]},
        {"op": "digest", "parts": ["x"]},
        {"op": ["digest"]},
        digest("x", algorithm="crc32"),
        digest("x", algorithm=["md5"]),
        digest("x", encoding="raw"),
        digest("x", encoding="utf-8"),
        digest("x", encoding=[]),
        digest("x", extra=1),
        digest({"secret": "unknown"}),
        digest({"secret": 1}),
        digest({"secret": "api_key", "slice": 1}),
        digest(1),
        digest(None),
        digest(*["x"] * 300),
        digest(nested(20)),
        {"op": "verify", "of": "x", "expected": "x"},
        {"op": "verify", "of": {"op": "base64", "parts": [{"secret": "api_key"}]}, "expected": "x"},
        {"op": "verify", "of": digest("x"), "expected": "9dd4e461268c8034f5c8564e155c67a6"},
        {"op": "verify", "of": digest({"secret": "api_key"}, encoding="raw"), "expected": "x"},
        {"op": "verify", "of": digest({"secret": "api_key"}), "expected": None},
        {"op": "verify", "of": {"op": "equals", "left": "x", "right": "x"}, "expected": "x"},
        {"op": "basic", "user": "a:b", "password": {"secret": "api_key"}},
        digest({"op": "equals", "left": {"secret": "api_key"}, "right": "x"}),
    ],
)
def test_a_malformed_operation_is_refused(call: SealedCall, operation: Any) -> None:
    with pytest.raises(SealedRefused) as caught:
        call.evaluate(operation)
    assert KEY not in caught.value.message


def test_a_template_larger_than_allowed_is_refused(call: SealedCall) -> None:
    with pytest.raises(SealedRefused, match="larger than"):
        call.evaluate(digest(b"x" * (16 << 20), "x", {"secret": "api_key"}))


# The public part


@pytest.mark.parametrize(
    ("pattern", "value", "part"),
    [
        (r"-(us\d+)$", "0123456789abcdef0123456789abcdef-us21", "us21"),
        (r"-([a-z]{2}\d+)$", "0123456789abcdef0123456789abcdef-us21", "us21"),
        (r"us\d+$", "0123456789abcdef0123456789abcdef-us21", "us21"),
        (r"-(us\d+)$", "0123456789abcdef0123456789abcdef", None),
        (r".*", "0123456789abcdef0123456789abcdef-us21", None),
        (r"(.*)-us21", "0123456789abcdef0123456789abcdef-us21", None),
    ],
)
def test_a_declared_part_is_public_when_it_is_small(pattern: str, value: str, part: str | None) -> None:
    call = SealedCall({"key": SealedSecret(value, [API], pattern)})
    assert call.public_parts() == ({} if part is None else {"key": part})


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*$", "a*a*a*a*a*$", "(?=a)", r"(a)\1", "[a", "(", "a" * 200, "((a))", "a{1,2}{3}{4}"],
)
def test_a_pattern_that_could_run_for_long_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError):
        check_public_pattern(pattern)


# Drafts


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        (None, "fetch takes a URL and named options"),
        ({}, "the URL must be a text"),
        ({"url": ""}, "the URL must be a text"),
        ({"url": "https://a.test", "verify": False}, "fetch has no option verify"),
        ({"url": "https://a.test", "form": {}, "json": {}}, "only one of form, json and body can be given"),
        (
            {"url": "https://a.test", "form": {"a": {}}},
            "a value of form must be a text, a number, true or false",
        ),
        ({"url": "https://a.test", "form": "a=1"}, "form must be a mapping or a list of pairs"),
        ({"url": "https://a.test", "headers": [["a"]]}, "headers must be a mapping or a list of pairs"),
        ({"url": "https://a.test", "headers": {1: "a"}}, "headers must be a mapping or a list of pairs"),
        ({"url": "https://a.test", "json": b"x"}, "the json holds a value that can't be sent"),
        ({"url": "https://a.test", "json": float("nan")}, "the json holds a value that can't be sent"),
        ({"url": "https://a.test", "json": ["\ud800"]}, "the json holds a value that can't be sent"),
        ({"url": "https://a.test", "body": 1}, "the body must be a text or bytes"),
        ({"url": "https://a.test", "body": "\ud800"}, "the body holds a value that can't be sent"),
        ({"url": "https://a.test", "timeout_s": "1"}, "timeout_s must be a number of seconds"),
        ({"url": "https://a.test", "timeout_s": -1}, "timeout_s must be a number of seconds"),
        ({"url": "https://a.test", "spool": 1}, "spool must be true or false"),
        ({"url": "https://a.test", "method": 1}, "the method must be a text"),
    ],
)
def test_a_malformed_draft_is_refused(argument: Any, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Draft.parse(argument)
    assert caught.value.message == f"The request can't be sent: {sentence}."


LARGE: dict[str, dict[str, Any]] = {
    "a form": {"form": [[f"field{number}", "Иван Петров" * 5] for number in range(20_000)]},
    "json": {"json": [{"id": number, "name": "Иван Петров", "f": 1.5} for number in range(40_000)]},
    "a text": {"body": "Иван" * 1_000_000},
}


@pytest.mark.parametrize("kind", LARGE)
async def test_a_large_draft_is_read_beside_the_event_loop(kind: str) -> None:
    argument = {"url": "https://api.example.com/", **LARGE[kind]}
    assert await _turns_beside(Draft.parse_aside(argument)) > ON_THE_LOOP
    assert await Draft.parse_aside(argument) == Draft.parse(argument)


async def test_a_digest_over_a_large_body_is_computed_beside_the_event_loop(call: SealedCall) -> None:
    operation = digest(b"x" * 7_000_000, {"secret": "api_key"}, algorithm="sha512")
    assert await _turns_beside(call.evaluate_aside(operation)) > ON_THE_LOOP
    assert await call.evaluate_aside(operation) == call.evaluate(operation)


#: What is done on the event loop itself is over after so many turns; a thread's end is a turn more.
ON_THE_LOOP = 1


async def _turns_beside(work: Any) -> int:
    """How many turns the event loop had while the work was done."""
    task, turns = asyncio.ensure_future(work), 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    await task
    return turns


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.binary(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)


@given(
    argument=st.fixed_dictionaries(
        {"url": st.sampled_from(["https://api.example.com/a", "https://[", "x"]) | plain},
        optional={
            name: plain for name in ("method", "headers", "query", "form", "json", "body", "timeout_s")
        },
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_worker_sends_is_a_request_or_refused(argument: Any) -> None:
    call = SealedCall({"api_key": SealedSecret(KEY, [API])})
    try:
        call.replace(Draft.parse(argument)).checked(1_000_000)
    except InvalidRequest:
        return


@given(
    operation=plain
    | st.fixed_dictionaries(
        {"op": st.sampled_from(["digest", "hmac", "verify"])},
        optional={name: plain for name in ("parts", "algorithm", "key", "encoding", "of", "expected")},
    )
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_worker_sends_is_an_operation_or_refused(operation: Any) -> None:
    call = SealedCall({"api_key": SealedSecret(KEY, [API])})
    try:
        call.evaluate(operation)
    except SealedRefused:
        return
