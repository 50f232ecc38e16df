"""The contract over HTTP: for the editor, and as a stub for a local IDE."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from vestnik import contract
from vestnik.http.api import Context, Id, Router, Shape, key_of

router = Router("contract")


class StubQuery(Shape):
    """For which module: then its settings and secrets are in the stub."""

    module_id: Id | None = None


@router.get("/contract", returns=dict[str, Any], right="modules.read")
async def get_contract(context: Context) -> dict[str, Any]:
    """Functions, types, operations and constants that a module can use."""
    return contract.describe()


@router.get(
    "/contract/vestnik_sdk.pyi",
    query=StubQuery,
    returns=str,
    right="modules.read",
    media_type="text/x-python",
)
async def get_stub(context: Context, query: StubQuery) -> Response:
    """The contract as a Python stub file for a local IDE."""
    manifest = None
    if query.module_id is not None:
        _, live = await context.services.modules.library.card(context.actor, key_of(query.module_id))
        manifest = contract.parse_manifest(live.manifest)
    return Response(
        contract.stub(context.language, manifest),
        media_type="text/x-python",
        headers={"content-disposition": 'attachment; filename="vestnik_sdk.pyi"'},
    )
