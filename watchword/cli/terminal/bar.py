"""The progress of long work: a bar on stderr if that is a terminal, and after Ctrl-C a sentence on how far it came."""

# rich is imported where it is used: --help must not wait for it.
# ruff: noqa: PLC0415
from collections.abc import Iterator
from contextlib import contextmanager

import click

from crawler.text.counts import write_count, write_number

# as shells report a command that Ctrl-C ended: 128 + SIGINT
STOPPED = 130


class Bar:
    """The progress of a long task; called with (done, total)."""

    def __init__(self, task: str) -> None:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        # results go to stdout, also while it is shown
        self._shown = Progress(console=console, transient=True, redirect_stdout=False, disable=not console.is_terminal)  # fmt: skip
        self._task = self._shown.add_task(task, total=None)
        self.done, self.count = 0, 0

    def __call__(self, done: int, count: int) -> None:
        self.done, self.count = done, count
        self._shown.update(self._task, completed=done, total=count)

    def start(self) -> None:
        self._shown.start()

    def stop(self) -> None:
        self._shown.stop()

    @contextmanager
    def put_away(self) -> Iterator[None]:
        """Take it off the screen within a block that prints a result."""
        self._shown.stop()
        try:
            yield
        finally:
            self._shown.start()


@contextmanager
def progress(
    task: str, *, noun: str = "text", advice: str = "nothing was changed"
) -> Iterator[Bar]:
    """Show the progress of a long task within a block; end the command with a sentence if Ctrl-C ends the block.

    noun    what is counted
    advice  what became of what was done, and how to go on
    """
    bar = Bar(task)
    bar.start()
    try:
        yield bar
    except KeyboardInterrupt:
        bar.stop()
        click.echo(f"{_describe(bar, noun)}; {advice}.", err=True)
        raise click.exceptions.Exit(STOPPED) from None
    finally:
        bar.stop()


def _describe(bar: Bar, noun: str) -> str:
    if not bar.count:
        return f"Stopped before the first {noun}"
    return f"Stopped after {write_number(bar.done)} of {write_count(bar.count, noun)}"
