"""``watchword watch mute, unmute``: a watch, a story or a source of which to hear no more."""

# the configuration is for those who use it, not for --help.
# ruff: noqa: PLC0415
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import click

from crawler.clock import utc_now
from crawler.storage.database import open_for_writing, transaction
from crawler.storage.mutes import Mute, list_mutes, remove_mutes, save_mute
from crawler.storage.sources import find_source_row
from crawler.storage.story_reading import find_story
from crawler.storage.watches import find_watch
from scheduler.cli.context import Context, pass_context
from scheduler.cli.watch_settings import get_known, read_since


@dataclass(frozen=True, slots=True)
class _About:
    """What of a watch is muted, and for whom; None for all of it, and for everybody."""

    story_id: int | None = None
    source: str | None = None
    recipient: str | None = None

    def __str__(self) -> str:
        parts = (
            f"story {self.story_id}" if self.story_id else "",
            f"what {self.source} prints" if self.source else "",
        )
        return " in ".join(filter(None, parts)) or "anything"


@click.command()
@click.argument("name", metavar="WATCH")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The first day with alerts again.")
@click.option("--for", "wait", metavar="DURATION", help="How long, such as 7d.")
@click.option(
    "--story",
    "story_id",
    type=int,
    metavar="NUMBER",
    help="Only this story; without a time for good.",
)
@click.option(
    "--source", metavar="NAME", help="Only what this source prints; without a time for good."
)
@click.option(
    "--to", "recipient", metavar="ADDRESS", help="Only for this recipient; without a time for good."
)
@pass_context
def mute(
    context: Context, /, name: str, *, until: date | None, wait: str | None, **about: Any
) -> None:
    """Send no alerts of a watch for a while, or none about one story or source; what it matches is kept.

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
    with (
        closing(open_for_writing(context.config.store.path)) as connection,
        transaction(connection),
    ):
        save_mute(connection, _make_mute(connection, name, narrowed, end), now=utc_now())
    whom = narrowed.recipient or "anybody"
    click.echo(f"{name} tells {whom} no more of {narrowed}{f' until {day}' if day else ''}.")
    click.echo(f"`watchword watch unmute {name}` ends that.")


def _read_day(context: Context, until: date | None, wait: str | None) -> date | None:
    if until is not None and wait is not None:
        raise click.UsageError("say it once: either --until or --for")
    today = utc_now().astimezone(context.config.zone).date()
    if wait is not None:
        # part of a day is a day: silence ends at a midnight
        until = today + timedelta(days=-(-read_since(wait) // timedelta(days=1)))
    if until is None:
        return None
    day = date(until.year, until.month, until.day)
    if day <= today:
        raise click.UsageError(f"{day} has begun already; today is {today}")
    return day


def _mute_watch(context: Context, name: str, day: date | None) -> None:
    from crawler.config.edit import change_item

    if day is None:
        raise click.UsageError("say until when: either --until 2027-01-01 or --for 7d")
    change_item(context.config_path, "watch", name, {"mute_until": day})
    click.echo(f"{name} is silent until {day}. `watchword watch unmute {name}` ends that.")


def _make_mute(
    connection: sqlite3.Connection, name: str, about: _About, until: datetime | None
) -> Mute:
    watch = find_watch(connection, name)
    if watch is None:
        raise click.ClickException(
            f"the database does not know {name} yet; the daemon puts it there"
        )
    story = None if about.story_id is None else find_story(connection, about.story_id)
    if about.story_id is not None and story is None:
        raise click.UsageError(f"there is no story {about.story_id}; see `watchword story list`")
    row = None if about.source is None else find_source_row(connection, about.source)
    if about.source is not None and row is None:
        raise click.UsageError(f'there is no source "{about.source}"; see `watchword source list`')
    return Mute(
        watch_id=watch["id"],
        recipient=about.recipient,
        story_id=story["id"] if story else None,
        source_id=row["id"] if row else None,
        until=until,
    )


@click.command()
@click.argument("name", metavar="WATCH")
@pass_context
def unmute(context: Context, *, name: str) -> None:
    """Send alerts of a muted watch again, its muted stories and sources too, from the next match on."""
    from crawler.config.edit import change_item

    is_muted = get_known(context, name).mute_until is not None
    if is_muted:
        change_item(context.config_path, "watch", name, {"mute_until": None})
    count = _remove_mutes(context, name)
    if not is_muted and not count:
        click.echo(f"{name} is not muted.")
        return
    click.echo(f"{name} sends alerts again.")


def _remove_mutes(context: Context, name: str) -> int:
    if not context.config.store.path.exists():
        return 0
    with (
        closing(open_for_writing(context.config.store.path)) as connection,
        transaction(connection),
    ):
        watch = find_watch(connection, name)
        return remove_mutes(connection, watch["id"]) if watch else 0


def tell_mutes(connection: sqlite3.Connection, name: str) -> list[str]:
    """Say what of a watch is muted, a line each."""
    lines = []
    for row in list_mutes(connection, now=utc_now(), watch=name):
        about = f"story {row['story_id']}" if row["story_id"] else row["source"] or "the watch"
        whom = f" for {row['recipient']}" if row["recipient"] else ""
        lines.append(f"{about}{whom}" + (f" until {row['until'][:10]}" if row["until"] else ""))
    return lines
