"""The commands ``watchword watch test`` and ``diff``: what a query would have found in the stored articles."""

# imported where it is used: --help must not wait for the watch language and the key index.
# ruff: noqa: PLC0415
import json
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from crawler.clock import utc_now
from crawler.text.counts import write_count, write_number
from watchword.cli.terminal.context import NAME, Context, pass_context
from watchword.cli.terminal.requests import explain_database_errors, hold_alone
from watchword.cli.terminal.tables import json_option, make_console
from watchword.cli.watch.watch_report import (
    ClauseEffect,
    Report,
    as_json_match,
    make_report,
    print_matches,
    print_report,
)
from watchword.cli.watch.watch_settings import (
    compile_settings,
    filter_options,
    get_known,
    print_advice,
    progress,
    read_settings,
    read_since,
    stated,
)

if TYPE_CHECKING:
    import sqlite3

    from crawler.config.sections.watches import WatchSettings
    from crawler.flows.watch.history import Past, PastMatch

# at most this many texts, the newest, are read to measure what each clause does: analysing one takes 1 ms
# (docs/benchmarks.md), and a person waits at the prompt
_MOST_READ = 3000
_MOST_SHOWN = 10  # articles of each list; --json has all
# while the daemon indexes: how often to read its progress, and after how long without any to check whether it still runs
_LOOK_SECONDS = 1.0
_ASK_AGAIN_SECONDS = 15.0


@click.command()
@click.argument("query", required=False)
@click.option(
    "--watch",
    "name",
    type=NAME,
    help="Test this watch of the configuration; with QUERY, test it with that query.",
)
@click.option("--since", default="90d", show_default=True, help="How far back, such as 90d or 12h.")
@filter_options
@json_option
@pass_context
def test(
    context: Context,
    /,
    query: str | None,
    *,
    name: str | None,
    since: str,
    as_json: bool,
    **options: object,
) -> None:
    """Show what a query would have found in the stored articles.

    The report counts articles, stories and mails a week, by week and by source, and shows what each clause does. No
    watch is added and nobody is alerted. Stored articles are matched exactly like new ones.

    \b
    Examples:
      watchword watch test '(drone OR UAV) -racing'
      watchword watch test --watch drones --since 30d
      watchword watch test 'title:drone NEAR/5 port' --source world --json
    """
    settings = _read(context, query, name, options)
    wait = read_since(since)
    compile_settings(context, settings)  # first: advice needs a query that can be read
    if not as_json:
        print_advice(settings.query)
    past = read_past(context, settings, since=wait)
    effects, is_whole = _measure_clauses(context, settings, since=wait)
    report = make_report(past, effects, since=utc_now() - wait, zone=context.config.zone)
    if as_json:
        facts = {"query": settings.query, **report.as_json()}
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    note = "" if is_whole else f"in the newest {write_number(_MOST_READ)} texts that could match"
    _print(report, settings, context.config.zone, since=since, note=note)


def _read(
    context: Context, query: str | None, name: str | None, options: dict[str, object]
) -> "WatchSettings":
    if query is None and name is None:
        raise click.UsageError("write a query to test, or --watch NAME")
    facts = _facts(get_known(context, name)) if name else {"name": "test"}
    return read_settings(
        {**facts, **({"query": query} if query is not None else {}), **stated(options)}
    )


def _print(
    report: Report, settings: "WatchSettings", zone: ZoneInfo, *, since: str, note: str
) -> None:
    console = make_console()
    print_report(console, report, settings, since=since, clause_note=note)
    print_matches(console, report.samples, zone)


def read_past(context: Context, settings: "WatchSettings", *, since: timedelta) -> "Past":
    """Return what a watch would have matched; complete the key index first, and show progress on a terminal."""
    from crawler.flows.watch.history import search_past

    compiled = compile_settings(context, settings)
    with (
        closing(open_indexed(context, since)) as connection,
        progress("Looking back") as on_progress,
    ):
        return search_past(
            connection, compiled, context.config, since=utc_now() - since, on_progress=on_progress
        )


def open_indexed(context: Context, since: timedelta) -> "sqlite3.Connection":
    """Return a connection to the database once every text of that time is in the key index; the caller closes it.

    Texts can be missing after an upgrade. A running daemon indexes them, and this waits for it; without a daemon they are
    indexed here.
    """
    from crawler.flows.watch.key_index import complete_key_index, is_key_index_complete

    moment, connection = utc_now() - since, context.open_database()
    with ExitStack() as stack:
        stack.callback(connection.close)
        while not is_key_index_complete(connection, since=moment):
            with explain_database_errors(context), hold_alone(context) as alone:
                if alone is not None:
                    with progress("Indexing texts (once)") as on_progress:
                        complete_key_index(alone, since=moment, on_progress=on_progress)
                    continue
            _wait_for_daemon(connection, moment)
        stack.pop_all()  # leaves the connection open
    return connection


def _wait_for_daemon(connection: "sqlite3.Connection", moment: datetime) -> None:
    """Wait while the daemon indexes older texts; return when it is done, or after 15 seconds without progress."""
    from crawler.flows.watch.key_index import count_missing_texts

    first = left = count_missing_texts(connection, since=moment)
    click.echo(
        f"The daemon is still indexing {write_count(left, 'older text')}; waiting until it is done (Ctrl-C stops waiting).",
        err=True,
    )
    until = time.monotonic() + _ASK_AGAIN_SECONDS
    with progress("Waiting for the daemon") as on_progress:
        while left and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
            now_left = count_missing_texts(connection, since=moment)
            if now_left < left:
                until = time.monotonic() + _ASK_AGAIN_SECONDS
            first, left = max(first, now_left), now_left
            on_progress(first - left, first)


def _measure_clauses(
    context: Context, settings: "WatchSettings", *, since: timedelta
) -> tuple[tuple[ClauseEffect, ...], bool]:
    """Return how many stories each clause adds or removes, and whether every text that could match was read."""
    from crawler.flows.watch.history import count_stories
    from crawler.matching.queries.variants import list_variants, list_widenings

    compiled = compile_settings(context, settings)
    variants, wider = list_variants(compiled.query), list_widenings(compiled.query)
    queries = (compiled.query, *(variant.query for variant in variants + wider))
    with (
        closing(context.open_database()) as connection,
        progress("Measuring clauses") as on_progress,
    ):
        counts, is_whole = count_stories(
            connection,
            [replace(compiled, query=query) for query in queries],
            context.config,
            since=utc_now() - since,
            most=_MOST_READ,
            on_progress=on_progress,
        )
    rest = counts[1 : 1 + len(variants)]
    effects = [
        ClauseEffect(clause=str(variant.clause), count=counts[0] - count)
        for variant, count in zip(variants, rest, strict=True)
    ]
    effects += [
        ClauseEffect(clause=str(variant.clause), count=count - counts[0], is_offer=True)
        for variant, count in zip(wider, counts[1 + len(variants) :], strict=True)
        if count > counts[0]
    ]
    return tuple(effects), is_whole


@dataclass(frozen=True, slots=True)
class Difference:
    """The matches that only one of two versions of a watch finds."""

    gained: tuple["PastMatch", ...]
    lost: tuple["PastMatch", ...]


def compare_pasts(before: "Past", after: "Past") -> Difference:
    """Return the articles that only the later, and that only the earlier version of a watch finds."""
    known = {found.article_id for found in before.matches}
    kept = {found.article_id for found in after.matches}
    return Difference(
        gained=tuple(found for found in after.matches if found.article_id not in known),
        lost=tuple(found for found in before.matches if found.article_id not in kept),
    )


@click.command()
@click.argument("name", type=NAME)
@click.argument("query", required=False)
@click.option("--since", default="90d", show_default=True, help="How far back, such as 90d or 12h.")
@json_option
@pass_context
def diff(context: Context, *, name: str, query: str | None, since: str, as_json: bool) -> None:
    """Show what a watch gained and lost by its last change.

    With QUERY, show what it would gain and lose with that query instead of its present one.

    \b
    Examples:
      watchword watch diff drones
      watchword watch diff drones '(drone OR UAV) -racing -photography'
    """
    now = get_known(context, name)
    if query is None:
        before, after = _read_earlier(context, now), now
    else:
        before, after = now, read_settings(_facts(now) | {"query": query})
    wait = read_since(since)
    found = compare_pasts(
        read_past(context, before, since=wait), read_past(context, after, since=wait)
    )
    if as_json:
        sides = {"gained": found.gained, "lost": found.lost}
        facts = {side: list(map(as_json_match, matches)) for side, matches in sides.items()}
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    print_difference(found, since=since, zone=context.config.zone)


def _facts(settings: "WatchSettings") -> dict[str, object]:
    return settings.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _read_earlier(context: Context, now: "WatchSettings") -> "WatchSettings":
    """Return a watch as it was before its last change; if the daemon has not taken up an edit yet, as the daemon uses it."""
    from crawler.config.sections.watches import WatchSettings
    from crawler.storage.watch.watches import find_watch, write_settings

    with closing(context.open_database()) as connection:
        row = find_watch(connection, now.name)
    if row is not None:
        in_force = row["settings"]
        is_taken_up = in_force == write_settings(now)
        earlier = row["earlier_settings"] if is_taken_up else in_force
        if earlier and earlier != "{}":
            return WatchSettings.model_validate_json(earlier)
    raise click.ClickException(
        f"no earlier version of {now.name} is known; write a query after the name to compare with that"
    )


def print_difference(found: Difference, *, since: str, zone: ZoneInfo) -> None:
    """Print the counts, as ``+3 -12``, and the newest matches of both sides."""
    console = make_console()
    console.print(
        f"+{write_number(len(found.gained))} -{write_number(len(found.lost))} articles of the last {since}",
        style="bold",
    )
    for heading, matches in (("found now:", found.gained), ("no longer found:", found.lost)):
        if matches:
            console.print(heading)
            print_matches(console, matches[:_MOST_SHOWN], zone)


TESTS = (test, diff)
