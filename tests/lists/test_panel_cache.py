"""What services told lately: how much of it is kept, and for how long."""

from __future__ import annotations

import asyncio

from vestnik.lists.panel_cache import Answers


def answers(*, kept_s: float = 60.0, most: int = 10) -> Answers[str, str]:
    """Answers of a service that repeats what it is asked."""

    async def ask(key: str) -> str:
        return key

    return Answers(ask, fresh_s=60.0, kept_s=kept_s, failed_s=10.0, deadline_s=5.0, most=most)


async def test_no_more_than_so_many_answers_are_kept_the_newest() -> None:
    kept = answers(most=3)

    for number in range(5):
        await kept.get(str(number))

    assert (len(kept), (await kept.get("4")).value) == (3, "4")
    await kept.stop()


async def test_an_old_answer_is_forgotten_even_when_nobody_asks_any_more() -> None:
    kept = answers(kept_s=0.05)
    await kept.get("anna")

    async with asyncio.timeout(10):
        while len(kept):
            await asyncio.sleep(0.01)

    await kept.stop()


async def test_what_was_asked_before_a_change_is_not_told_after_it() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    told = iter(("before", "after"))

    async def ask(key: str) -> str:
        word = next(told)
        begun.set()
        if word == "before":
            await go_on.wait()
        return word

    kept = Answers(ask, fresh_s=60.0, kept_s=60.0, failed_s=10.0, deadline_s=5.0, most=10)
    reader = asyncio.create_task(kept.get("anna"))
    await begun.wait()
    kept.drop("anna")
    go_on.set()

    assert (await reader).value == "after"
    await kept.stop()
