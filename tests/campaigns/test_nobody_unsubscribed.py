"""Nobody who unsubscribed, is on the stop-list or is blocked is ever given to a sending service.

Every way to a campaign's audience is walked while people unsubscribe, are imported by file and by request,
merged, erased, given consent in bulk and moved to other addresses, and while imports are undone, at any
moment between its plan and its hand-over, and before it is retried. The model knows only what people said:
whose address or self is not to be written to, and for which category.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, Literal, get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from tests.application import Browser, Installation, installation, settings
from tests.campaigns.words_given import Model

from vestnik.app import Services
from vestnik.campaigns import plan as planning
from vestnik.campaigns.chunks import Handover, are_allowed, look_at, within
from vestnik.campaigns.launch import Launch
from vestnik.campaigns.plan import CLEAR, Plan, new_run
from vestnik.campaigns.ports import WITHDRAW, Rejected, SendingAccount
from vestnik.campaigns.service import create
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign, chunk, delivery
from vestnik.campaigns.tables import repeat as repeat_table
from vestnik.contacts.addresses import normalise
from vestnik.contacts.listing import Selection
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import address
from vestnik.db import metadata, new_key, now
from vestnik.people.access import SYSTEM
from vestnik.plugs import Surroundings
from vestnik.reports import service as reports
from vestnik.segments.rules import EVERYBODY

__all__ = ["installation", "settings"]

EMAILS = [f"reader{n}@example.ru" for n in range(5)]
HOMES = [[text] for text in EMAILS[:4]]
UNTOUCHED = "untouched@example.ru"
KEPT_TABLES = {"organisation", "user_account", "session", "periodic"}
KEPT_TABLES |= {"audit_row", "audit_link", "audit_head", "audit_anchor"}  # nobody can empty these
ACCOUNT = SendingAccount(
    1, "Сервис", {"ru": "Модуль", "en": "Module"}, 1, True, frozenset({"email"}), frozenset({WITHDRAW}),
    export_chunk=2, prepare_chunk=3,
)  # fmt: skip
Way = Literal[
    "everybody", "dynamic", "by_hand", "in_bulk", "report", "copy", "from_last", "repeat", "again", "retry"
]
WAYS: tuple[Way, ...] = get_args(Way)

emails = st.sampled_from(EMAILS)
persons = st.integers(0, 3)
scopes = st.sampled_from(["this", "other", "all"])
EVENTS = st.one_of(
    st.tuples(st.just("unsubscribe"), emails, scopes),
    st.tuples(st.just("withdraw"), persons, scopes),
    st.tuples(st.just("stop"), emails, scopes, st.sampled_from(["manual", "spam", "hard_bounce"])),
    st.tuples(st.just("block"), persons),
    st.tuples(st.just("merge"), persons, persons),
    st.tuples(st.just("import"), emails, st.booleans()),
    st.tuples(st.just("file"), emails),
    st.tuples(st.just("add_by_file"), persons, emails),
    st.tuples(st.just("undo")),
    st.tuples(st.just("erase"), persons),
    st.tuples(st.just("consent_in_bulk")),
    st.tuples(st.just("move"), persons, emails),
    st.tuples(st.just("empty"), persons),
)


@pytest.fixture
async def services(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """The rooms; what the engine would bring on is brought on by the model."""

    async def later(*_: Any) -> None:
        return None

    monkeypatch.setattr(installation.services.engine, "run", later)
    yield installation.services
    await installation.services.imports.stop()


@pytest.fixture
async def browser(installation: Installation) -> AsyncIterator[Browser]:
    yield await installation.signed_in("marketer")


async def populated(services: Services, browser: Browser, homes: list[list[str]]) -> Model:
    """A database with these people alone, and one whom nothing happens to."""

    def store(connection: sa.Connection) -> list[int]:
        for table in reversed(metadata.sorted_tables):
            if table.name not in KEPT_TABLES:
                connection.execute(sa.delete(table))
        people = [NewContact("Имя", [normalise("email", text) for text in home]) for home in homes]
        untouched = NewContact("Нетронутый", [normalise("email", UNTOUCHED)])
        return services.contacts.insert_many(connection, [*people, untouched])

    keys = await services.database.write(store)
    this = await services.contacts.create_category(SYSTEM, "Новости")
    other = await services.contacts.create_category(SYSTEM, "Акции")
    return Model(services, browser, {"this": this, "other": other, "all": None}, keys)


async def campaign_by(model: Model, way: Way, keys: list[int]) -> int:
    """A campaign of the category whose audience was made that way; its key."""
    services, segment_id = model.services, None
    if way == "dynamic":
        segment_id = await services.segments.create(SYSTEM, "Все", rule=EVERYBODY)
    if way == "by_hand":
        segment_id = await services.segments.create(SYSTEM, "Руками", members=keys)
    if way == "report":
        since = now() - timedelta(days=30)
        wanted = reports.Wanted(since, now() + timedelta(days=1))
        made = await services.reports.make_segment(SYSTEM, wanted, "unreached", "Из отчёта")
        segment_id = made.segment_id
        await services.contact_lists.bulk.work()
    if way == "in_bulk":
        segment_id = await services.segments.create(SYSTEM, "Из списка")
        bulk = services.contact_lists.bulk
        await bulk.begin(SYSTEM, "add_to_segment", {"segmentId": str(segment_id)}, Selection())
        await bulk.work()
    texts = dict.fromkeys(("subject", "preview_text", "sender_name", "sender_email", "reply_to", "text"), "")
    values = {
        "type": "email", "name": "Рассылка", **texts, "account_id": None, "template_id": None,
        "segment_id": segment_id, "category_id": model.categories["this"],
    }  # fmt: skip
    id = await services.database.write(create, SYSTEM, values)
    if way == "copy":
        return await services.campaigns.copy(SYSTEM, id, "Копия")
    if way == "from_last":
        begun = sa.update(campaign).where(campaign.c.id == id).values(launched_at=now())
        await services.database.write(lambda connection: connection.execute(begun))
        of_category = await services.campaigns.issues.of(SYSTEM, model.categories["this"] or 0)
        assert of_category.last_id == id
        return await services.campaigns.copy(SYSTEM, of_category.last_id, "Новый выпуск")
    if way == "repeat":
        return await issue_of(services, id)
    return id


async def issue_of(services: Services, pattern_id: int) -> int:
    """The issue that a repeat makes of a campaign when its time has come."""
    due = {"every": "week", "day": 1, "at_time": "10:00", "zone": "Europe/Moscow", "enabled": True}

    def repeat(connection: sa.Connection) -> None:
        row = {"id": new_key(), "pattern_id": pattern_id, "issues": 0, "created_at": now(), **due}
        connection.execute(sa.insert(repeat_table).values(**row, next_at=now() - timedelta(seconds=1)))

    await services.database.write(repeat)
    await services.repeats.look()
    async with services.database.read() as connection:
        made = sa.select(campaign.c.id).where(campaign.c.repeat_id.is_not(None))
        return int((await connection.execute(made)).scalar_one())


async def hand_over(
    model: Model,
    campaign_id: int,
    way: Way,
    happening: Callable[[], Any],
    late: Callable[[], Any],
    between: Callable[[], Any],
) -> dict[int, dict[str, list[str]]]:
    """Drive a launch to its creation; the addresses given away by run and step, each checked as it goes.

    `late` happens when the service has every chunk. A second run begins where the plan is made anew
    ("again"), or where all was handed over ("retry").
    """
    services, category = model.services, model.categories["this"]
    assert category is not None
    around = Surroundings(services.modules, services.contacts, services.segments, services.templates)
    plan, launch = Plan(around, lambda _id: None), Launch(lambda _id: None, [])
    given: dict[int, dict[str, list[str]]] = {}
    told = False

    def begin(connection: sa.Connection, run: int) -> None:
        fresh: dict[str, Any] = {"planned_to": CLEAR, "planned_at": None, "creating_at": None}
        if run > 1 and way == "retry":
            row = connection.execute(sa.select(campaign).where(campaign.c.id == campaign_id)).one()
            fresh = new_run(connection, row, same_version=True)
        fresh |= {"state": State.PREPARING, "run": run}
        connection.execute(sa.update(campaign).where(campaign.c.id == campaign_id).values(**fresh))

    def go_on(connection: sa.Connection, run: int) -> bool:
        counts_as_it_looks(connection)
        following = launch.next(connection, campaign_id, run, ACCOUNT, "here", ())
        if following.do == "clear":
            plan.clear(connection, campaign_id, run)
        elif following.do == "plan":
            plan.plan(connection, campaign_id, run)
        elif following.do == "cut":
            plan.cut(connection, campaign_id, run, ACCOUNT)
        elif following.do == "chunks":
            for handed in following.chunks:
                give(connection, run, handed)
        elif following.do == "look":
            launch.look(connection, campaign_id, run)
        elif following.do == "create":
            nobody_refuses(connection)
            return False
        else:
            return False
        return True

    def has_all(connection: sa.Connection) -> bool:
        """Whether the service has every chunk."""
        here = sa.select(chunk.c.state).where(chunk.c.campaign_id == campaign_id)
        return set(connection.scalars(here)) == {"handed_over"}

    def counts_as_it_looks(connection: sa.Connection) -> None:
        """What the last look counts says the same as a look at each recipient."""
        row = connection.execute(sa.select(campaign).where(campaign.c.id == campaign_id)).one()
        for found in connection.execute(sa.select(chunk).where(chunk.c.campaign_id == campaign_id)).all():
            here = within(campaign_id, found)
            assert are_allowed(connection, row, here) == (not look_at(connection, row, here).left)

    def nobody_refuses(connection: sa.Connection) -> None:
        """Nothing is created of which somebody has said no before."""
        for key, text in connection.execute(
            sa.select(delivery.c.contact_id, address.c.normalised)
            .join(address, address.c.id == delivery.c.address_id)
            .where(delivery.c.campaign_id == campaign_id)
        ):
            assert not model.refuses(key, text, category), f"{key} at {text} stands in what is created"

    def give(connection: sa.Connection, run: int, handed: Handover) -> None:
        if handed.step == "withdraw":
            launch.withdrawn(connection, campaign_id, run, handed)
            return
        found = connection.execute(
            sa.select(delivery.c.contact_id, address.c.normalised)
            .join(address, address.c.id == delivery.c.address_id)
            .where(
                delivery.c.campaign_id == campaign_id, delivery.c.address_id.in_((handed.rows or {}).values())
            )
        ).all()
        for key, text in found:
            assert not model.refuses(key, text, category), f"{key} at {text} is written to"
        given.setdefault(run, {}).setdefault(handed.step, []).extend(text for _, text in found)
        launch.handed_over(connection, campaign_id, handed, Rejected())

    for run in (1, 2) if way in ("again", "retry") else (1,):
        if run == 2:
            await between()
        await services.database.write(begin, run)
        while await services.database.write(go_on, run):
            await happening()
            if not told and await services.database.write(has_all):
                told = True
                await late()
    return given


@pytest.mark.slow
@examples(
    max_examples=120,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    homes=st.lists(st.lists(emails, unique=True, max_size=2), min_size=4, max_size=4),
    before=st.lists(EVENTS, max_size=4),
    during=st.lists(EVENTS, max_size=5),
    late=st.lists(EVENTS, max_size=2),
    between=st.lists(EVENTS, max_size=2),
    way=st.sampled_from(WAYS),
)
# Rare by chance alone: who withdrew is merged into another, before the plan and after it.
@example(
    homes=HOMES,
    before=[("withdraw", 1, "this"), ("merge", 0, 1)],
    during=[],
    late=[],
    between=[],
    way="everybody",
)
@example(
    homes=HOMES,
    before=[("withdraw", 1, "all"), ("merge", 0, 1)],
    during=[],
    late=[],
    between=[],
    way="dynamic",
)
@example(homes=HOMES, before=[("block", 1), ("merge", 0, 1)], during=[], late=[], between=[], way="repeat")
@example(
    homes=HOMES,
    before=[],
    during=[("withdraw", 1, "this"), ("merge", 0, 1)],
    late=[],
    between=[],
    way="by_hand",
)
# Who unsubscribed comes back in a file, with a consent, and at another address.
@example(
    homes=HOMES,
    before=[("unsubscribe", EMAILS[0], "this"), ("move", 0, EMAILS[4])],
    during=[("import", EMAILS[0], True), ("consent_in_bulk",), ("import", EMAILS[4], True)],
    late=[],
    between=[],
    way="in_bulk",
)
# One example for each way and each word, so that every guard is looked at in every run.
@example(homes=HOMES, before=[("withdraw", 1, "this")], during=[], late=[], between=[], way="report")
@example(
    homes=HOMES,
    before=[("withdraw", 1, "this"), ("consent_in_bulk",)],
    during=[],
    late=[],
    between=[],
    way="everybody",
)
@example(
    homes=HOMES, before=[("unsubscribe", EMAILS[1], "this")], during=[], late=[], between=[], way="from_last"
)
@example(homes=HOMES, before=[("withdraw", 2, "this")], during=[], late=[], between=[], way="copy")
@example(
    homes=HOMES, before=[("stop", EMAILS[2], "all", "spam")], during=[], late=[], between=[], way="repeat"
)
@example(homes=HOMES, before=[], during=[], late=[], between=[("withdraw", 1, "this")], way="again")
@example(homes=HOMES, before=[], during=[], late=[], between=[("withdraw", 1, "this")], way="retry")
@example(
    homes=HOMES,
    before=[],
    during=[("unsubscribe", EMAILS[1], "this")] * 3,
    late=[],
    between=[],
    way="everybody",
)
@example(
    homes=HOMES,
    before=[],
    during=[("withdraw", n, "all") for n in range(4)],
    late=[],
    between=[],
    way="dynamic",
)
@example(
    homes=HOMES,
    before=[("withdraw", 1, "this"), ("file", EMAILS[1]), ("undo",)],
    during=[("file", EMAILS[1])],
    late=[],
    between=[],
    way="everybody",
)
@example(
    homes=HOMES,
    before=[("withdraw", 1, "this"), ("erase", 1), ("file", EMAILS[1])],
    during=[("import", EMAILS[1], True)],
    late=[],
    between=[],
    way="everybody",
)
# An address leaves whoever said no, by each door, and comes back in a file.
@example(
    homes=HOMES,
    before=[("withdraw", 1, "this"), ("move", 1, EMAILS[4]), ("file", EMAILS[1])],
    during=[("import", EMAILS[1], True)],
    late=[],
    between=[],
    way="everybody",
)
@example(
    homes=HOMES,
    before=[("block", 1), ("empty", 1), ("file", EMAILS[1])],
    during=[],
    late=[],
    between=[],
    way="dynamic",
)
@example(
    homes=HOMES,
    before=[("withdraw", 1, "all"), ("merge", 0, 1), ("move", 0, EMAILS[4]), ("file", EMAILS[1])],
    during=[],
    late=[],
    between=[],
    way="everybody",
)
@example(
    homes=[[EMAILS[0]], [], [EMAILS[2]], [EMAILS[3]]],
    before=[("add_by_file", 1, EMAILS[4]), ("withdraw", 1, "this"), ("undo",), ("file", EMAILS[4])],
    during=[],
    late=[],
    between=[],
    way="everybody",
)
@example(
    homes=[[EMAILS[0]], [EMAILS[0]], [EMAILS[2]], [EMAILS[3]]],
    before=[("withdraw", 1, "this"), ("erase", 1)],
    during=[],
    late=[],
    between=[],
    way="everybody",
)
# Each word that comes when the service has every chunk, and nothing is created yet.
@example(homes=HOMES, before=[], during=[], late=[("withdraw", 1, "this")], between=[], way="everybody")
@example(homes=HOMES, before=[], during=[], late=[("withdraw", 2, "all")], between=[], way="dynamic")
@example(homes=HOMES, before=[], during=[], late=[("block", 1)], between=[], way="by_hand")
@example(homes=HOMES, before=[], during=[], late=[("merge", 0, 1)], between=[], way="repeat")
@example(homes=HOMES, before=[], during=[], late=[("move", 0, EMAILS[4])], between=[], way="everybody")
@example(homes=HOMES, before=[], during=[], late=[("empty", 3)], between=[], way="everybody")
@example(
    homes=HOMES,
    before=[],
    during=[],
    late=[("stop", EMAILS[1], "all", "spam"), ("stop", EMAILS[2], "all", "hard_bounce")],
    between=[],
    way="everybody",
)
@example(homes=HOMES, before=[], during=[], late=[("unsubscribe", EMAILS[2], "this")], between=[], way="copy")
@example(
    homes=HOMES, before=[], during=[], late=[("move", 0, EMAILS[4])], between=[("block", 1)], way="retry"
)
async def test_whoever_said_no_is_in_no_audience_however_it_was_made(
    services: Services,
    browser: Browser,
    homes: list[list[str]],
    before: list[tuple[Any, ...]],
    during: list[tuple[Any, ...]],
    late: list[tuple[Any, ...]],
    between: list[tuple[Any, ...]],
    way: Way,
) -> None:
    planning.SLICE, usual = 2, planning.SLICE
    try:
        model = await populated(services, browser, homes)
        keys = list(model.people)
        for event in before[:2]:
            await model.tell(event)
        campaign_id = await campaign_by(
            model, way, [key for key in keys if key not in {*model.merged, *model.erased}]
        )
        for event in before[2:]:
            await model.tell(event)
        pending = iter(during)

        async def happening() -> None:
            if (event := next(pending, None)) is not None:
                await model.tell(event)

        async def meanwhile() -> None:
            for event in between:
                await model.tell(event)

        async def after_the_last_chunk() -> None:
            for event in late:
                await model.tell(event)

        given_away = await hand_over(model, campaign_id, way, happening, after_the_last_chunk, meanwhile)
        for run, steps in given_away.items():
            for step, texts in steps.items():
                assert len(set(texts)) == len(texts), f"{step} of run {run} names an address twice"
                assert UNTOUCHED in texts
        assert len(given_away) == (2 if way == "again" else 1)  # a retry gives away only what is missing
    finally:
        planning.SLICE = usual
