"""The cost of the carrier of a cluster: CPU of home, worker and server a visit, pages that a fetch touches, and what a million bundles leave.

    python -m bench.cluster.queue [--bundles 200] [--jobs 50000] [--only cost pages jobs]

A PostgreSQL from pip is started for it. **cost**: the home hands out bundles of 16 visits and takes their notes as its process does
(looks for workers, bundles and notes in each turn), one worker gives notes at once; what each process uses before and after is
left out. **pages**: 8 KB pages that one fetch touches, from EXPLAIN (ANALYZE, BUFFERS). **jobs**: bundles pass through the
tables by the home and by a worker's very statements, a hundred waiting, as fast as one connection can.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence

from bench.cluster.statements import JOB_TABLES, Through, connect, count_pages, fill
from crawler.carriers.postgres.home import PostgresHome
from crawler.clock import utc_now
from crawler.flows.cluster.carrier import Parcel
from crawler.machine.processes.usage import measure_usage
from tests.servers.postgres_server import PostgresServer

VISITS = 16
_VERSION = "bench"
# name, bytes of a bundle, bytes of notes of one visit, messages of notes a bundle: 256 KB or two seconds of work make one
KINDS = (
    ("16 visits with 20 KB of notes each", 48_000, 20_000, 2),
    ("16 visits that found nothing new", 24_000, 300, 1),
)


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--bundles", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=50_000)
    parser.add_argument("--only", nargs="+", default=("cost", "pages", "jobs"))
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        asyncio.run(work(*given.worker))
        return
    server = PostgresServer()
    try:
        for part in given.only:
            with server.database(f"bench_{part}") as database:
                if part == "cost":
                    asyncio.run(show_cost(server, database, given.bundles))
                elif part == "pages":
                    asyncio.run(show_pages(database))
                else:
                    asyncio.run(show_jobs(database, given.jobs))
    finally:
        server.close()


async def work(database: str, size: str, messages: str) -> None:
    """Be the worker: give notes of each bundle, in so many messages."""
    from crawler.carriers.postgres.worker import PostgresWorker

    end = PostgresWorker(database, name="bench")
    body = os.urandom(int(size) * VISITS // int(messages))

    async def do(bundle_id: int, _: bytes) -> None:
        for number in range(int(messages)):
            await end.give(bundle_id, number + 1, body)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.stop)
    await end.open(version=_VERSION)
    await end.work(do, places=4)


async def show_cost(server: PostgresServer, database: str, bundles: int) -> None:
    """Print the CPU milliseconds of a visit, by process."""
    print(f"CPU of a visit, {bundles} bundles of {VISITS} visits, ms\n")
    print("| bundle | home | worker | server | all |\n| --- | --- | --- | --- | --- |")
    for name, each in (await measure_cost(server, database, bundles, KINDS)).items():
        print(f"| {name} | " + " | ".join(f"{ms:.2f}" for ms in (*each, sum(each))) + " |")
    print()


async def measure_cost(
    server: PostgresServer, database: str, bundles: int, kinds: Sequence[tuple[str, int, int, int]]
) -> dict[str, tuple[float, ...]]:
    """Return the CPU milliseconds of a visit at home, at the worker and at the server, by the name of its kind."""
    home, found = PostgresHome(database), dict[str, tuple[float, ...]]()
    await home.open(version=_VERSION, clock=utc_now)
    for kind, (name, bundle_bytes, note_bytes, messages) in enumerate(kinds):
        first = kind * (bundles + 1)  # a bundle's id comes once
        command = (
            "-m",
            "bench.cluster.queue",
            "--worker",
            database,
            str(note_bytes),
            str(messages),
        )
        child = await asyncio.create_subprocess_exec(sys.executable, *command)
        await turn(home, [Parcel(bundle_id=first, body=b"first")], messages)
        pids = (os.getpid(), child.pid, server.pid)
        left = [
            Parcel(bundle_id=first + one, body=os.urandom(bundle_bytes))
            for one in range(1, bundles + 1)
        ]
        before = [measure_cpu(pid) for pid in pids]
        await turn(home, left, messages)
        used = [measure_cpu(pid) - one for pid, one in zip(pids, before, strict=True)]
        child.terminate()
        await child.wait()
        found[name] = tuple(seconds * 1000 / (bundles * VISITS) for seconds in used)
    await home.close()
    return found


async def turn(home: PostgresHome, parcels: list[Parcel], messages: int) -> None:
    """Do what the home's process does until all bundles have come back: 8 are out for 4 places."""
    wanted, came, handed_out, swept_at = len(parcels) * messages, 0, 0, 0.0
    while came < wanted:
        if time.monotonic() - swept_at > 2.0:
            await home.list_jobs()
            swept_at = time.monotonic()
        while given := await home.list_notes(limit=50):
            came += len(given)
            await home.forget_notes([one.id for one in given])
        await home.list_workers()
        await home.measure()
        room = 8 - (handed_out - came // messages)
        if room > 0 and handed_out < len(parcels):
            await home.hand_out(parcels[handed_out : handed_out + room])
            handed_out += len(parcels[handed_out : handed_out + room])
        if came < wanted:
            await home.wait(seconds=0.5)


def measure_cpu(pid: int) -> float:
    """Return the CPU seconds of a process and its children; of this one without them."""
    return time.process_time() if pid == os.getpid() else measure_usage(pid).cpu_seconds


async def show_pages(database: str) -> None:
    """Print how many pages a fetch touches, by what waits."""
    home = PostgresHome(database)
    await home.open(version=_VERSION, clock=utc_now)
    await home.close()
    print(
        "Pages that a fetch touches\n\n| bundles waiting | notes waiting | pages |\n| --- | --- | --- |"
    )
    with connect(database) as connection:
        bundles = notes = 0
        for more_bundles, more_notes in ((0, 0), (1, 0), (99, 0), (0, 1_000), (900, 0)):
            fill(connection, bundles=more_bundles, notes=more_notes)
            bundles, notes = bundles + more_bundles, notes + more_notes
            print(f"| {bundles} | {notes} | {count_pages(connection)} |")
    print()


async def show_jobs(database: str, jobs: int) -> None:
    """Print the sizes of tables, and what a fetch costs, as bundles pass through."""
    home = PostgresHome(database)
    await home.open(version=_VERSION, clock=utc_now)
    print(f"{jobs} bundles through the tables, 100 waiting\n")
    print(f"| bundles | {' | '.join(JOB_TABLES)} | pages a fetch | ms a bundle |")
    print("| --- |" + " --- |" * (len(JOB_TABLES) + 2))
    step = max(jobs // 10, 1)
    with connect(database) as connection:
        through = Through(connection, home)
        for done in range(0, jobs + 1, step):
            began = time.perf_counter()
            await through.pass_until(done)
            each = (time.perf_counter() - began) * 1000 / step
            sizes = " | ".join(f"{megabytes:.1f} MB" for megabytes in through.measure())
            print(f"| {done} | {sizes} | {count_pages(connection)} | {each:.1f} |", flush=True)
    await home.close()
    print()


if __name__ == "__main__":
    main()
