"""The command ``watchword article reprocess``: understand kept pages again, after an upgrade or with a new rule."""

# imported where it is used: --help must not wait for the extraction libraries.
# ruff: noqa: PLC0415
import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from crawler.clock import utc_now
from crawler.model.request import RequestKind
from crawler.text.counts import write_count
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import Columns, print_rows
from watchword.cli.terminal.bar import Bar, progress
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.moments import SINCE, SINCE_HELP, Since
from watchword.cli.terminal.requests import ask, explain_database_errors, hold_alone, note_done

if TYPE_CHECKING:
    from crawler.flows.news.reprocess import Reprocessed

# at most this many articles are printed, as in the other listings; the last line counts all
_MOST_SHOWN = 50
_P = ParamSpec("_P")
_R = TypeVar("_R")


# what --json prints
_FIELDS = "id url headline what"


@click.command()
@click.option("--since", type=SINCE, default="30d", show_default=True, metavar="TIME", help=f"Only pages fetched since then. {SINCE_HELP}")  # fmt: skip
@click.option("--apply", "is_applied", is_flag=True, help="Write the changes; without it nothing is written.")  # fmt: skip
@json_option(_FIELDS)
@pass_context
def reprocess(context: Context, *, since: Since, is_applied: bool, as_json: Json | None) -> None:
    """Read stored pages again and show what would change.

    Use this after an upgrade or with a new rule. With --apply the stored articles are corrected in place, without new
    revisions, matches or alerts.

    \b
    Examples:
      watchword article reprocess --since 7d
      watchword article reprocess --since 7d --apply
    """
    moment = utc_now() - since.length
    if is_applied:
        _apply(context, moment, as_json=as_json)
        return
    with closing(context.open_database()) as connection:
        found = _reprocess(context, connection, moment)
    _print_reprocessed(found, as_json=as_json, is_applied=False)


def _apply(context: Context, since: datetime, *, as_json: Json | None) -> None:
    """Have the daemon correct the stored articles, or correct them here if none runs."""
    from crawler.storage.file.database import to_text

    arguments = {"since": to_text(since)}
    with explain_database_errors(context), hold_alone(context) as connection:
        if connection is not None:
            found = _reprocess(context, connection, since, is_applied=True)
            _print_reprocessed(found, as_json=as_json, is_applied=True)
            answer = _sum_up(found, is_applied=True)
            note_done(connection, RequestKind.REPROCESS, arguments, answer)
            return
    ask(context, RequestKind.REPROCESS, arguments)


def _print_reprocessed(
    found: list["Reprocessed"], *, as_json: Json | None, is_applied: bool
) -> None:
    rows = [_row(done) for done in found if _row(done)["what"]]
    columns: Columns = {
        "id": number("id"),
        "headline": Column(heading="headline", is_free=True),
        "what": Column(heading="what changes", is_below=True),
    }
    empty = "Nothing would change: all pages are read as they were before."
    print_rows(rows[:_MOST_SHOWN], columns, as_json=as_json, empty=empty)
    if as_json is None:
        click.echo(_sum_up(found, is_applied=is_applied))


def _sum_up(found: list["Reprocessed"], *, is_applied: bool) -> str:
    changed = sum(bool(done.changes) for done in found)
    if is_applied:
        articles = write_count(changed, "article was corrected", "articles were corrected")
    else:
        articles = f"{write_count(changed, 'article')} would change; --apply corrects them"
    return f"{write_count(len(found), 'page')} read again: {articles}."


class _Held:
    """A connection with the interface of a ``Writer``: this process does nothing else, so a call may block."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _R],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _R:
        return function(self._connection, *args, **kwargs)


def _reprocess(
    context: Context, connection: sqlite3.Connection, since: datetime, *, is_applied: bool = False
) -> list["Reprocessed"]:
    """Read the pages again, with progress; Ctrl-C ends the command with a sentence on what was done."""
    advice = "these are corrected; run it again for all" if is_applied else "nothing was changed"
    with progress("Reading pages again", noun="page", advice=advice) as bar:
        return asyncio.run(_read_again(context, connection, since, is_applied=is_applied, bar=bar))


async def _read_again(
    context: Context,
    connection: sqlite3.Connection,
    since: datetime,
    *,
    is_applied: bool,
    bar: Bar,
) -> list["Reprocessed"]:
    from crawler.flows.news.reprocess import reprocess_pages
    from crawler.flows.process.pool import ParsePool

    config = context.config
    pool, found = ParsePool(config.fetch), list["Reprocessed"]()
    held = _Held(connection)
    try:
        again = reprocess_pages(
            held, pool, config, since=since, is_applied=is_applied, on_progress=bar
        )
        async for done in again:
            found.append(done)
    finally:
        pool.close()
    return found


def _row(done: "Reprocessed") -> dict[str, object]:
    what = [f"{name}: {old} -> {new}" for name, (old, new) in done.changes.items()]
    if done.refusal:
        what.append(f"would not be an article today ({done.refusal}); it stays as it is")
    if done.interruption:
        what.append(f"could not be read to its end today ({done.interruption}); it stays as it is")
    if done.was_refused:
        what.append("was refused, would be an article today")
    return {
        "id": done.article_id or "-",
        "url": done.url,
        "headline": done.headline,
        "what": "; ".join(what),
    }
