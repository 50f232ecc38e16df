"""HTTP of the ways in by a link. Tokens come in bodies only: no proxy writes them into its log."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from vestnik.http.api import PUBLIC, Context, Router, Shape
from vestnik.people.routes import Email, Password, client_of

router = Router("entrance")

Token = Annotated[str, Meta(max_length=200)]


class ForgottenForm(Shape):
    email: Email


class LinkForm(Shape):
    token: Token


class ResetCard(Shape):
    """Whose password the link resets."""

    email: str


class ResetForm(Shape):
    token: Token
    password: Password


@router.post("/session/forgotten", body=ForgottenForm, right=PUBLIC)
async def ask_for_reset(context: Context, body: ForgottenForm) -> None:
    """Have a link that sets a new password sent to an address; the same answer when nobody has it."""
    await context.services.entrance.resets.ask(body.email, client_of(context))


@router.post("/session/reset/check", body=LinkForm, returns=ResetCard, right=PUBLIC)
async def check_reset(context: Context, body: LinkForm) -> ResetCard:
    """Whose password a link resets; it stays usable."""
    email = await context.services.entrance.resets.check(body.token, client_of(context))
    return ResetCard(email=email)


@router.post("/session/reset", body=ResetForm, right=PUBLIC)
async def reset_password(context: Context, body: ResetForm) -> None:
    """Set the password by a link, once; every session ends, and the person signs in as always."""
    await context.services.entrance.resets.complete(body.token, body.password, client_of(context))
