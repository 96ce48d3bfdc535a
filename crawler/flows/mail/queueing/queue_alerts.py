"""From a match to the outbox: which alerts are raised, and for whom. Always in the article's transaction (decision 004).

Each reader of a watch is judged alone: a mute or a limit may have withheld from one what another got. The daemon decides when
alerts leave: see ``flows.mail.outbox``.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from crawler.alerting.policy import choose_alert
from crawler.flows.mail.queueing.alert_batch import AlertBatch
from crawler.flows.mail.queueing.already_alerted import Subject
from crawler.flows.mail.queueing.story_state import StoryState
from crawler.flows.process.rules import Rules
from crawler.flows.watch.earlier_text import TextBefore
from crawler.matching.snippet import trim_passage
from crawler.model.article import Occasion, Page, Revision
from crawler.model.mail.alert import AlertKind
from crawler.model.watch import AlertMode, Match, OnRevision, Snippet
from crawler.storage.backup.told import was_told
from crawler.storage.mail.outbox import list_alerted_matches
from crawler.storage.news.article_reading import find_source_id
from crawler.storage.watch.matches import save_match

_Alerted = frozenset[tuple[int, str]]


def queue_alerts(
    connection: sqlite3.Connection,
    page: Page,
    revision: Revision,
    matches: Sequence[Match],
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Save the matches of a revision, and queue alerts for those that are news to a reader."""
    alerted = _Alerted()
    if matches or revision.changes_headline:
        page = _note_told(connection, page)
    # most articles meet no watch: nothing is read for them
    if matches:
        alerted = _queue_matches(connection, page, revision, matches, rules=rules, now=now)
    if revision.changes_headline:
        _follow_up(
            connection,
            revision.article_id,
            AlertKind.HEADLINE,
            rules=rules,
            already_alerted=alerted,
            occasion=page.occasion,
            now=now,
        )


def _note_told(connection: sqlite3.Connection, page: Page) -> Page:
    """Return the page, of the occasion TOLD if its readers count as alerted to what it says."""
    is_told = was_told(connection, source_id=page.source_id, entry_id=page.entry_id)
    return replace(page, occasion=Occasion.TOLD) if is_told else page


def _queue_matches(
    connection: sqlite3.Connection,
    page: Page,
    revision: Revision,
    matches: Sequence[Match],
    *,
    rules: Rules,
    now: datetime,
) -> _Alerted:
    """Save the matches and queue their alerts; return who gets one."""
    before = TextBefore(
        connection, article_id=revision.article_id, revision_id=revision.id, rules=rules
    )
    watch_ids = (match.watch_id for match in matches)
    state = StoryState.read(connection, _make_subject(page, revision), watch_ids, now=now)
    alerted = _Alerted()
    for match in matches:
        watch = rules.watch(match.watch_id)
        if page.occasion is Occasion.BASELINE or watch.alert is AlertMode.NONE:
            save_match(connection, revision, match, now=now)
            continue
        batch = AlertBatch(connection, watch, state, occasion=page.occasion, now=now)
        alerted |= _queue_match(connection, batch, revision, match, before, now=now)
    return alerted


def queue_gone(
    connection: sqlite3.Connection, article_id: int, *, rules: Rules, now: datetime
) -> None:
    """Queue alerts that an article is gone, for readers who had an alert about it; once, even if it comes back and goes again."""
    _follow_up(connection, article_id, AlertKind.GONE, rules=rules, now=now)


def _make_subject(page: Page, revision: Revision) -> Subject:
    return Subject(
        story_id=revision.story_id,
        article_id=revision.article_id,
        revision_id=revision.id,
        source_id=revision.source_id,
        is_watched=page.settings.is_watched,
    )


@dataclass(frozen=True)
class _Question:
    """Whether a match is news to one reader; texts are read only if the decision needs them."""

    batch: AlertBatch
    revision: Revision
    match: Match
    before: TextBefore
    reader: str

    @cached_property
    def kind(self) -> AlertKind | None:
        """The kind of alert the reader gets, None if the match is no news."""
        return choose_alert(
            self.batch.watch,
            self.revision,
            was_alerted=self.was_alerted,
            is_met_anew=self._is_met_anew,
            says_something_new=lambda: self.news is not None,
        )

    @cached_property
    def was_alerted(self) -> bool:
        """Whether the reader had an alert about the story."""
        return self.batch.history.was_alerted(self.reader)

    @cached_property
    def news(self) -> Snippet | None:
        """The first sentence that is news to the reader."""
        passages = self.match.passages
        if (
            self.match.in_headline and not self.was_alerted
        ):  # otherwise a new headline is an alert of its own kind
            passages = (*passages, Snippet(text=self.revision.headline))
        return self.batch.history.find_news(self.reader, passages, is_met_anew=self._is_met_anew)

    def _is_met_anew(self) -> bool:
        return self.revision.is_first or not self.before.held_for(self.match.watch_id)


def _queue_match(
    connection: sqlite3.Connection,
    batch: AlertBatch,
    revision: Revision,
    match: Match,
    before: TextBefore,
    *,
    now: datetime,
) -> _Alerted:
    """Save a match and queue its alerts; return who gets one. An update shows the sentence that is news, not the best one."""
    asked = [_Question(batch, revision, match, before, reader) for reader in batch.readers]
    updates = (one.news for one in asked if one.kind is AlertKind.UPDATE)
    news = next(filter(None, updates), None)
    shown = match if news is None else replace(match, snippet=trim_passage(news))
    match_id = save_match(connection, revision, shown, now=now)
    for one in asked:
        if one.kind is not None:
            batch.queue(one.reader, one.kind, match_id)
    return batch.send()


def _follow_up(  # noqa: PLR0913  # what became of an article, and who knows of it
    connection: sqlite3.Connection,
    article_id: int,
    kind: AlertKind,
    *,
    rules: Rules,
    already_alerted: _Alerted = _Alerted(),  # noqa: B008  # nobody can add to it
    occasion: Occasion = Occasion.NEWS,
    now: datetime,
) -> None:
    """Queue alerts of a new headline or a gone page, for readers who had an alert about this very article.

    already_alerted  pairs of watch and reader who get an alert about this text anyway
    """
    source_id = find_source_id(connection, article_id)
    for row in list_alerted_matches(connection, article_id):
        watch = rules.find_watch(row["watch_id"])
        if watch is None or AlertMode.NONE is watch.alert or watch.on_revision is OnRevision.NEVER:
            continue
        subject = Subject(
            story_id=row["story_id"],
            article_id=article_id,
            revision_id=row["revision_id"],
            source_id=source_id,
        )
        state = StoryState.read(connection, subject, [watch.id], now=now)
        batch = AlertBatch(connection, watch, state, occasion=occasion, now=now)
        for reader in batch.readers:
            if (watch.id, reader) not in already_alerted and is_news(
                batch, reader, kind, headline=row["headline"]
            ):
                batch.queue(reader, kind, row["match_id"])
        batch.send()


def is_news(batch: AlertBatch, reader: str, kind: AlertKind, *, headline: str) -> bool:
    """Return whether a new headline or a gone page is news to a reader: one who had the article, and not a second time.

    Papers that try two headlines alternately alerted at each change (ialbert/biostar-central#172).
    """
    history = batch.history
    if not history.knows_article(reader):
        return False
    if kind is AlertKind.GONE:
        return not history.knows_article(reader, as_gone=True)
    return not history.knows_headline(reader, headline)
