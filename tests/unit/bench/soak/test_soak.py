"""A soak can fail for each of its reasons, and for nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from bench.soak.daemon import Message
from bench.soak.figures import (
    AlertComparison,
    Sample,
    Usage,
    compare_alerts,
    fit_slope,
    judge,
    measure_usage,
)
from bench.soak.log import read_log
from bench.soak.processes import Process, name_kind
from bench.soak.rows import judge_punctuality
from bench.soak.site.articles import TOPICS, find_tokens, make_article, write_page

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
LOG = """\
2026-11-26T10:00:00.001Z ERROR watchword.daemon crawl process died code=-9 restart_in_seconds=1.0
2026-11-26T10:00:09.001Z ERROR watchword.daemon crawl process died code=1 restart_in_seconds=2.0
Traceback (most recent call last):
  File "/x.py", line 3, in run
    raise ValueError(3)
ValueError: 3
2026-11-26T10:00:10.001Z WARNING watchword.crawl source failed source=good-3 reason="timed out"
"""


def process(pid: int, rss_mb: float, kind: str = "crawl process") -> Process:
    return Process(pid=pid, kind=kind, rss_mb=rss_mb, pss_mb=1.0, descriptors=10, threads=4)


def message(recipient: str, *tokens: str, after_seconds: float = 20) -> Message:
    return Message(
        recipient=recipient,
        message_id="<1>",
        tokens=frozenset(tokens),
        received_at=NOW + timedelta(seconds=after_seconds),
    )


def test_growth_is_measured_within_each_process() -> None:
    grows = [(1, minute, 100 + 3 * minute) for minute in range(5)]
    renewed = [*grows, *((2, minute, 50 + 3 * minute) for minute in range(5, 9))]

    assert fit_slope(renewed) == pytest.approx(3)
    assert fit_slope([]) == 0


def test_the_warm_up_does_not_count_as_growth() -> None:
    levels = (100, 200, 300, 300, 300)
    samples = [
        Sample(at_seconds=60.0 * n, processes=(process(1, mb), process(2, mb)), rows={})
        for n, mb in enumerate(levels)
    ]

    usage = measure_usage(samples, "crawl process", warm_up_seconds=120)

    assert usage is not None
    assert (usage.warm_mb, usage.most_mb, usage.slope_mb, usage.count) == (600, 600, 0, 2)
    assert measure_usage(samples, "daemon", warm_up_seconds=120) is None


def test_a_starved_source_is_late_as_long_as_it_starves() -> None:
    end = NOW + timedelta(seconds=750)
    visits = {"a": [NOW + timedelta(seconds=30 * n) for n in range(25)], "b": [NOW]}

    found = judge_punctuality(
        visits, ("a", "b"), begin=NOW, end=end, longest_wait=timedelta(seconds=75)
    )

    assert found.on_time == pytest.approx(1 - 675 / 1500)
    assert (found.late_count, found.late_sources) == (1, {"b": 750.0})


def test_each_alert_is_lost_doubled_or_delivered_once() -> None:
    expected = {("a@x", "tok01x00001"): NOW, ("a@x", "tok01x00002"): NOW, ("b@x", "tok01x00001"): NOW}  # fmt: skip
    messages = [message("a@x", "tok01x00001", "tok01x00002"), message("a@x", "tok01x00002"), message("b@x")]  # fmt: skip

    alerts = compare_alerts(expected, messages)

    assert alerts.lost == (("b@x", "tok01x00001"),)
    assert alerts.doubled == (("a@x", "tok01x00002"),)
    assert (alerts.expected, alerts.delivered, alerts.stray, alerts.median_seconds) == (3, 2, 1, 20)


def test_a_log_is_summarised_by_kinds() -> None:
    tally = read_log(LOG)

    assert tally.count("ERROR") == {
        "watchword.daemon crawl process died code=-N restart_in_seconds=N": 1,
        "watchword.daemon crawl process died code=N restart_in_seconds=N": 1,
    }
    assert list(tally.tracebacks) == ["ValueError: N"]
    assert tally.traceback_count == 1
    assert tally.count("WARNING").total() == 1


def usage(kind: str, slope_mb: float) -> Usage:
    return Usage(
        kind=kind, count=1, warm_mb=1, end_mb=1, most_mb=1, slope_mb=slope_mb, pss_end_mb=1,
        descriptors=(1, 1), threads=(1, 1), pids=1,
    )  # fmt: skip


def alerts(lost: int = 0, doubled: int = 0) -> AlertComparison:
    one = ("a@x", "tok01x00001")
    return AlertComparison(
        expected=1, delivered=1, lost=(one,) * lost, doubled=(one,) * doubled, stray=0,
        median_seconds=1, p95_seconds=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "failure"),
    [
        ({}, ""),
        ({"usages": [usage("crawl process", 1.0)]}, "the crawl process grows by 1.0 MB a minute"),
        ({"usages": [usage("daemon", 2.0)]}, "the daemon grows by 2.0 MB a minute"),
        ({"usages": [usage("parse worker", 9.0)]}, ""),
        ({"alerts": alerts(lost=1)}, "1 alerts were lost"),
        ({"alerts": alerts(doubled=2)}, "2 alerts came more than once"),
        ({"on_time": 0.94}, "good sources were on time 94.0% of the time"),
        ({"traceback_count": 3}, "3 tracebacks in the log"),
        ({"troubles": ["the daemon ended"]}, "the daemon ended"),
    ],
)
def test_a_soak_fails_for_each_of_its_reasons(facts: dict[str, object], failure: str) -> None:
    well: dict[str, object] = {"usages": [usage("daemon", 0.9)], "alerts": alerts(), "on_time": 0.95, "traceback_count": 0}  # fmt: skip

    found = judge(**{**well, **facts})  # type: ignore[arg-type]  # what is not said is well

    assert found == ([failure] if failure else [])


@pytest.mark.parametrize(
    ("command", "parent", "kind"),
    [
        ("python -m crawler", "python watchword run", "crawl process"),
        ("python -c from multiprocessing.forkserver", "python -m crawler", "forkserver"),
        ("python -c from multiprocessing.forkserver", "python -c multiprocessing.forkserver", "parse worker"),
        ("python -c from multiprocessing.forkserver", "", "parse worker"),
        ("python watchword --config x run", "", "daemon"),
        ("python -m datasette x", "python watchword run", "datasette"),
    ],
)  # fmt: skip
def test_a_process_is_recognised_by_its_command(command: str, parent: str, kind: str) -> None:
    assert name_kind(2, {2: command, 1: parent}, {2: 1}) == kind


def test_an_article_contains_its_topics_and_no_other() -> None:
    made = [make_article(7, number, seed=1, published_at=NOW) for number in range(60)]

    for article in made:
        page = write_page(article).decode()
        assert {topic for topic, (words, _) in TOPICS.items() if words in page} == {*article.topics}
        assert find_tokens(page) == {article.token}
    assert {topic for article in made for topic in article.topics} == set(TOPICS)
