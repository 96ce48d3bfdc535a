"""A week with another program in the daemon's place."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from bench.week.judging.causes import Ask
from bench.week.judging.conduct.reports import ReportsFound
from bench.week.judging.messages import ReceivedAlert
from bench.week.programs import messages
from bench.week.programs.catalogue import PROGRAMS, Program, list_sources
from bench.week.programs.interests import make_interest, write_interest
from bench.week.programs.job import FIRST_ROUND
from bench.week.programs.kinds import name_kinds
from bench.week.programs.running import ProgramRunning
from bench.week.run import Week
from bench.week.settings import DELAY_SECONDS
from bench.week.stage import Cast

# faults that make no sense without Watchword's database, processes or commands
NOT_FOR_PROGRAMS = frozenset(
    {
        *("kill crawl", "kill parser", "kill forkserver", "lock", "disk full", "memory", "clock ahead", "clock back"),
        *("half config", "commands", "web pages"),
    }
)  # fmt: skip
# the slowest program reads all sites in less than one minute
_FIRST_ROUND_SECONDS = 120.0
# after this long without a message none will come: longer than a round and a retry of each program
_QUIET_SECONDS = 45.0


@dataclass(kw_only=True)
class ProgramWeek(Week):
    """A week with a program other than Watchword."""

    program: Program

    def write_settings(self) -> None:
        """Write sources and interests into the job's file."""
        hook = f"http://127.0.0.1:{self.hook.port}"
        interests = [
            make_interest(one.name, one.query, one.extra, to=one.to, hook=hook)
            for one in self.watches
            if one.alert != "none" and one.muted_from is None
        ]
        job = {
            "sources": list_sources(self.program, self.world.sites),
            "interests": [write_interest(one) for one in interests],
            "mail_port": self.inbox.port,
            "every": self.plan.scale.every,
            "delay": DELAY_SECONDS,
        }
        self.running.write_config(json.dumps(job, ensure_ascii=False))

    @property
    def name(self) -> str:
        """Return the name of the program."""
        return self.program.name

    @property
    def ask(self) -> Ask | None:
        """Return None: the state of other programs is not read."""
        return None

    def list_alerts_of_message(self) -> list[ReceivedAlert]:
        """Return the alerts so far, each with the kind it was to its reader."""
        return name_kinds(super().list_alerts_of_message(), self.book())

    def judge_reports(self) -> ReportsFound:
        """Return an empty result: other programs have no status reports."""
        return ReportsFound()

    def _wait_for_first_visits(self) -> None:
        deadline = time.monotonic() + _FIRST_ROUND_SECONDS
        done = self.running.config.with_name(FIRST_ROUND)
        while not done.exists():
            if not self.running.is_alive:
                raise SystemExit(f"{self.program.name} did not start:\n{self._said()}")
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.program.name} did not look at everything:\n{self._said()}")
            time.sleep(0.5)

    def _said(self) -> str:
        return self.running.output()[-2000:]

    def _settle(self) -> None:
        """Wait until no message comes any more, at most as long as for Watchword."""
        deadline = time.monotonic() + self.plan.settle_seconds
        time.sleep(2 * self.plan.scale.every)
        count, quiet_since = len(self.inbox.received), time.monotonic()
        while time.monotonic() < min(deadline, quiet_since + _QUIET_SECONDS):
            time.sleep(1)
            if len(self.inbox.received) != count:
                count, quiet_since = len(self.inbox.received), time.monotonic()


def cast_program(name: str, python: Path | None) -> Cast:
    """Return the cast of a week with a program; ``python`` is an existing environment, as a folder or an interpreter."""
    program = PROGRAMS[name]
    interpreter = python or program.find_interpreter()
    if interpreter.is_dir():
        interpreter = interpreter / "bin" / "python"
    return Cast(
        make_running=lambda folder, _: ProgramRunning(folder, program, interpreter),
        make_week=lambda **parts: ProgramWeek(program=program, **parts),
        read_message=messages.read_message,
        read_payload=messages.read_payload,
    )
