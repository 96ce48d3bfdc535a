import random
from datetime import timedelta

import pytest

from crawler.config.schema import Config, SourceSettings
from crawler.model.run import RunOutcome
from crawler.storage.crawl_queue import FinishedVisit
from scheduler.cadence import Plan, plan_next_visit
from tests.fakes import START

CONFIG = Config()


def plan(
    outcome: RunOutcome = RunOutcome.OK,
    *,
    announced: int = 0,
    failures: int = 0,
    every: float | None = 1800,
    settings: SourceSettings | None = None,
    next_try: timedelta | None = None,
) -> Plan:
    finished = FinishedVisit(
        run_id=1,
        source_id=1,
        source_name="x",
        outcome=outcome,
        announced_count=announced,
        failure_count=failures,
        every_seconds=every,
        next_try_at=START + next_try if next_try else None,
    )
    return plan_next_visit(
        finished, settings=settings, config=CONFIG, now=START, rng=random.Random(1)
    )


def test_news_brings_the_next_visit_nearer_and_silence_pushes_it_away() -> None:
    busy, quiet = plan(announced=3), plan(RunOutcome.UNCHANGED)

    assert busy.every < timedelta(minutes=30) < quiet.every


def test_the_rhythm_stays_within_its_bounds() -> None:
    assert plan(announced=3, every=600).every == CONFIG.fetch.min_every
    assert plan(every=86_400).every == CONFIG.fetch.max_every


def test_a_fixed_rhythm_is_kept() -> None:
    fixed = SourceSettings(name="x", url="http://x.org/", every=timedelta(minutes=5))

    assert plan(announced=9, settings=fixed).every == timedelta(minutes=5)


@pytest.mark.parametrize("failures", [1, 2, 5, 50, 5000])
def test_failures_wait_longer_up_to_a_cap_and_never_for_ever(failures: int) -> None:
    planned = plan(RunOutcome.FAILED, failures=failures, every=86_400)

    wait = planned.next_due_at - START
    expected = min(timedelta(seconds=30) * 2 ** min(failures - 1, 20), CONFIG.schedule.max_backoff)
    assert expected * 0.9 <= wait <= expected * 1.1


def test_jitter_keeps_sources_apart() -> None:
    rng = random.Random(7)
    finished = FinishedVisit(
        run_id=1, source_id=1, source_name="x", outcome=RunOutcome.OK, announced_count=0,
        failure_count=0, every_seconds=1800, next_try_at=None,
    )  # fmt: skip
    moments = {
        plan_next_visit(finished, settings=None, config=CONFIG, now=START, rng=rng).next_due_at
        for _ in range(20)
    }

    assert len(moments) == 20


def test_a_page_that_waits_pulls_the_visit_forward() -> None:
    assert plan(next_try=timedelta(minutes=1)).next_due_at == START + timedelta(minutes=1)
    assert plan(next_try=timedelta(days=9)).next_due_at < START + timedelta(hours=2)
