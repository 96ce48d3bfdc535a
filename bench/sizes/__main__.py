"""What the sizes need that people run: the real daemon on 200, 2,000 and 20,000 sources at their real pace, measured for a while.

    python -m bench.sizes [SOURCES ...] [--minutes N] [--pace N] [--cores 1 --memory 1GB]

Each source is a site of its own on loopback that publishes 20 articles a day and is visited each half hour; 20 watches, a mail
server. After the first visits processor time is measured for a minute in which nothing is due, and then for ``--minutes``, with memory
(the processes' shares, PSS), visits, articles, and the most sources that were ever late by more than a minute. At ``--pace 5`` all
goes five times as fast, so that six minutes are one round; what is counted is divided again, processor time without that of the quiet
minute. The first visits must be done by then, ten a second: 20,000 sources need pace 1. ``--cores`` and ``--memory`` need root, and a kernel with cgroups.
Linux only.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.dedup.__main__ import OPEN
from bench.growth.archive.settings import choose_queries, write_watches
from bench.growth.archive.texts import read_bodies
from bench.sizes.limits import limit
from bench.soak.daemon import ROOT, Mailbox, Running
from crawler.config.durations import parse_size_bytes
from watchword.web.ports import find_free_port

_WATCHES = 20
_LOOK_SECONDS, _QUIET_SECONDS = 2.0, 60.0
_EVERY_SECONDS = 1800
_COUNTS = "SELECT (SELECT coalesce(max(finish_no), 0) FROM visits), (SELECT count(*) FROM articles)"
_LATE = "SELECT count(*) FROM sources WHERE next_due_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-60 seconds')"
_DAY = 86_400
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a number of sources needed; memory in MB, processor time in hours a day."""

    sources: int
    limits: str
    first_round_minutes: float
    idle_mb: float
    all_mb: float
    peak_mb: float
    cpu_hours_a_day: float
    visits_a_day: float
    articles_a_day: float
    late: int


def measure(sources: int, options: argparse.Namespace) -> Measured:
    """Run the daemon on so many sources, and measure it."""
    cores, memory = options.cores, options.memory
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watchword-sizes-")))
        port = find_free_port()
        press = subprocess.Popen(
            [sys.executable, "-m", "bench.sizes.press", str(port), str(options.pace)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        stack.callback(press.kill)
        assert press.stdout is not None
        press.stdout.readline()
        mailbox = stack.enter_context(Mailbox())
        running = Running(folder)
        running.write_config(
            _write_config(
                running.database, sources, port, mailbox.port, every=_EVERY_SECONDS / options.pace
            )
        )
        running.start("--quiet")
        stack.callback(running.end)
        assert running.pid is not None
        is_limited = bool(cores and memory) and stack.enter_context(
            limit(running.pid, cores=cores or 1, memory=memory or 0)
        )
        began = time.monotonic()
        _wait_for_first_visits(running, sources)
        first = time.monotonic() - began
        return _watch(
            running, sources, options, first=first, limits=_name(is_limited, cores, memory)
        )


def _name(is_limited: bool, cores: float | None, memory: int | None) -> str:
    return f"{cores:g} core, {(memory or 0) / 1e9:g} GB" if is_limited else "none"


def _wait_for_first_visits(running: Running, sources: int) -> None:
    while True:
        time.sleep(_LOOK_SECONDS)
        found = running.ask("SELECT count(*) FROM sources WHERE visited_at IS NOT NULL")
        if not running.is_alive:
            raise SystemExit(f"the daemon ended:\n{running.output()[-2000:]}")
        if found and found[0][0] >= sources:
            return


def _watch(
    running: Running, sources: int, options: argparse.Namespace, *, first: float, limits: str
) -> Measured:
    idle, together, late = [], [], []
    quiet = _measure_quiet(running, first=first, pace=options.pace)
    before, cpu, began = running.ask(_COUNTS)[0], _cpu_seconds(running), time.monotonic()
    while (passed := time.monotonic() - began) < options.minutes * 60:
        found = running.processes()
        idle.append(sum(one.pss_mb for one in found if one.kind in {"daemon", "crawl process"}))
        together.append(sum(one.pss_mb for one in found))
        late += [row[0] for row in running.ask(_LATE)]
        time.sleep(_LOOK_SECONDS)
    after, a_day = running.ask(_COUNTS)[0], _DAY / passed / options.pace
    busy = (_cpu_seconds(running) - cpu) / passed
    return Measured(
        sources=sources,
        limits=limits,
        first_round_minutes=first / 60,
        idle_mb=median(idle),
        all_mb=median(together),
        peak_mb=max(together),
        cpu_hours_a_day=(quiet + (busy - quiet) / options.pace) * 24,
        visits_a_day=(after[0] - before[0]) * a_day,
        articles_a_day=(after[1] - before[1]) * a_day,
        late=max(late, default=-1),
    )


def _measure_quiet(running: Running, *, first: float, pace: float) -> float:
    """Return the processor seconds a second while nothing is due; at the real pace it cancels out, and is not measured.

    first  seconds that the first visits took: if the second ones are due by then, nothing is quiet, and all that the pace
           makes more of would pass for what it does not
    """
    if pace == 1:
        return 0.0
    if first > _EVERY_SECONDS / pace - _QUIET_SECONDS:
        raise SystemExit(
            f"the first visits took {first:.0f} s: take a smaller --pace than {pace:g}"
        )
    before, began = _cpu_seconds(running), time.monotonic()
    time.sleep(_QUIET_SECONDS)
    return (_cpu_seconds(running) - before) / (time.monotonic() - began)


def _cpu_seconds(running: Running) -> float:
    """Return the processor time of all processes, and of those that ended and were waited for."""
    total = 0
    for one in running.processes():
        fields = Path(f"/proc/{one.pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total / _TICKS


def _write_config(database: Path, sources: int, port: int, mail_port: int, *, every: float) -> str:
    bodies = [body for texts in read_bodies(OPEN).values() for body in texts]
    feeds = "".join(
        f'[[source]]\nname = "s{n}"\nurl = "http://127.{1 + n // 62_500}.{n // 250 % 250}.{n % 250 + 1}:{port}/feed/{n}"\n'
        f'kind = "feed"\nevery = "{every:g}s"\nallow_private = true\n'
        for n in range(sources)
    )
    watches = write_watches(choose_queries(bodies, _WATCHES))
    return (
        f'[store]\npath = "{database}"\n[mail]\nhost = "127.0.0.1"\nport = {mail_port}\ntls = "none"\n'
        f"{feeds}{watches}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", type=int, nargs="*", default=[200, 2_000, 20_000])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--pace", type=float, default=1)
    parser.add_argument("--cores", type=float)
    parser.add_argument("--memory", type=parse_size_bytes)
    options = parser.parse_args(arguments)
    print(
        "| sources | limit | first round | daemon and crawl process | all processes | most | CPU a day | visits a day | articles a day | late |"
    )
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for sources in options.sources:
        one = measure(sources, options)
        print(
            f"| {one.sources:,} | {one.limits} | {one.first_round_minutes:.1f} min | {one.idle_mb:.0f} MB | {one.all_mb:.0f} MB "
            f"| {one.peak_mb:.0f} MB | {one.cpu_hours_a_day:.2f} h | {one.visits_a_day:,.0f} | {one.articles_a_day:,.0f} | {one.late} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
