"""A day's recordings that are removed while somebody reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from tests.egress.conftest import Server
from tests.modules.calling import ASK, CAMPAIGN, STATS, stats
from tests.modules.conftest import Site
from tests.modules.test_recordings import recorded_call, row_of

from vestnik.modules.recordings import store as recording_store
from vestnik.modules.recordings.store import CallFilter, DayFiles, RecordingStore

pytestmark = pytest.mark.asyncio(loop_scope="module")

Moment = Literal["before it is opened", "when it is open", "before it is asked"]
MOMENTS: tuple[Moment, ...] = ("before it is opened", "when it is open", "before it is asked")


class Pruned(DayFiles):
    """Files that are removed in one moment of being read."""

    def __init__(self, folder: Path, moment: Moment) -> None:
        super().__init__(folder)
        self._moment = moment

    def newest_first(self) -> Iterator[sa.Engine]:
        for place in super().newest_first():
            yield self._doomed(place)

    def holding(self, at: datetime) -> sa.Engine | None:
        place = super().holding(at)
        return None if place is None else self._doomed(place)

    def _doomed(self, place: sa.Engine) -> sa.Engine:
        def remove(*_: Any) -> None:
            file = Path(str(place.url.database))
            for part in sorted(file.parent.glob(f"{file.name}*")):
                part.unlink()

        if self._moment == "before it is opened":
            remove()
        elif self._moment == "when it is open":
            sa.event.listen(place, "connect", remove, insert=True)
        else:
            sa.event.listen(place, "before_cursor_execute", remove)
        return place


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_call_whose_day_is_removed_while_it_is_read_is_gone_or_there(
    site: Site, server: Server, address: str, moment: Moment
) -> None:
    store = site.modules.recorder.store
    if not site.database.on_sqlite:
        return
    assert isinstance(store.places, DayFiles)
    folder = store.places._folder
    server.answers(b'{"sent": 1}')
    module_id = await site.module(stats(ASK))
    account_id = await site.account(module_id, address)
    for path in ("calls/{}", "calls", "hosts"):
        recorded = await recorded_call(site, account_id)
        store.places = Pruned(folder, moment)
        answer = await site.request("GET", f"/modules/{module_id}/{path.format(recorded.id)}")
        store.places = DayFiles(folder)
        assert answer.status_code in (200, 404), answer.text
        assert list(folder.glob("*.db")) == []
        assert (await site.refused("GET", f"/modules/{module_id}/calls/{recorded.id}"))[:2] == (
            404,
            "not_found",
        )
        assert (await site.get(f"/modules/{module_id}/calls"))["total"] == 0
    assert await site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive") == {"sent": 1}
    await site.modules.recorder.flush()
    assert (await site.get(f"/modules/{module_id}/calls"))["total"] == 1
    assert site.modules.recorder.left_out == 0


@pytest.mark.parametrize("moment", MOMENTS)
async def test_what_is_pruned_or_counted_may_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    monkeypatch.setattr(recording_store, "KEPT_PER_MODULE", 0)

    asks: list[Callable[[RecordingStore], object]] = [
        lambda store: store.prune(1),
        lambda store: store.forget(1),
        lambda store: store.origins(1),
        lambda store: store.latest(CallFilter(1), 5),
    ]

    def asked() -> None:
        for ask in asks:
            RecordingStore(DayFiles(tmp_path)).write([row_of(1)])
            ask(RecordingStore(Pruned(tmp_path, moment)))
            assert list(tmp_path.glob("*.db")) == []

    await asyncio.to_thread(asked)


async def test_a_damaged_file_is_not_taken_for_a_removed_one(tmp_path: Path) -> None:
    store = RecordingStore(DayFiles(tmp_path))

    def read() -> None:
        store.write([row_of(1)])
        [file] = tmp_path.glob("*.db")
        file.write_bytes(b"no database at all, and long enough to be looked at" * 100)
        store.page(CallFilter(1), 0, 10)

    with pytest.raises(sa.exc.DatabaseError):
        await asyncio.to_thread(read)
