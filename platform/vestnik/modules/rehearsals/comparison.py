"""How a draft's answer differs from the live version's: in the result, and in the actions of a webhook."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from vestnik.modules.recordings.documents import canonical
from vestnik.modules.replays.differences import DIFFERENCES, Difference, differences

PARSE = "CRM_Marketing_ParseWebhookRequest"

Action = Mapping[str, Any]
Key = Callable[[Action], Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where two results differ, and how many actions are lost, changed and added."""

    differences: Sequence[Difference] = ()
    lost: int = 0
    changed: int = 0
    added: int = 0


def compare(function: str, before: Any, after: Any) -> Comparison:
    """Compare two results; those of a webhook by their actions first, in whatever order they stand."""
    if function != PARSE:
        return Comparison(differences(before, after))
    old, new = _actions(before), _actions(after)
    pairs, lost, added = _paired(old, new)
    changed = [(one, two) for one, two in pairs if canonical(old[one]) != canonical(new[two])]
    if not (changed or lost or added):  # the same actions: then their order, and the answer to the service
        return Comparison(differences(before or {}, after or {}))
    found = chain(
        (Difference(f"$.actions[{index}]", old[index], None, "after") for index in lost),
        (
            replace(each, path=f"$.actions[{one}]{each.path[1:]}")
            for one, two in changed
            for each in differences(old[one], new[two])
        ),
        (Difference(f"$.actions[{index}]", None, new[index], "before") for index in added),
        differences(_without_actions(before), _without_actions(after)),
    )
    return Comparison(list(islice(found, DIFFERENCES)), len(lost), len(changed), len(added))


def actions_in(function: str, result: Any) -> int:
    """How many actions a result asks for."""
    return len(_actions(result)) if function == PARSE else 0


def _actions(result: Any) -> Sequence[Action]:
    return (result or {}).get("actions") or []


def _without_actions(result: Any) -> dict[str, Any]:
    return {name: value for name, value in (result or {}).items() if name != "actions"}


def _paired(
    old: Sequence[Action], new: Sequence[Action]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Which action became which, and those without a partner: equal ones first, then by their subject."""
    left, right = list(range(len(old))), list(range(len(new)))
    pairs: list[tuple[int, int]] = []
    for key in _KEYS:
        waiting: defaultdict[Any, deque[int]] = defaultdict(deque)
        for index in left:
            waiting[key(old[index])].append(index)
        waiting.pop(None, None)
        alone = []
        for index in right:
            partners = waiting.get(key(new[index]))
            if partners:
                pairs.append((partners.popleft(), index))
            else:
                alone.append(index)
        taken = {one for one, _ in pairs}
        left, right = [index for index in left if index not in taken], alone
    return sorted(pairs), left, right


def _about(*names: str) -> Key:
    """A key of the action's type and these fields; None where it has none of them."""

    def key(action: Action) -> Any:
        values = [action.get(name) for name in names]
        return None if not any(values) else canonical([action.get("type"), *values])

    return key


_KEYS: Sequence[Key] = (
    canonical,
    _about("eventId"),
    _about("messageExternalId", "campaignExternalId", "externalId", "email", "phone"),
    _about("messageExternalId"),
    _about("email", "phone"),
)
