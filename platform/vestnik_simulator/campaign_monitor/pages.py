"""Pages of this service for people: its lists and campaigns, and the letters of templates."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from vestnik_simulator.campaign_monitor.admin import campaigns, lists, webhooks
from vestnik_simulator.campaign_monitor.words import words
from vestnik_simulator.core import simulator_of
from vestnik_simulator.pages import Page
from vestnik_simulator.screenshots import screenshot

PATH = "/campaign-monitor"


class _Page(Page):
    """A page with this service's words."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.words = {**self.words, **words(self.language)}


async def _home(request: Request) -> Response:
    page = _Page(request)
    sections = ((_lists, "lists"), (_campaigns, "campaigns"), (_hooks, "hooks"), (_clients, "clients"))
    shown = "".join(
        f"<div id={name} data-live><h2>{page.words[name]}</h2>{section(page)}</div>"
        for section, name in sections
    )
    return page.response(f"<p><a href='{escape(page.link('/'))}'>{page.words['back']}</a></p>{shown}")


def _lists(page: Page) -> str:
    states = ("active", "unconfirmed", "unsubscribed", "bounced", "deleted")
    lines = [
        [
            escape(each["title"]),
            f"<code>{each['key']}</code>",
            *(page.number(each[state]) for state in states),
        ]
        for each in lists(simulator_of(page.request))
    ]
    if not lines:
        return f"<p class=empty>{page.words['no_lists']}</p>"
    return page.table(["list", "key", *(f"#{state}" for state in states)], lines)


def _campaigns(page: Page) -> str:
    lines = [
        [
            f"{escape(each['subject'])}<br><small>{escape(each['name'])}</small>",
            page.words[f"campaign_{each['status']}"],
            page.number(each["total"]),
        ]
        for each in campaigns(simulator_of(page.request))
    ]
    if not lines:
        return f"<p class=empty>{page.words['no_campaigns']}</p>"
    return page.table(["subject", "status", "#total"], lines)


def _hooks(page: Page) -> str:
    lines = [
        [
            escape(each["title"]),
            # The path of a hook holds a token; its beginning is enough to recognise it.
            f"<code>{escape(each['url'][:60])}{'…' if len(each['url']) > 60 else ''}</code>",
            page.words["hook_active" if each["active"] else "hook_disabled"],
            page.number(each["delivered"]),
            page.number(each["failed"]),
            escape(each["last_answer"]),
        ]
        for each in webhooks(simulator_of(page.request))
    ]
    if not lines:
        return f"<p class=empty>{page.words['no_hooks']}</p>"
    return page.table(["list", "address", "status", "#posted", "#errors", "answer"], lines)


def _clients(page: Page) -> str:
    rows = simulator_of(page.request).storage.rows("SELECT * FROM cm_client ORDER BY id")
    lines = [
        [escape(row["name"]), f"<code>{row['key']}</code>", f"<code>{escape(row['api_key'])}</code>"]
        for row in rows
    ]
    return page.table(["client", "client_id", "key"], lines)


async def _template(request: Request) -> Response:
    body = simulator_of(request).storage.value(
        "SELECT body FROM cm_template WHERE key=?", request.path_params["key"]
    )
    return PlainTextResponse("not found", 404) if body is None else HTMLResponse(body)


async def _campaign(request: Request) -> Response:
    body = simulator_of(request).storage.value(
        "SELECT t.body FROM cm_campaign k JOIN cm_template t ON t.id=k.template_id WHERE k.key=?",
        request.path_params["key"],
    )
    return PlainTextResponse("not found", 404) if body is None else HTMLResponse(body)


async def _screenshot(request: Request) -> Response:
    row = simulator_of(request).storage.row(
        "SELECT body, colour FROM cm_template WHERE key=?", request.path_params["key"]
    )
    if row is None:
        return PlainTextResponse("not found", 404)
    picture = screenshot(row["body"], row["colour"], full=False)
    return Response(picture, media_type="image/png", headers={"Cache-Control": "max-age=60"})


routes = [
    Route(PATH, _home),
    Route(f"{PATH}/templates/{{key:str}}.png", _screenshot),
    Route(f"{PATH}/templates/{{key:str}}", _template),
    Route(f"{PATH}/campaigns/{{key:str}}", _campaign),
]
