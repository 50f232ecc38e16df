"""The OpenAPI 3.1 document, made from the operations themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from vestnik import __version__
from vestnik.http import statuses
from vestnik.http.api import PUBLIC, Operation, Router
from vestnik.http.uploads import FILE, FORM, FileBody, FileForm

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)(?::(\w+))?}")
_TEXTS = ("type", "title", "detail", "code", "instance", "traceId")
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {name: {"type": "string"} for name in _TEXTS} | {"status": {"type": "integer"}},
}


class TwiceDescribed(Exception):
    """Two shapes have the same name, or two operations the same name, or method and path."""


def document(routers: Sequence[Router]) -> dict[str, Any]:
    """The whole document for the operations of `routers`."""
    operations = [operation for router in routers for operation in router.operations]
    shapes = _shapes(operations)
    schemas, components = _described(shapes)
    by_shape = {id(shape): schema for shape, schema in zip(shapes, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    named: set[str] = set()
    for operation in operations:
        path = "/api/v1" + _PARAMETER.sub(r"{\1}", operation.path)
        methods = paths.setdefault(path, {})
        if operation.method.lower() in methods:
            raise TwiceDescribed(f"{operation.method} {path}")
        if (name := operation.handler.__name__) in named:
            raise TwiceDescribed(name)
        named.add(name)
        methods[operation.method.lower()] = _describe(operation, by_shape, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vestnik", "version": __version__},
        "paths": paths,
        "components": {
            "schemas": components | {"Problem": _PROBLEM},
            "responses": statuses.responses(),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "vestnik_session"},
                "key": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _described(shapes: Sequence[Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """The schema of each shape, and those that they refer to by name; each name stands for one shape.

    Shapes of one name in two modules go by their modules too.
    """
    try:
        schemas, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    except KeyError as error:  # in one module: there is no name left for one of them
        raise TwiceDescribed(str(error.args[0])) from None
    if "Problem" in components:
        raise TwiceDescribed("Problem")
    return tuple(schemas), components


def _shapes(operations: Iterable[Operation]) -> list[Any]:
    found: dict[int, Any] = {}
    for operation in operations:
        texts = operation.upload.texts if isinstance(operation.upload, FileForm) else None
        for shape in (operation.body, operation.query, operation.returns, texts):
            if shape is not None:
                found[id(shape)] = shape
    return list(found.values())


def _describe(operation: Operation, by_shape: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": operation.summary}
    if operation.returns is not None:
        success["content"] = {operation.media_type: {"schema": by_shape[id(operation.returns)]}}
    elif operation.media_type != "application/json":
        types = operation.media_type.split(", ")  # one of them
        success["content"] = {each: {"schema": {"type": "string"}} for each in types}
    described: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation, by_shape, components)],
        "responses": {str(operation.status): success} | statuses.described(operation),
        "x-right": operation.right,
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": by_shape[id(operation.body)]}},
        }
    if operation.upload is not None:
        described["requestBody"] = {
            "required": True,
            "content": _uploaded(operation.upload, by_shape, components),
        }
    if operation.right != PUBLIC:
        described["security"] = [{"session": []}, {"key": []}]
    return described


def _uploaded(
    upload: FileBody | FileForm, by_shape: dict[int, Any], components: dict[str, Any]
) -> dict[str, Any]:
    """The content of a request that uploads a file: its bytes alone, or a form."""
    file = {
        "type": "string",
        "format": "binary",
        "maxLength": upload.limit_bytes,
        "description": f"A file of at most {upload.limit_bytes} bytes.",
    }
    if isinstance(upload, FileBody):
        return {"application/octet-stream": {"schema": file}}
    texts = _component(by_shape[id(upload.texts)], components)
    form = {
        "type": "object",
        "required": [FILE, *texts.get("required", ())],
        "properties": {FILE: file} | texts["properties"],
        "additionalProperties": False,
    }
    return {FORM: {"schema": form}}


def _component(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """The shape that a schema refers to."""
    found: dict[str, Any] = components[schema["$ref"].rsplit("/", 1)[-1]]
    return found


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    kinds = {"key": {"type": "string", "pattern": "^[0-9]{1,19}$"}, "int": {"type": "integer", "minimum": 0}}
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds.get(kind, {"type": "string"})}
        for name, kind in _PARAMETER.findall(operation.path)
    ]


def _query_parameters(
    operation: Operation, by_shape: dict[int, Any], components: dict[str, Any]
) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    shape = _component(by_shape[id(operation.query)], components)
    required = set(shape.get("required", ()))
    return [
        {"name": field, "in": "query", "required": field in required, "schema": described}
        for field, described in shape["properties"].items()
    ]
