"""The cost of many sources: from the start to the first visit, of listing, and of the ticks of daemon and crawl process.

    python -m bench.scale [--sources 100 1000 10000]

A real daemon on a configuration of that many feeds on loopback. "First visit" is the time from starting the command to
the first request of a feed; the ticks are measured with nothing due.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
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
from tests.fakes import Asked, FakeSite, Reply, rss


def write_config(folder: Path, site: FakeSite, count: int) -> Path:
    """Write a configuration with a number of sources."""
    head = f'[store]\npath = "{folder}/watchword.db"\n[fetch]\nper_domain = {{ concurrency = 4, delay = "0s" }}\n'
    port = site.url.rpartition(":")[2]
    items = "".join(
        f'[[source]]\nname = "s{n}"\nurl = "http://127.2.{n // 250}.{n % 250 + 1}:{port}/feed/{n}"\n'
        f'kind = "feed"\nallow_private = true\ntags = ["t{n % 50}"]\n'
        for n in range(count)
    )
    file = folder / "w.toml"
    file.write_text(head + items, encoding="utf-8")
    return file


def time_first_visit(file: Path, site: FakeSite) -> float:
    """Start the daemon; return the seconds until it requests a first feed."""
    site.asked.clear()
    began = time.monotonic()
    command = [sys.executable, "-m", "watchword", "--config", str(file), "run", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        while not any("/feed/" in asked.path for asked in list(site.asked)):
            if time.monotonic() - began > 120:
                raise SystemExit("no visit within two minutes")
            time.sleep(0.02)
        seconds = time.monotonic() - began
        daemon.send_signal(signal.SIGTERM)
    return seconds


def time_ticks(file: Path) -> dict[str, float]:
    """Return the milliseconds of the recurring work with nothing due, and of listing and of repairing due times."""
    config = load_config(file, environ={})
    found = {}
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        apply_config(connection, config, now=utc_now())
        while plan_finished_visits(connection, config, now=utc_now()):
            pass
        later = to_text(utc_now() + timedelta(hours=1))
        with transaction(connection):
            connection.execute("UPDATE sources SET next_due_at = ?", [later])
        rules = load_rules(connection, config)
        for name, call in (
            ("plan tick", lambda: plan_finished_visits(connection, config, now=utc_now())),
            ("claim tick", lambda: claim_visits(connection, rules, now=utc_now(), limit=64)),
            ("list (query)", lambda: list_sources(connection)),
            ("clock mending", lambda: repair_schedule(connection, config, now=utc_now())),
        ):
            began = time.perf_counter()
            for _ in range(10):
                call()
            found[name] = (time.perf_counter() - began) * 100
    return found


def time_list_command(file: Path) -> float:
    """Return the seconds of ``watchword source list --json``, start of Python included."""
    command = [sys.executable, "-m", "watchword", "--config", str(file), "source", "list", "--json"]
    began = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sources", type=int, nargs="+", default=[100, 1000, 10_000])
    args = parser.parse_args()
    heads = ("plan tick", "claim tick", "list (query)", "clock mending")
    print("| sources | start to first visit, s | again, s | source list, s | " + " | ".join(f"{head}, ms" for head in heads) + " |")  # fmt: skip
    print("| --- " * 8 + "|")
    for count in args.sources:
        with tempfile.TemporaryDirectory() as name, FakeSite(host="0.0.0.0") as site:
            site.default = _answer
            file = write_config(Path(name), site, count)
            first, again = time_first_visit(file, site), time_first_visit(file, site)
            listing, ticks = time_list_command(file), time_ticks(file)
            shown = " | ".join(f"{ticks[head]:.2f}" for head in heads)
            print(f"| {count} | {first:.1f} | {again:.1f} | {listing:.1f} | {shown} |", flush=True)


def _answer(asked: Asked) -> Reply:
    if asked.path == "/robots.txt":
        return Reply(status=404)
    return Reply(rss([("http://127.0.0.1/1", "")]), content_type="application/rss+xml")


if __name__ == "__main__":
    main()
