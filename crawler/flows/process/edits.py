"""Edits of the configuration that somebody asked for on a web page.

The files are the one place where watches and sources are stated, so an edit changes them, with comments and order kept, and the
daemon takes it up as it takes up an edit by hand. Each edit may be done twice: a daemon that is killed between the file and
its answer finds the request open again, and what is there already counts as done.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crawler.config.edit import add_items, change_item, find_item
from crawler.errors import ConfigFaulty, QuerySyntaxError, RequestRefused
from crawler.matching.queries.query import parse_query
from crawler.model.request import Request, RequestKind


def apply_edit(request: Request, path: Path) -> str:
    """Edit the configuration at a path as a request asks, and return a sentence for the person who asked.

    raises  RequestRefused with the reason; then nothing was changed
    """
    edit = _save_watch if request.kind == RequestKind.SAVE_WATCH else _save_source
    try:
        return edit(request.arguments, path)
    except ConfigFaulty as faulty:
        reason = f"the configuration would not be valid: {faulty.faults[0].problem}"
        raise RequestRefused(reason) from faulty


def _save_watch(asked: Mapping[str, Any], path: Path) -> str:
    name, query, before = asked["name"], asked["query"], asked["before"]
    try:
        parse_query(query)
    except QuerySyntaxError as error:
        raise RequestRefused(f"the query cannot be read: {error.message}") from error
    present = find_item(path, "watch", name)
    if present is not None and present.get("query") == query:
        return f"{name} has this query."
    if before is None:
        if present is not None:
            raise RequestRefused(f'there is already a watch called "{name}"')
        add_items(path, "watch", [{"name": name, "query": query}])
        return f"Added the watch {name}; every new article is asked from now on."
    if present is None:
        raise RequestRefused(f'there is no watch "{name}" any more')
    # a form posts line breaks as CR LF, and a query may have several lines in the file
    if str(present.get("query")).split() != before.split():
        raise RequestRefused(
            f"{name} was changed meanwhile, to {present.get('query')}; look at it again"
        )
    change_item(path, "watch", name, {"query": query})
    return f"{name} has the new query; every new article is asked it from now on."


def _save_source(asked: Mapping[str, Any], path: Path) -> str:
    name, url, paused = asked["name"], asked["url"], asked["paused"]
    present = find_item(path, "source", name)
    if not url:
        if present is None:
            raise RequestRefused(f'there is no source "{name}"')
        change_item(path, "source", name, {"paused": True if paused else None})
        return f"{name} is {'paused' if paused else 'visited again'}."
    typed = url if "://" in url else f"https://{url}"
    if present is not None:
        if present.get("url") == typed:
            return f"{name} is a source."
        raise RequestRefused(f'there is already a source called "{name}"')
    add_items(path, "source", [{"name": name, "url": typed}])
    return f"Added {name}; it is visited within a minute."
