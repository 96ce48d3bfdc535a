"""As what a later state of an article is told, and whether it says anything. Pure."""

from collections.abc import Sequence
from datetime import datetime

from bench.week.facts import Fact
from bench.week.watches import WatchPlan

# sentences that share more of their words are one, put in other words
_ALIKE = 0.4


def name_following(fact: Fact, number: int, watch: WatchPlan) -> str:
    """Return as what a state that follows is told, if it is."""
    before, after = fact.states[number - 1].text, fact.states[number].text
    fresh = [p for p in after.paragraphs if p not in before.paragraphs]
    said = {name for paragraph in fresh for name in paragraph.says}
    if said & watch.rule.positive and not watch.rule.in_title:
        return "update"
    if before.headline != after.headline:
        return "headline"
    return ""


def list_gone(
    fact: Fact, watch: WatchPlan, *, is_disturbed: bool
) -> list[tuple[str, str, datetime, bool]]:
    """Return what is told of a page that was taken off: as a state that follows, none where nothing is to follow.

    is_disturbed  a look that found nobody is not made up for: then it is due only where one found that the page is gone
    """
    if fact.gone_at is None or watch.extra.get("on_revision") == "never":
        return []
    is_certain = watch.muted_from is None and (fact.gone_seen_at is not None or not is_disturbed)
    return [("gone", fact.token, fact.gone_at, is_certain)]


def is_reworded(fact: Fact, number: int, watch: WatchPlan) -> bool:
    """Tell whether what a state adds says the words nearly as the article did before: whether that is news is a matter of taste."""
    before, after = fact.states[number - 1].text.paragraphs, fact.states[number].text.paragraphs
    known = [_words(one.text) for one in before if watch.rule.positive & set(one.says)]
    fresh = [
        _words(one.text)
        for one in after
        if one not in before and watch.rule.positive & set(one.says)
    ]
    return all(any(_share(one, other) > _ALIKE for other in known) for one in fresh)


def differs_in_saying(fact: Fact, story: Sequence[Fact], watch: WatchPlan) -> bool:
    """Tell whether an article says the words in text that another one of its story lacks: which comes first is open."""
    own = _sayings(fact, watch)
    return any(own - _sayings(other, watch) for other in story if other is not fact)


def _sayings(fact: Fact, watch: WatchPlan) -> frozenset[str]:
    paragraphs = fact.states[0].text.paragraphs
    return frozenset(one.text for one in paragraphs if watch.rule.positive & set(one.says))


def _words(text: str) -> frozenset[str]:
    """Return the words of a text's first sentence; where words have no spaces, its signs."""
    sentence = text.partition("。")[0].partition(". ")[0].casefold().strip(".")
    return frozenset(sentence.split() if " " in sentence else sentence)


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))
