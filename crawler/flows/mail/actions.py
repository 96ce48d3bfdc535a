"""The actions a message's reader can ask for by its signed link: fewer alerts of this kind, or "not what I meant"."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.alerting.links import is_signed, read_token
from crawler.model.mail.alert import group_of
from crawler.storage.mail.alerts import list_alerts_of_message
from crawler.storage.mail.deliveries import find_message_id
from crawler.storage.mail.mutes import Mute, save_mute
from crawler.storage.watch.rejections import save_rejection
from crawler.storage.watch.watches import list_group

# the button on the page of a message says "Silence for a week"
_PAUSE = timedelta(days=7)


class Action(StrEnum):
    """The actions; all but ``reject`` concern the reader of the message alone.

    story   no more alerts about this story; source: none from this source for this watch
    pause   no alerts of the watch for a week; leave: none any more
    reject  this is not what the watch means
    """

    STORY = "story"
    SOURCE = "source"
    PAUSE = "pause"
    LEAVE = "leave"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAlert:
    """An alert as it was sent to somebody in a message.

    series           of the message: a watch's digest, a group's, HELD, or empty
    is_whole_message  the link stands for all alerts of the message, not for one
    """

    delivery_id: int
    alert_id: int
    recipient: str
    series: str
    watch_id: int
    watch_name: str
    article_id: int
    story_id: int
    source_id: int
    source_name: str
    headline: str
    is_whole_message: bool


def find_sent_alerts(
    connection: sqlite3.Connection, token: str, *, keys: Sequence[bytes]
) -> tuple[SentAlert, ...]:
    """Return what a signed link stands for: one alert, or all alerts of its message; nothing for a link that is not ours.

    The signature covers the message's random Message-ID too: after a backup was restored, numbers are used again, and the
    link of one database opened the message of another (decision 023).
    """
    claimed = read_token(token)
    message_id = find_message_id(connection, claimed.delivery_id) if claimed else None
    if claimed is None or message_id is None or not is_signed(keys, token, message_id):
        return ()
    return list_sent_alerts(connection, claimed.delivery_id, claimed.alert_id)


def list_sent_alerts(
    connection: sqlite3.Connection, delivery_id: int, alert_id: int
) -> tuple[SentAlert, ...]:
    """Return the alerts of a message: all if ``alert_id`` is 0, else that one alone."""
    rows = list_alerts_of_message(connection, delivery_id, alert_id)
    return tuple(SentAlert(**dict(row)) for row in rows)


def apply_action(
    connection: sqlite3.Connection, sent: tuple[SentAlert, ...], action: Action, *, now: datetime
) -> str:
    """Apply an action and return a sentence for the reader who asked. Call inside a transaction."""
    if action in {Action.LEAVE, Action.PAUSE}:
        _mute_group(connection, sent, action, now=now)
    for one in sent:
        if action is Action.REJECT:
            save_rejection(connection, one.alert_id, now=now)
            continue
        mute = Mute(
            watch_id=one.watch_id,
            recipient=one.recipient,
            story_id=one.story_id if action is Action.STORY else None,
            source_id=one.source_id if action is Action.SOURCE else None,
            until=now + _PAUSE if action is Action.PAUSE else None,
        )
        save_mute(connection, mute, now=now)
    return _confirm(action, sent)


def _confirm(action: Action, sent: tuple[SentAlert, ...]) -> str:
    names = " and ".join(dict.fromkeys(one.watch_name for one in sent))
    return {
        Action.STORY: f"{names} will not alert you about this story any more.",
        Action.SOURCE: f"{names} will not alert you about articles of {sent[0].source_name} any more.",
        Action.PAUSE: f"{names} will not alert you for a week.",
        Action.LEAVE: f"{names} will not alert you any more.",
        Action.REJECT: f"Noted: this is not what you meant by {names}.",
    }[action]


def _mute_group(
    connection: sqlite3.Connection, sent: tuple[SentAlert, ...], action: Action, *, now: datetime
) -> None:
    """Mute every watch that shares a digest, also those without an alert in this one."""
    first, until = sent[0], now + _PAUSE if action is Action.PAUSE else None
    group = group_of(first.series) if first.is_whole_message else ""
    for row in list_group(connection, group):
        mute = Mute(watch_id=row["id"], recipient=first.recipient, until=until)
        save_mute(connection, mute, now=now)
