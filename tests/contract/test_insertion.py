"""A missing function is put where it belongs, and nothing else of the text changes."""

from __future__ import annotations

import pytest

from vestnik.contract import Inserted, functions, scaffold, with_function

FIRST, LATER = "CRM_Marketing_ImportTemplates", "CRM_Marketing_GetTemplateHTML"
BETWEEN = "CRM_Marketing_GetCampaignStats"


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("name", [*functions()])
def test_every_function_is_put_into_an_empty_text_as_the_scaffold_has_it(name: str, language: str) -> None:
    inserted = with_function("", name, language)  # type: ignore[arg-type]
    whole = scaffold(language, [name])  # type: ignore[arg-type]
    declared = whole.index(f"async def {name}(")
    assert inserted.source[inserted.source.index("# ") :] == whole[whole.index("# ") :]
    assert inserted.source.splitlines()[inserted.line - 1] == whole[declared:].splitlines()[0]


def test_a_function_stands_between_its_neighbours_of_the_contract() -> None:
    made = with_function(scaffold("en", [FIRST, LATER]), BETWEEN, "en").source
    assert made == scaffold("en", [FIRST, BETWEEN, LATER])


def test_all_functions_in_any_order_make_the_scaffold() -> None:
    text = ""
    for name in reversed(functions()):
        text = with_function(text, name, "ru").source
    whole = scaffold("ru", list(functions()))
    assert text.partition("\n\n\n")[2] == whole.partition("\n\n\n")[2]


def test_a_text_that_has_the_function_stays_as_it_is() -> None:
    text = f"x = 1\n\n@decorated\nasync def {FIRST}(offset, limit):\n    return []\n"
    assert with_function(text, FIRST, "en") == Inserted(text, 4)


def test_comments_and_decorators_stay_with_their_function() -> None:
    text = f'''import json

TEXT = """
def {FIRST}(): not a function
# not a comment
"""
# why
@decorated(
    1
)
async def {LATER}(templateExternalId: str) -> str:
    """Doc."""
    if json:
# a comment at the margin, inside
        return ""
    return TEXT


# the end
def helper() -> None: ...
'''
    made = with_function(text, BETWEEN, "en").source
    head, block = text.split("# why\n")
    import_line = "from vestnik_sdk import CRM_Marketing_CampaignStats\n"
    assert made.startswith(f"import json\n\n{import_line}\n\nTEXT = ")
    assert made.endswith(f'raise NotImplementedError("not implemented")\n\n\n# why\n{block}')
    assert head.partition("TEXT")[2].rstrip() in made


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("from vestnik_sdk import log", "from vestnik_sdk import CRM_Marketing_Account, log"),
        (
            "from vestnik_sdk import (\n    log,\n)",
            "from vestnik_sdk import (\n    CRM_Marketing_Account,\n    log,\n)",
        ),
        ("from vestnik_sdk import *", "from vestnik_sdk import *"),
        (
            "from vestnik_sdk import log as l",
            "from vestnik_sdk import log as l\nfrom vestnik_sdk import CRM_Marketing_Account",
        ),
        (
            "from vestnik_sdk import (  # ours\n    log,\n)",
            "from vestnik_sdk import (  # ours\n    log,\n)\nfrom vestnik_sdk import CRM_Marketing_Account",
        ),
        (
            "from vestnik_sdk import CRM_Marketing_Account, log",
            "from vestnik_sdk import CRM_Marketing_Account, log",
        ),
    ],
)
def test_what_the_function_names_is_imported_once(line: str, becomes: str) -> None:
    made = with_function(f"{line}\n\nx = 1\n", "CRM_Marketing_GetAccount", "en").source
    assert made.startswith(f"{becomes}\n\nx = 1\n\n\n# ")


@pytest.mark.parametrize("text", ["x = (1,\n", 'x = """open\n', "def f():\n    a\n  b\n"])
def test_a_text_whose_brackets_do_not_match_is_refused(text: str) -> None:
    with pytest.raises(SyntaxError):
        with_function(text, FIRST, "en")
