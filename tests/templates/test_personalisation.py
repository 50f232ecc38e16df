"""The fields of a letter: found in every known way to write them, counted where people lack them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestnik.contract.manifest import Personalisation, PlaceholderSyntax
from vestnik.http.errors import NotFound
from vestnik.people.access import SYSTEM
from vestnik.templates.personalisation import LONGEST, Field, fields_of
from vestnik.templates.service import Templates

UNISENDER = Personalisation("braces", {"Name": "name", "City": "fields.city"}, ("UnsubscribeUrl",))


def test_a_field_is_listed_with_who_fills_it_in_and_where_it_stands() -> None:
    found = fields_of(
        "{{Name}}, добрый день",
        '<p>{{ name }}, {{City|ваш город}}, {{Bonus}}</p><a href="{{UnsubscribeUrl}}">x</a>',
        UNISENDER,
    )
    assert found == [
        Field("Name", "contact", "name", in_subject=True, in_body=True, has_fallback=False),
        Field("City", "contact", "fields.city", in_subject=False, in_body=True, has_fallback=True),
        Field("Bonus", "unknown", None, in_subject=False, in_body=True, has_fallback=False),
        Field("UnsubscribeUrl", "service", None, in_subject=False, in_body=True, has_fallback=False),
    ]


def test_a_field_has_a_fallback_only_where_all_its_places_have() -> None:
    [name] = fields_of("{{Name|друг}}", "<p>{{Name}}</p>", UNISENDER)
    assert not name.has_fallback
    [name] = fields_of("{{Name|друг}}", "<p>{{Name?С приветом}}</p>", UNISENDER)
    assert name.has_fallback


@pytest.mark.parametrize(
    ("syntax", "text", "names"),
    [
        ("braces", "{{Name}} {{ contact.FIRSTNAME }} {{ .Subscriber.Name }} {{Имя клиента}}",
         ["Name", "contact.FIRSTNAME", "Subscriber.Name", "Имя клиента"]),
        ("braces", '{{#if x}} {{/if}} {{else}} {{ template "content" . }} {{}} {Name} {{<b>x</b>}}', []),
        ("braces", "{{{Name}}} @media print {a{color:red}}", ["Name"]),
        ("braces", "{{Name&#124;друг}}", ["Name"]),
        ("brackets", "[firstname,fallback=there] [email] <!--[if mso]> <![endif]--> a[0]",
         ["firstname", "email"]),
        ("stars", "*|FNAME|* *|IF:FNAME|* *|END:IF|* **bold**", ["FNAME"]),
        ("percents", "%FIRSTNAME% 100%; width:50%;x%20y /%D0%9F%D1%8F/", ["FIRSTNAME"]),
        ("none", "{{Name}} [name] *|NAME|* %NAME%", []),
    ],
)  # fmt: skip
def test_each_known_way_to_write_a_field_is_read(
    syntax: PlaceholderSyntax, text: str, names: list[str]
) -> None:
    assert [each.name for each in fields_of("", text, Personalisation(syntax))] == names


def test_without_a_word_of_the_manifest_fields_go_by_the_names_of_values() -> None:
    found = fields_of("", "{{name}} {{contact.EMAIL}} {{city}} {{age}}", Personalisation(), ["city"])
    assert [(each.name, each.value) for each in found] == [
        ("name", "name"),
        ("contact.EMAIL", "email"),
        ("city", "fields.city"),
        ("age", None),
    ]


@pytest.mark.parametrize("syntax", ["braces", "brackets", "stars", "percents"])
@pytest.mark.parametrize("piece", ["{{", "{{a", "[a", "[", "*|", "*|a", "%a", "{{ ", "[a ", "a "])
def test_a_letter_made_to_take_for_ever_is_read_in_one_go(syntax: PlaceholderSyntax, piece: str) -> None:
    letter = piece * (2_000_000 // len(piece))
    started = time.process_time()
    fields_of("", letter, Personalisation(syntax))
    assert time.process_time() - started < 3


@given(st.text(alphabet="{}[]*|%aZ_.,? &;\n", max_size=300), st.sampled_from(["braces", "brackets", "stars"]))
def test_any_text_has_fields_of_bounded_names(text: str, syntax: PlaceholderSyntax) -> None:
    for each in fields_of(text, text, Personalisation(syntax)):
        assert 1 <= len(each.name) <= LONGEST
        assert each.in_subject and each.in_body


@pytest.fixture
async def letter(templates: Templates, service: Any) -> int:
    service.sender.personalisation = Personalisation(
        "braces", {"Name": "name", "City": "fields.city", "Phone": "phone", "Firm": "company"}, ("Web",)
    )
    service.templates = [{"externalId": "t1", "name": "Весна", "subject": "{{Name}}, весна"}]
    service.letters = {"t1": "<p>{{City}} {{Name|друг}} {{Web}}</p>"}
    await templates.finished(await templates.import_from(SYSTEM, 1))
    [[found], _] = await templates.page(SYSTEM)
    return found.id


async def test_the_campaign_s_own_subject_is_what_counts(templates: Templates, letter: int) -> None:
    city = Field("City", "contact", "fields.city", in_subject=False, in_body=True, has_fallback=False)
    name = Field("Name", "contact", "name", in_subject=False, in_body=True, has_fallback=True)
    web = Field("Web", "service", None, in_subject=False, in_body=True, has_fallback=False)
    bonus = Field("Bonus", "unknown", None, in_subject=True, in_body=False, has_fallback=False)
    assert await templates.letter_fields(letter, "Весна") == [city, name, web]
    assert await templates.letter_fields(letter, "{{Bonus}}") == [bonus, city, name, web]
    with pytest.raises(NotFound):
        await templates.letter_fields(letter + 1, "Весна")


async def test_a_text_without_a_template_is_read_by_the_rules_of_its_account(
    templates: Templates, letter: int
) -> None:
    [found] = await templates.text_fields(1, "{{Phone}}, [скидка] %d")
    assert found == Field("Phone", "contact", "phone", in_subject=False, in_body=True, has_fallback=False)
