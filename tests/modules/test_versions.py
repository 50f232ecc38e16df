"""Drafts, publishing and rolling back: what runs is what was published, whatever is saved beside it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from tests.modules.conftest import MANIFEST, Site, packed

from vestnik.audit.tables import audit_row

pytestmark = pytest.mark.asyncio(loop_scope="module")

STATS = "CRM_Marketing_GetCampaignStats"
CAMPAIGN = {"campaignExternalId": "c-1"}


def stats(sent: int) -> str:
    """A module that counts so many letters."""
    return f"async def {STATS}(campaignExternalId):\n    return {{'sent': {sent}}}\n"


async def sent(site: Site, account_id: int, version_id: int | None = None) -> Any:
    """What a call counts."""
    call = site.modules.call(account_id, STATS, CAMPAIGN, lane="interactive", version_id=version_id)
    return (await call)["sent"]


async def card(site: Site, module_id: int) -> tuple[Any, ...]:
    """Of a module's card: number, live version, newest version, whether there is a draft."""
    found = await site.get(f"/modules/{module_id}")
    names = ("version", "liveVersionId", "latestVersionId", "hasDraft")
    return tuple(found[name] for name in names)


async def audited(site: Site, module_id: int) -> list[str]:
    """What the audit tells of a module, the oldest first."""
    async with site.database.read() as connection:
        rows = await connection.execute(
            sa.select(audit_row.c.action)
            .where(audit_row.c.kind == "module", audit_row.c.object_id == module_id)
            .order_by(audit_row.c.id)
        )
        return [row.action.removeprefix("module.") for row in rows]


async def test_switching_on_for_the_first_time_publishes_the_newest_version(site: Site) -> None:
    module_id = int(site.ok(await site.upload("courier.zip", packed(stats(1))))["id"])
    second = await site.post(f"/modules/{module_id}/versions", {"source": stats(2)})
    assert await card(site, module_id) == (2, None, second["id"], True)
    await site.post(f"/modules/{module_id}/enable")
    assert await card(site, module_id) == (2, second["id"], second["id"], False)
    assert await audited(site, module_id) == ["added", "version_saved", "published", "enabled"]


async def test_a_saved_version_runs_when_it_is_published_and_not_before(site: Site, address: str) -> None:
    module_id = await site.module(stats(1))
    account_id = await site.account(module_id, address)
    first = (await site.get(f"/modules/{module_id}"))["liveVersionId"]
    draft = await site.post(f"/modules/{module_id}/versions", {"source": stats(2)})
    assert await card(site, module_id) == (1, first, draft["id"], True)
    assert await sent(site, account_id) == 1
    published = await site.post(f"/modules/{module_id}/versions/{draft['id']}/publish", {})
    assert (published["version"], published["liveVersionId"], published["hasDraft"]) == (
        2,
        draft["id"],
        False,
    )
    assert await sent(site, account_id) == 2


async def test_switching_off_and_on_publishes_no_draft(site: Site, address: str) -> None:
    module_id = await site.module(stats(1))
    account_id = await site.account(module_id, address)
    await site.draft(module_id, stats(2))
    for action in ("disable", "enable"):
        await site.post(f"/modules/{module_id}/{action}")
    assert await sent(site, account_id) == 1


async def test_an_older_version_is_published_to_roll_back(site: Site, address: str) -> None:
    module_id = await site.module(stats(1))
    account_id = await site.account(module_id, address)
    first = (await site.get(f"/modules/{module_id}"))["liveVersionId"]
    second = await site.save(module_id, stats(2))
    await site.post(f"/modules/{module_id}/versions/{first}/publish", {})
    assert await sent(site, account_id) == 1
    assert await card(site, module_id) == (1, first, str(second), True)
    versions = await site.get(f"/modules/{module_id}/versions")
    assert [(row["number"], row["live"]) for row in versions["items"]] == [(2, False), (1, True)]
    assert (await audited(site, module_id))[-3:] == ["version_saved", "published", "rolled_back"]


async def test_publishing_what_is_live_changes_nothing(site: Site) -> None:
    module_id = await site.module(stats(1))
    live = (await site.get(f"/modules/{module_id}"))["liveVersionId"]
    before = await audited(site, module_id)
    await site.post(f"/modules/{module_id}/versions/{live}/publish", {})
    assert await audited(site, module_id) == before


async def test_a_campaign_that_began_with_a_version_keeps_it_through_publishing(
    site: Site, address: str
) -> None:
    module_id = await site.module(stats(1))
    account_id = await site.account(module_id, address)
    began = await site.modules.account(account_id)
    assert began is not None
    await site.save(module_id, stats(2))
    assert [await sent(site, account_id, began.version_id), await sent(site, account_id)] == [1, 2]


async def test_another_process_takes_the_published_version(site: Site, address: str) -> None:
    module_id = await site.module(stats(1))
    account_id = await site.account(module_id, address)
    async with site.another_process() as registry:
        await registry.ready(account_id)
        version_id = await site.save(module_id, stats(2))
        await registry.refresh()
        ready = await registry.ready(account_id)
    assert ready is not None
    assert ready.version.id == version_id


async def test_title_and_settings_are_those_of_the_live_version(site: Site) -> None:
    module_id = await site.module(stats(1))
    manifest = {**MANIFEST, "title": {"ru": "Гонец", "en": "Runner"}}
    draft = await site.draft(module_id, stats(1), manifest)
    assert (await site.get(f"/modules/{module_id}"))["title"]["en"] == "Courier"
    kept = await site.post(f"/modules/{module_id}/versions", {"source": stats(2)})
    assert kept["manifest"] == manifest
    await site.post(f"/modules/{module_id}/versions/{draft}/publish", {})
    assert (await site.get(f"/modules/{module_id}"))["title"]["en"] == "Runner"


async def test_accounts_of_a_module_never_published_follow_its_newest_text(site: Site, address: str) -> None:
    module_id = int(site.ok(await site.upload("courier.zip", packed(stats(1))))["id"])
    account_id = await site.account(module_id, address)
    await site.draft(module_id, stats(2))
    await site.post(f"/modules/{module_id}/enable")
    assert await sent(site, account_id) == 2


async def test_a_version_of_another_module_is_not_published(site: Site) -> None:
    one, two = await site.module(stats(1)), await site.module(stats(1), {**MANIFEST, "name": "two"})
    version = await site.draft(one, stats(2))
    assert (await site.refused("POST", f"/modules/{two}/versions/{version}/publish", {}))[0] == 404
    assert (await site.refused("POST", f"/modules/{one}/versions/999/publish", {}))[0] == 404


async def test_a_marketer_publishes_nothing(site: Site) -> None:
    module_id = await site.module(stats(1))
    version = await site.draft(module_id, stats(2))
    site.role = "marketer"
    path = f"/modules/{module_id}/versions/{version}/publish"
    assert (await site.refused("POST", path, {}))[:2] == (403, "forbidden")
