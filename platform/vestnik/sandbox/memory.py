"""What the standard library remembers from one call to the next, and how a worker forgets it.

A cache keeps the very objects that it was asked with. A module's own object in one would live on into the
next call: to be read there, or as a generator whose `finally` runs there and writes into that call's log.
"""

import functools
import gc
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

Forget = Callable[[], None]

# `re` has no public way to say which objects it may keep; this is the function behind all others.
_COMPILE: Final = "_compile"


def plain(text: Any) -> Any:
    """A text or bytes of exactly that type; anything else as it is."""
    if isinstance(text, str):
        return str(text)
    return bytes(text) if isinstance(text, bytes) else text


def keep_plain_patterns() -> None:
    """Has `re` remember plain texts and numbers, whatever a module made its pattern of."""
    compile_pattern: Callable[[Any, Any], Any] = getattr(re, _COMPILE)

    def compile_plain(pattern: Any, flags: Any) -> Any:
        return compile_pattern(plain(pattern), int(flags) if isinstance(flags, int) else flags)

    setattr(re, _COMPILE, compile_plain)


def caches_of(modules: Sequence[str]) -> list[Forget]:
    """What empties each cache of a function of these modules. To be asked before anything is frozen."""
    found = [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]
    return [each.cache_clear for each in found if getattr(each, "__module__", None) in modules]
