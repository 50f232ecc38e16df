"""Everything about people in one object: users, sessions, keys, the organisation, the first start."""

from __future__ import annotations

from vestnik.db import Database
from vestnik.http.errors import Language
from vestnik.people.access import Actor
from vestnik.people.factors import Factors
from vestnik.people.keys import Keys
from vestnik.people.open_sessions import OpenSessions
from vestnik.people.organisation import Organisation
from vestnik.people.passwords import Passwords
from vestnik.people.sessions import Sessions
from vestnik.people.setup import Setup
from vestnik.people.users import Users
from vestnik.settings import Settings
from vestnik.vault import Vault


class People:
    """The room's services, plugged together."""

    def __init__(
        self, settings: Settings, database: Database, vault: Vault, operator_key: str | None = None
    ) -> None:
        self.passwords = passwords = Passwords()
        self.organisation = Organisation(settings, database, vault)
        self.users = Users(database, passwords)
        self.factors = Factors(database, vault, self.organisation)
        self.sessions = Sessions(
            settings, database, self.organisation, self.users, passwords, self.factors.step_for
        )
        self.open_sessions = OpenSessions(database)
        self.keys = Keys(database, self.sessions.rights_of, operator_key)
        self.setup = Setup(database, self.organisation, passwords)

    async def by_cookie(self, token: str) -> Actor | None:
        """The person of a session cookie."""
        return await self.sessions.actor(token)

    async def by_key(self, key: str, language: Language, address: str = "") -> Actor | None:
        """The machine of a bearer key, which is answered in the language that it asks for."""
        return await self.keys.actor(key, language, address)
