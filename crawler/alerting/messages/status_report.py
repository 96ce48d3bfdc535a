"""The sentences of a status report: what was read, what was not and what is pending, the worst first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.alerting.phrases import Phrases
from crawler.model.mail.status_report import SourceState, Standing, StatusReport, WatchState
from crawler.text.lines import clean_line

_MOST_SHOWN = 10  # lines for each state; the others are counted in one line
# worst first
_STANDINGS = (
    Standing.FAILING,
    Standing.NEVER_READ,
    Standing.CUT_OFF,
    Standing.LATE,
    Standing.RETRYING,
    Standing.THROTTLED,
    Standing.DEGRADED,
    Standing.QUIET,
    Standing.NEW,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReport:
    """A status report in a reader's language.

    is_well     everything is as it should be, and nothing is held back
    needs_look  something is not as it should be; if only what somebody asked for is named (paused, muted), both are False
    verdict  one of these three in words
    line     the whole report in one line, for the top of a digest
    period   the time it covers
    summary  how many sources were read on time, and the state of the others
    details  one line for each downtime, source and watch that is named
    counts   pages checked, matches, and pages that wait; ``pending`` is about messages that have not left
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
        for standing in _STANDINGS
        if sources.count(standing)
    ]
    for key, names in (("paused", sources.paused), ("removed", sources.removed)):
        if names:
            parts.append(phrases.count(f"report.{key}", len(names)))
    return ", ".join([read, *parts])


def list_details(report: StatusReport, phrases: Phrases) -> list[str]:
    """Return a line for each thing that is named: first what is not as it should be, then what somebody asked for."""
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


def list_downtime_lines(report: StatusReport, phrases: Phrases) -> list[str]:
    """Return a line for each of the last ten downtimes."""
    return [_describe_downtime(one, phrases) for one in report.downtimes[-_MOST_SHOWN:]]


def list_watch_lines(report: StatusReport, phrases: Phrases) -> list[str]:
    """Return a line for each watch that is muted in whole or in part."""
    lines = [_describe_watch(watch, phrases) for watch in report.muted[: 2 * _MOST_SHOWN]]
    hidden = len(report.muted) - len(lines)
    return [*lines, phrases.count("report.more_watches", hidden)] if hidden else lines


def list_source_lines(report: StatusReport, phrases: Phrases) -> list[str]:
    """Return a line for each source that is named, ten for each state."""
    sources = report.sources
    shown = [
        state
        for standing in _STANDINGS
        for state in [one for one in sources.named if one.standing is standing][:_MOST_SHOWN]
    ]
    lines = [_describe_state(state, phrases) for state in shown]
    hidden = sum(sources.count(one) for one in _STANDINGS if one is not Standing.NEW) - len(shown)
    for one in sources.outages:
        span = phrases.span(one.until - one.since)
        times = {
            "since": phrases.short_instant(one.since),
            "until": phrases.short_instant(one.until),
        }
        reason, name = write_reason(one.reason), clean_line(one.name)
        lines.append(
            phrases.say("report.outage_line", name=name, span=span, reason=reason, **times)
        )
    for key, rests in (("removed", sources.removed), ("paused", sources.paused)):
        hidden += max(0, len(rests) - _MOST_SHOWN)
        for rest in rests[:_MOST_SHOWN]:
            since = phrases.short_instant(rest.since) if rest.since else ""
            named = (
                f"report.{key}_since_line" if since and key == "paused" else f"report.{key}_line"
            )
            lines.append(phrases.say(named, name=clean_line(rest.name), since=since))
    return [*lines, phrases.count("report.more", hidden)] if hidden else lines


def _describe_downtime(downtime: tuple[datetime, datetime], phrases: Phrases) -> str:
    start, end = downtime
    since, until = phrases.short_instant(start), phrases.short_instant(end)
    return phrases.say("report.downtime", since=since, until=until, span=phrases.span(end - start))


def _describe_state(state: SourceState, phrases: Phrases) -> str:
    key = f"report.{state.standing.name.lower()}_line"
    if state.standing is Standing.NEVER_READ and (state.since is None or not state.reason):
        key = "report.never_visited_line"
    return phrases.say(
        key,
        name=clean_line(state.name),
        since=phrases.short_instant(state.since) if state.since else "",
        next=phrases.short_instant(state.next_at) if state.next_at else "",
        last=describe_last_read(state.read_at, phrases),
        reason=write_reason(state.reason),
    )


def describe_last_read(read_at: datetime | None, phrases: Phrases) -> str:
    """Return when a source was last read, in words; or that it never was."""
    if read_at is None:
        return phrases.say("report.never")
    return phrases.say("report.last_read", read=phrases.short_instant(read_at))


def write_reason(reason: str) -> str:
    """Return a reason as the end of a sentence; empty for none."""
    return f": {clean_line(reason, max_characters=160)}" if reason else ""


def _describe_watch(watch: WatchState, phrases: Phrases) -> str:
    name = clean_line(watch.name)
    if watch.is_kept:
        return phrases.say("report.kept_line", name=name)
    if watch.story_count or watch.source_count:
        parts = [
            phrases.count(f"report.muted_{key}", count)
            for key, count in (("stories", watch.story_count), ("sources", watch.source_count))
            if count
        ]
        return phrases.say("report.muted_parts_line", name=name, parts=", ".join(parts))
    by = "_by_reader" if watch.by_reader else ""
    if watch.until is None:
        return phrases.say(f"report.muted{by}_line", name=name)
    until = phrases.short_instant(watch.until)
    return phrases.say(f"report.muted{by}_until_line", name=name, until=until)


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
    """Return how many messages have not left yet, and how many never will."""
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
    """Return what a crawl that was cut off has left to do, and how it goes on."""
    if report.pages.waiting_count:
        return phrases.count("report.cut_off_pages", report.pages.waiting_count)
    return phrases.say("report.cut_off_none")
