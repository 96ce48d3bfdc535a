"""The ledger of a week: the alerts due by the documented rules against those received. Pure; it uses no code of the product.

The rules, from docs/explanation/alerts.md and docs/reference/watch-language.md:

- once for each watch, story and recipient: ``new`` for the first article of a story that says the words;
- copies join silently, whichever source prints them;
- ``update`` if a later state says the words in new text; ``headline`` if an article of an alert gets another headline;
  ``gone`` if its page disappears; together at most three a day, and none for a watch with ``never``;
- no alert on what is there at the first visit, nor on what was there before a watch was made or widened.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bench.week.judging.following import differs_in_saying, is_reworded, list_gone, name_following
from bench.week.judging.messages import ReceivedAlert
from bench.week.judging.verdicts import Due, Verdicts
from bench.week.watches import WatchPlan
from bench.week.world.facts import Fact

# follow-ups a day that readers get about one story (docs/explanation/alerts.md)
_MOST_FOLLOWING = 3
# if the words came with an edit, the first alert may be of either kind
_FIRST = frozenset({"new", "update"})
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The input of the ledger: facts, watches, and the names and tags of sources.

    grace         time before and after an edit of the configuration in which publications may count or not
    delay         how long a fault may delay a page or a message, so that what was published before an edit comes after it
    is_disturbed  whether daemon or network were disturbed: a failed revisit is not repeated
    """

    facts: Mapping[str, Fact]
    watches: Sequence[WatchPlan]
    tags: Mapping[str, tuple[str, ...]]
    grace: timedelta
    delay: timedelta = timedelta(0)
    is_disturbed: bool = False

    @property
    def before(self) -> timedelta:
        """Return for how long before an edit publications may count or not."""
        return self.grace + self.delay


def list_due(book: Book) -> dict[Key, Due]:
    """Return what is due, by (recipient, watch, story)."""
    expected: dict[Key, Due] = defaultdict(Due)
    facts = sorted(book.facts.values(), key=lambda one: one.published_at)
    stories: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        stories[fact.story].append(fact)
    for watch in book.watches:
        if watch.alert == "none":
            continue
        for fact in facts:
            for recipient in watch.to:
                _note(expected, book, watch, fact, recipient, story=stories[fact.story])
    return expected


def _announcers(book: Book, fact: Fact) -> frozenset[str]:
    return frozenset(word for name in fact.sources for word in (name, *book.tags.get(name, ())))


def _note(  # one line of the ledger
    expected: dict[Key, Due],
    book: Book,
    watch: WatchPlan,
    fact: Fact,
    recipient: str,
    *,
    story: Sequence[Fact],
) -> None:
    """Record what a recipient of a watch is due on an article; ``story`` are the article and its copies, in order."""
    first_at = story[0].published_at
    announcers = _announcers(book, fact)
    since = max(filter(None, (watch.since, watch.joined.get(recipient))), default=None)
    held_before = False
    for number, state in enumerate(fact.states):
        holds = watch.rule_at(state.since).holds(fact, number, announcers=announcers)
        if number == 0 and fact.is_old:
            held_before = holds
            continue
        standing = _stand(book, watch, fact, number, holds=holds, since=since, first_at=first_at)
        if standing is Standing.SILENT:
            continue
        due = expected[recipient, watch.name, fact.story]
        is_certain = standing is Standing.EXPECTED
        is_first = fact.token not in due.tokens and not held_before
        due.tokens.add(fact.token)
        kind = name_following(fact, number, watch) if number else ""
        is_certain = is_certain and not (kind == "update" and is_reworded(fact, number, watch))
        if is_first or (held_before and kind == "update"):
            due.due_at = due.due_at or state.since
            due.is_certain = due.is_certain or is_certain
            if number or differs_in_saying(fact, story, watch):
                due.follows.append(("update", fact.token, state.since, False))
        elif kind and watch.extra.get("on_revision") != "never":
            due.follows.append((kind, fact.token, state.since, is_certain))
    noted = expected.get((recipient, watch.name, fact.story))
    if noted is not None and fact.token in noted.tokens:
        noted.follows += list_gone(fact, watch, is_disturbed=book.is_disturbed)


class Standing(Enum):
    """Whether an alert on a state must, may or must not come."""

    EXPECTED = "pending"
    ALLOWED = "allowed"
    SILENT = "silent"


def _stand(  # noqa: PLR0913  # what a state is judged by
    book: Book,
    watch: WatchPlan,
    fact: Fact,
    number: int,
    *,
    holds: bool,
    since: datetime | None,
    first_at: datetime,
) -> Standing:
    state = fact.states[number]
    changed = watch.changed_at
    announcers = _announcers(book, fact)
    is_near_change = (
        changed is not None
        and -book.before < state.since - changed < book.grace
        and any(
            rule.holds(fact, number, announcers=announcers)
            for rule in (watch.rule, watch.former or watch.rule)
        )
    )
    if fact.is_closed or not (holds or is_near_change):
        return Standing.SILENT
    if since and state.since < since - book.before:
        return Standing.SILENT
    if watch.muted_from and state.since > watch.muted_from + book.grace:
        return Standing.SILENT
    # text the story already had is no news in a copy of it
    begun = since or changed
    is_near = begun is not None and first_at < begun + book.grace and state.since > begun - book.before  # fmt: skip
    is_last = number == len(fact.states) - 1
    read_at = min((at for at, served in fact.served if served == number), default=None)
    # an article read after the mute causes no alert
    is_muted = watch.muted_from is not None and (read_at or state.since) > watch.muted_from - book.before  # fmt: skip
    if fact.uncertain or is_near or is_muted or is_near_change or not (is_last or read_at):
        return Standing.ALLOWED
    return Standing.EXPECTED


def judge(
    book: Book, alerted: Iterable[ReceivedAlert], *, hidden: Counter[tuple[str, str]] | None = None
) -> Verdicts:
    """Return the verdicts on the received alerts; ``hidden`` are alerts that digests counted without showing them."""
    expected = list_due(book)
    names = {name: watch.name for watch in book.watches for name in watch.names}
    found = Verdicts()
    by_key: dict[Key, list[ReceivedAlert]] = defaultdict(list)
    arrived: dict[tuple[str, str], datetime] = {}
    for one in sorted(alerted, key=lambda each: each.at):
        # one message may hold several updates of an article; one that comes later with the same Message-ID is a copy
        if arrived.setdefault((one.recipient, one.message_id), one.at) != one.at:
            found.copies.append(one)
            continue
        found.alerts += 1
        fact = book.facts.get(one.token)
        watch = names.get(one.watch, one.watch)
        if fact is None or not expected[one.recipient, watch, fact.story].tokens:
            found.false.append(one)
        else:
            by_key[one.recipient, watch, fact.story].append(one)
    for key, due in expected.items():
        _settle(found, book, key, due, by_key.get(key, []))
    found.excuse(hidden or Counter())
    return found


def _settle(found: Verdicts, book: Book, key: Key, due: Due, alerted: list[ReceivedAlert]) -> None:
    """Judge what one recipient got on a story."""
    # a digest may hold the first and a following alert of a story, in any order
    firsts = sorted(
        (one for one in alerted if one.kind in _FIRST), key=lambda one: one.kind != "new"
    )
    first = firsts[0] if firsts else None
    if due.is_certain:
        found.due += 1
        if first is None:
            found.misses.append((*key, "new", tuple(sorted(due.tokens))))
    if first is not None:
        found.alerted += due.is_certain
        _time(found, book, key, due, first)
    _count_reprints(found, book, key, alerted)
    rest = [one for one in alerted if one is not first]
    _judge_rest(found, book, due, rest)
    if first is not None:
        _judge_following(found, key, due, first, rest)


def _judge_rest(found: Verdicts, book: Book, due: Due, rest: Iterable[ReceivedAlert]) -> None:
    """Sort the alerts that came besides the first one."""
    allowed = list(due.follows)
    for one in rest:
        fits = next((f for f in allowed if f[0] == one.kind and f[1] == one.token), None)
        if fits is not None:
            allowed.remove(fits)
        elif one.kind == "new":
            found.duplicates.append(one)
        else:
            found.superfluous.append(one)


def _judge_following(
    found: Verdicts, key: Key, due: Due, first: ReceivedAlert, rest: Sequence[ReceivedAlert]
) -> None:
    """Judge following alerts: due are those on states after an alert had arrived, and never more than three."""
    known = {first.token, *(one.token for one in rest)}
    late = [
        one
        for one in due.follows
        if one[3] and one[2] > first.at and (one[0] != "gone" or one[1] in known)
    ]
    came = len([one for one in rest if one.kind in {"update", "headline", "gone"}])
    count = min(len(late), _MOST_FOLLOWING)
    found.updates_due += count
    found.updates_alerted += min(count, came)
    found.due += count
    found.alerted += min(count, came)
    if came < count:
        kinds = ", ".join(f"{kind} of {token}" for kind, token, _, _ in late)
        found.misses.append((*key, f"{count - came} of: {kinds}", tuple(t for _, t, _, _ in late)))


def _time(found: Verdicts, book: Book, key: Key, due: Due, first: ReceivedAlert) -> None:
    if any(one.name == key[1] and one.alert != "now" for one in book.watches):
        return  # a digest waits for its hour
    fact = book.facts[first.token]
    matching = due.due_at or fact.published_at
    found.waits.append((first.at - matching).total_seconds())
    visits = [at for at, _ in fact.served if at >= matching]
    if visits:
        found.waits_from_visit.append((first.at - min(visits)).total_seconds())


def _count_reprints(found: Verdicts, book: Book, key: Key, alerted: list[ReceivedAlert]) -> None:
    story = [fact for fact in book.facts.values() if fact.story == key[2] and fact.copy_of]
    if story and alerted:
        found.reprinted += 1
        found.reprint_alerts += len([one for one in alerted if one.kind == "new"])
