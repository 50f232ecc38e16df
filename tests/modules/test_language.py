"""The editor's language server: a real pyrefly, over a real WebSocket, through the real server."""

from __future__ import annotations

import json

import pytest
from tests.modules.editing import SDK_URI, TEXT, URI, Place

from vestnik.people.access import SYSTEM

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_editor_completes_the_keys_of_a_contract_type(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        completions = await editor.at("textDocument/completion", '"": None', 1, context={"triggerKind": 1})
        assert {item["label"]: item["detail"] for item in completions["items"]} == {
            "account": "CRM_Marketing_Account",
            "message": "str | CRM_Marketing_LocalText",
            "setting": "str",
        }


async def test_the_editor_completes_the_settings_of_the_module_and_nothing_private(place: Place) -> None:
    async with place.editor() as editor:
        text = TEXT.replace("sentence(5)", "settings.base")
        await editor.open(text)
        line = text[: text.index("settings.base")].count("\n")
        answer = await editor.request(
            "textDocument/completion",
            textDocument={"uri": URI},
            position={"line": line, "character": len("    settings.")},
            context={"triggerKind": 2, "triggerCharacter": "."},
        )
        labels = [item["label"] for item in answer["result"]["items"]]
        assert {"base_url", "size", "get"} <= set(labels)
        assert [label for label in labels if label.startswith("_")] == []


async def test_hover_tells_signature_and_docstring_and_no_path_of_the_server(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        hover = await editor.at("textDocument/hover", "sentence(5)", 2)
        assert hover["contents"] == {
            "kind": "markdown",
            "value": "```python\n(function) sentence: def sentence(word: str) -> str: ...\n```\n---\n"
            "Makes a *sentence* of a word.",
        }


async def test_tags_in_a_docstring_are_text_for_whoever_reads_it(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open(TEXT.replace("Makes a *sentence*", "Makes <img src=x onerror=alert(1)> `a<b>` of"))
        hover = await editor.at("textDocument/hover", "def sentence", 6)
        assert hover["contents"]["value"].endswith(
            "Makes &lt;img src=x onerror=alert(1)> `a<b>` of of a word."
        )


async def test_names_and_types_are_warned_about_in_the_readers_language(place: Place) -> None:
    async with place.editor() as editor:
        english = await editor.open()
    await place.services.people.users.change(SYSTEM, place.user_id, {"language": "ru"})
    async with place.editor() as editor:
        russian = await editor.open()
    assert [(one["severity"], one["code"], one["message"]) for one in english] == [
        (2, "bad-typed-dict-key", "Key `` is not defined in TypedDict `CRM_Marketing_AccountCheck`"),
        (
            2,
            "bad-argument-type",
            "Argument `Literal[5]` is not assignable to parameter `word` with type `str` "
            "in function `sentence`",
        ),
        (2, "unknown-name", "Could not find name `answrr`\n  Did you mean `answer`?"),
        (2, "unused-import", "Import `settings` may be unused"),
        (2, "unused-variable", "Variable `answer` is unused"),
    ]
    assert [one["message"] for one in russian] == [
        "В «CRM_Marketing_AccountCheck» нет ключа «»",
        "Значение типа «Literal[5]» не подходит параметру «word» функции «sentence»: нужно «str»",
        "Имя «answrr» не определено\n  Может быть, «answer»?",
        "Импорт «settings» не используется",
        "Переменная «answer» не используется",
    ]


async def test_a_change_is_answered_by_the_warnings_of_the_new_text(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        document = {"uri": URI, "version": 1}
        changed = [{"text": "x = 1\ny = z\n"}]
        await editor.notify("textDocument/didChange", textDocument=document, contentChanges=changed)
        said = await editor.until(lambda message: message.get("params", {}).get("version") == 1)
        assert said["params"]["diagnostics"] == [
            {
                "range": {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 5}},
                "severity": 2,
                "code": "unknown-name",
                "message": "Could not find name `z`",
            }
        ]


async def test_signature_definition_references_and_renaming_know_the_two_files_only(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        signature = await editor.at("textDocument/signatureHelp", "sentence(5)", len("sentence("))
        assert signature["signatures"][0]["label"] == "def sentence(word: str) -> str: ..."
        local = await editor.at("textDocument/definition", "sentence(5)", 2)
        assert [(one["uri"], one["range"]["start"]) for one in local] == [(URI, {"line": 5, "character": 4})]
        sdk = await editor.at("textDocument/definition", "CRM_Marketing_AccountCheck:", 3)
        assert [one["uri"] for one in sdk] == [SDK_URI]
        assert await editor.at("textDocument/definition", "str:", 1) == []
        uses = await editor.at(
            "textDocument/references", "sentence(5)", 2, context={"includeDeclaration": True}
        )
        assert [(one["uri"], one["range"]["start"]["line"]) for one in uses] == [(URI, 5), (URI, 12)]
        renamed = await editor.at("textDocument/rename", "sentence(5)", 2, newName="phrase")
        assert {uri: [edit["newText"] for edit in edits] for uri, edits in renamed["changes"].items()} == {
            URI: ["phrase", "phrase"]
        }


async def test_a_quick_fix_is_an_edit_of_the_module_and_never_a_command(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        start = {"line": 13, "character": len("    return ")}
        span = {"start": start, "end": {"line": 13, "character": len("    return answrr")}}
        given = {"textDocument": {"uri": URI}, "range": span, "context": {"diagnostics": [], "only": []}}
        actions = (await editor.request("textDocument/codeAction", **given))["result"]
        assert "Generate variable `answrr`" in [action["title"] for action in actions]
        assert {tuple(sorted(action)) for action in actions} == {("edit", "kind", "title")}
        assert {tuple(action["edit"]["changes"]) for action in actions} == {(URI,)}


# -- what does not pass


async def test_a_method_that_is_not_offered_is_refused_and_the_editor_works_on(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open()
        for method in ("workspace/executeCommand", "workspace/symbol", "shutdown", "textDocument/formatting"):
            answer = await editor.request(method, command="x", arguments=[])
            assert answer["error"] == {"code": -32601, "message": "this method is not offered"}
        await editor.notify("workspace/didChangeConfiguration", settings={})
        await editor.notify("exit")
        assert (await editor.at("textDocument/hover", "sentence(5)", 2))["contents"]["kind"] == "markdown"


@pytest.mark.parametrize("uri", ["file:///etc/passwd", SDK_URI, "file:///module/../etc/passwd", None, 5])
async def test_another_document_is_refused(place: Place, uri: object) -> None:
    async with place.editor() as editor:
        await editor.request("initialize")
        position = {"line": 0, "character": 0}
        answer = await editor.request("textDocument/hover", textDocument={"uri": uri}, position=position)
        assert answer["error"] == {"code": -32602, "message": f"the only document is {URI}"}


async def test_nothing_that_an_editor_is_told_names_a_file_of_the_server(place: Place) -> None:
    async with place.editor() as editor:
        await editor.open("import requests\n" + TEXT)
        for needle in ("CRM_Marketing_AccountCheck:", "sentence(5)", "str:"):
            editor.heard.append(await editor.at("textDocument/hover", needle, 2) or {})
            editor.heard.append({"result": await editor.at("textDocument/definition", needle, 2)})
        told = json.dumps(editor.heard)
        assert "vestnik-editor-" not in told
        assert "typeshed" not in told
        assert "/tmp" not in told  # noqa: S108


# -- the check, the formatter, the scaffold


async def test_the_check_tells_types_and_names_behind_the_policy_and_each_fact_once(place: Place) -> None:
    source = (
        "import os\nimport json\n\nasync def CRM_Marketing_CheckAccount():\n    return os.environ[nothing]\n"
    )
    checked = (await place.post("check", source=source)).json()
    told = [
        (one["line"], one["column"], one["severity"], one["kind"])
        for one in checked["diagnostics"]
        if one["kind"] != "missing"
    ]
    assert checked["types"] == "checked"
    assert told == [(1, 8, "error", "policy"), (2, 8, "warning", "names"), (5, 23, "warning", "names")]


async def test_a_syntax_error_is_told_by_the_check_alone(place: Place) -> None:
    checked = (await place.post("check", source="def broken(:\n    pass\n")).json()
    assert [(one["line"], one["kind"]) for one in checked["diagnostics"]] == [(1, "syntax")]


async def test_a_text_is_formatted_with_its_imports_in_order(place: Place) -> None:
    source = "import json\nimport asyncio\nx = {'a':1,\n  'b':json}\nawait_ = asyncio\n"
    formatted = await place.post("format", source=source)
    assert formatted.json() == {
        "source": 'import asyncio\nimport json\n\nx = {"a": 1, "b": json}\nawait_ = asyncio\n'
    }


async def test_a_text_with_a_syntax_error_is_not_touched(place: Place) -> None:
    for path, more in (("format", {}), ("scaffold", {"function": "CRM_Marketing_GetAccount"})):
        answer = await place.post(path, source="x = 1\ndef broken(:\n    pass\n", **more)
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["line"]) == (422, "source_unreadable", 2)


async def test_a_missing_function_is_put_where_it_belongs_with_its_import(place: Place) -> None:
    answer = await place.post("scaffold", source=TEXT, function="CRM_Marketing_GetAccount", language="ru")
    made = answer.json()
    lines = made["source"].splitlines()
    assert lines[made["line"] - 1] == "async def CRM_Marketing_GetAccount() -> CRM_Marketing_Account:"
    assert lines[2] == "from vestnik_sdk import CRM_Marketing_Account, CRM_Marketing_AccountCheck, settings"
    assert lines[made["line"] - 2].startswith("# ")
    assert made["line"] > lines.index("async def CRM_Marketing_CheckAccount() -> CRM_Marketing_AccountCheck:")
    again = await place.post("scaffold", source=made["source"], function="CRM_Marketing_GetAccount")
    assert again.json() == made
    none = await place.post("scaffold", source=TEXT, function="CRM_Marketing_Nothing")
    assert none.status_code == 404
