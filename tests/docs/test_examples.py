"""Examples in languages that are not ours: PHP of the web app parses, the intake knows the names of 1C."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from tests.docs.documents import ROOT, text_of

from vestnik.intake.parsing.names import DOCUMENT

PAGES = ("docs/leads-api.md", "docs/leads-api.en.md")
CLASSIC = {"login", "apikey", "action", "title", "email", "phone", "description"}
HEADERS = {"Content-Type", "Idempotency-Key"}


def php() -> Iterator[tuple[str, str]]:
    """Every example of the web app in PHP: where it stands, and its text from `<?php` on."""
    for path in sorted(ROOT.glob("web/src/**/*.php.txt")):
        text = path.read_text()
        yield path.name, text if text.startswith("<?php") else f"<?php\n{text}"
    [template] = re.findall(r"php: `(<\?php.*?)`,\n", text_of("web/src/pages/intake/examples.ts"), re.DOTALL)
    signed = re.sub(r'\$\{signed \? "(.*?)" : ""\}', lambda found: found[1].replace("\\n", "\n"), template)
    yield "examples.ts", signed.replace("${url}", "https://crm.example.com/intake/x")


def test_the_examples_in_php_parse() -> None:
    found = [*php()]
    assert {name for name, _ in found} >= {"examples.ts"}
    assert not [name for name, text in found if "${" in text]
    program = shutil.which("php")
    if program is None:
        pytest.skip("NO EXAMPLE IN PHP IS CHECKED: there is no PHP. Install php-cli.")
    for name, text in found:
        told = subprocess.run([program, "-n", "-l"], input=text, capture_output=True, text=True)
        assert told.returncode == 0, f"{name}: {told.stdout}{told.stderr}"


@pytest.mark.parametrize("page", PAGES)
def test_the_intake_knows_each_name_that_the_examples_in_1c_send(page: str) -> None:
    add, order = re.findall(r"^```bsl\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)
    sent = [set(re.findall(r'\.Вставить\("([^"]+)"', text)) for text in (add, order)]

    assert sent[0] == CLASSIC | {"Content-Type"}
    assert sent[1] - HEADERS <= {name for names in DOCUMENT.values() for name in names}
    assert sent[1] >= {"Тема", "Телефон", "Товары", "Номенклатура", "ДополнительныеРаботы"} | HEADERS
