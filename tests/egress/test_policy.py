"""Approvals: scheme, host pattern and port."""

from __future__ import annotations

import pytest

from vestnik.egress import Approval, ForbiddenHost, HostPolicy, InvalidRequest, Target


@pytest.mark.parametrize(
    ("approval", "url", "allowed"),
    [
        ("https://api.example.com", "https://api.example.com/x", True),
        ("https://api.example.com", "https://API.Example.COM./x", True),
        ("https://api.example.com", "https://api.example.com:443", True),
        ("https://api.example.com", "http://api.example.com", False),
        ("https://api.example.com", "https://api.example.com:8443", False),
        ("https://api.example.com", "https://api.example.com.evil.test", False),
        ("https://api.example.com", "https://evilapi.example.com", False),
        ("https://api.example.com:8443", "https://api.example.com:8443", True),
        ("http://api.example.com", "https://api.example.com", False),
        ("http://api.example.com", "http://api.example.com", True),
        ("*.example.com", "https://a.example.com", True),
        ("*.example.com", "https://a.b.example.com", True),
        ("*.example.com", "https://example.com", False),
        ("*.example.com", "https://aexample.com", False),
        ("пример.рф", "https://xn--e1afmkfd.xn--p1ai", True),
        ("xn--e1afmkfd.xn--p1ai", "https://пример.рф", True),
        ("https://[2a00::1]:8443", "https://[2a00:0:0::1]:8443", True),
        ("http://127.0.0.1:80", "http://[::ffff:127.0.0.1]", True),
    ],
)
def test_an_approval_covers_its_scheme_host_and_port(approval: str, url: str, allowed: bool) -> None:
    policy = HostPolicy([Approval.parse(approval)])
    target = Target.of(url)
    if allowed:
        assert policy.admit(target) == policy.approvals[0]
        return
    with pytest.raises(ForbiddenHost) as caught:
        policy.admit(target)
    assert caught.value.fields["reason"] == "not_approved"


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "*.com",
        "*.",
        "a.*.com",
        "ex*mple.com",
        "https://",
        "ftp://example.com",
        "https://example.com/path",
        "https://example.com?query",
        "https://user@example.com",
        "https://example.com:0",
        "https://example.com:70000",
        "*.127.0.0.1",
        "exa mple.com",
        "-example.com",
    ],
)
def test_what_is_no_address_pattern_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Approval.parse(text)


def test_a_pattern_may_not_open_a_private_network() -> None:
    with pytest.raises(ValueError, match="by its exact name"):
        Approval.parse("*.example.com", private=True)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "file:///etc/passwd",
        "//example.com",
        "example.com",
        "https://",
        "https://user:word@example.com",
        "https://good.com\\@evil.com",
        "https://example.com:x",
        "https://exa mple.com",
        "https://a..b",
        "https://[::1%25lo]",
    ],
)
def test_what_is_no_http_target_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        Target.of(url)


def test_the_sentence_names_the_target_and_the_reason() -> None:
    with pytest.raises(ForbiddenHost) as caught:
        HostPolicy().admit(Target.of("https://evil.test/path?key=1"))
    assert caught.value.message == (
        "A request to https://evil.test:443 is forbidden: "
        "this address is not on the list of approved addresses."
    )
