"""A source's health: a pure decision on its last visits, its publishing profile and its last pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.config.sections.sources import SourceSettings
from crawler.model.source import Health
from crawler.model.visit import VisitOutcome
from crawler.storage.crawl.plans import FinishedVisit
from crawler.storage.crawl.source_health import PageSample
from crawler.text.instants import write_instant
from scheduler.due.publishing_profile import PublishingProfile, expect

# failed visits in a row; one or two are left to the retries, which begin after 30 s
FAILING_FROM = 3
# with fewer pages, a gallery and a live blog would be half of them; chosen, not measured
_FEWEST_PAGES = 6
# with fewer pauses between articles, the longest says little about the next; the 99th percentile needs more
_FEWEST_ARTICLES = 20
# no article where 4.6 are expected happens by chance once in a hundred times: exp(-4.6) = 0.01
_P99 = 4.6
# a source with an article every few minutes pauses this long for a public holiday; chosen, not measured
_SHORTEST_SILENCE = timedelta(hours=3)
# articles with one text at different addresses: three, and a third of all. Sites block crawlers with a page that answers 200
# (Media Cloud's backend, #448, #567)
_FEWEST_SAME, _SAME_PART = 3, 3
# of the sample before and of the present one: single pages without a date are ordinary; chosen, not measured
_NEARLY_ALL = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFinding:
    """A source's health, and the reason for a person to read; empty for a source that is well."""

    health: Health
    reason: str = ""


def judge_health(
    finished: FinishedVisit,
    profile: PublishingProfile,
    sample: PageSample | None,
    *,
    settings: SourceSettings | None,
    failure: str,
    now: datetime,
) -> HealthFinding:
    """Return a source's health after a visit.

    sample   its last pages, None if this visit fetched none
    failure  why the visit failed
    """
    if finished.outcome is VisitOutcome.FAILED:
        if finished.failure_count < FAILING_FROM:
            return HealthFinding(health=finished.health)
        reason = f"{finished.failure_count} visits in a row failed: {failure}"
        return HealthFinding(health=Health.FAILING, reason=reason)
    if finished.listed_count and not finished.found_count:
        reason = f"none of the {finished.listed_count} entries in its feed could be used: {finished.note}"
        return HealthFinding(health=Health.DEGRADED, reason=reason)
    degraded = _find_degraded(sample) if sample else None
    if degraded:
        return HealthFinding(health=Health.DEGRADED, reason=degraded)
    # without new pages there is nothing that could have become better
    if sample is None and finished.health is Health.DEGRADED:
        return HealthFinding(health=Health.DEGRADED)
    quiet = _find_quiet(profile, settings, now=now)
    return HealthFinding(health=Health.QUIET if quiet else Health.OK, reason=quiet or "")


def _find_degraded(sample: PageSample) -> str | None:
    """Return what is wrong with the last pages, or None."""
    if sample.page_count >= _FEWEST_PAGES and sample.refused_count * 2 > sample.page_count:
        return (
            f"{sample.refused_count} of the last {sample.page_count} pages held no article, mostly: "
            f"{sample.refusal}"
        )
    if sample.same_count >= _FEWEST_SAME and sample.same_count * _SAME_PART >= sample.article_count:
        return (
            f"{sample.same_count} of the last {sample.article_count} articles have the same text at different "
            "addresses, probably a block or consent page"
        )
    was_dated = sample.dated_before is not None and sample.dated_before >= _NEARLY_ALL
    if was_dated and sample.undated_count >= _NEARLY_ALL * sample.article_count:
        return f"{sample.undated_count} of the last {sample.article_count} articles have no date; earlier ones had one"
    return None


def _find_quiet(
    profile: PublishingProfile, settings: SourceSettings | None, *, now: datetime
) -> str | None:
    """Return since when a source has been silent for longer than ever before, or None."""
    last_at = profile.last_at
    if last_at is None:
        return None
    silence = now - last_at
    since = f"no article since {write_instant(last_at)}"
    if settings is not None and isinstance(settings.silent_after, timedelta):
        return since if silence > settings.silent_after else None
    if len(profile.gaps) < _FEWEST_ARTICLES or silence < _SHORTEST_SILENCE:
        return None
    expected = expect(profile, last_at, now)
    gaps = sorted(profile.gaps)
    longest = gaps[min(len(gaps) - 1, round(0.99 * len(gaps)))]
    if expected <= max(_P99, longest):
        return None
    return f"{since}; its publishing profile predicts {expected:.0f} by now"
