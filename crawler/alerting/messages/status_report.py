"""The sentences of a status report: what was read, what was not and what is pending, the worst first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from crawler.alerting.messages.report_lines import (
    STANDINGS,
    list_downtime_lines,
    list_source_lines,
    list_watch_lines,
)
from crawler.alerting.phrases import Phrases
from crawler.model.mail.status_report import Standing, StatusReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReport:
    """A status report in a reader's language.

    is_well     everything is as it should be, and nothing is held back
    needs_look  something is not as it should be; both are False if all that is named was asked for (paused, muted)
    verdict  one of these three in words
    line     the whole report in one line, for the top of a digest
    period   the time it covers
    summary  how many sources were read on time, and the state of the others
    details  one line for each downtime, source and watch that is named
    counts   pages checked, matches, and pages that wait
    pending  messages that were not sent yet
    """

    is_well: bool
    needs_look: bool
    verdict: str
    line: str
    period: str
    summary: str
    details: tuple[str, ...]
    counts: str
    pending: str


def show_status_report(report: StatusReport, phrases: Phrases) -> ShownReport:
    """Return a status report in words."""
    verdict, summary = write_verdict(report, phrases), write_sources(report, phrases)
    return ShownReport(
        is_well=report.is_well,
        needs_look=report.needs_look,
        verdict=verdict,
        line=phrases.say("report.line", verdict=verdict, summary=_write_line(report, phrases)),
        period=_write_period(report, phrases),
        summary=summary,
        details=tuple(list_details(report, phrases)),
        counts=write_counts(report, phrases),
        pending=write_pending(report, phrases),
    )


def write_verdict(report: StatusReport, phrases: Phrases) -> str:
    """Return in words whether all is well."""
    if report.is_well:
        return phrases.say("report.well")
    return phrases.say("report.look" if report.needs_look else "report.calm")


def write_status_report_subject(report: StatusReport, phrases: Phrases) -> str:
    """Return the subject of a message that is only a status report."""
    read = _write_read(report, phrases)
    if report.is_well:
        return phrases.say("report.subject_well", read=read)
    mail = report.mail
    if mail.dead_count:
        worst = phrases.count("report.dead", mail.dead_count)
    elif mail.pending_count and mail.pending_since:
        since = phrases.short_instant(mail.pending_since)
        worst = phrases.count("report.pending", mail.pending_count, since=since)
    elif report.downtimes:
        worst = phrases.say("report.subject_downtime")
    else:
        worst = phrases.say(f"report.subject_{'look' if report.needs_look else 'calm'}")
    return phrases.say("report.subject", worst=worst, read=read)


def _write_line(report: StatusReport, phrases: Phrases) -> str:
    """Return the report in one line: sources, and anything else that is not well."""
    pages, mail = report.pages, report.mail
    more = [phrases.say("report.subject_downtime")] if report.downtimes else []
    if report.has_old_pages and pages.waiting_since is not None:
        since = phrases.short_instant(pages.waiting_since)
        more.append(phrases.count("report.waiting", pages.waiting_count, since=since))
    has_unsent = mail.pending_count or mail.dead_count
    if has_unsent or mail.others_pending_count or mail.others_dead_count:
        more.append(lower_first(write_pending(report, phrases)))
    return "; ".join([write_sources(report, phrases), *more])


def _write_period(report: StatusReport, phrases: Phrases) -> str:
    until, zone = phrases.short_instant(report.until), phrases.zone_name(report.until)
    if report.since is None:
        return phrases.say("report.period_none", until=until, zone=zone)
    if report.since >= report.until:
        return phrases.say("report.period_back", until=until, zone=zone)
    if report.until - report.since < timedelta(minutes=1):
        key = "report.period_moment" if report.is_first else "report.period_again"
        return phrases.say(key, until=until, zone=zone)
    key = "report.period_first" if report.is_first else "report.period"
    since = phrases.short_instant(report.since)
    return phrases.say(key, since=since, until=until, zone=zone)


def _write_read(report: StatusReport, phrases: Phrases) -> str:
    sources = report.sources
    if not sources.active_count:
        return phrases.say("report.no_sources")
    number = phrases.number(sources.count(Standing.ON_TIME))
    return phrases.count("report.on_time", sources.active_count, read=number)


def write_sources(report: StatusReport, phrases: Phrases) -> str:
    """Return how many sources there are in each state; the numbers add up to all sources."""
    sources = report.sources
    read = _write_read(report, phrases)
    if sources.not_due_count:
        read += f" ({phrases.count('report.not_due', sources.not_due_count)})"
    parts = [
        phrases.count(f"report.{standing.name.lower()}", sources.count(standing))
        for standing in STANDINGS
        if sources.count(standing)
    ]
    for key, names in (("paused", sources.paused), ("removed", sources.removed)):
        if names:
            parts.append(phrases.count(f"report.{key}", len(names)))
    return ", ".join([read, *parts])


def list_details(report: StatusReport, phrases: Phrases) -> list[str]:
    """Return a line for each thing to report: first what is not as it should be, then what somebody asked for."""
    sources = report.sources
    lines = list_downtime_lines(report, phrases)
    if report.free_bytes is not None:
        megabytes = phrases.number(report.free_bytes // 1_000_000)
        lines.append(phrases.say("report.disk", megabytes=megabytes))
    if not sources.active_count:
        lines.append(phrases.say("report.no_sources_line"))
    if not report.watch_count:
        lines.append(phrases.say("report.no_watch_line"))
    lines += list_source_lines(report, phrases)
    return lines + list_watch_lines(report, phrases)


def write_counts(report: StatusReport, phrases: Phrases) -> str:
    """Return how many pages were checked, matched and waiting; zeros are left out, except for checked and matched."""
    pages = report.pages
    parts = [
        phrases.count("report.checked", pages.checked_count),
        phrases.count("report.matches", pages.match_count),
        *_count_present(
            phrases,
            ("report.refused", pages.refused_count),
            ("report.failed", pages.failed_count),
            ("report.skipped", pages.skipped_count),
        ),
    ]
    waiting = write_waiting(report, phrases)
    return "; ".join(filter(None, (", ".join(parts), waiting)))


def write_waiting(report: StatusReport, phrases: Phrases) -> str:
    """Return how many pages wait and since when; empty for none."""
    pages = report.pages
    if not pages.waiting_count or pages.waiting_since is None:
        return ""
    since = phrases.short_instant(pages.waiting_since)
    waiting = phrases.count("report.waiting", pages.waiting_count, since=since)
    retried = _count_present(phrases, ("report.retried", pages.retried_count))
    return ", ".join([waiting, *retried])


def write_pending(report: StatusReport, phrases: Phrases) -> str:
    """Return how many messages were not sent yet, and how many never will be."""
    mail = report.mail
    parts = []
    if mail.pending_count and mail.pending_since is not None:
        since = phrases.short_instant(mail.pending_since)
        pending = phrases.count("report.pending", mail.pending_count, since=since)
        alerts = _count_present(phrases, ("report.pending_alerts", mail.alert_count))
        parts.append(", ".join([pending, *alerts]))
    parts += _count_present(
        phrases,
        ("report.dead", mail.dead_count),
        ("report.others_pending", mail.others_pending_count),
        ("report.others_dead", mail.others_dead_count),
    )
    if not parts:
        parts = [phrases.say("report.nothing_pending")]
    if mail.later_count and mail.later_at is not None:
        at = phrases.short_instant(mail.later_at)
        parts.append(phrases.count("report.later", mail.later_count, at=at))
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """Return a sentence beginning in lower case, as the second half of another."""
    return text[:1].lower() + text[1:]


def _count_present(phrases: Phrases, *counts: tuple[str, int]) -> Iterable[str]:
    return [phrases.count(key, number) for key, number in counts if number]


def write_cut_off(report: StatusReport, phrases: Phrases) -> str:
    """Return how many pages a crawl that was cut off has left, and how to continue."""
    if report.pages.waiting_count:
        return phrases.count("report.cut_off_pages", report.pages.waiting_count)
    return phrases.say("report.cut_off_none")
