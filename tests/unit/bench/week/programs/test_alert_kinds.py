"""Messages of programs without kinds of alerts: what kind each was to its reader, and which a reprint caused."""

from datetime import UTC, datetime, timedelta

from bench.week.judging.conduct.politeness import Manners
from bench.week.judging.ledger import Book, judge
from bench.week.judging.messages import ReceivedAlert
from bench.week.judging.report import count_misses, list_figures
from bench.week.judging.reprints import list_repeated
from bench.week.programs.kinds import name_kinds
from bench.week.watches import Rule, WatchPlan
from bench.week.world.facts import Fact, State
from bench.week.world.texts.texts import Paragraph, Text

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def fact(token: str, *, text: Text, story: int = 1, at: int = 0, copy_of: str = "") -> Fact:
    return Fact(
        token=token,
        site="rss-0",
        story=story,
        kind="article",
        path="/",
        language="en",
        published_at=NOON + timedelta(seconds=at),
        states=[State(text=text, since=NOON + timedelta(seconds=at))],
        sources={"rss-0": NOON},
        copy_of=copy_of,
    )


def alerted(token: str, at: int, *, subject: str = "", number: int = 0) -> ReceivedAlert:
    return ReceivedAlert(
        recipient="r",
        watch="lake",
        kind="new",
        token=token,
        message_id=f"<{number or at}>",
        subject=subject,
        at=NOON + timedelta(seconds=at),
    )


def write(*sentences: str) -> Text:
    paragraphs = [Paragraph(text=one, says=("lake",)) for one in sentences]
    return Text(language="en", headline="A quiet day", paragraphs=tuple(paragraphs))


def make_book(*facts: Fact) -> Book:
    watch = WatchPlan(
        name="lake", query="lake", rule=Rule(any_of=("lake",)), to=("r",), names=["lake"]
    )
    return Book(
        facts={one.token: one for one in facts},
        watches=[watch],
        tags={},
        grace=timedelta(seconds=5),
    )


def test_a_message_without_a_link_belongs_to_the_article_with_its_headline() -> None:
    book = make_book(fact("f000001q", text=write("The lake was closed.")))

    found = name_kinds([alerted("", 5, subject="[lake] A quiet day")], book)

    assert [one.token for one in found] == ["f000001q"]


def test_a_second_message_is_an_update_where_there_was_one_and_a_duplicate_elsewhere() -> None:
    changed = fact("f000001q", text=write("The lake was closed."))
    more = write("The lake was closed.", "Anglers spoke softly of another lake.")
    changed.states.append(State(text=more, since=NOON + timedelta(seconds=30)))
    changed.served.append((NOON, 0))
    book = make_book(changed)

    kinds = name_kinds([alerted("f000001q", at) for at in (5, 10, 40)], book)
    found = judge(book, name_kinds([alerted("f000001q", at) for at in (5, 40)], book))

    assert [one.kind for one in kinds] == ["new", "new", "update"]
    assert (found.updates_alerted, len(found.duplicates)) == (1, 0)


def test_a_repeated_alert_caused_by_a_reprint_is_counted_separately() -> None:
    text = write("The lake was closed.")
    book = make_book(
        fact("f000001q", text=text), fact("f000002q", text=text, at=5, copy_of="f000001q")
    )
    messages = [alerted("f000001q", 6), alerted("f000002q", 12), alerted("f000002q", 18)]

    found = judge(book, messages)

    assert len(found.duplicates) == 2
    assert [one.at for one in list_repeated(found, messages, book)] == [messages[1].at]


def test_first_alerts_and_kinds_of_impoliteness_are_separate_figures() -> None:
    book = make_book(fact("f000001q", text=write("The lake was closed.")))
    found = judge(book, [])

    figures = dict(list_figures(found, Manners(unasked=["x", "y"]), repeated=0))

    assert figures["first tellings"] == "0.00% (0 of 1)"
    assert figures["impolite"] == "2 robots.txt not asked for first"
    assert count_misses(found, book, {"rss-0": "rss"}) == "1 rss"
