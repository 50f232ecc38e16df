"""Accounts over HTTP: settings, secrets (never read), approved addresses, the webhook's address, lists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from vestnik.http.api import Context, Id, Page, Router, Shape, key_of
from vestnik.modules.accounts.service import AccountRow, HostChoice
from vestnik.modules.api.shapes import Texts, Title, texts
from vestnik.modules.service import Modules

router = Router("accounts")

Settings = Annotated[dict[str, str | int | float | bool | None], msgspec.Meta(max_length=200)]
State = Literal["ready", "unchecked", "failing", "disabled"]


class AccountRowShape(Shape):
    """An account in a list."""

    id: Id
    title: str
    module_id: Id
    module_name: str
    module_title: Texts
    state: State
    campaign_types: list[str]
    checked_at: datetime | None
    created_at: datetime


class AccountPage(Shape):
    """A page of accounts."""

    items: list[AccountRowShape]
    total: int


class AccountCardShape(AccountRowShape):
    """An account with its settings; `secretsSet` names the secrets that hold a value.

    `webhooksArrive` is false where nobody on the internet can reach our own address.
    """

    settings: dict[str, Any]
    settings_schema: dict[str, Any]
    secrets_set: list[str]
    webhook_url: str
    webhooks_arrive: bool
    check_message: str | None


class NewAccount(Shape):
    """An account to add; secrets stand among the settings."""

    module_id: Id
    title: Title
    settings: Settings = {}


class AccountChange(Shape):
    """What to change; of the settings all are given, but a secret that is left out stays."""

    title: Title | None = None
    settings: Settings | None = None


class AccountCheckShape(Shape):
    """What a check of the connection said."""

    ok: bool
    message: str


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
    return AccountPage(items=[AccountRowShape(**_row(row)) for row in rows], total=total)


@router.post("/accounts", body=NewAccount, returns=AccountCardShape, status=201, right="accounts.manage")
async def create_account(context: Context, body: NewAccount) -> AccountCardShape:
    """Add an account of a module."""
    accounts = _modules(context).accounts
    account_id = await accounts.create(context.actor, key_of(body.module_id), body.title, body.settings)
    return await _card(context, account_id)


@router.get("/accounts/{id:key}", returns=AccountCardShape, right="accounts.read")
async def get_account(context: Context, id: int) -> AccountCardShape:
    """One account with its settings."""
    return await _card(context, id)


@router.patch("/accounts/{id:key}", body=AccountChange, returns=AccountCardShape, right="accounts.manage")
async def change_account(context: Context, id: int, body: AccountChange) -> AccountCardShape:
    """Change an account's title or settings."""
    accounts = _modules(context).accounts
    await accounts.change(context.actor, id, title=body.title, settings=body.settings)
    return await _card(context, id)


@router.delete("/accounts/{id:key}", right="accounts.manage")
async def delete_account(context: Context, id: int) -> None:
    """Archive an account and erase its secrets; what refers to it stays."""
    await _modules(context).accounts.archive(context.actor, id)


@router.post("/accounts/{id:key}/check", returns=AccountCheckShape, right="accounts.manage")
async def check_account(context: Context, id: int) -> AccountCheckShape:
    """Ask the service whether it accepts the account, and have it report to the webhook's address."""
    outcome = await _modules(context).check_account(context.actor, id)
    return AccountCheckShape(ok=outcome.ok, message=outcome.message[context.language])


@router.post("/accounts/{id:key}/rotate-token", returns=AccountCardShape, right="accounts.manage")
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


@router.post("/accounts/{id:key}/lists", body=NewList, returns=ListPage, status=201, right="accounts.manage")
async def create_list(context: Context, id: int, body: NewList) -> ListPage:
    """Create a list at the service for a category."""
    category_id = None if body.category_id is None else key_of(body.category_id)
    await _modules(context).lists.create(context.actor, id, body.title, category_id)
    return await _lists(context, id)


@router.post("/accounts/{id:key}/lists/import", returns=ListPage, right="accounts.manage")
async def import_lists(context: Context, id: int) -> ListPage:
    """Read the lists of the service; what is mapped already stays so."""
    await _modules(context).lists.import_from_service(context.actor, id)
    return await _lists(context, id)


@router.put(
    "/accounts/{id:key}/lists/{list_id:key}", body=ListChange, returns=ListPage, right="accounts.manage"
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
        **_row(card.row),
        settings=dict(card.settings),
        settings_schema=dict(card.settings_schema),
        secrets_set=list(card.secrets_set),
        webhook_url=card.webhook_url,
        webhooks_arrive=card.webhooks_arrive,
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


def _row(row: AccountRow) -> dict[str, Any]:
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
    }
