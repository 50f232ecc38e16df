"""The storage of an account, and the copy that a draft has of it: the same limits in both."""

from __future__ import annotations

import pytest
import pytest_asyncio
from tests.modules.conftest import Site

from vestnik.modules.accounts.storage import (
    KEYS,
    AccountStorage,
    ScratchStorage,
    Storage,
    StorageRefused,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

LARGE = "x" * 60_000
SOURCE = "async def CRM_Marketing_CheckAccount():\n    return {'ok': True}"


@pytest_asyncio.fixture(
    loop_scope="module", params=["of the account", "of a draft", "of a draft without an account"]
)
async def storage(request: pytest.FixtureRequest, site: Site, address: str) -> Storage:
    account_id = await site.account(await site.module(SOURCE), address)
    kept = AccountStorage(site.database, account_id)
    if request.param == "of the account":
        return kept
    return ScratchStorage(kept if request.param == "of a draft" else None)


async def test_a_million_bytes_are_kept_and_no_more(storage: Storage) -> None:
    for number in range(17):
        await storage.set(str(number), LARGE)
    with pytest.raises(StorageRefused, match="1048576 bytes"):
        await storage.set("more", LARGE)
    await storage.set("0", LARGE)
    await storage.delete("1")
    await storage.set("more", LARGE)
    assert await storage.keys("m") == ["more"]


async def test_a_thousand_keys_are_kept_and_no_more(storage: Storage) -> None:
    for number in range(KEYS):
        await storage.set(str(number), 1)
    with pytest.raises(StorageRefused, match="1000 keys"):
        await storage.set("more", 1)
    assert await storage.compare_and_set("5", 1, 2)


async def test_a_draft_counts_what_its_account_keeps(site: Site, address: str) -> None:
    kept = AccountStorage(site.database, await site.account(await site.module(SOURCE), address))
    for number in range(17):
        await kept.set(str(number), LARGE)
    draft = ScratchStorage(kept)
    with pytest.raises(StorageRefused):
        await draft.set("more", LARGE)
    await draft.delete("0")
    await draft.set("more", LARGE)
    assert (await draft.get("0"), await kept.get("0")) == (None, LARGE)
    assert await kept.get("more") is None
