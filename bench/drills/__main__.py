"""Fault drills: faults are provoked on the real daemon, and what it does is judged.

``python -m bench.drills`` runs all, ``python -m bench.drills lock disk-full`` some of them; ``--list`` names them. In each
a site publishes before, during and after the fault: every alert must come once, nothing may need a person, and the log must
report the fault once and its end once, without a traceback and without any text of a page. Exit code 1: a check failed.

Disks of their own need root; clocks need ``FAKETIME_LIB``, the path of libfaketime.so.1; both are skipped otherwise.
"""

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from shutil import which

from bench.drills import processes
from bench.drills import storage as files
from bench.drills.stage import Stage
from watchword.web.ports import find_free_port

Fault = Callable[[Stage], AbstractContextManager[None]]
# between two stories: several fall into a fault
_PUBLISH_SECONDS = 4.0
_BACK = r"storage answers again|database replaced"
_CRAWL_SAID = r"crawl process.*(died|hung|killed|ended|stopped)"
_CRAWL_BACK = r"crawl process.*(started|again|back|well|beat)"
_PARSER_SAID = r"(?i)(pars|pool|worker|forkserver).*(died|killed|broke|lost|ended|anew)"
_PARSER_BACK = r"(?i)(pars|pool|worker|forkserver).*(started|again|back|renewed|anew)"
_DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A fault and what is expected during and after it.

    seconds     how long it lasts
    within      how soon after its end an article must be alerted
    said, back  patterns of the log lines on the fault and its end; each comes at least once and at most ``most`` times,
                as daemon and crawl process may each log it
    doctor      pattern of what ``watchword doctor`` prints meanwhile; empty if it is not run
    disk        the file system of a disk of its own for the database, if any
    needs       the program or variable without which the drill is skipped
    """

    title: str
    fault: Fault
    seconds: float
    within: float = 20.0
    said: str = ""
    back: str = ""
    most: int = 2
    doctor: str = ""
    disk: str = ""
    needs: tuple[str, ...] = ()
    is_survived: bool = True


def storage(title: str, fault: Fault, pattern: str, doctor: str, **more: object) -> Drill:
    """Return a drill for a fault of storage, which lasts 15 s unless stated otherwise."""
    facts = {"seconds": 15.0, "said": f"(WARNING|ERROR|Error).*(?i:{pattern})", "back": _BACK, "doctor": f"(?i){doctor}"}  # fmt: skip
    return Drill(title=title, fault=fault, **{**facts, **more})  # type: ignore[arg-type]  # fields of Drill


_DISK_NEEDS = ("root", "mount")
DRILLS: dict[str, Drill] = {
    "lock": storage("the database is locked by another process for 30 s", files.lock, "locked|busy", "database", seconds=30.0),
    "lock-and-edit": storage("the configuration is edited while the database is locked", files.lock_and_edit, "locked|busy", "", seconds=12.0),
    "disk-full": storage("the disk is full, later freed", files.disk_full, "full|space", "full|space|room", disk="tmpfs", needs=_DISK_NEEDS, seconds=35.0),
    "disk-full-at-start": storage("the daemon is started on a full disk", files.disk_full_at_start, "full|space", "full|space|room", disk="tmpfs", needs=_DISK_NEEDS, is_survived=False, within=40.0),
    "io-error": storage("every write fails for 15 s", files.io_error, "I/O|not permitted|written|error", "I/O|writ|not permitted", disk="ext4", needs=(*_DISK_NEEDS, "mkfs.ext4", "chattr")),
    "read-only": storage("the disk goes read-only; the daemon is stopped to mend it", files.read_only, "read-?only", "read-?only", disk="ext4", needs=(*_DISK_NEEDS, "mkfs.ext4", "e2fsck"), is_survived=False, within=40.0, back=""),
    "deleted": storage("the database is deleted, a backup put in its place", files.deleted, "gone|deleted|missing|removed|no longer", "no database|gone|deleted|missing"),
    "moved": storage("the database is renamed and renamed back", files.moved_away, "gone|deleted|missing|moved|no longer", "no database|gone|deleted|missing|moved"),
    "replaced": storage("a backup is put in the place of the database", files.replaced, "replaced|another|other file|restored|gone|deleted", "", seconds=8.0),
    "corrupt": storage("the database is overwritten with noise, a backup put in its place", files.corrupt, "damaged|corrupt|malformed", "damaged|corrupt|malformed"),
    "kill-crawl-process": Drill(title="kill -9 of the crawl process", fault=processes.kill_crawl_process, seconds=6, said=_CRAWL_SAID, back=_CRAWL_BACK, most=1, doctor="daemon"),
    "stop-crawl-process": Drill(title="SIGSTOP of the crawl process", fault=processes.stop_crawl_process, seconds=8, within=90, said=_CRAWL_SAID, back=_CRAWL_BACK, doctor="daemon"),
    "kill-forkserver": Drill(title="kill -9 of the forkserver", fault=processes.kill_forkserver, seconds=8, within=30, said=_PARSER_SAID, back=_PARSER_BACK, doctor="daemon"),
    "kill-worker": Drill(title="kill -9 of a parse worker, four times", fault=processes.kill_worker, seconds=8, within=30),
    "kill-workers": Drill(title="kill -9 of all parse workers", fault=processes.kill_workers, seconds=8, within=30),
    "kill-datasette": Drill(title="kill -9 of Datasette under `run --browse`", fault=processes.kill_datasette, seconds=6, said=r"(?i)(WARNING|ERROR).*(web pages|web pages|datasette)", most=1),
    "clock-back": Drill(title="the clock is set back an hour, and put right", fault=partial(processes.clock_set, seconds=-3600), seconds=6, said="clock", needs=("FAKETIME_LIB",)),
    "clock-forward": Drill(title="the clock is set 60 days ahead, and put right", fault=partial(processes.clock_set, seconds=60 * _DAY_SECONDS), seconds=6, said="clock", needs=("FAKETIME_LIB",)),
}  # fmt: skip


def run_drill(name: str, drill: Drill) -> bool:
    """Run one drill and print its checks; return whether all of them hold."""
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-")))
        disk = stack.enter_context(
            files.own_disk(folder, kind=drill.disk) if drill.disk else nullcontext()
        )
        stage = stack.enter_context(
            Stage(
                folder=folder,
                database=disk / "watchword.db" if disk else None,
                arguments=("--browse", "--port", str(find_free_port()))
                if "datasette" in name
                else (),
                environment=processes.fake_clock(folder) if "FAKETIME_LIB" in drill.needs else {},
            )
        )
        try:
            stage.begin()
            _hurt(stage, drill)
            _verify(stage, drill)
        except (OSError, sqlite3.Error, subprocess.SubprocessError) as error:
            stage.check("the drill can be held", False, repr(error))
        log = stage.log_since()
    is_held = all(check.is_held for check in stage.checks)
    print(
        f"{'PASS' if is_held else 'FAIL'}  {name}: {drill.title} ({time.monotonic() - began:.0f} s)"
    )
    for check in stage.checks:
        print(check)
    if not is_held and "DRILL_LOGS" in os.environ:
        Path(os.environ["DRILL_LOGS"], f"{name}.log").write_text(log)
    sys.stdout.flush()
    return is_held


def _hurt(stage: Stage, drill: Drill) -> None:
    """Provoke the fault while the site goes on publishing, and check how soon everything works again."""
    with drill.fault(stage):
        end = time.monotonic() + drill.seconds
        for number in count():
            stage.publish()
            if number == 1 and drill.doctor:
                stage.look_at_doctor(drill.doctor)
            if time.monotonic() > end:
                break
            time.sleep(_PUBLISH_SECONDS)
        if drill.is_survived:
            stage.check("the daemon outlives the fault", stage.running.is_alive)
    elapsed = stage.wait_for_alert(stage.publish(), drill.within)
    seen = f"{elapsed:.1f} s" if elapsed is not None else "not alerted"
    stage.check(f"visits and messages go on by themselves within {drill.within:.0f} s", elapsed is not None, seen)  # fmt: skip


def _verify(stage: Stage, drill: Drill) -> None:
    stage.verify_alerts()
    for pattern, what in ((drill.said, "the fault"), (drill.back, "its end")):
        if pattern:
            found, first = stage.count_lines(pattern)
            claim = f"the log says {what} once" + (f" (at most {drill.most} lines)" if drill.most > 1 else "")  # fmt: skip
            stage.check(claim, 1 <= found <= drill.most, f"{found} lines, first: {first[:200]}")
    stage.verify_log()
    stage.verify_end()
    stage.verify_rows()


def _list_missing(drill: Drill) -> Iterator[str]:
    for need in drill.needs:
        has = {"root": os.geteuid() == 0, "FAKETIME_LIB": "FAKETIME_LIB" in os.environ}
        if not has.get(need, which(need) is not None):
            yield need


def main() -> None:
    """Run the named drills, or all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="name the drills")
    args = parser.parse_args()
    if args.list:
        print("\n".join(f"{name:<20} {drill.title}" for name, drill in DRILLS.items()))
        return
    unknown = set(args.names) - DRILLS.keys()
    if unknown:
        parser.error(f"no such drill: {', '.join(sorted(unknown))}")
    # after SIGTERM it must leave neither a daemon nor a mounted disk behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = list[str]()
    for name in args.names or DRILLS:
        missing = list(_list_missing(DRILLS[name]))
        if missing:
            print(f"SKIP  {name}: needs {', '.join(missing)}")
        elif not run_drill(name, DRILLS[name]):
            failed.append(name)
    print(f"{len(failed)} failed: {', '.join(failed)}" if failed else "all passed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
