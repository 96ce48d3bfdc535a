"""Status reports of a week compared with what its sites answered: every kind of untruth is planted here."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bench.week.judging.conduct.reports import ReportsFound, Truth, judge_reports
from bench.week.judging.messages import Received

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
REPORT = """Status report: Needs a look, the first one, since 26 Nov 11:50, to
26 Nov 12:00 UTC
  39 of 40 sources read on time, 1 tried again after a
  failure, 1 paused
  - sleeps-1 could not be read at 26 Nov 11:59 and is tried again at
    26 Nov 12:01, last read 26 Nov 11:58: no answer
  - new-moves-3 is paused in the
    configuration
  - Watch drones is muted until Friday
  3 articles checked, 5 matches, 1 fetch of a page failed, 4 entries
  from before the visits, or without a date, were marked as seen and not read
  Nothing is pending

--\x20
Watchword
"""


def before(seconds: float) -> datetime:
    return NOON - timedelta(seconds=seconds)


TRUTH = Truth(
    source_count=40,
    paused=frozenset({"new-moves-3"}),
    troubled={"paywall-9": "paywall"},
    muted=frozenset({"drones"}),
    answers={
        "sleeps-1": [(before(60), True), (before(40), False), (before(20), False)],
        "rss-2": [(before(60), True), (before(20), True)],
    },
    pages=[(before(50), "f000001q"), (before(45), "f000002q"), (before(1), "f000003q")],
    texts=[before(30)],
    refused_count=1,
    old_count=4,
)


def judge(text: str, truth: Truth = TRUTH) -> ReportsFound:
    received = Received(
        recipient="r", message_id="<1@x>", subject="s", at=NOON, alerted=(), text=text
    )
    return judge_reports([received], truth)


def test_a_sentence_that_was_so_is_true() -> None:
    found = judge(REPORT)

    assert found.untrue == []
    assert (found.reports, found.sentences) == (1, 11)


@pytest.mark.parametrize(
    ("expected", "instead"),
    [
        ("39 of 40", "39 of 41"),
        ("39 of 40", "38 of 40"),
        ("1 paused", "2 paused"),
        ("Needs a look", "Nothing needs a look"),
        ("Needs a look", "All is well"),
        ("  - sleeps-1 could not be read", "  - rss-2 could not be read"),
        ("  - new-moves-3 is paused", "  - rss-2 is paused"),
        ("Watch drones is muted", "Watch ash is muted"),
        ("Watch drones is muted", "Watch drones stores its matches"),
        ("Nothing is pending", "1 message could not be delivered"),
        ("  - Watch", "  - Nothing was read or sent from 11:51 to 11:52 (a minute)\n  - Watch"),
        ("3 articles", "1 article"),
        ("3 articles", "5 articles"),
        ("1 fetch of a page failed", "2 fetches of pages failed"),
        ("4 entries", "5 entries"),
    ],
)
def test_a_sentence_that_was_not_so_is_untrue(expected: str, instead: str) -> None:
    assert judge(REPORT.replace(expected, instead, 1)).untrue


def test_a_source_without_an_answer_must_be_reported() -> None:
    silent = REPORT.replace("  - sleeps-1", "  - sleeps-2")
    answers = {**TRUTH.answers, "sleeps-2": [(before(30), False), (before(20), True)]}

    assert [one for one in judge(silent, replace(TRUTH, answers=answers)).untrue if "silent" in one]


def test_a_report_of_a_disturbed_daemon_on_a_source_may_be_true() -> None:
    text = REPORT.replace("  - sleeps-1", "  - rss-2")

    assert judge(text).untrue
    assert not judge(text, replace(TRUTH, is_disturbed=True)).untrue


def test_a_report_in_a_webhook_is_judged_as_well() -> None:
    payload = (
        '{"verdict": "All is well", "period": "26 Nov 11:50 to 26 Nov 12:00 UTC", "summary": "40 of 40 sources read on time, 1 paused",'
        ' "details": ["new-moves-3 is paused in the configuration"], "counts": "1 article checked", "pending": "Nothing is pending"}'
    )

    assert judge(payload).untrue
    assert not judge(
        payload.replace("All is well", "Nothing needs a look"), replace(TRUTH, answers={})
    ).untrue


def test_with_a_clock_ahead_a_report_that_nothing_was_read_is_true() -> None:
    line = "  - Nothing was read or sent from 26 Nov 12:00 to 26 Nov\n    14:00 (2 h 0 min): the machine slept, or its clock was set ahead\n"
    text = REPORT.replace("  - Watch", f"{line}  - Watch", 1)
    is_set = replace(TRUTH, is_clock_set=True)

    assert judge(text).untrue
    assert judge(text.replace(", or its clock was set ahead", ""), is_set).untrue
    assert not judge(text, is_set).untrue
