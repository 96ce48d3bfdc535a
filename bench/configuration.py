"""The cost of an edit: one source of many gets another tag. By difference, and beside it the whole configuration.

    python -m bench.configuration [--sources 1000 10000 50000] [--files 50]

Per step, milliseconds of processor time of all threads: the daemon reads the files and checks them, compares them with the database and writes
what differs, and makes what it sends; the crawl process reads that and puts it in force. "Whole" is what a start costs, and
what every edit would cost without a difference.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from crawler.clock import utc_now
from crawler.config.changes import apply_changes, list_changes
from crawler.config.files.file_parts import FileMemory
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.process.configure import apply_config_in_slices
from crawler.flows.process.writer import Writer
from crawler.storage.file.migrations.schema import migrate

_T = TypeVar("_T")
Times = dict[str, float]


def write_files(folder: Path, count: int, files: int, *, edited: int | None = None) -> None:
    """Write a configuration of sources into a folder, of which one may be edited."""
    each = -(-count // files)
    base = f'[store]\npath = "{folder.parent}/w.db"\n[[watch]]\nname = "drones"\nquery = "drone"\n'
    texts = {"a.toml": base}
    for file in range(files):
        texts[f"s{file:04}.toml"] = "".join(
            f'[[source]]\nname = "s{n}"\nurl = "https://www.site{n}.example/feed/{n}"\n'
            f'tags = ["t{n % 50}"{", " + repr("new") if n == edited else ""}]\n'
            for n in range(file * each, min((file + 1) * each, count))
        )
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def clock(times: Times, name: str, call: Callable[[], _T]) -> _T:
    """Call and note the milliseconds."""
    began = time.process_time()
    found = call()
    times[name] = (time.process_time() - began) * 1000
    return found


async def clock_async(times: Times, name: str, call: Awaitable[object]) -> None:
    """Wait for a call and note the milliseconds."""
    began = time.process_time()
    await call
    times[name] = (time.process_time() - began) * 1000


async def measure(folder: Path, count: int, files: int) -> tuple[Times, Times, int, int]:
    """Return the times of a whole configuration, those of an edit, and the bytes sent for each."""
    whole, edit, memory = Times(), Times(), FileMemory()
    write_files(folder, count, files)

    def load(memory: FileMemory | None) -> Config:
        return load_config(folder, environ={}, reads_secrets=True, memory=memory)

    before = clock(whole, "daemon reads", lambda: load(memory))
    writer = Writer(before.store.path)
    await writer.run(migrate)
    await apply_config_in_slices(writer, before, now=utc_now())
    sent = clock(whole, "daemon writes message", lambda: json.dumps(before.for_crawl_process()))
    used = clock(whole, "crawl process reads", lambda: Config.model_validate(json.loads(sent)))
    services = CrawlServices(used)
    await services.open()
    await clock_async(whole, "crawl process uses", services.use_config(used))
    await clock_async(whole, "daemon stores", apply_config_in_slices(writer, before, now=utc_now()))

    write_files(folder, count, files, edited=count // 2)
    after = clock(edit, "daemon reads", lambda: load(memory))
    await clock_async(
        edit,
        "daemon stores",
        apply_config_in_slices(writer, after, before=before, stored=before, now=utc_now()),
    )
    changes = clock(edit, "daemon writes message", lambda: json.dumps(list_changes(before, after)))
    new = clock(edit, "crawl process reads", lambda: apply_changes(used, json.loads(changes)))
    await clock_async(edit, "crawl process uses", services.use_config(new))
    services.close()
    writer.close()
    return whole, edit, len(sent), len(changes)


STEPS = ("daemon reads", "daemon stores", "daemon writes message", "crawl process reads", "crawl process uses")  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sources", type=int, nargs="+", default=[1000, 10_000, 50_000])
    parser.add_argument("--files", type=int, nargs="+", default=[1, 50])
    args = parser.parse_args()
    print("| sources | files | | " + " | ".join(f"{step}, ms" for step in STEPS) + " | sent, kB |")
    print("| --- " * (len(STEPS) + 4) + "|")
    for count in args.sources:
        for files in args.files:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name) / "conf.d"
                folder.mkdir()
                whole, edit, *sizes = asyncio.run(measure(folder, count, files))
            for kind, times, size in zip(("whole", "edit"), (whole, edit), sizes, strict=True):
                shown = " | ".join(f"{times[step]:.0f}" for step in STEPS)
                print(f"| {count} | {files} | {kind} | {shown} | {size / 1000:.1f} |", flush=True)


if __name__ == "__main__":
    main()
