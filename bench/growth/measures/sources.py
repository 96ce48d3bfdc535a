"""What many sources cost: taking over their configuration, the recurring work with nothing due, listing, mending due times."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.flows.crawl.visit import claim_visits
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.storage.crawl.sources import list_sources
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate
from scheduler.due.planning import plan_finished_visits, repair_schedule

_TIMES = 10


def measure_sources(file: Path) -> dict[str, float]:
    """Return CPU milliseconds of each, and CPU seconds of ``watchword source list --json``."""
    found: dict[str, float] = {}
    began = time.process_time()
    config = load_config(file, environ={})
    found["read the configuration, ms"] = (time.process_time() - began) * 1000
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        for turn in ("new", "again"):
            found[f"take it over, {turn}, ms"] = _time(
                lambda: apply_config(connection, config, now=utc_now())
            )
        while plan_finished_visits(connection, config, now=utc_now()):
            pass
        later = to_text(utc_now() + timedelta(hours=1))
        with transaction(connection):
            connection.execute("UPDATE sources SET next_due_at = ?", [later])
        rules = load_rules(connection, config)
        calls: dict[str, Callable[[], object]] = {
            "planning tick, ms": lambda: plan_finished_visits(connection, config, now=utc_now()),
            "claim tick, ms": lambda: claim_visits(connection, rules, now=utc_now(), limit=64),
            "list sources, ms": lambda: list_sources(connection),
            "mend due times, ms": lambda: repair_schedule(connection, config, now=utc_now()),
        }
        for name, call in calls.items():
            found[name] = _time(call, _TIMES)
    found["source list --json, CPU s"] = _time_list_command(file)
    return found


def _time(call: Callable[[], object], times: int = 1) -> float:
    began = time.thread_time()
    for _ in range(times):
        call()
    return (time.thread_time() - began) * 1000 / times


def _time_list_command(file: Path) -> float:
    """Return the CPU seconds of the command, start of Python included."""
    command = [sys.executable, "-m", "watchword", "--config", str(file), "source", "list", "--json"]
    before = os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
