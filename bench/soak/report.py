"""The output of a soak: one line a minute, and tables at the end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from bench.soak.daemon import Mailbox, Running
from bench.soak.figures import (
    MOST_ABOVE_IDLE_MB,
    AlertComparison,
    Sample,
    Usage,
    compare_alerts,
    judge,
    measure_usage,
)
from bench.soak.log import LogTally, read_log
from bench.soak.rows import Punctuality, judge_punctuality, list_source_facts, list_visits

_KINDS = ("daemon", "crawl process", "forkserver", "parse worker", "resource tracker", "datasette", "other")  # fmt: skip
# kinds; further ones are in the file that --json writes
_MOST_SHOWN = 12


class Soaked(Protocol):
    """The parts of a soak that a report needs."""

    mailbox: Mailbox
    running: Running
    begin: datetime
    end: datetime
    idle_mb: float
    samples: list[Sample]
    troubles: list[str]
    server: Any

    @property
    def warm_up_seconds(self) -> float: ...
    @property
    def longest_wait(self) -> timedelta: ...
    def list_expected(self) -> dict[tuple[str, str], datetime]: ...


def show_progress(sample: Sample, *, messages: int) -> None:
    """Print the present figures of a soak."""
    parts = []
    for kind in _KINDS[:4]:
        of_kind = [process for process in sample.processes if process.kind == kind]
        parts.append(f"{kind} {sum(p.rss_mb for p in of_kind):.0f} MB ({len(of_kind)})")
    rows = ", ".join(f"{name} {count}" for name, count in sample.rows.items())
    print(f"{sample.at_seconds / 60:4.0f} min  {', '.join(parts)}; {rows}; messages {messages}", flush=True)  # fmt: skip


def report(soak: Soaked, json_file: Path | None) -> list[str]:
    """Print the figures of a finished soak; return the reasons for which it failed."""
    measured = [measure_usage(soak.samples, k, warm_up_seconds=soak.warm_up_seconds) for k in _KINDS]  # fmt: skip
    usages = [usage for usage in measured if usage is not None]
    good = [source["name"] for source in soak.server.sources if not source["hostile"]]
    punctuality = judge_punctuality(
        list_visits(soak.running),
        good,
        begin=soak.begin,
        end=soak.end,
        longest_wait=soak.longest_wait,
    )
    alerts = compare_alerts(soak.list_expected(), soak.mailbox.received)
    tally = read_log(soak.running.output())
    failures = judge(
        usages,
        alerts,
        on_time=punctuality.on_time,
        traceback_count=tally.traceback_count,
        troubles=soak.troubles,
    )
    facts = _explain_sources(soak)
    _print_usage(usages)
    _print_goals(usages, soak.idle_mb)
    _print_work(soak, punctuality, alerts, len(good))
    _print_hostile(facts)
    _print_log(tally)
    for failure in failures:
        print(f"FAIL  {failure}")
    print("FAILED" if failures else "PASSED", flush=True)
    if json_file:
        _write_json(json_file, soak, (usages, punctuality, alerts, tally, facts, failures))
    return failures


def _explain_sources(soak: Soaked) -> dict[str, dict[str, object]]:
    known = list_source_facts(soak.running)
    return {source["name"]: {**source, **known.get(source["name"], {})} for source in soak.server.sources}  # fmt: skip


def _print_usage(usages: Sequence[Usage]) -> None:
    print(
        "\n| process | at the end | RSS warm MB | RSS end MB | RSS most MB | growth MB/min | PSS end MB | descriptors | threads | processes seen |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for one in usages:
        ranges = " | ".join(f"{low}-{high}" for low, high in (one.descriptors, one.threads))
        print(
            f"| {one.kind} | {one.count} | {one.warm_mb:.0f} | {one.end_mb:.0f} | {one.most_mb:.0f} | "
            f"{one.slope_mb:+.2f} | {one.pss_end_mb:.0f} | {ranges} | {one.pids} |"
        )


def _print_goals(usages: Sequence[Usage], idle_mb: float) -> None:
    crawl = next((usage for usage in usages if usage.kind == "crawl process"), None)
    if crawl is None:
        print("\nThere was no crawl process.")
        return
    most = idle_mb + MOST_ABOVE_IDLE_MB
    verdict = "held" if crawl.most_mb < most else "MISSED"
    print(
        f"\nGoal: crawl process below idle + {MOST_ABOVE_IDLE_MB:.0f} MB: idle {idle_mb:.0f}, most {crawl.most_mb:.0f} of {most:.0f}: {verdict}"
    )
    print(f"Restarts of the crawl process: {max(0, crawl.pids - 1)}")


def _print_work(
    soak: Soaked, punctuality: Punctuality, alerts: AlertComparison, good_count: int
) -> None:
    print(
        f"Good sources on time: {punctuality.on_time:.1%} ({punctuality.late_count} late waits at "
        f"{len(punctuality.late_sources)} of {good_count} sources, longest {max(punctuality.late_sources.values(), default=0):.0f} s)"
    )
    print(
        f"Alerts: {alerts.expected} expected, {alerts.delivered} delivered, {len(alerts.lost)} lost, {len(alerts.doubled)} doubled, "
        f"{alerts.stray} messages of hostile pages; from publication to message {alerts.median_seconds:.0f} s (median), {alerts.p95_seconds:.0f} s (p95)"
    )
    last = soak.samples[-1].rows if soak.samples else {}
    print(f"At the end: {', '.join(f'{name} {count}' for name, count in last.items())}")


def _print_hostile(facts: Mapping[str, Mapping[str, object]]) -> None:
    print("\n| hostile | visits | failed | articles | last note |\n| --- | --- | --- | --- | --- |")
    for one in facts.values():
        if one["hostile"]:
            note = str(one.get("last note") or "")[:100]
            print(f"| {one['hostile']} | {one.get('visits')} | {one.get('failed')} | {one.get('articles')} | {note} |")  # fmt: skip


def _print_log(tally: LogTally) -> None:
    print(f"\nLog: {tally.traceback_count} tracebacks")
    for name, kind in list(tally.tracebacks.items())[:_MOST_SHOWN]:
        print(f"  {kind.count} x {name}\n{kind.example}")
    for level in ("CRITICAL", "ERROR", "WARNING"):
        kinds = sorted(tally.lines.get(level, {}).values(), key=lambda kind: -kind.count)
        print(f"Log: {sum(kind.count for kind in kinds)} lines of {level}")
        for kind in kinds[:_MOST_SHOWN]:
            print(f"  {kind.count} x {kind.example[:300]}")


def _write_json(file: Path, soak: Soaked, figures: tuple[Any, ...]) -> None:
    usages, punctuality, alerts, tally, facts, failures = figures
    file.write_text(
        json.dumps(
            {
                "begin": soak.begin.isoformat(),
                "end": soak.end.isoformat(),
                "idle_mb": soak.idle_mb,
                "warm_up_seconds": soak.warm_up_seconds,
                "usage": [asdict(usage) for usage in usages],
                "punctuality": asdict(punctuality),
                "alerts": asdict(alerts),
                "log": asdict(tally),
                "sources": facts,
                "failures": failures,
                "samples": [asdict(sample) for sample in soak.samples],
            },
            ensure_ascii=False,
            indent=1,
        ),
        encoding="utf-8",
    )
