"""What migrations may do while the release before still runs, and which releases may work on a schema."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from tests.db.survival import Table, breaks, described

from vestnik.db.compatibility import contracts, oldest_revision
from vestnik.db.database import write_engine
from vestnik.db.migrate import SchemaTooNew, configuration, contracting, migrate, schema_of

#: From the migration after this one on, an older release runs beside a newer one.
FIRST = "0030"


def made(url: str, *tables: tuple[str, ...]) -> dict[str, Table]:
    """The description of tables `(name, column or constraint, …)`, which are gone afterwards."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for name, *parts in tables:
            connection.execute(sa.text(f"CREATE TABLE {name} ({', '.join(parts)})"))
    found = described(url)
    with engine.begin() as connection:
        for name, *_ in reversed(tables):
            connection.execute(sa.text(f"DROP TABLE {name}"))
    engine.dispose()
    return found


PERSON = ("person", "id BIGINT NOT NULL PRIMARY KEY", "name TEXT", "age INTEGER NOT NULL DEFAULT 0")
OF_PERSON = "person_id BIGINT, FOREIGN KEY (person_id) REFERENCES person (id)"
BOOK = ("book", "id BIGINT NOT NULL PRIMARY KEY", "owner_id BIGINT")


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        ((PERSON,), ["book is gone"]),
        ((BOOK, PERSON[:-2] + PERSON[-1:]), ["person.name is gone"]),
        (
            (BOOK, (*PERSON[:2], "full_name TEXT", PERSON[3])),
            ["person.name is gone"],
        ),
        ((BOOK, (*PERSON, "mail TEXT NOT NULL")), ["person.mail must be given"]),
        ((BOOK, (*PERSON[:2], "name TEXT NOT NULL", PERSON[3])), ["person.name may not be empty any more"]),
        ((BOOK, (*PERSON[:3], "age INTEGER NOT NULL")), ["person.age has no default any more"]),
        ((BOOK, (*PERSON[:2], "name BIGINT", PERSON[3])), ["person.name was TEXT, and is BIGINT"]),
        ((BOOK, (*PERSON, "UNIQUE (name)")), ["person must be unique by name"]),
        ((PERSON, (*BOOK, "FOREIGN KEY (owner_id) REFERENCES person (id)")), ["book must refer to person"]),
        (
            (PERSON, BOOK, ("page", OF_PERSON)),
            ["page holds rows of person that can't be deleted by whoever does not know it"],
        ),
        ((PERSON, BOOK), []),
        ((BOOK, (*PERSON, "mail TEXT")), []),
        ((BOOK, (*PERSON, "mail TEXT NOT NULL DEFAULT ''")), []),
        ((PERSON, BOOK, ("page", f"{OF_PERSON} ON DELETE CASCADE")), []),
    ],
)
def test_what_an_older_release_does_not_survive_is_told(
    empty_database_url: str, after: Iterable[tuple[str, ...]], broken: list[str]
) -> None:
    assert breaks(made(empty_database_url, BOOK, PERSON), made(empty_database_url, *after)) == broken


def test_a_check_that_an_older_release_does_not_know_is_told(empty_database_url: str) -> None:
    (found,) = breaks(
        made(empty_database_url, PERSON), made(empty_database_url, (*PERSON, "CHECK (age > 1)"))
    )
    assert found.startswith("person is checked: ")


def test_migrations_that_an_older_release_does_not_survive_say_so(empty_database_url: str) -> None:
    script = ScriptDirectory.from_config(configuration(empty_database_url))
    later = [each for each in reversed(list(script.walk_revisions())) if each.revision > FIRST]
    command.upgrade(configuration(empty_database_url), FIRST)
    before = described(empty_database_url)
    for each in later:
        command.upgrade(configuration(empty_database_url), each.revision)
        after = described(empty_database_url)
        found = breaks(before, after)
        assert contracts(each) or not found, (
            f"migration {each.revision} breaks the release before it: {found}. Let it expand only, or set "
            "CONTRACTS = True and have it come a release after the last program that needs what it takes."
        )
        before = after


def later_release(url: str, *, oldest: str | None, column: str = "of_later") -> None:
    """Have the database look as if a later release had migrated it, which expanded and maybe contracted."""
    engine = write_engine(sa.make_url(url))
    with engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE category ADD COLUMN {column} TEXT"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        if oldest is not None:
            connection.execute(
                sa.text("UPDATE schema_compatibility SET oldest_revision = :it"), {"it": oldest}
            )
    engine.dispose()


def test_a_schema_that_a_later_release_expanded_serves_this_one_and_stays(empty_database_url: str) -> None:
    migrate(empty_database_url)
    assert schema_of(empty_database_url) == "current"
    later_release(empty_database_url, oldest=None)
    assert schema_of(empty_database_url) == "newer"
    migrate(empty_database_url)
    assert schema_of(empty_database_url) == "newer"


def test_a_schema_that_a_later_release_contracted_is_refused(empty_database_url: str) -> None:
    migrate(empty_database_url)
    later_release(empty_database_url, oldest="9998")
    assert schema_of(empty_database_url) == "too_new"
    with pytest.raises(SchemaTooNew, match="start that release, or a later one"):
        migrate(empty_database_url)


def test_what_contracted_last_is_the_oldest_that_may_run(empty_database_url: str) -> None:
    migrate(empty_database_url)
    script = ScriptDirectory.from_config(configuration(empty_database_url))
    contracted = [each.revision for each in script.walk_revisions() if contracts(each)]
    engine = write_engine(sa.make_url(empty_database_url))
    with engine.connect() as connection:
        assert oldest_revision(connection) == contracted[0]
    engine.dispose()
    assert FIRST in contracted


def test_of_what_is_due_that_is_told_which_contracts(empty_database_url: str) -> None:
    command.upgrade(configuration(empty_database_url), "0029")
    assert contracting(empty_database_url)[0] == FIRST
    migrate(empty_database_url)
    assert contracting(empty_database_url) == []
