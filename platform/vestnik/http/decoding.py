"""What comes from outside, decoded into shapes; what does not fit becomes one `InvalidRequest`.

Here alone are the words for what the decoder refuses, and the rules for every text and number at once:
no NUL, which PostgreSQL keeps in no text, no number of more than 64 bits, which no database keeps, and no
instant near the ends of the calendar, which in another zone would lie beyond them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from vestnik.http.errors import InvalidRequest, Text

MAX_KEY = 2**63 - 1

#: In JSON a NUL is an escape whose backslash is not itself escaped.
_NUL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_LARGE_IN_JSON = re.compile(rb"[0-9]{19}")
_YEARS = range(1970, 2200)
#: An instant of no such year, as it begins.
_OUT_OF_TIME_IN_JSON = re.compile(rb'"(?!(?:19[7-9]|20\d|21\d)\d)\d{4}-')
NO_NUL: Text = {
    "ru": "нулевые символы (U+0000) недопустимы",
    "en": "NUL characters (U+0000) are not allowed",
}
_TOO_LARGE: Text = {"ru": "число слишком велико", "en": "the number is too large"}
_OUT_OF_TIME: Text = {
    "ru": "год должен быть от 1970 до 2199",
    "en": "the year must be from 1970 to 2199",
}
_TOO_DEEP: Text = {"ru": "слишком глубокая вложенность", "en": "it is nested too deeply"}
NOT_UTF8: Text = {"ru": "текст не в кодировке UTF-8", "en": "the text is not UTF-8"}
_BROKEN_OFF: Text = {"ru": "JSON обрывается", "en": "the JSON breaks off"}
_UNFIT: Text = {"ru": "значение не подходит", "en": "the value does not fit"}

#: A longer text is not repeated to whoever sent it.
_SHOWN_CHARACTERS = 100
#: A number of so many digits is more than a float holds.
_DIGITS = 308
#: A key of a dictionary is named in documents up to this size: finding it decodes them some times more.
_NAMED_BYTES = 1_000_000

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")


def decode(body: bytes, shape: Any) -> Any:
    """Decode JSON into `shape`; `InvalidRequest` names the path that is wrong."""
    try:
        decoded = msgspec.json.decode(body or b"null", type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        refused = _refused(error)
        if "[...]" in refused.values["path"] and len(body) <= _NAMED_BYTES:
            refused = _out_of_range(body) or refused
        if "[...]" in refused.values["path"] and len(body) <= _NAMED_BYTES:
            refused.values["path"] = _named(refused.values["path"], msgspec.json.decode(body), shape)
        raise refused from None
    if _NUL_IN_JSON.search(body):
        _refuse(decoded, _has_nul, NO_NUL)
    if _LARGE_IN_JSON.search(body):
        _refuse(decoded, _is_too_large, _TOO_LARGE)
    if _OUT_OF_TIME_IN_JSON.search(body):
        _refuse(decoded, _is_out_of_time, _OUT_OF_TIME)
    return decoded


def decode_query(parameters: Mapping[str, str], shape: type[S]) -> S:
    """The parameters of a query as `shape`."""
    for name, value in parameters.items():
        if "\0" in value:
            raise InvalidRequest(path=f"$.{name}", reason=NO_NUL)
    try:
        decoded = msgspec.convert(dict(parameters), shape, strict=False)
    except msgspec.ValidationError as error:
        raise _refused(error) from None
    _refuse(decoded, _is_too_large, _TOO_LARGE)
    _refuse(decoded, _is_out_of_time, _OUT_OF_TIME)
    return decoded


def decode_parameter(name: str, text: str, shape: Any) -> Any:
    """Decode JSON that is a parameter of a query; paths begin with its name."""
    try:
        return decode(text.encode(), shape)
    except InvalidRequest as refused:
        refused.values["path"] = f"$.{name}{refused.values['path'].removeprefix('$')}"
        raise


def read_values(name: str, values: Mapping[str, Any], shape: type[T]) -> T:
    """A part of JSON that is decoded already as `shape`; paths begin with the name of the part."""
    try:
        return msgspec.convert(dict(values), shape)
    except msgspec.ValidationError as error:
        refused = _refused(error)
        refused.values["path"] = f"$.{name}{refused.values['path'].removeprefix('$')}"
        raise refused from None


def _out_of_range(body: bytes) -> InvalidRequest | None:
    """The refusal of a document with a number that msgspec decodes into nothing, whatever the shape."""
    try:
        msgspec.json.decode(body)
    except msgspec.DecodeError:
        pass
    else:
        return None
    try:
        document = json.loads(body, parse_int=Decimal, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        return InvalidRequest(path="$", reason=_UNFIT)
    for path, value in _values(document):
        if isinstance(value, Decimal) and value.adjusted() >= _DIGITS:
            return InvalidRequest(path=path, reason=_TOO_LARGE)
    return InvalidRequest(path="$", reason=_UNFIT)


def _refuse(decoded: Any, is_bad: Callable[[Any], bool], reason: Text) -> None:
    """Raise `InvalidRequest` for the first value that is bad; what is still raw has its own turn."""
    for path, value in _values(decoded):
        if is_bad(value):
            raise InvalidRequest(path=path, reason=reason)


def _has_nul(value: Any) -> bool:
    return isinstance(value, str) and "\0" in value


def _is_too_large(value: Any) -> bool:
    return isinstance(value, int) and not -MAX_KEY - 1 <= value <= MAX_KEY


def _is_out_of_time(value: Any) -> bool:
    return isinstance(value, datetime) and value.year not in _YEARS


def _values(whole: Any) -> Iterator[tuple[str, Any]]:
    """Every value within, keys of dictionaries too, each with its path."""
    left = [("$", whole)]
    while left:
        path, value = left.pop()
        if isinstance(value, msgspec.Struct):
            fields = zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
            left += [(f"{path}.{name}", getattr(value, field)) for field, name in reversed(list(fields))]
        elif isinstance(value, Mapping):
            for key, each in reversed(list(value.items())):
                left += [(path + _step(key), each), (path, key)]
        elif isinstance(value, list | tuple):
            left += [(f"{path}[{place}]", value[place]) for place in reversed(range(len(value)))]
        else:
            yield path, value


def _step(key: Any) -> str:
    text = str(key)
    if re.fullmatch(r"\w{1,100}", text):
        return f".{text}"
    return f'["{text[:_SHOWN_CHARACTERS]}"]'


# A key that msgspec does not name

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")


def _named(path: str, document: Any, shape: Any) -> str:
    """The path with the keys of dictionaries, for which msgspec writes `[...]`.

    The decoder stops at the first value that is wrong: the shortest beginning of a dictionary with
    which it stops in the same place ends with that key.
    """
    node, named = document, "$"
    for step in _STEP.finditer(path):
        field, place = step.groups()
        if field is not None:
            key: Any = field
            named += f".{field}"
        elif place is not None:
            key = int(place)
            named += f"[{place}]"
        else:
            if not isinstance(node, dict):
                return path
            key = _first_wrong(node, document, shape)
            named += _step(key)
        node = node.get(key) if isinstance(node, dict) else node[key] if isinstance(node, list) else None
    return named


def _first_wrong(node: dict[str, Any], document: Any, shape: Any) -> str:
    """The key of `node`, a part of `document`, at which decoding stops; the others behind it are gone."""
    whole = dict(node)
    keys = list(whole)
    few, many = 0, len(keys)
    while many - few > 1:
        middle = (few + many) // 2
        node.clear()
        node.update((key, whole[key]) for key in keys[:middle])
        if _fits(document, shape):
            few = middle
        else:
            many = middle
    node.clear()
    node.update((key, whole[key]) for key in keys[:many])
    return keys[many - 1]


def _fits(document: Any, shape: Any) -> bool:
    try:
        msgspec.json.decode(msgspec.json.encode(document), type=shape)
    except msgspec.ValidationError:
        return False
    return True


# The words

_KINDS: Mapping[str, Text] = {
    "int": {"ru": "целое число", "en": "a whole number"},
    "float": {"ru": "число", "en": "a number"},
    "str": {"ru": "текст", "en": "a text"},
    "bool": {"ru": "true или false", "en": "true or false"},
    "array": {"ru": "список", "en": "a list"},
    "object": {"ru": "объект", "en": "an object"},
    "null": {"ru": "null", "en": "null"},
    "datetime": {"ru": "дата и время", "en": "a date and time"},
    "date": {"ru": "дата", "en": "a date"},
}

#: What a text must be that has to match a pattern, pattern by pattern; others are told in general.
_PATTERNS: Mapping[str, Text] = {
    r"\S": {"ru": "не может быть пустым", "en": "it must not be empty"},
    "[0-9]{1,19}": {"ru": "нужен номер записи", "en": "it must be the number of a record"},
    "[0-9]{1,18}": {"ru": "нужен номер записи", "en": "it must be the number of a record"},
    "[0-9]{0,19}": {"ru": "нужен номер записи", "en": "it must be the number of a record"},
    ":[0-5]": {"ru": "нужно время вида 09:30", "en": "it must be a time like 09:30"},
    "https?": {
        "ru": "нужен адрес вида https://example.org",
        "en": "it must be an address like https://example.org",
    },
    "[a-z][a-z0-9_]": {
        "ru": "нужны латинские строчные буквы, цифры и подчёркивания, первая — буква",
        "en": "it must be small Latin letters, digits and underscores, a letter first",
    },
}
_NO_MATCH: Text = {"ru": "такая запись не подходит", "en": "it is not written as it must be"}

_SENTENCES: tuple[tuple[re.Pattern[str], Text], ...] = tuple(
    (re.compile(pattern), {"ru": ru, "en": en})
    for pattern, ru, en in (
        (r"Expected `str` of length >= 1$", "не может быть пустым", "it must not be empty"),
        (r"Expected `array` of (?:at least )?length (?:>= )?1\b", "список пуст", "the list is empty"),
        (r"Expected `str` of length >= (\d+)", "не короче {0} символов", "at least {0} characters"),
        (r"Expected `str` of length <= (\d+)", "не длиннее {0} символов", "at most {0} characters"),
        (r"Expected `array` of length <= (\d+)", "в списке не больше {0}", "at most {0} in the list"),
        (r"Expected `array` of length >= (\d+)", "в списке не меньше {0}", "at least {0} in the list"),
        (r"Expected `array` of length (\d+) to (\d+)", "в списке от {0} до {1}", "{0} to {1} in the list"),
        (r"Expected `array` of length (\d+)", "в списке ровно {0}", "exactly {0} in the list"),
        (r"Expected `array` of at least length (\d+)", "в списке не меньше {0}", "at least {0} in the list"),
        (r"Expected `array` of at most length (\d+)", "в списке не больше {0}", "at most {0} in the list"),
        (r"Expected `object` of length <= (\d+)", "полей не больше {0}", "at most {0} fields"),
        (r"Expected `object` of length >= (\d+)", "полей не меньше {0}", "at least {0} fields"),
        (r"Expected `(?:int|float)` >= (-?[\d.e+]+)", "не меньше {0}", "at least {0}"),
        (r"Expected `(?:int|float)` <= (-?[\d.e+]+)", "не больше {0}", "at most {0}"),
        (r"Expected `float` > (-?[\d.e+]+)", "больше {0}", "more than {0}"),
        (r"Expected `float` < (-?[\d.e+]+)", "меньше {0}", "less than {0}"),
        (r"Expected `(?:int|float)` that's a multiple of (-?[\d.e+]+)", "кратно {0}", "a multiple of {0}"),
        (
            r"Invalid RFC3339 encoded datetime|Expected `datetime` with",
            "нужны дата и время с часовым поясом, например 2026-12-31T12:00:00Z",
            "it must be a date and time with its zone, like 2026-12-31T12:00:00Z",
        ),
        (
            r"Invalid RFC3339 encoded date",
            "нужна дата, например 2026-12-31",
            "it must be a date like 2026-12-31",
        ),
        (r"Invalid (?:enum )?value (.*)", "такого значения нет: {0}", "there is no such value: {0}"),
        (r"Object missing required field", "без этого поля нельзя", "this field is needed"),
        (r"Object contains unknown field", "такого поля нет", "there is no such field"),
        (r"Integer value out of range|Number out of range", _TOO_LARGE["ru"], _TOO_LARGE["en"]),
        (
            r"JSON is malformed: .*\(byte (\d+)\)",
            "это не JSON: ошибка в байте {0}",
            "this is not JSON: there is a mistake at byte {0}",
        ),
        (r"Input data was truncated", _BROKEN_OFF["ru"], _BROKEN_OFF["en"]),
    )
)
_OF_KIND = re.compile(r"Expected `([\w |]+)`(?:, got `(\w+)`)?$")
_OF_FIELD = re.compile(r"Object (?:missing required|contains unknown) field `(.*)`$", re.DOTALL)
_OF_PATTERN = re.compile(r"Expected `str` matching regex (.*)$", re.DOTALL)


def _refused(error: Exception) -> InvalidRequest:
    """The problem that a refusal of msgspec becomes: its path apart from its reason."""
    if isinstance(error, RecursionError):
        return InvalidRequest(path="$", reason=_TOO_DEEP)
    if isinstance(error, UnicodeDecodeError):
        return InvalidRequest(path="$", reason=NOT_UTF8)
    said, _, place = str(error).rpartition(" - at `")
    said, path = (said, place.rstrip("`").removeprefix("key in ")) if said else (place, "$")
    if field := _OF_FIELD.match(said):
        path += _step(field[1])
    return InvalidRequest(path=path, reason=_words(said))


def _words(said: str) -> Text:
    if found := _OF_PATTERN.match(said):
        return next(
            (text for part, text in _PATTERNS.items() if part in found[1].replace("\\\\", "\\")), _NO_MATCH
        )
    for pattern, text in _SENTENCES:
        if found := pattern.match(said):
            values = [value[:_SHOWN_CHARACTERS] for value in found.groups()]
            return {"ru": text["ru"].format(*values), "en": text["en"].format(*values)}
    if found := _OF_KIND.match(said):
        wanted = [_KINDS.get(each, _UNFIT) for each in found[1].split(" | ")]
        ru, en = " или ".join(each["ru"] for each in wanted), " or ".join(each["en"] for each in wanted)
        if (got := _KINDS.get(found[2] or "")) is None:
            return {"ru": f"ожидается {ru}", "en": f"it must be {en}"}
        return {
            "ru": f"ожидается {ru}, а здесь {got['ru']}",
            "en": f"it must be {en}, and here is {got['en']}",
        }
    return _UNFIT
