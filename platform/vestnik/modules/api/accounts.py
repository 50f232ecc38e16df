"""Accounts over HTTP: settings, secrets (never read), approved addresses, the webhook's address, lists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from vestnik.http.api import Context, Id, Page, Router, Shape, key_of
from vestnik.modules.accounts.sharing import manages
from vestnik.modules.accounts.usage import Usage
from vestnik.modules.accounts.values import UNCHANGED, AccountChanges, AccountRow, HostChoice, ServiceOffer
from vestnik.modules.api.shapes import Texts, Title, texts
from vestnik.modules.service import Modules

router = Router("accounts")

Settings = Annotated[dict[str, str | int | float | bool | None], msgspec.Meta(max_length=200)]
State = Literal["ready", "unchecked", "failing", "disabled"]


#: More contacts than this no plan of any service has room for.
CONTACT_LIMIT = 1_000_000_000
OPEN_TO = 1_000


class UsageShape(Shape):
    """Plan and usage: contacts and letters that the plan allows and that there are; null: nobody told.

    `limitByHand` is true where a person entered the limit of contacts; `at`: when the service was asked last.
    """

    plan: str | None
    limit: int | None
    limit_by_hand: bool
    used: int | None
    letters_limit: int | None
    letters_sent: int | None
    balance: float | None
    currency: str | None
    at: datetime | None


class AccountRowShape(Shape):
    """An account in a list; `openTo` names the users who may choose it, null: everybody.

    `manages` says whether whoever asks may change it; before it is `connected` nobody may choose it.
    """

    id: Id
    title: str
    module_id: Id
    module_name: str
    module_title: Texts
    state: State
    campaign_types: list[str]
    checked_at: datetime | None
    created_at: datetime
    usage: UsageShape
    open_to: list[Id] | None
    manages: bool
    connected: bool


class AccountPage(Shape):
    """A page of accounts."""

    items: list[AccountRowShape]
    total: int


class AccountCardShape(AccountRowShape):
    """An account with its settings; `secretsSet` names the secrets that hold a value.

    `webhooksArrive` is false where nobody on the internet can reach our own address; `webhookSet` is true
    where Vestnik told the service its address.
    """

    settings: dict[str, Any]
    settings_schema: dict[str, Any]
    secrets_set: list[str]
    webhook_url: str
    webhooks_arrive: bool
    webhook_set: bool
    check_message: str | None


class NewAccount(Shape):
    """An account to add; secrets stand among the settings.

    `twice` confirms that another account has the same login.
    """

    module_id: Id
    title: Title
    settings: Settings = {}
    twice: bool = False


class AccountChange(Shape):
    """What to change; of the settings all are given, but a secret that is left out stays.

    `contactLimit` null: the limit that the service tells counts. `openTo` null: everybody may choose it.
    `twice` confirms that another account has the same login.
    """

    title: Title | None = None
    settings: Settings | None = None
    contact_limit: Annotated[int, msgspec.Meta(ge=0, le=CONTACT_LIMIT)] | UnsetType | None = UNSET
    open_to: Annotated[list[Id], msgspec.Meta(max_length=OPEN_TO)] | UnsetType | None = UNSET
    twice: bool = False


class ServiceShape(Shape):
    """A service that an account can be connected to: a module that is switched on."""

    module_id: Id
    name: str
    title: Texts
    description: Texts | None
    settings_schema: dict[str, Any]
    functions: list[str]
    accounts: int


class ServicePage(Shape):
    """The services that accounts can be connected to."""

    items: list[ServiceShape]
    total: int


class PersonShape(Shape):
    """Somebody who may sign in."""

    id: Id
    name: str


class PersonPage(Shape):
    """Whom an account can be opened to."""

    items: list[PersonShape]
    total: int


class AccountCheckShape(Shape):
    """What a check of the connection said; `setting` is the one that the service did not accept, if known."""

    ok: bool
    message: str
    setting: str | None


class HostShape(Shape):
    """One address that the module asks for, or that is approved; `secrets` may be sent there."""

    pattern: str
    scheme: Literal["https", "http"]
    port: int
    private_network: bool
    secrets: list[str]
    approved: bool
    requested: bool
    approved_by: str | None
    approved_at: datetime | None


class HostPage(Shape):
    """The addresses of an account."""

    items: list[HostShape]
    total: int


class HostChoiceShape(Shape):
    """What an administrator decides; without `secrets` those that the manifest asks for may be sent there."""

    pattern: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    scheme: Literal["https", "http"]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    private_network: bool
    approved: bool
    secrets: list[str] | None = None


class HostChoices(Shape):
    """All approvals of an account: those not named are taken back."""

    items: Annotated[list[HostChoiceShape], msgspec.Meta(max_length=200)]


class ListShape(Shape):
    """A list at the service, and the category that it stands for."""

    id: Id
    external_id: str
    title: str
    category_id: Id | None
    category_name: str | None


class NewList(Shape):
    """A list to create at the service, and the category that it will stand for."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    category_id: Id | None = None


class ListChange(Shape):
    """The category that a list stands for; null: none."""

    category_id: Id | None


class ListPage(Shape):
    """The lists of an account."""

    items: list[ListShape]
    total: int


@router.get("/accounts", query=Page, returns=AccountPage, right="accounts.read")
async def list_accounts(context: Context, query: Page) -> AccountPage:
    """Accounts by title."""
    rows, total = await _modules(context).accounts.page(
        context.actor, search=query.search, offset=query.offset, limit=query.limit
    )
    return AccountPage(items=[AccountRowShape(**_row(context, row)) for row in rows], total=total)


@router.post("/accounts", body=NewAccount, returns=AccountCardShape, status=201, right="accounts.connect")
async def create_account(context: Context, body: NewAccount) -> AccountCardShape:
    """Add an account of a module."""
    accounts = _modules(context).accounts
    account_id = await accounts.create(
        context.actor, key_of(body.module_id), body.title, body.settings, once=not body.twice
    )
    return await _card(context, account_id)


@router.get("/accounts/services", returns=ServicePage, right="accounts.connect")
async def list_services(context: Context) -> ServicePage:
    """The modules that are switched on, with the settings that an account of each needs."""
    offers = await _modules(context).accounts.services(context.actor)
    return ServicePage(items=[_service(offer) for offer in offers], total=len(offers))


@router.get("/accounts/people", returns=PersonPage, right="accounts.connect")
async def list_people(context: Context) -> PersonPage:
    """Everybody who may sign in, by name: whom an account can be opened to."""
    names = await context.services.people.users.working(context.actor)
    return PersonPage(items=[PersonShape(str(id), name) for id, name in names.items()], total=len(names))


@router.post("/accounts/{id:key}/usage", returns=UsageShape, right="accounts.read")
async def ask_usage(context: Context, id: int) -> UsageShape:
    """Ask the service for plan and usage now."""
    modules = _modules(context)
    await modules.accounts.require_sight(context.actor, id)
    return _usage(await modules.ask_usage(id))


@router.get("/accounts/{id:key}", returns=AccountCardShape, right="accounts.read")
async def get_account(context: Context, id: int) -> AccountCardShape:
    """One account with its settings."""
    return await _card(context, id)


@router.patch("/accounts/{id:key}", body=AccountChange, returns=AccountCardShape, right="accounts.connect")
async def change_account(context: Context, id: int, body: AccountChange) -> AccountCardShape:
    """Change an account's title or settings."""
    accounts = _modules(context).accounts
    open_to = body.open_to
    changes = AccountChanges(
        title=body.title,
        settings=body.settings,
        contact_limit=UNCHANGED if body.contact_limit is UNSET else body.contact_limit,
        open_to=UNCHANGED
        if open_to is UNSET
        else None
        if open_to is None
        else [key_of(id) for id in open_to],
        once=not body.twice,
    )
    await accounts.change(context.actor, id, changes)
    return await _card(context, id)


@router.delete("/accounts/{id:key}", right="accounts.connect")
async def delete_account(context: Context, id: int) -> None:
    """Archive an account and erase its secrets; what refers to it stays."""
    await _modules(context).accounts.archive(context.actor, id)


@router.post("/accounts/{id:key}/check", returns=AccountCheckShape, right="accounts.connect")
async def check_account(context: Context, id: int) -> AccountCheckShape:
    """Ask the service whether it accepts the account, and have it report to the webhook's address."""
    outcome = await _modules(context).check_account(context.actor, id)
    return AccountCheckShape(
        ok=outcome.ok, message=outcome.message[context.language], setting=outcome.setting
    )


@router.post("/accounts/{id:key}/rotate-token", returns=AccountCardShape, right="accounts.connect")
async def rotate_token(context: Context, id: int) -> AccountCardShape:
    """Give the account a new webhook address; the old one stops working at once."""
    await _modules(context).accounts.rotate_token(context.actor, id)
    return await _card(context, id)


@router.get("/accounts/{id:key}/hosts", returns=HostPage, right="accounts.read")
async def list_hosts(context: Context, id: int) -> HostPage:
    """The addresses that the module asks for, and those approved beside them."""
    return await _hosts(context, id)


@router.put("/accounts/{id:key}/hosts", body=HostChoices, returns=HostPage, right="hosts.approve")
async def approve_hosts(context: Context, id: int, body: HostChoices) -> HostPage:
    """Replace the approvals of an account."""
    choices = [
        HostChoice(each.scheme, each.pattern, each.port, each.private_network, each.approved, each.secrets)
        for each in body.items
    ]
    await _modules(context).accounts.approve(context.actor, id, choices)
    return await _hosts(context, id)


@router.get("/accounts/{id:key}/lists", returns=ListPage, right="accounts.read")
async def list_lists(context: Context, id: int) -> ListPage:
    """The lists at the service, each with the category that it stands for."""
    return await _lists(context, id)


@router.post("/accounts/{id:key}/lists", body=NewList, returns=ListPage, status=201, right="accounts.connect")
async def create_list(context: Context, id: int, body: NewList) -> ListPage:
    """Create a list at the service for a category."""
    category_id = None if body.category_id is None else key_of(body.category_id)
    await _modules(context).lists.create(context.actor, id, body.title, category_id)
    return await _lists(context, id)


@router.post("/accounts/{id:key}/lists/import", returns=ListPage, right="accounts.connect")
async def import_lists(context: Context, id: int) -> ListPage:
    """Read the lists of the service; what is mapped already stays so."""
    await _modules(context).lists.import_from_service(context.actor, id)
    return await _lists(context, id)


@router.put(
    "/accounts/{id:key}/lists/{list_id:key}", body=ListChange, returns=ListPage, right="accounts.connect"
)
async def map_list(context: Context, id: int, list_id: int, body: ListChange) -> ListPage:
    """Say which category a list stands for."""
    category_id = None if body.category_id is None else key_of(body.category_id)
    await _modules(context).lists.map(context.actor, id, list_id, category_id)
    return await _lists(context, id)


async def _lists(context: Context, id: int) -> ListPage:
    modules = _modules(context)
    lists = await modules.accounts.lists(context.actor, id)
    names = await modules.category_names([each.category_id for each in lists if each.category_id is not None])
    items = [
        ListShape(
            id=str(each.id),
            external_id=each.external_id,
            title=each.title,
            category_id=None if each.category_id is None else str(each.category_id),
            category_name=None if each.category_id is None else names.get(each.category_id),
        )
        for each in lists
    ]
    return ListPage(items=items, total=len(items))


def _modules(context: Context) -> Modules:
    return context.services.modules


async def _card(context: Context, account_id: int) -> AccountCardShape:
    card = await _modules(context).accounts.card(context.actor, account_id)
    message = card.check_message
    return AccountCardShape(
        **_row(context, card.row),
        settings=dict(card.settings),
        settings_schema=dict(card.settings_schema),
        secrets_set=list(card.secrets_set),
        webhook_url=card.webhook_url,
        webhooks_arrive=card.webhooks_arrive,
        webhook_set=card.webhook_set,
        check_message=None if message is None else message[context.language] or None,
    )


async def _hosts(context: Context, account_id: int) -> HostPage:
    lines = await _modules(context).accounts.hosts(context.actor, account_id)
    items = [
        HostShape(
            pattern=line.pattern,
            scheme="https" if line.scheme == "https" else "http",
            port=line.port,
            private_network=line.private,
            secrets=list(line.secrets),
            approved=line.approved,
            requested=line.requested,
            approved_by=line.approved_by,
            approved_at=line.approved_at,
        )
        for line in lines
    ]
    return HostPage(items=items, total=len(items))


def _usage(usage: Usage) -> UsageShape:
    return UsageShape(
        plan=usage.plan,
        limit=usage.limit,
        limit_by_hand=usage.limit_by_hand,
        used=usage.used,
        letters_limit=usage.letters_limit,
        letters_sent=usage.letters_sent,
        balance=usage.balance,
        currency=usage.currency,
        at=usage.at,
    )


def _service(offer: ServiceOffer) -> ServiceShape:
    return ServiceShape(
        module_id=str(offer.module_id),
        name=offer.name,
        title=texts(offer.title),
        description=None if offer.description is None else texts(offer.description),
        settings_schema=dict(offer.settings_schema),
        functions=list(offer.functions),
        accounts=offer.accounts,
    )


def _row(context: Context, row: AccountRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "title": row.title,
        "module_id": str(row.module_id),
        "module_name": row.module_name,
        "module_title": texts(row.module_title),
        "state": row.state,
        "campaign_types": list(row.campaign_types),
        "checked_at": row.checked_at,
        "created_at": row.created_at,
        "usage": _usage(row.usage),
        "open_to": None if row.open_to is None else [str(id) for id in row.open_to],
        "manages": manages(context.actor, row),
        "connected": row.connected_at is not None,
    }
