"""The command ``watchword source catalogue``: list the feeds to start from, or visit them to see which still answer."""

# imported where it is used: --help must not wait for pydantic and the crawler.
# ruff: noqa: PLC0415
import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict
from difflib import get_close_matches

import click

from crawler.text.counts import write_count, write_number
from watchword.cli.listings.layout import Column
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import Columns, all_or_limit_option, print_rows
from watchword.cli.source.catalogue import (
    CatalogueFeed,
    list_languages,
    list_subjects,
    pick_feeds,
)
from watchword.cli.terminal.context import Context, pass_context

_COLUMNS: Columns = {
    "name": "name",
    "language": "in",
    "subject": "subject",
    "publisher": Column(heading="publisher", is_free=True),
    "note": Column(heading="note", is_below=True),
}
_CHECK_COLUMNS: Columns = {
    "name": "name",
    "reason": Column(heading="reason", is_below=True),
}


# what --json prints
_FIELDS = (
    "name publisher url language country subject timezone lists note is_read entry_count "
    "newest_at reason"
)


@click.command()
@click.option("--lang", "languages", multiple=True, metavar="LANG", help="Only feeds in this language, such as en; may be repeated.")  # fmt: skip
@click.option("--subject", "subjects", multiple=True, metavar="SUBJECT", help="Only feeds on this subject, such as defence; may be repeated.")  # fmt: skip
@click.option("--check", "is_checking", is_flag=True, help="Visit them once, store nothing, and list those that cannot be read.")  # fmt: skip
@all_or_limit_option
@json_option(_FIELDS)
@pass_context
def catalogue(
    context: Context,
    *,
    languages: tuple[str, ...],
    subjects: tuple[str, ...],
    is_checking: bool,
    limit: int | None,
    as_json: Json | None,
) -> None:
    """List the starter catalogue: feeds of known publishers.

    `watchword source add NAME` adds one. The addresses come from public lists of feeds (watchword docs catalogue) and
    were not fetched for this release: --check visits them from here. A note says where a state runs, owns or censors a
    publisher. Exit code 3 if --check finds a feed that cannot be read.

    \b
    Examples:
      watchword source catalogue --lang de
      watchword source catalogue --subject defence --json
      watchword source catalogue --lang fr --check
      watchword source add le-monde
    """
    _refuse_unknown("--lang", languages, list_languages())
    _refuse_unknown("--subject", subjects, list_subjects())
    picked = pick_feeds(languages, subjects)
    feeds = picked[:limit]
    if is_checking:
        _check(context, feeds, as_json=as_json)
        return
    empty = "The catalogue has no feed in that language on that subject."
    rows = [asdict(feed) for feed in feeds]
    print_rows(rows, _COLUMNS, as_json=as_json, empty=empty, total=len(picked))
    if feeds and as_json is None:
        click.echo(
            f"{write_count(len(picked), 'feed')}. `watchword source add NAME` adds one.", err=True
        )


def _refuse_unknown(option: str, words: Sequence[str], known: Sequence[str]) -> None:
    for word in words:
        if word not in known:
            close = get_close_matches(word, known, n=1)
            hint = f'did you mean "{close[0]}"?' if close else f"there is {', '.join(known)}"
            raise click.UsageError(f'{option}: the catalogue has no "{word}"; {hint}')


def _check(context: Context, feeds: Sequence[CatalogueFeed], *, as_json: Json | None) -> None:
    """Visit the feeds and print those that could not be read; with ``--json`` all of them."""
    from crawler.log import set_up_logging
    from scheduler.one_crawl import CrawlStopped
    from watchword.cli.source.source_opml import check_settings
    from watchword.survey import survey_sources

    if not feeds:
        raise click.UsageError("the catalogue has no feed in that language on that subject")
    set_up_logging(level=logging.CRITICAL)  # failures are part of the printed result
    click.echo(f"Visiting {write_count(len(feeds), 'feed')} ...", err=True)
    settings = [check_settings(feed.as_source()) for feed in feeds]
    try:
        found = asyncio.run(survey_sources(settings, context.config))
    except CrawlStopped as stopped:
        click.echo("Stopped: nothing was stored.", err=True)
        raise SystemExit(stopped.exit_code) from stopped
    rows: list[dict[str, object]] = [
        {
            "name": one.name,
            "url": one.url,
            "is_read": one.failure is None,
            "entry_count": one.entry_count,
            "newest_at": one.newest_at,
            "reason": one.failure,
        }
        for one in found
    ]
    dead = [row for row in rows if not row["is_read"]]
    empty = "All of them could be read."
    print_rows(dead if as_json is None else rows, _CHECK_COLUMNS, as_json=as_json, empty=empty)
    if dead and as_json is None:
        counts = f"{write_number(len(dead))} of {write_count(len(rows), 'feed')}"
        click.echo(f"{counts} could not be read.", err=True)
    if dead:
        raise SystemExit(3)
