"""What a message of a program without kinds was to its reader: which article it names, and whether it says what is new of it. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bench.week.ledger import Book, list_due
from bench.week.messages import Told


def name_kinds(told: Iterable[Told], book: Book) -> list[Told]:
    """Return messages with an article and a kind each.

    One that has no link of an article is of the one whose headline its subject holds. One about an article that was told before is an update
    where the article was changed since in a way that is told, and otherwise what it says it is: a first telling, once more.
    """
    expected = list_due(book)
    names = {name: watch.name for watch in book.watches for name in watch.names}
    headlines = {
        state.text.headline: fact.token for fact in book.facts.values() for state in fact.states
    }
    follows: dict[tuple[str, str, str], list[tuple[datetime, str]]] = {}
    found = []
    for message in sorted(told, key=lambda each: each.at):
        one = message if message.token else replace(message, token=_find(message, headlines))
        fact, watch = book.facts.get(one.token), names.get(one.watch, one.watch)
        key = (one.recipient, watch, one.token)
        if fact is not None and key in follows:
            ready = [follow for follow in follows[key] if follow[0] < one.at]
            if ready:
                follows[key].remove(ready[0])
                one = replace(one, kind=ready[0][1])
        elif fact is not None:
            due = expected.get((one.recipient, watch, fact.story))
            follows[key] = [(f[2], f[0]) for f in due.follows if f[1] == one.token] if due else []
            # what it said already when it was told first is told
            follows[key] = [follow for follow in follows[key] if follow[0] > one.at]
        found.append(one)
    return found


def _find(message: Told, headlines: dict[str, str]) -> str:
    subject = message.subject.rpartition("] ")[2].strip()
    return headlines.get(subject, "")
