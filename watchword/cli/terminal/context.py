"""The configuration and the database that commands use, read and opened when first needed."""

# pydantic and the watch language are imported where they are used: `watchword source --help` needs neither.
# ruff: noqa: PLC0415
import os
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from crawler.errors import QuerySyntaxError
from watchword.cli.terminal.lazy import import_without_collecting

if TYPE_CHECKING:
    import sqlite3

    from crawler.config.files.file_parts import FileMemory
    from crawler.config.schema import Config


class ComposedName(click.types.StringParamType):
    """A name in composed form (NFC), as names are stored: terminals on a Mac send an accent as a character of its own."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name composed; the configuration does the same in ``crawler.config.values``."""
        return unicodedata.normalize("NFC", value)


NAME = ComposedName()


class Context:
    """The configuration and the database that a command works on."""

    def __init__(self, stated_path: str | None) -> None:
        self._stated_path = stated_path

    @cached_property
    def config_path(self) -> Path:
        """The file or folder the configuration is read from."""
        from crawler.config.files.places import config_path

        return config_path(self._stated_path)

    def read_config(
        self,
        *,
        reads_secrets: bool = False,
        memory: "FileMemory | None" = None,
        needs_files: bool = True,
    ) -> "Config":
        """Return the configuration as it is now; raise ConfigFaulty with every fault, those of queries included.

        reads_secrets  read every secret as well, for a command that will need them
        memory         what was read of it before, for a command that reads it again and again
        needs_files    that there is no file is a fault; otherwise the environment may say all there is to say
        """
        import_without_collecting("crawler.config.load")
        from crawler.config.load import load_config

        return load_config(
            self.config_path,
            environ=os.environ,
            check_query=check_query,
            reads_secrets=reads_secrets,
            memory=memory,
            needs_files=needs_files,
        )

    def require_secrets(self) -> None:
        """Read the configuration with every secret; raise ConfigFaulty if one cannot be read."""
        self.config = self.read_config(reads_secrets=True)

    def read_web_password(self) -> str:
        """Return the password of the web pages, empty if there is none; raise ConfigFaulty if it cannot be read.

        It is not read with the other secrets: the daemon does not need it, and may not be allowed to read its file.
        """
        from crawler.config.files.secrets import read_web_password

        return read_web_password(self.config.web)

    @cached_property
    def config(self) -> "Config":
        """The configuration, read once."""
        return self.read_config()

    @cached_property
    def config_for_listing(self) -> "Config":
        """The configuration, read once; its queries are not checked, which listings of sources need not wait for."""
        import_without_collecting("crawler.config.load")
        from crawler.config.load import load_config

        return load_config(self.config_path, environ=os.environ, check_query=lambda _query: None)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of who reads along: that of the admin's mail, as in the lines of `run` and `crawl`."""
        return reader_zone(self.config)

    def forget_config(self) -> None:
        """Read the configuration again when it is next used; call this after an edit."""
        self.__dict__.pop("config", None)

    def open_database(self) -> "sqlite3.Connection":
        """Return a read-only connection to the database; raise DatabaseUnusable."""
        from crawler.storage.file.database import open_for_reading

        config = self.__dict__.get("config_for_listing") or self.config
        return open_for_reading(config.store.path)

    def find_database(self) -> "sqlite3.Connection | None":
        """Return a read-only connection, None if there is no database yet; raise DatabaseUnusable if it cannot be read."""
        # None only if the file certainly does not exist; in a folder we may not enter it may exist, and opening says why not
        try:
            self.config.store.path.lstat()
        except FileNotFoundError:
            return None
        except OSError:
            pass
        return self.open_database()


def reader_zone(config: "Config") -> ZoneInfo:
    """Return the zone in which a terminal shows times."""
    return ZoneInfo(config.admin_reader.zone)


def check_query(query: str) -> str | None:
    """Return what is wrong with a watch's query, with a caret under the place; None if nothing is."""
    from crawler.matching.queries.query import parse_query

    try:
        parse_query(query)
    except QuerySyntaxError as error:
        return error.pointed()
    return None


pass_context = click.make_pass_decorator(Context)
