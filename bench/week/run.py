"""One week: the sites, the daemon, the mail server, and the clock that drives them."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.drill_processes import fake_clock
from bench.soak_daemon import ROOT, Running
from bench.week.changes import CHANGES
from bench.week.facts import Fact
from bench.week.fault_storage import own_disk
from bench.week.faults import Fault, Timeline, list_missing
from bench.week.hands import Hands
from bench.week.inbox import Hook, Inbox
from bench.week.ledger import Book, judge, list_due
from bench.week.names import FOLDER, NameServer
from bench.week.oddities import Scale
from bench.week.reports import ReportsFound, Truth, judge_reports
from bench.week.server import WebServer
from bench.week.settings import list_digest_hours, write_settings
from bench.week.watches import WatchPlan, make_watches
from bench.week.world import World

_FIRST_VISITS_SECONDS = 60.0
_TICK_SECONDS = 0.2
# after faults a message or a page may have to wait for longer than the end of a week is planned to take: a source whose
# pages were cut off twice in a row waits for two minutes
_PATIENCE_SECONDS = 185.0
# a deferred message leaves after a minute, a source whose pages were cut off twice is read again after two
_DELAY_SECONDS = 120.0
# what an edit of the configuration, a visit and a page take
_GRACE_SECONDS = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for."""

    minutes: float
    sites: int
    seed: int
    faults: str = "none"
    only: frozenset[str] = frozenset()

    @property
    def scale(self) -> Scale:
        """Return how the week is compressed: the first visits and the end take a minute and a half."""
        total = self.minutes * 60
        return Scale(
            seconds=max(30.0, total - self.settle_seconds - 20),
            every=max(6.0, self.sites / 10),
            rhythm=max(35.0, total / 12),
            has_revisits=self.minutes >= 20,
        )

    @property
    def settle_seconds(self) -> float:
        """Return how long is waited at the end for what is owed."""
        # a failed visit is repeated after half a minute, a deferred message after a minute; many faults need a week to lie in,
        # and what is owed is waited for all the same
        return {"none": 80.0, "all": 60.0}.get(self.faults, 110.0)


@dataclass(kw_only=True)
class Week:
    """A week under way, and what it found.

    environment  of the daemon, beside what the name server needs
    disk         where the database lies on a disk of its own
    in_flight    messages that were on their way when the daemon was killed
    seen         fault -> what was seen of its effect
    """

    plan: Plan
    running: Running
    inbox: Inbox
    hook: Hook
    names: NameServer
    web: WebServer
    world: World
    faults: list[Fault]
    environment: dict[str, str] = field(default_factory=dict)
    disk: Path | None = None
    watches: list[WatchPlan] = field(default_factory=make_watches)
    digest: str = ""
    kills: int = 0
    in_flight: int = 0
    seen: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # people who change something and faults do so at once
        self._writing = threading.Lock()

    def run(self) -> None:
        """Go through the whole week, up to the end of the daemon."""
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
        self._wait_for_first_visits()
        self.world.start()
        began = time.monotonic()
        hands, changes = Hands(self), list(CHANGES)
        timeline = Timeline(self.faults, hands, seconds=self.plan.scale.seconds)
        timeline.start()
        while (passed := time.monotonic() - began) < self.plan.scale.seconds:
            self.world.tick(passed)
            while changes and changes[0].share <= passed / self.plan.scale.seconds:
                changes.pop(0).make(self)
            if hands.has_daemon_ended:
                self.troubles.append(f"the daemon ended by itself, code {self.running.exit_code}")
                hands.is_over.set()
                break
            time.sleep(_TICK_SECONDS)
        timeline.finish()
        self.seen = timeline.seen
        self._settle()
        self._stop()

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
                    has_revisits=self.plan.scale.has_revisits,
                )
            )

    def book(self) -> Book:
        """Return what the ledger needs to know."""
        return Book(
            facts=self.world.facts,
            watches=self.watches,
            tags={site.name: site.tags for site in self.world.sites},
            grace=timedelta(seconds=self.plan.scale.every + _GRACE_SECONDS),
            delay=timedelta(seconds=_DELAY_SECONDS if self.faults else 0),
        )

    def judge_reports(self) -> ReportsFound:
        """Hold the status reports against what was done to the sites."""
        odd = {"wall", "sleeps", "429", "moves", "paywall"}
        sites = self.world.sites
        truth = Truth(
            source_count=len(sites),
            paused=frozenset(f"new-{site.name}" for site in sites if site.new_url),
            troubled={site.name: site.kind.name for site in sites if site.quirks & odd},
            muted=frozenset(
                name for watch in self.watches if watch.muted_from for name in watch.names
            ),
            is_disturbed=bool(self.faults),
            is_clock_set=any(fault.name.startswith("clock") for fault in self.faults),
        )
        return judge_reports(self.inbox.received, truth)

    def _wait_for_first_visits(self) -> None:
        deadline = time.monotonic() + _FIRST_VISITS_SECONDS
        while time.monotonic() < deadline:
            rows = self.running.ask(
                "SELECT name FROM sources WHERE visited_at IS NULL AND name NOT LIKE 'new-%'"
            )
            seen = self.running.ask("SELECT count(*) FROM sources")
            if seen and seen[0][0] >= len(self.world.sites) and not rows:
                return
            if not self.running.is_alive:
                raise SystemExit(f"the daemon did not start:\n{self.running.said()[-2000:]}")
            time.sleep(0.5)
        self.troubles.append(f"not visited within {_FIRST_VISITS_SECONDS:.0f} s: {rows}")

    def _settle(self) -> None:
        """Wait until what is owed was told, or for as long as that may take; a little longer for what should not come."""
        patience = _PATIENCE_SECONDS if self.faults else self.plan.settle_seconds
        deadline = time.monotonic() + patience
        time.sleep(2 * self.plan.scale.every)
        while time.monotonic() < deadline and self.running.is_alive:
            found = judge(self.book(), [told for one in self.inbox.received for told in one.told])
            if not found.misses:
                break
            time.sleep(1)
        time.sleep(5)

    def _stop(self) -> None:
        self.troubles += self.running.end()


@contextmanager
def prepare(plan: Plan, folder: Path, faults: list[Fault]) -> Iterator[Week]:
    """Open everything a week needs."""
    with ExitStack() as stack:
        inbox = stack.enter_context(Inbox())
        hook = stack.enter_context(Hook(inbox.received))
        names = stack.enter_context(NameServer())
        web = WebServer(lambda *_: None)  # type: ignore[arg-type]  # the world is made with its port
        told_tokens: dict[str, int] = {}
        read = 0

        def was_told(token: str) -> bool:
            nonlocal read
            while read < len(inbox.received):
                for one in inbox.received[read].told:
                    told_tokens[one.token] = 1
                read += 1
            return token in told_tokens

        watches = make_watches()
        world = World(
            seed=plan.seed,
            site_count=plan.sites,
            port=web.port,
            scale=plan.scale,
            told=was_told,
            is_watched=lambda fact: _is_watched(watches, fact),
            only=plan.only,
            has_six=web.has_six,
        )
        web.answer = world.answer
        for fault in faults:
            if missing := ", ".join(list_missing(fault)):
                world.skipped.append(f"the fault {fault.name} needs {missing}")
        held = [fault for fault in faults if not any(list_missing(fault))]
        needs = {need for fault in held for need in fault.needs}
        disk = stack.enter_context(own_disk(folder)) if "root" in needs else None
        running = Running(folder, database=disk / "watchword.db" if disk else None)
        stack.callback(running.clear)
        stack.enter_context(web)
        yield Week(
            plan=plan,
            running=running,
            inbox=inbox,
            hook=hook,
            names=names,
            web=web,
            world=world,
            faults=held,
            environment=fake_clock(folder) if "FAKETIME_LIB" in needs else {},
            disk=disk,
            watches=watches,
        )


def _is_watched(watches: list[WatchPlan], fact: Fact) -> bool:
    number = len(fact.states) - 1
    return any(
        watch.alert == "now" and watch.rule.holds(fact, number, announcers=frozenset())
        for watch in watches
        if not watch.rule.sources
    )


__all__ = ["Plan", "Week", "list_due", "prepare"]
