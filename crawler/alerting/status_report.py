"""The status report in words: sentences that say what was read and what was not, the worst first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.alerting.phrases import Phrases
from crawler.model.status_report import Receipt, SourceState, Standing, WatchState
from crawler.text.lines import clean_line

_MOST_SHOWN = 10
# in the order in which they matter
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
class ShownReceipt:
    """A status report in words.

    is_well     nothing else is said: no source, page, message or watch is as it should not be, or held back
    needs_look  something is not as it should be; neither where only somebody's own wishes are named (paused, muted)
    verdict     that in words
    line     the whole of it in one line, for the top of a digest
    period   from when to when
    summary  how many sources were read on time, and what kept the others
    details  one line for each thing that is named: when nothing ran, sources, watches
    counts   what was checked and found, and pages that wait; ``owed`` messages that have not left
    """

    is_well: bool
    needs_look: bool
    verdict: str
    line: str
    period: str
    summary: str
    details: tuple[str, ...]
    counts: str
    owed: str


def show_receipt(receipt: Receipt, phrases: Phrases) -> ShownReceipt:
    """Put a status report into words."""
    verdict, summary = write_verdict(receipt, phrases), write_sources(receipt, phrases)
    return ShownReceipt(
        is_well=receipt.is_well,
        needs_look=receipt.needs_look,
        verdict=verdict,
        line=phrases.say("report.line", verdict=verdict, summary=_write_line(receipt, phrases)),
        period=_write_period(receipt, phrases),
        summary=summary,
        details=tuple(list_details(receipt, phrases)),
        counts=write_counts(receipt, phrases),
        owed=write_pending(receipt, phrases),
    )


def write_verdict(receipt: Receipt, phrases: Phrases) -> str:
    """Return whether all is well, in words."""
    if receipt.is_well:
        return phrases.say("report.well")
    return phrases.say("report.look" if receipt.needs_look else "report.calm")


def write_receipt_subject(receipt: Receipt, phrases: Phrases) -> str:
    """Return the subject of a message that is a status report alone."""
    read = _write_read(receipt, phrases)
    if receipt.is_well:
        return phrases.say("report.subject_well", read=read)
    mail = receipt.mail
    if mail.dead_count:
        worst = phrases.count("report.dead", mail.dead_count)
    elif mail.pending_count and mail.pending_since:
        since = phrases.short_instant(mail.pending_since)
        worst = phrases.count("report.pending", mail.pending_count, since=since)
    elif receipt.absences:
        worst = phrases.say("report.subject_absent")
    else:
        worst = phrases.say(f"report.subject_{'look' if receipt.needs_look else 'calm'}")
    return phrases.say("report.subject", worst=worst, read=read)


def _write_line(receipt: Receipt, phrases: Phrases) -> str:
    """Return all that matters in one line: sources, and what else keeps it from being well."""
    pages, mail = receipt.pages, receipt.mail
    more = [phrases.say("report.subject_absent")] if receipt.absences else []
    if receipt.has_old_pages and pages.waiting_since is not None:
        since = phrases.short_instant(pages.waiting_since)
        more.append(phrases.count("report.waiting", pages.waiting_count, since=since))
    has_unsent = mail.pending_count or mail.dead_count
    if has_unsent or mail.others_pending_count or mail.others_dead_count:
        more.append(lower_first(write_pending(receipt, phrases)))
    return "; ".join([write_sources(receipt, phrases), *more])


def _write_period(receipt: Receipt, phrases: Phrases) -> str:
    until, zone = phrases.short_instant(receipt.until), phrases.zone_name(receipt.until)
    if receipt.since is None:
        return phrases.say("report.period_none", until=until, zone=zone)
    if receipt.since >= receipt.until:
        return phrases.say("report.period_back", until=until, zone=zone)
    if receipt.until - receipt.since < timedelta(minutes=1):
        key = "report.period_moment" if receipt.is_first else "report.period_again"
        return phrases.say(key, until=until, zone=zone)
    key = "report.period_first" if receipt.is_first else "report.period"
    since = phrases.short_instant(receipt.since)
    return phrases.say(key, since=since, until=until, zone=zone)


def _write_read(receipt: Receipt, phrases: Phrases) -> str:
    sources = receipt.sources
    if not sources.active_count:
        return phrases.say("report.no_sources")
    number = phrases.number(sources.count(Standing.ON_TIME))
    return phrases.count("report.on_time", sources.active_count, read=number)


def write_sources(receipt: Receipt, phrases: Phrases) -> str:
    """Return how many sources stand how; they add up to all of them."""
    sources = receipt.sources
    read = _write_read(receipt, phrases)
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


def list_details(receipt: Receipt, phrases: Phrases) -> list[str]:
    """List everything that is named, a line each: what is not as it should be first, then what somebody wants so."""
    sources = receipt.sources
    lines = list_absence_lines(receipt, phrases)
    if receipt.free_bytes is not None:
        megabytes = phrases.number(receipt.free_bytes // 1_000_000)
        lines.append(phrases.say("report.disk", megabytes=megabytes))
    if not sources.active_count:
        lines.append(phrases.say("report.no_sources_line"))
    if not receipt.watch_count:
        lines.append(phrases.say("report.no_watch_line"))
    lines += list_source_lines(receipt, phrases)
    return lines + list_watch_lines(receipt, phrases)


def list_absence_lines(receipt: Receipt, phrases: Phrases) -> list[str]:
    """List when nothing was read or sent, a line each, at most the last ten."""
    return [_tell_absence(one, phrases) for one in receipt.absences[-_MOST_SHOWN:]]


def list_watch_lines(receipt: Receipt, phrases: Phrases) -> list[str]:
    """List the watches that tell nothing, or not all, a line each."""
    lines = [_tell_watch(watch, phrases) for watch in receipt.muted[: 2 * _MOST_SHOWN]]
    hidden = len(receipt.muted) - len(lines)
    return [*lines, phrases.count("report.more_watches", hidden)] if hidden else lines


def list_source_lines(receipt: Receipt, phrases: Phrases) -> list[str]:
    """List every source that is named, a line each."""
    sources = receipt.sources
    shown = [
        state
        for standing in _STANDINGS
        for state in [one for one in sources.named if one.standing is standing][:_MOST_SHOWN]
    ]
    lines = [_tell_state(state, phrases) for state in shown]
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


def _tell_absence(absence: tuple[datetime, datetime], phrases: Phrases) -> str:
    start, end = absence
    since, until = phrases.short_instant(start), phrases.short_instant(end)
    return phrases.say("report.absence", since=since, until=until, span=phrases.span(end - start))


def _tell_state(state: SourceState, phrases: Phrases) -> str:
    key = f"report.{state.standing.name.lower()}_line"
    if state.standing is Standing.NEVER_READ and (state.since is None or not state.reason):
        key = "report.never_visited_line"
    return phrases.say(
        key,
        name=clean_line(state.name),
        since=phrases.short_instant(state.since) if state.since else "",
        next=phrases.short_instant(state.next_at) if state.next_at else "",
        last=tell_last_read(state.read_at, phrases),
        reason=write_reason(state.reason),
    )


def tell_last_read(read_at: datetime | None, phrases: Phrases) -> str:
    """Return when a source was last read, or that it never was."""
    if read_at is None:
        return phrases.say("report.never")
    return phrases.say("report.last_read", read=phrases.short_instant(read_at))


def write_reason(reason: str) -> str:
    """Return a reason as the end of a sentence; nothing where there is none."""
    return f": {clean_line(reason, max_characters=160)}" if reason else ""


def _tell_watch(watch: WatchState, phrases: Phrases) -> str:
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


def write_counts(receipt: Receipt, phrases: Phrases) -> str:
    """Return what was checked and found, and what waits; what is zero is left out, but for what was checked."""
    pages = receipt.pages
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
    waiting = write_waiting(receipt, phrases)
    return "; ".join(filter(None, (", ".join(parts), waiting)))


def write_waiting(receipt: Receipt, phrases: Phrases) -> str:
    """Return how many pages wait and since when, empty where none does."""
    pages = receipt.pages
    if not pages.waiting_count or pages.waiting_since is None:
        return ""
    since = phrases.short_instant(pages.waiting_since)
    waiting = phrases.count("report.waiting", pages.waiting_count, since=since)
    retried = _count_present(phrases, ("report.retried", pages.retried_count))
    return ", ".join([waiting, *retried])


def write_pending(receipt: Receipt, phrases: Phrases) -> str:
    """Return what has not left yet, and what never will."""
    mail = receipt.mail
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
    """Return a sentence as the second half of another."""
    return text[:1].lower() + text[1:]


def _count_present(phrases: Phrases, *counts: tuple[str, int]) -> Iterable[str]:
    return [phrases.count(key, number) for key, number in counts if number]


def write_cut_off(receipt: Receipt, phrases: Phrases) -> str:
    """Return what a crawl that was cut off leaves, and how it goes on."""
    if receipt.pages.waiting_count:
        return phrases.count("report.cut_off_pages", receipt.pages.waiting_count)
    return phrases.say("report.cut_off_none")
