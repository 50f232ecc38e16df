"""Which addresses of ours a service on the internet can reach."""

from __future__ import annotations

import pytest

from vestnik.http.hosts import is_public


@pytest.mark.parametrize(
    "address",
    [
        "https://vestnik.example.com",
        "http://crm.ромашка.рф:8080",
        "https://8.8.8.8",
        "https://[2606:4700::1111]",
    ],
)
def test_public_address_is_taken_for_one(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://vestnik",
        "http://crm.local",
        "https://crm.corp.internal.",
        "https://vestnik.test",
        "http://192.168.1.7",
        "http://10.1.2.3:8000",
        "http://[::1]",
        "http://[fd00::1]",
    ],
)
def test_address_that_nobody_outside_reaches_is_told_apart(address: str) -> None:
    assert not is_public(address)
