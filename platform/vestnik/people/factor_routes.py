"""HTTP of the second factor: of a sign-in that waits for a code, of oneself, and of other users."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.responses import Response

from vestnik.http.api import PUBLIC, SIGNED_IN, Context, Router, Shape
from vestnik.http.sessions import STEP_COOKIE, clear_step, set_session
from vestnik.people.factors import Enrolment, FactorState
from vestnik.people.routes import Password, SessionCard, client_of, end_present, signed_in

router = Router("second factor")

#: A code of an app, or a recovery code; spaces, dashes and capitals don't matter.
Code = Annotated[str, Meta(min_length=1, max_length=40)]


class CodeForm(Shape):
    code: Code


class FactorCard(Shape):
    """`since` is null where there is no second factor; `required` says that the organisation asks for one."""

    since: datetime | None
    codes_left: int
    required: bool


class EnrolmentCard(Shape):
    """A secret for an app: as letters, as an address, and as rows of a QR code, 1 for each dark square."""

    secret: str
    address: str
    qr: list[str]


class RecoveryCodes(Shape):
    """Each signs in once in place of an app's code; they are never shown again."""

    codes: list[str]


class EnrolForm(Shape):
    """`code` where there is a second factor already, which moves to another app."""

    password: Password
    code: Code | None = None


class ProofForm(Shape):
    password: Password
    code: Code


@router.post("/session/code", body=CodeForm, returns=SessionCard, right=PUBLIC)
async def enter_with_code(context: Context, body: CodeForm) -> Response:
    """Finish signing in by a code of the app or a recovery code, after the right password."""
    factors = context.services.people.factors
    token = await factors.enter(_step(context), body.code, client_of(context))
    response = await signed_in(context, token)
    clear_step(context.request, response)
    return response


@router.post("/session/enrolment", returns=EnrolmentCard, right=PUBLIC)
async def enrol_at_door(context: Context) -> EnrolmentCard:
    """A secret for who has to set up a second factor to sign in, after the right password."""
    factors = context.services.people.factors
    return _enrolment_card(await factors.enrol_at_door(_step(context), client_of(context)))


@router.post("/session/enrolment/confirm", body=CodeForm, returns=RecoveryCodes, right=PUBLIC)
async def confirm_at_door(context: Context, body: CodeForm) -> Response:
    """Finish signing in by the first code of that secret; the answer sets the session's cookie."""
    factors = context.services.people.factors
    token, codes = await factors.confirm_at_door(_step(context), body.code, client_of(context))
    await end_present(context)
    card = RecoveryCodes(codes=codes)
    response = Response(msgspec.json.encode(card), media_type="application/json")
    set_session(context.request, response, token)
    clear_step(context.request, response)
    return response


@router.get("/session/factor", returns=FactorCard, right=SIGNED_IN)
async def get_own_factor(context: Context) -> FactorCard:
    """One's own second factor."""
    return _factor_card(await context.services.people.factors.own(context.actor))


@router.post("/session/factor", body=EnrolForm, returns=EnrolmentCard, right=SIGNED_IN)
async def enrol(context: Context, body: EnrolForm) -> EnrolmentCard:
    """A secret for a second factor of one's own; it takes effect when its first code is entered."""
    people, client = context.services.people, client_of(context)
    await people.sessions.check_password(context.actor, body.password, client)
    return _enrolment_card(await people.factors.enrol(context.actor, body.code, client))


@router.post("/session/factor/confirm", body=CodeForm, returns=RecoveryCodes, right=SIGNED_IN)
async def confirm_factor(context: Context, body: CodeForm) -> RecoveryCodes:
    """Turn on the second factor by the secret's first code; every other session of the person ends."""
    factors = context.services.people.factors
    return RecoveryCodes(codes=await factors.confirm(context.actor, body.code, client_of(context)))


@router.post("/session/factor/codes", body=ProofForm, returns=RecoveryCodes, right=SIGNED_IN)
async def renew_recovery_codes(context: Context, body: ProofForm) -> RecoveryCodes:
    """New recovery codes in place of those before."""
    people, client = context.services.people, client_of(context)
    await people.sessions.check_password(context.actor, body.password, client)
    return RecoveryCodes(codes=await people.factors.renew_codes(context.actor, body.code, client))


@router.post("/session/factor/off", body=ProofForm, right=SIGNED_IN)
async def turn_off_factor(context: Context, body: ProofForm) -> None:
    """Turn off one's own second factor."""
    people, client = context.services.people, client_of(context)
    await people.sessions.check_password(context.actor, body.password, client)
    await people.factors.turn_off(context.actor, body.code, client)


@router.get("/users/{id:key}/factor", returns=FactorCard, right="users.manage")
async def get_user_factor(context: Context, id: int) -> FactorCard:
    """A user's second factor."""
    return _factor_card(await context.services.people.factors.of(context.actor, id))


@router.delete("/users/{id:key}/factor", right="users.manage")
async def take_off_factor(context: Context, id: int) -> None:
    """Take a second factor off another user, who is told by a letter where outgoing mail is set up."""
    await context.services.people.factors.take_off(context.actor, id)


def _step(context: Context) -> str:
    return context.request.cookies.get(STEP_COOKIE, "")


def _factor_card(state: FactorState) -> FactorCard:
    return FactorCard(since=state.since, codes_left=state.codes_left, required=state.required)


def _enrolment_card(enrolment: Enrolment) -> EnrolmentCard:
    return EnrolmentCard(secret=enrolment.secret, address=enrolment.address, qr=list(enrolment.qr))
