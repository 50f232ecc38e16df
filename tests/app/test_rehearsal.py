"""A rehearsal in the whole application: webhooks that came through the door, a draft, and its publishing."""

from __future__ import annotations

from tests.application import Installation, install, settings

from vestnik.people.access import SYSTEM
from vestnik.settings import Settings

__all__ = ["settings"]

PARSE = "CRM_Marketing_ParseWebhookRequest"
LIVE = f"""
async def {PARSE}(request):
    email, kinds = request.json()["email"], ("delivered", "opened")
    return {{"actions": [
        {{"type": "updateDeliveryStatus", "externalId": "1", "email": email, "status": kind}}
        for kind in kinds
    ]}}
"""
DRAFT = LIVE.replace('"delivered", "opened"', '"delivered",')
EMAILS = ("anna@example.com", "boris@example.com", "vera@example.com")


async def test_a_draft_is_rehearsed_on_webhooks_that_came_through_the_door(settings: Settings) -> None:
    async with install(settings, at_work=True) as installation:
        await installation.found()
        modules = installation.services.modules
        module_id, _ = await modules.library.upload(SYSTEM, "rehearsed.py", LIVE.encode())
        await modules.library.enable(SYSTEM, module_id, True)
        account_id = await modules.accounts.create(SYSTEM, module_id, "Основной", {})
        await deliver(installation, await modules.accounts.webhook_url(account_id))
        integrator = await installation.signed_in("integrator")
        under = f"/modules/{module_id}"
        draft = (await integrator.post(f"{under}/versions", {"source": DRAFT})).json()["id"]
        begun = (await integrator.post(f"{under}/rehearsals", {"versionId": draft})).json()
        await modules.rehearsals.wait(module_id)
        found = (await integrator.get(f"{under}/rehearsals/{begun['id']}")).json()
        assert (found["state"], found["total"], found["different"], found["actionsLost"]) == ("done", 3, 3, 3)
        webhooks = (await integrator.get("/webhooks")).json()["items"]
        assert [row["webhookId"] for row in found["rows"]] == [line["id"] for line in webhooks]
        assert {line["actionCount"] for line in webhooks} == {2}
        publish = f"{under}/versions/{draft}/publish"
        assert (await integrator.post(publish, {})).json()["code"] == "rehearsal_shows_losses"
        assert (await integrator.post(publish, {"confirmed": True})).json()["liveVersionId"] == draft


async def deliver(installation: Installation, url: str) -> None:
    """Have a service report on each address; it is answered when its actions are applied."""
    service = await installation.browser()
    for email in EMAILS:
        answer = await service.client.post(url, json={"email": email})
        assert answer.status_code == 200
