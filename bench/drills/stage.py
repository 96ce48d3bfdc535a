"""The stage of a drill: a daemon on one small site, messages that must come, and checks recorded as they are made."""

import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.soak.daemon import Mailbox, Running
from bench.soak.log import read_log
from bench.soak.site.articles import Article, find_tokens, make_article, write_page, write_rss
from tests.fakes import FakeSite, Reply

# in every page, and so never to be found in the log
BODY_MARK = "bodymark7261"
_START_SECONDS = 45.0
_ALERT_SECONDS = 30.0
_LOOK_SECONDS = 0.2
_CONFIG = """
[store]
path = "{database}"
[fetch]
per_domain = {{ concurrency = 4, delay = "0s" }}
[schedule]
reload = "0.5s"
max_backoff = "1s"
[mail]
host = "127.0.0.1"
port = {port}
tls = "none"
to = ["first@example.org"]
batch_window = "0s"
per_hour = 1000
[[source]]
name = "courier"
url = "{url}/rss"
kind = "feed"
every = "1s"
allow_private = true
[[watch]]
name = "ferries"
query = "ferry OR quay OR harbour OR council OR lamp OR pilot OR market"
"""
SECOND_WATCH = """
[[watch]]
name = "second"
query = "ferry OR quay OR harbour OR council OR lamp OR pilot OR market"
to = ["second@example.org"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A claim that was checked, and what was seen."""

    claim: str
    is_held: bool
    seen: str = ""

    def __str__(self) -> str:
        sign = "ok  " if self.is_held else "FAIL"
        return f"  {sign} {self.claim}{f': {self.seen}' if self.seen else ''}"


@dataclass(kw_only=True)
class Stage:
    """A daemon in a folder, with a site that publishes on request.

    database     where its database lies, if not in the folder
    arguments    further arguments of ``watchword run``
    environment  further environment of the daemon
    recipients   who must get alerts on what is published from now on
    """

    folder: Path
    database: Path | None = None
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    recipients: tuple[str, ...] = ("first@example.org",)
    checks: list[Check] = field(default_factory=list)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.site = stack.enter_context(FakeSite())
            self.mailbox = stack.enter_context(Mailbox())
            self.running = Running(self.folder, database=self.database)
            stack.callback(self.running.clear)
            self._articles: list[Article] = []
            self._expected: set[tuple[str, str]] = set()
            self._log_start = 0
            self._put(datetime.now(UTC))
            self.configure()
            self._closing = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.__exit__(kind, error, trace)

    def configure(self, more: str = "") -> None:
        """Write the configuration."""
        head = _CONFIG.format(
            database=self.running.database, port=self.mailbox.port, url=self.site.url
        )
        self.running.write_config(head + more)

    def start(self) -> None:
        """Start the daemon."""
        self.running.start(*self.arguments, environment=self.environment)

    def begin(self) -> None:
        """Start the daemon, and wait until it has read the site and alerted about one article."""
        self.start()
        self.wait(lambda: bool(self.running.ask("SELECT 1 FROM sources WHERE visited_at IS NOT NULL")), _START_SECONDS)  # fmt: skip
        token = self.publish()
        self.check("an article is alerted before the fault", self.wait_for_alert(token, _START_SECONDS) is not None)  # fmt: skip
        self.mark_log()

    def publish(self) -> str:
        """Publish an article and return its token; each present recipient must get one alert."""
        token = self._put(datetime.now(UTC))
        self._expected |= {(recipient, token) for recipient in self.recipients}
        return token

    def _put(self, at: datetime) -> str:
        article = make_article(1, len(self._articles), seed=int(time.time()), published_at=at)
        self._articles.append(article)
        page = write_page(article).replace(b"<h1>", f"<!-- {BODY_MARK} --><h1>".encode())
        self.site.pages[article.path] = Reply(page)
        feed = write_rss(self.site.url, self._articles[::-1])
        self.site.pages["/rss"] = Reply(feed, content_type="application/rss+xml")
        return article.token

    def wait_for_alert(self, token: str, seconds: float) -> float | None:
        """Return after how many seconds everybody had the alert, None if that did not happen in time."""
        wanted = {(recipient, token) for recipient in self.recipients}
        began = time.monotonic()
        if self.wait(lambda: wanted <= self._count_alerted().keys(), seconds):
            return time.monotonic() - began
        return None

    def wait(self, is_so: Callable[[], bool], seconds: float) -> bool:
        """Wait until a condition holds; return whether it came to hold in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if is_so():
                return True
            time.sleep(_LOOK_SECONDS)
        return is_so()

    def check(self, claim: str, is_held: bool, seen: str = "") -> None:
        """Record whether a claim holds."""
        self.checks.append(Check(claim=claim, is_held=is_held, seen=seen))

    def mark_log(self) -> None:
        """Mark the log here: later lines are about the fault."""
        self._log_start = len(self.running.output())

    def log_since(self) -> str:
        """Return what was logged since the mark."""
        return self.running.output()[self._log_start :]

    def count_lines(self, pattern: str) -> tuple[int, str]:
        """Return how many lines of the log since the mark match, and the first of them."""
        lines = [line for line in self.log_since().splitlines() if re.search(pattern, line)]
        return len(lines), lines[0] if lines else ""

    def look_at_doctor(self, pattern: str) -> None:
        """Run ``watchword doctor``, which must name the fault and end without a traceback."""
        done = self.running.command("doctor")
        text = f"{done.stdout}{done.stderr}"
        broke = "fault of Watchword" in done.stderr or "Traceback" in text or done.returncode == 124
        found = re.search(pattern, text)
        seen = f"code {done.returncode}"
        if broke or not found:
            seen += f", printed: {' / '.join(text.split(chr(10)))[:400]}"
        self.check("doctor says which", bool(found) and not broke, seen)

    def verify_alerts(self) -> None:
        """Check that every recipient got one alert for every article."""
        self.wait(lambda: self._expected <= self._count_alerted().keys(), _ALERT_SECONDS)
        alerted = self._count_alerted()
        lost = sorted(self._expected - alerted.keys())
        doubled = sorted(key for key, count in alerted.items() if count > 1)
        seen = f"{len(self._expected)} due, {len(lost)} lost, {len(doubled)} doubled"
        self.check("every alert came once", not lost and not doubled, seen)

    def verify_rows(self) -> None:
        """Check that every article is in the file at the database's path, not in a deleted one."""
        urls = " ".join(url for (url,) in self.running.ask("SELECT url FROM articles"))
        missing = {token for _, token in self._expected} - find_tokens(urls)
        self.check("every article is in the database", not missing, f"{len(missing)} missing" if missing else "")  # fmt: skip

    def verify_log(self) -> None:
        """Check that the log has no traceback, no flood, and nothing of a page."""
        tally = read_log(self.running.output())
        first = next(iter(tally.tracebacks), "")
        self.check("no traceback", not tally.tracebacks, f"{tally.traceback_count}, first: {first}" if first else "")  # fmt: skip
        loud = read_log(self.log_since()).count("WARNING", "ERROR", "CRITICAL")
        most = loud.most_common(1)
        seen = f"{loud.total()} warnings and errors" + (f", most: {most[0]}" if most else "")
        self.check("no flood in the log", loud.total() <= 25, seen)
        self.check("nothing of a page in the log", BODY_MARK not in self.running.output())

    def verify_end(self) -> None:
        """Check that the daemon ends in order, and leaves no process and a whole database behind."""
        if self.running.is_alive:
            seconds = self.running.stop()
            self.check("SIGTERM ends it in order", seconds is not None and self.running.exit_code == 0, f"code {self.running.exit_code}")  # fmt: skip
        left = self.running.clear()
        self.check("no process is left behind", left == 0, f"{left}" if left else "")
        state = self.running.ask("PRAGMA integrity_check")
        self.check("the database is whole", state == [("ok",)], "" if state == [("ok",)] else str(state)[:200])  # fmt: skip

    def _count_alerted(self) -> Counter[tuple[str, str]]:
        return Counter(
            (one.recipient, token) for one in self.mailbox.received for token in one.tokens
        )
