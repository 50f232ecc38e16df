"""The contract over HTTP: for the editor, and as a stub for a local IDE."""

from __future__ import annotations

from typing import Any, Literal

from starlette.responses import Response

from vestnik import contract
from vestnik.contract import Text
from vestnik.contract.facade import OPERATIONS
from vestnik.contract.manifest import parse as parse_manifest
from vestnik.contract.shapes import shapes
from vestnik.contract.stub import stub
from vestnik.http.api import Context, Id, Router, Shape, key_of
from vestnik.modules.shapes import Texts

router = Router("contract")

# What every sandbox offers beside the contract's own operations.
FIXED_OPERATIONS = ("fetch",)


class ParameterShape(Shape):
    """One parameter, with an argument to try the function with."""

    name: str
    description: Texts
    schema: dict[str, Any]
    sample: Any


class FunctionShape(Shape):
    """One function that a module may define; `limit` is the class of its time limit."""

    name: str
    title: Texts
    description: Texts
    required: bool
    repeatable: bool
    limit: Literal["parse", "interactive", "bulk"]
    limit_s: float
    parameters: list[ParameterShape]
    returns: dict[str, Any]
    returns_description: Texts
    returns_sample: Any


class TypeShape(Shape):
    """One type of the contract as JSON Schema."""

    name: str
    title: Texts
    description: Texts
    schema: dict[str, Any]


class ContractShape(Shape):
    """The whole contract."""

    functions: list[FunctionShape]
    types: list[TypeShape]
    operations: list[str]
    constants: dict[str, list[str]]


class StubQuery(Shape):
    """For which module: then its settings and secrets are in the stub."""

    module_id: Id | None = None


@router.get("/contract", returns=ContractShape, right="modules.read")
async def get_contract(context: Context) -> ContractShape:
    """Functions, types, operations and constants that a module can use."""
    public = [shape for shape in shapes().values() if shape.is_public]
    return ContractShape(
        functions=[_function(each) for each in contract.functions().values()],
        types=[
            TypeShape(
                name=shape.name,
                title=_texts(shape.title),
                description=_texts(shape.description),
                schema=shape.schema,
            )
            for shape in public
        ],
        operations=[*FIXED_OPERATIONS, *OPERATIONS],
        constants={
            shape.name: [member.name for member in shape.members] for shape in public if shape.kind == "enum"
        },
    )


@router.get(
    "/contract/vestnik_sdk.pyi",
    query=StubQuery,
    returns=str,
    right="modules.read",
    media_type="text/x-python",
)
async def get_stub(context: Context, query: StubQuery) -> Response:
    """The contract as a Python stub file for a local IDE."""
    manifest = None
    if query.module_id is not None:
        _, live = await context.services.modules.library.card(context.actor, key_of(query.module_id))
        manifest = parse_manifest(live.manifest)
    return Response(
        stub(context.language, manifest),
        media_type="text/x-python",
        headers={"content-disposition": 'attachment; filename="vestnik_sdk.pyi"'},
    )


def _function(each: contract.Function) -> FunctionShape:
    return FunctionShape(
        name=each.name,
        title=_texts(each.title),
        description=_texts(each.description),
        required=each.required,
        repeatable=each.repeatable,
        limit=each.limit,
        limit_s=each.limit_s,
        parameters=[
            ParameterShape(
                name=parameter.name,
                description=_texts(parameter.description),
                schema=parameter.schema,
                sample=parameter.sample,
            )
            for parameter in each.parameters
        ],
        returns=each.returns,
        returns_description=_texts(each.returns_description),
        returns_sample=each.returns_sample,
    )


def _texts(text: Text) -> Texts:
    return Texts(ru=text.ru, en=text.en)
