"""HTTP of the organisation: its first start and its settings."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from vestnik.http.api import PUBLIC, Context, Router, Shape
from vestnik.http.errors import InvalidRequest, Language
from vestnik.mail import Smtp
from vestnik.mail.service import Security
from vestnik.people.organisation import Profile
from vestnik.people.routes import Email, Name, Password, SessionCard, client_of, given, signed_in
from vestnik.people.setup import FirstStart
from vestnik.people.users import NewUser, checked_email

router = Router("organisation")

Token = Annotated[str, Meta(max_length=200)]
Url = Annotated[str, Meta(max_length=500, pattern=r"^https?://[^\s/?#]+/?$")]


class SmtpForm(Shape):
    """Outgoing mail. Leave `password` out to keep the one that is stored."""

    host: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\s/@]+$")]
    port: Annotated[int, Meta(ge=1, le=65535)]
    security: Security
    sender: Email
    sender_name: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    username: Annotated[str, Meta(max_length=320)] | None = None
    password: Password | None = None


class SmtpCard(Shape):
    host: str
    port: int
    security: Security
    sender: str
    sender_name: str
    username: str | None
    has_password: bool


class SettingsCard(Shape):
    name: str
    language: Language
    timezone: str
    base_url: str
    demo: bool
    second_factor_required: bool
    smtp: SmtpCard | None


class SettingsChanges(Shape):
    name: Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    base_url: Url | UnsetType = UNSET
    second_factor_required: bool | UnsetType = UNSET
    smtp: SmtpForm | UnsetType | None = UNSET


class SetupQuery(Shape):
    token: Token


class SetupCard(Shape):
    """What the first start suggests."""

    language: Language
    timezone: str
    base_url: str
    timezones: list[str]


class SetupForm(Shape):
    token: Token
    organisation: Name
    language: Language
    timezone: str
    base_url: Url
    name: Name
    email: Email
    password: Password
    smtp: SmtpForm | None = None


class TestLetterForm(Shape):
    """A server to try and an address to write to; `token` while the first start is not finished."""

    smtp: SmtpForm
    to: Email
    token: Token | None = None


@router.get("/setup", query=SetupQuery, returns=SetupCard, right=PUBLIC)
async def get_setup(context: Context, query: SetupQuery) -> SetupCard:
    """Check the one-time link of the first start and suggest answers."""
    await context.services.people.setup.check(query.token)
    settings = context.services.settings
    return SetupCard(
        language=context.language,
        timezone=settings.timezone,
        base_url=settings.base_url,
        timezones=sorted(available_timezones()),
    )


@router.post("/setup", body=SetupForm, returns=SessionCard, right=PUBLIC)
async def complete_setup(context: Context, body: SetupForm) -> Response:
    """Create the organisation and its first administrator, and sign the administrator in."""
    people = context.services.people
    profile = Profile(
        name=body.organisation.strip(),
        language=body.language,
        timezone=_timezone(body.timezone),
        base_url=_base_url(body.base_url),
        demo=False,
        smtp=_smtp(body.smtp) if body.smtp else None,
    )
    administrator = NewUser(
        email=body.email,
        name=body.name,
        password=body.password,
        roles=["administrator"],
        language=body.language,
    )
    user_id = await people.setup.complete(body.token, FirstStart(profile, administrator))
    return await signed_in(context, await people.sessions.begin(user_id, client_of(context)))


@router.post("/setup/test-letter", body=TestLetterForm, right=PUBLIC)
async def send_test_letter(context: Context, body: TestLetterForm) -> None:
    """Send a test letter, at the first start by its link, later by the right to change settings."""
    people = context.services.people
    smtp = _smtp(body.smtp)
    if body.token is not None:
        await people.setup.check(body.token)
    else:
        context.actor.require("settings.manage")
        smtp = await people.organisation.with_stored_password(smtp)
    await people.setup.test_letter(smtp, checked_email(body.to), context.language)


@router.get("/settings", returns=SettingsCard, right="settings.manage")
async def get_settings(context: Context) -> SettingsCard:
    """The organisation's settings, without passwords."""
    return _card(await context.services.people.organisation.present())


@router.patch("/settings", body=SettingsChanges, returns=SettingsCard, right="settings.manage")
async def change_settings(context: Context, body: SettingsChanges) -> SettingsCard:
    """Change what was sent; `smtp: null` switches outgoing mail off."""
    changes = given(body)
    if "name" in changes:
        changes["name"] = changes["name"].strip()
    if "timezone" in changes:
        changes["timezone"] = _timezone(changes["timezone"])
    if "base_url" in changes:
        changes["base_url"] = _base_url(changes["base_url"])
    if changes.get("smtp") is not None:
        changes["smtp"] = _smtp(changes["smtp"])
    return _card(await context.services.people.organisation.change(context.actor, changes))


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise InvalidRequest(
            path="$.timezone",
            reason={"ru": f"нет часового пояса {name!r}", "en": f"there is no time zone {name!r}"},
        )
    return name


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.hostname and parts.port != 0 and parts.username is None and url.isprintable()
    except ValueError:  # brackets that hold no IPv6 address, a port that is no number
        usable = False
    if not usable:
        reason = {
            "ru": "нужен адрес вида https://mail.example.org",
            "en": "an address like https://mail.example.org is needed",
        }
        raise InvalidRequest(path="$.baseUrl", reason=reason)
    return f"{parts.scheme}://{parts.netloc}"


def _smtp(form: SmtpForm) -> Smtp:
    return Smtp(
        host=form.host.strip().lower(),
        port=form.port,
        security=form.security,
        sender=checked_email(form.sender),
        sender_name=form.sender_name.strip(),
        username=form.username or None,
        password=form.password,
    )


def _card(profile: Profile) -> SettingsCard:
    smtp = profile.smtp
    return SettingsCard(
        name=profile.name,
        language=profile.language,
        timezone=profile.timezone,
        base_url=profile.base_url,
        demo=profile.demo,
        second_factor_required=profile.second_factor_required,
        smtp=None
        if smtp is None
        else SmtpCard(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security,
            sender=smtp.sender,
            sender_name=smtp.sender_name,
            username=smtp.username,
            has_password=profile.sealed_password is not None,
        ),
    )
