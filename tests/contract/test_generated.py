"""What is generated from the schemas: committed files, the stub, the scaffold, the facade."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from vestnik import contract
from vestnik.contract import generate
from vestnik.contract.functions import table
from vestnik.contract.shapes import shapes
from vestnik.sandbox.exchange import IncomingRequest
from vestnik.sandbox.sdk import offered_names

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

MODULE = """
from vestnik_sdk import (
    CRM_Marketing_Action,
    CRM_Marketing_ActionType,
    CRM_Marketing_BulkResult,
    CRM_Marketing_CampaignStats,
    CRM_Marketing_CampaignType,
    CRM_Marketing_DeliveryStatus,
    CRM_Marketing_WebhookResult,
    FetchError,
    FetchRequest,
    contacts,
    fetch,
    log,
    sealed,
    settings,
    storage,
)

STATUSES = {"ok": CRM_Marketing_DeliveryStatus.Delivered, "spam": CRM_Marketing_DeliveryStatus.Spam}


def status(word: str) -> CRM_Marketing_DeliveryStatus:
    return STATUSES.get(word, CRM_Marketing_DeliveryStatus.Failed)


async def CRM_Marketing_GetCampaignStats(campaignExternalId: str) -> CRM_Marketing_CampaignStats:
    try:
        answer = await fetch(
            f"{settings.base_url}/stats",
            method="POST",
            form={"api_key": sealed.api_key, "campaign_id": campaignExternalId},
        )
    except FetchError as error:
        log.warning(error.kind, error.message)
        raise
    total = answer.json()["result"]
    return {"sent": total["sent"], "delivered": total["delivered"], "opened": total["read_unique"]}


async def CRM_Marketing_ParseWebhookRequest(request: FetchRequest) -> CRM_Marketing_WebhookResult:
    data = request.json()
    template = (request.body or "").replace(data["auth"], str(sealed.api_key))
    if not await sealed.verify(sealed.digest("md5", template), data["auth"]):
        return {"response": {"status": 403}}
    actions: list[CRM_Marketing_Action] = []
    for event in data["events"]:
        actions.append(
            {
                "type": CRM_Marketing_ActionType.UpdateDeliveryStatus,
                "email": event["email"],
                "status": status(event["status"]),
            }
        )
        actions.append({"type": "unsubscribe", "email": event["email"], "externalId": {"all": True}})
    return {"actions": actions, "response": {"status": 200, "body": "ok"}}


async def CRM_Marketing_ExportContacts(contactIds: list[str]) -> CRM_Marketing_BulkResult | None:
    for person in await contacts(contactIds):
        await storage.set(person["id"], person["emails"])
    return {"rejected": [{"key": contactIds[0], "reason": "No address", "code": "invalid"}]}


async def CRM_Marketing_PrepareCampaign(
    campaignId: str, type: CRM_Marketing_CampaignType, contacts: list[str]
) -> None:
    if type == CRM_Marketing_CampaignType.Sms:
        await storage.compare_and_set(campaignId, None, contacts)
"""

WRONG = """
from vestnik_sdk import CRM_Marketing_ActionType, CRM_Marketing_CampaignStats, absent
from vestnik_sdk import CRM_Marketing_WebhookResult


def parse() -> CRM_Marketing_WebhookResult:
    return {"actions": [{"type": "updateDeliveryStatus", "email": "a", "status": "sentt"}]}


def stats() -> CRM_Marketing_CampaignStats:
    return {"sentt": 5}


print(CRM_Marketing_ActionType.Nope)
"""


def pyrefly(folder: Path, stub: str, **files: str) -> list[tuple[str, int, str]]:
    """The errors that pyrefly finds: file, line, kind."""
    (folder / "vestnik_sdk.pyi").write_text(stub)
    (folder / "pyrefly.toml").write_text('project-includes = ["*.py", "*.pyi"]\n')
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    command = [str(BIN / "pyrefly"), "check", "--output-format", "json", "--config", "pyrefly.toml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    errors = json.loads(done.stdout)["errors"]
    return [(Path(each["path"]).name, each["line"], each["name"]) for each in errors]


def test_committed_files_are_up_to_date() -> None:
    """`make generate` writes them."""
    assert generate.stale(ROOT) == []


def test_the_generator_writes_what_is_stale_and_then_finds_nothing(tmp_path: Path) -> None:
    assert generate.main(["--check", "--root", str(tmp_path)]) == 1
    assert generate.main(["--root", str(tmp_path)]) == 0
    assert generate.main(["--check", "--root", str(tmp_path)]) == 0
    (tmp_path / "docs/contract.md").write_text("old")
    assert generate.main(["--check", "--root", str(tmp_path)]) == 1


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_module_written_by_the_stub_has_no_type_errors(tmp_path: Path, language: contract.Language) -> None:
    assert pyrefly(tmp_path, contract.stub(language), module=MODULE) == []


def test_mistakes_are_found_by_the_stub(tmp_path: Path) -> None:
    assert pyrefly(tmp_path, contract.stub(), wrong=WRONG) == [
        ("wrong.py", 2, "missing-module-attribute"),
        ("wrong.py", 7, "bad-assignment"),
        ("wrong.py", 11, "bad-typed-dict-key"),
        ("wrong.py", 14, "missing-attribute"),
    ]


def test_the_stub_of_a_module_knows_its_own_settings_and_secrets(tmp_path: Path) -> None:
    title = {"ru": "Поле", "en": "Field"}
    manifest = contract.parse_manifest(
        {
            "name": "acme",
            "title": title,
            "version": "1.0.0",
            "settings": {
                "properties": {
                    "base_url": {"type": "string", "title": title},
                    "api_key": {"type": "string", "title": title, "secret": True},
                }
            },
        }
    )
    text = "from vestnik_sdk import sealed, settings\n\nprint(settings.base_url, sealed.api_key)\n"
    wrong = text + "print(settings.api_key)\nprint(sealed.base_url)\n"
    assert pyrefly(tmp_path, contract.stub("en", manifest), right=text, wrong=wrong) == [
        ("wrong.py", 4, "missing-attribute"),
        ("wrong.py", 5, "missing-attribute"),
    ]


def test_the_stub_names_exactly_what_the_sandbox_offers() -> None:
    tree = ast.parse(contract.stub())
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    assert {name for name in names if not name.startswith("_")} == offered_names(contract.facade())


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_scaffold_has_the_seven_functions_with_their_parameters(
    tmp_path: Path, language: contract.Language
) -> None:
    text = contract.scaffold(language)
    functions = {
        node.name: [argument.arg for argument in node.args.args]
        for node in ast.parse(text).body
        if isinstance(node, ast.AsyncFunctionDef)
    }
    assert functions == {
        name: [parameter.name for parameter in function.parameters]
        for name, function in table().items()
        if function.required
    }
    assert contract.check_signatures(functions) == []
    assert text.count('    raise NotImplementedError("not implemented")\n') == 7
    assert max(len(line) for line in text.splitlines()) <= 100
    assert pyrefly(tmp_path, contract.stub(), scaffold=text) == []


def test_the_scaffold_is_commented_in_the_language_of_its_reader() -> None:
    assert "# Импортировать шаблоны писем из сервиса рассылки." in contract.scaffold("ru")
    assert "# Import templates of letters from the sending service." in contract.scaffold("en")


def test_a_scaffold_of_chosen_functions_has_no_others() -> None:
    text = contract.scaffold("en", ["CRM_Marketing_GetLists", "CRM_Marketing_GetAccount"])
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.AsyncFunctionDef)]
    assert names == ["CRM_Marketing_GetAccount", "CRM_Marketing_GetLists"]


def test_the_reference_has_a_heading_for_every_function_and_type() -> None:
    for language in ("ru", "en"):
        text = contract.reference(language)
        for name in table():
            assert f"\n### {name}\n" in text
        for shape in shapes().values():
            if shape.is_public:
                assert f"\n#### {shape.name}\n" in text


def test_the_description_names_every_function_and_is_json() -> None:
    described = json.loads(json.dumps(contract.describe()))
    assert [function["name"] for function in described["functions"]] == list(table())
    assert described["constants"]["CRM_Marketing_CampaignType"] == ["Email", "Sms"]


def test_the_facade_wraps_the_request_of_a_webhook_and_nothing_else() -> None:
    wraps = {name: each["wraps"] for name, each in contract.facade()["functions"].items() if each["wraps"]}
    assert wraps == {"CRM_Marketing_ParseWebhookRequest": {"request": "IncomingRequest"}}


@pytest.mark.parametrize("body", [b"", b'{"a": 1}', "тест".encode(), b"\xff\xfe\x00"])
def test_a_request_reaches_the_module_with_the_bytes_that_came(body: bytes) -> None:
    request = contract.incoming_request("POST", "/hooks/acme", {"a": "1"}, {"X-Sign": "abc"}, body)
    arguments = {"request": json.loads(json.dumps(request))}
    contract.check_arguments("CRM_Marketing_ParseWebhookRequest", arguments)
    seen = IncomingRequest(
        contract.runtime_arguments("CRM_Marketing_ParseWebhookRequest", arguments)["request"]
    )
    assert (seen.method, seen.path, seen.query, seen.raw) == ("POST", "/hooks/acme", {"a": "1"}, body)
    assert seen.headers["x-sign"] == "abc"


def test_arguments_of_other_functions_stay_as_they_are() -> None:
    arguments = {"offset": 0, "limit": 50}
    assert contract.runtime_arguments("CRM_Marketing_ImportTemplates", arguments) == arguments
