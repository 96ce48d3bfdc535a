"""A running week: the sites, the daemon, the mail server, and the clock that drives them."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.soak.daemon import ROOT, Running
from bench.week.faults.choose import Fault, Timeline
from bench.week.faults.hands import Hands
from bench.week.judging.causes import Ask
from bench.week.judging.conduct.reports import ReportsFound, Truth, judge_reports
from bench.week.judging.conduct.usage import Memory
from bench.week.judging.conduct.visits import count_refused, list_answers, list_pages
from bench.week.judging.ledger import Book, judge
from bench.week.judging.messages import ReceivedAlert
from bench.week.plan import Plan
from bench.week.progress import Progress
from bench.week.servers.inbox import Hook, Inbox
from bench.week.servers.names import FOLDER, NameServer
from bench.week.servers.server import WebServer
from bench.week.settings import list_digest_hours, write_settings
from bench.week.watches import WatchPlan, make_watches
from bench.week.world.changes import CHANGES
from bench.week.world.serving.rss import PADDING
from bench.week.world.world import World

# a busy machine is slow, and articles published before the first visit count as old
_FIRST_VISITS_SECONDS = 60.0
_FIRST_VISIT_SECONDS = 1.0
_TICK_SECONDS = 0.2
# after faults a message or a page may have to wait for longer than the end of a week is planned to take: a source whose
# pages were cut off twice in a row waits for two minutes
_PATIENCE_SECONDS = 185.0
# how long to wait for what should not come
_AFTER_SECONDS = 5.0
_LAST_SECONDS = 30.0
# a deferred message leaves after a minute, a source whose pages were cut off twice is read again after two
_DELAY_SECONDS = 120.0
# the time that an edit of the configuration, a visit and a page take
_GRACE_SECONDS = 8.0


@dataclass(kw_only=True)
class Week:
    """A week under way, and what it recorded.

    environment  of the daemon, besides the variables of the name server
    disk         the folder of the database's own disk, if it has one
    in_flight    messages that were on their way when the daemon was killed
    seen         fault -> its visible effect
    """

    plan: Plan
    running: Running
    inbox: Inbox
    hook: Hook
    names: NameServer
    web: WebServer
    world: World
    memory: Memory
    faults: list[Fault]
    environment: dict[str, str] = field(default_factory=dict)
    disk: Path | None = None
    watches: list[WatchPlan] = field(default_factory=make_watches)
    progress: Progress = field(default_factory=Progress)
    digest: str = ""
    kills: int = 0
    in_flight: int = 0
    seen: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # changes by people and faults happen in parallel to publishing
        self._writing = threading.Lock()

    def run(self) -> None:
        """Run the whole week, up to the end of the daemon."""
        now = datetime.now(UTC)
        self.digest = list_digest_hours(
            now,
            self.plan.minutes * 60,
            every_minutes=1 if self.plan.minutes < 10 else 4,
        )
        self.world.prepare(now)
        self.names.hosts.update(self.world.addresses)
        self.write_settings()
        self.start()
        self.progress.say(f"first visits of {len(self.world.sites)} sites")
        self._wait_for_first_visits()
        self.world.start()
        began = time.monotonic()
        hands, changes = Hands(self), list(CHANGES)
        timeline = Timeline(self.faults, hands, seconds=self.plan.scale.seconds)
        timeline.start()
        while (passed := time.monotonic() - began) < self.plan.scale.seconds:
            self.world.tick(passed)
            self._report_progress(passed / self.plan.scale.seconds)
            while changes and changes[0].share <= passed / self.plan.scale.seconds:
                changes.pop(0).make(self)
            if hands.has_daemon_ended:
                self.troubles.append(f"the daemon ended by itself, code {self.running.exit_code}")
                hands.is_over.set()
                break
            time.sleep(_TICK_SECONDS)
        timeline.finish()
        self.seen = timeline.seen
        self.progress.say("the week is over; waiting for what is due")
        self._settle()
        self._stop()
        self.progress.end()

    def _report_progress(self, share: float) -> None:
        published = sum(not one.is_old for one in list(self.world.facts.values()))
        self.progress.note(share, published=published, received=len(self.inbox.received))

    def start(self) -> None:
        """Start the daemon."""
        environment = {**self.names.environment, "PYTHONPATH": f"{ROOT}:{FOLDER}"}
        self.running.start(environment={**environment, **self.environment})

    def write_settings(self) -> None:
        """Put the configuration in force."""
        with self._writing:
            self.running.write_config(
                write_settings(
                    self.world.sites,
                    self.watches,
                    database=str(self.running.database),
                    mail_port=self.inbox.port,
                    hook_port=self.hook.port,
                    every=self.plan.scale.every,
                    digest=self.digest,
                    revisits=self.plan.scale.revisits,
                )
            )

    def book(self) -> Book:
        """Return the input of the ledger."""
        return Book(
            facts=self.world.facts,
            watches=self.watches,
            tags={site.name: site.tags for site in self.world.sites},
            grace=timedelta(seconds=self.plan.scale.every + _GRACE_SECONDS),
            delay=timedelta(seconds=_DELAY_SECONDS if self.faults else 0),
            is_disturbed=bool(self.faults),
        )

    @property
    def name(self) -> str:
        """Return the name of the program."""
        return "watchword"

    @property
    def ask(self) -> Ask | None:
        """Return what can be asked about causes, or None."""
        return self.running.ask

    def list_alerts_of_message(self) -> list[ReceivedAlert]:
        """Return the alerts so far."""
        return [alerted for one in self.inbox.received for alerted in one.alerted]

    def count_hidden(self) -> Counter[tuple[str, str]]:
        """Return how many alerts digests counted without showing them, by recipient and watch."""
        counted = Counter[tuple[str, str]]()
        for one in self.inbox.received:
            for watch, number in one.hidden:
                counted[one.recipient, watch] += number
        return counted

    def judge_reports(self) -> ReportsFound:
        """Judge the status reports by what the sites really answered."""
        odd = {"wall", "sleeps", "429", "503", "moves", "paywall", "stumbles", "login", "soft error", "early 404", "early stub", "headline alone", "app page"}  # fmt: skip
        sites, facts = self.world.sites, list(self.world.facts.values())
        truth = Truth(
            source_count=len(sites),
            paused=frozenset(f"new-{site.name}" for site in sites if site.new_url),
            troubled={one.name: one.kind.name for one in sites if one.quirks & odd},
            muted=frozenset(n for watch in self.watches if watch.muted_from for n in watch.names),
            kept=frozenset(n for watch in self.watches if watch.alert == "none" for n in watch.names),
            answers=list_answers(self.web.asked, sites),
            pages=list_pages(self.web.asked),
            texts=[one.published_at for one in facts if not one.is_old],
            refused_count=count_refused(self.web.asked, facts),
            old_count=sum(one.is_old for one in facts) + sum(PADDING for one in sites if "long" in one.quirks),
            is_disturbed=bool(self.faults),
            is_clock_set=any(fault.name.startswith("clock") for fault in self.faults),
        )  # fmt: skip
        return judge_reports(self.inbox.received, truth)

    def _wait_for_first_visits(self) -> None:
        patience = _FIRST_VISITS_SECONDS + _FIRST_VISIT_SECONDS * len(self.world.sites)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            rows = self.running.ask(
                "SELECT name FROM sources WHERE visited_at IS NULL AND name NOT LIKE 'new-%'"
            )
            seen = self.running.ask("SELECT count(*) FROM sources")
            if seen and seen[0][0] >= len(self.world.sites) and not rows:
                return
            if not self.running.is_alive:
                raise SystemExit(f"the daemon did not start:\n{self.running.output()[-2000:]}")
            time.sleep(0.5)
        self.troubles.append(f"not visited within {patience:.0f} s: {rows}")

    def _settle(self) -> None:
        """Wait until all that is due has come, or the time is over; then a little longer for what should not come."""
        time.sleep(2 * self.plan.scale.every)
        self._wait_until_alerted(_PATIENCE_SECONDS if self.faults else self.plan.settle_seconds)
        time.sleep(_AFTER_SECONDS)
        # what was found meanwhile, such as a page that is gone, must still be sent
        self._wait_until_alerted(_LAST_SECONDS)

    def _wait_until_alerted(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.running.is_alive:
            if not judge(
                self.book(), self.list_alerts_of_message(), hidden=self.count_hidden()
            ).misses:
                return
            time.sleep(1)

    def _stop(self) -> None:
        self.troubles += self.running.end()
