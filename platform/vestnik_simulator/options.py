"""What can be set when a simulator is started. Every limit has the real service's value as its default."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

Moderation = Literal["none", "automatic", "manual"]

DEMO_API_KEY = "6demo5vestnik4simulator3key2of1unisender00"
SECOND_API_KEY = "6second5vestnik4simulator3key2unisender000"


@dataclass(frozen=True)
class AccountOptions:
    """One login at the simulated service."""

    login: str
    api_key: str
    email: str
    senders: tuple[tuple[str, str], ...] = ()
    """Pairs (address, name) that are verified and may stand in From."""
    emails_paid: int = 250_000


DEFAULT_ACCOUNTS = (
    AccountOptions(
        login="mayak",
        api_key=DEMO_API_KEY,
        email="owner@mayak-books.example",
        senders=(
            ("news@mayak-books.example", "Книжный дом «Маяк»"),
            ("events@mayak-books.example", "Афиша «Маяка»"),
        ),
    ),
    AccountOptions(
        login="veter",
        api_key=SECOND_API_KEY,
        email="owner@veter-sport.example",
        senders=(("hello@veter-sport.example", "Спорттовары «Ветер»"),),
        emails_paid=5_000,
    ),
)


@dataclass(frozen=True)
class ClientOptions:
    """One client at the simulated Campaign Monitor."""

    client_id: str
    api_key: str
    name: str
    email: str
    zone: str = "Europe/Moscow"
    zone_title: str = "(GMT+03:00) Moscow, St. Petersburg, Volgograd"
    credits: int = 5_000


DEFAULT_CLIENTS = (
    ClientOptions(
        client_id="4a397ccaaa55eb4e6aa1221e1e2d7122",
        api_key="9demo8vestnik7simulator6key5of4campaign3monitor",
        name="Книжный дом «Маяк»",
        email="owner@mayak-books.example",
    ),
)


@dataclass(frozen=True)
class Mix:
    """Shares of what happens to letters; each is a share of the line named before it."""

    failed: float = 0.04
    """Of all letters: refused by the recipient's server."""
    read: float = 0.42
    """Of the delivered."""
    clicked: float = 0.24
    """Of the read."""
    unsubscribed: float = 0.02
    """Of the read."""
    spam: float = 0.006
    """Of the read: the recipient pressed "this is spam"."""


@dataclass(frozen=True)
class Options:
    """Settings of one simulator."""

    data: Path | None = None
    """Folder of the database; None keeps everything in memory."""
    accounts: tuple[AccountOptions, ...] = DEFAULT_ACCOUNTS
    clients: tuple[ClientOptions, ...] = DEFAULT_CLIENTS
    """Of the simulated Campaign Monitor."""
    seed: int = 1
    """The same seed gives every address of every campaign the same fate."""
    mix: Mix = field(default_factory=Mix)

    webhook_rate: float = 0.0
    """Events a second over all hooks; 0 is as fast as the receiver answers."""
    webhook_batch: int = 10
    """Events in one body, unless the hook asks for single_event."""
    webhook_timeout_s: float = 3.0
    retry_interval_s: float = 600.0
    retry_window_s: float = 86_400.0
    """A hook that has failed for so long is stopped."""
    name_campaign: bool = True
    """Whether email_status events carry campaign_id; a captured real body (2017) has none."""

    moderation: Moderation = "none"
    """What happens to a campaign without a marker in its subject."""
    moderation_s: float = 3.0
    """How long automatic moderation takes."""
    start_delay_s: float = 0.3
    """Between `scheduled` and `in_progress`."""
    send_rate: float = 0.0
    """Recipients a second of one campaign; 0 is as fast as possible."""

    latency_s: float = 0.0
    """How long every API call takes, beside its work."""
    calls_per_minute: int = 1200
    campaigns_per_minute: int = 100
    exports_per_minute: int = 20
    export_s: float = 0.2
    """How long an asynchronous export takes."""
    templates: int = 66
    """User templates of the first account."""

    def __post_init__(self) -> None:
        keys = [account.api_key for account in self.accounts]
        if not keys or len(set(keys)) != len(keys):
            raise ValueError("accounts need API keys of their own")
        if self.webhook_batch < 1:
            raise ValueError("webhook_batch is at least 1")

    def changed(self, **changes: Any) -> "Options":
        """The same settings with some replaced."""
        return dataclasses.replace(self, **changes)


def parse_accounts(text: str) -> tuple[AccountOptions, ...]:
    """Accounts from JSON: `[{"login", "api_key", "email", "senders": [["address", "name"]]}]`."""
    return msgspec.json.decode(text, type=tuple[AccountOptions, ...])
