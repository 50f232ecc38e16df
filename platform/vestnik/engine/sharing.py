"""How processes divide the places that an account has at its provider: a plain function of who wants what."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

#: A process with an urgent request is served as if it had waited for so much longer.
URGENT_AHEAD_S = 5.0


class Claim(msgspec.Struct, frozen=True):
    """What one process holds and wants, when it had a place last, and until when all of that counts."""

    held: int
    wanted: int
    urgent: bool
    served_us: int
    until_us: int


def divided(size: int, claims: Mapping[str, Claim]) -> dict[str, int]:
    """How many of `size` places each is to have: one in turn, the one served longest ago first."""

    def turn(name: str) -> tuple[int, str]:
        claim = claims[name]
        return claim.served_us - (round(URGENT_AHEAD_S * 1e6) if claim.urgent else 0), name

    targets = dict.fromkeys(claims, 0)
    hungry = sorted((name for name in claims if claims[name].wanted > 0), key=turn)
    left = size
    while left and hungry:
        for name in hungry[:left]:
            targets[name] += 1
            left -= 1
        hungry = [name for name in hungry if targets[name] < claims[name].wanted]
    return targets


def claimed(
    size: int,
    claims: Mapping[str, Claim],
    own: str,
    now_us: int,
    *,
    in_use: int,
    wanted: int,
    urgent: bool,
    lease_us: int,
) -> tuple[int, dict[str, Claim]]:
    """How many places `own` may use now, and what all claim from then on.

    Nobody is taken a place that it holds: what it should give up it gives up by itself, when a request of
    its ends. Of places that nobody wants it keeps half ready. What is over is forgotten.
    """
    live = {name: claim for name, claim in claims.items() if name != own and claim.until_us > now_us}
    held = sum(claim.held for claim in live.values())
    before = claims.get(own)
    if in_use or (before is not None and before.held):
        served_us = now_us
    else:
        served_us = 0 if before is None else before.served_us
    mine = Claim(in_use, wanted, urgent, served_us, now_us + lease_us)
    targets = divided(size, {**live, own: mine})
    meant = sum(max(claim.held, targets[name]) for name, claim in live.items()) + targets[own]
    spare = (max(0, size - meant) + 1) // 2
    allowed = max(0, min(targets[own] + spare, size - held))
    mine = msgspec.structs.replace(mine, held=max(in_use, allowed))
    return allowed, {**live, own: mine}
