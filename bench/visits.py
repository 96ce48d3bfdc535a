"""The cost of a visit that finds nothing new: 304 answers from loopback, the real crawl process.

    python -m bench.visits [--sources 1000] [--hosts 250] [--profile]

Each source has its own feed, on one of ``--hosts`` loopback addresses, so that politeness to one domain is no limit. One
crawl fills ETags and robots.txt; then a crawl over one source gives the cost of starting, and a crawl over all of
them what their visits cost on top. --profile shows where the time goes.
"""

import argparse
import json
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.crawl.visit import claim_visits, conclude_visit
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.model.source import FetchResult
from crawler.storage.crawl.sources import mark_due_now
from crawler.storage.file.database import open_for_reading, open_for_writing, transaction
from crawler.storage.file.migrations.schema import migrate
from scheduler.due.planning import plan_finished_visits

_SERVER = """
import asyncio, sys
FEED = b'<rss version="2.0"><channel><title>t</title>' + b''.join(
    b'<item><title>Entry %d</title><link>http://127.0.0.1/%d</link></item>' % (n, n) for n in range(20)) + b'</channel></rss>'
def answer(head):
    if b'/robots.txt' in head[:40]:
        return b'HTTP/1.1 404 Not Found\\r\\nContent-Length: 0\\r\\n\\r\\n'
    if b'if-none-match' in head.lower():
        return b'HTTP/1.1 304 Not Modified\\r\\nETag: "v"\\r\\n\\r\\n'
    return (b'HTTP/1.1 200 OK\\r\\nContent-Type: application/rss+xml\\r\\nETag: "v"\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(FEED)) + FEED
async def serve(reader, writer):
    try:
        while True:
            writer.write(answer(await reader.readuntil(b'\\r\\n\\r\\n')))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, '0.0.0.0', 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
# the crawl process ends without unwinding, after what is registered for an exit
_PROFILED = """
import atexit, cProfile, sys
from crawler.__main__ import main
profile = cProfile.Profile()
atexit.register(lambda: (profile.disable(), profile.dump_stats(sys.argv[1])))
profile.enable()
main()
"""
_GROUPS = (
    ("Scrapy", ("scrapy/",)),
    ("Twisted", ("twisted/",)),
    ("Watchword at the edge", ("crawler/", "scheduler/")),
)
_REST = "standard library and built-ins they call"


def configure(folder: Path, port: int, sources: int, hosts: int) -> Config:
    """Return a configuration with the given number of feeds."""
    return Config.model_validate(
        {
            "store": {"path": folder / "watchword.db"},
            "fetch": {"per_domain": {"concurrency": 4, "delay": "0s"}},
            "sources": [
                {
                    "name": f"s{n}",
                    "url": f"http://127.1.{n % hosts // 250}.{n % hosts % 250 + 1}:{port}/feed/{n}",
                    "kind": "feed",
                    "allow_private": True,
                }
                for n in range(sources)
            ],
        }
    )


def crawl(config: Config, names: list[str], *, profile: Path | None = None) -> tuple[float, float]:
    """Visit sources once in a crawl process; return wall and CPU seconds."""
    connection = open_for_writing(config.store.path)
    migrate(connection)
    apply_config(connection, config, now=utc_now())
    with transaction(connection):
        mark_due_now(connection, names, now=utc_now())
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    how = ["-c", _PROFILED, str(profile)] if profile else ["-m", "crawler"]
    child = subprocess.Popen(
        [sys.executable, *how], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    first = {
        "config": config.for_crawl_process(),
        "parse_memory": config.fetch.parse_memory,
        "only": names,
        "once": True,
        "log_level": 30,
    }
    assert child.stdin is not None
    child.stdin.write(json.dumps(first).encode() + b"\n")
    child.stdin.flush()
    child.wait()
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    planning = time.process_time()
    while plan_finished_visits(connection, config, now=utc_now()):
        pass
    planning = time.process_time() - planning
    connection.close()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu if profile else cpu + planning


def measure_storage(config: Config, names: list[str]) -> tuple[float, float]:
    """Return the CPU seconds of claiming and settling such visits, and of planning the next ones, each measured alone."""
    connection = open_for_writing(config.store.path)
    with transaction(connection):
        mark_due_now(connection, names, now=utc_now())
    rules, began = load_rules(connection, config), time.process_time()
    while claimed := claim_visits(connection, rules, now=utc_now(), limit=64):
        for visit, source in claimed:
            result = FetchResult(endpoint=source.endpoints[0], http_status=304, is_unchanged=True)
            conclude_visit(connection, visit, source, (result,), unwritten=(result,), now=utc_now())
    storage, began = time.process_time() - began, time.process_time()
    while plan_finished_visits(connection, config, now=utc_now()):
        pass
    connection.close()
    return storage, time.process_time() - began


def read_profile(file: Path) -> dict[str, float]:
    """Return the seconds that each package took on the reactor's thread, without waiting."""
    totals = dict.fromkeys([name for name, _ in _GROUPS] + [_REST], 0.0)
    for (path, _line, name), facts in pstats.Stats(str(file)).stats.items():  # type: ignore[attr-defined]  # untyped
        if path.endswith("asyncioreactor.py") and name == "run":
            continue  # the event loop's own time is waiting
        group = next((g for g, parts in _GROUPS if any(part in path for part in parts)), _REST)
        totals[group] += facts[2]
    return totals


def show_parts(config: Config, names: list[str], folder: Path, cpu: float) -> None:
    """Print where the time goes: storage and planning measured alone, the rest by the profiler's shares."""
    crawl(config, names[:1], profile=folder / "one")
    crawl(config, names, profile=folder / "all")
    storage, planning = measure_storage(config, names)
    first, whole = read_profile(folder / "one"), read_profile(folder / "all")
    parts = {name: max(whole[name] - first[name], 0.0) for name in whole}
    rest = cpu - storage - planning
    rows = {name: rest * seconds / sum(parts.values()) for name, seconds in parts.items()}
    rows |= {"SQLite and storage/": storage, "planning (scheduler)": planning}
    print("\n| part | ms CPU a visit | share |\n| --- | --- | --- |")
    for name, seconds in sorted(rows.items(), key=lambda item: -item[1]):
        print(f"| {name} | {1000 * seconds / len(names):.2f} | {seconds / cpu:.0%} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--hosts", type=int, default=250)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    server = subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    port = int(server.stdout.readline())
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            config = configure(folder, port, args.sources, args.hosts)
            names = [source.name for source in config.sources]
            crawl(config, names)
            start_wall, start_cpu = crawl(config, names[:1])
            wall, cpu = crawl(config, names)
            with closing(open_for_reading(config.store.path)) as connection:
                unchanged = connection.execute(
                    "SELECT count(*) FROM visits WHERE outcome = 'unchanged' AND http_status = 304"
                ).fetchone()[0]
            assert unchanged == args.sources + 1, unchanged
            print(
                "| visits answered 304 | a second | CPU ms a visit | wall s | start, CPU s |\n| --- | --- | --- | --- | --- |"
            )
            print(
                f"| {args.sources} | {args.sources / (wall - start_wall):.0f} | "
                f"{1000 * (cpu - start_cpu) / args.sources:.2f} | {wall - start_wall:.1f} | {start_cpu:.1f} |"
            )
            if args.profile:
                show_parts(config, names, folder, cpu - start_cpu)
    finally:
        server.kill()


if __name__ == "__main__":
    main()
