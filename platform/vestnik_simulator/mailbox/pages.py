"""Pages of letters for people: the site's mailbox, and what Vestnik itself sent. Letters are hostile."""

import re
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from vestnik_simulator import moments
from vestnik_simulator.core import simulator_of
from vestnik_simulator.mailbox.admin import send_order
from vestnik_simulator.mailbox.folders import Letter
from vestnik_simulator.mailbox.post import Received, subject_of
from vestnik_simulator.mailbox.wording import words
from vestnik_simulator.pages import Page

PATH = "/mail"
#: Letters of the mailbox that are shown, the newest first.
SHOWN = 50
_ADDRESS = re.compile(r"(https?://[^\s<>\"']+)")
#: A letter's HTML stands in a frame without scripts, forms and origin, and fetches nothing.
_FRAMED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class _Page(Page):
    """A page with the words of letters."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.words = {**self.words, **words(self.language)}

    def back(self, path: str, word: str) -> str:
        """A link to the page before."""
        return f"<p><a href='{escape(self.link(path))}'>{self.words[word]}</a></p>"


async def _home(request: Request) -> Response:
    page = _Page(request)
    words = page.words
    note = f"<p role=status class=saved>{words['arrived']}</p>" if "sent" in request.query_params else ""
    buttons = "".join(
        f"<button name=kind value={kind}{' class=main' if kind == 'order' else ''}>"
        f"{words[f'send_{kind}']}</button>"
        for kind in ("order", "broken")
    )
    return page.response(
        f"{page.back('/', 'home_back')}<h2>{words['mail']}</h2><p>{words['mail_note']}</p>{note}"
        f"<div id=own data-live><h2>{words['own_letters']}</h2>{_own(page)}</div>"
        f"<h2>{words['site_letters']}</h2><p>{words['site_text']}</p>"
        f"<form class=row method=post action='{escape(page.link(f'{PATH}/orders'))}'>{buttons}</form>"
        f"<div id=inbox data-live>{_inbox(page)}</div>{_access(page)}"
    )


def _own(page: _Page) -> str:
    lines = [
        [
            f"<a href='{escape(page.link(f'{PATH}/letters/{each.number}'))}'>"
            f"{escape(each.subject()) or '—'}</a>",
            escape(each.to()),
            moments.written(each.at.timestamp()) or "",
        ]
        for each in simulator_of(page.request).post.letters
    ]
    if not lines:
        return f"<p class=empty>{page.words['own_empty']}</p>"
    return page.table(["subject", "to", "when"], lines)


def _inbox(page: _Page) -> str:
    found: list[tuple[str, Letter]] = [
        (folder.name, each)
        for folder in simulator_of(page.request).mail.folders
        for each in folder.letters.values()
    ]
    found.sort(key=lambda each: each[1].arrived_at, reverse=True)
    lines = [
        [
            escape(subject_of(each.raw)) or "—",
            escape(folder),
            moments.written(each.arrived_at.timestamp()) or "",
        ]
        for folder, each in found[:SHOWN]
    ]
    if not lines:
        return f"<p class=empty>{page.words['inbox_empty']}</p>"
    return page.table(["subject", "folder", "when"], lines)


def _access(page: _Page) -> str:
    mail, words = simulator_of(page.request).mail, page.words
    lines = [
        [words["mail_host"], "<code>127.0.0.1</code>"],
        [
            words["mail_ports"],
            f"<code>{mail.tls_port}</code> TLS, <code>{mail.starttls_port}</code> STARTTLS",
        ],
        [words["mail_user"], f"<code>{escape(mail.options.username)}</code>"],
        [words["mail_password"], f"<code>{escape(mail.options.password)}</code>"],
    ]
    rows = "".join(f"<tr><th scope=row>{name}</th><td class=wide>{value}</td></tr>" for name, value in lines)
    return f"<h2>{words['mail_access']}</h2><div class=scroll><table><tbody>{rows}</tbody></table></div>"


async def _order(request: Request) -> Response:
    page, form = _Page(request), await request.form()
    kind = form.get("kind")
    if kind != "order" and kind != "broken":
        return page.response("<p class=empty>400</p>", 400)
    send_order(request, "broken" if kind == "broken" else "order")
    return RedirectResponse(page.link(PATH, sent=1), 303)


async def _letter(request: Request) -> Response:
    page, received = _Page(request), _asked(request)
    if received is None:
        return page.response("<p class=empty>404</p>", 404)
    words = page.words
    heads = (("from", received.sender), ("to", received.to()))
    rows = "".join(
        f"<tr><th scope=row>{words[name]}</th><td class=wide>{escape(value)}</td></tr>"
        for name, value in (*heads, ("when", moments.written(received.at.timestamp()) or ""))
    )
    empty = f"<p class=empty>{words['no_text']}</p>"
    text, html = received.body("plain"), received.body("html")
    shown = f"<pre class=letter-text>{_with_links(text)}</pre>" if text else ""
    if html is not None:
        address = escape(page.link(f"{PATH}/letters/{received.number}/html"))
        shown += (
            f"<h2>{words['html']}</h2><iframe sandbox title=HTML class=letter-html src='{address}'></iframe>"
        )
    return page.response(
        f"{page.back(PATH, 'mail_back')}<h2>{escape(received.subject()) or '—'}</h2>"
        f"<div class=scroll><table><tbody>{rows}</tbody></table></div>"
        f"{shown or empty}"
    )


async def _html(request: Request) -> Response:
    received = _asked(request)
    html = None if received is None else received.body("html")
    if html is None:
        return PlainTextResponse("not found", 404)
    heads = {
        "Content-Security-Policy": _FRAMED,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(html, headers=heads)


def _with_links(text: str) -> str:
    """A text as HTML, in which addresses can be followed."""
    parts = _ADDRESS.split(text)
    return "".join(
        f"<a href='{escape(part)}' rel='noopener noreferrer'>{escape(part)}</a>"
        if place % 2
        else escape(part)
        for place, part in enumerate(parts)
    )


def _asked(request: Request) -> Received | None:
    return simulator_of(request).post.find(request.path_params["number"])


routes = [
    Route(PATH, _home),
    Route(f"{PATH}/orders", _order, methods=["POST"]),
    Route(f"{PATH}/letters/{{number:int}}", _letter),
    Route(f"{PATH}/letters/{{number:int}}/html", _html),
]
