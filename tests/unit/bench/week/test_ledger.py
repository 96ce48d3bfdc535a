"""The ledger of a week: each kind of fault is planted, and must be reported."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bench.week.judging.ledger import Book, judge
from bench.week.judging.messages import ReceivedAlert
from bench.week.judging.verdicts import Verdicts
from bench.week.watches import Rule, WatchPlan
from bench.week.world.facts import Fact, State
from bench.week.world.texts.texts import Author, Paragraph, Text

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
READER = "reader@desk.test"
WRITER = Author(1)
# three sentences that say the same atom in different words
SAYINGS = ("Two drones crossed the quay.", "Police shot at a drone near Leith.", "Nobody flew this drone, says Ada.", "Farmers want any drone grounded.", "Why must drone pilots register?", "Yesterday drone makers met.")  # fmt: skip


def make_fact(number: int = 1, *, story: int = 1, says: tuple[str, ...] = ("drone",)) -> Fact:
    text = WRITER.write("en")
    paragraph = Paragraph(text="Buzzing drones woke Oslo.", says=says)
    return Fact(
        token=f"f{number:06d}q",
        site="courier",
        story=story,
        kind="article",
        path="/a",
        language="en",
        published_at=NOON,
        states=[State(text=replace(text, paragraphs=(*text.paragraphs, paragraph)), since=NOON)],
        sources={"courier": NOON},
        served=[(NOON + timedelta(seconds=2), 0)],
    )


def make_watch(**changes: object) -> WatchPlan:
    facts: dict[str, object] = {
        "name": "drones",
        "query": "drone",
        "rule": Rule(any_of=("drone",)),
        "to": (READER,),
        "names": ["drones"],
    }
    return WatchPlan(**{**facts, **changes})  # type: ignore[arg-type]


def alerted(
    number: int = 1, *, kind: str = "new", after: float = 5, message: str = "<1@x>"
) -> ReceivedAlert:
    return ReceivedAlert(
        recipient=READER,
        watch="drones",
        kind=kind,
        token=f"f{number:06d}q",
        message_id=message,
        subject="s",
        at=NOON + timedelta(seconds=after),
    )


def hold(
    facts: list[Fact],
    received: list[ReceivedAlert],
    watch: WatchPlan | None = None,
    *,
    delay: float = 0,
) -> Verdicts:
    book = Book(
        facts={fact.token: fact for fact in facts},
        watches=[watch or make_watch()],
        tags={"courier": ("plain",)},
        grace=timedelta(seconds=10),
        delay=timedelta(seconds=delay),
    )
    return judge(book, received)


def say_more(fact: Fact) -> Text:
    paragraph = SAYINGS[len(fact.states) % len(SAYINGS)]
    more = Paragraph(text=paragraph, says=("drone",))
    return replace(fact.text, paragraphs=(*fact.text.paragraphs, more))


def edit(fact: Fact, text: Text, *, after: float) -> None:
    fact.states.append(State(text=text, since=NOON + timedelta(seconds=after)))
    fact.served.append((NOON + timedelta(seconds=after + 2), len(fact.states) - 1))


def test_what_was_told_once_is_right() -> None:
    found = hold([make_fact()], [alerted()])

    assert (found.recall, found.precision, found.waits) == (1, 1, [5])


def test_a_missing_alert_is_missed() -> None:
    found = hold([make_fact()], [])

    assert found.recall == 0
    assert found.misses == [(READER, "drones", 1, "new", ("f000001q",))]


def test_what_says_nothing_and_was_told_is_false() -> None:
    found = hold([make_fact(says=())], [alerted()])

    assert [one.token for one in found.false] == ["f000001q"]
    assert found.precision == 0


def test_a_message_about_nothing_of_ours_is_false() -> None:
    assert len(hold([make_fact()], [alerted(), alerted(7)]).false) == 1


def test_the_same_told_again_under_another_message_id_is_a_duplicate() -> None:
    found = hold([make_fact()], [alerted(), alerted(message="<2@x>", after=9)])

    assert len(found.duplicates) == 1
    assert not found.copies


def test_the_same_message_once_more_is_a_copy() -> None:
    found = hold([make_fact()], [alerted(), alerted(after=9)])

    assert len(found.copies) == 1
    assert not found.duplicates


def test_a_repeated_alert_of_a_reprint_is_a_duplicate() -> None:
    copy = make_fact(2)
    copy.copy_of = "f000001q"

    found = hold([make_fact(), copy], [alerted(), alerted(2, message="<2@x>")])

    assert len(found.duplicates) == 1
    assert (found.reprinted, found.reprint_alerts) == (1, 2)


def test_an_alert_of_an_edit_that_repeats_the_words_is_expected() -> None:
    fact = make_fact()
    edit(fact, say_more(fact), after=20)

    assert hold([fact], [alerted()]).misses
    assert not hold([fact], [alerted(), alerted(kind="update", after=25, message="<2@x>")]).misses


def test_an_alert_of_an_edit_without_the_words_is_superfluous() -> None:
    fact = make_fact()
    edit(fact, WRITER.add(fact.text, []), after=20)

    found = hold([fact], [alerted(), alerted(kind="update", after=25, message="<2@x>")])

    assert len(found.superfluous) == 1


def test_more_than_three_follow_ups_are_not_expected() -> None:
    fact = make_fact()
    for number in range(5):
        edit(fact, say_more(fact), after=20 + 10 * number)
    followed = [alerted(kind="update", after=25 + 10 * n, message=f"<{n + 2}@x>") for n in range(3)]

    assert not hold([fact], [alerted(), *followed]).misses
    assert hold([fact], [alerted(), *followed[:2]]).misses


def test_articles_from_before_the_first_visit_cause_no_alert() -> None:
    fact = make_fact()
    fact.is_old = True

    assert len(hold([fact], [alerted()]).false) == 1
    assert hold([fact], []).due == 0


def test_articles_from_before_a_watch_was_made_cause_no_alert() -> None:
    watch = make_watch(since=NOON + timedelta(minutes=1))

    assert len(hold([make_fact()], [alerted(after=70)], watch).false) == 1


def test_an_alert_close_to_an_edit_of_the_watch_is_optional() -> None:
    watch = make_watch(since=NOON + timedelta(seconds=5))

    assert hold([make_fact()], [], watch).precision == 1
    assert not hold([make_fact()], [], watch).misses
    assert not hold([make_fact()], [alerted()], watch).false


def test_an_article_delayed_by_a_fault_may_match_before_or_after_an_edit() -> None:
    muted = make_watch(muted_from=NOON + timedelta(seconds=60))
    joined = make_watch(since=NOON + timedelta(seconds=60))

    assert hold([make_fact()], [], muted).misses
    assert not hold([make_fact()], [], muted, delay=90).misses
    assert hold([make_fact()], [alerted(after=90)], joined).false
    assert not hold([make_fact()], [alerted(after=90)], joined, delay=90).false


def test_an_alert_long_after_a_mute_is_wrong() -> None:
    watch = make_watch(muted_from=NOON - timedelta(minutes=1))

    assert len(hold([make_fact()], [alerted()], watch).false) == 1


def test_an_unreadable_article_causes_no_alert() -> None:
    fact = make_fact()
    fact.is_closed = "robots.txt forbids it"

    assert len(hold([fact], [alerted()]).false) == 1


def test_a_watch_of_one_source_expects_only_what_that_source_announces() -> None:
    agency = make_watch(rule=Rule(any_of=("drone",), sources=("agency",)))
    plain = make_watch(rule=Rule(any_of=("drone",), sources=("plain",)))

    assert hold([make_fact()], [], agency).due == 0
    assert hold([make_fact()], [], plain).due == 1


def test_alerts_of_a_renamed_watch_are_accepted_under_both_names() -> None:
    watch = make_watch(name="uav", names=["drones", "uav"])

    assert hold([make_fact()], [alerted()], watch).recall == 1


def test_words_that_an_edit_adds_are_expected_whether_edits_are_wanted_or_not() -> None:
    fact = make_fact(says=())
    edit(fact, WRITER.add(fact.text, ["drone"]), after=20)

    assert hold([fact], []).misses
    assert hold([fact], [], make_watch(extra={"on_revision": "never"})).misses


def test_an_alert_of_an_edit_in_nearly_the_same_words_is_optional() -> None:
    fact = make_fact(says=())
    fact.states[0] = State(text=say_more(fact), since=NOON)
    again = Paragraph(text="Police shot at a drone near Perth.", says=("drone",))
    edit(fact, replace(fact.text, paragraphs=(*fact.text.paragraphs, again)), after=20)
    alerted_again = alerted(kind="update", after=25, message="<2@x>")

    assert not hold([fact], [alerted()]).misses
    assert hold([fact], [alerted(), alerted_again]).precision == 1


def test_two_updates_in_one_message_are_not_copies() -> None:
    fact = make_fact()
    edit(fact, say_more(fact), after=20)
    edit(fact, say_more(fact), after=30)
    both = [alerted(kind="update", after=40, message="<2@x>")] * 2

    found = hold([fact], [alerted(), *both])

    assert (found.copies, found.misses, found.updates_alerted) == ([], [], 2)


def test_an_update_for_a_reprint_is_superfluous() -> None:
    original, copy = make_fact(), make_fact(2)
    copy.copy_of, copy.states = original.token, list(original.states)
    followed = alerted(2, kind="update", after=25, message="<2@x>")

    assert len(hold([original, copy], [alerted(), followed]).superfluous) == 1


def test_an_update_for_a_copy_that_adds_the_words_is_accepted() -> None:
    original, copy = make_fact(), make_fact(2)
    copy.copy_of = original.token
    copy.states = [State(text=say_more(original), since=NOON)]
    followed = alerted(2, kind="update", after=25, message="<2@x>")

    assert not hold([original, copy], [alerted(), followed]).superfluous


def test_an_alert_of_a_gone_page_is_expected_for_who_had_an_alert_of_it() -> None:
    fact = make_fact()
    fact.gone_at = NOON + timedelta(seconds=20)
    received = [alerted(), alerted(kind="gone", after=60, message="<2@x>")]

    assert hold([fact], received).recall == 1
    assert len(hold([fact], received[:1]).misses) == 1


def test_what_is_gone_twice_or_not_at_all_is_superfluous() -> None:
    gone = [alerted(kind="gone", after=60 + n, message=f"<{n}@x>") for n in (2, 3)]
    fact = make_fact()

    assert len(hold([fact], [alerted(), gone[0]]).superfluous) == 1
    fact.gone_at = NOON + timedelta(seconds=20)
    assert len(hold([fact], [alerted(), *gone]).superfluous) == 1


def test_a_watch_without_revisions_expects_no_alert_of_a_gone_page() -> None:
    fact = make_fact()
    fact.gone_at = NOON + timedelta(seconds=20)
    watch = make_watch(extra={"on_revision": "never"})

    assert hold([fact], [alerted()], watch).recall == 1
    received = [alerted(), alerted(kind="gone", after=60, message="<2@x>")]
    assert len(hold([fact], received, watch).superfluous) == 1


def test_an_alert_of_an_edit_that_was_read_after_a_mute_is_optional() -> None:
    fact = make_fact(says=())
    edit(fact, say_more(fact), after=20)
    fact.served[-1] = (NOON + timedelta(seconds=70), 1)

    early = make_watch(muted_from=NOON + timedelta(seconds=69))
    late = make_watch(muted_from=NOON + timedelta(seconds=90))

    assert hold([fact], [], early).recall == 1
    assert len(hold([fact], [], late).misses) == 1


def test_alerts_that_a_digest_counts_without_showing_are_not_missed() -> None:
    facts = {one.token: one for one in (make_fact(1), make_fact(2, story=2), make_fact(3, story=3))}
    book = Book(facts=facts, watches=[make_watch()], tags={}, grace=timedelta(0))

    found = judge(book, [alerted(1)], hidden=Counter({(READER, "drones"): 1, (READER, "lakes"): 9}))

    assert (found.due, found.alerted, found.counted, len(found.misses)) == (3, 2, 1, 1)
