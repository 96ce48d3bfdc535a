"""The output of ``watchword source test`` and ``add``."""

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.text import Text

from crawler.text.counts import write_count
from crawler.text.instants import write_instant
from crawler.text.lines import plain
from watchword.cli.listings.tables import make_console, print_line
from watchword.cli.terminal.context import reader_zone

if TYPE_CHECKING:
    from crawler.config.schema import Config
    from watchword.probe import EndpointFound, Probe, Sample


def print_probe(found: "Probe", config: "Config") -> None:
    """Print the result of a trial visit, one fact a line."""
    lines: list[tuple[str, str]] = []
    if found.failure:
        lines = [("failed", found.failure)]
        # an unreadable robots.txt is the failure: one line on it is enough
        if found.robots != found.failure:
            lines.append(("robots", found.robots))
    else:
        lines = [("found", _describe_endpoint(endpoint)) for endpoint in found.endpoints]
        if found.shortfall:
            lines.append(("failed", found.shortfall))
        if found.per_day is not None:
            lines.append(("pace", _describe_pace(found.per_day)))
        lines.append(("robots", found.robots))
        if found.sample is not None:
            lines += _describe_sample(found.sample, reader_zone(config))
    lines += [("warning", warning) for warning in found.warnings]
    console, last = make_console(), ""
    for word, text in lines:
        line = Text(f"{word if word != last else '':<9}", style=_STYLES.get(word, "bold"))
        line.append(plain(text), style="")
        print_line(console, line, indent=9)
        last = word


_STYLES = {"warning": "bold yellow", "failed": "bold red"}


def _describe_endpoint(endpoint: "EndpointFound") -> str:
    text = (
        f"{endpoint.kind} {endpoint.url} ({write_count(endpoint.entry_count, 'entry', 'entries')}"
    )
    if endpoint.span_hours:
        hours = endpoint.span_hours
        # in hours up to three days: a daemon that is off for a night or a weekend must be compared with them
        text += f" of {hours:.0f} hours" if hours < 72 else f" of {hours / 24:.0f} days"
    return f"{text}, by {endpoint.origin})" if endpoint.origin != "stated" else f"{text})"


def _describe_pace(per_day: float) -> str:
    if per_day >= 1:
        return f"about {write_count(round(per_day), 'article')} a day"
    return f"about {per_day * 7:.1f} articles a week"


def _describe_sample(sample: "Sample", zone: ZoneInfo) -> list[tuple[str, str]]:
    lines = [("sample", sample.headline or sample.url), ("sample", sample.url)]
    if sample.refusal:
        return lines
    if sample.published_at:
        moment = write_instant(datetime.fromisoformat(sample.published_at), zone)
        lines.append(
            (
                "sample",
                f"published {moment}, to the {sample.published_precision} "
                f'("{sample.published_evidence}", zone {sample.published_zone})',
            )
        )
    byline = f", by {sample.byline}" if sample.byline else ""
    lines.append(
        ("sample", f"{write_count(sample.word_count, 'word')} in {sample.language}{byline}")
    )
    lines.append(("sample", f"{sample.opening[:160]}"))  # two lines of a terminal
    return lines
