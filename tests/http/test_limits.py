"""Rate limits: so many at once, then one at a time, for each key apart."""

from __future__ import annotations

import pytest

from vestnik.http import limits
from vestnik.http.errors import TooManyRequests
from vestnik.http.limits import RateLimit, network_of


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_followed_by_a_steady_rate() -> None:
    clock = Clock()
    limit = RateLimit(3, 10.0, clock)
    for _ in range(3):
        limit.take("a")
    with pytest.raises(TooManyRequests) as refused:
        limit.take("a")
    assert refused.value.values == {"retry_after_s": 10}
    limit.take("b")
    clock.now += 4
    with pytest.raises(TooManyRequests) as refused:
        limit.take("a")
    assert refused.value.values == {"retry_after_s": 6}
    clock.now += 6
    limit.take("a")


def test_what_is_given_back_does_not_count() -> None:
    limit = RateLimit(1, 10.0, Clock())
    for _ in range(5):
        limit.take("a")
        limit.give_back("a")
    limit.give_back("never taken")


def test_many_keys_take_no_more_than_their_share_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYS", 10)
    limit = RateLimit(1, 10.0, Clock())
    for number in range(100):
        limit.take(str(number))
    assert len(limit) == 10


def test_an_ipv6_client_is_its_network() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert network_of("203.0.113.7") == "203.0.113.7"
    assert network_of("::ffff:203.0.113.7") == "203.0.113.7"  # as a socket of both kinds writes it
    assert network_of("") == ""


def test_what_others_let_through_is_learned_and_what_nobody_was_told_yet_stays() -> None:
    clock = Clock()
    limit = RateLimit(3, 10.0, clock)
    assert limit.news() == {}
    limit.take("a")
    limit.take("b")
    limit.give_back("b")
    assert limit.news() == {"a": 1}
    limit.take("a")
    limit.learn("a", behind_s=20.0)  # this one's first, and one of another process
    limit.learn("never taken", behind_s=20.0)
    with pytest.raises(TooManyRequests) as refused:
        limit.take("a")
    assert refused.value.values == {"retry_after_s": 10}
    clock.now += 10
    limit.take("a")
    assert limit.news() == {"a": 2}


def test_nothing_is_kept_for_others_where_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEYS", 10)
    limit = RateLimit(1, 10.0, Clock())
    limit.take("a")
    assert limit.news() == {}
    for number in range(100):
        limit.take(str(number))
    assert len(limit.news()) == 10
