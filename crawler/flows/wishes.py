"""What a letter's reader may ask for by its signed link: less of this, or: not what I meant."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.alerting.links import is_signed, read_token
from crawler.config.schema import Config
from crawler.flows.rejection import LOOK_BACK, Exclusion, propose_exclusions
from crawler.model.alert import group_of
from crawler.storage.alerts import list_told, save_rejection
from crawler.storage.database import transaction
from crawler.storage.deliveries import find_message_id
from crawler.storage.mutes import Mute, save_mute
from crawler.storage.watches import list_group

_PAUSE = timedelta(days=7)


class Wish(StrEnum):
    """What is asked for; all of it concerns the reader of the letter alone.

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
class ToldAlert:
    """An alert that was told to somebody in a letter.

    series           the letter's: a watch's digest, a group's, what was held back, or empty
    is_whole_letter  the link speaks of all that the letter tells, not of one alert
    """

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
    is_whole_letter: bool


def find_told(connection: sqlite3.Connection, token: str, *, key: bytes) -> tuple[ToldAlert, ...]:
    """Find what a signed link speaks of: one alert, or every alert of its letter; nothing for a link that is not ours."""
    claimed = read_token(token)
    message_id = find_message_id(connection, claimed.delivery_id) if claimed else None
    if claimed is None or message_id is None or not is_signed(key, token, claimed, message_id):
        return ()
    rows = list_told(connection, claimed.delivery_id, claimed.alert_id)
    return tuple(ToldAlert(**dict(row)) for row in rows)


def grant_wish(
    connection: sqlite3.Connection, told: tuple[ToldAlert, ...], wish: Wish, *, now: datetime
) -> None:
    """Do what is asked for; asked again it is done again, to the same end."""
    with transaction(connection):
        if wish in {Wish.LEAVE, Wish.PAUSE}:
            _mute_group(connection, told, wish, now=now)
        for one in told:
            if wish is Wish.REJECT:
                save_rejection(connection, one.alert_id, now=now)
                continue
            mute = Mute(
                watch_id=one.watch_id,
                recipient=one.recipient,
                story_id=one.story_id if wish is Wish.STORY else None,
                source_id=one.source_id if wish is Wish.SOURCE else None,
                until=now + _PAUSE if wish is Wish.PAUSE else None,
            )
            save_mute(connection, mute, now=now)


def _mute_group(
    connection: sqlite3.Connection, told: tuple[ToldAlert, ...], wish: Wish, *, now: datetime
) -> None:
    """Mute every watch that shares a digest, those too that had nothing to tell in this one."""
    first, until = told[0], now + _PAUSE if wish is Wish.PAUSE else None
    group = group_of(first.series) if first.is_whole_letter else ""
    for row in list_group(connection, group):
        mute = Mute(watch_id=row["id"], recipient=first.recipient, until=until)
        save_mute(connection, mute, now=now)


def list_remedies(
    connection: sqlite3.Connection, told: ToldAlert, config: Config, *, now: datetime
) -> tuple[Exclusion, ...]:
    """Propose what would leave an alert out that was not meant; nothing where its watch is no longer configured."""
    settings = config.watch_named(told.watch_name)
    if settings is None:
        return ()
    return propose_exclusions(
        connection, settings, config, article_id=told.article_id, since=now - LOOK_BACK
    )
