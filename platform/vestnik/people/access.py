"""Who may do what: rights, the roles that bundle them, and the actor that carries them.

Every service method takes an actor and names the right that it needs: `actor.require("campaigns.send")`.
Roles exist only as sets of rights; nothing in the product asks for a role by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from vestnik.http.errors import Forbidden, Language

Role = Literal["administrator", "integrator", "marketer", "editor", "sales_manager", "connector"]
ROLES: tuple[Role, ...] = get_args(Role)

RIGHTS: frozenset[str] = frozenset(
    {
        "contacts.read",
        "contacts.write",
        "contacts.export",
        "fields.manage",
        "privacy.manage",
        "reports.read",
        "segments.write",
        "syncs.read",
        "syncs.write",
        "templates.read",
        "templates.import",
        "campaigns.read",
        "campaigns.write",
        "campaigns.send",
        "modules.read",
        "modules.write",
        "modules.publish",
        "accounts.read",
        "accounts.connect",
        "accounts.manage",
        "hosts.approve",
        "webhooks.read",
        "webhooks.replay",
        "users.manage",
        "settings.manage",
        "leads.read",
        "leads.write",
        "sales.read",
        "sales.write",
        "calendars.read",
        "calendars.write",
        "intake.manage",
        "outgoing.manage",
        "audit.read",
        "keys.manage",
        "metrics.read",
        "system.read",
        "demo.play",
    }
)

#: `demo.play` comes with the demo, not with a role: see `Sessions.rights_of`.
DEMO_RIGHTS = frozenset({"demo.play"})

_MARKETER = frozenset(
    {
        "contacts.read",
        "contacts.write",
        "contacts.export",
        "reports.read",
        "segments.write",
        "syncs.read",
        "syncs.write",
        "templates.read",
        "templates.import",
        "campaigns.read",
        "campaigns.write",
        "campaigns.send",
        "accounts.read",
        "webhooks.read",
        "leads.read",
        "sales.read",
        "calendars.read",
    }
)

_ROLE_RIGHTS: dict[Role, frozenset[str]] = {
    "administrator": RIGHTS - DEMO_RIGHTS,
    "integrator": frozenset(
        {
            "contacts.read",
            "syncs.read",
            "templates.read",
            "templates.import",
            "campaigns.read",
            "modules.read",
            "modules.write",
            "modules.publish",
            "accounts.read",
            "accounts.connect",
            "accounts.manage",
            "webhooks.read",
            "webhooks.replay",
            "leads.read",
            # Says in which calendar leads land.
            "calendars.read",
            "intake.manage",
            "outgoing.manage",
        }
    ),
    "marketer": _MARKETER,
    # Prepares campaigns; a marketer sends them, and decides what goes to lists.
    "editor": _MARKETER - {"campaigns.send", "syncs.write"},
    "sales_manager": frozenset(
        {
            "contacts.read",
            "contacts.write",
            "templates.read",
            "campaigns.read",
            "leads.read",
            "leads.write",
            "sales.read",
            "sales.write",
            "calendars.read",
            "calendars.write",
        }
    ),
    # Given to single people beside their role: may connect accounts, and change those that they connected.
    "connector": frozenset({"accounts.read", "accounts.connect"}),
}


def rights_of(roles: Iterable[str]) -> frozenset[str]:
    """Every right that any of `roles` gives; a role that this version does not know gives none."""
    return frozenset[str]().union(*(_ROLE_RIGHTS[role] for role in ROLES if role in set(roles)))


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, a machine with an API key, or the system itself."""

    user_id: int | None
    name: str
    rights: frozenset[str]
    language: Language = "ru"
    key_id: int | None = None
    session_id: int | None = None

    def may(self, right: str) -> bool:
        """True when the actor holds `right`."""
        return right in self.rights

    def require(self, right: str) -> None:
        """Raise `Forbidden` unless the actor holds `right`."""
        if right not in RIGHTS:
            raise LookupError(f"no such right: {right}")
        if right not in self.rights:
            raise Forbidden(right=right)

    def require_all(self, rights: Iterable[str]) -> None:
        """Raise `Forbidden` for the first of `rights` that the actor does not hold."""
        for right in sorted(rights):
            self.require(right)


#: The platform itself: durable work, first start, the command line on a stopped installation.
SYSTEM = Actor(user_id=None, name="Vestnik", rights=RIGHTS)
