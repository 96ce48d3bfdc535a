"""Running one program over all sites: on which cores, for how long at most, and what it cost."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.endtoend.programs.catalogue import Program
from bench.endtoend.tree import Tree
from bench.endtoend.watches import Wanted
from bench.environments import prepare_environment
from bench.soak.processes import MARK, end_all
from tests.fakes import FakeMailbox

_ROOT = Path(__file__).resolve().parents[2]
# 5: a flood of alerts waits for the next hour
_FINE = {0, 5}
_USABLE = frozenset(os.sched_getaffinity(0))


class ProgramFailed(Exception):
    """A program could not be installed, or ended with an error; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run of a program cost.

    times       when each article was stored, in seconds since the start
    is_stopped  it was not done in time, and killed
    """

    times: tuple[float, ...]
    alert_count: int
    cpu_seconds: float
    wall_seconds: float
    peak_mb: float
    is_stopped: bool

    @property
    def steady(self) -> float:
        """Articles a second between the first and the last tenth."""
        tenth = len(self.times) // 10
        middle = self.times[tenth : len(self.times) - tenth]
        span = middle[-1] - middle[0] if len(middle) > 1 else 0.0
        return len(middle) / span if span else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is the same for all programs: feeds, watches, the cores they may use, and the most seconds they may take."""

    feeds: tuple[str, ...]
    wanted: Wanted
    cores: frozenset[int]
    limit_seconds: float


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a command cost, and when it began (epoch)."""

    tree: Tree
    began: float
    wall_seconds: float
    is_stopped: bool


def choose_cores(count: int) -> tuple[frozenset[int], frozenset[int]]:
    """Return the cores for the programs, and those for everything else: the rest, or all if none are left."""
    theirs = frozenset(sorted(_USABLE)[:count])
    return theirs, _USABLE - theirs or _USABLE


@contextmanager
def on_cores(cores: frozenset[int]) -> Iterator[None]:
    """Use these cores alone, in this thread and in what it starts meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _run_tree(command: list[str], terms: Terms, *, text: str = "") -> _Cost:
    """Run a command with all its descendants on the cores it may use.

    raises  ProgramFailed if it ends with an error
    """
    began, wall = time.time(), time.perf_counter()
    mark = f"endtoend-{began}"
    environment = {**os.environ, MARK: mark, "PYTHONPATH": str(_ROOT), "PYTHONWARNINGS": "ignore"}
    with on_cores(terms.cores):
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=_ROOT, env=environment
        )  # fmt: skip
    tree = Tree(mark)
    tree.start()
    is_stopped, errors = False, ""
    with child:
        try:
            _, errors = child.communicate(text, timeout=terms.limit_seconds)
        except subprocess.TimeoutExpired:
            is_stopped = True
        finally:
            wall_seconds = time.perf_counter() - wall
            tree.stop()
            end_all(mark)
    if not is_stopped and child.returncode not in _FINE:
        raise ProgramFailed(f"ended with {child.returncode}: {errors.strip()[-2000:]}")
    return _Cost(tree, began, wall_seconds, is_stopped)


def run_program(program: Program, terms: Terms, cache: Path) -> Result:
    """Run a program other than Watchword.

    raises  ProgramFailed if it cannot be installed or ends with an error
    """
    try:
        python = (
            prepare_environment(program.name, program.requirements, cache)
            if program.requirements
            else Path(sys.executable)
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProgramFailed(f"cannot be installed: {error}") from error
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "words.txt").write_text("\n".join(terms.wanted.words), encoding="utf-8")
        command = [str(python), "-m", program.module, *program.arguments, name]
        cost = _run_tree(command, terms, text="\n".join(terms.feeds))
        rows = _read_rows(Path(name) / "pages.db", "SELECT kept_at, words FROM pages ORDER BY 1")
    return Result(
        times=tuple(at - cost.began for at, _ in rows),
        alert_count=sum(len(words.split(",")) for _, words in rows if words),
        cpu_seconds=cost.tree.all_cpu_seconds,
        wall_seconds=cost.wall_seconds,
        peak_mb=max(cost.tree.peak_mb.values(), default=0.0),
        is_stopped=cost.is_stopped,
    )


def run_watchword(terms: Terms) -> Result:
    """Run ``watchword crawl`` once over all feeds; its alerts go to a real mail server."""
    with tempfile.TemporaryDirectory() as name, FakeMailbox() as mailbox:
        file = Path(name) / "w.toml"
        config = terms.wanted.write_config(terms.feeds, Path(name), mailbox.port)
        file.write_text(config, encoding="utf-8")
        command = [sys.executable, "-m", "watchword", "--config", str(file), "crawl"]
        cost = _run_tree(command, terms)
        database = Path(name) / "watchword.db"
        rows = _read_rows(database, "SELECT first_seen_at FROM articles ORDER BY 1")
        ((alert_count,),) = _read_rows(database, "SELECT count(*) FROM alerts")
    return Result(
        times=tuple(datetime.fromisoformat(row[0]).timestamp() - cost.began for row in rows),
        alert_count=alert_count,
        cpu_seconds=cost.tree.all_cpu_seconds,
        wall_seconds=cost.wall_seconds,
        peak_mb=cost.tree.find_peak(" crawler"),
        is_stopped=cost.is_stopped,
    )


def _read_rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()
