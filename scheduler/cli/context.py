"""What every command may need: the configuration and the database, opened when first asked for."""

import os
import sqlite3
from functools import cached_property
from pathlib import Path

import click

from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.errors import QuerySyntaxError
from crawler.storage.database import open_for_reading


class Context:
    """The command line's view of the world.

    config_path  the file or folder the configuration is read from
    """

    def __init__(self, config_path: Path) -> None:
        self.config_path = config_path

    def read_config(self) -> Config:
        """Read the configuration now; raises ConfigFaulty with every fault, queries of watches included."""
        return load_config(self.config_path, environ=os.environ, check_query=check_query)

    @cached_property
    def config(self) -> Config:
        """The configuration, read once."""
        return self.read_config()

    def open_database(self) -> sqlite3.Connection:
        """Open the database so that nothing can be changed; raises DatabaseUnusable."""
        return open_for_reading(self.config.store.path)


def check_query(query: str) -> str | None:
    """Say what is wrong with a watch's query, with a caret under the place; None if nothing is."""
    # the watch language brings dictionaries along; commands that check no watch start without them
    from crawler.matching.query import parse_query  # noqa: PLC0415

    try:
        parse_query(query)
    except QuerySyntaxError as error:
        return error.pointed()
    return None


pass_context = click.make_pass_decorator(Context)
