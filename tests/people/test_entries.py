"""Every entry of every service, called as every role: who lacks the right is refused before anything happens.

The services are found by looking through whatever `app.py` plugs together, and their entries by the actor
that they take. Each is called with arguments that can't even be looked at, on a database that is
nowhere: so a refusal that comes is the first thing that the entry does.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from vestnik.app import build_services
from vestnik.http.errors import Forbidden
from vestnik.people.access import RIGHTS, ROLES, Actor, rights_of
from vestnik.settings import Settings

_CALLER = "a part of units of work and of entries that have asked for the right themselves"
_CHOOSES = (
    "tells which accounts the actor may choose: none is a right of its own, and NotFound hides the rest"
)
_ONESELF = "everybody may see and change themselves; for anybody else the right is asked for by the key"
#: Entries that take an actor and ask for no right, or look at something first, each with its reason.
NO_RIGHT: Mapping[str, str] = {
    "vestnik.contacts.imports.service.Imports.begin": _CALLER,
    "vestnik.intake.collectors.service.Collectors.add_name": _CALLER,
    "vestnik.intake.doors.service.Doors.add_name": _CALLER,
    "vestnik.intake.inputs.service.Inputs.take": "doors call it, with whoever came by them: a site, a letter",
    "vestnik.intake.inputs.service.Inputs.take_in": _CALLER,
    "vestnik.intake.leads.service.Leads.accept": _CALLER,
    "vestnik.intake.leads.service.Leads.update_from": _CALLER,
    "vestnik.lists.panel.Panel.account": _CHOOSES,
    "vestnik.lists.panel.Panel.mends": _CHOOSES,
    "vestnik.lists.panel.Panel.subject_again": "of one contact, subject() asks for the right",
    "vestnik.lists.panel.Panel.unlisted": _CALLER,
    "vestnik.lists.panel.Panel.words": _CALLER,
    "vestnik.lists.schedules.Schedules.recompute": _CALLER,
    "vestnik.modules.accounts.service.Accounts.require_sight": _CHOOSES,
    "vestnik.modules.accounts.service.Accounts.require_use": _CHOOSES,
    "vestnik.modules.accounts.service.Accounts.usable": _CHOOSES,
    "vestnik.modules.replays.kept_tests.KeptTests.delete": _CALLER,
    "vestnik.modules.replays.kept_tests.KeptTests.save": _CALLER,
    "vestnik.modules.service.Modules.require_use": _CHOOSES,
    "vestnik.modules.studio.library.Library.escaped": "what the walls saw is noted, whoever ran the text",
    "vestnik.modules.studio.workbench.Workbench.call": "the right depends on what is to be shown: below",
    "vestnik.people.factors.Factors.confirm": _ONESELF,
    "vestnik.people.factors.Factors.enrol": _ONESELF,
    "vestnik.people.factors.Factors.own": _ONESELF,
    "vestnik.people.factors.Factors.renew_codes": _ONESELF,
    "vestnik.people.factors.Factors.turn_off": _ONESELF,
    "vestnik.people.open_sessions.OpenSessions.end_others": _ONESELF,
    "vestnik.people.open_sessions.OpenSessions.end_own": _ONESELF,
    "vestnik.people.open_sessions.OpenSessions.own": _ONESELF,
    "vestnik.people.sessions.Sessions.check_password": _ONESELF,
    "vestnik.people.users.Users.change": _ONESELF,
    "vestnik.people.users.Users.get": _ONESELF,
    "vestnik.people.users.Users.set_own_password": _ONESELF,
    "vestnik.plugs.ModulesForCampaigns.may_use": _CHOOSES,
    "vestnik.plugs.ModulesForCampaigns.sending_accounts": _CHOOSES,
}
#: Entries that either of two rights opens; who has neither is told of the other one.
EITHER: Mapping[str, str] = {
    "vestnik.people.users.Users.working": "accounts.connect",
    "vestnik.intake.inputs.service.Inputs.read_again": "intake.manage",
    "vestnik.intake.inputs.service.Inputs.set_aside": "intake.manage",
}
#: The same of all that changes an account: one's own with the lesser right.
ACCOUNTS = ("accounts.manage", "accounts.connect")


class Untouchable:
    """An argument that nobody looks at who has not been let in."""

    def __getattribute__(self, name: str) -> Any:
        raise Touched(name)

    def _touch(self, *_: Any, **__: Any) -> Any:
        raise Touched("an operator")

    __bool__ = __len__ = __iter__ = __lt__ = __gt__ = __le__ = __ge__ = __add__ = __contains__ = _touch
    __eq__ = __hash__ = __str__ = __format__ = __int__ = __getitem__ = __sub__ = _touch


class Touched(BaseException):
    """Somebody looked at an argument; no `except Exception` hides it."""


def actor_of(rights: frozenset[str]) -> Actor:
    return Actor(user_id=2**60, name="кто-то", rights=rights)


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Callable[..., Any]]:
    """Every method that takes an actor, by the name of its class."""
    folder = tmp_path_factory.mktemp("entries")
    nowhere = "postgresql://nobody@127.0.0.1:1/never"
    services = build_services(Settings(database_url=nowhere, data_dir=folder))
    found: dict[str, Callable[..., Any]] = {}
    for service in parts_of(services, set()):
        for name, method in inspect.getmembers(type(service), inspect.isfunction):
            if not name.startswith("_") and takes_an_actor(method):
                found[f"{type(service).__module__}.{type(service).__name__}.{name}"] = getattr(service, name)
    return found


def parts_of(whole: Any, seen: set[int]) -> Iterator[Any]:
    """An object of ours and every object of ours that it holds, each once."""
    if not type(whole).__module__.startswith("vestnik.") or id(whole) in seen or isinstance(whole, type):
        return
    seen.add(id(whole))
    yield whole
    names = {field.name for field in dataclasses.fields(whole)} if dataclasses.is_dataclass(whole) else set()
    for name in {*names, *getattr(whole, "__dict__", {}), *getattr(type(whole), "__slots__", ())}:
        if hasattr(whole, name):
            yield from parts_of(getattr(whole, name), seen)


def takes_an_actor(method: Callable[..., Any]) -> bool:
    return any(
        str(each.annotation).endswith(("Actor", "Doer")) or each.name == "actor"
        for each in list(inspect.signature(method).parameters.values())[1:]
    )


def outcome(method: Callable[..., Any], actor: Actor) -> str:
    """The right that the entry refused for want of, or what it did instead."""
    signature = inspect.signature(method)
    given = {
        name: actor if str(each.annotation).endswith(("Actor", "Doer")) or name == "actor" else Untouchable()
        for name, each in signature.parameters.items()
        if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    }

    async def call() -> None:
        answer = method(**given)
        if inspect.isasyncgen(answer):
            await anext(answer)
        elif inspect.isawaitable(answer):
            await answer

    try:
        asyncio.run(call())
    except Forbidden as refused:
        return str(refused.values["right"])
    except (Exception, Touched) as error:
        return f"went on: {type(error).__name__}"
    return "went on: answered"


def test_whoever_has_no_right_is_refused_before_anything_else_happens(
    entries: Mapping[str, Callable[..., Any]],
) -> None:
    assert len(entries) > 300
    went_on = {
        name for name, method in entries.items() if outcome(method, actor_of(frozenset())) not in RIGHTS
    }
    assert went_on == set(NO_RIGHT)


def test_every_role_is_let_in_by_its_rights_and_by_nothing_else(
    entries: Mapping[str, Callable[..., Any]],
) -> None:
    wrong = set()
    for name, method in entries.items():
        if name in NO_RIGHT:
            continue
        asked = outcome(method, actor_of(frozenset()))
        opens = {asked, ACCOUNTS[1] if asked == ACCOUNTS[0] else EITHER.get(name, asked)}
        for role in ROLES:
            rights = rights_of([role])
            said = outcome(method, actor_of(rights))
            # Whom the first right lets in may be refused for want of a second one, which they do lack.
            right = said not in rights if rights & opens else said == asked
            if not right:
                wrong.add((name, role, said))
    assert wrong == set()


def test_to_see_what_a_call_held_takes_the_right_to_write_modules(
    entries: Mapping[str, Callable[..., Any]],
) -> None:
    call = entries["vestnik.modules.studio.workbench.Workbench.call"]
    for reveal, right in ((False, "modules.read"), (True, "modules.write")):
        with pytest.raises(Forbidden) as refused:
            asyncio.run(call(actor_of(RIGHTS - {right}), 1, 1, reveal=reveal))
        assert refused.value.values["right"] == right


def test_nobody_sees_or_changes_another_person_without_the_right(
    entries: Mapping[str, Callable[..., Any]],
) -> None:
    users, actor = "vestnik.people.users.Users", actor_of(RIGHTS - {"users.manage"})
    for call in (
        entries[f"{users}.get"](actor, 1),
        entries[f"{users}.change"](actor, 1, {"name": "x"}),
        entries[f"{users}.change"](actor, actor.user_id, {"roles": ["administrator"]}),
        entries[f"{users}.change"](actor, actor.user_id, {"disabled": True}),
    ):
        with pytest.raises(Forbidden) as refused:
            asyncio.run(call)
        assert refused.value.values["right"] == "users.manage"
