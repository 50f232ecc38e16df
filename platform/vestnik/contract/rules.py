"""Puts the failure of a JSON Schema keyword into words: one row of `RULES` for each keyword that we use."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jsonschema

from vestnik.contract import wording
from vestnik.contract.schemas import Definitions, Schema, is_instant
from vestnik.contract.violations import Finding, Text

Path = tuple[str | int, ...]


class _Failure(NamedTuple):
    """A keyword of a schema, its value there, and the instance that it refused."""

    keyword: str
    wanted: Any
    instance: Any
    schema: Mapping[str, Any]
    path: Path


def first_failure(schema: Schema, value: Any, path: Path, definitions: Definitions) -> Finding | None:
    """The outermost rule that jsonschema finds broken in a value that stands at a path."""
    validator = jsonschema.Draft202012Validator(definitions.whole(schema), format_checker=FORMATS)
    error: Any = next(validator.iter_errors(value), None)
    if error is None:
        return None
    path = (*path, *error.absolute_path)
    failure = _Failure(error.validator, error.validator_value, error.instance, error.schema, path)
    if "propertyNames" in error.absolute_schema_path:
        name = wording.literal(error.instance)
        return Finding(wording.path_text(path), _FIELD_NAMES, Text(f"имя {name}", f"the name {name}"))
    if failure.keyword == "required":
        return _missing(failure, definitions)
    return RULES[failure.keyword](failure)


FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date-time")(is_instant)

_FIELD_NAMES = Text("допустимые имена полей", "allowed names of fields")


def _plain(expected: Callable[[Any], Text]) -> Callable[[_Failure], Finding]:
    """A rule whose expectation depends on the keyword's value alone."""

    def describe(failure: _Failure) -> Finding:
        return Finding(
            wording.path_text(failure.path),
            expected(failure.wanted),
            wording.seen(failure.instance),
            _hint(failure),
        )

    return describe


def _hint(failure: _Failure) -> Text | None:
    if failure.wanted == "string" and wording.type_name(failure.instance) in ("integer", "number"):
        return Text("Преобразуйте число в текст: str(…).", "Turn the number into text: str(…).")
    if failure.instance is None and failure.path and isinstance(failure.path[-1], str):
        return Text("Если значения нет, не указывайте поле.", "When there is no value, leave the field out.")
    if failure.keyword == "enum":
        return wording.perhaps(wording.nearest(failure.instance, failure.wanted))
    return None


def _missing(failure: _Failure, definitions: Definitions) -> Finding:
    name = next(name for name in failure.wanted if name not in failure.instance)
    field = definitions.resolve(failure.schema["properties"][name])
    expected = (
        wording.branch_title(field) if "type" in field or "const" in field else Text("значение", "a value")
    )
    given = [key for key in failure.instance if key not in failure.schema["properties"]]
    near = wording.nearest(name, given)
    return Finding(wording.path_text((*failure.path, name)), expected, wording.NOTHING, wording.perhaps(near))


def _unknown(failure: _Failure) -> Finding:
    known = failure.schema["properties"]
    name = next(key for key in failure.instance if key not in known)
    listed = wording.names(known)
    hint = wording.perhaps(wording.nearest(name, (key for key in known if key not in failure.instance)))
    expected = Text(f"только поля {listed}", f"only the fields {listed}") if known else _NO_FIELDS
    return Finding(
        wording.path_text((*failure.path, name)), expected, wording.seen(failure.instance[name]), hint
    )


_NO_FIELDS = Text("объект без полей", "an object without fields")


def _any_of(failure: _Failure) -> Finding:
    """The only union beside fields is a choice of required ones."""
    listed = wording.names(branch["required"][0] for branch in failure.wanted)
    expected = Text(f"хотя бы одно из полей {listed}", f"at least one of the fields {listed}")
    return Finding(wording.path_text(failure.path), expected, wording.seen(failure.instance))


def _pattern(value: str) -> Text:
    if value.startswith("^https?"):
        return Text("адрес, который начинается с http:// или https://", "an address with http:// or https://")
    if value == "^[^\\u0000]*$":
        return Text("текст без нулевых символов", "text without NUL characters")
    if value.startswith("^[ -~]*$"):
        return Text("одна строка из латинских букв, цифр и знаков", "one line of ASCII characters")
    return Text(f"текст вида {value}", f"text like {value}")


RULES: Mapping[str, Callable[[_Failure], Finding]] = {
    "type": _plain(wording.types),
    "const": _plain(lambda value: Text(wording.literal(value), wording.literal(value))),
    "enum": _plain(wording.one_of),
    "additionalProperties": _unknown,
    "anyOf": _any_of,
    "pattern": _plain(_pattern),
    "format": _plain(
        lambda _: Text(
            "момент с часовым поясом вида 2026-11-21T10:00:00+03:00",
            "an instant with a time zone like 2026-11-21T10:00:00+03:00",
        )
    ),
    "minLength": _plain(
        lambda n: (
            Text("непустой текст", "text that is not empty")
            if n == 1
            else Text(f"текст не короче {n} символов", f"text of at least {n} characters")
        )
    ),
    "maxLength": _plain(
        lambda n: Text(f"текст не длиннее {n} символов", f"text of at most {n} characters"),
    ),
    "minimum": _plain(lambda n: Text(f"число не меньше {n}", f"a number of at least {n}")),
    "maximum": _plain(lambda n: Text(f"число не больше {n}", f"a number of at most {n}")),
    "minItems": _plain(lambda n: Text(f"элементов не меньше {n}", f"at least {n} elements")),
    "maxItems": _plain(lambda n: Text(f"элементов не больше {n}", f"at most {n} elements")),
    "uniqueItems": _plain(lambda _: Text("список без повторов", "a list without repetitions")),
    "minProperties": _plain(lambda n: Text(f"полей не меньше {n}", f"at least {n} fields")),
    "maxProperties": _plain(lambda n: Text(f"полей не больше {n}", f"at most {n} fields")),
}
