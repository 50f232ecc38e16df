"""The language of rules, and its one SELECT.

    rule       = {"combinator": "and" | "or", "rules": [rule | condition, …], "not": true | false}
    condition  = {"field": "custom.city", "operator": "=", "value": "Москва"}

The shape is that of the visual builder (react-querybuilder). An empty group is everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vestnik.contacts.tables import contact
from vestnik.segments.actual import Told
from vestnik.segments.conditions import Condition, Now, Predicate, Yes
from vestnik.segments.errors import InvalidRule

EVERYBODY: Mapping[str, Any] = {"combinator": "and", "rules": []}

_DEEPEST = 8
_MOST_CONDITIONS = 100


def select_members(rule: Mapping[str, Any], known: Mapping[str, Condition], now: Now) -> sa.Select[Any]:
    """The contacts that a rule picks, as column `contact_id`; raises `InvalidRule`."""
    if sum(1 for _ in _conditions(rule)) > _MOST_CONDITIONS:
        raise InvalidRule.at("$", "too_many")
    picked = _group(rule, known, now, "$", 0)
    return sa.select(contact.c.id.label("contact_id")).where(contact.c.merged_into.is_(None), picked)


def select_verdicts(
    rule: Mapping[str, Any], known: Mapping[str, Condition], now: Now, contact_id: int
) -> sa.Select[Any]:
    """One row for a contact: whether each condition of a rule holds, in the order they are written."""
    leaves = [_condition(node, known, now, path) for node, path in _leaves(rule, "$")]
    verdicts = [sa.func.coalesce(each, sa.false()).label(f"c{n}") for n, each in enumerate(leaves)]
    return sa.select(contact.c.merged_into, *verdicts).select_from(contact).where(contact.c.id == contact_id)


def actuals(
    rule: Mapping[str, Any], known: Mapping[str, Condition], connection: sa.Connection, contact_id: int
) -> list[Told | None]:
    """What a contact has where each condition compares, in the order they are written; None: not told."""
    found: list[Told | None] = []
    for node, _ in _leaves(rule, "$"):
        read = known[node["field"]].actual
        told = None if read is None else read(connection, contact_id, node["operator"], node.get("value"))
        found.append(told)
    return found


def explained(
    rule: Mapping[str, Any], verdicts: Sequence[bool], actual: Sequence[Told | None]
) -> dict[str, Any]:
    """The rule with `holds` at every condition and group, and what the contact has at every condition;
    both as `select_verdicts` and `actuals` told them."""
    return _explained(rule, iter(verdicts), iter(actual))


def asks_for(rule: Mapping[str, Any], field: str, value: str) -> bool:
    """Whether a condition of the rule compares the field with this value, or with several and this one."""
    compared = (node.get("value") for node, _ in _leaves(rule, "$") if node["field"] == field)
    return any(value in each if isinstance(each, list) else value == each for each in compared)


def _explained(
    node: Mapping[str, Any], verdicts: Iterator[bool], actual: Iterator[Told | None]
) -> dict[str, Any]:
    if "rules" not in node:
        return {**node, "holds": bool(next(verdicts)), "actual": next(actual)}
    rules = [_explained(each, verdicts, actual) for each in node["rules"]]
    parts = [each["holds"] for each in rules]
    joined = not parts or (all(parts) if node["combinator"] == "and" else any(parts))
    return {**node, "rules": rules, "holds": joined is not (node.get("not") is True)}


def _leaves(node: Mapping[str, Any], path: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    for number, each in enumerate(node["rules"]):
        here = f"{path}.rules[{number}]"
        if "rules" in each:
            yield from _leaves(each, here)
        else:
            yield each, here


def _conditions(node: Any) -> Iterator[Any]:
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, Mapping) and isinstance(each.get("rules"), list):
            stack.extend(each["rules"])
        else:
            yield each


def _group(
    node: Mapping[str, Any], known: Mapping[str, Condition], now: Now, path: str, depth: int
) -> Predicate:
    if depth > _DEEPEST:
        raise InvalidRule.at(path, "too_deep")
    if not isinstance(node, Mapping) or not isinstance(node.get("rules"), list):
        raise InvalidRule.at(path, "not_a_rule")
    if node.get("combinator") not in ("and", "or"):
        raise InvalidRule.at(f"{path}.combinator", "combinator")
    parts = [
        _group(each, known, now, f"{path}.rules[{n}]", depth + 1)
        if isinstance(each, Mapping) and "rules" in each
        else _condition(each, known, now, f"{path}.rules[{n}]")
        for n, each in enumerate(node["rules"])
    ]
    # What the row itself tells comes first: often nothing need be looked up then, nor its document read.
    parts.sort(key=lambda part: (_looks_up(part), not isinstance(part, Yes)))
    if not parts:
        joined: Predicate = sa.true()
    else:
        joined = sa.and_(*parts) if node["combinator"] == "and" else sa.or_(*parts)
    # A comparison with what is not there is unknown to SQL; to a person it does not hold.
    return sa.func.coalesce(joined, sa.false()).is_(sa.false()) if node.get("not") is True else joined


def _looks_up(predicate: Predicate) -> bool:
    return any(isinstance(each, sa.SelectBase) for each in sa.sql.visitors.iterate(predicate))


def _condition(node: Any, known: Mapping[str, Condition], now: Now, path: str) -> Predicate:
    if not isinstance(node, Mapping):
        raise InvalidRule.at(path, "not_a_rule")
    field = node.get("field")
    condition = known.get(field) if isinstance(field, str) else None
    if condition is None:
        unknown = InvalidRule.at(f"{path}.field", "field", {"en": str(field)})
        unknown.field = str(field)
        raise unknown
    operator = next((each for each in condition.operators if each == node.get("operator")), None)
    if operator is None:
        raise InvalidRule.at(f"{path}.operator", "operator", condition.title)
    try:
        return condition.compile(operator, node.get("value"), now)
    except (ValueError, TypeError, OverflowError):
        raise InvalidRule.at(f"{path}.value", "value", condition.title) from None
