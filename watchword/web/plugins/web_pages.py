"""The rules of the web pages: who may see what, what templates can use, and which headers are sent."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from datasette import hookimpl
from markupsafe import Markup, escape

from crawler.alerting.links import feed_path
from crawler.alerting.messages.status_report import ShownReport, show_status_report
from crawler.alerting.phrases import phrases_for
from crawler.clock import utc_now
from crawler.config.load import load_environment_config
from crawler.errors import ConfigFaulty, DatabaseUnusable
from crawler.flows.mail.delivery.reports import measure_all
from crawler.model.watch import Snippet
from crawler.storage.file.database import open_for_reading
from crawler.storage.web_reading import (
    list_active_watches,
    list_article_pages,
    list_changes_of,
    list_edit_notes,
    list_latest_matches,
    list_matches_of,
    list_others_of,
)
from crawler.text.counts import write_count, write_number, write_times
from crawler.text.instants import write_day, write_instant
from crawler.text.word_diff import split_marked

# tables that show who gets which messages, or what they asked for
PRIVATE_TABLES = frozenset(
    {
        "deliveries",
        "delivery_alerts",
        "attempts",
        "outbox",
        "recipients",
        "mutes",
        "requests",
        "status_reports",
        "withheld",
    }
)
_Receive = Callable[[], Awaitable[dict[str, Any]]]
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
# our longest form is one word; Datasette would read any body: a form of 300 MB took 257 MB of memory
_MOST_BODY_BYTES = 64 * 1024
_METADATA = Path(__file__).resolve().parents[1] / "datasette.yml"
_HEADERS = (
    # nothing from other hosts: if markup from a web page ever got through, it could load and send nothing
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


@hookimpl
def permission_allowed(actor: dict[str, Any] | None, action: str, resource: object) -> bool | None:
    """Allow only the owner to see recipients and answers of mail servers, and to run SQL, which could read them."""
    is_owner = bool(actor) and (actor or {}).get("id") == "root"
    if action in {"execute-sql", "view-database-download"}:
        return is_owner
    if action == "view-table" and isinstance(resource, tuple) and resource[1] in PRIVATE_TABLES:
        return is_owner
    return None


@hookimpl
def get_metadata(datasette: Any) -> dict[str, Any]:
    """Return the descriptions for the database, whatever its file is called."""
    names = [name for name in datasette.databases if not name.startswith("_")]
    return {"databases": dict.fromkeys(names, _read_descriptions())}


@cache  # Datasette asks dozens of times for each page, and reading YAML takes 50 ms
def _read_descriptions() -> dict[str, Any]:
    described: dict[str, Any] = yaml.safe_load(_METADATA.read_text(encoding="utf-8"))["databases"]
    return described["watchword"]  # type: ignore[no-any-return]  # YAML


@hookimpl
def asgi_wrapper() -> Callable[[Any], Any]:
    """Add strict headers to every answer, because pages show text from web pages, and limit request bodies."""

    def wrap(application: Any) -> Any:
        async def guarded(
            scope: dict[str, Any], receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]
        ) -> None:
            async def send_guarded(event: dict[str, Any]) -> None:
                if event["type"] == "http.response.start":
                    event = {**event, "headers": [*event.get("headers", []), *_HEADERS]}
                await send(event)

            if scope["type"] == "http" and scope["method"] not in _WITHOUT_BODY:
                try:
                    receive = await _receive_whole(receive)
                except _TooLong:
                    await _refuse(send_guarded)
                    return
            await application(scope, receive, send_guarded)

        return guarded

    return wrap


class _TooLong(Exception):
    """A request body is longer than any form of ours."""


async def _receive_whole(receive: _Receive) -> _Receive:
    """Return a receive function that repeats a body which was read up to our limit: Datasette has none of its own.

    raises  _TooLong as soon as the body is longer, whatever length its header states
    """
    body, is_whole = bytearray(), False
    while not is_whole:
        event = await receive()
        if event["type"] != "http.request":
            break
        body += event.get("body", b"")
        is_whole = not event.get("more_body", False)
        if len(body) > _MOST_BODY_BYTES:
            raise _TooLong
    events = iter([{"type": "http.request", "body": bytes(body), "more_body": not is_whole}])

    async def replay() -> dict[str, Any]:
        return next(events, None) or await receive()

    return replay


async def _refuse(send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"The request is too long.\n"})


@hookimpl
def extra_css_urls() -> list[str]:
    """Return the address of our style sheet."""
    return ["/assets/web-pages.css"]


@hookimpl
def render_cell(value: object, column: str) -> Markup | None:
    """Return instants for people, changes with their marks, web addresses as safe links; None for any other cell."""
    if not isinstance(value, str):
        return None
    if column.endswith("_at") and (instant := _read_instant(value)):
        return Markup('<time title="{}">{}</time>').format(value, write_instant(instant))
    if column == "diff":
        return show_changes(value)
    if column in {"url", "announced_url", "example"}:
        return link_to(value)
    return None


def _read_instant(text: str) -> datetime | None:
    """Return a stored instant, None for any other text: in free SQL any column can be called ``..._at``."""
    try:
        return datetime.fromisoformat(text) if text.endswith("Z") else None
    except ValueError:
        return None


def show_changes(marked: str) -> Markup:
    """Return a stored difference with its words marked as deleted and inserted."""
    tags = {
        "out": Markup("<del>{}</del>"),
        "new": Markup("<ins>{}</ins>"),
        "same": Markup("{}"),
    }
    return Markup().join(tags[kind].format(text) for kind, text in split_marked(marked))


def link_to(url: str) -> Markup:
    """Return a link for a web address, plain text for anything else: javascript: addresses must not become links."""
    # longer addresses would push the other columns off the screen
    shown = url if len(url) <= 70 else url[:69] + "\u2026"
    if urlsplit(url).scheme not in {"http", "https"}:
        return escape(shown)
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(url, shown)


def mark_terms(snippet: str, marks: str) -> Markup:
    """Return a sentence with its matched terms marked; each piece is escaped before a tag is put around it."""
    return Markup().join(
        Markup("<mark>{}</mark>").format(text) if is_hit else escape(text)
        for text, is_hit in Snippet.read(snippet, marks).cut_at_marks()
    )


def _measure(database: Path) -> ShownReport | None:
    """Return the status report as ``doctor`` shows it; None if configuration or database cannot be read now."""
    try:
        config = load_environment_config()
        with closing(open_for_reading(database)) as connection:
            report = measure_all(connection, config, now=utc_now())
    except (ConfigFaulty, DatabaseUnusable, sqlite3.Error):
        return None
    return show_status_report(report, phrases_for(config.admin_reader))


@hookimpl
def extra_template_vars(datasette: Any, table: str | None, database: str | None) -> Any:
    """Add the functions with which templates read matches, articles and the status report."""

    async def facts() -> dict[str, Any]:
        name = database or next(key for key in datasette.databases if not key.startswith("_"))
        reader = datasette.get_database(name)

        def ask(read: Callable[..., Any], **fixed: object) -> Callable[..., Awaitable[Any]]:
            return lambda *key: reader.execute_fn(lambda own: read(own, *key, **fixed))

        async def report() -> ShownReport | None:
            path = reader.path
            return await asyncio.to_thread(_measure, Path(path)) if path else None

        return {
            "web_latest_matches": ask(list_latest_matches, limit=12),
            "web_edit_notes": ask(list_edit_notes),
            "web_watches": ask(list_active_watches, limit=20),
            "web_articles": ask(list_article_pages),
            "web_matches_of": ask(list_matches_of),
            "web_changes_of": ask(list_changes_of, limit=10),
            "web_others_of": ask(list_others_of),
            "web_report": report,
            "mark_terms": mark_terms,
            "link_to": link_to,
            "show_changes": show_changes,
            "write_instant": lambda text: write_instant(datetime.fromisoformat(text)),
            "write_day": lambda text: write_day(datetime.fromisoformat(text)),
            "write_number": write_number,
            "write_count": write_count,
            "write_times": write_times,
            "web_database": name,
            "feed_path": lambda watch="": datasette.urls.path(feed_path(watch)),
        }

    return facts
