"""No number from outside is too large for us: every operation of the document is asked with such ones."""

from __future__ import annotations

from typing import Any

import pytest
from tests.application import Installation

from vestnik.app import routers
from vestnik.http.openapi import document


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both: they keep numbers of different sizes."""
    return str(request.param)


LARGE = (2**31, 2**63 - 1, 2**63, 10**19 - 1, 10**23)


class Walker:
    """Makes requests from the document alone, every number and every key of a record as large as told."""

    def __init__(self, document: dict[str, Any], large: int) -> None:
        self._components = document["components"]["schemas"]
        self.large = large
        self.depth = 0

    def value(self, schema: dict[str, Any]) -> Any:
        """A value of a schema; one that refers to itself ends."""
        if "$ref" in schema:
            if self.depth > 6:
                return None
            self.depth += 1
            try:
                return self.value(self._components[schema["$ref"].rsplit("/", 1)[-1]])
            finally:
                self.depth -= 1
        if "anyOf" in schema:
            kinds = sorted(schema["anyOf"], key=lambda each: each.get("type") == "null")
            return self.value(kinds[0])
        if "enum" in schema:
            return schema["enum"][0]
        if "const" in schema:
            return schema["const"]
        match schema.get("type"):
            case "integer":
                least, most = schema.get("minimum"), schema.get("maximum")
                return self.large if most is None or self.large <= most else least or 1
            case "number":
                return 1
            case "boolean":
                return False
            case "array":
                return [self.value(schema.get("items", {}))] if schema.get("items") else []
            case "object":
                return {name: self.value(each) for name, each in schema.get("properties", {}).items()}
            case "string":
                return self.text(schema)
        return None

    def text(self, schema: dict[str, Any]) -> str:
        pattern = schema.get("pattern", "")
        if "[0-9]{1,1" in pattern or "[0-9]{0,1" in pattern:
            return str(self.large)
        if schema.get("format") == "date-time":
            return "2026-01-01T00:00:00Z"
        if schema.get("format") == "date":
            return "2026-01-01"
        if ":[0-5]" in pattern:
            return "09:00"
        return "x" * max(1, int(schema.get("minLength", 1)))


@pytest.mark.slow
@pytest.mark.parametrize("large", LARGE)
async def test_no_number_from_outside_is_too_large_for_us(installation: Installation, large: int) -> None:
    browser = await installation.signed_in("administrator")
    described = document(routers())
    walker = Walker(described, large)
    faults: list[str] = []
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if operation["operationId"] in ("sign_out", "sign_in") or _never_ends(path, operation):
                continue
            wanted = path.removeprefix("/api/v1")
            query: dict[str, Any] = {}
            for parameter in operation["parameters"]:
                value = walker.value(parameter["schema"])
                if parameter["in"] == "path":
                    wanted = wanted.replace(f"{{{parameter['name']}}}", str(value))
                elif parameter["schema"].get("type") == "integer" or "[0-9]" in str(parameter["schema"]):
                    query[parameter["name"]] = str(value)
            for asked in [{name: value} for name, value in query.items()] or [{}]:
                body = None
                if "requestBody" in operation:
                    [kind] = operation["requestBody"]["content"].values()
                    body = walker.value(kind["schema"])
                answer = await browser.client.request(
                    method,
                    f"/api/v1{wanted}",
                    params=asked,
                    headers=browser.headers,
                    **({} if body is None else {"json": body}),
                )
                if answer.status_code >= 500:
                    faults.append(f"{method} {path} {asked}: {answer.status_code}")
    assert faults == []


def _never_ends(path: str, operation: dict[str, Any]) -> bool:
    """A stream that no key in the path can refuse: it is told apart by its description alone."""
    described = operation["responses"].get("200", {}).get("content", {})
    return "text/event-stream" in described and "{" not in path
