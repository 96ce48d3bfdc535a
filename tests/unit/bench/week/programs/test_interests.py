"""The watches as regular expressions: none finds less than its watch, so that other programs lose nothing by them."""

import pytest

from bench.week.programs.interests import (
    Interest,
    make_interest,
    read_interest,
    write_interest,
)
from bench.week.watches import WatchPlan, make_watches
from bench.week.world.changes import CHANGES, _mute
from bench.week.world.texts.atoms import ATOMS
from bench.week.world.texts.texts import Author

SOURCE = {"name": "s", "language": "en", "tags": ["agency", "plain"]}


class Office:
    """The part of a week that an edit of the watches needs."""

    def __init__(self) -> None:
        self.watches = make_watches()

    def write_settings(self) -> None:
        pass


def to_interest(watch: WatchPlan) -> Interest:
    return make_interest(watch.name, watch.query, watch.extra, to=watch.to, hook="http://h")


def list_watches() -> list[WatchPlan]:
    """Return the watches of the first and of the last day."""
    week = Office()
    for change in CHANGES:
        if change.make is not _mute:
            change.make(week)  # type: ignore[arg-type]  # an office has what they need
    alerted = {watch.query: watch for watch in [*make_watches(), *week.watches]}
    return [watch for watch in alerted.values() if watch.alert != "none"]


@pytest.mark.parametrize("watch", list_watches(), ids=lambda watch: watch.name)
def test_a_pattern_finds_every_sentence_of_its_watch_and_no_near_miss(watch: WatchPlan) -> None:
    interest, author = to_interest(watch), Author(1)
    wrong = []
    for atom in ATOMS.values():
        source = {**SOURCE, "language": atom.language}
        for sentence in (*atom.sentences, atom.headline, *atom.near_misses):
            text = sentence.format(author.fill(atom.language, 1, 4).rstrip(".。"))
            rule, is_miss = watch.rule, sentence in atom.near_misses
            is_wanted = (
                not is_miss
                and atom.name in rule.positive
                and len(rule.all_of) < 2
                and rule.min_mentions == 1
                and (not rule.languages or atom.language in rule.languages)
            )
            title = text if rule.in_title else ""
            if interest.is_met(title, "" if title else text, source) is not is_wanted:
                wrong.append(text)

    assert wrong == []


def test_words_that_must_both_occur_are_both_looked_for() -> None:
    interest = to_interest(next(w for w in make_watches() if w.name == "glacier-lake"))

    assert interest.is_met("Glacier above us", "Anglers at the lake spoke.", SOURCE)
    assert not interest.is_met("Glacier above us", "A flake of snow fell.", SOURCE)


def test_an_interest_survives_its_file() -> None:
    interest = to_interest(make_watches()[0])

    assert read_interest(write_interest(interest)) == interest
    assert interest.hooks == ("http://h/newsroom",)
