"""Brokered HTTP for modules, and sealed secrets.

Imports nothing else of ours. `Broker.fetch` is the one way out; `SealedCall` holds the secrets of one call.
"""

from vestnik.egress.addresses import Resolver, SystemResolver
from vestnik.egress.broker import Broker, BrokerOptions
from vestnik.egress.errors import (
    EgressError,
    FetchFailed,
    ForbiddenHost,
    InvalidRequest,
    RetryLater,
    SealedRefused,
    SecretNotAllowed,
    SpoolGone,
)
from vestnik.egress.exchange import BodyPreview, Exchange, ExchangeTrace, Timings
from vestnik.egress.lanes import Budget
from vestnik.egress.masks import Masker
from vestnik.egress.pacing import Clock, SharedBudgets
from vestnik.egress.policy import Approval, HostPolicy, Target, is_private, refusal_at_sight
from vestnik.egress.requests import Draft, FetchRequest
from vestnik.egress.sealed import SHORTEST_SECRET, SealedCall, SealedSecret, check_public_pattern, public_part
from vestnik.egress.spool import Spooled, SpoolStore

__all__ = [
    "Approval",
    "BodyPreview",
    "Broker",
    "BrokerOptions",
    "Budget",
    "Clock",
    "Draft",
    "EgressError",
    "Exchange",
    "ExchangeTrace",
    "FetchFailed",
    "FetchRequest",
    "ForbiddenHost",
    "HostPolicy",
    "InvalidRequest",
    "Masker",
    "Resolver",
    "RetryLater",
    "SHORTEST_SECRET",
    "SealedCall",
    "SealedRefused",
    "SealedSecret",
    "SecretNotAllowed",
    "SharedBudgets",
    "SpoolGone",
    "SpoolStore",
    "Spooled",
    "SystemResolver",
    "Target",
    "Timings",
    "check_public_pattern",
    "is_private",
    "refusal_at_sight",
    "public_part",
]
