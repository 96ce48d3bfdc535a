"""The group ``watchword watch`` and its commands that show watches: list, show."""

import json
import sqlite3
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.model.watch import Snippet
from crawler.storage.watch.matches import list_matches
from crawler.storage.watch.watches import find_watch, list_watches
from crawler.text.lines import plain
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.names import WATCH_NAME
from watchword.cli.terminal.rename import rename_watch
from watchword.cli.terminal.tables import (
    format_time,
    json_option,
    limit_option,
    make_console,
    print_rows,
)
from watchword.cli.watch.watch_diff import diff
from watchword.cli.watch.watch_edit import EDITS
from watchword.cli.watch.watch_mute import describe_mutes, mute, unmute
from watchword.cli.watch.watch_report import mark_snippet
from watchword.cli.watch.watch_settings import compile_settings, get_known, print_advice
from watchword.cli.watch.watch_test import test

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings


@click.group()
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


for command in (test, diff, *EDITS, rename_watch, mute, unmute):
    watch.add_command(command)


_COLUMNS = {
    "name": "watch",
    "alert": "alert",
    "match_count": "matches",
    "alert_count": "alerts",
    "last_match": "last match",
    "sources": "sources",
    "query": "query",
}


@watch.command("list")
@json_option
@pass_context
def list_(context: Context, *, as_json: bool) -> None:
    """List the watches and what they have found so far."""
    zone, now = context.config.zone, utc_now()
    known = {row["name"]: row for row in _list_known(context)}
    active = {one.name: one for one in context.config.watches}
    rows = [
        {
            "name": name,
            "query": active[name].query if name in active else known[name]["query"],
            "sources": (list(active[name].sources) or "all") if name in active else "-",
            "alert": _describe_alert(active.get(name), now.astimezone(zone).date()),
            "match_count": known[name]["match_count"] if name in known else 0,
            "alert_count": known[name]["alert_count"] if name in known else 0,
            "last_match": format_time(known[name]["last_match_at"], zone, now=now)
            if name in known
            else "-",
            "last_match_at": known[name]["last_match_at"] if name in known else None,
        }
        # also watches that are only in the database (removed) or only in the configuration (not taken up yet)
        for name in sorted({*known, *active})
    ]
    print_rows(rows, _COLUMNS, as_json=as_json, empty="There are no watches yet.")


def _list_known(context: Context) -> tuple[sqlite3.Row, ...]:
    connection = context.find_database()
    if connection is None:
        return ()
    with closing(connection):
        return list_watches(connection)


def _describe_alert(settings: "WatchSettings | None", today: date) -> str:
    if settings is None:
        return "removed"
    is_muted = settings.mute_until is not None and today < settings.mute_until
    return f"{settings.alert.value}, muted" if is_muted else settings.alert.value


@watch.command("show")
@click.argument("name", type=WATCH_NAME)
@limit_option
@json_option
@pass_context
def show(context: Context, *, name: str, limit: int, as_json: bool) -> None:
    """Show a watch: settings, query as read, newest matches."""
    settings = get_known(context, name)
    query = str(compile_settings(context, settings).query)
    matches = _list_matches(context, name, limit)
    if as_json:
        facts = {
            **settings.model_dump(mode="json", by_alias=True),
            "read_as": query,
            "matches": [{**dict(match), "terms": json.loads(match["terms"])} for match in matches],
        }
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    _print(settings, query, matches, context)
    print_advice(settings.query)


def _list_matches(context: Context, name: str, limit: int) -> tuple[sqlite3.Row, ...]:
    """Return a watch's matches, newest first; none if there is no database yet or the watch is not in it."""
    connection = context.find_database()
    if connection is None:
        return ()
    with closing(connection):
        row = find_watch(connection, name)
        return list_matches(connection, row["id"], limit=limit) if row else ()


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
            console.print(Text(f"  {key:<13}{plain(shown)}"), soft_wrap=True)
    console.print(Text(f"  {'read as':<13}{plain(query)}"), soft_wrap=True)
    for line in _list_mutes(context, settings.name):
        console.print(Text(f"  {'muted':<13}{plain(line)}"), soft_wrap=True)
    if not matches:
        console.print(
            f"  no matches yet; `watchword watch test --watch {plain(settings.name)}` searches the stored articles",
            soft_wrap=True,
            markup=False,
        )
    for match in matches:
        when = format_time(match["matched_at"], context.config.zone, now=now)
        head = f"{when:<16}{plain(match['source'])}: {plain(match['headline'])} (article {match['article_id']})"
        console.print(Text(head), soft_wrap=True)
        snippet = Snippet.read(match["snippet"], match["snippet_marks"])
        console.print(mark_snippet(snippet), soft_wrap=True)
