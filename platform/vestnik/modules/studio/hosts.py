"""The addresses of a module on one page: who asks for them, who opened them, and what they are used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vestnik.contract import parse_manifest
from vestnik.contract.manifest import Manifest
from vestnik.egress import Approval, Target
from vestnik.modules.accounts.approvals import Origin, requested
from vestnik.modules.accounts.service import Accounts
from vestnik.modules.recordings.host_use import OriginUse
from vestnik.modules.recordings.recorded import Recordings
from vestnik.modules.studio.library import Library
from vestnik.people.access import Actor


@dataclass(frozen=True, slots=True)
class AccountApproval:
    """An account, and whether the address is open to it as far as the module asks."""

    account_id: int
    title: str
    approved: bool
    private: bool
    secrets: Sequence[str]


@dataclass(slots=True)
class HostPage:
    """One address; `pattern` may name a setting where no account has given it a value yet."""

    scheme: str
    pattern: str
    port: int
    requested: bool = False
    accounts: list[AccountApproval] = field(default_factory=list)
    used_by: list[OriginUse] = field(default_factory=list)

    def covers(self, target: Target) -> bool:
        """Whether a request to the target went by this address."""
        if self.pattern == target.host:
            return (self.scheme, self.port) == (target.scheme, target.port)
        try:
            return Approval(self.scheme, self.pattern, self.port).covers(target)
        except ValueError:  # a setting without a value
            return False


async def hosts_of(
    actor: Actor, module_id: int, library: Library, accounts: Accounts, recordings: Recordings
) -> list[HostPage]:
    """Every address that the module or an account of it knows, then those that calls asked for besides."""
    _, live = await library.card(actor, module_id)
    actor.require("accounts.read")
    pages: dict[Origin, HostPage] = {}
    own = [row for row in await accounts.rows() if row.module_id == module_id]
    for row in own:
        for line in await accounts.hosts(actor, row.id):
            page = pages.setdefault(
                (line.scheme, line.pattern, line.port), HostPage(line.scheme, line.pattern, line.port)
            )
            page.requested = page.requested or line.requested
            approval = AccountApproval(row.id, row.title, line.approved, line.private, line.secrets)
            page.accounts.append(approval)
    if not own:
        pages = {(page.scheme, page.pattern, page.port): page for page in _wanted(live.manifest)}
    found = list(pages.values())
    for use in await recordings.origins(module_id):
        asked = next((page for page in found if page.covers(use.target)), None)
        if asked is None:
            asked = HostPage(use.target.scheme, use.target.host, use.target.port)
            found.append(asked)
        asked.used_by.append(use)
    return found


def _wanted(document: object) -> list[HostPage]:
    """What the manifest asks for before there is an account."""
    manifest: Manifest = parse_manifest(document)
    known = requested(manifest, manifest.with_defaults({}))
    pages = [HostPage(scheme, pattern, port, True) for scheme, pattern, port in known]
    for host in manifest.hosts:
        values = manifest.with_defaults({})
        if any(not values.get(name) for name in host.placeholders):
            pages.append(HostPage(host.scheme, host.pattern, host.port or 443, True))
    return pages
