"""HTTP of the ways in by a link. Tokens come in bodies only: no proxy writes them into its log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta
from starlette.responses import Response

from vestnik.db import now
from vestnik.http.api import PUBLIC, Context, Router, Shape
from vestnik.http.errors import Language
from vestnik.people.access import SYSTEM, Role
from vestnik.people.invitations import State, state_of
from vestnik.people.routes import Email, Name, Password, SessionCard, client_of, entered_by

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


class InvitationCard(Shape):
    """An invitation that nobody has accepted; its link is valid until `expires_at`, once it is made."""

    id: str
    email: str
    roles: list[Role]
    language: Language
    state: State
    invited_by: str | None
    at: datetime
    expires_at: datetime | None


class InvitationList(Shape):
    """All of them, the newest first."""

    items: list[InvitationCard]


class NewInvitationForm(Shape):
    email: Email
    roles: Annotated[list[Role], Meta(min_length=1)]
    language: Language = "ru"


class Invited(Shape):
    """An invitation that gets a new link; without outgoing mail `link` is to be handed over, else null."""

    invitation: InvitationCard
    link: str | None


class InvitationOffer(Shape):
    """What a link invites to."""

    email: str
    organisation: str
    language: Language


class AcceptForm(Shape):
    token: Token
    name: Name
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


@router.get("/invitations", returns=InvitationList, right="users.manage")
async def list_invitations(context: Context) -> InvitationList:
    """Who is invited and has not accepted; there are never so many that pages are needed."""
    rows = await context.services.entrance.invitations.waiting(context.actor)
    return InvitationList(items=[_invitation_card(row) for row in rows])


@router.post("/invitations", body=NewInvitationForm, returns=Invited, status=201, right="users.manage")
async def invite(context: Context, body: NewInvitationForm) -> Invited:
    """Invite an address: a letter brings the link; without outgoing mail it is in the answer, this once."""
    invitations = context.services.entrance.invitations
    id, link = await invitations.add(context.actor, body.email, body.roles, body.language)
    return Invited(invitation=_invitation_card(await invitations.get(context.actor, id)), link=link)


@router.post("/invitations/{id:key}/send-again", returns=Invited, right="users.manage")
async def send_invitation_again(context: Context, id: int) -> Invited:
    """A new link for another week, by a letter or in the answer; the one before ends."""
    invitations = context.services.entrance.invitations
    link = await invitations.send_again(context.actor, id)
    return Invited(invitation=_invitation_card(await invitations.get(context.actor, id)), link=link)


@router.delete("/invitations/{id:key}", right="users.manage")
async def withdraw_invitation(context: Context, id: int) -> None:
    """End an invitation: its link is valid no more."""
    await context.services.entrance.invitations.withdraw(context.actor, id)


@router.post("/session/invitation/check", body=LinkForm, returns=InvitationOffer, right=PUBLIC)
async def check_invitation(context: Context, body: LinkForm) -> InvitationOffer:
    """What a link invites to; it stays usable."""
    services = context.services
    found = await services.entrance.invitations.check(body.token, client_of(context))
    profile = await services.people.organisation.present()
    return InvitationOffer(email=found.email, organisation=profile.name, language=found.language)


@router.post("/session/invitation", body=AcceptForm, returns=SessionCard, right=PUBLIC)
async def accept_invitation(context: Context, body: AcceptForm) -> Response:
    """Become a user by a link, once, and sign in; where a second factor is asked for, set it up first."""
    people, client = context.services.people, client_of(context)
    invitations = context.services.entrance.invitations
    user_id = await invitations.accept(body.token, body.name, body.password, client)
    person = await people.users.get(SYSTEM, user_id)
    return await entered_by(context, await people.sessions.enter(person, client))


def _invitation_card(row: Any) -> InvitationCard:
    return InvitationCard(
        id=str(row.id),
        email=row.email,
        roles=row.roles,
        language=row.language,
        state=state_of(row, now()),
        invited_by=row.inviter,
        at=row.at,
        expires_at=row.expires_at,
    )
