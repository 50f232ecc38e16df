"""Whatever somebody sends is accepted, and leaves exactly one event."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake.leads.desk import RECEIVED

from vestnik.calendars.tables import calendar_event
from vestnik.db.database import write_engine
from vestnik.intake.fields import Given, LeadFields, Marks, Warned
from vestnik.intake.leads.accepting import accept
from vestnik.intake.leads.tables import lead
from vestnik.people.access import SYSTEM
from vestnik.sales.lines import OrderLine, Work

# Any characters, halves of pairs and NUL among them; and what looks nearly right.
anything = st.text(st.characters(), max_size=60)
near = st.sampled_from(
    [
        *("", "7709745454", "770974545", "ИНН 7709745454", "petr@example.ru", "@", "+7 925 642 42 90", "8"),
        *("ﷺ" * 300, "a" * 700, "http://[::1", "https://xn--e1afmkfd.xn--p1ai/", "xn--", "test.ru"),
        *("\0", "\ud800", "'\"--%"),
    ]
)
text = st.one_of(near, anything)
number = st.one_of(
    st.none(),
    st.decimals(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.decimals(0, 10**30),
)
document = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), anything),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(anything, inner, max_size=3)),
    max_leaves=8,
)
instants = st.one_of(
    st.none(), st.datetimes(), st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
)
works = st.builds(Work, kind=text, quantity=number, description=text)
lines = st.builds(
    OrderLine,
    item=text, machine_code=text, resolution=text, material=text, material_code=text, width=number,
    height=number, quantity=number, price=number, amount=number, is_service=st.booleans(),
    works=st.lists(works, max_size=2), extra=st.dictionaries(anything, document, max_size=2),
)  # fmt: skip
fields = st.builds(
    LeadFields,
    title=text, person=text, company=text, email=text, phone=text, description=text, inn=text, ip=text,
    country=text, city=text, site=text, path=text, partner=text, responsible=text,
    marks=st.builds(Marks, source=text, medium=text, campaign=text, term=text, content=text, referrer=text),
    dated_at=instants, layouts=st.lists(text, max_size=3), lines=st.lists(lines, max_size=2),
    extra=st.dictionaries(anything, document, max_size=3),
)  # fmt: skip
warned = st.builds(
    Warned, code=st.just("json_comma"), field=anything, facts=st.dictionaries(anything, document)
)


def test_no_fields_are_refused_and_each_lead_has_one_event(database_url: str) -> None:
    engine = write_engine(sa.make_url(database_url))
    inputs = count(1)

    @settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(fields, st.lists(warned, max_size=2), text)
    def check(sent: LeadFields, warnings: list[Warned], subject: str) -> None:
        number = next(inputs)
        came = Given(sent, "http", number, RECEIVED, warnings, subject=subject)
        with engine.begin() as connection:
            accepted = accept(connection, SYSTEM, came)
        with engine.connect() as connection:
            own = calendar_event.c.source_id == accepted.lead_id
            events = connection.scalars(sa.select(calendar_event.c.id).where(own)).all()
            row = connection.execute(sa.select(lead).where(lead.c.id == accepted.lead_id)).one()
        assert list(events) == [row.event_id]
        assert (row.order_id is not None) == bool(sent.lines)

    check()
    engine.dispose()
