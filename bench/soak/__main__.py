"""A soak: the real daemon on sixty sources, nineteen of them hostile, for a number of minutes.

``python -m bench.soak --minutes 30`` starts the sources in a process of their own, a mail server, and ``watchword run``
with five watches in a temporary folder; measures all processes and the database every five seconds; and prints what they
used, whether good sources were visited on time, and whether each alert came once. Exit code 1: one of the goals is missed,
see ``bench.soak.figures.judge``. Linux only.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from bench.soak.daemon import ROOT, Mailbox, Running
from bench.soak.figures import Sample
from bench.soak.report import report, show_progress
from bench.soak.rows import count_rows, list_visited
from bench.soak.site.articles import TOPICS

# between two looks at memory and rows, which cost the machine little
_LOOK_SECONDS = 5.0
# after the last visit: what is still used then is not given back
_IDLE_SECONDS = 15.0
# after the last article there may still come a visit (each 30 s), a second try of a page, a deferred message
_SETTLE_SECONDS = 150.0
_CONFIG = """
[store]
path = "{database}"
[fetch]
per_domain = {{ concurrency = 1, delay = "1s" }}
[schedule]
reload = "1s"
[mail]
host = "127.0.0.1"
port = {port}
tls = "none"
to = ["nobody@example.org"]
batch_window = "0s"
per_hour = 1000
"""
_SOURCE = """
[[source]]
name = "{name}"
url = "{url}"
kind = "{kind}"
every = "30s"
allow_private = true
"""
_WATCH = """
[[watch]]
name = "{topic}"
query = '{query}'
to = ["{topic}@example.org"]
"""


class SourceServer:
    """The process that plays the sources."""

    def __init__(self, count: int, seed: int) -> None:
        command = [sys.executable, "-m", "bench.soak.site.server", "--sources", str(count), "--seed", str(seed)]  # fmt: skip
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.sources: list[dict[str, str]] = json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def send(self, **order: object) -> dict[str, Any]:
        """Send an order and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@dataclass(kw_only=True)
class Soak:
    """A soak under way, and its measurements."""

    server: SourceServer
    mailbox: Mailbox
    running: Running
    minutes: float
    idle_mb: float = 0.0
    begin: datetime = field(default_factory=lambda: datetime.now(UTC))
    end: datetime = field(default_factory=lambda: datetime.now(UTC))
    samples: list[Sample] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Run the whole soak, up to the end of the daemon."""
        self._start_idle()
        self.running.write_config(self._write_config(self.server.sources))
        self.begin = self.end = datetime.now(UTC)
        began = time.monotonic()
        while (passed := time.monotonic() - began) < self.minutes * 60:
            self._look(passed)
            if not self.running.is_alive:
                self.troubles.append(
                    f"the daemon ended by itself after {passed:.0f} s, code {self.running.exit_code}"
                )
                break
            time.sleep(max(0.0, _LOOK_SECONDS - (time.monotonic() - began - passed)))
        self.end = datetime.now(UTC)
        self.server.send(hold=True)
        self._settle()
        self._stop()

    def list_expected(self) -> dict[tuple[str, str], datetime]:
        """Return the expected alerts, (recipient, token), with the publication of each article."""
        return {
            (f"{topic}@example.org", one["token"]): datetime.fromisoformat(one["published_at"])
            for one in self.server.send(published=True)["published"]
            for topic in one["topics"]
        }

    def _start_idle(self) -> None:
        """Start without sources, and measure the memory of an idle crawl process."""
        self.running.write_config(self._write_config([]))
        self.running.start()
        time.sleep(_IDLE_SECONDS)
        idle = self.running.processes("crawl process")
        self.idle_mb = sum(process.rss_mb for process in idle)

    def _write_config(self, sources: Sequence[dict[str, str]]) -> str:
        head = _CONFIG.format(database=self.running.database, port=self.mailbox.port)
        watches = "".join(_WATCH.format(topic=t, query=query) for t, (_, query) in TOPICS.items())
        return head + watches + "".join(_SOURCE.format(**source) for source in sources)

    def _look(self, passed: float) -> None:
        self.samples.append(
            Sample(
                at_seconds=passed,
                processes=self.running.processes(),
                rows=count_rows(self.running),
            )
        )
        fresh = list_visited(self.running) - self.opened
        if fresh:
            self.server.send(open=sorted(fresh))
            self.opened |= fresh
        if int(passed // 60) > int((passed - _LOOK_SECONDS) // 60) and passed >= _LOOK_SECONDS:
            show_progress(self.samples[-1], messages=len(self.mailbox.received))

    def _settle(self) -> None:
        """Wait until everything published was alerted, or until the time for that is over."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        expected = set(self.list_expected())
        while time.monotonic() < deadline and self.running.is_alive:
            alerted = {
                (one.recipient, token) for one in self.mailbox.received for token in one.tokens
            }
            if expected <= alerted:
                break
            time.sleep(1)

    def _stop(self) -> None:
        self.troubles += self.running.end()

    @property
    def warm_up_seconds(self) -> float:
        """How long growth is allowed: a fifth of the time, and three minutes if the soak is long enough."""
        return max(12.0 * self.minutes, min(180.0, 24.0 * self.minutes))

    @property
    def longest_wait(self) -> timedelta:
        """The longest wait between two visits that is on time: twice the 30 s of the configuration, and 15 s."""
        return timedelta(seconds=2 * 30 + 15)


def main() -> None:
    """Run a soak and report it; exit with 1 if a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--sources", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples and figures")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep the daemon's log")
    args = parser.parse_args()
    # after SIGTERM it must not leave a daemon behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        SourceServer(args.sources, args.seed) as server,
        Mailbox() as mailbox,
    ):
        running = Running(Path(folder))
        soak = Soak(server=server, mailbox=mailbox, running=running, minutes=args.minutes)
        try:
            soak.run()
            failures = report(soak, args.json)
        finally:
            running.clear()
            if args.log:
                args.log.write_text(running.output())
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
