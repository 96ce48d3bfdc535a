"""Putting letters into the outbox: each gets its Message-ID here, once and for every attempt."""

import sqlite3
from datetime import datetime

from crawler.alerting.compose import new_message_id
from crawler.config.schema import Config
from crawler.storage.outbox import NewDelivery, save_delivery


def put_letter(
    connection: sqlite3.Connection, config: Config, new: NewDelivery, *, now: datetime
) -> int:
    """Put a letter into the outbox and give its id. Call inside a transaction."""
    message_id = new_message_id(domain=config.mail.domain)
    return save_delivery(connection, new, message_id=message_id, now=now)
