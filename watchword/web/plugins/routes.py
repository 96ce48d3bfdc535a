"""The addresses of our pages, which come before Datasette's."""

from typing import Any

from datasette import hookimpl

from watchword.web.forms import marks, writes
from watchword.web.operating import cluster
from watchword.web.pages import (
    article,
    days,
    query_trial,
    report,
    search,
    sources,
    story,
    today,
    watches,
)

# the first segments of these addresses
HEADS = frozenset({"stories", "articles", "watches", "sources", "search", "days", "cluster"})


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Add the routes of every page."""
    return [
        *today.ROUTES,
        *story.ROUTES,
        *article.ROUTES,
        *watches.ROUTES,
        *query_trial.ROUTES,
        *report.ROUTES,
        *search.ROUTES,
        *sources.ROUTES,
        *days.ROUTES,
        *cluster.ROUTES,
        *marks.ROUTES,
        *writes.ROUTES,
    ]
