"""The benches behind docs/internals/benchmarks.md: command, duration, and the heading its tables stand under. A test compares the list with the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One bench.

    arguments  as docs/internals/benchmarks.md states them, beginning with the module's name; the page may state more
    minutes    it takes on two quiet cores, rounded up; a first run installs the programs it compares with
    heading    of docs/internals/benchmarks.md
    quick      arguments in place of these for a short run, whose figures are rough; None: it has no short run
    """

    name: str
    arguments: str
    minutes: int
    heading: str
    quick: str | None

    @property
    def command(self) -> str:
        """The command as the page states it."""
        return f"python -m {self.arguments}"


ENTRIES = (
    Entry(name="corpora", arguments="bench.crawl_corpora", minutes=1, heading="Every page becomes an article or is refused with a reason", quick="bench.crawl_corpora"),
    Entry(name="quality", arguments="bench.quality", minutes=60, heading="Quality side by side", quick="bench.quality --only dedup matching"),
    Entry(name="extraction", arguments="bench.extraction --cost", minutes=4, heading="How well pages are read", quick="bench.extraction --alone"),
    Entry(name="seen", arguments="bench.seen build/seen", minutes=3, heading="Seen by eye", quick="bench.seen build/seen --pages 10"),
    Entry(name="dedup", arguments="bench.dedup", minutes=6, heading="Recognising copies of a story", quick="bench.dedup --alone"),
    Entry(name="dedup-index", arguments="bench.dedup.index", minutes=15, heading="Recognising copies of a story", quick="bench.dedup.index --sizes 10000"),
    Entry(name="matching", arguments="bench.matching", minutes=15, heading="Matching ten thousand watches", quick="bench.matching --alone --watches 100 1000 --articles 50"),
    Entry(name="dictionaries", arguments="bench.dictionaries", minutes=2, heading="Dictionaries", quick="bench.dictionaries --languages en fr"),
    Entry(name="words", arguments="bench.words", minutes=2, heading="Dictionaries", quick=None),
    Entry(name="endtoend", arguments="bench.endtoend", minutes=60, heading="From a feed to the matched article, beside a script of an afternoon", quick="bench.endtoend --pages 120 --sites 40 --watches 1000 --cores 2 --runs 1 --limit 60"),
    Entry(name="keep", arguments="bench.endtoend.keep --articles 600", minutes=2, heading="From a feed to the matched article, beside a script of an afternoon", quick="bench.endtoend.keep --articles 100"),
    Entry(name="latency", arguments="bench.latency", minutes=5, heading="From publication to the mail server's yes", quick="bench.latency --sources 20 --watches 100 --seconds 20 --wave 4 --entries 5"),
    Entry(name="first-alert", arguments="bench.first_alert --times 3", minutes=3, heading="Matching ten thousand watches", quick="bench.first_alert --times 1"),
    Entry(name="cadence", arguments="bench.cadence --per-kind 6", minutes=5, heading="Delay of the adaptive cadence", quick="bench.cadence --per-kind 1"),
    Entry(name="visits", arguments="bench.visits", minutes=1, heading="What a visit costs", quick="bench.visits --sources 200"),
    Entry(name="queue", arguments="bench.cluster.queue", minutes=6, heading="What handing visits out costs", quick="bench.cluster.queue --bundles 40 --jobs 2000"),
    Entry(name="growth", arguments="bench.growth", minutes=60, heading="How everything grows", quick="bench.growth watches --sizes 10"),
    Entry(name="scale", arguments="bench.scale", minutes=30, heading="A year", quick="bench.scale --share 100 --days 20"),
    Entry(name="scale-cluster", arguments="bench.scale.cluster --articles 600 --before 2000", minutes=2, heading="A cluster to which bad things happen", quick="bench.scale.cluster --articles 200 --before 200 --watches 20"),
    Entry(name="sizes", arguments="bench.sizes 200 2000 --pace 5 --minutes 6", minutes=30, heading="What sizes need", quick="bench.sizes 50 --minutes 0.2"),
    Entry(name="configuration", arguments="bench.configuration", minutes=5, heading="What an edit of the configuration costs", quick="bench.configuration --sources 1000"),
    Entry(name="field", arguments="bench.field --markdown", minutes=3, heading="Difficult sites from bug reports", quick="bench.field --markdown --only Watchword"),
    Entry(name="field-alerts", arguments="bench.field_alerts --markdown", minutes=30, heading="Difficult sites from bug reports", quick=None),
    Entry(name="week", arguments="bench.week", minutes=33, heading="A week in the field", quick="bench.week --minutes 3 --sites 40 --seed 7"),
    Entry(name="soak", arguments="bench.soak --minutes 30", minutes=31, heading="Half an hour with hostile sites", quick="bench.soak --minutes 2"),
    Entry(name="drills", arguments="bench.drills", minutes=30, heading="Half an hour with hostile sites", quick="bench.drills lock"),
    Entry(name="cluster", arguments="bench.cluster.soak", minutes=15, heading="A cluster to which bad things happen", quick="bench.cluster.soak --minutes 2"),
    Entry(name="cluster-home", arguments="bench.cluster.home_away", minutes=14, heading="A cluster to which bad things happen", quick="bench.cluster.home_away --minutes 0.5"),
    Entry(name="cluster-cost", arguments="bench.cluster.table", minutes=9, heading="A cluster to which bad things happen", quick="bench.cluster.table --numbers 1"),
)  # fmt: skip
