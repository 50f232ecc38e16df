"""Modules whose functions are called, and their failures: what several files of tests take."""

from __future__ import annotations

from typing import Any

import pytest
from tests.modules.conftest import Site

from vestnik.modules import ModuleCallFailed

STATS = "CRM_Marketing_GetCampaignStats"
PARSE = "CRM_Marketing_ParseWebhookRequest"
CAMPAIGN = {"campaignExternalId": "17"}


def stats(body: str, names: str = "fetch, sealed, settings, storage, contacts, log") -> str:
    """A module whose statistics are computed by `body`."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    return f"from vestnik_sdk import {names}\n\n\nasync def {STATS}(campaignExternalId):\n{lines}"


ASK = """
form = {"api_key": sealed.api_key, "id": campaignExternalId}
answer = await fetch(f"{settings.base_url}/stats", method="POST", form=form)
print("asked", answer.status)
return {"sent": answer.json()["sent"]}
"""


async def failure_of(
    site: Site, account_id: int, function: str = STATS, **arguments: Any
) -> ModuleCallFailed:
    with pytest.raises(ModuleCallFailed) as caught:
        await site.modules.call(account_id, function, arguments or CAMPAIGN, lane="interactive")
    return caught.value
