"""The search of ``watchword article list --search``: the watch language over what is stored, as on the web pages."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from crawler.clock import utc_now
from crawler.errors import QuerySyntaxError
from crawler.storage.news.article_reading import map_articles
from crawler.text.counts import write_count
from watchword.cli.listings.tables import make_console
from watchword.cli.terminal.context import Context
from watchword.cli.watch.watch_report import print_matches
from watchword.web.past import FAR_BACK, Found, compile_query, search_stories

if TYPE_CHECKING:
    from crawler.flows.watch.history import PastMatch

# a person at a terminal waits longer than one in front of a page
_MOST_SECONDS = 30.0
# of which the best are listed first
_MOST_RANKED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched for.

    query   in the watch language
    source  name of a source, or a tag; None for all
    """

    query: str
    source: str | None
    limit: int
    is_best_first: bool


def search_articles(
    context: Context, connection: sqlite3.Connection, asked: Search
) -> tuple[Found, list[tuple["PastMatch", sqlite3.Row]]]:
    """Return what was found, and the listed articles, each with its match.

    raises  UsageError for a query that cannot be read, with a caret
    """
    facts = {"sources": (asked.source,)} if asked.source else {}
    compiled = compile_query(asked.query, context.config, **facts)
    if isinstance(compiled, QuerySyntaxError):
        raise click.UsageError(compiled.pointed())
    found = search_stories(
        connection,
        compiled,
        context.config,
        since=utc_now() - FAR_BACK,
        limit=_MOST_RANKED if asked.is_best_first else asked.limit,
        seconds=_MOST_SECONDS,
        one_each="article_id",
    )
    matches: Sequence[PastMatch] = found.matches
    if asked.is_best_first:
        matches = sorted(matches, key=lambda one: -one.match.score)
    rows = map_articles(connection, [one.article_id for one in matches])
    listed = [(one, rows[one.article_id]) for one in matches if one.article_id in rows]
    return found, listed[: asked.limit]


def print_found(context: Context, found: Found, matches: Sequence["PastMatch"]) -> None:
    """Print articles with the sentence that has the words, and how far the search went."""
    if not matches:
        click.echo("No article matches.")
    print_matches(make_console(), matches, context.zone)
    if found.next and matches:
        click.echo(f"showing {len(matches)}; there are more, --limit shows them", err=True)
    if found.is_cut_off:
        read = write_count(found.read_count, "text")
        click.echo(f"Reading stopped after {read}: narrow the query down.", err=True)
    if not found.is_complete:
        click.echo("Older texts are still being indexed; `watchword run` does that.", err=True)


def mark_spans(match: "PastMatch") -> dict[str, object]:
    """Return the sentence of a match and its marks, as JSON values."""
    snippet = match.match.snippet
    return {"sentence": snippet.text, "marks": json.loads(json.dumps(snippet.marks))}
