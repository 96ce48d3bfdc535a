"""Today: the newest stories that watches match, one card each."""

from typing import Any

from datasette.utils.asgi import Response

from crawler.storage.web_reading.cards import list_cards
from crawler.storage.web_reading.today import list_matched_stories
from watchword.web.access.visitors import Openness
from watchword.web.pages.frame import find_frame, read, show

_MOST_CARDS = 30


async def today_page(datasette: Any, request: Any) -> Response:
    """Show the newest matched stories. Visitors who may not see watches are led to the search."""
    frame = await find_frame(datasette, request)
    if not frame.visitor.sees_alerts and frame.openness is Openness.PUBLIC:
        return Response.redirect(datasette.urls.path("/search"))

    stories = await read(
        datasette,
        lambda db: list_cards(
            db, list_matched_stories(db, limit=_MOST_CARDS), reader=frame.visitor.name
        ),
    )
    return await show(datasette, request, "today.html", page="today", stories=stories)


ROUTES = [(r"^/$", today_page)]
