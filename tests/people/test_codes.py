"""Codes of authenticator apps, against the RFC's own examples, and recovery codes."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from vestnik.people import codes

#: RFC 6238, appendix B, for SHA-1: the last six of eight digits.
EXAMPLES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]
RFC_SECRET = b"12345678901234567890"


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), EXAMPLES)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert codes.matching_step(RFC_SECRET, code, at(seconds), -1) == seconds // 30


@pytest.mark.parametrize(
    ("steps_later", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_is_taken_one_step_early_or_late_and_no_more(steps_later: int, is_taken: bool) -> None:
    seconds, code = EXAMPLES[3]
    moment = at(seconds + steps_later * codes.STEP_S)
    assert (codes.matching_step(RFC_SECRET, code, moment, -1) is not None) is is_taken


def test_a_code_that_was_used_and_those_before_it_are_taken_no_more() -> None:
    seconds, code = EXAMPLES[3]
    step = seconds // 30
    assert codes.matching_step(RFC_SECRET, code, at(seconds), step - 1) == step
    assert codes.matching_step(RFC_SECRET, code, at(seconds), step) is None
    assert codes.matching_step(RFC_SECRET, code, at(seconds), step + 1) is None


@pytest.mark.parametrize("code", ["005925", "", "5924", "0059240", "٠٠٥٩٢٤", "abcdef"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert codes.matching_step(RFC_SECRET, code, at(EXAMPLES[3][0]), -1) is None


def test_an_app_learns_the_secret_the_account_and_the_installation() -> None:
    secret = codes.new_secret()
    address = urlsplit(codes.address_of(secret, "Анна@vestnik.test", "Vestnik a:b"))
    query = {name: value for name, [value] in parse_qs(address.query).items()}
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert query == {
        "secret": codes.in_letters(secret),
        "issuer": "Vestnik a b",
        "algorithm": "SHA1",
        "digits": "6",
        "period": "30",
    }


def test_recovery_codes_are_read_however_they_are_written() -> None:
    made = codes.new_recovery_codes()
    assert len(set(made)) == codes.RECOVERY_CODES
    for code in made:
        assert codes.plain(f" {code.upper().replace('-', ' ')} ") == codes.plain(code)
        assert len(codes.plain(code)) == 12
        assert not codes.is_of_app(codes.plain(code))
