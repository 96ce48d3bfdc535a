"""The web pages for readers of messages: signed links to mute or unsubscribe, and Atom feeds.

This is the only place where the web pages write: one row of ``requests``, for a link that we signed, and only when a button
was pressed. A mail program that opens links to check them changes nothing. The daemon carries out the request (decision
021).
"""

import asyncio
import sqlite3
from contextlib import closing
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from datasette import hookimpl
from datasette.utils import tilde_decode
from datasette.utils.asgi import Response

from crawler.alerting.atom import write_feed
from crawler.alerting.links import Links
from crawler.alerting.phrases import Phrases
from crawler.clock import utc_now
from crawler.config.load import load_environment_config
from crawler.errors import ConfigFaulty, DatabaseUnusable
from crawler.flows.mail.actions import Action, SentAlert, find_sent_alerts
from crawler.flows.watch.rejection import Proposals, propose_for_reader
from crawler.logs.masks import mask_address
from crawler.model.mail.alert import Alert
from crawler.model.request import RequestKind
from crawler.storage.file.database import open_for_reading
from crawler.storage.file.signing_key import list_signing_keys
from crawler.storage.mail.alerts import list_feed_alerts
from crawler.storage.process.renames import find_present_name
from watchword.web.database_path import find_database
from watchword.web.forms.inbox import NOT_NOW, RETRY_AFTER, Answer, note_request, wait_for_answer
from watchword.web.public_address import NO_SUCH_LINK

# the newest; older alerts are on the web pages
_MOST_IN_FEED = 50
# a form of ours is one word, a one-click in multipart a few lines
_MOST_BYTES_READ = 2000
_NOTHING = Proposals()
_NOTED = "Noted. This takes effect within seconds if Watchword is running, else as soon as it is started."


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    """Add the pages of signed links, and the feeds."""
    return [
        (r"^/-/message/(?P<token>[0-9A-Za-z_.=-]{1,100})$", message_page),
        (r"^/-/alerts\.atom$", feed_page),
        # a proxy that decodes "%2F" sends a slash, so the name may hold one
        (r"^/-/alerts/(?P<watch>.{1,2000})\.atom$", feed_page),
    ]


@hookimpl
def skip_csrf(datasette: Any, scope: dict[str, Any]) -> bool:
    """Accept the buttons of signed pages without a token: the link is the proof, and one-click (RFC 8058) has no page."""
    return str(scope.get("path", "")).startswith(datasette.urls.path("/-/message/"))


async def message_page(datasette: Any, request: Any) -> Response:
    """Show the actions of a signed link; store a request for a button or for a mail program's one-click."""
    database = find_database(datasette)
    try:
        sent = await asyncio.to_thread(_find_sent, database, request.url_vars["token"])
        if not sent:
            return await _show(datasette, request, sent, message=NO_SUCH_LINK, status=404)
        if request.method != "POST":
            return await _show(datasette, request, sent)
        stated = request.headers.get("content-type", "")
        action = _read_action((await request.post_body())[:_MOST_BYTES_READ], stated)
        if action is None:
            message = "Please press one of the buttons."
            return await _show(datasette, request, sent, message=message, status=400)
        request_id, kind = await asyncio.to_thread(_note, database, sent, action)
    except (DatabaseUnusable, sqlite3.DatabaseError):
        # locked for long, full or read-only: nothing was stored, so ask mail programs to try again
        return Response.text(NOT_NOW, status=503, headers={"retry-after": RETRY_AFTER})
    answered = await wait_for_answer(database, request_id, kind)
    return await _show(datasette, request, sent, **await _read_answer(database, sent, answered))


async def _read_answer(
    database: Path, sent: tuple[SentAlert, ...], answered: Answer
) -> dict[str, Any]:
    """Return what the page shows about a request: not done yet, refused, or done, with proposals after a rejection."""
    if answered.is_done is None:
        return {"message": _NOTED, "status": 202}
    if not answered.is_done:
        return {"message": answered.text, "status": 409}
    if answered.kind != RequestKind.REJECT:
        return {"message": answered.text}
    proposals = await asyncio.to_thread(_find_remedies, database, sent)
    return {"message": answered.text, "proposals": proposals}


def _find_sent(database: Path, token: str) -> tuple[SentAlert, ...]:
    try:
        keys = list_signing_keys(database)
    except OSError:  # there is no key and none can be made, so no link can be ours
        return ()
    with closing(open_for_reading(database)) as connection:
        return find_sent_alerts(connection, token, keys=keys)


def _note(database: Path, sent: tuple[SentAlert, ...], action: Action) -> tuple[int, RequestKind]:
    """Store the request and return its id and kind; waits for a lock, so call it in a thread."""
    first = sent[0]
    who = f"web page: {mask_address(first.recipient)}"
    asked: dict[str, object]
    if action is Action.REJECT:
        asked = {"alerts": [one.alert_id for one in sent]}
        return note_request(database, RequestKind.REJECT, asked, asked_by=who), RequestKind.REJECT
    alert_id = 0 if first.is_whole_message else first.alert_id
    asked = {"delivery": first.delivery_id, "alert": alert_id, "action": action.value}
    kind = RequestKind.UNSUBSCRIBE
    return note_request(database, kind, asked, asked_by=who), kind


def _find_remedies(database: Path, sent: tuple[SentAlert, ...]) -> Proposals:
    """Return words that could be excluded; none if the configuration cannot be read."""
    try:
        config = load_environment_config()
    except ConfigFaulty:
        return Proposals()
    first = sent[0]
    with closing(open_for_reading(database)) as connection:
        return propose_for_reader(connection, first.watch_name, config, now=utc_now())


def _read_action(body: bytes, content_type: str) -> Action | None:
    """Return the action a form asks for. RFC 8058 allows mail programs both encodings, and prefers multipart."""
    if content_type.lower().startswith("multipart/form-data"):
        values = _read_multipart(body, content_type)
    else:
        values = parse_qs(body.decode("utf-8", "replace"))
    if values.get("List-Unsubscribe") == ["One-Click"]:
        return Action.LEAVE
    stated = values.get("action", [""])[0]
    return Action(stated) if stated in set(Action) else None


def _read_multipart(body: bytes, content_type: str) -> dict[str, list[str]]:
    """Return the text fields of a multipart form."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    fields: dict[str, list[str]] = {}
    for part in message_from_bytes(head + body).walk():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(value, bytes):
            fields.setdefault(name, []).append(value.decode("utf-8", "replace").strip())
    return fields


async def _show(
    datasette: Any,
    request: Any,
    sent: tuple[SentAlert, ...],
    *,
    message: str = "",
    status: int = 200,
    proposals: Proposals = _NOTHING,
) -> Response:
    facts = {
        "sent": sent,
        "message": message,
        "is_done": bool(message) and status in {200, 202},
        "proposals": proposals,
    }
    page = await datasette.render_template("message.html", facts, request=request)
    return Response.html(page, status=status)


async def feed_page(datasette: Any, request: Any) -> Response:
    """Return the last alerts of a watch, or of all watches, as Atom."""
    database = find_database(datasette)
    asked = request.url_vars.get("watch")
    links = Links(
        web_url=datasette.plugin_config("watchword")["url"], database=database.stem, key=b""
    )
    found = await asyncio.to_thread(_read_feed, database, asked)
    if found is None:
        return Response.text(f"There is no watch called {tilde_decode(asked)}.", status=404)
    watch, alerts = found
    title = f"Watchword: {watch}" if watch else "Watchword: all alerts"
    phrases = await asyncio.to_thread(_find_phrases)
    # so that feed readers keep the key when they take over the address that a feed states
    key = request.args.get("key")
    own_url = links.to_feed(watch) + (f"?key={quote(key)}" if key else "")
    feed = write_feed(alerts, title=title, own_url=own_url, links=links, phrases=phrases)
    return Response(feed, headers={}, content_type="application/atom+xml; charset=utf-8")


def _find_phrases() -> Phrases:
    """Return the locale and zone of the configuration; English and UTC if it cannot be read."""
    try:
        config = load_environment_config()
    except ConfigFaulty:
        return Phrases("en_GB", "UTC")
    return Phrases(config.mail.locale, config.mail.timezone or config.timezone)


def _read_feed(database: Path, asked: str | None) -> tuple[str, tuple[Alert, ...]] | None:
    """Return the name of a watch as asked for, and its last alerts; None for an unknown watch.

    asked  the name as in the address; None for the alerts of all watches, returned with an empty name
    """
    with closing(open_for_reading(database)) as connection:
        if asked is None:
            return "", list_feed_alerts(connection, watch=None, limit=_MOST_IN_FEED)
        # addresses of older feeds are percent-encoded; later ones use Datasette's tilde encoding
        for watch in (tilde_decode(asked), unquote(asked)):
            # a feed reader keeps asking by the name the watch had when it was subscribed to
            name = find_present_name(connection, watch)
            if name is not None:
                return watch, list_feed_alerts(connection, watch=name, limit=_MOST_IN_FEED)
    return None
