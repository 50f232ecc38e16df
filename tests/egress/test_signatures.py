"""Signatures made with a private key of the service, checked with the public key of the account."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vestnik.egress import SealedCall, SealedRefused, SealedSecret

PRIVATE = ec.derive_private_key(0x5EED, ec.SECP256R1())
DER = PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
PEM = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
KEY = base64.b64encode(DER).decode()
EDWARDS = ed25519.Ed25519PrivateKey.from_private_bytes(b"seed" * 8)
RAW = EDWARDS.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
TIMESTAMP, BODY = "1600112502", b'[{"email":"\xd1\x8f@example.com","event":"delivered"}]\r\n'


def signed(data: bytes) -> str:
    return base64.b64encode(PRIVATE.sign(data, ec.ECDSA(hashes.SHA256()))).decode()


def ecdsa(key: Any, signature: Any, *parts: Any) -> dict[str, Any]:
    return {"op": "verify_ecdsa", "public_key": key, "signature": signature, "parts": list(parts)}


@pytest.fixture
def call() -> SealedCall:
    return SealedCall({"key": SealedSecret(KEY), "password": SealedSecret("a password")})


def test_sendgrids_signature_over_timestamp_and_raw_body_is_verified(call: SealedCall) -> None:
    signature = signed(TIMESTAMP.encode() + BODY)
    assert call.evaluate(ecdsa({"secret": "key"}, signature, TIMESTAMP, BODY)) is True
    assert call.evaluate(ecdsa(call.markers["key"], signature, TIMESTAMP + BODY.decode())) is True
    assert call.evaluate(ecdsa({"secret": "key"}, signature, "1600112503", BODY)) is False
    assert call.evaluate(ecdsa({"secret": "key"}, signature, TIMESTAMP, BODY[:-2])) is False
    assert call.evaluate(ecdsa({"secret": "key"}, signed(BODY), TIMESTAMP, BODY)) is False


@pytest.mark.parametrize("key", [KEY, PEM, "  " + PEM, KEY[:64] + "\n" + KEY[64:] + "\n"])
def test_a_public_key_may_be_a_plain_setting_in_any_usual_form(call: SealedCall, key: str) -> None:
    signature = base64.b64decode(signed(BODY))
    assert call.evaluate(ecdsa(key, signature, BODY)) is True


def test_an_ed25519_signature_is_verified(call: SealedCall) -> None:
    signature = base64.b64encode(EDWARDS.sign(BODY)).decode()
    info = EDWARDS.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for key in (base64.b64encode(RAW).decode(), base64.b64encode(info).decode()):
        operation = {"op": "verify_ed25519", "public_key": key, "signature": signature, "parts": [BODY]}
        assert call.evaluate(operation) is True
        assert call.evaluate({**operation, "parts": [BODY, "x"]}) is False


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "x",
        "&&&&",
        "AAAA",
        "я",
        b"",
        b"\x30\x00",
        "A" * 4000,
        pytest.param(signed(b"x")[:-4], id="cut off"),
    ],
)
def test_a_signature_that_cannot_be_read_is_a_wrong_one(call: SealedCall, signature: Any) -> None:
    assert call.evaluate(ecdsa(KEY, signature, BODY)) is False


P384 = ec.derive_private_key(7, ec.SECP384R1()).public_key()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "no key",
        KEY[:-8],
        PEM.replace("PUBLIC", "PRIVATE"),
        "A" * 5000,
        base64.b64encode(RAW).decode(),
        P384.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    ],
)
def test_a_key_that_is_none_is_refused_by_name(call: SealedCall, key: str) -> None:
    with pytest.raises(SealedRefused, match="the public key is no P-256 key in PEM or in Base64 of DER"):
        call.evaluate(ecdsa(key, signed(BODY), BODY))


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (ecdsa(["x", {"secret": "key"}], "AAAA", "x"), "one secret that is all of it"),
        (ecdsa([{"secret": "key"}, {"secret": "password"}], "AAAA", "x"), "one secret that is all of it"),
        (ecdsa([{"secret": "key"}, {"secret": "key"}], "AAAA", "x"), "one secret that is all of it"),
        (
            ecdsa({"op": "base64", "parts": [{"secret": "password"}]}, "AAAA", "x"),
            "one secret that is all of it",
        ),
        (ecdsa(KEY, "AAAA", "x", {"secret": "password"}), "no secret in what was signed"),
        (ecdsa(KEY, 1, "x"), "as a text or bytes"),
        (ecdsa(KEY, {"secret": "password"}, "x"), "as a text or bytes"),
        ({"op": "verify_ecdsa", "public_key": KEY, "signature": "AAAA"}, "verify_ecdsa takes"),
        ({**ecdsa(KEY, "AAAA", "x"), "curve": "P-384"}, "verify_ecdsa takes"),
        ({"op": "digest", "algorithm": "md5", "parts": [ecdsa(KEY, "AAAA", "x")]}, "can't stand inside"),
    ],
)
def test_a_check_of_a_signature_is_no_oracle_for_a_secret(
    call: SealedCall, operation: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SealedRefused, match=reason):
        call.evaluate(operation)


def test_checks_of_signatures_count_as_comparisons(call: SealedCall) -> None:
    for _ in range(16):
        call.evaluate(ecdsa(KEY, "AAAA", BODY))
    with pytest.raises(SealedRefused, match="16 comparisons"):
        call.evaluate(ecdsa(KEY, "AAAA", BODY))
