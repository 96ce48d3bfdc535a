"""What SQLite is taught for our queries; every connection of ours has it."""

import sqlite3

from crawler.text.web.mail_addresses import recipient_key
from crawler.text.web.urls import host_key


def add_functions(connection: sqlite3.Connection) -> None:
    """Add what compares hosts and recipients, however they are spelt.

    host_key(url)        the name under which a host that asked for silence stands in ``domains``
    recipient_key(name)  the same for every spelling of one mailbox; NULL, who is everybody, stays that
    """
    connection.create_function("host_key", 1, _host_key, deterministic=True)
    connection.create_function("recipient_key", 1, _recipient_key, deterministic=True)


def _host_key(url: object) -> str:
    try:
        return host_key(str(url))
    except ValueError:  # a damaged file holds anything
        return ""


def _recipient_key(recipient: object) -> str | None:
    return None if recipient is None else recipient_key(str(recipient))
