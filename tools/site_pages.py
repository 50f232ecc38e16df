"""Pages of the documents' site that are made while it is built: the front page, the reference of the API.

MkDocs calls `on_files` and `on_page_markdown` (`hooks` in mkdocs.yml).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
METHODS = ("get", "post", "put", "patch", "delete")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the two pages."""
    described = json.loads((ROOT / "web/openapi.json").read_text())
    files.append(File.generated(config, "index.md", content=front_page()))
    files.append(File.generated(config, "api-reference.md", content="\n".join(reference(described))))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links out of docs/ lead to files that the site does not have: their text stays."""
    outside = re.escape("../" * (page.file.src_uri.count("/") + 1))
    return re.sub(rf"\[([^\]]+)\]\({outside}[^)]*\)", r"\1", markdown)


def front_page() -> str:
    """The README, with its links as seen from docs/."""
    text = (ROOT / "README.md").read_text().replace("](docs/", "](")
    return re.sub(r"\[([^\]]+)\]\((?:CONTRIBUTING|CHANGELOG)\.md\)", r"`\1`", text)


def reference(described: Mapping[str, Any]) -> Iterator[str]:
    """The API by addresses: what each takes, the right it needs, what it answers; then all shapes."""
    yield "# API reference\n"
    yield "Made from the description that an installation serves at `/api/openapi.json`."
    yield "What is true of all addresses: [The API](api.md).\n"
    for path, item in described["paths"].items():
        for method in METHODS:
            if method in item:
                yield from operation(method, path, item[method])
    yield "## Shapes\n"
    for name, shape in sorted(described["components"]["schemas"].items()):
        yield f"### {name}\n"
        if shape.get("description"):
            yield f"{text(shape['description'])}\n"
        if shape.get("properties"):
            required = shape.get("required", ())
            yield "| field | type | |\n|---|---|---|"
            for field, kind in shape["properties"].items():
                yield f"| `{field}` | {kind_of(kind)} | {'required' if field in required else ''} |"
        else:
            yield kind_of(shape)
        yield ""


def operation(method: str, path: str, told: Mapping[str, Any]) -> Iterator[str]:
    """One operation."""
    yield f"## {method.upper()} {path}\n".replace("{", "&#123;").replace("}", "&#125;")
    yield f"{text(told.get('description') or told.get('summary') or '')}\n"
    if right := told.get("x-right"):
        yield f"Right: `{right}`.\n"
    if parameters := told.get("parameters"):
        yield "| parameter | in | type | |\n|---|---|---|---|"
        for each in parameters:
            must = "required" if each.get("required") else ""
            yield f"| `{each['name']}` | {each['in']} | {kind_of(each.get('schema', {}))} | {must} |"
        yield ""
    for kind, media in told.get("requestBody", {}).get("content", {}).items():
        yield f"Body, `{kind}`: {kind_of(media.get('schema', {}))}.\n"
    yield "| answer | |\n|---|---|"
    refused = [status for status, answer in told["responses"].items() if "$ref" in answer]
    for status, answer in told["responses"].items():
        if status in refused:
            continue
        shapes = {kind_of(media.get("schema", {})) for media in answer.get("content", {}).values()}
        yield f"| {status} | {text(answer.get('description', ''))} {', '.join(sorted(shapes))} |"
    if refused:
        yield f"| {', '.join(refused)} | A [Problem](#problem). |"
    yield ""


def kind_of(schema: Mapping[str, Any] | bool) -> str:
    """A schema in a few words; shapes of the description are links."""
    if isinstance(schema, bool):
        return "anything" if schema else "nothing"
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{re.sub('[^a-z0-9_-]', '', name.lower())})"
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(kind_of(each) for each in schema[union])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"]).replace("|", "\\|")
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return kind if isinstance(kind, str) else " or ".join(kind)


def text(told: str) -> str:
    """Prose that may stand in a cell of a table."""
    return " ".join(told.split()).replace("|", "\\|").replace("<", "&lt;")
