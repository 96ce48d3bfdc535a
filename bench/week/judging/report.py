"""The report of a week: figures first, then each miss and each false alert with its cause."""

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from bench.week.judging.causes import Ask, explain, list_story
from bench.week.judging.conduct.politeness import Manners
from bench.week.judging.ledger import Book
from bench.week.judging.verdicts import Verdicts
from bench.week.world.facts import Fact

# of each kind of fault: a page of a terminal
_MOST_LINES = 25


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile, 0 for no values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def list_figures(found: Verdicts, manners: Manners, *, repeated: int) -> list[tuple[str, str]]:
    """Return the table as (figure, value); ``retold`` are the duplicates caused by a reprint."""
    per_story = found.reprint_alerts / found.reprinted if found.reprinted else 0
    alerted, expected = found.alerted - found.updates_alerted, found.due - found.updates_due
    return [
        ("recall", f"{found.recall:.2%} ({found.alerted} of {found.due})"),
        ("first tellings", f"{alerted / expected if expected else 1:.2%} ({alerted} of {expected})"),
        ("precision", f"{found.precision:.2%} of {found.alerts} alerts"),
        ("false alerts", str(len(found.false))),
        ("duplicates", f"{len(found.duplicates)}, and {len(found.copies)} under the same Message-ID"),
        ("alerted again", f"{len(found.duplicates) - repeated} of the same article, {repeated} because of a reprint"),
        ("reprinted stories", f"{found.reprinted}, alerted {per_story:.2f} times each"),
        ("updates", f"{found.updates_alerted} of {found.updates_due} alerted, {len(found.superfluous)} superfluous"),
        ("publication to yes", _spread(found.waits)),
        ("page served to yes", _spread(found.waits_from_visit)),
        ("requests", f"{manners.requests}, {manners.impolite} impolite"),
        ("impolite", _name_manners(manners)),
    ]  # fmt: skip


def _name_manners(manners: Manners) -> str:
    kinds = manners.by_kind.items()
    return ", ".join(f"{len(lines)} {name}" for name, lines in kinds if lines) or "none"


def count_misses(found: Verdicts, book: Book, kinds: Mapping[str, str]) -> str:
    """Return the number of misses by kind of site; ``kinds`` maps a site's name to its kind."""
    sites = [book.facts[tokens[0]].site for *_, tokens in found.misses if tokens[0] in book.facts]
    counted = Counter(kinds[site] for site in sites)
    return ", ".join(f"{count} {kind}" for kind, count in counted.most_common()) or "none"


def _spread(values: Sequence[float]) -> str:
    middle = statistics.median(values) if values else 0
    return f"p50 {middle:.1f} s, p95 {percentile(values, 0.95):.1f} s"


def list_faults(found: Verdicts, manners: Manners, book: Book, ask: Ask | None) -> Iterator[str]:
    """Yield one line for each fault, with what the database knows of it, if it can be read."""
    yield from _list_misses(found, book, ask)
    for title, alerts in (
        ("FALSE", found.false),
        ("DUPLICATE", found.duplicates),
        ("SUPERFLUOUS", found.superfluous),
    ):
        for one in alerts[:_MOST_LINES]:
            yield f"{title} {one.watch} for {one.recipient} at {one.at:%H:%M:%S}: {one.kind}: {_name(book, one.token)}"
            if one.token and ask:
                yield f"    {explain(ask, one.token, one.watch)}; story: {list_story(ask, one.token)}"
            elif not one.token:
                yield f"    no article of ours: {one.subject}"
        yield from _more(len(alerts))
    for title, lines in manners.by_kind.items():
        for line in lines[:8]:
            yield f"IMPOLITE, {title}: {line}"
        yield from _more(len(lines), shown=8)


def _list_misses(found: Verdicts, book: Book, ask: Ask | None) -> Iterator[str]:
    for recipient, watch, _story, what, tokens in found.misses[:_MOST_LINES]:
        yield f"MISSED {watch} for {recipient}: {what}: {_name(book, tokens[0])}"
        if ask is not None:
            yield from (f"    {token}: {explain(ask, token, watch)}" for token in tokens[:4])
    yield from _more(len(found.misses))


def _more(count: int, *, shown: int = _MOST_LINES) -> Iterator[str]:
    if count > shown:
        yield f"    and {count - shown} more"


def _name(book: Book, token: str) -> str:
    fact = book.facts.get(token)
    if fact is None:
        return token or "(no token)"
    named = ", ".join(sorted(fact.text.counts)) or "nothing"
    return f"{token} ({fact.kind} at {fact.site}, {fact.language}, says {named}; {fact.published_at:%H:%M:%S})"


def count_kinds(facts: Sequence[Fact]) -> str:
    """Return the number of facts by kind."""
    counted = Counter(fact.kind for fact in facts)
    return ", ".join(f"{count} {kind}" for kind, count in counted.most_common())
