"""The group ``watchword watch`` and its commands that show watches: list, show."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.model.watch import Snippet
from crawler.storage.watch.matches import count_matches, list_matches, read_match
from crawler.storage.watch.watches import find_watch, list_watches
from crawler.text.lines import plain
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import (
    Columns,
    all_or_limit_option,
    format_time,
    limit_option,
    make_console,
    print_line,
    print_rows,
    say_limit,
)
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.lazy import DeferredGroup
from watchword.cli.terminal.names import WATCH_NAME
from watchword.cli.watch.watch_mute import describe_mutes
from watchword.cli.watch.watch_report import mark_snippet
from watchword.cli.watch.watch_settings import compile_settings, get_known, print_advice

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings


# name -> module:function
_PLACES = {
    "test": "watchword.cli.watch.watch_test:test",
    "diff": "watchword.cli.watch.watch_diff:diff",
    "add": "watchword.cli.watch.watch_edit:add",
    "edit": "watchword.cli.watch.watch_edit:edit",
    "remove": "watchword.cli.watch.watch_edit:remove",
    "rename": "watchword.cli.terminal.rename:rename_watch",
    "mute": "watchword.cli.watch.watch_mute:mute",
    "unmute": "watchword.cli.watch.watch_mute:unmute",
}


@click.group(cls=DeferredGroup, places=_PLACES)
def watch() -> None:
    """Watches: test queries on stored articles, add and change watches, see what they found.

    \b
    Examples:
      watchword watch test '(drone OR UAV) -racing' --since 90d
      watchword watch add drones '(drone OR UAV) -racing'
      watchword watch edit drones --query '(drone OR UAV) -racing -photography'
      watchword watch show drones
      watchword watch mute drones --for 7d
    """


def _columns(write_time: Callable[[object], str]) -> Columns:
    return {
        "name": "watch",
        "alert": Column(
            heading="alert",
            write=lambda row: f"{row['alert'] or 'removed'}{', muted' if row['is_muted'] else ''}",
        ),
        "match_count": number("matches"),
        "alert_count": number("alerts", rank=1),
        "last_match_at": Column(
            heading="last match", write=lambda row: write_time(row["last_match_at"])
        ),
        "sources": Column(
            heading="sources", write=lambda row: "-" if row["sources"] is None else row["sources"] or "all", rank=2
        ),
        "query": Column(heading="query", is_below=True),
    }  # fmt: skip


# what --json prints
_LIST_FIELDS = "name query sources alert is_muted match_count alert_count last_match_at"


@watch.command("list")
@all_or_limit_option
@json_option(_LIST_FIELDS)
@pass_context
def list_(context: Context, *, limit: int | None, as_json: Json | None) -> None:
    """List the watches and what they have found so far."""
    zone, now = context.zone, utc_now()
    known = {row["name"]: row for row in _list_known(context)}
    active = {one.name: one for one in context.config.watches}
    rows = [
        {
            "name": name,
            "query": active[name].query if name in active else known[name]["query"],
            "sources": list(active[name].sources) if name in active else None,
            "alert": active[name].alert if name in active else None,
            "is_muted": _is_muted(active.get(name), now.astimezone(context.config.zone).date()),
            "match_count": known[name]["match_count"] if name in known else 0,
            "alert_count": known[name]["alert_count"] if name in known else 0,
            "last_match_at": known[name]["last_match_at"] if name in known else None,
        }
        # also watches that are only in the database (removed) or only in the configuration (not taken up yet)
        for name in sorted({*known, *active})
    ]
    columns = _columns(lambda text: format_time(str(text) if text else None, zone, now=now))
    empty = "There are no watches yet."
    print_rows(rows[:limit], columns, as_json=as_json, empty=empty, total=len(rows))


def _list_known(context: Context) -> tuple[sqlite3.Row, ...]:
    connection = context.find_database()
    if connection is None:
        return ()
    with closing(connection):
        return list_watches(connection)


def _is_muted(settings: "WatchSettings | None", today: date) -> bool:
    return settings is not None and settings.mute_until is not None and today < settings.mute_until


# what --json prints
_SHOW_FIELDS = (
    "name query sources languages title_only min_mentions synonyms alert digest timezone group "
    "on_revision to channels mute_until read_as matches"
)


@watch.command("show")
@click.argument("name", type=WATCH_NAME)
@limit_option
@json_option(_SHOW_FIELDS)
@pass_context
def show(context: Context, *, name: str, limit: int, as_json: Json | None) -> None:
    """Show a watch: settings, query as read, newest matches."""
    settings = get_known(context, name)
    query = str(compile_settings(context, settings).query)
    matches, total = _list_matches(context, name, limit)
    say_limit(len(matches), total)
    if as_json is not None:
        facts = {
            **settings.model_dump(mode="json", by_alias=True),
            "read_as": query,
            "matches": [read_match(match) for match in matches],
        }
        as_json.print(facts)
        return
    _print(settings, query, matches, context)
    print_advice(settings.query)


def _list_matches(context: Context, name: str, limit: int) -> tuple[tuple[sqlite3.Row, ...], int]:
    """Return a watch's matches, newest first, and how many there are; none if there is no database yet or the watch is not in it."""
    connection = context.find_database()
    if connection is None:
        return (), 0
    with closing(connection):
        row = find_watch(connection, name)
        if row is None:
            return (), 0
        matches = list_matches(connection, row["id"], limit=limit)
        return matches, len(matches) if len(matches) < limit else count_matches(
            connection, row["id"]
        )


def _list_mutes(context: Context, name: str) -> list[str]:
    connection = context.find_database()
    if connection is None:
        return []
    with closing(connection):
        return describe_mutes(connection, name, zone=context.config.zone)


def _print(
    settings: "WatchSettings", query: str, matches: tuple[sqlite3.Row, ...], context: Context
) -> None:
    console, now = make_console(), utc_now()
    console.print(Text(plain(settings.name), style="bold"))
    facts = settings.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for key, value in facts.items():
        if key != "name":
            shown = ", ".join(value) if isinstance(value, list) else str(value)
            print_line(console, Text(f"  {key:<13}{plain(shown)}"), indent=15)
    print_line(console, Text(f"  {'read as':<13}{plain(query)}"), indent=15)
    for line in _list_mutes(context, settings.name):
        print_line(console, Text(f"  {'muted':<13}{plain(line)}"), indent=15)
    if not matches:
        command = f"watchword watch test --watch {plain(settings.name)}"
        line = f"  no matches yet; `{command}` searches the stored articles"
        print_line(console, Text(line), indent=2)
    for match in matches:
        when = format_time(match["matched_at"], context.zone, now=now)
        head = f"{when:<16}{plain(match['source'])}: {plain(match['headline'])} (article {match['article_id']})"
        print_line(console, Text(head), indent=16)
        snippet = Snippet.read(match["snippet"], match["snippet_marks"])
        print_line(console, mark_snippet(snippet), indent=16)
