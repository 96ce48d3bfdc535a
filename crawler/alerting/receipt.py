"""The receipt in words: sentences that say what was read and what was not, the worst first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.alerting.phrases import Phrases
from crawler.model.receipt import Receipt, SourceEvent, SourceState
from crawler.text.lines import clean_line

_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReceipt:
    """A receipt in words.

    line     the whole of it in one line, for the top of a digest
    period   from when to when
    summary  how many sources were read on time, and what kept the others
    details  one line for each source that needs a look, and each time nothing ran
    counts   what was checked and found; ``owed`` what has not left yet
    """

    is_well: bool
    line: str
    period: str
    summary: str
    details: tuple[str, ...]
    counts: str
    owed: str


def show_receipt(receipt: Receipt, phrases: Phrases) -> ShownReceipt:
    """Put a receipt into words."""
    local = ZoneInfo(phrases.zone)
    return ShownReceipt(
        is_well=receipt.is_well,
        line=f"{'All is well' if receipt.is_well else 'Needs a look'}: {_summarize(receipt)}",
        period=f"{_when(receipt.since, local)} to {_when(receipt.until, local)} {phrases.zone}",
        summary=_summarize(receipt),
        details=tuple(_list_details(receipt, local)),
        counts=f"{_count(receipt.checked_count, 'article')} checked, "
        f"{_count(receipt.match_count, 'match', 'matches')}, "
        f"{_count(receipt.refused_count, 'page')} held no article",
        owed=_write_owed(receipt),
    )


def write_receipt_subject(receipt: Receipt) -> str:
    """Give the subject of a letter that is a receipt alone."""
    read = f"{receipt.on_time_count:,} of {receipt.source_count:,} sources read"
    if receipt.is_well:
        return f"Watchword: all is well, {read}, 0 alerts owed"
    if receipt.dead_count or receipt.owed_count:
        return f"Watchword: {_write_owed(receipt)}; {read}"
    if receipt.absences:
        return f"Watchword: it did not run all the time; {read}, 0 alerts owed"
    return f"Watchword: {read}, some need a look; 0 alerts owed"


def _summarize(receipt: Receipt) -> str:
    parts = [
        f"{receipt.on_time_count:,} of {_count(receipt.source_count, 'source')} read on time",
        *(
            f"{count:,} {word}"
            for count, word in (
                (len(receipt.failing), "failing"),
                (receipt.late_count, "late"),
                (receipt.unread_count, "never read yet"),
                (len(receipt.quiet), "unusually quiet"),
                (len(receipt.degraded), "degraded"),
            )
            if count
        ),
    ]
    return ", ".join(parts)


def _list_details(receipt: Receipt, zone: ZoneInfo) -> list[str]:
    absences = [
        f"Watchword did not run from {_when(start, zone)} to {_when(end, zone)} ({_span(end - start)})"
        for start, end in receipt.absences
    ]
    states = [
        _tell_state(state, zone)
        for group in (receipt.failing, receipt.degraded, receipt.quiet)
        for state in group[:_MOST_SHOWN]
    ]
    hidden = sum(
        max(0, len(group) - _MOST_SHOWN)
        for group in (receipt.failing, receipt.degraded, receipt.quiet)
    )
    more = [f"and {hidden} more: `watchword source list`"] if hidden else []
    return [*absences[-_MOST_SHOWN:], *states, *more]


def _tell_state(state: SourceState, zone: ZoneInfo) -> str:
    since = f" since {_when(state.since, zone)}" if state.since else ""
    reason = f": {clean_line(state.reason, max_characters=160)}" if state.reason else ""
    return f"{clean_line(state.name)} is {state.health}{since}{reason}"


def tell_events(events: tuple[SourceEvent, ...], phrases: Phrases) -> list[str]:
    """Tell changes of sources, a line a source, its last state first and how it came there."""
    local, by_source = ZoneInfo(phrases.zone), dict[str, list[SourceEvent]]()
    for event in events:
        by_source.setdefault(event.source_name, []).append(event)
    lines = []
    for name, chain in by_source.items():
        last = chain[-1]
        reason = f": {clean_line(last.reason, max_characters=160)}" if last.reason else ""
        state = "well again" if last.health == "ok" else last.health
        before = " -> ".join([chain[0].health_before, *(one.health for one in chain[:-1])])
        when = _when(last.happened_at, local)
        lines.append(f"{clean_line(name)} is {state} since {when} (was {before}){reason}")
    return lines


def write_notice_subject(events: tuple[SourceEvent, ...]) -> str:
    """Give the subject of a notice: what changed, worst first."""
    last = {event.source_name: event.health for event in events}
    groups = [
        ([name for name, state in last.items() if state == health], word)
        for health, word in (
            ("failing", "failing"),
            ("degraded", "degraded"),
            ("quiet", "unusually quiet"),
            ("ok", "well again"),
        )
    ]
    parts = [
        f"{clean_line(names[0], max_characters=30) if len(names) == 1 else f'{len(names)} sources'} {word}"
        for names, word in groups
        if names
    ]
    return f"Watchword: {', '.join(parts) or 'sources changed'}"


def _write_owed(receipt: Receipt) -> str:
    dead = (
        f", {_count(receipt.dead_count, 'alert')} could not be delivered"
        if receipt.dead_count
        else ""
    )
    return f"{_count(receipt.owed_count, 'alert')} owed{dead}"


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _when(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%-d %b %H:%M}"


def _span(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    if hours >= 48:
        return f"{hours // 24} days {hours % 24} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
