"""The option ``--log-format`` of the commands that write a log."""

import os

import click

from crawler.log import LOG_FORMAT


def _put_in_force(_context: click.Context, _option: click.Parameter, value: str) -> None:
    # for the processes it starts, too
    os.environ[LOG_FORMAT] = value


log_format_option = click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    envvar=LOG_FORMAT,
    default="text",
    show_default=True,
    expose_value=False,
    callback=_put_in_force,
    help="Lines of the log, on stderr.",
)
