"""Status reports of a week held against what was done to its sites."""

from datetime import UTC, datetime

from bench.week.letters import Received
from bench.week.reports import ReportsFound, Truth, judge_reports

HEAD = "Status report: Needs a look, 25 Nov to 26 Nov\n  39 of 40 sources read on time\n"


def judge(text: str, *, is_disturbed: bool = False, is_clock_set: bool = False) -> ReportsFound:
    received = Received(
        recipient="r",
        message_id="<1@x>",
        subject="s",
        at=datetime(2026, 11, 26, tzinfo=UTC),
        told=(),
        text=text,
    )
    truth = Truth(
        source_count=40,
        paused=frozenset({"new-moves-3"}),
        troubled={"sleeps-1": "slept"},
        muted=frozenset({"drones"}),
        is_disturbed=is_disturbed,
        is_clock_set=is_clock_set,
    )
    return judge_reports([received], truth)


def test_what_was_so_is_true() -> None:
    found = judge(
        f"{HEAD}  - sleeps-1 could not be read at 12:00 and is tried again at 12:01\n  - new-moves-3 is paused in the\n"
        "    configuration\n  - Watch drones is muted until Friday\n"
    )

    assert (found.reports, found.sentences, found.untrue) == (1, 4, [])


def test_a_wrong_count_of_sources_is_untrue() -> None:
    assert judge(HEAD.replace("of 40", "of 41")).untrue


def test_a_source_that_is_well_and_named_is_untrue() -> None:
    line = f"{HEAD}  - rss-2 is failing since 12:00, never read: HTTP 503\n"

    assert judge(line).untrue
    assert not judge(line, is_disturbed=True).untrue


def test_a_message_that_nobody_refused_is_not_undeliverable() -> None:
    assert judge(f"{HEAD}  1 message could not be delivered\n").untrue


def test_a_mute_that_nobody_asked_for_is_untrue() -> None:
    assert judge(f"{HEAD}  - Watch ash is muted for good\n").untrue


def test_an_absence_in_a_week_without_one_is_untrue() -> None:
    line = f"{HEAD}  Nothing was read or sent from 12:00 to\n    13:10 (70 min): Watchword did not run\n"

    assert judge(line, is_disturbed=True).untrue


def test_by_a_clock_that_was_set_ahead_nothing_was_read_if_the_report_says_so() -> None:
    line = f"{HEAD}  Nothing was read or sent from 12:00 to\n    14:00 (2 h 0 min): the machine slept, or its clock was set ahead\n"

    assert judge(line, is_disturbed=True).untrue
    assert judge(line.replace(", or its clock was set ahead", ""), is_clock_set=True).untrue
    assert not judge(line, is_clock_set=True).untrue
