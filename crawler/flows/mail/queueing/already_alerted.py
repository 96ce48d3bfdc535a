"""The alert history of a story: what a watch alerted each reader to, in which words, and what in a text is news to them.

Only what an alert brought to this very reader counts, not what was stored or withheld: when stored texts counted, what the
daily limit held back never alerted (dgtlmoon/changedetection.io#239).
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crawler.dedup.comparable import comparable_words
from crawler.dedup.near import Grams, grams_of
from crawler.model.mail.alert import OF_TEXT, AlertKind
from crawler.model.watch import Snippet
from crawler.storage.mail.outbox import PastAlert
from crawler.storage.mail.withheld import list_withheld_texts
from crawler.storage.news.stories import find_revision_text, list_earlier_revisions
from crawler.text.normalize import tokenize
from crawler.text.web.mail_addresses import is_one_recipient

# an edited sentence keeps most of its phrases
_ALERTED_SHARE = 0.5
# texts of a story that are compared, newest first: each takes time in the transaction of an article
_MOST_TEXTS = 100


@dataclass(frozen=True, slots=True)
class _Text:
    """A stored text: all its words in one line, and the phrases of its comparable words."""

    line: str
    grams: Grams


@dataclass(frozen=True, slots=True)
class Texts:
    """A cache of stored texts prepared for searching."""

    connection: sqlite3.Connection
    _known: dict[int, _Text] = field(default_factory=dict)

    def has(self, passage: str, revisions: Sequence[int], *, is_exact: bool) -> bool:
        """Return whether one of these texts has a passage word for word, or all together have most of its phrases.

        is_exact  only word for word counts
        """
        line = _join(passage)
        if any(line in self._get(revision_id).line for revision_id in revisions):
            return True
        if is_exact:
            return False
        grams = grams_of(comparable_words(passage))
        found = frozenset[tuple[str, ...]]().union(
            *(grams & self._get(revision_id).grams for revision_id in revisions)
        )
        return len(found) >= _ALERTED_SHARE * len(grams)

    def _get(self, revision_id: int) -> _Text:
        if revision_id not in self._known:
            text = find_revision_text(self.connection, revision_id)
            self._known[revision_id] = _Text(_join(text), grams_of(comparable_words(text)))
        return self._known[revision_id]


def _join(text: str) -> str:
    return f" {' '.join(tokenize(text))} "


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The text that alerts are about.

    source_id   the source that brought it
    is_watched  of a watched page: items of its lists may differ in one word, and each is news
    """

    story_id: int
    article_id: int
    revision_id: int
    source_id: int
    is_watched: bool = False


class AlertHistory:
    """The alerts of one watch about a story, by reader."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        texts: Texts,
        subject: Subject,
        alerts: tuple[PastAlert, ...],
        *,
        watch_id: int,
    ) -> None:
        self._connection = connection
        self._texts = texts
        self._subject = subject
        self._watch_id = watch_id
        self._all = alerts
        self._own: tuple[int, ...] | None = None

    def _of(self, reader: str) -> tuple[PastAlert, ...]:
        return tuple(
            one
            for one in self._all
            if (one.recipient is None or is_one_recipient(one.recipient, reader))
            and not one.is_left_out
        )

    def was_alerted(self, reader: str) -> bool:
        """Return whether a reader had an alert about the story."""
        return bool(self._of(reader))

    def list_follow_ups(self, reader: str) -> tuple[datetime, ...]:
        """Return when a reader's later alerts about the story were raised."""
        return tuple(one.raised_at for one in self._of(reader) if one.kind is not AlertKind.NEW)

    def knows_headline(self, reader: str, headline: str) -> bool:
        """Return whether a reader had an alert about the story with a headline: papers try two alternately."""
        words = tokenize(headline)
        return any(tokenize(one.headline) == words for one in self._of(reader))

    def knows_article(self, reader: str, *, as_gone: bool = False) -> bool:
        """Return whether a reader had an alert about this very article, or that it is gone."""
        return any(
            one.article_id == self._subject.article_id
            and (not as_gone or one.kind is AlertKind.GONE)
            for one in self._of(reader)
        )

    def find_last_text(self, reader: str) -> int | None:
        """Return the text of this article that a reader was last alerted to, None without one."""
        subject = self._subject
        own = (one.revision_id for one in self._of(reader) if one.article_id == subject.article_id)
        return max((one for one in own if one < subject.revision_id), default=None)

    def find_news(
        self, reader: str, passages: Sequence[Snippet], *, is_met_anew: Callable[[], bool]
    ) -> Snippet | None:
        """Return the first passage that is news to a reader, None if there is none.

        is_met_anew  returns whether the watch did not hold for the article before. If it did, what stood in earlier texts
                     is no news either, unless it was withheld from the reader: a wider query and then a comma in an old
                     article alerted (martinrotter/rssguard#640)
        """
        # a new headline or a page that is gone is alerted to as such: its text may have been withheld
        texts = {one.revision_id for one in self._of(reader) if one.kind in OF_TEXT}
        news = self._find_lacking(passages, texts)
        if news is None or is_met_anew():
            return news
        kept = self._list_kept(reader)
        return self._find_lacking(passages, texts | {*self._list_own()} - kept)

    def _find_lacking(self, passages: Sequence[Snippet], texts: set[int]) -> Snippet | None:
        newest = sorted(texts, reverse=True)[:_MOST_TEXTS]
        for passage in passages:
            if not self._texts.has(passage.text, newest, is_exact=self._subject.is_watched):
                return passage
        return None

    def _list_own(self) -> tuple[int, ...]:
        if self._own is None:
            subject = self._subject
            self._own = list_earlier_revisions(
                self._connection, subject.article_id, before_id=subject.revision_id
            )
        return self._own

    def _list_kept(self, reader: str) -> frozenset[int]:
        """Return the texts of this article that a limit or a mute withheld from a reader."""
        kept = list_withheld_texts(
            self._connection, watch_id=self._watch_id, article_id=self._subject.article_id
        )
        left_out = (
            one.revision_id
            for one in self._all
            if one.is_left_out
            and one.recipient is not None
            and is_one_recipient(one.recipient, reader)
        )
        return frozenset({*(text for to, text in kept if is_one_recipient(to, reader)), *left_out})
