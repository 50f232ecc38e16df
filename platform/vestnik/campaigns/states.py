"""The states of a campaign and every way from one to another.

draft <─> scheduled ──> preparing ──> moderation ──> sending ──> sent
             │              │              │             │
             └── paused <───┤              ├── declined  ├── paused (at the service)
                            ├── failed     └── cancelled └── cancelled, failed
                            └── unclear: CreateCampaign may or may not have reached the service
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from vestnik.http.errors import Text


class State(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PREPARING = "preparing"
    MODERATION = "moderation"
    SENDING = "sending"
    SENT = "sent"
    PAUSED = "paused"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    FAILED = "failed"
    UNCLEAR = "unclear"


_AT_SERVICE = frozenset(
    {
        State.MODERATION,
        State.SENDING,
        State.SENT,
        State.PAUSED,
        State.DECLINED,
        State.CANCELLED,
        State.FAILED,
    }
)

#: The words of the interface for them.
TITLES: Mapping[State, Text] = {
    State.DRAFT: {"ru": "Черновик", "en": "Draft"},
    State.SCHEDULED: {"ru": "Запланирована", "en": "Scheduled"},
    State.PREPARING: {"ru": "Подготовка", "en": "Preparing"},
    State.MODERATION: {"ru": "На модерации", "en": "In moderation"},
    State.SENDING: {"ru": "Отправляется", "en": "Sending"},
    State.SENT: {"ru": "Отправлена", "en": "Sent"},
    State.PAUSED: {"ru": "Приостановлена", "en": "Paused"},
    State.DECLINED: {"ru": "Отклонена", "en": "Declined"},
    State.CANCELLED: {"ru": "Отменена", "en": "Cancelled"},
    State.FAILED: {"ru": "Ошибка", "en": "Failed"},
    State.UNCLEAR: {"ru": "Требует проверки", "en": "Needs a check"},
}

#: The one table of transitions: state -> the states that may follow it.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SCHEDULED, State.PREPARING}),
    State.SCHEDULED: frozenset({State.DRAFT, State.PREPARING, State.PAUSED, State.CANCELLED}),
    State.PREPARING: _AT_SERVICE | {State.UNCLEAR},
    State.MODERATION: _AT_SERVICE - {State.MODERATION},
    State.SENDING: _AT_SERVICE - {State.SENDING},
    State.PAUSED: (_AT_SERVICE - {State.PAUSED}) | {State.SCHEDULED, State.PREPARING},
    State.DECLINED: frozenset({State.PREPARING, State.CANCELLED}),
    State.FAILED: frozenset({State.PREPARING, State.CANCELLED}),
    State.UNCLEAR: _AT_SERVICE | {State.PREPARING},
    State.SENT: frozenset(),
    State.CANCELLED: frozenset(),
}

#: Transitions that begin a new run: what an earlier run still does no longer counts.
NEW_RUN: frozenset[tuple[State, State]] = frozenset(
    {
        (State.PAUSED, State.PREPARING),
        (State.PAUSED, State.SCHEDULED),
        (State.FAILED, State.PREPARING),
        (State.DECLINED, State.PREPARING),
        (State.UNCLEAR, State.PREPARING),
    }
)

#: In these states the provider has the campaign, and is asked how it goes.
TRACKED = frozenset({State.MODERATION, State.SENDING})

#: Nothing follows, or only what a person asks for.
FINISHED = frozenset({State.SENT, State.DECLINED, State.CANCELLED, State.FAILED})

#: A draft, or a campaign that has not begun, may still be changed.
EDITABLE = frozenset({State.DRAFT})

#: The contract's CampaignStatus -> our state; a provider's draft says nothing about ours.
OF_SERVICE: Mapping[str, State] = {
    "moderation": State.MODERATION,
    "declined": State.DECLINED,
    "scheduled": State.SENDING,
    "sending": State.SENDING,
    "sent": State.SENT,
    "paused": State.PAUSED,
    "cancelled": State.CANCELLED,
    "failed": State.FAILED,
}


def may_follow(state: State, following: State) -> bool:
    """Whether `following` may come after `state`."""
    return following in TRANSITIONS[state]
