"""Messages that somebody asks for: an alert once more, or a test."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from crawler.alerting.messages.compose import new_message_id
from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.mail.outbox import queue_message
from crawler.model.mail.alert import Alert, AlertKind, DeliveryKind, Message
from crawler.model.watch import Snippet
from crawler.storage.mail.messages import NewDelivery, add_alerts

_SENTENCE = "This is where a message shows the sentence of an article that has your words."


def queue_again(
    connection: sqlite3.Connection,
    config: Config,
    alert_id: int,
    recipients: Iterable[str],
    *,
    now: datetime,
) -> None:
    """Save messages that bring an alert once more, one for each recipient, with new Message-IDs.

    They are sent even if the watch does not name these recipients: somebody asked for them. Call inside the transaction
    that marks the request done, or they may be sent twice.
    """
    for recipient in recipients:
        new = NewDelivery(kind=DeliveryKind.ALERT, recipient=recipient, due_at=now, is_asked=True)
        add_alerts(connection, queue_message(connection, config, new, now=now), [alert_id])


def make_test_message(alert: Alert, config: Config, *, recipient: str, now: datetime) -> Message:
    """Return a message that is not saved, and says that it is a test."""
    reader = config.reader_of(recipient)
    return Message(
        delivery_id=0,
        kind=DeliveryKind.ALERT,
        series="",
        recipient=recipient,
        message_id=new_message_id(domain=config.mail.domain),
        written_at=now,
        zone=reader.zone,
        locale=reader.locale,
        is_admin=reader.is_admin,
        contact=reader.contact,
        alerts=(alert,),
        is_test=True,
    )


def make_sample(watch_name: str, query: str) -> Alert:
    """Return an invented alert, for a watch that has none yet."""
    return Alert(
        id=0,
        kind=AlertKind.NEW,
        watch_name=watch_name,
        query=query,
        headline="This is what an alert looks like",
        url="",
        source_name="Watchword",
        language="en",
        terms=("your words",),
        hit_count=1,
        in_headline=False,
        snippet=Snippet(
            text=_SENTENCE, marks=((_SENTENCE.index("your words"), len(_SENTENCE) - 1),)
        ),
        raised_at=utc_now(),
    )
