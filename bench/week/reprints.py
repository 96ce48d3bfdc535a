"""The duplicates caused by a reprint of a story elsewhere. Pure functions."""

from collections import defaultdict
from collections.abc import Iterable

from bench.week.facts import Fact
from bench.week.ledger import Book
from bench.week.messages import ReceivedAlert
from bench.week.verdicts import Verdicts


def list_repeated(
    found: Verdicts, told: Iterable[ReceivedAlert], book: Book
) -> list[ReceivedAlert]:
    """Return the duplicates that name another article of the story than the alerts before them."""
    duplicates = set(found.duplicates)
    seen: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    again = []
    for one in sorted(told, key=lambda each: each.at):
        fact: Fact | None = book.facts.get(one.token)
        if fact is None:
            continue
        tokens = seen[one.recipient, one.watch, fact.story]
        if one in duplicates and one.token not in tokens:
            again.append(one)
        tokens.add(one.token)
    return again
