"""`module.json`: what is read from it, and what is said about a wrong one."""

import json
from pathlib import Path
from typing import Any

import pytest

from vestnik import contract
from vestnik.contract.manifest import BatchSizes, Manifest, Origin, Personalisation, RateLimit

TITLE = {"ru": "Акме", "en": "Acme"}
REASON = {"ru": "API сервиса", "en": "The service's API"}


def document(**changes: Any) -> dict[str, Any]:
    return {
        "name": "acme",
        "title": TITLE,
        "version": "1.2.0",
        "settings": {
            "type": "object",
            "required": ["base_url", "api_key"],
            "properties": {
                "base_url": {
                    "type": "string",
                    "format": "uri",
                    "title": {"ru": "Адрес API", "en": "API address"},
                    "default": "https://api.acme.example",
                },
                "api_key": {
                    "type": "string",
                    "secret": True,
                    "title": {"ru": "Ключ API", "en": "API key"},
                    "publicPart": "-([a-z]+[0-9]+)$",
                },
                "timezone": {"type": "string", "format": "timezone", "title": TITLE},
                "attempts": {"type": "integer", "minimum": 1, "maximum": 5, "title": TITLE, "default": 2},
            },
        },
        "hosts": [
            {"pattern": "{settings.base_url}", "reason": REASON, "secrets": ["api_key"], "private": True},
            {"pattern": "*.files.acme.example", "port": 8443},
            {"pattern": "{settings.api_key_part}.acme.example"},
        ],
        "campaignTypes": ["email", "sms"],
        "rateLimits": [
            {"requests": 1200, "seconds": 60},
            {"requests": 100, "seconds": 60, "path": "/createCampaign"},
        ],
        "concurrency": 10,
        "batchSizes": {"prepareCampaign": 300, "importTemplates": 100},
        "parallelPrepare": True,
        "personalisation": {
            "syntax": "stars",
            "fields": {"FNAME": "name", "CITY": "fields.city"},
            "serviceFields": ["UNSUB"],
        },
        "webhook": {"setup": REASON, "signed": True},
        **changes,
    }


def refused(value: Any) -> contract.ManifestError:
    with pytest.raises(contract.ManifestError) as caught:
        contract.parse_manifest(value)
    return caught.value


def test_a_manifest_is_read_into_values() -> None:
    manifest = contract.parse_manifest(document())
    assert (manifest.name, manifest.title, manifest.version) == ("acme", contract.Text(**TITLE), "1.2.0")
    assert [setting.name for setting in manifest.settings] == ["base_url", "api_key", "timezone", "attempts"]
    assert manifest.secrets == ("api_key",)
    assert manifest.campaign_types == ("email", "sms")
    assert manifest.rate_limits == (RateLimit(1200, 60, None), RateLimit(100, 60, "/createCampaign"))
    assert manifest.batch_sizes == BatchSizes(import_templates=100, prepare_campaign=300)
    assert manifest.personalisation == Personalisation(
        "stars", {"FNAME": "name", "CITY": "fields.city"}, ("UNSUB",)
    )
    assert (manifest.parallel_prepare, manifest.concurrency, manifest.webhook_signed) == (True, 10, True)
    assert manifest.webhook_setup == contract.Text(**REASON)
    assert manifest.functions is None
    assert manifest.source == document()


def test_a_module_needs_no_more_than_a_name_a_title_and_a_version() -> None:
    manifest = contract.parse_manifest({"name": "acme", "title": TITLE, "version": "1.0.0"})
    assert manifest.campaign_types == ("email",)
    assert manifest.batch_sizes == BatchSizes()
    assert manifest.hosts == ()


def test_a_single_file_gets_a_bare_manifest_that_parses() -> None:
    manifest = Manifest.bare("acme")
    assert contract.parse_manifest(manifest.source) == manifest


def test_addresses_are_filled_in_from_the_settings() -> None:
    manifest = contract.parse_manifest(document())
    settings = {"base_url": "http://127.0.0.1:8025/ru", "api_key_part": "us6"}
    reason = contract.Text(**REASON)
    assert manifest.origins(settings) == (
        Origin("http", "127.0.0.1", 8025, True, ("api_key",), reason),
        Origin("https", "*.files.acme.example", 8443, False, (), None),
        Origin("https", "us6.acme.example", 443, False, (), None),
    )


@pytest.mark.parametrize("base_url", [None, "", "ftp://example.com", "https://", "http://[", 5])
def test_an_address_that_is_none_is_refused_with_the_name_of_its_setting(base_url: Any) -> None:
    manifest = contract.parse_manifest(document(hosts=[{"pattern": "{settings.base_url}"}]))
    with pytest.raises(contract.SettingsError) as caught:
        manifest.origins({"base_url": base_url})
    assert caught.value.path == "$.base_url"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "Acme!"}, "$.name"),
        ({"name": "acme\n"}, "$.name"),
        ({"version": "1"}, "$.version"),
        ({"title": "Acme"}, "$.title"),
        ({"title": {"ru": "Акме"}}, "$.title.en"),
        ({"hostz": []}, "$.hostz"),
        ({"personalisation": {"syntax": "(a+)+"}}, "$.personalisation.syntax"),
        ({"personalisation": {"fields": {"A": "password"}}}, "$.personalisation.fields.A"),
        ({"campaignTypes": ["fax"]}, "$.campaignTypes[0]"),
        ({"campaignTypes": ["sms", "sms"]}, "$.campaignTypes"),
        ({"hosts": [{"pattern": "a b"}]}, "$.hosts[0].pattern"),
        ({"hosts": [{"pattern": "{settings.base_ur}"}]}, "$.hosts[0].pattern"),
        ({"hosts": [{"pattern": "{settings.api_key}"}]}, "$.hosts[0].pattern"),
        ({"hosts": [{"pattern": "{base_url}"}]}, "$.hosts[0].pattern"),
        ({"hosts": [{"pattern": "a.*.example"}]}, "$.hosts[0].pattern"),
        ({"hosts": [{"pattern": "a.example", "secrets": ["api_kee"]}]}, "$.hosts[0].secrets[0]"),
        ({"functions": ["CRM_Marketing_GetList"]}, "$.functions[0]"),
        ({"settings": {"properties": {"A": {"type": "string", "title": TITLE}}}}, "$.settings.properties"),
        ({"settings": {"required": ["key"], "properties": {}}, "hosts": []}, "$.settings.required[0]"),
    ],
)
def test_a_wrong_manifest_is_refused_with_its_path(changes: dict[str, Any], path: str) -> None:
    error = refused(document(**changes))
    assert error.path == path
    assert error.sentence("ru").startswith("В файле module.json ошибка. $")
    assert error.sentence("en").startswith("The file module.json has an error. $")


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ({"type": "integer", "secret": True}, "type"),
        ({"type": "string", "secret": True, "default": "12345678"}, "default"),
        ({"type": "string", "publicPart": "-(.*)$"}, "publicPart"),
        ({"type": "string", "secret": True, "publicPart": "(a)(b)"}, "publicPart"),
        ({"type": "string", "secret": True, "publicPart": "(("}, "publicPart"),
        ({"type": "integer", "default": "5"}, "default"),
        ({"type": "string", "enum": ["a", "b"], "default": "c"}, "default"),
        ({"type": "list"}, "type"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(setting: dict[str, Any], path: str) -> None:
    settings = {"properties": {"field": {"title": TITLE, **setting}}}
    assert refused(document(settings=settings, hosts=[])).path == f"$.settings.properties.field.{path}"


@pytest.mark.parametrize("value", [None, [], "acme", 5, {}])
def test_what_is_no_manifest_at_all_is_refused(value: Any) -> None:
    assert refused(value).path in ("$", "$.name")


VALUES = {"base_url": "https://api.acme.example", "api_key": "0123456789", "timezone": "Europe/Moscow"}


def test_settings_of_an_account_are_checked() -> None:
    manifest = contract.parse_manifest(document())
    manifest.check_settings(VALUES)
    assert manifest.with_defaults({"api_key": "0123456789"}) == {
        "base_url": "https://api.acme.example",
        "attempts": 2,
        "api_key": "0123456789",
    }


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"base_url": "api.acme.example"}, "$.base_url"),
        ({"base_url": 5}, "$.base_url"),
        ({"timezone": "Moscow"}, "$.timezone"),
        ({"attempts": 6}, "$.attempts"),
        ({"attempts": "2"}, "$.attempts"),
        ({"other": "x"}, "$.other"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_name(change: dict[str, Any], path: str) -> None:
    with pytest.raises(contract.SettingsError) as caught:
        contract.parse_manifest(document()).check_settings(VALUES | change)
    assert caught.value.path == path


@pytest.mark.parametrize("change", [{"api_key": "s3cret!"}, {"api_kee": "s3cret!-s3cret!"}])
def test_an_error_never_shows_what_may_be_a_secret(change: dict[str, Any]) -> None:
    with pytest.raises(contract.SettingsError) as caught:
        contract.parse_manifest(document()).check_settings(VALUES | change)
    for language in ("ru", "en"):
        assert "s3cret" not in caught.value.sentence(language)


@pytest.mark.parametrize("path", sorted((Path(__file__).parents[2] / "user_modules").glob("*/module.json")))
def test_the_manifests_of_bundled_modules_parse(path: Path) -> None:
    assert contract.parse_manifest(json.loads(path.read_text())).name == path.parent.name
