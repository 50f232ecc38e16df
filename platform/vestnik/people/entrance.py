"""Ways in by a link, for who has no session: what `app.py` plugs together."""

from __future__ import annotations

from collections.abc import Mapping

from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.http.limits import RateLimit
from vestnik.mail import Mail
from vestnik.people.resets import Resets
from vestnik.people.service import People


class Entrance:
    """Forgotten passwords."""

    def __init__(self, database: Database, engine: Engine, mail: Mail, people: People) -> None:
        self.resets = Resets(database, engine, mail, people.organisation, people.passwords)

    def limits(self) -> Mapping[str, RateLimit]:
        """What is counted of all processes together."""
        return self.resets.limits()
