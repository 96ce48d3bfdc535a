"""The command ``watchword demo``: everything Watchword does, shown in a minute on a bundled newspaper."""

import os
import signal
from types import FrameType

import click
from rich.console import Console

from watchword.demo.tour import run_tour


@click.command()
@click.option(
    "--exit/--stay",
    "is_ending",
    default=lambda: os.environ.get("DEMO_EXIT", "") not in {"", "0"},
    help="Exit once everything was shown (also DEMO_EXIT=1), or keep running until Ctrl-C.",
)
@click.option(
    "--watches",
    "watch_count",
    default=1,
    type=click.IntRange(1, 1_000_000),
    help="Number of watches to load, to see that many cost no time.",
)
def demo(*, is_ending: bool, watch_count: int) -> None:
    """Run the real daemon on a bundled newspaper and watch an alert arrive.

    Needs no network, no mail server and no configuration. Writes its files to a new folder and prints its path; its last
    line opens them again. With --exit, exit code 1 if something that should happen was not seen within five minutes.

    \b
    Examples:
      watchword demo
      watchword demo --exit
      watchword demo --exit --watches 10000
    """
    signal.signal(signal.SIGTERM, _interrupt)
    console = Console(highlight=False)
    if not run_tour(console, is_endless=not is_ending, watch_count=watch_count):
        raise SystemExit(1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Turn SIGTERM into KeyboardInterrupt, so that the daemon and the servers are stopped in order."""
    raise KeyboardInterrupt
