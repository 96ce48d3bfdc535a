"""The kind of each message of a program without kinds: which article it names, and whether it was news to its reader. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bench.week.ledger import Book, list_due
from bench.week.messages import ReceivedAlert


def name_kinds(told: Iterable[ReceivedAlert], book: Book) -> list[ReceivedAlert]:
    """Return messages, each with an article and a kind.

    A message without an article's link is about the one whose headline its subject holds. A further message about an article
    is an update if the article has changed since in a way that is alerted; otherwise it is a first alert once more.
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
            # states that the first alert already showed need no update
            follows[key] = [follow for follow in follows[key] if follow[0] > one.at]
        found.append(one)
    return found


def _find(message: ReceivedAlert, headlines: dict[str, str]) -> str:
    subject = message.subject.rpartition("] ")[2].strip()
    return headlines.get(subject, "")
