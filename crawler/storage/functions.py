"""What SQLite is taught for our queries; every connection of ours has it."""

import sqlite3

from crawler.text.urls import host_key


def add_functions(connection: sqlite3.Connection) -> None:
    """Add ``host_key(url)``: the name under which a host that asked for silence stands in ``domains``."""
    connection.create_function("host_key", 1, _host_key, deterministic=True)


def _host_key(url: object) -> str:
    try:
        return host_key(str(url))
    except ValueError:  # a damaged file holds anything
        return ""
