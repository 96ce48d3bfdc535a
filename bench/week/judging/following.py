"""The alerts on later states of an article: which kind, and whether there is news in it. Pure functions."""

from collections.abc import Sequence
from datetime import datetime

from bench.week.watches import WatchPlan
from bench.week.world.facts import Fact

# sentences that share more of their words count as the same one, reworded
_ALIKE = 0.4


def name_following(fact: Fact, number: int, watch: WatchPlan) -> str:
    """Return the kind of alert on a following state, if there is to be one."""
    before, after = fact.states[number - 1].text, fact.states[number].text
    fresh = [p for p in after.paragraphs if p not in before.paragraphs]
    fresh_names = {name for paragraph in fresh for name in paragraph.says}
    if fresh_names & watch.rule.positive and not watch.rule.in_title:
        return "update"
    if before.headline != after.headline:
        return "headline"
    return ""


def list_gone(
    fact: Fact, watch: WatchPlan, *, is_disturbed: bool
) -> list[tuple[str, str, datetime, bool]]:
    """Return the following states of a page that was removed; none if no alert is to follow.

    is_disturbed  a failed revisit is not repeated, so an alert is due only if a revisit found the page gone
    """
    if fact.gone_at is None or watch.extra.get("on_revision") == "never":
        return []
    is_certain = watch.muted_from is None and (fact.gone_seen_at is not None or not is_disturbed)
    return [("gone", fact.token, fact.gone_at, is_certain)]


def is_reworded(fact: Fact, number: int, watch: WatchPlan) -> bool:
    """Return whether a state only says again, in nearly the same sentences, what the article said: an alert may come or not."""
    before, after = fact.states[number - 1].text.paragraphs, fact.states[number].text.paragraphs
    known = [_words(one.text) for one in before if watch.rule.positive & set(one.says)]
    fresh = [
        _words(one.text)
        for one in after
        if one not in before and watch.rule.positive & set(one.says)
    ]
    return all(any(_share(one, other) > _ALIKE for other in known) for one in fresh)


def differs_in_saying(fact: Fact, story: Sequence[Fact], watch: WatchPlan) -> bool:
    """Return whether an article says the words in text that another one of its story lacks; either may come first."""
    own = _sayings(fact, watch)
    return any(own - _sayings(other, watch) for other in story if other is not fact)


def _sayings(fact: Fact, watch: WatchPlan) -> frozenset[str]:
    paragraphs = fact.states[0].text.paragraphs
    return frozenset(one.text for one in paragraphs if watch.rule.positive & set(one.says))


def _words(text: str) -> frozenset[str]:
    """Return the words of a text's first sentence; its characters in languages without spaces."""
    sentence = text.partition("。")[0].partition(". ")[0].casefold().strip(".")
    return frozenset(sentence.split() if " " in sentence else sentence)


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))
