"""Lines of a status report: one for each downtime, source and watch that is named."""

from datetime import datetime

from crawler.alerting.phrases import Phrases
from crawler.model.mail.status_report import SourceState, Standing, StatusReport, WatchState
from crawler.text.lines import clean_line

_MOST_SHOWN = 10  # lines for each state, so that a hundred failing sources do not hide the rest; one line counts the others
# worst first
STANDINGS = (
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


def list_downtime_lines(report: StatusReport, phrases: Phrases) -> list[str]:
    """Return a line for each of the last ten downtimes."""
    return [_describe_downtime(one, phrases) for one in report.downtimes[-_MOST_SHOWN:]]


def _describe_downtime(downtime: tuple[datetime, datetime], phrases: Phrases) -> str:
    start, end = downtime
    since, until = phrases.short_instant(start), phrases.short_instant(end)
    return phrases.say("report.downtime", since=since, until=until, span=phrases.span(end - start))


def list_source_lines(report: StatusReport, phrases: Phrases) -> list[str]:
    """Return a line for each source that is named, ten for each state."""
    sources = report.sources
    shown = [
        state
        for standing in STANDINGS
        for state in [one for one in sources.named if one.standing is standing][:_MOST_SHOWN]
    ]
    lines = [_describe_state(state, phrases) for state in shown]
    hidden = sum(sources.count(one) for one in STANDINGS if one is not Standing.NEW) - len(shown)
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
    """Return in words when a source was last read, or that it was never read."""
    if read_at is None:
        return phrases.say("report.never")
    return phrases.say("report.last_read", read=phrases.short_instant(read_at))


def write_reason(reason: str) -> str:
    """Return a reason as the end of a sentence, at most 160 characters of it: two lines of a mail; empty for none."""
    return f": {clean_line(reason, max_characters=160)}" if reason else ""


def list_watch_lines(report: StatusReport, phrases: Phrases) -> list[str]:
    """Return a line for each watch that is muted in whole or in part."""
    lines = [_describe_watch(watch, phrases) for watch in report.muted[: 2 * _MOST_SHOWN]]
    hidden = len(report.muted) - len(lines)
    return [*lines, phrases.count("report.more_watches", hidden)] if hidden else lines


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
