"""The matches of an article as it is stored: found before its transaction, saved and queued inside it."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from crawler.flows.mail.queueing.queue_alerts import queue_alerts
from crawler.flows.news.announced_again import list_source_names
from crawler.flows.news.judging.judgement import Judgement
from crawler.flows.process.parse_pool.understanding import Basis, Reading, make_basis
from crawler.flows.process.rules import Rules
from crawler.matching.analysis.analyzer import add_sources, analyze_text
from crawler.model.article import Article, Page, Revision
from crawler.model.source import Source
from crawler.model.watch import Match
from crawler.storage.crawl.visits import count_matches
from crawler.storage.news.article_sources import save_announcer
from crawler.storage.watch.keys import save_keys


@dataclass(frozen=True, slots=True)
class LiveMatches:
    """The matches of an article; none if it says nothing new.

    keys   the keys of its text with its own source alone, as the index holds them
    basis  the text, the other sources that had announced it, and the version of the rules; None if it was not analysed
    """

    matches: tuple[Match, ...] = ()
    keys: tuple[str, ...] = ()
    basis: tuple[Basis, frozenset[str], int] | None = None

    @classmethod
    def of(cls, reading: Reading | None) -> "LiveMatches":
        """Return what the parse pool found in a text."""
        if reading is None:
            return cls()
        basis = (reading.basis, frozenset[str](), reading.version)
        return cls(reading.matches, reading.keys, basis)


def find_live_matches(
    connection: sqlite3.Connection,
    article: Article,
    judged: Judgement,
    *,
    source: Source,
    rules: Rules,
    before: LiveMatches,
) -> LiveMatches:
    """Return the matches of an article; one that says nothing new is not analysed.

    before  what was found before it was judged, returned if the judgement changes nothing about it

    The article is analysed under the address it is stored at, as history does: its page may have come from another host
    (``m.example.org``), and the two answered ``source:`` differently.
    """
    verdict = judged.verdict
    if verdict.repeats is not None:
        return LiveMatches()
    url = judged.find_stored_url(article)
    text = make_basis(article, url=url, source=source.name, scopes=source.scopes)
    others = frozenset(list_source_names(connection, verdict.article_id)) - {source.name}
    basis = (text, others, rules.version)
    if before.basis == basis:
        return before
    document = analyze_text(
        article.headline, article.body, language=article.language, url=url, source=source.name
    )
    matches = rules.index.find_matches(
        add_sources(document, others), source.scopes | rules.scopes_of(others)
    )
    return LiveMatches(matches, tuple(document.places), basis)


def store_matches(
    connection: sqlite3.Connection,
    page: Page,
    revision: Revision,
    found: LiveMatches,
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Store the matches of a new text and queue their alerts. Call in the transaction that stores it."""
    save_keys(connection, revision.id, found.keys)
    queue_alerts(connection, page, revision, found.matches, rules=rules, now=now)
    count_matches(connection, page.visit_id, len(found.matches))
    save_announcer(
        connection, revision.article_id, page.source_id, revision_id=revision.id, now=now
    )
