"""Pictures of letters, fetched for the reader by the broker.

A link to a picture is signed, so that this is no open proxy, and needs no session: a sandboxed
document sends no cookies. What comes back is served only if its first bytes are those of a picture.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from vestnik.egress import Approval, Broker, EgressError, Exchange, FetchRequest, HostPolicy
from vestnik.egress.policy import Target
from vestnik.templates.errors import ImageRefused
from vestnik.vault import Vault

PICTURE_BYTES = 5_000_000
_TIMEOUT_S = 10.0
_REDIRECTS = 3
_PURPOSE = "template image"
_OWNER = "template images"

#: What may be reached on behalf of an account beyond the public web: the demo's simulator, for one.
AccountPolicy = Callable[[int], Awaitable[HostPolicy]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, its type read from its own bytes."""

    media_type: str
    body: bytes


class Images:
    """Signs links to pictures and fetches what they name."""

    def __init__(
        self,
        broker: Broker,
        vault: Vault,
        own_listeners: Sequence[tuple[str, int]],
        account_policy: AccountPolicy | None,
    ) -> None:
        self._broker, self._vault = broker, vault
        self._own_listeners, self._account_policy = own_listeners, account_policy

    def link(self, template_id: int, url: str) -> str:
        """The path under which a picture of a letter is fetched."""
        named = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
        return f"/api/v1/templates/{template_id}/image?u={named}.{self._sign(template_id, url)}"

    async def linked(self, template_id: int, account_id: int, signed: str) -> Picture:
        """The picture that `link` named; raises `ImageRefused`."""
        named, _, signature = signed.partition(".")
        try:
            url = base64.urlsafe_b64decode(named + "=" * (-len(named) % 4)).decode()
        except ValueError:  # not base64, or not UTF-8
            raise ImageRefused() from None
        if not hmac.compare_digest(signature.encode(), self._sign(template_id, url).encode()):
            raise ImageRefused()
        return await self.fetch(account_id, url)

    async def fetch(self, account_id: int, url: str) -> Picture:
        """The picture at `url`; raises `ImageRefused` for anything else."""
        try:
            for _ in range(_REDIRECTS + 1):
                exchange = await self._exchange(account_id, url)
                location = exchange.header("location")
                if not 300 <= exchange.status < 400 or location is None:
                    break
                url = urljoin(url, location)
        except (EgressError, ValueError):  # ValueError: an address that can't be one, such as port 0
            raise ImageRefused() from None
        media_type = picture_type(exchange.body)
        if not exchange.ok or media_type is None or len(exchange.body) > PICTURE_BYTES:
            raise ImageRefused()
        return Picture(media_type, exchange.body)

    async def _exchange(self, account_id: int, url: str) -> Exchange:
        # Each hop is approved by itself: any public host, or one that is approved for the account.
        target = Target.of(url)
        policy = HostPolicy([Approval(target.scheme, target.host, target.port)], self._own_listeners)
        if self._account_policy is not None:
            own = await self._account_policy(account_id)
            if any(approval.covers(target) for approval in own.approvals):
                policy = own
        request = FetchRequest("GET", url, timeout_s=_TIMEOUT_S, follow_redirects=False)
        return await self._broker.fetch(request, policy=policy, owner=_OWNER)

    def _sign(self, template_id: int, url: str) -> str:
        return self._vault.keyed_hash(_PURPOSE, f"{template_id}:{url}")[:32]


def picture_type(body: bytes) -> str | None:
    """The media type that the first bytes show; None for what is no picture. SVG can act, so it is none."""
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    if body[4:12] == b"ftypavif":
        return "image/avif"
    return None
