"""Every change that people make to doors and inputs, for the test of the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.people.test_audited import Walker


async def web_sites(walker: Walker) -> None:
    """A door for a web site, and an input that came by it."""
    does = walker.does
    door = (await does("POST /intake-doors", {"title": "Сайт"}))["id"]
    await does("PATCH /intake-doors/{id}", {"title": "Магазин"}, id=door)
    await does("POST /intake-doors/{id}/rotate-token", id=door)
    await does("POST /intake-doors/{id}/secret", id=door)
    await does("DELETE /intake-doors/{id}/secret", id=door)
    tried = await walker.browser.post(f"/intake-doors/{door}/try", {"body": '{"Зовут": "a"}', "send": True})
    input_id = tried.json()["inputId"]
    await walker.installation.services.intake.inputs.process(int(input_id))
    await does("POST /inputs/{id}/set-aside", id=input_id)
    await does("POST /inputs/{id}/name", {"name": "Зовут", "target": "person"}, id=input_id)
    await does("POST /inputs/{id}/parse", {}, id=input_id)
    await does("POST /inputs/parse", {"ids": [input_id]})
    await does("DELETE /intake-doors/{id}", id=door)
    await does("POST /intake/classic-key")
    await does("DELETE /intake/classic-key")
