"""HTTP of people: the session of whoever asks, the users, and the keys of machines."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from vestnik.db import now
from vestnik.http.api import PUBLIC, SIGNED_IN, Context, Page, Router, Shape
from vestnik.http.errors import Language, NotSignedIn
from vestnik.http.problems import problem_response
from vestnik.http.sessions import clear_session, set_session, set_step
from vestnik.people.access import Actor, Role
from vestnik.people.factor_errors import SecondFactorMissing, SecondFactorNeeded
from vestnik.people.keys import State as KeyState
from vestnik.people.keys import state_of
from vestnik.people.sessions import Client, Step
from vestnik.people.tokens import csrf_token
from vestnik.people.users import NewUser, main_role

router = Router("people")

Theme = Literal["auto", "light", "dark"]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Email = Annotated[str, Meta(min_length=3, max_length=320)]
Password = Annotated[str, Meta(max_length=512)]


class SessionUser(Shape):
    """Whoever asks. A machine with a key has no id, address or role."""

    id: str | None
    name: str
    email: str | None
    role: Role | None
    roles: list[Role]
    language: Language
    theme: Theme
    rights: list[str]


class SessionOrganisation(Shape):
    name: str
    timezone: str
    language: Language


class SessionCard(Shape):
    """What a page needs to know before it draws anything."""

    user: SessionUser
    organisation: SessionOrganisation
    demo: bool
    simulator_url: str | None
    csrf: str | None


class Welcome(Shape):
    """What a page may know before anyone signs in."""

    organisation: str | None
    language: Language
    demo: bool
    setup_needed: bool
    #: Who forgot the password may have a letter sent; else an administrator sets a new one.
    reset_by_mail: bool


class SignIn(Shape):
    email: Email
    password: Password


class DemoSignIn(Shape):
    role: Role


class OwnChanges(Shape):
    name: Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET


class OwnPassword(Shape):
    current: Password
    new: Password


class UserCard(Shape):
    id: str
    name: str
    email: str
    role: Role | None
    roles: list[Role]
    language: Language
    disabled: bool
    created_at: datetime
    seen_at: datetime | None


class UserPage(Shape):
    items: list[UserCard]
    total: int


class NewUserForm(Shape):
    name: Name
    email: Email
    password: Password
    roles: Annotated[list[Role], Meta(min_length=1)]
    language: Language = "ru"


class UserChanges(Shape):
    name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    roles: Annotated[list[Role], Meta(min_length=1)] | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    password: Password | UnsetType = UNSET


class KeyCard(Shape):
    id: str
    name: str
    prefix: str
    rights: list[str]
    created_at: datetime
    created_by: str | None
    used_at: datetime | None
    used_from: str | None
    expires_at: datetime | None
    state: KeyState


class KeyQuery(Page):
    """`search` is in the name or the key's beginning; `state` takes those of one state."""

    state: KeyState | None = None


class KeyPage(Shape):
    items: list[KeyCard]
    total: int


class NewKeyForm(Shape):
    name: Name
    rights: Annotated[list[str], Meta(min_length=1)]
    expires_at: datetime | None = None


class NewKey(Shape):
    """A key that was just made; `key` is never shown again."""

    id: str
    key: str


@router.get("/session", returns=SessionCard, right=SIGNED_IN)
async def get_session(context: Context) -> SessionCard:
    """Who is signed in, what they may do, and the token that unsafe requests repeat."""
    return await _session_card(context, context.actor, context.request.state.session_token)


@router.get("/session/welcome", returns=Welcome, right=PUBLIC)
async def get_welcome(context: Context) -> Welcome:
    """What the sign-in page shows: the organisation, and whether this is a demo or a first start."""
    people = context.services.people
    profile = await people.organisation.profile()
    return Welcome(
        organisation=profile.name if profile else None,
        language=profile.language if profile else context.language,
        demo=await people.sessions.is_demo(),
        setup_needed=profile is None and await people.setup.needed(),
        reset_by_mail=profile is not None and profile.smtp is not None,
    )


@router.post("/session", body=SignIn, returns=SessionCard, right=PUBLIC)
async def sign_in(context: Context, body: SignIn) -> Response:
    """Sign in with an address and a password; the answer sets the session's cookie.

    Where a code follows, or a second factor is to be set up, that is a problem with the cookie of its step.
    """
    entered = await context.services.people.sessions.sign_in(body.email, body.password, client_of(context))
    return await entered_by(context, entered)


@router.post("/session/demo", body=DemoSignIn, returns=SessionCard, right=PUBLIC)
async def sign_in_to_demo(context: Context, body: DemoSignIn) -> Response:
    """Change to the demo's person of a role, without a password; only in the demo."""
    token = await context.services.people.sessions.begin_demo(body.role, client_of(context))
    return await signed_in(context, token)


@router.delete("/session", right=PUBLIC)
async def sign_out(context: Context) -> Response:
    """Sign out; without a session there is nothing to do."""
    await end_present(context)
    response = Response(status_code=204)
    clear_session(context.request, response)
    return response


@router.patch("/session/user", body=OwnChanges, returns=SessionCard, right=SIGNED_IN)
async def change_oneself(context: Context, body: OwnChanges) -> SessionCard:
    """Change one's own name, language or theme."""
    actor = context.actor
    await context.services.people.users.change(actor, _person(actor), given(body))
    token = context.request.state.session_token
    changed = await context.services.people.by_cookie(token)
    return await _session_card(context, changed or actor, token)


@router.post("/session/password", body=OwnPassword, right=SIGNED_IN)
async def change_own_password(context: Context, body: OwnPassword) -> None:
    """Change one's own password; every other session of the user ends."""
    actor, people = context.actor, context.services.people
    user_id = _person(actor)
    await people.sessions.check_password(actor, body.current, client_of(context))
    await people.users.set_own_password(actor, user_id, body.new)


@router.get("/users", query=Page, returns=UserPage, right="users.manage")
async def list_users(context: Context, query: Page) -> UserPage:
    """The users; sort by name, email, createdAt or seenAt, with a minus for descending."""
    rows, total = await context.services.people.users.page(
        context.actor, search=query.search, sort=query.sort, offset=query.offset, limit=query.limit
    )
    return UserPage(items=[_user_card(row) for row in rows], total=total)


@router.post("/users", body=NewUserForm, returns=UserCard, status=201, right="users.manage")
async def add_user(context: Context, body: NewUserForm) -> UserCard:
    """Create a user."""
    new = NewUser(
        email=body.email, name=body.name, password=body.password, roles=body.roles, language=body.language
    )
    user_id = await context.services.people.users.add(context.actor, new)
    return _user_card(await context.services.people.users.get(context.actor, user_id))


@router.get("/users/{id:key}", returns=UserCard, right="users.manage")
async def get_user(context: Context, id: int) -> UserCard:
    """One user."""
    return _user_card(await context.services.people.users.get(context.actor, id))


@router.patch("/users/{id:key}", body=UserChanges, returns=UserCard, right="users.manage")
async def change_user(context: Context, id: int, body: UserChanges) -> UserCard:
    """Change a user; disabling or a new password ends the user's sessions."""
    users, changes = context.services.people.users, given(body)
    password = changes.pop("password", None)
    await users.change(context.actor, id, changes)
    if password is not None:
        await users.set_password(context.actor, id, password)
    return _user_card(await users.get(context.actor, id))


@router.delete("/users/{id:key}", right="users.manage")
async def disable_user(context: Context, id: int) -> None:
    """Disable a user: nobody is deleted whom records refer to."""
    await context.services.people.users.change(context.actor, id, {"disabled": True})


@router.get("/keys", query=KeyQuery, returns=KeyPage, right="keys.manage")
async def list_keys(context: Context, query: KeyQuery) -> KeyPage:
    """The API keys that are not revoked: those that work, newest first, then those that expired lately."""
    people, at = context.services.people, now()
    rows, total = await people.keys.page(
        context.actor, query.offset, query.limit, search=query.search, state=query.state
    )
    makers = await people.users.names(row.created_by for row in rows if row.created_by)
    items = [
        KeyCard(
            id=str(row.id),
            name=row.name,
            prefix=row.prefix,
            rights=row.rights,
            created_at=row.created_at,
            created_by=makers.get(row.created_by),
            used_at=row.used_at,
            used_from=row.used_from or None,
            expires_at=row.expires_at,
            state=state_of(row, at),
        )
        for row in rows
    ]
    return KeyPage(items=items, total=total)


@router.post("/keys", body=NewKeyForm, returns=NewKey, status=201, right="keys.manage")
async def add_key(context: Context, body: NewKeyForm) -> NewKey:
    """Make an API key with some of one's own rights; it is shown this once."""
    keys = context.services.people.keys
    key_id, key = await keys.add(context.actor, body.name, body.rights, body.expires_at)
    return NewKey(id=str(key_id), key=key)


@router.post("/keys/{id:key}/replace", returns=NewKey, status=201, right="keys.manage")
async def replace_key(context: Context, id: int) -> NewKey:
    """A new key of the same name, rights and term, shown this once; the old one works on for a day."""
    key_id, key = await context.services.people.keys.replace(context.actor, id)
    return NewKey(id=str(key_id), key=key)


@router.delete("/keys/{id:key}", right="keys.manage")
async def revoke_key(context: Context, id: int) -> None:
    """Revoke an API key for good."""
    await context.services.people.keys.revoke(context.actor, id)


async def entered_by(context: Context, entered: str | Step) -> Response:
    """The answer to the right password: the session, or what comes before it, with the cookie of its step."""
    if not isinstance(entered, Step):
        return await signed_in(context, entered)
    problem = SecondFactorMissing() if entered.enrols else SecondFactorNeeded()
    response = problem_response(problem, context.language)
    set_step(context.request, response, entered.token)
    return response


async def signed_in(context: Context, token: str) -> Response:
    """The answer to a sign-in: the session's card and its cookie; an older session of this browser ends."""
    actor = await context.services.people.by_cookie(token)
    if actor is None:
        raise NotSignedIn()
    await end_present(context)
    card = await _session_card(context, actor, token)
    response = Response(msgspec.json.encode(card), media_type="application/json")
    set_session(context.request, response, token)
    return response


def client_of(context: Context) -> Client:
    """The address and the program that the request comes from."""
    client = context.request.client
    return Client(ip=client.host if client else "", agent=context.request.headers.get("user-agent", ""))


def given(body: Shape) -> dict[str, Any]:
    """The fields of a PATCH that were sent."""
    values = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in values.items() if value is not UNSET}


async def end_present(context: Context) -> None:
    """End the session that asks, if there is one."""
    token = context.request.state.session_token
    if token is not None:
        await context.services.people.sessions.end(token)


async def _session_card(context: Context, actor: Actor, token: str | None) -> SessionCard:
    people, settings = context.services.people, context.services.settings
    profile = await people.organisation.profile()
    row = None if actor.user_id is None else await people.users.get(actor, actor.user_id)
    return SessionCard(
        user=SessionUser(
            id=None if row is None else str(row.id),
            name=actor.name,
            email=None if row is None else row.email,
            role=None if row is None else main_role(row.roles),
            roles=[] if row is None else row.roles,
            language=actor.language,
            theme="auto" if row is None else row.theme,
            rights=sorted(actor.rights),
        ),
        organisation=SessionOrganisation(
            name=profile.name if profile else "",
            timezone=profile.timezone if profile else settings.timezone,
            language=profile.language if profile else context.language,
        ),
        demo=profile.demo if profile else False,
        simulator_url=settings.simulator_url,
        csrf=None if token is None else csrf_token(token),
    )


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotSignedIn()
    return actor.user_id


def _user_card(row: Any) -> UserCard:
    return UserCard(
        id=str(row.id),
        name=row.name,
        email=row.email,
        role=main_role(row.roles),
        roles=row.roles,
        language=row.language,
        disabled=row.disabled,
        created_at=row.created_at,
        seen_at=row.seen_at,
    )
