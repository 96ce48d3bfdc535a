"""SQL functions for our queries; every connection of ours has them."""

import sqlite3

import brotli  # type: ignore[import-untyped]  # it has none

from crawler.text.web.mail_addresses import recipient_key
from crawler.text.web.urls import host_key


def body_of(revision: str) -> str:
    """Return the SQL for the text of a revision, compressed or not; ``revision`` is the table's name or alias."""
    return f"coalesce((SELECT unpack(body) FROM packed_texts WHERE revision_id = {revision}.id), {revision}.body)"  # noqa: S608


# where the table has its own name
BODY = body_of("revisions")


def add_functions(connection: sqlite3.Connection) -> None:
    """Add the functions that compare hosts and recipients in any spelling, and that read compressed texts.

    host_key(url)        the name of a throttled host in table ``domains``
    recipient_key(name)  the same for every spelling of one mailbox; NULL (everybody) stays NULL. Another case of an address
                         in the configuration alerted every story anew
    unpack(body)         the text of a row of ``packed_texts``; NULL stays NULL
    """
    connection.create_function("host_key", 1, _host_key, deterministic=True)
    connection.create_function("recipient_key", 1, _recipient_key, deterministic=True)
    connection.create_function("unpack", 1, _unpack, deterministic=True)


def _host_key(url: object) -> str:
    try:
        return host_key(str(url))
    except ValueError:  # a damaged file holds anything
        return ""


def _recipient_key(recipient: object) -> str | None:
    return None if recipient is None else recipient_key(str(recipient))


def _unpack(body: bytes | None) -> str | None:
    return None if body is None else str(brotli.decompress(body), "utf-8")
