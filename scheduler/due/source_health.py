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

# so many failed visits in a row; one or two are left to the retries
FAILING_FROM = 3
_FEWEST_PAGES = 6
_FEWEST_ARTICLES = 20
# no article where 4.6 are expected happens by chance once in a hundred times: exp(-4.6) = 0.01
_P99 = 4.6
_SHORTEST_SILENCE = timedelta(hours=3)


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
        reason = (
            f"none of the {finished.listed_count} entries its feed lists was taken: {finished.note}"
        )
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
    if sample.same_count >= 3 and sample.same_count * 3 >= sample.article_count:
        return (
            f"{sample.same_count} of the last {sample.article_count} articles have the very same text at different "
            "addresses: a block or consent page?"
        )
    was_dated = sample.dated_before is not None and sample.dated_before >= 0.8
    if was_dated and sample.undated_count >= 0.8 * sample.article_count:
        return f"{sample.undated_count} of the last {sample.article_count} articles have no date; before, they had one"
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
    return f"{since}; by its publishing profile {expected:.0f} were to be expected by now"
