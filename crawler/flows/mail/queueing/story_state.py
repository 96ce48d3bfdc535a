"""What is known of a story when alerts about one of its texts are queued, read for all watches that met the text at once."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from crawler.flows.mail.queueing.already_alerted import Subject, Texts
from crawler.storage.mail.mutes import list_muted
from crawler.storage.mail.outbox import PastAlert, list_past_alerts
from crawler.storage.mail.withheld import list_watches_that_withhold


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryState:
    """What is known of a text's story before alerts about it are queued, by watch.

    alerts     what was alerted before, oldest first
    muted      for whom alerts are muted now; None among them means everybody
    withheld   the watches that withheld an alert about the story or the article from somebody

    Asked for each watch, that was three to five of its eight statements: two of 2.5 ms an article with ten matches.
    """

    subject: Subject
    texts: Texts
    alerts: Mapping[int, tuple[PastAlert, ...]]
    muted: Mapping[int, frozenset[str | None]]
    withheld: frozenset[int]

    @classmethod
    def read(
        cls,
        connection: sqlite3.Connection,
        subject: Subject,
        watch_ids: Iterable[int],
        *,
        now: datetime,
    ) -> Self:
        """Return the state for these watches."""
        ids, story_id = tuple(watch_ids), subject.story_id
        return cls(
            subject=subject,
            texts=Texts(connection),
            alerts=list_past_alerts(connection, ids, story_id=story_id),
            muted=list_muted(
                connection, ids, story_id=story_id, source_id=subject.source_id, now=now
            ),
            withheld=list_watches_that_withhold(
                connection, story_id=story_id, article_id=subject.article_id
            ),
        )
