"""Star and read: forms that put a request into the inbox, and work with and without a script."""

import sqlite3
from typing import Any

from datasette.utils.asgi import Response

from crawler.errors import DatabaseUnusable
from crawler.model.request import RequestKind
from watchword.web.database_path import find_database
from watchword.web.forms.inbox import (
    ERROR,
    NOT_NOW,
    RETRY_AFTER,
    ask,
    find_place,
    read_form,
)
from watchword.web.frame import find_frame, show

_KINDS = {"star": RequestKind.STAR, "read": RequestKind.READ}
# "Mark all read" of a page with all its cards
_MOST_STORIES = 500


async def mark_stories(datasette: Any, request: Any) -> Response:
    """Star a story or mark it as read, or take that back; ``stories`` names several, for "Mark all read"."""
    frame = await find_frame(datasette, request)
    if request.method != "POST":
        return await refuse(datasette, request, 405, "Please use the buttons of a page.")
    form = await read_form(request)
    if form is None or not frame.visitor.may_write:
        return await refuse(datasette, request, 403, OLD_FORM)
    kind = next((name for name in _KINDS if name in form), None)
    stated = request.url_vars.get("story") or form.get("stories", "")
    ids = [int(one) for one in stated.split(",") if one.isdecimal() and len(one) < 19][
        :_MOST_STORIES
    ]
    if kind is None or form[kind] not in {"0", "1"} or not ids:
        return await refuse(datasette, request, 400, "Please press one of the buttons.")
    asked = {"reader": frame.visitor.name, "stories": ids, "is_on": form[kind] == "1"}
    try:
        answer = await ask(
            find_database(datasette),
            _KINDS[kind],
            asked,
            asked_by=f"web page: {frame.visitor.name}",
        )
    except (DatabaseUnusable, sqlite3.DatabaseError):
        return await refuse(datasette, request, 503, NOT_NOW)
    if "json" in request.headers.get("accept", ""):
        return Response.json({"is_done": answer.is_done, "answer": answer.text})
    if answer.is_done is False:
        datasette.add_message(request, f"Not done: {answer.text}", ERROR)
    return Response.redirect(find_place(form.get("next", "")) or datasette.urls.instance(), 303)


OLD_FORM = "This page was open for too long, or your browser accepts no cookies. Please open it again and try once more."


async def refuse(datasette: Any, request: Any, status: int, sentence: str) -> Response:
    """Return a page, or a line for a script, that says why nothing was done."""
    if "json" in request.headers.get("accept", ""):
        return Response.json({"is_done": False, "answer": sentence}, status=status)
    page = await show(
        datasette,
        request,
        "oops.html",
        status=status,
        code=status,
        title="Nothing was changed",
        sentence=sentence,
    )
    if status == 503:
        page.headers["retry-after"] = RETRY_AFTER
    return page


ROUTES = [
    (r"^/-/stories/(?P<story>[0-9]{1,18})/mark$", mark_stories),
    (r"^/-/stories/mark$", mark_stories),
]
