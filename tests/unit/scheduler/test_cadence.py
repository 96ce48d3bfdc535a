import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.model.visit import VisitOutcome
from crawler.storage.crawl.plans import FinishedVisit
from scheduler.due.cadence import Plan, next_cron_moment, plan_next_visit
from scheduler.due.publishing_profile import PublishingProfile, start_profile
from tests.fakes import START

CONFIG = Config()
HOUR = timedelta(hours=1)


def profile(*, per_day: float = 24) -> PublishingProfile:
    """Return the profile of a source that published evenly at all hours for the last three weeks."""
    rng, count = random.Random(3), int(per_day * 21)
    return start_profile([START - 504 * HOUR * rng.random() for _ in range(count)], now=START)


def plan(
    outcome: VisitOutcome = VisitOutcome.OK,
    *,
    known: PublishingProfile | None = None,
    settings: SourceSettings | None = None,
    config: Config = CONFIG,
    now: datetime = START,
    seed: int = 1,
    **facts: object,
) -> Plan:
    finished = FinishedVisit(
        visit_id=1, source_id=1, source_name="x", outcome=outcome, started_at=now,
        **{"announced_count": 0, "failure_count": 0, **facts},  # type: ignore[arg-type]  # test facts
    )  # fmt: skip
    return plan_next_visit(
        finished,
        known or profile(),
        settings=settings,
        config=config,
        now=now,
        rng=random.Random(seed),
    )


def source(**facts: object) -> SourceSettings:
    return SourceSettings.model_validate({"name": "x", "url": "http://x.org/", **facts})


def test_a_source_with_an_article_an_hour_is_visited_every_half_hour() -> None:
    assert timedelta(minutes=24) < plan().every < timedelta(minutes=36)


def test_a_source_with_a_quarter_of_the_articles_is_visited_half_as_often() -> None:
    assert 1.5 < plan(known=profile(per_day=6)).every / plan().every < 2.5


def test_the_cadence_stays_within_its_bounds() -> None:
    never = PublishingProfile(since=START - timedelta(days=90), learned_at=START, weeks=5.0)

    assert plan(known=profile(per_day=2000)).every >= CONFIG.fetch.min_every
    assert plan(known=never, settings=source(max_every="2h")).every == timedelta(hours=2)
    assert plan(known=profile(per_day=2000), settings=source(min_every="1h")).every >= HOUR


def test_a_source_that_publishes_at_night_is_visited_at_night() -> None:
    nights = [START.replace(hour=3) - timedelta(days=day) + n * timedelta(minutes=10) for day in range(21) for n in range(6)]  # fmt: skip
    known = start_profile(nights, now=START)

    by_day, by_night = plan(known=known), plan(known=known, now=START.replace(hour=3))

    assert by_day.every > 3 * by_night.every


def test_a_fixed_cadence_is_kept_whatever_the_feed_asks() -> None:
    fixed = plan(settings=source(every="5m"), pause_seconds=3000.0)

    assert fixed.every == timedelta(minutes=5)
    assert fixed.next_due_at - START <= timedelta(minutes=5.5)


def test_a_feed_that_asks_for_a_pause_gets_it_up_to_the_limit() -> None:
    asked = plan(pause_seconds=3000.0).next_due_at - START
    absurd = plan(pause_seconds=30 * 86_400.0).next_due_at - START

    assert asked >= timedelta(seconds=2700)
    assert absurd <= CONFIG.fetch.max_feed_ttl * 1.1


def test_a_rollover_brings_the_next_visit_nearer() -> None:
    assert plan(has_rollover=True).next_due_at < plan().next_due_at


@pytest.mark.parametrize("failures", [1, 2, 5, 50, 5000])
def test_failures_wait_longer_up_to_a_cap_and_never_for_ever(failures: int) -> None:
    rare = PublishingProfile(since=START - timedelta(days=90), learned_at=START, weeks=5.0)

    wait = plan(VisitOutcome.FAILED, known=rare, failure_count=failures).next_due_at - START

    expected = min(timedelta(seconds=30) * 2 ** min(failures - 1, 20), CONFIG.schedule.max_backoff)
    assert expected * 0.9 <= wait <= expected * 1.1


def test_a_lasting_failure_is_not_tried_again_soon() -> None:
    refused = plan(VisitOutcome.FAILED, failure_count=1, is_refused=True)

    assert refused.next_due_at - START >= CONFIG.schedule.max_backoff * 0.9


def test_a_throttled_domain_is_left_alone() -> None:
    throttle = plan(throttled_until=START + 5 * HOUR, next_try_at=START + HOUR)

    assert START + 5 * HOUR <= throttle.next_due_at <= START + 5 * HOUR + timedelta(minutes=1)


def test_jitter_keeps_sources_apart() -> None:
    assert len({plan(seed=seed).next_due_at for seed in range(20)}) == 20


def test_a_waiting_page_brings_the_visit_forward() -> None:
    later, soon = START + timedelta(days=9), START + timedelta(minutes=1)

    assert plan(next_try_at=soon).next_due_at == soon
    assert plan(next_try_at=later).next_due_at < START + 2 * HOUR


def test_no_visit_falls_outside_the_active_hours() -> None:
    config = Config(timezone="Europe/Berlin")
    late = datetime(2026, 11, 23, 21, 55, tzinfo=UTC)  # 22:55 in Berlin

    moment = plan(settings=source(active_hours="06:00-23:00"), config=config, now=late).next_due_at

    local = moment.astimezone(ZoneInfo("Europe/Berlin"))
    assert (local.day, local.hour) == (24, 6)


def test_active_hours_may_reach_over_midnight() -> None:
    night = plan(
        settings=source(active_hours="22:00-04:00"), now=datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    )
    noon = plan(settings=source(active_hours="22:00-04:00"), now=START)

    assert night.next_due_at < datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    assert noon.next_due_at.hour == 22


def moments(expression: str, begin: datetime, count: int) -> list[str]:
    """Return the local times of a cron expression in Berlin."""
    config, found, now = Config(timezone="Europe/Berlin"), [], begin
    for _ in range(count):
        now = next_cron_moment(expression, config, now=now)
        found.append(f"{now.astimezone(config.zone):%d %H:%M %Z}")
    return found


def test_a_cron_expression_keeps_its_hour_over_clock_changes() -> None:
    autumn, spring = datetime(2026, 10, 23, 12, tzinfo=UTC), datetime(2026, 3, 27, 12, tzinfo=UTC)

    assert moments("0 7 * * *", autumn, 3) == ["24 07:00 CEST", "25 07:00 CET", "26 07:00 CET"]
    assert moments("0 7 * * mon-fri", autumn, 2) == ["26 07:00 CET", "27 07:00 CET"]
    # the repeated hour counts once, and the skipped one runs later
    assert moments("30 2 * * *", autumn, 3) == ["24 02:30 CEST", "25 02:30 CEST", "26 02:30 CET"]
    assert moments("30 2 * * *", spring, 3) == ["28 02:30 CET", "29 03:00 CEST", "30 02:30 CEST"]


def test_an_hourly_cron_expression_runs_in_the_repeated_hour_too() -> None:
    begin = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)

    assert moments("0 * * * *", begin, 3) == ["25 02:00 CEST", "25 02:00 CET", "25 03:00 CET"]


def test_no_moment_lies_in_the_past_whenever_it_is_asked_for() -> None:
    """This holds within the repeated hour too, after its first pass."""
    midnight = datetime(2026, 10, 24, 23, tzinfo=UTC)

    for minutes in range(240):
        now = midnight + timedelta(minutes=minutes)
        for expression in ("30 2 * * *", "0 3 * * *", "*/20 * * * *", "15 */2 * * *"):
            found = next_cron_moment(expression, Config(timezone="Europe/Berlin"), now=now)
            assert now < found <= now + timedelta(hours=26)


def test_a_day_of_the_month_and_a_weekday_are_alternatives_as_in_cron() -> None:
    friday = datetime(2026, 3, 27, 12, tzinfo=UTC)

    assert moments("0 7 1 * mon", friday, 2) == ["30 07:00 CEST", "01 07:00 CEST"]


def test_a_week_may_end_on_a_sunday() -> None:
    friday = datetime(2026, 3, 27, 12, tzinfo=UTC)

    assert moments("0 7 * * sat-sun", friday, 3) == [
        "28 07:00 CET",
        "29 07:00 CEST",
        "04 07:00 CEST",
    ]
    assert moments("0 7 * * SUN-TUE", friday, 2) == ["29 07:00 CEST", "30 07:00 CEST"]


def test_weekday_numbers_are_those_of_cron() -> None:
    friday = datetime(2026, 3, 27, 12, tzinfo=UTC)

    assert moments("0 7 * * 1-5", friday, 1) == ["30 07:00 CEST"]
    assert moments("0 7 * * 0", friday, 1) == moments("0 7 * * 7", friday, 1) == ["29 07:00 CEST"]


def test_a_cron_moment_has_no_jitter() -> None:
    due_at = plan(settings=source(every="0 7 * * *")).next_due_at

    assert due_at == START.replace(day=24, hour=7)
