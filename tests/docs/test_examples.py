"""Examples in languages that are not ours: PHP that parses, 1C whose names the intake knows."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from tests.docs.documents import DOCUMENTS, ROOT, text_of

from vestnik.intake.parsing.names import DOCUMENT

PAGES = ("docs/leads-api.md", "docs/leads-api.en.md")
CLASSIC = {"login", "apikey", "action", "title", "email", "phone", "description"}
HEADERS = {"Content-Type", "Idempotency-Key"}


def php() -> Iterator[tuple[str, str]]:
    """Every example in PHP: where it stands, and its text from `<?php` on."""
    for path in DOCUMENTS:
        for block in re.findall(r"^```php\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL):
            yield path.name, block if block.startswith("<?php") else f"<?php\n{block}"
    for path in sorted(ROOT.glob("web/src/**/*.php.txt")):
        text = path.read_text()
        yield path.name, text if text.startswith("<?php") else f"<?php\n{text}"
    [template] = re.findall(r"php: `(<\?php.*?)`,\n", text_of("web/src/pages/intake/examples.ts"), re.DOTALL)
    signed = re.sub(r'\$\{signed \? "(.*?)" : ""\}', lambda found: found[1].replace("\\n", "\n"), template)
    yield "examples.ts", signed.replace("${url}", "https://crm.example.com/intake/x")


def test_the_examples_in_php_parse() -> None:
    found = [*php()]
    assert {name for name, _ in found} >= {"leads-api.md", "examples.ts"}
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


@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_the_examples_in_1c_are_closed(page: str) -> None:
    for text in re.findall(r"^```bsl\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL):
        for opened, closed in (
            (r"^\s*Если\b", "КонецЕсли"),
            (r"\bЦикл$", "КонецЦикла"),
            (r"^Функция\b", "КонецФункции"),
            (r"^Процедура\b", "КонецПроцедуры"),
        ):
            assert len(re.findall(opened, text, re.MULTILINE)) == text.count(closed), closed
        assert text.count("(") == text.count(")")
