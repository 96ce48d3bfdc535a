"""What every command may need: the configuration and the database, opened when first asked for."""

# pydantic and the watch language are imported where they are used: `watchword source --help` needs neither.
# ruff: noqa: PLC0415
import os
import sqlite3
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.errors import QuerySyntaxError
from crawler.storage.file.database import open_for_reading

if TYPE_CHECKING:
    from crawler.config.schema import Config


class _Name(click.types.StringParamType):
    """A name as it is stored: what a Mac's terminal hands on in two signs for a letter is the same name (NFC)."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; see ``crawler.config.values``."""
        return unicodedata.normalize("NFC", value)


NAME = _Name()


class Context:
    """The command line's view of the world."""

    def __init__(self, stated_path: str | None) -> None:
        self._stated_path = stated_path

    @cached_property
    def config_path(self) -> Path:
        """The file or folder the configuration is read from."""
        from crawler.config.places import config_path

        return config_path(self._stated_path)

    def read_config(self, *, reads_secrets: bool = False) -> "Config":
        """Read the configuration now; raises ConfigFaulty with every fault, queries of watches included.

        reads_secrets  every secret is read, too: for what will need them
        """
        from crawler.config.load import load_config

        return load_config(
            self.config_path,
            environ=os.environ,
            check_query=check_query,
            reads_secrets=reads_secrets,
        )

    def require_secrets(self) -> None:
        """Have the configuration read with every secret; raises ConfigFaulty where one cannot be."""
        self.config = self.read_config(reads_secrets=True)

    def read_web_password(self) -> str:
        """Return the password of the web pages, empty where there is none; raises ConfigFaulty where it cannot be read.

        Not among the secrets: the daemon needs it not, and may not be allowed to read its file.
        """
        from crawler.config.secrets import read_web_password

        return read_web_password(self.config.web)

    @cached_property
    def config(self) -> "Config":
        """The configuration, read once."""
        return self.read_config()

    def forget_config(self) -> None:
        """Have the configuration read anew: it was edited."""
        self.__dict__.pop("config", None)

    def open_database(self) -> sqlite3.Connection:
        """Open the database so that nothing can be changed; raises DatabaseUnusable."""
        return open_for_reading(self.config.store.path)

    def find_database(self) -> sqlite3.Connection | None:
        """Open the database, None where nothing was ever visited; raises DatabaseUnusable where it cannot be read."""
        # only what is surely not there means that nothing was found yet; a folder one may not enter does not
        try:
            self.config.store.path.lstat()
        except FileNotFoundError:
            return None
        except OSError:
            pass
        return self.open_database()


def check_query(query: str) -> str | None:
    """Say what is wrong with a watch's query, with a caret under the place; None if nothing is."""
    from crawler.matching.queries.query import parse_query

    try:
        parse_query(query)
    except QuerySyntaxError as error:
        return error.pointed()
    return None


pass_context = click.make_pass_decorator(Context)
