"""The service's own editor of templates: where “Open at the service” leads."""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from vestnik_simulator import moments
from vestnik_simulator.core import simulator_of
from vestnik_simulator.pages import Page


async def _form(request: Request) -> Response:
    page, key = Page(request), request.path_params["template_id"]
    row = simulator_of(request).storage.row("SELECT * FROM template WHERE id=?", key)
    if row is None:
        return page.response("<p class=empty>404</p>", 404)
    words = page.words
    note = f"<p role=status class=saved>{words['saved']}</p>" if "saved" in request.query_params else ""
    fields = "".join(
        f"<label>{words[word]}<input name={name} value='{escape(row[name])}' required maxlength=500></label>"
        for name, word in (("title", "name"), ("subject", "subject"))
    )
    return page.response(
        f"<p><a href='{escape(page.link('/'))}'>{words['back']}</a></p>"
        f"<h2>{words['template']}: {escape(row['title'])}</h2>"
        f"{note}"
        f"<form class=letter method=post action='{escape(page.link(f'/templates/{key}'))}'>{fields}"
        f"<label>{words['body']}<textarea name=body rows=22 spellcheck=false required>{escape(row['body'])}"
        f"</textarea></label><button class=main>{words['save']}</button></form>"
    )


async def _save(request: Request) -> Response:
    page, key, form = Page(request), request.path_params["template_id"], await request.form()
    title, subject, body = (str(form.get(name, "")).strip() for name in ("title", "subject", "body"))
    if not (title and subject and body):
        return page.response("<p class=empty>400</p>", 400)
    storage = simulator_of(request).storage
    with storage.transaction():
        changed = storage.run(
            "UPDATE template SET title=?, subject=?, body=?, updated=? WHERE id=?",
            title,
            subject,
            body,
            moments.now(),
            key,
        )
    if not changed:
        return page.response("<p class=empty>404</p>", 404)
    return RedirectResponse(page.link(f"/templates/{key}", saved=1), 303)


routes = [
    Route("/templates/{template_id:int}", _form, methods=["GET"]),
    Route("/templates/{template_id:int}", _save, methods=["POST"]),
]
