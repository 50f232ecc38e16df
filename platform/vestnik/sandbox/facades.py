"""What a module may import and which built-ins it has: explicit names, nothing else.

Of 32 modules of the standard library that look harmless, 13 lead to `sys`, `os` or `builtins` through public
names when they are handed over live (`re.enum.sys`, `json.codecs.sys`, `uuid.os` ...). So a module never gets
one: it gets a Facade with the names below. Left out on purpose: operator.attrgetter and methodcaller,
string.Formatter, decimal's contexts, functools.wraps, re.Scanner, time.sleep, enum, dataclasses (exec),
inspect, types, contextlib.
"""

import base64
import builtins
import copy
import enum
import importlib
import re
import string
import types
import zoneinfo
from typing import Any, Final

from vestnik.sandbox import clock
from vestnik.sandbox.guards import (
    facade,
    guarded_delattr,
    guarded_getattr,
    guarded_hasattr,
    guarded_setattr,
    guarded_type,
)

MODULES: Final = {
    "base64": "b64encode b64decode urlsafe_b64encode urlsafe_b64decode standard_b64encode "
    "standard_b64decode b32encode b32decode b16encode b16decode b85encode b85decode",
    "binascii": "hexlify unhexlify crc32 Error",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "calendar": "monthrange isleap timegm month_name month_abbr day_name day_abbr monthcalendar weekday",
    "collections": "Counter OrderedDict defaultdict deque namedtuple ChainMap",
    "copy": "copy deepcopy",
    "csv": "reader writer DictReader DictWriter QUOTE_ALL QUOTE_MINIMAL QUOTE_NONE QUOTE_NONNUMERIC",
    "decimal": "Decimal ROUND_CEILING ROUND_DOWN ROUND_FLOOR ROUND_HALF_DOWN ROUND_HALF_EVEN ROUND_HALF_UP "
    "ROUND_UP ROUND_05UP InvalidOperation DivisionByZero Overflow DecimalException Inexact",
    "fractions": "Fraction",
    "functools": "reduce partial cmp_to_key lru_cache cache",
    "hashlib": "md5 sha1 sha224 sha256 sha384 sha512 sha3_256 sha3_512 blake2b blake2s",
    "heapq": "heappush heappop heapify heapreplace heappushpop nlargest nsmallest merge",
    "hmac": "new digest compare_digest",
    "html": "escape unescape",
    "io": "StringIO BytesIO",
    "itertools": "accumulate batched chain combinations combinations_with_replacement compress count cycle "
    "dropwhile filterfalse groupby islice pairwise permutations product repeat starmap "
    "takewhile tee zip_longest",
    "json": "dumps loads JSONDecodeError",
    "math": "acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf "
    "erfc exp exp2 expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot inf isclose "
    "isfinite isinf isnan isqrt lcm ldexp lgamma log log10 log1p log2 modf nan perm pi pow prod "
    "radians remainder sin sinh sqrt tan tanh tau trunc",
    "operator": "add sub mul truediv floordiv mod neg pos abs eq ne lt le gt ge and_ or_ not_ xor "
    "itemgetter contains concat getitem truth is_ is_not index lshift rshift pow countOf "
    "indexOf",
    "re": "compile match fullmatch search sub subn split findall finditer escape error Pattern Match "
    "A ASCII I IGNORECASE M MULTILINE S DOTALL X VERBOSE U UNICODE",
    "statistics": "mean fmean median median_low median_high mode multimode stdev pstdev variance pvariance "
    "quantiles harmonic_mean geometric_mean correlation linear_regression StatisticsError",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits punctuation "
    "printable whitespace capwords Template",
    "textwrap": "dedent indent fill wrap shorten",
    "unicodedata": "normalize category name lookup",
    "urllib.parse": "quote quote_plus unquote unquote_plus urlencode urlparse urlsplit urlunparse urlunsplit "
    "urljoin parse_qs parse_qsl",
    "zlib": "crc32 adler32",
}

TYPING_NAMES: Final = (
    "Any Optional Union List Dict Tuple Set FrozenSet Callable Iterable Iterator Sequence Mapping "
    "MutableMapping Literal Awaitable Coroutine AsyncIterator Generator Type Final ClassVar TypeAlias "
    "Annotated Required NotRequired"
).split()

# Loaded before the walls close; any other zone is a clear error.
TIME_ZONES: Final = (
    "UTC Europe/Moscow Europe/Kaliningrad Europe/Samara Europe/Volgograd Asia/Yekaterinburg Asia/Omsk "
    "Asia/Novosibirsk Asia/Krasnoyarsk Asia/Irkutsk Asia/Yakutsk Asia/Vladivostok Asia/Magadan "
    "Asia/Kamchatka Europe/Minsk Europe/Kiev Europe/Kyiv Europe/London Europe/Paris Europe/Berlin "
    "Europe/Madrid Europe/Rome Europe/Warsaw Europe/Helsinki Europe/Istanbul Asia/Almaty Asia/Tashkent "
    "Asia/Tbilisi Asia/Yerevan Asia/Baku Asia/Dubai Asia/Kolkata Asia/Shanghai Asia/Tokyo "
    "Asia/Singapore Australia/Sydney America/New_York America/Chicago America/Denver "
    "America/Los_Angeles America/Sao_Paulo"
).split()

BUILTINS: Final = (
    "None False True Ellipsis NotImplemented abs all any bin bool bytes bytearray callable chr complex "
    "dict divmod enumerate filter float format frozenset hash hex int isinstance issubclass iter len "
    "list map max min next oct ord pow range repr reversed round set slice sorted str sum tuple zip "
    "aiter anext staticmethod classmethod property object ArithmeticError AssertionError AttributeError "
    "Exception FloatingPointError ImportError IndexError KeyError LookupError MemoryError NameError "
    "NotImplementedError OverflowError RecursionError RuntimeError StopIteration StopAsyncIteration "
    "TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError "
    "ValueError ZeroDivisionError OSError ConnectionError Warning UserWarning"
).split()

# The interpreter's own C code imports these while a module's frame is the current one; it takes the module
# from sys.modules itself, so the importer only has to stay quiet. A source can't name them: the policy
# refuses.
INTERNAL_IMPORTS: Final = frozenset({"_strptime", "warnings", "copyreg"})

# What the guards replace, and print, which goes to the call's log.
GUARDED_BUILTINS: Final = ("getattr", "hasattr", "setattr", "delattr", "type", "print")
BUILTIN_NAMES: Final = frozenset(BUILTINS) | frozenset(GUARDED_BUILTINS)


class _TypingName:
    """Something to write in a type alias; annotations are dropped, so it never means anything."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, parameters: Any) -> "_TypingName":
        return self

    def __or__(self, other: Any) -> "_TypingName":
        return self

    __ror__ = __or__

    def __instancecheck__(self, value: Any) -> bool:
        raise TypeError(f"typing.{self._name} can't be used with isinstance()")

    def __repr__(self) -> str:
        return f"typing.{self._name}"


class _Template(string.Template):
    """The flags of the original are an enum, which remembers every value that it is asked for."""

    flags = int(re.IGNORECASE)  # type: ignore[assignment]  # typed as that enum


def _deep_copy(value: Any) -> Any:
    """Without `memo`, which is handed a list that all calls would share."""
    return copy.deepcopy(value)


class _Zone(zoneinfo.ZoneInfo):
    """A zone without the ways to others: its class, which type() gives, makes and remembers nothing."""

    no_cache = from_file = clear_cache = None  # type: ignore[assignment]  # these are what is taken away

    def __new__(cls, key: str) -> "_Zone":
        raise TypeError("time zones come from zoneinfo.ZoneInfo(name)")

    def __repr__(self) -> str:
        return f"zoneinfo.ZoneInfo(key={self.key!r})"


def _typing() -> dict[str, Any]:
    names: dict[str, Any] = {name: _TypingName(name) for name in TYPING_NAMES}
    names.update(TypedDict=dict, cast=lambda kind, value: value, TYPE_CHECKING=False)
    return names


def _zone_names() -> dict[str, Any]:
    zones = {}
    for key in TIME_ZONES:
        try:
            zones[key] = zoneinfo.ZoneInfo.__new__(_Zone, key)
        except zoneinfo.ZoneInfoNotFoundError:  # this machine's zone data has no such name
            continue

    def zone_info(key: str) -> zoneinfo.ZoneInfo:
        zone = zones.get(key)
        if zone is None:
            raise ValueError(
                f"the time zone {key!r} is not available to modules; available: {', '.join(zones)}"
            )
        return zone

    return {"ZoneInfo": zone_info}


def _standard(name: str, names: str) -> dict[str, Any]:
    module = importlib.import_module(name)
    found = {key: getattr(module, key) for key in names.split() if hasattr(module, key)}
    if any(isinstance(value, types.ModuleType) for value in found.values()):
        raise TypeError(f"the facade of {name} would hand over a live module")
    return {key: int(value) if isinstance(value, enum.IntFlag) else value for key, value in found.items()}


def standard_names() -> dict[str, dict[str, Any]]:
    """Module name -> what it offers, for every standard module on the allow-list."""
    for name in INTERNAL_IMPORTS:
        importlib.import_module(name)
    offered = {name: _standard(name, names) for name, names in MODULES.items()}
    offered["copy"]["deepcopy"] = _deep_copy
    offered["string"]["Template"] = _Template
    numbers, chance = clock.CHANCE.numbers, clock.CHANCE
    offered["datetime"] = clock.DATETIME_NAMES
    offered["time"] = clock.TIME_NAMES
    offered["typing"] = offered["typing_extensions"] = _typing()
    offered["zoneinfo"] = _zone_names()
    offered["random"] = {
        name: getattr(numbers, name)
        for name in "random randint randrange uniform choice choices sample shuffle gauss normalvariate "
        "expovariate betavariate triangular getrandbits seed".split()
    }
    offered["secrets"] = {
        "choice": chance.choice,
        "compare_digest": offered["hmac"]["compare_digest"],
        "randbelow": chance.randbelow,
        "token_bytes": chance.token_bytes,
        "token_hex": chance.token_hex,
        "token_urlsafe": lambda size=None: (
            base64.urlsafe_b64encode(chance.token_bytes(size)).rstrip(b"=").decode()
        ),
    }
    offered["uuid"] = {
        **_standard("uuid", "UUID uuid3 uuid5 NAMESPACE_DNS NAMESPACE_URL NAMESPACE_OID NAMESPACE_X500"),
        "uuid4": chance.uuid4,
    }
    offered["urllib"] = {"parse": facade("urllib.parse", offered["urllib.parse"])}
    return offered


def importer(facades: dict[str, Any]) -> Any:
    """`__import__` over the allow-list."""
    nothing = facade("nothing", {})

    def guarded_import(
        name: str, _globals: Any = None, _locals: Any = None, names: Any = (), level: int = 0
    ) -> Any:
        if type(name) is not str or level:
            raise ImportError("relative imports are not allowed")
        found = nothing if name in INTERNAL_IMPORTS else facades.get(name)
        if found is None:
            raise ImportError(f"module {name!r} is not available to modules")
        return facades[name.split(".")[0]] if "." in name and not names else found

    return guarded_import


def builtin_table(facades: dict[str, Any], write_log: Any) -> dict[str, Any]:
    """The `__builtins__` of a module."""
    table = {name: getattr(builtins, name) for name in BUILTINS if hasattr(builtins, name)}
    table.update(
        getattr=guarded_getattr,
        hasattr=guarded_hasattr,
        setattr=guarded_setattr,
        delattr=guarded_delattr,
        type=guarded_type,
        print=write_log,
        __import__=importer(facades),
        __build_class__=builtins.__build_class__,
    )
    return table
