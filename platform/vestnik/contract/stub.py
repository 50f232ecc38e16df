"""Writes `vestnik_sdk.pyi`: what a module may import, typed, for an editor outside of the sandbox."""

import textwrap

from vestnik.contract.functions import table
from vestnik.contract.manifest import Manifest, Setting
from vestnik.contract.python_types import annotation, declaration, literal, literal_alias
from vestnik.contract.shapes import Shape, shapes
from vestnik.contract.violations import Language, Text

_HEAD = Text(
    "Что модуль может взять из vestnik_sdk. Создано из schemas/contract, не изменяйте.",
    "What a module may import from vestnik_sdk. Generated from schemas/contract; do not edit.",
)

_IMPORTS = """
from collections.abc import Awaitable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, NotRequired, Protocol, TypeAlias, TypedDict, overload
"""

# What the sandbox offers beside the contract's types (vestnik/sandbox/sdk.py); a test compares the names.
_RUNTIME = '''
_Part: TypeAlias = str | bytes | _Secret | _SealedOperation | Sequence[_Part]
_Form: TypeAlias = Mapping[str, Any] | Iterable[tuple[str, Any]]
_Algorithm: TypeAlias = Literal["md5", "sha1", "sha256", "sha512"]
_Encoding: TypeAlias = Literal["hex", "base64", "base64url", "raw"]

class OperationError(Exception):
    """The host could not do what the module asked for; `kind` says why in one word."""
    kind: str
    message: str

class FetchError(OperationError):
    """A request could not be sent or got no usable answer."""

class RetryLater(Exception):
    """Raise it when the service asks to come back later (its limit of requests).

    The call fails as `retry_later`. The hand-over of a campaign goes on by itself after `seconds`, at most an
    hour; None: the service does not say when. In CreateCampaign it does not mean that nothing happened.
    """
    seconds: float | None
    message: str
    def __init__(self, seconds: float | None = None, message: str = "") -> None: ...

class ServiceDown(RetryLater):
    """Raise it when the service is out of order (an HTTP 5xx).

    The call fails as `service_down`; else it is as RetryLater.
    """

class KeyRefused(Exception):
    """Raise it when the service does not accept the account's key (an HTTP 401).

    The call fails as `key_refused`, and whoever reads of it learns that the key has to be entered anew.
    """
    message: str
    def __init__(self, message: str = "") -> None: ...

class _Headers(Mapping[str, str]):
    """Headers; names in any case."""
    def get_all(self, name: str) -> list[str]: ...
    def __getitem__(self, name: str, /) -> str: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...

class Response:
    """The answer to a fetch; a status of an error raises nothing, look at `ok`."""
    status: int
    ok: bool
    headers: _Headers
    url: str
    spool_id: str | None
    def text(self) -> str: ...
    def json(self) -> Any: ...
    def bytes(self) -> bytes: ...
    def lines(self, offset: int = 0, n: int = 1000) -> Awaitable[list[str]]:
        """Lines of a body fetched with spool=True."""

class spooled:
    """The body that an earlier call fetched with spool=True, by its `spool_id`."""
    spool_id: str
    def __init__(self, spool_id: str) -> None: ...
    def lines(self, offset: int = 0, n: int = 1000) -> Awaitable[list[str]]: ...

class IncomingRequest:
    """The request that came to the account's webhook address."""
    method: str
    path: str
    query: dict[str, str]
    headers: _Headers
    body: str | None
    raw: bytes
    def json(self) -> Any: ...
    @overload
    def form(self, multiple: Literal[False] = False) -> dict[str, str]: ...
    @overload
    def form(self, multiple: Literal[True]) -> dict[str, list[str]]: ...

FetchRequest: TypeAlias = IncomingRequest

def fetch(
    url: str,
    method: str = "GET",
    headers: Mapping[str, str | _Secret] | Iterable[tuple[str, str | _Secret]] | None = None,
    json: Any = None,
    form: _Form | None = None,
    body: str | bytes | None = None,
    query: _Form | None = None,
    timeout: float | None = None,
    spool: bool = False,
) -> Awaitable[Response]:
    """An HTTP request through the host, to a host that was approved. Raises FetchError."""

@overload
def contacts(ids: Sequence[str], /) -> Awaitable[list[CRM_Marketing_Contact]]: ...
@overload
def contacts(*, addresses: Sequence[str]) -> Awaitable[list[CRM_Marketing_Contact]]:
    """Contacts by their ids or by e-mail addresses and phones; those that do not exist are left out."""

class _Secret:
    """A handle: its text is a marker that the host replaces in a request to an approved host."""
    def __str__(self) -> str: ...
    def __add__(self, other: str) -> str: ...
    def __radd__(self, other: str) -> str: ...

class _SealedOperation(Protocol):
    """A computation in the host: await it, or hand it to another one."""
    def __await__(self) -> Generator[Any, Any, str]: ...

class _Storage:
    """The account's own key-value store; each operation is committed before it answers."""
    def get(self, key: str, default: Any = None) -> Awaitable[Any]: ...
    def set(self, key: str, value: Any) -> Awaitable[None]: ...
    def delete(self, key: str) -> Awaitable[None]: ...
    def compare_and_set(self, key: str, expected: Any, value: Any) -> Awaitable[bool]:
        """Sets the value if the present one equals `expected` (None: there is none); tells whether it did."""
    def keys(self, prefix: str = "") -> Awaitable[list[str]]: ...

storage: Final[_Storage]

class _Log:
    """Lines of the call's log; print() writes there too."""
    def __call__(self, *values: Any) -> None: ...
    def debug(self, *values: Any) -> None: ...
    def info(self, *values: Any) -> None: ...
    def warning(self, *values: Any) -> None: ...
    def error(self, *values: Any) -> None: ...

log: Final[_Log]
'''

_SEALED = '''
    def digest(
        self, algorithm: _Algorithm, *parts: _Part, encoding: _Encoding = "hex"
    ) -> _SealedOperation: ...
    def hmac(
        self, algorithm: _Algorithm, key: _Part, *parts: _Part, encoding: _Encoding = "hex"
    ) -> _SealedOperation: ...
    def base64(self, *parts: _Part, urlsafe: bool = False) -> _SealedOperation: ...
    def basic(self, user: _Part, password: _Part) -> _SealedOperation: ...
    def verify(self, of: _SealedOperation, expected: str) -> Awaitable[bool]:
        """Whether a digest or an hmac equals the signature that came, compared in constant time."""
    def equals(self, left: _Part, right: _Part) -> Awaitable[bool]: ...
    def verify_ecdsa(self, public_key: _Part, signature: str | bytes, *parts: _Part) -> Awaitable[bool]:
        """Whether a P-256 key signed the joined parts with SHA-256; the signature is DER, also in Base64."""
    def verify_ed25519(self, public_key: _Part, signature: str | bytes, *parts: _Part) -> Awaitable[bool]:
        """Whether an Ed25519 key signed the joined parts; the signature is in Base64, or bytes."""
    def __contains__(self, name: object) -> bool: ...

sealed: Final[_Sealed]
'''

_SETTINGS_METHODS = """    def get(self, name: str, default: Any = None) -> Any: ...
    def __getitem__(self, name: str) -> Any: ...
    def __contains__(self, name: object) -> bool: ...

settings: Final[_Settings]
"""

_CONSTANTS = """
class _Constants(type):
    def __iter__(cls) -> Iterator[str]: ...
    def __contains__(cls, value: object) -> bool: ...
"""

_SETTING_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def stub(language: Language = "en", manifest: Manifest | None = None) -> str:
    """The text of the stub; with a manifest, settings and secrets are its own and others are errors."""
    parts = [f'"""{_HEAD.of(language)}\n\n{_functions()}"""\n', _IMPORTS, _RUNTIME.lstrip("\n")]
    parts += [_settings(manifest), _sealed(manifest), _CONSTANTS.lstrip("\n")]
    parts += [_shape(shape, language) for shape in shapes().values() if shape.is_public]
    return "\n".join(part.strip("\n") + "\n" for part in parts if part)


def _functions() -> str:
    lines = ["Functions that a module may define:", ""]
    lines.extend(f"    {declaration(function).removesuffix(':')}" for function in table().values())
    return "\n".join(lines) + "\n"


def _shape(shape: Shape, language: Language) -> str:
    if shape.name == "FetchRequest":
        return ""
    if shape.kind == "enum":
        return _enum(shape, language)
    if shape.kind == "union":
        alias = f"{shape.name}: TypeAlias = {annotation(shape.schema, 'field')}"
        return f"{alias}\n{_doc(shape.description, language, '')}"
    return _typed_dict(shape, language)


def _enum(shape: Shape, language: Language) -> str:
    """Members typed as the enum itself; those that tell a union's branches apart are exact strings."""
    values = ", ".join(literal(member.value) for member in shape.members)
    lines = [f"{literal_alias(shape.name)}: TypeAlias = Literal[{values}]", ""]
    lines += [f"class {shape.name}(str, metaclass=_Constants):", _doc(shape.description, language)]
    for member in shape.members:
        if shape.is_tag:
            lines.append(f"    {member.name}: Final = {literal(member.value)}")
        else:
            lines.append(f"    {member.name}: ClassVar[{shape.name}]")
        lines.append(_doc(member.title, language))
    return "\n".join(lines) + "\n"


def _typed_dict(shape: Shape, language: Language) -> str:
    lines = [f"class {shape.name}(TypedDict):", _doc(shape.description, language)]
    for field in shape.fields:
        kind = annotation(field.schema, "field")
        lines.append(f"    {field.name}: {kind if field.required else f'NotRequired[{kind}]'}")
        lines.append(_doc(field.description, language))
    return "\n".join(lines) + "\n"


def _doc(text: Text, language: Language, indent: str = "    ") -> str:
    escaped = text.of(language).replace("\\", "\\\\").replace('"""', "'''")
    if escaped.endswith('"'):
        escaped += " "
    return textwrap.indent(f'"""{escaped}"""', indent)


def _settings(manifest: Manifest | None) -> str:
    head = 'class _Settings:\n    """The account\'s settings; secrets are in `sealed`."""\n'
    if manifest is None:
        return head + "    def __getattr__(self, name: str) -> Any: ...\n" + _SETTINGS_METHODS
    return head + "".join(_setting(each) for each in manifest.settings if not each.secret) + _SETTINGS_METHODS


def _setting(setting: Setting) -> str:
    kind = _SETTING_TYPES[setting.type]
    return f"    {setting.name}: {kind}\n"


def _sealed(manifest: Manifest | None) -> str:
    head = 'class _Sealed:\n    """Handles of secrets, and computations with them in the host."""\n'
    if manifest is None:
        return head + "    def __getattr__(self, name: str) -> _Secret: ...\n" + _SEALED.lstrip("\n")
    secrets = "".join(f"    {each.name}: _Secret\n" for each in manifest.settings if each.secret)
    return head + secrets + _SEALED.lstrip("\n")
