"""What a message's reader may ask for by its signed link: less of this, or: not what I meant."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.alerting.links import is_signed, read_token
from crawler.model.alert import group_of
from crawler.storage.mail.alerts import list_alerts_of_message
from crawler.storage.mail.deliveries import find_message_id
from crawler.storage.mail.mutes import Mute, save_mute
from crawler.storage.watch.rejections import save_rejection
from crawler.storage.watch.watches import list_group

_PAUSE = timedelta(days=7)


class Action(StrEnum):
    """What is asked for; all of it concerns the reader of the message alone.

    story   no more of this story; source: no more of this source for this watch
    pause   nothing of the watch for a week; leave: nothing any more
    reject  this is not what the watch means
    """

    STORY = "story"
    SOURCE = "source"
    PAUSE = "pause"
    LEAVE = "leave"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAlert:
    """An alert that was told to somebody in a message.

    series           the message's: a watch's digest, a group's, what was held back, or empty
    is_whole_message  the link speaks of all that the message tells, not of one alert
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
    """Find what a signed link speaks of: one alert, or every alert of its message; nothing for a link that is not ours."""
    claimed = read_token(token)
    message_id = find_message_id(connection, claimed.delivery_id) if claimed else None
    if claimed is None or message_id is None or not is_signed(keys, token, message_id):
        return ()
    return list_sent_alerts(connection, claimed.delivery_id, claimed.alert_id)


def list_sent_alerts(
    connection: sqlite3.Connection, delivery_id: int, alert_id: int
) -> tuple[SentAlert, ...]:
    """List what a message told: with 0 for the alert all of it, else that alert alone."""
    rows = list_alerts_of_message(connection, delivery_id, alert_id)
    return tuple(SentAlert(**dict(row)) for row in rows)


def apply_action(
    connection: sqlite3.Connection, sent: tuple[SentAlert, ...], action: Action, *, now: datetime
) -> str:
    """Do what is asked for and return a sentence for who asked. Call inside a transaction."""
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


def mask_recipient(recipient: str) -> str:
    """Name a recipient so that who knows the address knows it again: ``m...@example.org``; a channel's name as it is."""
    name, at, domain = recipient.rpartition("@")
    return f"{name[:1]}...@{domain}" if at else recipient


def _confirm(action: Action, sent: tuple[SentAlert, ...]) -> str:
    names = " and ".join(dict.fromkeys(one.watch_name for one in sent))
    return {
        Action.STORY: f"You will hear no more of this story from {names}.",
        Action.SOURCE: f"You will hear no more from {names} of what {sent[0].source_name} prints.",
        Action.PAUSE: f"{names} is silent for you for a week.",
        Action.LEAVE: f"You will get no more alerts of {names}.",
        Action.REJECT: f"Noted: this is not what {names} means.",
    }[action]


def _mute_group(
    connection: sqlite3.Connection, sent: tuple[SentAlert, ...], action: Action, *, now: datetime
) -> None:
    """Mute every watch that shares a digest, those too that had nothing to tell in this one."""
    first, until = sent[0], now + _PAUSE if action is Action.PAUSE else None
    group = group_of(first.series) if first.is_whole_message else ""
    for row in list_group(connection, group):
        mute = Mute(watch_id=row["id"], recipient=first.recipient, until=until)
        save_mute(connection, mute, now=now)
