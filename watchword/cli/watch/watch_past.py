"""What the commands about the past share: an index that is complete, and what a watch would have matched."""

# imported where it is used: --help must not wait for the watch language and the key index.
# ruff: noqa: PLC0415
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from crawler.clock import utc_now
from crawler.text.counts import write_count
from watchword.cli.terminal.bar import progress
from watchword.cli.terminal.context import Context
from watchword.cli.terminal.requests import explain_database_errors, hold_alone
from watchword.cli.watch.watch_report import monday_of
from watchword.cli.watch.watch_settings import compile_settings

if TYPE_CHECKING:
    import sqlite3

    from crawler.config.sections.watches import WatchSettings
    from crawler.flows.watch.history import Past, PastMatch
    from crawler.flows.watch.survey import Survey
    from watchword.cli.terminal.bar import Bar

# while the daemon indexes: how often to read its progress, and after how long without any to check whether it still runs
_LOOK_SECONDS = 1.0
_ASK_AGAIN_SECONDS = 15.0

# each text is indexed for good
_INDEXED = "they stay indexed; run it again to go on"


def state_facts(settings: "WatchSettings") -> dict[str, object]:
    """Return the settings of a watch that are set, as values for JSON."""
    return settings.model_dump(mode="json", by_alias=True, exclude_unset=True)


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


def survey_watch(
    context: Context,
    settings: "WatchSettings",
    *,
    since: timedelta,
    on_match: Callable[["PastMatch", "Bar"], None] = lambda _match, _bar: None,
    most: int = 0,
    is_exact: bool = False,
) -> "Survey":
    """Return how much a watch would have matched; complete the key index first, and show progress on a terminal.

    on_match  called with each of the newest stories, ``most`` of them, as they are found
    is_exact  read every text that could match, however many
    """
    from crawler.flows.watch.survey import EXACT, USUAL, Question, Showcase, survey_past

    compiled, zone = compile_settings(context, settings), context.zone
    with closing(open_indexed(context, since)) as connection, progress("Looking back") as bar:
        return survey_past(
            Question(connection, compiled, context.config, utc_now() - since),
            monday=lambda moment: monday_of(moment, zone),
            showcase=Showcase(compiled, lambda match: on_match(match, bar), most),
            limits=EXACT if is_exact else USUAL,
            on_progress=bar,
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
                    with progress("Indexing texts (once)", advice=_INDEXED) as on_progress:
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
    with progress("Waiting for the daemon", advice="the daemon goes on") as on_progress:
        while left and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
            now_left = count_missing_texts(connection, since=moment)
            if now_left < left:
                until = time.monotonic() + _ASK_AGAIN_SECONDS
            first, left = max(first, now_left), now_left
            on_progress(first - left, first)
