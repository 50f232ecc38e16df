"""A person's data handed out and erased, over HTTP."""

from __future__ import annotations

from datetime import datetime

from starlette.responses import StreamingResponse

from vestnik.http.api import Context, Id, Page, Router, Shape
from vestnik.privacy.service import Proof, State

router = Router("privacy")


class ErasureShape(Shape):
    """The proof that somebody was erased; `removed` counts records by kind.

    While `state` is running, texts that may name the person are still being searched.
    """

    id: Id
    contact_id: Id
    at: datetime
    by: str
    removed: dict[str, int]
    state: State
    finished_at: datetime | None


class ErasurePage(Shape):
    """Proofs, newest first."""

    items: list[ErasureShape]
    total: int


@router.get("/contacts/{id:key}/personal-data", right="privacy.manage", returns=dict)
async def get_personal_data(context: Context, id: int) -> StreamingResponse:
    """A JSON file with everything that every room holds of this person, and whatever names the person."""
    return StreamingResponse(
        await context.services.privacy.personal_data(context.actor, id),
        media_type="application/json",
        headers={
            "content-disposition": f'attachment; filename="personal-data-{id}.json"',
            "cache-control": "no-store",
        },
    )


@router.post("/contacts/{id:key}/erase", returns=ErasureShape, right="privacy.manage")
async def erase_contact(context: Context, id: int) -> ErasureShape:
    """Erase a person for good; the stop-list still holds, also when the person is imported anew."""
    return _shape(await context.services.privacy.erase(context.actor, id))


@router.get("/erasures", query=Page, returns=ErasurePage, right="privacy.manage")
async def list_erasures(context: Context, query: Page) -> ErasurePage:
    """The proofs of erasures, newest first."""
    proofs, total = await context.services.privacy.proofs(context.actor, query.offset, query.limit)
    return ErasurePage(items=[_shape(each) for each in proofs], total=total)


def _shape(proof: Proof) -> ErasureShape:
    return ErasureShape(
        id=str(proof.id),
        contact_id=str(proof.contact_id),
        at=proof.at,
        by=proof.by,
        removed=dict(proof.removed),
        state=proof.state,
        finished_at=proof.finished_at,
    )
