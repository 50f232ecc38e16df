"""Of which kinds a sync and its runs are, and what may be done with a run now."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from vestnik.http.errors import Text
from vestnik.lists.semantics import Mode

Source = Literal["contacts", "clients", "segment"]
SyncState = Literal["draft", "on", "off"]
Trigger = Literal["first", "schedule", "hand", "recompute", "retry", "plan"]

#: From every ten minutes to every week.
SHORTEST_MINUTES = 10
LONGEST_MINUTES = 10_080


class RunState(StrEnum):
    """Where a run is. `waiting`: it goes on when a person confirms it."""

    PLANNING = "planning"
    WAITING = "waiting"
    APPLYING = "applying"
    VERIFYING = "verifying"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


#: States in which the durable work goes on by itself.
WORKING = frozenset({RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING})
ENDED = frozenset({RunState.DONE, RunState.FAILED, RunState.STOPPED})

TITLES: dict[RunState, Text] = {
    RunState.PLANNING: {"ru": "составляется план", "en": "planning"},
    RunState.WAITING: {"ru": "ждёт подтверждения", "en": "waits for confirmation"},
    RunState.APPLYING: {"ru": "передаётся", "en": "being applied"},
    RunState.VERIFYING: {"ru": "сверяется", "en": "being verified"},
    RunState.DONE: {"ru": "завершён", "en": "done"},
    RunState.FAILED: {"ru": "не удался", "en": "failed"},
    RunState.STOPPED: {"ru": "остановлен", "en": "stopped"},
}

GET_LISTS = "CRM_Marketing_GetLists"
CREATE_LIST = "CRM_Marketing_CreateList"
SUBSCRIBERS = "CRM_Marketing_GetListSubscribers"
ADD = "CRM_Marketing_AddSubscribers"
REMOVE = "CRM_Marketing_RemoveSubscribers"
JOB = "CRM_Marketing_GetJob"
ACCOUNT = "CRM_Marketing_GetAccount"

#: Without these no list is synced in a mode.
NEEDED: dict[Mode, tuple[str, ...]] = {
    "exact": (SUBSCRIBERS, ADD, REMOVE),
    "merge": (SUBSCRIBERS, ADD),
    "subtract": (SUBSCRIBERS, REMOVE),
}
