"""The command ``watchword watch diff``: what a watch gained and lost by a change."""

# imported where it is used: --help must not wait for the watch language and the key index.
# ruff: noqa: PLC0415
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from crawler.text.counts import write_number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import make_console
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.moments import SINCE, SINCE_HELP, Since
from watchword.cli.terminal.names import WATCH_NAME
from watchword.cli.watch.watch_past import read_past, state_facts
from watchword.cli.watch.watch_report import as_json_match, print_matches
from watchword.cli.watch.watch_settings import get_known, read_settings

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings
    from crawler.flows.watch.history import Past, PastMatch

_MOST_SHOWN = 10  # articles of each list; --json has all


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


# what --json prints
_FIELDS = "gained lost"


@click.command()
@click.argument("name", type=WATCH_NAME)
@click.argument("query", required=False)
@click.option("--since", type=SINCE, default="90d", show_default=True, metavar="TIME", help=SINCE_HELP)  # fmt: skip
@json_option(_FIELDS)
@pass_context
def diff(
    context: Context, *, name: str, query: str | None, since: Since, as_json: Json | None
) -> None:
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
        before, after = now, read_settings(state_facts(now) | {"query": query})
    found = compare_pasts(
        read_past(context, before, since=since.length),
        read_past(context, after, since=since.length),
    )
    if as_json is not None:
        sides = {"gained": found.gained, "lost": found.lost}
        facts = {side: list(map(as_json_match, matches)) for side, matches in sides.items()}
        as_json.print(facts)
        return
    print_difference(found, since=since.phrase, zone=context.zone)


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
        f"+{write_number(len(found.gained))} -{write_number(len(found.lost))} articles {since}",
        style="bold",
    )
    for heading, matches in (("found now:", found.gained), ("no longer found:", found.lost)):
        if matches:
            console.print(heading)
            print_matches(console, matches[:_MOST_SHOWN], zone)
