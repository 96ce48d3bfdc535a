"""The group ``watchword article`` and its commands that show articles: list, show."""

# imported where it is used: --help must not wait for the watch language.
# ruff: noqa: PLC0415
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.storage.crawl.sources import find_source_row, list_sources
from crawler.storage.news.article_reading import count_articles, find_article_details, list_articles
from crawler.storage.watch.matches import read_match
from crawler.text.instants import write_day, write_instant
from crawler.text.lines import plain
from crawler.text.word_diff import mark_piece, split_marked
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import (
    Columns,
    format_time,
    limit_option,
    make_console,
    print_line,
    print_rows,
)
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.lazy import DeferredGroup
from watchword.cli.terminal.names import SOURCE_NAME
from watchword.cli.unknown import refuse_number, refuse_unknown

# name -> module:function
_PLACES = {
    "understand": "watchword.cli.article.understand:understand",
    "explain": "watchword.cli.article.understand:explain",
    "reprocess": "watchword.cli.article.reprocess:reprocess",
    "export": "watchword.cli.article.understand:export",
}


@click.group(cls=DeferredGroup, places=_PLACES)
def article() -> None:
    """List, search, show and explain articles.

    \b
    Examples:
      watchword article list --source harbour-courier
      watchword article list --search '"oil depot" -film'
      watchword article show 17
      watchword article show https://example.org/news/depot.html --json
      watchword article understand https://example.org/news/depot.html
      watchword article explain 17
      watchword article reprocess --since 7d
    """


def _columns(write_time: Callable[[object], str]) -> Columns:
    return {
        "id": number("id"),
        # the list is in this order
        "first_seen_at": Column(
            heading="first seen", write=lambda row: write_time(row["first_seen_at"])
        ),
        "source": "source",
        "published_at": Column(
            heading="published", write=lambda row: write_time(row["published_at"]), rank=1
        ),
        "language": Column(heading="lang", rank=2),
        "headline": Column(heading="headline", is_free=True),
    }


# what --json prints
_ARTICLE = (
    "id url url_key story_id revision_count headline byline is_agency section tags language "
    "image_url is_teaser published_at published_precision published_zone published_evidence "
    "published_origin published_confidence first_seen_at last_seen_at gone_at gone_status "
    "withdrawn_at source"
)
_LIST_FIELDS = _ARTICLE + " sentence marks"


@article.command("list")
@click.option("--source", type=SOURCE_NAME, help="Only articles of this source.")
@click.option(
    "--search", metavar="QUERY", help="Only articles that match, in the language of watches."
)
@click.option(
    "--best", "is_best_first", is_flag=True, help="With --search: the best first, not the newest."
)
@limit_option
@json_option(_LIST_FIELDS)
@pass_context
def list_(
    context: Context,
    *,
    source: str | None,
    search: str | None,
    is_best_first: bool,
    limit: int,
    as_json: Json | None,
) -> None:
    """List articles, newest first.

    A search asks in the language of watches, and finds what a watch would have found; each article is listed with the
    sentence that has the words.
    """
    zone, now = context.zone, utc_now()
    if search is not None:
        _list_found(context, search, source, limit, is_best_first=is_best_first, as_json=as_json)
        return
    if is_best_first:
        raise click.UsageError("--best orders what --search finds; write --search QUERY")
    with closing(context.open_database()) as connection:
        _require_source(connection, source, tags=frozenset())
        rows = [_without_keys(row) for row in list_articles(connection, limit=limit, source=source)]
        total = len(rows) if len(rows) < limit else count_articles(connection, source=source)
    columns = _columns(lambda text: format_time(str(text) if text else None, zone, now=now))
    print_rows(rows, columns, as_json=as_json, empty="No article matches.", total=total)


def _require_source(
    connection: sqlite3.Connection, name: str | None, *, tags: frozenset[str]
) -> None:
    """Raise NotFound for a name that no source has or had; what it published is in the database even if it was removed."""
    if name is not None and name not in tags and find_source_row(connection, name) is None:
        known = {row["name"] for row in list_sources(connection)} | tags
        raise refuse_unknown("source", name, known)


def _list_found(  # what is searched for, and how it is printed
    context: Context,
    query: str,
    source: str | None,
    limit: int,
    *,
    is_best_first: bool,
    as_json: Json | None,
) -> None:
    from watchword.cli.article.search import Search, mark_spans, print_found, search_articles

    asked = Search(query=query, source=source, limit=limit, is_best_first=is_best_first)
    tags = frozenset(tag for one in context.config.sources for tag in one.tags)
    with closing(context.open_database()) as connection:
        _require_source(connection, source, tags=tags)
        found, listed = search_articles(context, connection, asked)
    if as_json is not None:
        rows = [{**_without_keys(row), **mark_spans(match)} for match, row in listed]
        as_json.print(rows)
        return
    print_found(context, found, [match for match, _ in listed])


def _without_keys(row: sqlite3.Row) -> dict[str, object]:
    """Return an article's row for JSON: lists as lists, without the row ids of other tables."""
    facts = {key: row[key] for key in row.keys() if key not in {"source_id", "revision_id"}}  # noqa: SIM118  # a Row is no dict
    return {
        **facts,
        "tags": json.loads(row["tags"]),
        "is_agency": bool(row["is_agency"]),
        "is_teaser": bool(row["is_teaser"]),
    }


# what --json prints
_SHOW_FIELDS = _ARTICLE + " body word_count from_feed revisions matches"


@article.command("show")
@click.argument("id_or_url", metavar="ID|URL")
@json_option(_SHOW_FIELDS)
@pass_context
def show(context: Context, *, id_or_url: str, as_json: Json | None) -> None:
    """Show an article: text, facts, revisions and matches."""
    with closing(context.open_database()) as connection:
        details = find_article_details(connection, id_or_url)
    if details is None:
        raise refuse_number("article", id_or_url)
    row, revisions, matches = details
    if as_json is not None:
        facts = {
            **_without_keys(row),
            "revisions": [dict(revision) for revision in revisions],
            "matches": [read_match(match) for match in matches],
        }
        as_json.print(facts)
        return
    _print_article(row, revisions, matches, context.zone)


def _print_article(
    row: sqlite3.Row,
    revisions: tuple[sqlite3.Row, ...],
    matches: tuple[sqlite3.Row, ...],
    zone: ZoneInfo,
) -> None:
    console = make_console()
    print_line(console, Text(plain(row["headline"]), style="bold"))
    tags = ", ".join(json.loads(row["tags"]))
    facts = {
        "source": row["source"],
        "address": row["url"],
        "published": format_published(row, zone),
        "first seen": _format_instant(row["first_seen_at"], zone),
        "by": (row["byline"] or "-") + (" (agency)" if row["is_agency"] else ""),
        "section": row["section"] or "-",
        "tags": tags or "-",
        "language": row["language"],
        "story": f"{row['story_id']}",
        **({"text": f"from the feed; {row['from_feed']}"} if row["from_feed"] else {}),
        **({"teaser": "the page shows only the beginning"} if row["is_teaser"] else {}),
        "revisions": "; ".join(
            f"{_format_instant(revision['fetched_at'], zone)} ({revision['reason']})"
            for revision in revisions
        ),
    }
    for name, value in facts.items():
        print_line(console, Text(f"  {name:<11}{plain(value)}"), indent=13)
    if row["gone_at"]:
        gone = f"{_format_instant(row['gone_at'], zone)} ({row['gone_status']})"
        print_line(console, Text(f"  {'gone':<11}{gone}"), indent=13)
    for match in matches:
        print_line(console, _match_line(match), indent=13)
    for revision in revisions:
        if revision["diff"]:
            print_line(console, _change_line(revision, zone), indent=13)
    console.print()
    for paragraph in row["body"].split("\n\n"):
        print_line(console, Text(plain(paragraph)))
        console.print()


def _match_line(match: sqlite3.Row) -> Text:
    line = Text(f"  {'matched':<11}{plain(match['watch'])}: ")
    offset = len(line)
    line.append(plain(match["snippet"]))
    for start, end in json.loads(match["snippet_marks"]):
        line.stylize("bold reverse", offset + start, offset + end)
    return line


_CHANGES = {"out": "red strike", "new": "green underline", "same": ""}


def _change_line(revision: sqlite3.Row, zone: ZoneInfo) -> Text:
    line = Text(f"  {'changed':<11}{_format_instant(revision['fetched_at'], zone)}: ")
    for kind, text in split_marked(revision["diff"]):
        # marks as well as colours: not every terminal has colours
        line.append(mark_piece(kind, plain(text)), _CHANGES[kind])
    return line


def format_published(row: sqlite3.Row, zone: ZoneInfo) -> str:
    """Return when an article was published, as exactly as that is known, and the words it was read from."""
    if row["published_at"] is None:
        return "not stated"
    instant = datetime.fromisoformat(row["published_at"])
    if row["published_precision"] == "day":
        when = write_day(instant, zone)
    else:
        about = "about " if row["published_precision"] == "hour" else ""
        when = f"{about}{write_instant(instant, zone)}"
    return f"{when}, from {row['published_origin']}: {row['published_evidence']}"


def _format_instant(text: str, zone: ZoneInfo) -> str:
    return write_instant(datetime.fromisoformat(text), zone)
