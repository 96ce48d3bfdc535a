"""What the reading room does for the readers of letters: signed links to hear less of something, and Atom feeds.

The one place where the reading room writes: a mute or a rejection, for who holds a link that we signed, and only when
a button was pressed; a mail program that follows links to look at them changes nothing.
"""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from datasette.utils.asgi import Response

from crawler.alerting.atom import write_feed
from crawler.alerting.links import Links
from crawler.clock import utc_now
from crawler.config.load import load_environment_config
from crawler.errors import ConfigFaulty
from crawler.flows.rejection import Exclusion
from crawler.flows.wishes import ToldAlert, Wish, find_told, grant_wish, list_remedies
from crawler.storage.alerts import list_feed_alerts
from crawler.storage.database import open_for_reading, open_for_writing
from crawler.storage.signing_key import read_signing_key
from crawler.storage.watches import find_watch
from datasette import hookimpl

_MOST_IN_FEED = 50
_NO_SUCH_LINK = (
    "This link is none of ours, or the alert it was for is no longer there. Nothing was changed."
)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Add the pages of letters and the feeds."""
    return [
        (r"^/-/letter/(?P<token>[0-9A-Za-z_.=-]{1,100})$", letter_page),
        (r"^/-/alerts\.atom$", feed_page),
        (r"^/-/alerts/(?P<watch>[^/]+)\.atom$", feed_page),
    ]


@hookimpl
def skip_csrf(scope: dict[str, Any]) -> bool:
    """Let the buttons of signed pages work without a cookie: the link itself is the proof, and one-click has no page."""
    return str(scope.get("path", "")).startswith("/-/letter/")


def _database(datasette: Any) -> Path:
    name = next(key for key in datasette.databases if not key.startswith("_"))
    return Path(datasette.get_database(name).path)


async def letter_page(datasette: Any, request: Any) -> Response:
    """Show what a signed link can ask for; do it when a button was pressed, or the mail program's one click came."""
    database = _database(datasette)
    key = read_signing_key(database)
    with closing(open_for_reading(database)) as connection:
        told = find_told(connection, request.url_vars["token"], key=key)
    if not told:
        return await _show(datasette, request, told, message=_NO_SUCH_LINK, status=404)
    if request.method != "POST":
        return await _show(datasette, request, told)
    wish = _read_wish((await request.post_body())[:1000])
    if wish is None:
        return await _show(
            datasette, request, told, message="Please press one of the buttons.", status=400
        )
    with closing(open_for_writing(database)) as connection:
        grant_wish(connection, told, wish, now=utc_now())
    remedies = (
        await asyncio.to_thread(_find_remedies, database, told) if wish is Wish.REJECT else ()
    )
    return await _show(datasette, request, told, message=_confirm(wish, told), remedies=remedies)


def _find_remedies(database: Path, told: tuple[ToldAlert, ...]) -> tuple[Exclusion, ...]:
    """Propose words to exclude; nothing where the configuration is not at hand."""
    try:
        config = load_environment_config()
    except ConfigFaulty:
        return ()
    with closing(open_for_reading(database)) as connection:
        return list_remedies(connection, told[0], config, now=utc_now())


def _read_wish(body: bytes) -> Wish | None:
    values = parse_qs(body.decode("utf-8", "replace"))
    if values.get("List-Unsubscribe") == ["One-Click"]:
        return Wish.LEAVE
    stated = values.get("wish", [""])[0]
    return Wish(stated) if stated in set(Wish) else None


def _confirm(wish: Wish, told: tuple[ToldAlert, ...]) -> str:
    names = " and ".join(dict.fromkeys(one.watch_name for one in told))
    first = told[0]
    return {
        Wish.STORY: f"You will hear no more of this story from {names}.",
        Wish.SOURCE: f"You will hear no more from {names} of what {first.source_name} prints.",
        Wish.PAUSE: f"{names} is silent for you for a week.",
        Wish.LEAVE: f"You will get no more alerts of {names}.",
        Wish.REJECT: f"Noted: this is not what {names} means.",
    }[wish]


async def _show(
    datasette: Any,
    request: Any,
    told: tuple[ToldAlert, ...],
    *,
    message: str = "",
    status: int = 200,
    remedies: tuple[Exclusion, ...] = (),
) -> Response:
    facts = {
        "told": told,
        "message": message,
        "is_done": bool(message) and status == 200,
        "remedies": remedies,
    }
    page = await datasette.render_template("letter.html", facts, request=request)
    return Response.html(page, status=status)


async def feed_page(datasette: Any, request: Any) -> Response:
    """Give the last alerts of a watch, or of all, as Atom."""
    database = _database(datasette)
    watch = unquote(request.url_vars["watch"]) if request.url_vars.get("watch") else None
    base = f"{request.scheme}://{request.host}"
    links = Links(room_url=base, database=database.stem, key=b"")
    with closing(open_for_reading(database)) as connection:
        if watch is not None and find_watch(connection, watch) is None:
            return Response.text(f"There is no watch called {watch}.", status=404)
        alerts = list_feed_alerts(connection, watch=watch, zone="UTC", limit=_MOST_IN_FEED)
    title = f"Watchword: {watch}" if watch else "Watchword: all alerts"
    feed = write_feed(alerts, title=title, own_url=f"{base}{request.path}", links=links)
    return Response(feed, headers={}, content_type="application/atom+xml; charset=utf-8")
