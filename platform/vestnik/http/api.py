"""HTTP operations described once: the route, its shapes, the right it needs, and the OpenAPI from it.

    router = Router("campaigns")

    @router.get("/campaigns/{id:key}", returns=CampaignCard, right="campaigns.read")
    async def get_campaign(context: Context, id: int) -> CampaignCard:
        '''One campaign with its numbers.'''

A handler gets the context, the path's parameters by name, and `body`, `query` and `upload` where it
declares them. It returns the declared shape, None (204), or a response of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import msgspec
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route

from vestnik.http.bodies import refuse_declared
from vestnik.http.decoding import MAX_KEY, decode, decode_query
from vestnik.http.errors import BodyTooLarge, Language, NotFound, NotSignedIn
from vestnik.http.uploads import FileBody, FileForm, read_form

if TYPE_CHECKING:
    from vestnik.app import Services
    from vestnik.people.access import Actor

#: Rights of an operation that asks for none.
PUBLIC = "public"
SIGNED_IN = "signed in"

#: Where every operation stands.
PREFIX = "/api/v1"

#: A key on the wire: JavaScript's numbers would lose some of its 64 bits. `key_of` reads it.
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,19}$")]

DEFAULT_BODY_BYTES = 1_000_000

MAX_OFFSET = 10**12

Handler = Callable[..., Awaitable[Any]]
H = TypeVar("H", bound=Handler)


class _KeyConvertor(Convertor[int]):
    """`{id:key}` in a path: as many digits as a key can have, so that nobody has a longer number read."""

    regex = "[0-9]{1,19}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("key", _KeyConvertor())


class Shape(msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """Base of every body, query and answer: camelCase on the wire, unknown fields refused."""


class Page(Shape):
    """Base of a query for a list: search, order, and the slice."""

    search: str = ""
    sort: str = ""
    offset: Annotated[int, msgspec.Meta(ge=0, le=MAX_OFFSET)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, in which language, and what the application offers."""

    request: Request
    services: Services
    language: Language

    @property
    def actor(self) -> Actor:
        """The signed-in person or machine; `NotSignedIn` where there is none."""
        actor: Actor | None = getattr(self.request.state, "actor", None)
        if actor is None:
            raise NotSignedIn()
        return actor


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as routed and as documented."""

    method: str
    path: str
    handler: Handler
    tag: str
    right: str
    body: Any
    query: type[Shape] | None
    returns: Any
    status: int
    body_bytes: int
    upload: FileBody | FileForm | None
    media_type: str

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or self.handler.__name__).strip().splitlines()[0]


class Router:
    """The operations of one room, under one tag."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.operations: list[Operation] = []
        self.sockets: list[tuple[str, str, Handler]] = []

    def operation(
        self,
        method: str,
        path: str,
        *,
        right: str,
        body: Any = None,
        query: type[Shape] | None = None,
        returns: Any = None,
        status: int | None = None,
        body_bytes: int = DEFAULT_BODY_BYTES,
        upload: FileBody | FileForm | None = None,
        media_type: str = "application/json",
    ) -> Callable[[H], H]:
        """Register a handler; `right` is a named right, `SIGNED_IN` or `PUBLIC`.

        `media_type` is that of the answer; more than one are separated by commas.
        The status of success is 204 where there is nothing to tell, and 200 elsewhere.
        """
        is_empty = returns is None and media_type == "application/json"

        def register(handler: H) -> H:
            self.operations.append(
                Operation(
                    method=method,
                    path=path,
                    handler=handler,
                    tag=self.tag,
                    right=right,
                    body=body,
                    query=query,
                    returns=returns,
                    status=status or (204 if is_empty else 200),
                    body_bytes=body_bytes,
                    upload=upload,
                    media_type=media_type,
                )
            )
            return handler

        return register

    def get(self, path: str, **options: Any) -> Callable[[H], H]:
        """Register a GET operation."""
        return self.operation("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[H], H]:
        """Register a POST operation."""
        return self.operation("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[H], H]:
        """Register a PUT operation."""
        return self.operation("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[H], H]:
        """Register a PATCH operation."""
        return self.operation("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[H], H]:
        """Register a DELETE operation."""
        return self.operation("DELETE", path, **options)

    def socket(self, path: str, *, right: str) -> Callable[[H], H]:
        """Register the handler of a WebSocket; see sockets.py."""

        def register(handler: H) -> H:
            self.sockets.append((path, right, handler))
            return handler

        return register


def routes(routers: Sequence[Router], services: Services, prefix: str = PREFIX) -> list[Route]:
    """Starlette routes for every operation of `routers`."""
    return [
        Route(
            prefix + operation.path,
            _endpoint(operation, services),
            methods=[operation.method],
            name=f"{operation.tag}.{operation.handler.__name__}",
        )
        for router in routers
        for operation in router.operations
    ]


def _endpoint(operation: Operation, services: Services) -> Callable[[Request], Awaitable[Response]]:
    encoder = msgspec.json.Encoder()

    async def endpoint(request: Request) -> Response:
        context = Context(request, services, language_of(request))
        if operation.right == SIGNED_IN:
            _ = context.actor
        elif operation.right != PUBLIC:
            context.actor.require(operation.right)
        arguments = _path_arguments(request.path_params)
        if operation.query is not None:
            arguments["query"] = decode_query(request.query_params, operation.query)
        if operation.body is not None:
            arguments["body"] = decode(await read_body(request, operation.body_bytes), operation.body)
        if isinstance(operation.upload, FileForm):
            arguments["upload"] = await read_form(request, operation.upload)
        elif operation.upload is not None:
            arguments["upload"] = request.stream()
        answer = await operation.handler(context, **arguments)
        if isinstance(answer, Response):
            return answer
        if answer is None:
            return Response(status_code=operation.status if operation.status != 200 else 204)
        return Response(encoder.encode(answer), operation.status, media_type="application/json")

    return endpoint


def language_of(request: HTTPConnection) -> Language:
    """The signed-in person's language, else the first of Accept-Language that we speak, else Russian."""
    actor = getattr(request.state, "actor", None)
    if actor is not None:
        return cast(Language, actor.language)
    return accepted_language(request.headers.get("accept-language", ""))


def accepted_language(header: str) -> Language:
    """The first language of an Accept-Language header that we speak, else Russian."""
    for part in header.split(","):
        code = part.split(";")[0].strip()[:2].lower()
        if code in ("ru", "en"):
            return cast(Language, code)
    return "ru"


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The whole body; `BodyTooLarge` as soon as it passes `limit_bytes`."""
    refuse_declared(request.headers, limit_bytes)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise BodyTooLarge(limit_bytes=limit_bytes)
    return bytes(body)


def key_of(id: Id) -> int:
    """The key that `id` writes out; `NotFound` for a number that no key can be."""
    if (key := int(id)) > MAX_KEY:
        raise NotFound()
    return key


def _path_arguments(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a path; `NotFound` for a number or a text that no row can have."""
    for value in parameters.values():
        if (isinstance(value, int) and value > MAX_KEY) or (isinstance(value, str) and "\0" in value):
            raise NotFound()
    return dict(parameters)
