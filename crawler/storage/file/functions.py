"""SQL functions for our queries; every connection of ours has them."""

import sqlite3

from crawler.text.web.mail_addresses import recipient_key
from crawler.text.web.urls import host_key


def add_functions(connection: sqlite3.Connection) -> None:
    """Add the functions that compare hosts and recipients in any spelling.

    host_key(url)        the name of a throttled host in table ``domains``
    recipient_key(name)  the same for every spelling of one mailbox; NULL (everybody) stays NULL. Another case of an address
                         in the configuration alerted every story anew
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
