"""Bodies that stay in the host."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.egress.conftest import Names, Server

from vestnik.egress import Broker, BrokerOptions, FetchFailed, FetchRequest, SpoolGone, SpoolStore

ROWS = [f"user{number}@example.com;Имя {number}" for number in range(5_000)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spooling(folder: Path, names: Names) -> Broker:
    options = BrokerOptions(response_bytes=1_000, spool_bytes=1_000_000)
    return Broker(options, resolver=names, spools=SpoolStore(folder, body_bytes=1_000_000))


async def test_lines_of_a_spooled_body_are_read_from_anywhere(server: Server, spooling: Broker) -> None:
    body = "\r\n".join(ROWS).encode()
    server.answers(gzip.compress(body), headers=("Content-Encoding: gzip",))
    exchange = await spooling.fetch(
        FetchRequest("GET", server.url()), policy=server.policy(), owner="account:1", spool=True
    )
    assert exchange.spool is not None
    assert (exchange.body, exchange.spool.bytes, exchange.spool.lines) == (b"", len(body), 5_000)
    for offset, count in ((0, 3), (999, 2), (1_000, 5), (3_500, 1_500), (4_999, 10), (5_000, 1), (0, 0)):
        lines = await spooling.spools.lines("account:1", exchange.spool.id, offset, count)
        assert lines == ROWS[offset : offset + count]
    await spooling.close()


async def test_another_owner_cannot_read_a_spooled_body(server: Server, spooling: Broker) -> None:
    exchange = await spooling.fetch(
        FetchRequest("GET", server.url()), policy=server.policy(), owner="account:1", spool=True
    )
    assert exchange.spool is not None
    with pytest.raises(SpoolGone):
        await spooling.spools.lines("account:2", exchange.spool.id, 0, 1)
    await spooling.close()


async def test_a_spooled_body_over_its_limit_fails_and_leaves_no_file(
    server: Server, spooling: Broker, folder: Path
) -> None:
    server.answers(gzip.compress(b"x" * 2_000_000), headers=("Content-Encoding: gzip",))
    with pytest.raises(FetchFailed) as caught:
        await spooling.fetch(FetchRequest("GET", server.url()), policy=server.policy(), spool=True)
    assert caught.value.kind == "too_large"
    assert kept_in(folder) == []
    await spooling.close()


def kept_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def write(store: SpoolStore, owner: str, body: bytes) -> str:
    key, writer = store.writer(owner, "api.test")
    writer.write(body)
    return store.finish(key, writer).id


async def test_a_body_goes_with_its_time_with_its_owner_and_with_the_store(folder: Path) -> None:
    store = SpoolStore(folder, ttl_s=0)
    key = write(store, "a", b"1")
    with pytest.raises(SpoolGone):
        await store.lines("a", key, 0, 1)
    store.sweep()
    assert kept_in(folder) == []

    store = SpoolStore(folder)
    write(store, "a", b"1")
    kept = write(store, "b", b"2")
    store.drop_owner("a")
    assert kept_in(folder) == [kept]
    store.close()
    assert kept_in(folder.parent) == []


async def test_the_oldest_body_makes_room(folder: Path) -> None:
    store = SpoolStore(folder, total_bytes=10)
    keys = [write(store, "a", b"x" * 6) for _ in range(3)]
    store.sweep()
    assert kept_in(folder) == [keys[2]]
    store.close()


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\n\nb", ["a", "", "b"]),
        (b"\xff\n", ["\ufffd"]),
        (b"x" * 1_500_000 + b"\nb\n", ["x" * 1_048_576, "b"]),
    ],
)
async def test_lines_end_where_they_should(folder: Path, body: bytes, lines: list[str]) -> None:
    store = SpoolStore(folder)
    key, writer = store.writer("a", "api.test")
    writer.write(body)
    spooled = store.finish(key, writer)
    assert (spooled.lines, await store.lines("a", key, 0, 10)) == (len(lines), lines)
    store.close()


def test_a_broker_makes_its_folder_for_itself_only(make_broker: Callable[..., Broker]) -> None:
    store = make_broker().spools
    write(store, "a", b"1")
    [kept] = store._kept.values()
    assert (kept.path.stat().st_mode & 0o777, kept.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
