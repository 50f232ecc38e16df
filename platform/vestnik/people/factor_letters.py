"""Tells people by a letter that an administrator took their second factor off."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.http.errors import Language
from vestnik.mail import Letter, Mail
from vestnik.mail.keeping import forget
from vestnik.mail.outbox import LOOK_EVERY_S, SWEPT_EVERY_S, Outbox
from vestnik.people import letters
from vestnik.people.factor_tables import factor_letter
from vestnik.people.organisation import Organisation
from vestnik.people.tables import user

#: The page where a second factor is turned on.
PAGE = "/profile"


class FactorLetters:
    """Sends what `Factors.take_off` wrote. Without outgoing mail nobody is told."""

    def __init__(self, database: Database, engine: Engine, mail: Mail, organisation: Organisation) -> None:
        self._database, self._organisation = database, organisation
        self.outbox = Outbox(database, mail, factor_letter, self._letter)
        engine.every(LOOK_EVERY_S, "people.factor_letters", self.outbox.send_due)
        engine.every(SWEPT_EVERY_S, "people.factor_letters_kept", partial(forget, database, factor_letter))

    async def _letter(self, row: sa.Row[Any]) -> Letter | None:
        profile = await self._organisation.profile()
        if profile is None or profile.smtp is None:
            return None
        async with self._database.read() as connection:
            whose = sa.select(user).where(user.c.id == row.user_id, user.c.disabled.is_(False))
            person = (await connection.execute(whose)).one_or_none()
        if person is None:
            return None
        language: Language = "en" if person.language == "en" else "ru"
        url = f"{profile.base_url}{PAGE}"
        return letters.factor_taken_off(person.email, language, row.at, url, profile.name)
