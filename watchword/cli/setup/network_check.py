"""What ``watchword check --network`` prints: what was reached, and what to do about the rest."""

# imported where it is used: --help must not wait for servers.
# ruff: noqa: PLC0415
import asyncio
import logging
from typing import TYPE_CHECKING

import click
from rich.text import Text

from crawler.text.counts import write_count, write_number
from crawler.text.lines import plain
from watchword.cli.listings.tables import make_console, print_line

if TYPE_CHECKING:
    from crawler.config.schema import Config
    from watchword.reach.reached import Reached

_STYLES = {"ok": "green", "look": "yellow", "FAILED": "bold red", "untried": "dim"}
_WIDEST_NAME = 24


def try_network(config: "Config") -> tuple["Reached", ...]:
    """Try all that a configuration wants to reach, with progress on stderr; a signal ends it with its exit code."""
    from rich.console import Console

    from crawler.log import set_up_logging
    from crawler.machine.processes.lifeline import end_now
    from scheduler.one_crawl import CrawlStopped
    from watchword.reach.everything import try_all

    set_up_logging(level=logging.CRITICAL)  # failures are part of the printed result
    total = sum(not source.paused for source in config.sources)
    what = f"Trying {write_count(total, 'source')} and all else that is configured"
    console = Console(stderr=True)
    try:
        if not console.is_terminal:
            click.echo(f"{what} ...", err=True)
            return asyncio.run(try_all(config))
        with console.status(f"{what} ...") as status:
            return asyncio.run(
                try_all(
                    config,
                    on_tick=lambda done: status.update(f"{what}: {done} of {write_number(total)}"),
                )
            )
    except CrawlStopped as stopped:
        click.echo("Stopped: nothing was stored.", err=True)
        # at once: a thread may wait for a name server
        end_now(stopped.exit_code)


def print_reached(found: tuple["Reached", ...]) -> None:
    """Print a line for each try; without a network the sources are one line."""
    from watchword.reach.everything import is_offline
    from watchword.reach.reached import FAILED

    console = make_console()
    shown = found
    if is_offline(found):
        sources = [one for one in found if one.kind == "source"]
        shown = tuple(one for one in found if one.kind != "source")
        line = Text(f"{FAILED:<8}", style=_STYLES[FAILED])
        line.append(
            f"No network: none of the {write_count(len(sources), 'source')} can be reached."
        )
        print_line(console, line, indent=8)
    for one in shown:
        name = plain(one.name) if one.kind == "source" else f"{one.kind}: {plain(one.name)}"
        line = Text(f"{one.state:<8}", style=_STYLES[one.state])
        line.append(f"{name[:_WIDEST_NAME]:<{_WIDEST_NAME}} ", style="bold")
        line.append(plain(one.text))
        print_line(console, line, indent=8)
        if one.advice:
            print_line(console, Text(f"{'':<8}{one.advice}", style="italic"), indent=8)
    failed = sum(one.state == FAILED for one in found)
    tried = sum(one.state != "untried" for one in found)
    verdict = (
        f"{write_number(failed)} of {write_number(tried)} cannot be reached"
        if failed
        else "all can be reached"
    )
    click.echo(f"{write_count(tried, 'place')} tried: {verdict}. Nothing was sent or stored.")
