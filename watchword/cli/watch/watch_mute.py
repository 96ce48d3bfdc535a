"""The commands ``watchword watch mute`` and ``unmute``: stop and resume alerts of a watch, a story or a source."""

# imported where it is used: --help must not wait for the configuration.
# ruff: noqa: PLC0415
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from crawler.clock import utc_now
from crawler.model.request import RequestKind
from crawler.storage.crawl.sources import find_source_row, list_sources
from crawler.storage.file.database import to_instant, to_text_or_none
from crawler.storage.mail.mutes import has_mutes, list_mutes
from crawler.storage.news.story_reading import find_story
from crawler.storage.process.requests import list_open_requests
from crawler.storage.watch.watches import find_watch
from crawler.text.instants import write_calendar_day, write_day
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.moments import DAY, LENGTH
from watchword.cli.terminal.names import SOURCE_NAME, WATCH_NAME
from watchword.cli.terminal.requests import ask
from watchword.cli.unknown import refuse_number, refuse_unknown
from watchword.cli.watch.watch_settings import get_known


@dataclass(frozen=True, slots=True)
class _About:
    """Which part of a watch is muted, and for whom; None means the whole watch, or everybody."""

    story: int | None = None
    source: str | None = None
    recipient: str | None = None


@click.command()
@click.argument("name", type=WATCH_NAME, metavar="WATCH")
@click.option(
    "--until",
    type=DAY,
    metavar="DAY",
    help="The first day with alerts again: 2027-01-01, tomorrow, monday.",
)
@click.option("--for", "wait", type=LENGTH, metavar="DURATION", help='How long: 7d, "3 days", 2w.')
@click.option(
    "--story",
    type=int,
    metavar="NUMBER",
    help="Only this story; without a time, permanently.",
)
@click.option(
    "--source",
    metavar="NAME",
    type=SOURCE_NAME,
    help="Only what this source publishes; without a time, permanently.",
)
@click.option(
    "--to",
    "recipient",
    metavar="ADDRESS",
    help="Only for this recipient; without a time, permanently.",
)
@pass_context
def mute(
    context: Context, /, name: str, *, until: date | None, wait: timedelta | None, **about: Any
) -> None:
    """Stop the alerts of a watch, or of one story or source in it.

    Matches are still stored. A mute ends at midnight.

    \b
    Examples:
      watchword watch mute drones --for 7d
      watchword watch mute drones --until 2027-01-01
      watchword watch mute drones --story 12
      watchword watch mute drones --source courier --to desk@example.org
    """  # fmt: skip
    get_known(context, name)
    day, narrowed = _read_day(context, until, wait), _About(**about)
    if narrowed == _About():
        _mute_watch(context, name, day)
        return
    end = None if day is None else datetime.combine(day, time(), tzinfo=context.config.zone)
    with closing(context.open_database()) as connection:
        _refuse_unknown(connection, name, narrowed)
    asked = {"watch": name, **asdict(narrowed), "until": to_text_or_none(end)}
    ask(context, RequestKind.MUTE, asked)
    click.echo(f"`watchword watch unmute {name}` ends this.")


def _read_day(context: Context, until: date | None, wait: timedelta | None) -> date | None:
    if until is not None and wait is not None:
        raise click.UsageError("use either --until or --for, not both")
    today = utc_now().astimezone(context.config.zone).date()
    if wait is not None:
        # rounded up to whole days: a mute ends at midnight
        until = today + timedelta(days=-(-wait // timedelta(days=1)))
    if until is None:
        return None
    if until <= today:
        raise click.UsageError(
            f"{write_calendar_day(until)} has already begun; today is {write_calendar_day(today)}"
        )
    return until


def _mute_watch(context: Context, name: str, day: date | None) -> None:
    from crawler.config.edit import change_item

    if day is None:
        raise click.UsageError("say until when: --until 2027-01-01 or --for 7d")
    change_item(context.config_path, "watch", name, {"mute_until": day})
    click.echo(
        f"{name} is muted until {write_calendar_day(day)}. `watchword watch unmute {name}` ends this."
    )


def _refuse_unknown(connection: sqlite3.Connection, name: str, about: _About) -> None:
    if find_watch(connection, name) is None:
        raise click.ClickException(
            f"{name} is not in the database yet; `watchword run` or `watchword crawl` adds it"
        )
    if about.story is not None and find_story(connection, about.story) is None:
        raise refuse_number("story", about.story)
    if about.source is not None and find_source_row(connection, about.source) is None:
        raise refuse_unknown(
            "source", about.source, (row["name"] for row in list_sources(connection))
        )


@click.command()
@click.argument("name", type=WATCH_NAME, metavar="WATCH")
@pass_context
def unmute(context: Context, *, name: str) -> None:
    """Send the alerts of a muted watch again, from the next match on.

    Its muted stories and sources are unmuted too.
    """
    from crawler.config.edit import change_item

    is_muted = get_known(context, name).mute_until is not None
    if is_muted:
        change_item(context.config_path, "watch", name, {"mute_until": None})
    if _has_mutes(context, name):
        ask(context, RequestKind.UNMUTE, {"watch": name})
        return
    click.echo(f"{name} sends alerts again." if is_muted else f"{name} is not muted.")


def _has_mutes(context: Context, name: str) -> bool:
    """Return whether there is a mute to end, or a request for one that was not carried out yet."""
    if not context.config.store.path.exists():
        return False
    with closing(context.open_database()) as connection:
        waiting = any(one.kind == RequestKind.MUTE for one in list_open_requests(connection))
        return waiting or has_mutes(connection, name)


def describe_mutes(connection: sqlite3.Connection, name: str, *, zone: ZoneInfo) -> list[str]:
    """Return the mutes of a watch, one line each.

    zone  the zone whose midnight ends a mute
    """
    lines = []
    for row in list_mutes(connection, now=utc_now(), watch=name):
        about = f"story {row['story_id']}" if row["story_id"] else row["source"] or "the watch"
        whom = f" for {row['recipient']}" if row["recipient"] else ""
        until = ""
        if row["until"]:
            until = f" until {write_day(to_instant(row['until']), zone)}"
        lines.append(f"{about}{whom}{until}")
    return lines
