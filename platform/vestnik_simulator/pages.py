"""Pages for people: what was sent, to whom, how often. Server-rendered; nothing is fetched from elsewhere."""

from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from vestnik_simulator import moments
from vestnik_simulator.admin import campaign_card, recipients, totals
from vestnik_simulator.core import simulator_of
from vestnik_simulator.words import Language, status_word, words

PAGE = 50
SECURITY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-src 'self'"
)


class Page:
    """One page in one language."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.language: Language = "en" if request.query_params.get("lang") == "en" else "ru"
        self.words = words(self.language)

    def link(self, path: str, **query: str | int) -> str:
        """An address that keeps the language."""
        return f"{path}?{urlencode({'lang': self.language, **query})}"

    def response(self, content: str, status: int = 200) -> Response:
        """The whole document around the content."""
        other = "ru" if self.language == "en" else "en"
        switch = self.request.url.include_query_params(lang=other)
        address = f"{switch.path}?{switch.query}"
        return HTMLResponse(
            f"""<!DOCTYPE html><html lang="{self.language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{self.words["title"]}</title>
<link rel="stylesheet" href="/assets/style.css"><script src="/assets/refresh.js" defer></script></head><body>
<header><h1><a href="{escape(self.link("/"))}">{self.words["title"]}</a></h1><p>{self.words["note"]}</p>
<a class="other" lang="{other}" href="{escape(address)}">{self.words["other"]}</a></header>
<main>{content}</main></body></html>""",
            status,
            headers={"Content-Security-Policy": SECURITY, "Cache-Control": "no-store"},
        )

    def number(self, value: int) -> str:
        """Thousands apart, in the language's way."""
        return f"{value:,}".replace(",", "\u00a0" if self.language == "ru" else ",")

    def table(self, heads: list[str], rows: list[list[str]]) -> str:
        """A table; a head that begins with # is a column of numbers. Cells are HTML."""
        numeric = [head.startswith("#") for head in heads]
        top = "".join(
            f"<th{' class=n' if n else ''} scope=col>{self.words[head.removeprefix('#')]}</th>"
            for head, n in zip(heads, numeric, strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(
                f"<td class='{'n' if n else 'wide'} {head.removeprefix('#')}'>{cell}</td>"
                for cell, head, n in zip(row, heads, numeric, strict=True)
            )
            + "</tr>"
            for row in rows
        )
        return f"<div class=scroll><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"

    def twice(self, count: int) -> str:
        """The figure that everything here is for."""
        good = not count
        text = self.words["twice_none" if good else "twice_some"]
        return (
            f'<div class="figure twice {"good" if good else "bad"}"><b>{self.number(count)}</b>'
            f"<span>{self.words['twice']}: {text}</span></div>"
        )

    def figure(self, name: str, value: int) -> str:
        """One number with its word."""
        return f"<div class=figure><b>{self.number(value)}</b><span>{self.words[name]}</span></div>"

    def status(self, card: dict[str, Any]) -> str:
        """A status with its reason, if there is one."""
        shown = f"<span class='status {card['status']}'>{status_word(card['status'], self.language)}</span>"
        return shown + (f"<div>{escape(card['reason'])}</div>" if card["reason"] else "")


async def _home(request: Request) -> Response:
    page, storage = Page(request), simulator_of(request).storage
    sums = totals(storage)
    figures = page.twice(sums["twice"]) + "".join(
        page.figure(name, sums[key])
        for name, key in (
            ("letters", "letters"),
            ("all_campaigns", "campaigns"),
            ("contacts", "contacts"),
            ("waiting", "waitingEvents"),
        )
    )
    others = "".join(
        f"<a href='{escape(page.link(path))}'>{page.words[word]}</a>"
        for path, word in (("/campaign-monitor", "second"), ("/mail", "mailboxes"))
    )
    return page.response(
        f"<nav class=pages>{others}</nav><div class=figures id=figures data-live>{figures}</div>"
        f"<div id=campaigns data-live><h2>{page.words['campaigns']}</h2>{_campaigns(page)}</div>"
        f"{_search(page)}"
        f"<div id=rest data-live>{_hooks(page)}{_requests(page)}{_singles(page)}</div>{_accounts(page)}"
    )


def _campaigns(page: Page) -> str:
    rows = simulator_of(page.request).storage.rows("SELECT * FROM campaign ORDER BY id DESC LIMIT 100")
    if not rows:
        return f"<p class=empty>{page.words['no_campaigns']}</p>"
    lines = []
    for card in map(campaign_card, rows):
        url = escape(page.link(f"/campaigns/{card['id']}"))
        link = f"<a href='{url}'>{escape(card['subject'])}</a>"
        name = f"{link}<br><small>{escape(card['list_title'])}</small>"
        bar = f"<br><progress max={max(card['total'], 1)} value={card['sent']}></progress>"
        state = page.status(card) + (bar if card["status"] == "in_progress" else "")
        counts = "total sent delivered failed read_unique clicked_unique".split()
        lines.append([str(card["id"]), name, state, *(page.number(card[key]) for key in counts)])
    heads = ["campaign", "subject", "status", "#total", "#sent", "#delivered", "#failed", "#read", "#clicked"]
    return page.table(heads, lines)


def _search(page: Page) -> str:
    return (
        f"<form class=row action=/sent><input type=hidden name=lang value={page.language}>"
        f"<label for=address>{page.words['search']}</label><input id=address name=address required>"
        f"<button class=main>{page.words['find']}</button></form>"
    )


def _hooks(page: Page) -> str:
    rows = simulator_of(page.request).storage.rows("SELECT * FROM hook ORDER BY id")
    head = f"<h2>{page.words['hooks']}</h2>"
    if not rows:
        return head + f"<p class=empty>{page.words['no_hooks']}</p>"
    # The path of a hook holds a token; its beginning is enough to recognise it.
    lines = [
        [
            f"<code>{escape(row['url'][:60])}{'…' if len(row['url']) > 60 else ''}</code>",
            page.words[f"hook_{row['status']}"],
            page.number(row["delivered"]),
            page.number(row["failed"]),
            escape(row["last_answer"]),
        ]
        for row in rows
    ]
    return head + page.table(["address", "status", "#posted", "#errors", "answer"], lines)


def _requests(page: Page) -> str:
    methods = simulator_of(page.request).traffic.summary()["methods"]
    if not methods:
        return ""
    lines = [
        [
            f"<code>{escape(name)}</code>",
            page.number(count["calls"]),
            page.number(count["errors"]),
            f"{count['seconds'] / count['calls'] * 1000:.1f}",
        ]
        for name, count in methods.items()
    ]
    heads = ["method", "#calls", "#with_error", "#ms"]
    return f"<h2>{page.words['requests']}</h2>" + page.table(heads, lines)


def _singles(page: Page) -> str:
    rows = simulator_of(page.request).storage.rows("SELECT * FROM single ORDER BY id DESC LIMIT 20")
    if not rows:
        return ""
    lines = [
        [escape(row["address"]), escape(row["subject"]), moments.written(row["at"]) or ""] for row in rows
    ]
    return f"<h2>{page.words['singles']}</h2>" + page.table(["address", "subject", "when"], lines)


def _accounts(page: Page) -> str:
    storage = simulator_of(page.request).storage
    lines = []
    for row in storage.rows("SELECT * FROM account ORDER BY id"):
        senders = storage.rows("SELECT * FROM sender WHERE account_id=? AND is_checked=1", row["id"])
        names = "<br>".join(f"{escape(item['name'])} &lt;{escape(item['email'])}&gt;" for item in senders)
        lines.append([escape(row["login"]), f"<code>{escape(row['api_key'])}</code>", names])
    return f"<h2>{page.words['accounts']}</h2>" + page.table(["login", "key", "senders"], lines)


async def _campaign(request: Request) -> Response:
    page, storage = Page(request), simulator_of(request).storage
    row = storage.row("SELECT * FROM campaign WHERE id=?", request.path_params["campaign_id"])
    if row is None:
        return page.response("<p class=empty>404</p>", 404)
    card = campaign_card(row)
    twice = storage.value("SELECT count(*) FROM written WHERE letter_id=? AND times>1", row["letter_id"])
    names = (
        ("total", "total"), ("sent", "sent"), ("delivered", "delivered"), ("failed", "failed"),
        ("read", "read_unique"), ("clicked", "clicked_unique"), ("unsubscribed", "unsubscribed"),
        ("spam", "spam"),
    )  # fmt: skip
    figures = page.twice(twice) + "".join(page.figure(name, card[key]) for name, key in names)
    return page.response(
        f"<p><a href='{escape(page.link('/'))}'>{page.words['back']}</a></p>"
        f"<h2>{escape(card['subject'])}</h2><p>{page.words['list']}: {escape(card['list_title'])}</p>"
        f"<div id=state data-live><p>{page.status(card)}</p>{_moderation(page, card)}</div>"
        f"<div class=figures id=figures data-live>{figures}</div>"
        f"<div id=recipients data-live><h2>{page.words['recipients']}</h2>{_recipients(page, card)}</div>"
    )


def _moderation(page: Page, card: dict[str, Any]) -> str:
    if card["status"] not in ("waits_censor", "censor_hold"):
        return ""
    buttons = "".join(
        f"<button name=decision value={name}{' class=main' if name == 'approve' else ''}>"
        f"{page.words[name]}</button>"
        for name in ("approve", "hold", "decline")
    )
    action = escape(page.link(f"/campaigns/{card['id']}/moderation"))
    return (
        f"<form class=row method=post action='{action}'><b>{page.words['moderation']}</b>"
        f"<input name=reason placeholder='{page.words['reason']}' aria-label='{page.words['reason']}'>"
        f"{buttons}</form>"
    )


def _recipients(page: Page, card: dict[str, Any]) -> str:
    try:
        offset = max(0, int(page.request.query_params.get("offset", "0")))
    except ValueError:
        offset = 0
    items = recipients(simulator_of(page.request).storage, card["id"], PAGE, offset)
    if not items:
        return f"<p class=empty>{page.words['nobody']}</p>"
    lines = [
        [
            escape(item["address"]),
            f"<span{' class=bad-text' if item['times'] > 1 else ''}>{item['times']}</span>",
            f"<code>{escape(item['result'])}</code>",
            item["updated"] or "",
        ]
        for item in items
    ]
    path, links = f"/campaigns/{card['id']}", []
    if offset:
        links.append((page.words["earlier"], page.link(path, offset=max(0, offset - PAGE))))
    if offset + PAGE < card["total"]:
        links.append((page.words["later"], page.link(path, offset=offset + PAGE)))
    pages = "".join(f"<a href='{escape(url)}'>{text}</a>" for text, url in links)
    shown = f"{page.number(min(offset + 1, card['total']))}–{page.number(offset + len(items))}"
    return (
        page.table(["address", "#times", "result", "changed"], lines)
        + f"<nav class=pages>{pages}<span>{shown} / {page.number(card['total'])}</span></nav>"
    )


async def _sent(request: Request) -> Response:
    page, storage = Page(request), simulator_of(request).storage
    address = request.query_params.get("address", "").strip().lower()
    rows = storage.rows(
        "SELECT l.subject, l.list_title, w.times, w.last FROM written w JOIN letter l ON l.id=w.letter_id "
        "WHERE w.address=? ORDER BY w.last DESC LIMIT 200",
        address,
    )
    lines = [
        [
            escape(row["subject"]),
            escape(row["list_title"]),
            f"<span{' class=bad-text' if row['times'] > 1 else ''}>{row['times']}</span>",
            moments.written(row["last"]) or "",
        ]
        for row in rows
    ]
    found = page.table(["subject", "list", "#times", "when"], lines)
    empty = f"<p class=empty>{page.words['nothing']}</p>"
    return page.response(
        f"<p><a href='{escape(page.link('/'))}'>{page.words['back']}</a></p>{_search(page)}"
        f"<h2>{page.words['found']} {escape(address)}</h2>{found if lines else empty}"
    )


async def _decide(request: Request) -> Response:
    page, key = Page(request), request.path_params["campaign_id"]
    form = await request.form()
    try:
        simulator_of(request).sending.decide(key, str(form.get("decision")), str(form.get("reason", "")))
    except ValueError:
        return page.response("<p class=empty>409</p>", 409)
    return RedirectResponse(page.link(f"/campaigns/{key}"), 303)


async def _asset(request: Request) -> Response:
    kinds = {"style.css": "text/css", "refresh.js": "text/javascript"}
    name = request.path_params["name"]
    if name not in kinds:
        return PlainTextResponse("not found", 404)
    text = files("vestnik_simulator").joinpath("assets", name).read_text("utf-8")
    return Response(text, media_type=kinds[name])


routes = [
    Route("/", _home),
    Route("/sent", _sent),
    Route("/campaigns/{campaign_id:int}", _campaign),
    Route("/campaigns/{campaign_id:int}/moderation", _decide, methods=["POST"]),
    Route("/assets/{name:str}", _asset),
]
