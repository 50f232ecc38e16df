"""Ways in by a link, for who has no session: what `app.py` plugs together."""

from __future__ import annotations

from collections.abc import Mapping

from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.http.limits import RateLimit
from vestnik.mail import Mail
from vestnik.mail.outbox import SWEPT_EVERY_S
from vestnik.people.factor_letters import FactorLetters
from vestnik.people.invitations import Invitations
from vestnik.people.resets import Resets
from vestnik.people.service import People

#: Links that are none, at once, and seconds until one more: from one client address, for all kinds of links.
ADDRESS_LINKS = (30, 20.0)


class Entrance:
    """Forgotten passwords, invitations, and letters to whose second factor was taken off."""

    def __init__(self, database: Database, engine: Engine, mail: Mail, people: People) -> None:
        self._links = RateLimit(*ADDRESS_LINKS)
        engine.every(SWEPT_EVERY_S, "people.sessions_kept", people.open_sessions.sweep)
        self.resets = Resets(database, engine, mail, people.organisation, people.passwords, self._links)
        self.factor_letters = FactorLetters(database, engine, mail, people.organisation)
        self.invitations = Invitations(
            database, engine, mail, people.organisation, people.passwords, self._links
        )

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return {**self.resets.limits(), **self.invitations.limits(), "entrance link": self._links}
