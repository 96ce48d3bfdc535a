"""Proposes words to exclude after stories were rejected ("not what I meant"), each with its price."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.config.schema import Config
from crawler.config.sections.watches import WatchSettings
from crawler.errors import QuerySyntaxError
from crawler.flows.watch.history import OnProgress, list_story_sets
from crawler.flows.watch.rejected_words import FEWEST_STORIES, read_rejected
from crawler.matching.matcher import compile_watch
from crawler.matching.queries.query import parse_query
from crawler.storage.watch.watches import make_watch
from crawler.text.counts import write_count, write_number
from crawler.text.instants import write_day

# how far back the price of an exclusion is measured, as in ``watch test``
LOOK_BACK = timedelta(days=90)
# the best ones, as many as a person compares
_MOST_PROPOSED = 5
# texts the price is measured on, newest first: a person waits for it
_MOST_READ = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A word to exclude, with the stories this would have left out.

    query          the watch's query with the exclusion
    removed_count  stories it would have left out, of ``story_count`` that the watch matched
    rejected_removed_count  rejected stories among these, of ``rejected_count``
    """

    word: str
    query: str
    removed_count: int
    story_count: int
    rejected_removed_count: int
    rejected_count: int

    @property
    def others_count(self) -> int:
        """How many stories that nobody rejected it leaves out."""
        return self.removed_count - self.rejected_removed_count

    @property
    def is_too_dear(self) -> bool:
        """Whether it leaves out everything, or most of what nobody rejected."""
        others = self.story_count - self.rejected_count
        return self.removed_count == self.story_count or 2 * self.others_count > others > 0

    @property
    def is_distinctive(self) -> bool:
        """Whether it appears in rejected stories twice as often as in the others."""
        others = self.story_count - self.rejected_count
        share = self.rejected_removed_count * others
        return share >= 2 * self.others_count * self.rejected_count

    @property
    def price(self) -> str:
        """What it leaves out, in words."""
        said = f"removes {self.removed_count} of the {self.story_count} stories"
        rejected = f"{self.rejected_removed_count} of {self.rejected_count} you rejected"
        return f"{said}: {rejected}, and {self.others_count} you did not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Words to exclude, the most useful first, or the reason why there are none.

    measured_on  the texts the prices were measured on, in words
    """

    exclusions: tuple[Exclusion, ...] = ()
    reason: str = ""
    measured_on: str = ""


def propose_exclusions(
    connection: sqlite3.Connection,
    settings: WatchSettings,
    config: Config,
    *,
    since: datetime,
    on_progress: OnProgress = lambda _done, _all: None,
) -> Proposals:
    """Return words to exclude that rejected stories have in common; those that leave out most of these first.

    since  how far back the price is measured, on the newest 3,000 texts that could matter
    """
    base = compile_watch(make_watch(settings, config))
    rejected = read_rejected(connection, base.watch)
    if rejected.event_count < FEWEST_STORIES:
        return Proposals(reason=_explain_too_little(rejected.event_count))
    if not rejected.words:
        return Proposals(
            reason=f"No meaningful word appears in two of the {rejected.event_count} rejected stories; "
            "reject one or two more."
        )
    queries = {word: exclude_word(settings.query, word) for word in rejected.words}
    narrowed = (replace(base.watch, query=query) for query in queries.values())
    watches = [base, *map(compile_watch, narrowed)]
    (kept, *left), is_whole = list_story_sets(
        connection, watches, config, since=since, most=_MOST_READ, on_progress=on_progress
    )
    found = [
        _weigh(word, query, kept=kept, after=after, rejected=rejected.story_ids & kept)
        for (word, query), after in zip(queries.items(), left, strict=True)
    ]
    return _choose(found, measured_on=_describe_measure(since, is_whole=is_whole))


def _weigh(
    word: str,
    query: str,
    *,
    kept: frozenset[int],
    after: frozenset[int],
    rejected: frozenset[int],
) -> Exclusion:
    removed = kept - after
    return Exclusion(
        word=word,
        query=query,
        removed_count=len(removed),
        story_count=len(kept),
        rejected_removed_count=len(removed & rejected),
        rejected_count=len(rejected),
    )


def _choose(found: Sequence[Exclusion], *, measured_on: str) -> Proposals:
    useful = [
        one
        for one in found
        if one.rejected_removed_count and one.is_distinctive and not one.is_too_dear
    ]
    if not useful:
        names = ", ".join(one.word for one in found[:3])
        return Proposals(
            reason=f"No single word would exclude them and keep the rest: {names} appear in much of what the watch finds."
            if any(one.removed_count for one in found)
            else f"None of the rejected stories is among what the watch found, {measured_on}.",
            measured_on=measured_on,
        )
    ranked = sorted(useful, key=lambda one: (-one.rejected_removed_count, one.others_count))
    return Proposals(exclusions=tuple(ranked[:_MOST_PROPOSED]), measured_on=measured_on)


def _explain_too_little(count: int) -> str:
    stories = write_count(count, "rejected story", "rejected stories")
    return f"Too little to go by: {stories}; reject two or three more."


def _describe_measure(since: datetime, *, is_whole: bool) -> str:
    days = f"measured on what was fetched since {write_day(since)}"
    return (
        days
        if is_whole
        else f"{days}, of that on the newest {write_number(_MOST_READ)} texts that could matter"
    )


def propose_for_reader(
    connection: sqlite3.Connection,
    watch_name: str,
    config: Config,
    *,
    now: datetime,
) -> Proposals:
    """Return words to exclude for a watch, measured on 90 days; none if it is no longer configured."""
    settings = config.watch_named(watch_name)
    if settings is None:
        return Proposals()
    return propose_exclusions(connection, settings, config, since=now - LOOK_BACK)


def exclude_word(query: str, word: str) -> str:
    """Return a query that excludes a word: ``drone`` becomes ``drone -racing``."""
    tree = parse_query(query)
    for text in (f"{query} -{word}", f"({query}) -{word}"):
        try:
            # without brackets the exclusion may apply to the last part only
            if str(parse_query(text)) == str(parse_query(f"({tree}) -{word}")):
                return text
        except QuerySyntaxError:
            continue
    return f"({query}) -{word}"
