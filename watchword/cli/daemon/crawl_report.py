"""What a crawl says of itself at its end: what was done, its status report, and its exit code in words."""

from collections import Counter
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from crawler.alerting.messages.status_report import lower_first, show_status_report, write_cut_off
from crawler.alerting.phrases import Phrases
from crawler.model.mail.status_report import Standing, StatusReport
from crawler.model.visit import is_network_fault
from crawler.text.counts import write_count, write_number
from crawler.text.lines import plain

# above 1 (failed) and 2 (usage or configuration), so that a cron job can tell them apart; 3 is "partly done" everywhere
_SOME_FAILED, _NONE_READ, _NOT_DELIVERED = 3, 4, 5
# the last line, so that nobody who watches a terminal or a log of cron needs the table
_CODES = {
    _SOME_FAILED: "Not all sources could be read",
    _NONE_READ: "No source could be read",
    _NOT_DELIVERED: "All sources were read, but not all messages could be sent",
}
_LISTING = "`watchword source list`"


# what is counted, under the names that JSON has
_COUNTED = {"read_count": "visited", "failed_count": "failed", "new_count": "new", "copy_count": "copy",
            "revised_count": "revised", "match_count": "matched", "delivered_count": "mailed"}  # fmt: skip


def list_facts(counts: Counter[str], report: StatusReport, *, is_whole: bool) -> dict[str, object]:
    """Return the counts for JSON."""
    return {
        "is_left_to_daemon": False,
        "since": report.since,
        "until": report.until,
        "is_whole": is_whole,
        "is_well": report.is_well,
        **{name: counts[kind] for name, kind in _COUNTED.items()},
        "cut_off_count": report.sources.count(Standing.CUT_OFF),
        "pending_count": report.mail.pending_count,
        "dead_count": report.mail.dead_count,
    }


def judge(counts: Counter[str], report: StatusReport, *, is_whole: bool) -> int:
    """Return the exit code of a crawl."""
    cut_off = report.sources.count(Standing.CUT_OFF)
    if not is_whole or counts["failed"] or cut_off:
        return _SOME_FAILED if counts["visited"] else _NONE_READ
    if report.mail.pending_count or report.mail.dead_count:
        return _NOT_DELIVERED
    return 0


def print_report(console: Console, report: StatusReport, phrases: Phrases) -> None:
    """Print the status report."""
    if report.sources.count(Standing.CUT_OFF):
        console.print(Text(write_cut_off(report, phrases), style="bold red"), soft_wrap=True)
    shown = show_status_report(report, phrases)
    style = "bold green" if shown.is_well else "bold yellow" if shown.needs_look else "bold"
    line = phrases.say("report.line", verdict=shown.verdict, summary=shown.summary)
    console.print(Text(line, style=style), soft_wrap=True)
    for detail in _shorten(shown.details):
        console.print(Text(f"  {plain(detail)}"), soft_wrap=True)
    console.print(Text(f"{shown.counts}; {lower_first(shown.pending)}."), soft_wrap=True)


def end_with(code: int) -> None:
    """Say an exit code in words and exit with it; 0 is silent and goes on."""
    if code:
        click.echo(f"{_CODES[code]} (exit code {code}).", err=True)
        raise SystemExit(code)


def _shorten(details: Sequence[str]) -> tuple[str, ...]:
    """Return the details of a report; those that blame the network, if there are several, as one."""
    of_network = [detail for detail in details if is_network_fault(detail)]
    if len(of_network) < 2:  # a host that does not exist
        return tuple(details)
    # the line that counts further ones is about the same, and says the same command
    others = tuple(one for one in details if one not in of_network and _LISTING not in one)
    return (f"no network, or no such hosts: {_LISTING} shows each source", *others)


def describe_stop(signal_name: str, counts: Counter[str]) -> str:
    """Return what a crawl that was stopped had done."""
    done = "before any source was read."
    if counts["visited"] or counts["failed"]:
        done = f"after {write_counts(counts, cut_off_count=0)}"
    return f"Stopped by {signal_name} {done} Unfinished visits are due again."


def write_counts(counts: Counter[str], *, cut_off_count: int) -> str:
    """Return what was done; that none failed is said only where some were read and none was cut off."""
    visits = [f"{write_count(counts['visited'], 'source')} read"]
    if counts["failed"] or (counts["visited"] and not cut_off_count):
        visits.append(f"{write_number(counts['failed'])} failed")
    if cut_off_count:
        visits.append(f"{write_number(cut_off_count)} cut off")
    copies = write_count(counts["copy"], "copy", "copies")
    pages = (
        f"{write_number(counts['new'])} new, {copies}, {write_number(counts['revised'])} revised"
    )
    messages = f"{write_count(counts['matched'], 'match', 'matches')}, {write_count(counts['mailed'], 'message')} delivered"
    return f"{', '.join(visits)}; {pages}; {messages}."
