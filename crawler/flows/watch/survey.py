"""How much a watch would have matched: counted where few texts have its keys, else estimated from a sample of them.

How many texts have the keys is always exact: the index counts a million in a tenth of a second. Where the keys prove a match
(words, joined by AND and OR), that is how many match. Otherwise a text has to be read and analysed, which takes one to two
milliseconds, so of many texts a thousand are read. The sample is spread evenly over all, and the same each time.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from crawler.config.schema import Config
from crawler.flows.watch.estimates import Estimate, estimate
from crawler.flows.watch.history import (
    Meeting,
    OnProgress,
    PastMatch,
    describe,
    report_progress,
    scan,
)
from crawler.flows.watch.key_queries import is_answered_by_keys, make_search
from crawler.matching.matcher import CompiledWatch
from crawler.storage.file.database import to_instant, to_instant_or_none, to_text
from crawler.storage.watch.key_search import (
    KeySearch,
    count_found,
    iter_found,
    list_facts,
    list_siblings,
    sample_found,
)
from crawler.storage.watch.keys import summarize_texts

# looked up at a time
_AT_ONCE = 500
# the newest are read first, so that matches are shown at once; what is rarer among them is shown from the sample
_NEWEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is looked at before counts become estimates, while a person waits (docs/internals/benchmarks.md).

    most_read    texts that are read and analysed, in about two seconds
    most_proven  texts that are looked up where keys prove a match, in one
    sample, proven_sample  the same for estimates: the bounds of a share of one half are 3 % to both sides, and 1.5 %
    """

    most_read: int = 1_500
    most_proven: int = 20_000
    sample: int = 1_000
    proven_sample: int = 4_000


USUAL = Limits()
# every text, however many
EXACT = Limits(most_read=1 << 62, most_proven=1 << 62)
Monday = Callable[[datetime], date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """How much a watch would have matched since an instant.

    article_count  articles first seen since then
    begins_at      when the first of these was seen, None if there are none
    text_count     texts with the keys that a match needs, counted exactly
    sample_count   of these, looked at for the counts below
    is_exact       every one was; otherwise the counts below are estimates
    is_proven      having the keys proves a match: so many texts match, and none had to be read
    weeks          Monday of a week -> stories first matched in it
    sources        source -> (articles, stories), the most articles first
    """

    article_count: int
    begins_at: datetime | None
    text_count: int
    sample_count: int
    is_exact: bool
    is_proven: bool
    articles: Estimate
    stories: Estimate
    weeks: dict[date, float]
    sources: dict[str, tuple[float, float]]


@dataclass(slots=True)
class Showcase:
    """Hands over the first matches that are found, one a story.

    on_match  called with each
    most      how many
    """

    compiled: CompiledWatch
    on_match: Callable[[PastMatch], None]
    most: int
    shown: set[int] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        """Whether all were shown that are wanted."""
        return len(self.shown) >= self.most

    def show(self, met: Meeting) -> None:
        """Hand over a match if its story was not shown, and fewer than wanted were."""
        story_id = met.row["story_id"]
        if not self.is_full and story_id not in self.shown:
            self.shown.add(story_id)
            self.on_match(describe(met, self.compiled))


@dataclass(frozen=True, slots=True)
class _Found:
    """A text that matches."""

    article_id: int
    story_id: int
    source: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What is surveyed: what a watch would have matched in the texts fetched since an instant."""

    connection: sqlite3.Connection
    compiled: CompiledWatch
    config: Config
    since: datetime

    def read(self, ids: Iterable[int], showcase: Showcase) -> Iterator[_Found]:
        """Yield those of some texts that match; each is read and analysed."""
        watches = [self.compiled]
        for met in scan(self.connection, watches, self.config, since=self.since, ids=ids):
            showcase.show(met)
            yield _Found(met.row["article_id"], met.row["story_id"], met.source, met.at)

    def look_up(self, ids: Iterable[int], _showcase: Showcase) -> Iterator[_Found]:
        """Yield some texts, all of which match as they have the keys."""
        left, oldest = iter(ids), to_text(self.since)
        while some := [*islice(left, _AT_ONCE)]:
            for row in list_facts(self.connection, some):
                if row["fetched_at"] >= oldest:
                    seen_at = to_instant(row["fetched_at"])
                    yield _Found(row["article_id"], row["story_id"], row["source"], seen_at)


def survey_past(
    asked: Question,
    *,
    monday: Monday,
    showcase: Showcase,
    limits: Limits = USUAL,
    on_progress: OnProgress = lambda _done, _all: None,
) -> Survey:
    """Return how much a watch would have matched.

    monday    returns the week of an instant
    showcase  is given the newest matches, as they are found
    limits    ``EXACT``: every text with the keys is looked at, however many

    The index must be complete since then: see ``key_index.complete_key_index``.
    """
    connection = asked.connection
    search = make_search(connection, [asked.compiled], asked.config, since=asked.since)
    count = count_found(connection, search) if search else 0
    is_proven = is_answered_by_keys(connection, asked.compiled)
    if is_proven and search:
        _show_newest(asked, search, count, showcase)
    look = asked.look_up if is_proven else asked.read
    most = limits.most_proven if is_proven else limits.most_read
    if search is None or count <= most:
        found = report_progress(
            iter_found(connection, search, count=count) if search else (), count, on_progress
        )
        tally = _count_all(look(found, showcase), count, monday)
    else:
        if not is_proven:
            _show_newest(asked, search, count, showcase)
        share = (limits.proven_sample if is_proven else limits.sample) / count
        ids = sample_found(connection, search, share=share)
        drawn = [*look(report_progress(ids, len(ids), on_progress), showcase)]
        tally = _estimate_all(connection, search, drawn, monday, drawn_count=len(ids), among=count)
    article_count, first = summarize_texts(connection, since=asked.since)
    return Survey(
        article_count=article_count,
        begins_at=to_instant_or_none(first),
        text_count=count,
        sample_count=tally.sample_count,
        is_exact=tally.sample_count == count,
        is_proven=is_proven,
        articles=tally.articles,
        stories=tally.stories,
        weeks=dict(tally.weeks),
        sources=dict(sorted(tally.sources.items(), key=lambda item: (-item[1][0], item[0]))),
    )


def _show_newest(asked: Question, search: KeySearch, count: int, showcase: Showcase) -> None:
    """Read some of the newest texts, until enough matches were shown."""
    for _ in asked.read(
        islice(iter_found(asked.connection, search, count=count), _NEWEST), showcase
    ):
        if showcase.is_full:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    sample_count: int
    articles: Estimate
    stories: Estimate
    weeks: dict[date, float]
    sources: dict[str, tuple[float, float]]


def _count_all(found: Iterable[_Found], count: int, monday: Monday) -> _Tally:
    """Count an article by the first of its texts that matches, and a story by the first of its articles."""
    articles: dict[int, tuple[str, int]] = {}
    stories: dict[int, date] = {}
    # texts come newest first, so the first one that matched is the last to be written
    for one in found:
        articles[one.article_id] = one.source, one.story_id
        stories[one.story_id] = monday(one.seen_at)
    by_source = Counter(source for source, _ in articles.values())
    pairs = Counter(source for source, _ in set(articles.values()))
    return _Tally(
        sample_count=count,
        articles=Estimate.exact(len(articles)),
        stories=Estimate.exact(len(stories)),
        weeks={week: float(number) for week, number in Counter(stories.values()).items()},
        sources={name: (number, pairs[name]) for name, number in by_source.items()},
    )


def _estimate_all(
    connection: sqlite3.Connection,
    search: KeySearch,
    drawn: Sequence[_Found],
    monday: Monday,
    *,
    drawn_count: int,
    among: int,
) -> _Tally:
    """Estimate from a sample: a story of which five texts have the keys is drawn five times as often, so each is a fifth of it.

    Whether these others match too is not looked at, as they mostly are copies: all are taken to.
    """
    siblings = list_siblings(connection, search, {one.story_id for one in drawn})
    articles = Counter(one.article_id for one in siblings)
    stories = Counter(one.story_id for one in siblings)
    at_source = Counter((one.story_id, one.source_id) for one in siblings)
    sources = {one.article_id: one.source_id for one in siblings}
    scale = among / drawn_count if drawn_count else 0.0
    weeks = defaultdict[date, float](float)
    by_source = defaultdict[str, list[float]](lambda: [0.0, 0.0])
    for one in drawn:
        weeks[monday(one.seen_at)] += scale / max(stories[one.story_id], 1)
        by_source[one.source][0] += scale / max(articles[one.article_id], 1)
        place = one.story_id, sources.get(one.article_id, 0)
        by_source[one.source][1] += scale / max(at_source[place], 1)
    parts = [
        [1 / max(counts[key], 1) for key in keys]
        for counts, keys in (
            (articles, [one.article_id for one in drawn]),
            (stories, [one.story_id for one in drawn]),
        )
    ]
    return _Tally(
        sample_count=drawn_count,
        articles=estimate(parts[0], drawn=drawn_count, among=among),
        stories=estimate(parts[1], drawn=drawn_count, among=among),
        weeks=weeks,
        sources={name: (one, other) for name, (one, other) in by_source.items()},
    )
