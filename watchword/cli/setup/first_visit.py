"""The first visit of the sources that ``watchword init`` wrote, and what was found there."""

# imported where it is used: --help must not wait for the crawler.
# ruff: noqa: PLC0415
import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from crawler.clock import utc_now
from crawler.text.counts import write_count
from crawler.text.lines import plain

if TYPE_CHECKING:
    from crawler.config.schema import Config
    from watchword.survey import Surveyed

# longer names are cut: beside them there is room for the result in 80 columns
_WIDEST_NAME = 24


def visit_sources(config: "Config") -> bool:
    """Visit all sources once, store nothing, print what each is; return whether all could be read.

    raises  Abort after Ctrl-C
    """
    from crawler.log import set_up_logging
    from scheduler.one_crawl import CrawlStopped

    set_up_logging(level=logging.CRITICAL)  # failures are part of the printed result
    console = Console(highlight=False)
    try:
        found = _survey(console, config)
    except CrawlStopped as stopped:
        raise click.Abort from stopped
    _print(console, found)
    return not any(one.failure for one in found)


def _survey(console: Console, config: "Config") -> tuple["Surveyed", ...]:
    from watchword.survey import survey_sources

    total = len(config.sources)
    what = f"Visiting {write_count(total, 'source')}"
    if not console.is_terminal:
        click.echo(f"{what} ...")
        return asyncio.run(survey_sources(config.sources, config))
    with console.status(f"{what} ...") as status:
        return asyncio.run(
            survey_sources(
                config.sources,
                config,
                on_tick=lambda done: status.update(f"{what}: {done} of {total}"),
            )
        )


def _print(console: Console, found: Sequence["Surveyed"]) -> None:
    from watchword.survey import describe_survey

    failures = {one.failure for one in found}
    if len(found) > 1 and len(failures) == 1 and None not in failures:
        # without network all say the same, and once is enough
        whole = f"None of the {write_count(len(found), 'source')} could be read: {failures.pop()}."
        console.print(Text(plain(whole), style="red"))
        return
    now = utc_now()
    for one in found:
        line = Text(f"  {plain(one.name)[:_WIDEST_NAME]:<{_WIDEST_NAME}} ")
        if one.failure is None:
            console.print(line + Text(plain(describe_survey(one, now=now))), soft_wrap=True)
            continue
        console.print(line + Text("could not be read", style="red"), soft_wrap=True)
        console.print(Text(f"      {plain(one.url)}"), soft_wrap=True)
        console.print(Padding(Text(plain(one.failure)), (0, 0, 0, 6), expand=False))
