"""Which addresses a module asks for, what is approved for an account, and so for those made later."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vestnik import audit
from vestnik.contract import SettingsError
from vestnik.contract.manifest import Manifest
from vestnik.db import now, upsert
from vestnik.egress import Approval, is_private
from vestnik.modules.accounts.values import HostChoice, HostLine
from vestnik.modules.errors import AddressInvalid
from vestnik.modules.tables import account, host_approval, module_approval
from vestnik.people.access import Actor

#: Scheme, host name or pattern, port.
Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a manifest asks for at one address."""

    private: bool
    secrets: Sequence[str]


def requested(manifest: Manifest, settings: Mapping[str, Any]) -> dict[Origin, Asked]:
    """The addresses that the manifest asks for with these settings; those that are none yet are left out."""
    asked: dict[Origin, Asked] = {}
    for request in manifest.hosts:
        try:
            origin = request.origin(settings)
            approval = Approval(origin.scheme, origin.pattern, origin.port, origin.private)
        except (SettingsError, ValueError):
            continue
        key = (approval.scheme, approval.host_pattern, approval.port)
        before = asked.get(key, Asked(False, ()))
        names = sorted({*before.secrets, *origin.secrets})
        private = before.private or origin.private or is_private(approval.host_pattern)
        asked[key] = Asked(private, names)
    return asked


def asked_by_default(manifest: Manifest) -> dict[Origin, Asked]:
    """What the module asks for by its own defaults: what an installation may approve.

    An address that an account's settings name is not among them, and none of a private network: those
    stay a decision of their own.
    """
    asked = requested(manifest, manifest.with_defaults({}))
    return {origin: each for origin, each in asked.items() if not each.private}


def approve_for_module(connection: sa.Connection, actor: Actor, module_id: int, manifest: Manifest) -> None:
    """Open what the module asks for by its own defaults for the accounts made later."""
    at = now()
    rows = [
        {
            "module_id": module_id,
            "scheme": scheme,
            "pattern": pattern,
            "port": port,
            "secrets": list(asked.secrets),
            "approved_by": actor.name,
            "approved_at": at,
        }
        for (scheme, pattern, port), asked in asked_by_default(manifest).items()
    ]
    if rows:
        connection.execute(module_approval.insert(), rows)
    audit.record(connection, actor, "module.hosts_approved", "module", module_id, ["hosts"])


def approve_for_account(
    connection: sa.Connection,
    module_id: int,
    account_id: int,
    manifest: Manifest,
    settings: Mapping[str, Any],
) -> None:
    """Give an account that is not connected what was approved for its module, as far as it asks for it."""
    asked = requested(manifest, manifest.with_defaults(settings))
    approved = connection.execute(sa.select(module_approval).where(module_approval.c.module_id == module_id))
    of_account = sa.select(host_approval).where(host_approval.c.account_id == account_id)
    has = {(row.scheme, row.pattern, row.port) for row in connection.execute(of_account)}
    rows = [
        {
            "account_id": account_id,
            "scheme": row.scheme,
            "pattern": row.pattern,
            "port": row.port,
            "private": False,
            "secrets": sorted(set(row.secrets) & set(asked[row.scheme, row.pattern, row.port].secrets)),
            "approved_by": row.approved_by,
            "approved_at": row.approved_at,
        }
        for row in approved
        if (row.scheme, row.pattern, row.port) in asked.keys() - has
    ]
    if rows:
        connection.execute(host_approval.insert(), rows)


def withdraw_for_module(
    connection: sa.Connection, actor: Actor, account_id: int, left: Mapping[Origin, Collection[str] | None]
) -> None:
    """Take back for the accounts made later what an administrator takes back from one of the module.

    `left` says of each address that was open to the account which secrets may still go there; None: it is
    not open any more.
    """
    of_account = sa.select(account.c.module_id).where(account.c.id == account_id)
    module_id = connection.execute(of_account).scalar_one()
    withdrawn = False
    rows = connection.execute(
        sa.select(module_approval).where(module_approval.c.module_id == module_id)
    ).all()
    for row in rows:
        origin = (row.scheme, row.pattern, row.port)
        names = left.get(origin, row.secrets)
        if names is not None and set(row.secrets) <= set(names):
            continue
        withdrawn = True
        this = sa.and_(
            module_approval.c.module_id == module_id,
            module_approval.c.scheme == row.scheme,
            module_approval.c.pattern == row.pattern,
            module_approval.c.port == row.port,
        )
        if names is None:
            connection.execute(module_approval.delete().where(this))
        else:
            fewer = sorted(set(row.secrets) & set(names))
            connection.execute(module_approval.update().where(this).values(secrets=fewer))
    if withdrawn:
        audit.record(connection, actor, "module.hosts_withdrawn", "module", module_id, ["hosts"])


def replace_approvals(
    connection: sa.Connection,
    actor: Actor,
    account_id: int,
    approvals: Sequence[tuple[Approval, list[str]]],
    asked: Collection[Origin],
) -> None:
    """Give an account these approvals and no others.

    What is approved of the addresses that its module asks for is open to the module's later accounts, too.
    """
    before = {
        (row.scheme, row.pattern, row.port): row
        for row in connection.execute(
            sa.select(host_approval).where(host_approval.c.account_id == account_id)
        )
    }
    connection.execute(host_approval.delete().where(host_approval.c.account_id == account_id))
    for approval, names in approvals:
        origin = _origin(approval)
        kept = before.get(origin)
        same = kept is not None and (kept.private, kept.secrets) == (approval.private, names)
        connection.execute(
            upsert(
                connection,
                host_approval,
                ["account_id", "scheme", "pattern", "port"],
                ["private", "secrets", "approved_by", "approved_at"],
            ).values(
                account_id=account_id,
                scheme=approval.scheme,
                pattern=approval.host_pattern,
                port=approval.port,
                private=approval.private,
                secrets=names,
                approved_by=kept.approved_by if kept is not None and same else actor.name,
                approved_at=kept.approved_at if kept is not None and same else now(),
            )
        )
    left = {_origin(each): names for each, names in approvals}
    withdraw_for_module(connection, actor, account_id, {origin: left.get(origin) for origin in before})
    _open_for_module(
        connection,
        actor,
        account_id,
        [(each, names) for each, names in approvals if _origin(each) in asked and not each.private],
    )
    audit.record(connection, actor, "account.hosts_approved", "account", account_id, ["hosts"])


def _origin(approval: Approval) -> Origin:
    return approval.scheme, approval.host_pattern, approval.port


def _open_for_module(
    connection: sa.Connection,
    actor: Actor,
    account_id: int,
    approvals: Sequence[tuple[Approval, list[str]]],
) -> None:
    """Open for the module's later accounts what is open for one: the same code, address and secrets."""
    of_account = sa.select(account.c.module_id).where(account.c.id == account_id)
    module_id = connection.execute(of_account).scalar_one()
    of_module = sa.select(module_approval).where(module_approval.c.module_id == module_id)
    known = {(row.scheme, row.pattern, row.port): row for row in connection.execute(of_module)}
    opened = False
    for approval, names in approvals:
        origin = _origin(approval)
        before = known.get(origin)
        if before is not None and set(names) <= set(before.secrets):
            continue
        opened = True
        keys = dict(zip(("scheme", "pattern", "port"), origin, strict=True))
        connection.execute(
            upsert(
                connection,
                module_approval,
                ["module_id", "scheme", "pattern", "port"],
                ["secrets", "approved_by", "approved_at"],
            ).values(
                module_id=module_id,
                **keys,
                secrets=sorted({*names, *(before.secrets if before is not None else ())}),
                approved_by=actor.name,
                approved_at=now(),
            )
        )
    if opened:
        audit.record(connection, actor, "module.hosts_approved", "module", module_id, ["hosts"])


def line_of(origin: Origin, asked: Asked | None, row: sa.Row[Any] | None) -> HostLine:
    """An address as it is asked for and approved."""
    scheme, pattern, port = origin
    enough = row is not None and (
        asked is None or (row.private >= asked.private and set(asked.secrets) <= set(row.secrets))
    )
    # Also what was approved beyond what is asked for: it is open.
    private = (asked is not None and asked.private) or (row is not None and row.private)
    names = asked.secrets if asked is not None else row.secrets if row is not None else ()
    return HostLine(
        scheme=scheme,
        pattern=pattern,
        port=port,
        private=private,
        secrets=names,
        requested=asked is not None,
        approved=enough,
        approved_by=row.approved_by if row is not None else None,
        approved_at=row.approved_at if row is not None else None,
    )


def approval_of(choice: HostChoice) -> Approval:
    """The approval that was chosen; raises AddressInvalid."""
    try:
        return Approval(choice.scheme, choice.pattern, choice.port, choice.private)
    except ValueError as error:
        raise AddressInvalid(
            pattern=choice.pattern[:200],
            reason={
                "ru": "нужны схема https или http, имя или образец *.example.com и порт; "
                "частная сеть разрешается только точному имени",
                "en": str(error),
            },
        ) from None
