"""Reads `module.json`: what a module is called, asks for and can do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from vestnik.contract import wording
from vestnik.contract.check import is_valid
from vestnik.contract.explain import explain
from vestnik.contract.functions import table
from vestnik.contract.schemas import Definitions, Schema, load
from vestnik.contract.violations import Finding, ManifestError, SettingsError, Text

CampaignType = Literal["email", "sms"]
PlaceholderSyntax = Literal["braces", "brackets", "stars", "percents", "none"]
SettingType = Literal["string", "integer", "number", "boolean"]

SHORTEST_SECRET = 8
PART_SUFFIX = "_part"

_PLACEHOLDER = re.compile(r"\{settings\.([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True)
class Setting:
    """One field of an account's form. The value of a secret never reaches the module."""

    name: str
    type: SettingType
    title: Text
    description: Text | None
    required: bool
    secret: bool
    public_part: str | None
    default: str | float | bool | None
    enum: tuple[str | float, ...] | None
    format: Literal["uri", "email", "timezone"] | None
    bounds: Mapping[str, float]

    @property
    def schema(self) -> Schema:
        """The plain JSON Schema of the value."""
        result: Schema = {"type": self.type}
        if self.enum is not None:
            result["enum"] = list(self.enum)
        if self.secret:
            result["minLength"] = SHORTEST_SECRET
        return {**result, **self.bounds}


@dataclass(frozen=True)
class Origin:
    """One address that a module asks for, with the account's settings filled in."""

    scheme: Literal["https", "http"]
    pattern: str
    port: int
    private: bool
    secrets: tuple[str, ...]
    reason: Text | None


@dataclass(frozen=True)
class HostRequest:
    """One address as the manifest writes it; `{settings.NAME}` stands for a value of the account."""

    pattern: str
    scheme: Literal["https", "http"]
    port: int | None
    private: bool
    secrets: tuple[str, ...]
    reason: Text | None

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the settings in the pattern."""
        return tuple(_PLACEHOLDER.findall(self.pattern))

    def origin(self, settings: Mapping[str, Any]) -> Origin:
        """The address for an account; raises SettingsError when a setting in it is missing or no address."""
        for name in self.placeholders:
            if not isinstance(settings.get(name), str) or not settings[name]:
                raise _bad_address(name, settings.get(name))
        text = _PLACEHOLDER.sub(lambda match: str(settings[match[1]]), self.pattern)
        whole = _PLACEHOLDER.fullmatch(self.pattern)
        if whole is None or "://" not in text:
            return self._at(self.scheme, text, self.port)
        try:
            parts = urlsplit(text)
            host, port, scheme = parts.hostname, parts.port, parts.scheme
        except ValueError:
            raise _bad_address(whole[1], text) from None
        if not host or scheme not in ("https", "http"):
            raise _bad_address(whole[1], text)
        return self._at("https" if scheme == "https" else "http", host, port)

    def _at(self, scheme: Literal["https", "http"], host: str, port: int | None) -> Origin:
        port = (443 if scheme == "https" else 80) if port is None else port
        return Origin(scheme, host, port, self.private, self.secrets, self.reason)


@dataclass(frozen=True)
class RateLimit:
    """So many requests in so many seconds, of all paths or of those that contain `path`."""

    requests: int
    seconds: float
    path: str | None


@dataclass(frozen=True)
class BatchSizes:
    """How much is passed in one call of a function."""

    import_templates: int = 50
    export_contacts: int = 500
    prepare_campaign: int = 500
    add_subscribers: int = 500
    remove_subscribers: int = 500


@dataclass(frozen=True)
class Personalisation:
    """How a service's letters name a recipient's values.

    `fields` says what of a contact the module passes for each; None where the manifest does not say.
    """

    syntax: PlaceholderSyntax = "braces"
    fields: Mapping[str, str] | None = None
    service_fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """A parsed manifest; `source` is its JSON. `functions` is None when not declared."""

    name: str
    title: Text
    version: str
    description: Text | None = None
    author: str | None = None
    license: str | None = None
    homepage: str | None = None
    settings: tuple[Setting, ...] = ()
    hosts: tuple[HostRequest, ...] = ()
    campaign_types: tuple[CampaignType, ...] = ("email",)
    rate_limits: tuple[RateLimit, ...] = ()
    concurrency: int | None = None
    batch_sizes: BatchSizes = BatchSizes()
    parallel_prepare: bool = False
    personalisation: Personalisation = Personalisation()
    webhook_setup: Text | None = None
    webhook_signed: bool = False
    functions: tuple[str, ...] | None = None
    source: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def bare(cls, name: str, title: Text | None = None) -> Self:
        """The manifest of a module that was uploaded as a single file."""
        title = title or Text(name, name)
        source = {"name": name, "title": {"ru": title.ru, "en": title.en}, "version": "0.1.0"}
        parse(source)
        return cls(name=name, title=title, version="0.1.0", source=source)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secret settings."""
        return tuple(setting.name for setting in self.settings if setting.secret)

    def origins(self, settings: Mapping[str, Any]) -> tuple[Origin, ...]:
        """The addresses that the module asks for in an account; raises SettingsError."""
        return tuple(host.origin(settings) for host in self.hosts)

    def with_defaults(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with defaults where nothing was given."""
        defaults = {each.name: each.default for each in self.settings if each.default is not None}
        return {**defaults, **values}

    def check_settings(self, values: Mapping[str, Any]) -> None:
        """Checks the settings of an account, secrets in clear among them; raises SettingsError."""
        schema: Schema = {
            "type": "object",
            "additionalProperties": False,
            "required": [setting.name for setting in self.settings if setting.required],
            "properties": {setting.name: setting.schema for setting in self.settings},
        }
        definitions = Definitions({})
        if not is_valid(definitions.compile(schema), values):
            raise SettingsError(self._without_secrets(explain(schema, values, definitions)))
        for setting in self.settings:
            if setting.name in values:
                _check_format(setting, values[setting.name])

    def _without_secrets(self, finding: Finding) -> Finding:
        """The same without the value, unless it stands in a setting that is known and no secret."""
        shown = {wording.path_text([setting.name]) for setting in self.settings if not setting.secret}
        if finding.path in shown or finding.got == wording.NOTHING:
            return finding
        return replace(finding, got=_HIDDEN)


_HIDDEN = Text("значение, которое не показывается", "a value that is not shown")


def parse(document: Any) -> Manifest:
    """Reads the JSON of a manifest, and checks that its parts fit together; raises ManifestError."""
    schema, definitions = _schema()
    if not is_valid(definitions.compile(schema), document):
        raise ManifestError(explain(schema, document, definitions))
    manifest = _manifest(document)
    _check_settings_schema(manifest, document)
    _check_hosts(manifest)
    _check_functions(manifest)
    return manifest


@cache
def _schema() -> tuple[Schema, Definitions]:
    schema = load().manifest
    return schema, Definitions(schema["$defs"])


def _manifest(raw: Mapping[str, Any]) -> Manifest:
    sizes = {_snake(name): size for name, size in raw.get("batchSizes", {}).items()}
    webhook = raw.get("webhook", {})
    required = raw.get("settings", {}).get("required", ())
    return Manifest(
        name=raw["name"],
        title=Text(**raw["title"]),
        version=raw["version"],
        description=_text(raw.get("description")),
        author=raw.get("author"),
        license=raw.get("license"),
        homepage=raw.get("homepage"),
        settings=tuple(
            _setting(name, each, name in required)
            for name, each in raw.get("settings", {}).get("properties", {}).items()
        ),
        hosts=tuple(_host(each) for each in raw.get("hosts", ())),
        campaign_types=tuple(raw.get("campaignTypes", ("email",))),
        rate_limits=tuple(
            RateLimit(each["requests"], each["seconds"], each.get("path"))
            for each in raw.get("rateLimits", ())
        ),
        concurrency=raw.get("concurrency"),
        batch_sizes=BatchSizes(**sizes),
        parallel_prepare=raw.get("parallelPrepare", False),
        personalisation=_personalisation(raw.get("personalisation", {})),
        webhook_setup=_text(webhook.get("setup")),
        webhook_signed=webhook.get("signed", False),
        functions=tuple(raw["functions"]) if "functions" in raw else None,
        source=raw,
    )


def _personalisation(raw: Mapping[str, Any]) -> Personalisation:
    fields = raw.get("fields")
    return Personalisation(
        syntax=raw.get("syntax", "braces"),
        fields=None if fields is None else dict(fields),
        service_fields=tuple(raw.get("serviceFields", ())),
    )


def _setting(name: str, raw: Mapping[str, Any], required: bool) -> Setting:
    bounds = ("minLength", "maxLength", "minimum", "maximum")
    return Setting(
        name=name,
        type=raw["type"],
        title=Text(**raw["title"]),
        description=_text(raw.get("description")),
        required=required,
        secret=raw.get("secret", False),
        public_part=raw.get("publicPart"),
        default=raw.get("default"),
        enum=tuple(raw["enum"]) if "enum" in raw else None,
        format=raw.get("format"),
        bounds={key: raw[key] for key in bounds if key in raw},
    )


def _host(raw: Mapping[str, Any]) -> HostRequest:
    return HostRequest(
        pattern=raw["pattern"],
        scheme=raw.get("scheme", "https"),
        port=raw.get("port"),
        private=raw.get("private", False),
        secrets=tuple(raw.get("secrets", ())),
        reason=_text(raw.get("reason")),
    )


def _text(raw: Mapping[str, str] | None) -> Text | None:
    return None if raw is None else Text(**raw)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", name)


def _check_settings_schema(manifest: Manifest, raw: Mapping[str, Any]) -> None:
    known = [setting.name for setting in manifest.settings]
    for index, name in enumerate(raw.get("settings", {}).get("required", ())):
        if name not in known:
            raise _unknown(("settings", "required", index), name, known)
    for setting in manifest.settings:
        _check_setting(setting)


def _check_setting(setting: Setting) -> None:
    path = ("settings", "properties", setting.name)
    if setting.secret and setting.type != "string":
        raise _wrong((*path, "type"), Text("string у секрета", "string for a secret"), setting.type)
    if setting.secret and setting.default is not None:
        expected = Text("секрет без значения по умолчанию", "a secret without a default")
        raise _wrong((*path, "default"), expected, "…")
    if setting.public_part is not None:
        _check_public_part(setting, (*path, "publicPart"))
    definitions = Definitions({})
    if setting.default is not None and not is_valid(definitions.compile(setting.schema), setting.default):
        finding = explain(setting.schema, setting.default, definitions)
        place = wording.path_text((*path, "default"))
        raise ManifestError(Finding(place, finding.expected, finding.got, finding.hint))


def _check_public_part(setting: Setting, path: tuple[str, ...]) -> None:
    if not setting.secret:
        expected = Text("только у секретной настройки", "it on a secret setting only")
        raise _wrong(path, expected, setting.public_part)
    try:
        groups = re.compile(setting.public_part or "").groups
    except re.error:
        groups = -1
    if groups not in (0, 1):
        expected = Text(
            "регулярное выражение, групп не больше одной", "a regular expression, one group at most"
        )
        raise _wrong(path, expected, setting.public_part)


def _check_hosts(manifest: Manifest) -> None:
    values = {setting.name: setting for setting in manifest.settings}
    parts = {each.name + PART_SUFFIX for each in manifest.settings if each.public_part is not None}
    open_names = [name for name, setting in values.items() if not setting.secret] + sorted(parts)
    for index, host in enumerate(manifest.hosts):
        for name in host.placeholders:
            if name not in open_names:
                raise _unknown(("hosts", index, "pattern"), name, open_names)
        if re.search(r"[{}]", _PLACEHOLDER.sub("", host.pattern)):
            expected = Text("{settings.ИМЯ} в фигурных скобках", "{settings.NAME} inside of braces")
            raise _wrong(("hosts", index, "pattern"), expected, host.pattern)
        if "*" in host.pattern.removeprefix("*."):
            expected = Text(
                "звёздочка только в начале: *.example.com", "a star at the front only: *.example.com"
            )
            raise _wrong(("hosts", index, "pattern"), expected, host.pattern)
        for place, name in enumerate(host.secrets):
            if name not in manifest.secrets:
                raise _unknown(("hosts", index, "secrets", place), name, manifest.secrets)


def _check_functions(manifest: Manifest) -> None:
    for index, name in enumerate(manifest.functions or ()):
        if name not in table():
            raise _unknown(("functions", index), name, tuple(table()))


def _check_format(setting: Setting, value: Any) -> None:
    if setting.format is None or not isinstance(value, str) or _FORMATS[setting.format][0](value):
        return
    got = _HIDDEN if setting.secret else wording.seen(value)
    raise SettingsError(Finding(wording.path_text([setting.name]), _FORMATS[setting.format][1], got))


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_email(value: str) -> bool:
    name, _, domain = value.rpartition("@")
    return bool(name) and "." in domain and not any(character.isspace() for character in value)


_FORMATS = {
    "uri": (
        _is_web_address,
        Text("адрес вида https://api.example.com", "an address like https://api.example.com"),
    ),
    "email": (_is_email, Text("адрес электронной почты", "an e-mail address")),
    "timezone": (
        lambda value: value in available_timezones(),
        Text("часовой пояс вида Europe/Moscow", "a time zone like Europe/Moscow"),
    ),
}


def _wrong(path: tuple[str | int, ...], expected: Text, got: Any) -> ManifestError:
    return ManifestError(Finding(wording.path_text(path), expected, wording.seen(got)))


def _unknown(path: tuple[str | int, ...], name: str, known: list[str] | tuple[str, ...]) -> ManifestError:
    listed = wording.names(known) or "—"
    hint = wording.perhaps(wording.nearest(name, known))
    return ManifestError(
        Finding(
            wording.path_text(path),
            Text(f"одно из имён: {listed}", f"one of the names {listed}"),
            wording.seen(name),
            hint,
        )
    )


def _bad_address(name: str, value: Any) -> SettingsError:
    return SettingsError(
        Finding(
            wording.path_text([name]),
            Text("адрес сервиса", "an address of the service"),
            wording.NOTHING if value is None else wording.seen(value),
        )
    )
