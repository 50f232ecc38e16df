"""A letter's HTML made safe to look at.

Two walls: nh3 keeps only what letters are made of, and the document is served with a policy under
which nothing runs, nothing is sent, and pictures come from us alone. Addresses of pictures are
replaced by links to our proxy, so that looking at a letter tells its sender nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

import nh3

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

_TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li",
    "main", "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike",
    "strong", "style", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt",
    "u", "ul", "var", "wbr",
}  # fmt: skip
_EVERYWHERE = {
    "align", "background", "bgcolor", "class", "color", "dir", "height", "id", "lang", "role", "style",
    "title", "valign", "width",
}  # fmt: skip
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href", "name"},
    "font": {"face", "size"},
    "img": {"alt", "border", "src", "srcset"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "nowrap", "rowspan"},
    "th": {"colspan", "nowrap", "rowspan"},
}
_PICTURES = frozenset({"src", "background"})

_BODY = re.compile(r"<(/?)body\b", re.IGNORECASE)
# Possessive repetitions: a letter of nothing but spaces must not be tried at every length of them.
_CSS_URL = re.compile(r"url\(\s*+(['\"]?)\s*+(https?://[^'\")\s]++)\s*+\1\s*+\)", re.IGNORECASE)
_STYLE = re.compile(r"(<style[^>]*>)(.*?)(</style>)", re.IGNORECASE | re.DOTALL)
_REMOTE = re.compile(r"https?://", re.IGNORECASE)

#: Makes the link to our proxy of a picture's address.
Proxy = Callable[[str], str]


def document(html: str, proxy: Proxy, title: str) -> str:
    """The letter as a whole document to be served with `POLICY`."""
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>body{{margin:0}}img{{max-width:100%}}</style></head>"
        f"<body>{clean(html, proxy)}</body></html>"
    )


def clean(html: str, proxy: Proxy) -> str:
    """The letter's body with nothing that acts, and every picture by way of `proxy`."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return _css(value, proxy)
        if name == "srcset":
            return None  # the same picture in `src` is enough, and its addresses would need parsing
        if name == "href" and value.strip().lower().startswith("data:"):
            return None
        if name in _PICTURES and _REMOTE.match(value.strip()):
            return proxy(value.strip())
        if name in _PICTURES and not value.strip().lower().startswith("data:image/"):
            return None
        return value

    # The body's own colours are kept on an element that may stand inside ours.
    kept = nh3.clean(
        _BODY.sub(r"<\1div", html),
        tags=_TAGS,
        clean_content_tags={"script", "title", "noscript", "template", "object", "iframe"},
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer nofollow",
    )
    return _STYLE.sub(lambda found: found[1] + _css(found[2], proxy) + found[3], kept)


def _css(text: str, proxy: Proxy) -> str:
    return _CSS_URL.sub(lambda found: f"url('{proxy(found[2])}')", text)
