"""Decides when an article that matched is looked at again."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler.flows.process.rules import Rules
from crawler.storage.crawl.entries.entries import EntryState, find_entry_article, mark_entry
from crawler.storage.watch.matches import find_first_match

# a step that comes this soon after a look is skipped; if the steps are shorter themselves, half the first one counts
# (a step below five minutes was accepted and never came)
_TOO_SOON = timedelta(minutes=5)


def next_revisit(
    connection: sqlite3.Connection,
    article_id: int | None,
    steps: Sequence[timedelta],
    *,
    now: datetime,
) -> datetime | None:
    """Return when an article is looked at next: the first step after its first match that is still to come, or None.

    steps  setting ``[story] revisits``; steps missed while nothing ran are not made up for
    """
    first = None if article_id is None or not steps else find_first_match(connection, article_id)
    if first is None:
        return None
    coming = [first + step for step in sorted(steps)]
    too_soon = min(_TOO_SOON, min(steps) / 2)
    return next((instant for instant in coming if instant > now + too_soon), None)


def put_off_revisit(
    connection: sqlite3.Connection, entry_id: int, reason: str, *, rules: Rules, now: datetime
) -> None:
    """Leave a known article as it is until the next step, after a look that failed. Call inside a transaction."""
    article_id = find_entry_article(connection, entry_id)
    steps = rules.config.story.revisits
    mark_entry(
        connection,
        entry_id,
        EntryState.FETCHED,
        reason=reason,
        revisit_at=next_revisit(connection, article_id, steps, now=now),
    )
