"""What templates can use, how cells of tables are shown, and what tables and columns mean."""

import sqlite3
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from babel import Locale, UnknownLocaleError
from datasette import hookimpl
from markupsafe import Markup, escape

from crawler.alerting.links import write_name
from crawler.logs.masks import mask_urls
from crawler.model.watch import Snippet
from crawler.storage.backup.snapshot import PRIVATE_TABLES
from crawler.storage.file.database import to_instant
from crawler.storage.file.functions import add_functions
from crawler.text.counts import write_count, write_number, write_times
from crawler.text.instants import write_instant
from crawler.text.languages.direction import find_direction
from crawler.text.word_diff import split_marked
from watchword.web.frame import find_frame, find_zone

_METADATA = Path(__file__).resolve().parents[1] / "datasette.yml"


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
def render_cell(value: object, column: str) -> Markup | None:
    """Return instants for people, changes with their marks, web addresses as safe links; None for any other cell."""
    if not isinstance(value, str):
        return None
    if column.endswith("_at") and (instant := _read_instant(value)):
        return Markup('<time title="{}">{}</time>').format(
            value, write_instant(instant, find_zone())
        )
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


def show_changes(marked: str, most: int = 0) -> Markup:
    """Return a stored difference with its words marked as deleted and inserted; at most so many signs of it, unless 0."""
    tags = {
        "out": Markup("<del>{}</del>"),
        "new": Markup("<ins>{}</ins>"),
        "same": Markup("{}"),
    }
    shown, left = [], most or len(marked)
    for kind, text in split_marked(marked):
        shown.append(tags[kind].format(text[:left] + ("\u2026" if len(text) > left else "")))
        left -= len(text)
        if left <= 0:
            break
    return Markup().join(shown)


def link_to(url: str) -> Markup:
    """Return a link for a web address, plain text for anything else: javascript: addresses must not become links."""
    plain = _write_host_plainly(url)
    # longer addresses would push the other columns off the screen
    shown = plain if len(plain) <= 70 else plain[:69] + "\u2026"
    if _find_scheme(url) not in {"http", "https"}:
        return escape(shown)
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(url, shown)


def link_to_endpoint(url: str) -> Markup:
    """Return a link for an address that a source is read at, but masked text if it holds a key: the page may be public."""
    masked = mask_urls(url)
    return link_to(url) if masked == url else escape(_write_host_plainly(masked))


def _find_scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme
    except ValueError:  # "http://[x"
        return ""


def _write_host_plainly(url: str) -> str:
    """Return an address with its host in ASCII: characters of two scripts can look like a host that is another one."""
    try:
        host = urlsplit(url).hostname or ""
        return url if host.isascii() else url.replace(host, host.encode("idna").decode("ascii"), 1)
    except ValueError:
        return url


def mark_terms(snippet: str, marks: str) -> Markup:
    """Return a stored sentence with its matched terms marked."""
    return mark_snippet(Snippet.read(snippet, marks))


def mark_snippet(snippet: Snippet) -> Markup:
    """Return a sentence with its matched terms marked."""
    return Markup().join(
        Markup("<mark>{}</mark>").format(text) if is_hit else escape(text)
        for text, is_hit in snippet.cut_at_marks()
    )


@cache
def name_language(code: str) -> str:
    """Return the English name of a language, its code if it has none."""
    try:
        return Locale.parse(code, sep="-").get_display_name("en") or code
    except (ValueError, UnknownLocaleError):
        return code


@hookimpl
def prepare_jinja2_environment(env: Any, datasette: Any) -> None:
    """Add what needs no request: how numbers, sentences, differences and links are written."""
    env.globals.update(
        {
            "mark_terms": mark_terms,
            "mark_snippet": mark_snippet,
            "link_to": link_to,
            "link_to_endpoint": link_to_endpoint,
            "show_changes": show_changes,
            "direction_of": find_direction,
            "language_name": name_language,
            "write_number": write_number,
            "write_count": write_count,
            "write_times": write_times,
            "write_name": write_name,
            "instant": to_instant,
            "private_tables": PRIVATE_TABLES,
            "page": "",
        }
    )


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Give the owner's own SQL the functions that ours has: ``unpack`` reads older texts."""
    add_functions(conn)


@hookimpl
def extra_template_vars(datasette: Any, request: Any) -> Any:
    """Add what belongs to a request: its frame, and where it is."""

    async def facts() -> dict[str, Any]:
        name = next(key for key in datasette.databases if not key.startswith("_"))
        return {
            "frame": await find_frame(datasette, request),
            "here": _write_place(request),
            "web_database": name,
        }

    return facts


def _write_place(request: Any) -> str:
    """Return the path and query of a request, to come back to after a form."""
    if request is None:
        return ""
    raw: bytes = request.scope.get("raw_path") or b"/"
    path = raw.decode("latin-1").partition("?")[0]
    return f"{path}?{request.query_string}" if request.query_string else path
