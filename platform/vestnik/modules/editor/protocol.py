"""What may pass between an editor and its language server, and in which shape.

Both sides' messages are rebuilt from the parts that we know; what is not named here does not pass. The editor
speaks of `file:///module/…` and never learns where the files are; the server is asked about the module alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vestnik.http.errors import Language
from vestnik.modules.editor.pyrefly_words import worded

MODULE_FILE = "module.py"
SDK_FILE = "vestnik_sdk.pyi"
MODULE_URI = f"file:///module/{MODULE_FILE}"
SDK_URI = f"file:///module/{SDK_FILE}"

#: JSON-RPC's own codes.
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602

Message = dict[str, Any]

_AT = ("textDocument", "position")
_REQUESTS: Mapping[str, tuple[str, ...]] = {
    "initialize": (),
    "textDocument/completion": (*_AT, "context"),
    "textDocument/hover": _AT,
    "textDocument/signatureHelp": (*_AT, "context"),
    "textDocument/definition": _AT,
    "textDocument/references": (*_AT, "context"),
    "textDocument/rename": (*_AT, "newName"),
    "textDocument/codeAction": ("textDocument", "range"),
}
_NOTIFICATIONS: Mapping[str, tuple[str, ...]] = {
    "initialized": (),
    "textDocument/didOpen": ("textDocument",),
    "textDocument/didChange": ("textDocument", "contentChanges"),
    "textDocument/didClose": ("textDocument",),
    "$/cancelRequest": ("id",),
}

#: What the server can do is said by us: it is asked for nothing else.
CAPABILITIES: Message = {
    "textDocumentSync": {"openClose": True, "change": 2},
    "positionEncoding": "utf-16",
    "completionProvider": {"triggerCharacters": [".", "'", '"'], "resolveProvider": False},
    "signatureHelpProvider": {"triggerCharacters": ["(", ","]},
    "hoverProvider": True,
    "definitionProvider": True,
    "referencesProvider": True,
    "renameProvider": True,
    "codeActionProvider": True,
}
_OF_EDITOR: Message = {
    "general": {"positionEncodings": ["utf-16"], "markdown": {"parser": "marked"}},
    "textDocument": {
        "completion": {
            "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]},
            "contextSupport": True,
        },
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "signatureHelp": {
            "signatureInformation": {
                "documentationFormat": ["markdown", "plaintext"],
                "parameterInformation": {"labelOffsetSupport": True},
                "activeParameterSupport": True,
            }
        },
        "publishDiagnostics": {"versionSupport": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
        "rename": {},
    },
}

_ITEM = (
    *("label", "kind", "detail", "documentation", "sortText", "filterText", "insertText"),
    *("insertTextFormat", "textEdit", "additionalTextEdits", "commitCharacters"),
)
#: Whether a text can run is for the check to say: the language server only warns.
_WARNING = 2
#: A function of the contract has the contract's parameters, whether it needs them or not.
_UNWANTED = frozenset({"unused-parameter"})

#: Links into the files of the standard library's types, which the editor can't open.
_GO_TO = re.compile(r"\s*Go to (?:\[[^\]\n]*\]\(file:[^)\n]*\)(?: \| )?)+\s*$")
#: Parts of Markdown in which a tag is text already.
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_LINK = re.compile(r"\[([^\]\n]*)\]\(file:[^)\n]*\)")


class Refused(Exception):
    """A message that does not pass; `code` and `reason` are for the answer to a request."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def initialize(root: str) -> Message:
    """The parameters of `initialize` for a folder."""
    return {
        "processId": None,
        "rootUri": root,
        "workspaceFolders": [{"uri": root, "name": "module"}],
        "capabilities": _OF_EDITOR,
    }


def to_server(message: Any, root: str) -> Message:
    """A message of an editor as the server may have it, of the same id; raises Refused."""
    if not isinstance(message, dict) or not isinstance(method := message.get("method"), str):
        raise Refused(METHOD_NOT_FOUND, "not a request")
    identity = message.get("id")
    known = _NOTIFICATIONS if identity is None else _REQUESTS
    if method not in known:
        raise Refused(METHOD_NOT_FOUND, "this method is not offered")
    if isinstance(identity, bool) or not isinstance(identity, int | str | None):
        raise Refused(INVALID_PARAMS, "an id is a number or a text")
    rebuilt: Message = {"jsonrpc": "2.0", "method": method, "params": _parameters(message, known, root)}
    return rebuilt if identity is None else rebuilt | {"id": identity}


def _parameters(message: Message, known: Mapping[str, tuple[str, ...]], root: str) -> Message:
    method, given = message["method"], message.get("params")
    if method == "initialize":
        return initialize(root)
    names = known[method]
    if not names:
        return {}
    if not isinstance(given, dict):
        raise Refused(INVALID_PARAMS, "the parameters are missing")
    parameters = {name: given[name] for name in names if name in given}
    if "textDocument" in names:
        parameters["textDocument"] = _document(given.get("textDocument"), root)
    if method == "textDocument/codeAction":
        parameters["context"] = {"diagnostics": [], "only": ["quickfix"]}
    return parameters


def _document(given: Any, root: str) -> Message:
    if not isinstance(given, dict) or given.get("uri") != MODULE_URI:
        raise Refused(INVALID_PARAMS, f"the only document is {MODULE_URI}")
    document: Message = {"uri": f"{root}/{MODULE_FILE}"}
    if isinstance(version := given.get("version"), int):
        document["version"] = version
    if isinstance(text := given.get("text"), str):
        document |= {"text": text, "languageId": "python"}
    return document


def answer_to_editor(method: str, result: Any, root: str) -> Any:
    """The result of a request as the editor may have it."""
    if result is None:
        return None
    return _ANSWERS[method](result, root)


def diagnostics_to_editor(parameters: Any, root: str, language: Language) -> Message | None:
    """What `publishDiagnostics` says of the module, in the reader's language; None for another file."""
    if not isinstance(parameters, dict) or _uri(parameters.get("uri"), root) != MODULE_URI:
        return None
    found = [
        {
            "range": each["range"],
            "severity": _WARNING,
            "code": str(each.get("code", "")),
            "message": worded(str(each.get("code", "")), str(each.get("message", "")))[language],
        }
        for each in wanted(parameters["diagnostics"])
    ]
    return {"uri": MODULE_URI, "version": parameters.get("version"), "diagnostics": found}


def wanted(diagnostics: Iterable[Message]) -> list[Message]:
    """The diagnostics that mean something to the author of a module."""
    return [each for each in diagnostics if each.get("code") not in _UNWANTED]


def _completions(result: Any, _root: str) -> Message:
    items = result if isinstance(result, list) else result.get("items", [])
    rebuilt = [
        {name: item[name] for name in _ITEM if item.get(name) is not None}
        for item in items
        if item["label"] and not item["label"].startswith("_")  # a module can't use what begins with it
    ]
    for item in rebuilt:
        if "documentation" in item:
            item["documentation"] = _readable(item["documentation"])
    incomplete = isinstance(result, dict) and bool(result.get("isIncomplete"))
    return {"isIncomplete": incomplete, "items": rebuilt}


def _hover(result: Any, _root: str) -> Message:
    hover: Message = {"contents": _readable(result.get("contents"))}
    return hover | {"range": result["range"]} if result.get("range") else hover


def _signatures(result: Any, _root: str) -> Message:
    signatures = []
    for each in result.get("signatures", []):
        signature = {name: each[name] for name in ("label", "parameters", "activeParameter") if name in each}
        if each.get("documentation"):
            signature["documentation"] = _readable(each["documentation"])
        signatures.append(signature)
    places = {name: result[name] for name in ("activeSignature", "activeParameter") if name in result}
    return {"signatures": signatures} | places


def _locations(result: Any, root: str) -> list[Message]:
    found = result if isinstance(result, list) else [result]
    return [
        {"uri": uri, "range": each["range"]}
        for each in found
        if (uri := _uri(each.get("uri"), root)) is not None and "range" in each
    ]


def _changes(result: Any, root: str) -> Message:
    edits = (result.get("changes") or {}).get(f"{root}/{MODULE_FILE}")
    return {"changes": {} if edits is None else {MODULE_URI: edits}}


def _actions(result: Any, root: str) -> list[Message]:
    actions = []
    for each in result:
        edit = _changes(each.get("edit") or {}, root)
        if edit["changes"]:
            actions.append({"title": str(each.get("title", "")), "kind": "quickfix", "edit": edit})
    return actions


def _initialized(_result: Any, _root: str) -> Message:
    return {"capabilities": CAPABILITIES}


_ANSWERS: Mapping[str, Callable[[Any, str], Any]] = {
    "initialize": _initialized,
    "textDocument/completion": _completions,
    "textDocument/hover": _hover,
    "textDocument/signatureHelp": _signatures,
    "textDocument/definition": _locations,
    "textDocument/references": _locations,
    "textDocument/rename": _changes,
    "textDocument/codeAction": _actions,
}


def _uri(uri: Any, root: str) -> str | None:
    """The editor's name of one of the two files; None for any other."""
    return {f"{root}/{MODULE_FILE}": MODULE_URI, f"{root}/{SDK_FILE}": SDK_URI}.get(str(uri))


def _readable(content: Any) -> Any:
    """A documentation without links into the server's files, whose tags are text and no Markdown's."""
    if isinstance(content, str):
        parts = _CODE.split(_LINK.sub(r"\1", _GO_TO.sub("", content)))
        return "".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))
    if isinstance(content, dict) and isinstance(content.get("value"), str):
        return {"kind": content.get("kind", "plaintext"), "value": _readable(content["value"])}
    return ""
