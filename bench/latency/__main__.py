"""How long an article takes from publication to the mail server's yes, given the visit.

    python -m bench.latency [--sources 200] [--watches 1000] [--rate 2] [--seconds 60] [--wave 40] [--entries 25] [--data DIR ...]

A real daemon visits sites on loopback that publish real pages, the words of each shuffled, at a steady rate. Then new sources
come into the configuration, whose first visits read all their entries, while the others go on publishing. The latency of a
message is the time from the request that was first answered with its entry to the moment the mail server took the message.
Politeness is set to nothing: pauses between the pages of a host are a setting, not our speed.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from bench.endtoend.__main__ import DATA
from bench.endtoend.pages import Original, read_originals, shuffle
from bench.endtoend.watches import choose_words
from bench.latency.press import Press
from watchword.web.ports import find_free_port

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = re.compile(r"http://127\.1\.\d+\.\d+:\d+/(\d+)\.html")
# readers of the watches, in turn: an article of seven matches is a message to most of them
_READERS = 4
_PATIENCE_SECONDS = 600.0


class Mailbox:
    """A mail server that notes when it took which message."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Take a message."""
        self.taken.append((time.monotonic(), envelope.content))
        return "250 taken"

    def list_pages(self) -> Iterator[tuple[int, float]]:
        """Yield the page each message reports, and when it was taken; digests report several and are left out."""
        for taken_at, content in list(self.taken):
            message = message_from_bytes(content, policy=policy.default)
            part = message.get_body(("plain",))
            found = set(_PAGE.findall(part.get_content() if part else ""))
            if len(found) == 1:
                yield int(found.pop()), taken_at


def make_pages(originals: Sequence[Original]) -> Iterator[bytes]:
    """Yield pages without end, no two of them the same."""
    turn = 0
    while True:
        turn += 1
        for original in originals:
            yield shuffle(original.content, turn)


def write_config(
    folder: Path, press: Press, queries: Sequence[str], *, sites: range, port: int, every: float
) -> None:
    """Write the configuration of the sources that publish."""
    head = (
        f'[store]\npath = "{folder.parent}/w.db"\n[schedule]\nreload = "0.5s"\n[mail]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        'from = "watchword@example.org"\nper_hour = 1000\n'
        '[fetch]\nmin_every = "1s"\nper_domain = { concurrency = 4, delay = "0s" }\n'
    )
    watches = "".join(
        f"[[watch]]\nname = \"w{number}\"\nquery = '''{query}'''\nto = [\"reader{number % _READERS}@example.org\"]\n"
        for number, query in enumerate(queries)
    )
    (folder / "a.toml").write_text(head + watches, encoding="utf-8")
    (folder / "sources.toml").write_text(_write_sources(press, sites, f'every = "{every:g}s"'))


def _write_sources(press: Press, sites: range, more: str) -> str:
    return "".join(
        f'[[source]]\nname = "s{site}"\nurl = "{press.write_feed_url(site)}"\nkind = "feed"\nallow_private = true\n{more}\n'
        for site in sites
    )


def wait_for(is_so: Any, what: str) -> None:
    """Wait until a condition holds."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > _PATIENCE_SECONDS:
            raise SystemExit(f"{what}: not within {_PATIENCE_SECONDS:g} s")
        time.sleep(0.05)


def publish_steadily(press: Press, sites: range, *, rate: float, until: Any) -> list[int]:
    """Publish a page at one site after another until a condition holds; return the pages."""
    found, began = list[int](), time.monotonic()
    while not until():
        wait = began + len(found) / rate - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, 0.05))
            continue
        # 7 and the number of sites have no common factor, so that neighbours are not due together
        found.append(press.publish(sites[len(found) * 7 % len(sites)]))
    return found


def show(name: str, pages: Sequence[int], press: Press, mailbox: Mailbox) -> None:
    """Print the row of one part of the run."""
    wanted = set(pages)
    seconds = sorted(
        at - press.served_at[page]
        for page, at in mailbox.list_pages()
        if page in wanted and page in press.served_at
    )
    reported = {page for page, _ in mailbox.list_pages()} & wanted
    fetched = sorted(press.asked_at[page] - press.served_at[page] for page in pages if page in press.asked_at)  # fmt: skip
    if len(seconds) < 2:
        print(f"| {name} | {len(pages)} | {len(reported)} | {len(seconds)} |", flush=True)
        return
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    shown = " | ".join(f"{one:.2f}" for one in (cuts[49], cuts[94], cuts[98], seconds[-1]))
    print(f"| {name} | {len(pages)} | {len(reported)} | {len(seconds)} | {shown} | {statistics.median(fetched):.2f} | {os.getloadavg()[0]:.1f} |", flush=True)  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--watches", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=2.0, help="articles a second, all sources")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two visits")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the quiet part")
    parser.add_argument("--wave", type=int, default=40, help="new sources")
    parser.add_argument("--entries", type=int, default=25, help="of a new source")
    parser.add_argument("--log", type=Path, help="where the daemon's log goes")
    parser.add_argument("--data", type=Path, action="append", help="a folder of real pages")
    options = parser.parse_args()
    # so that the daemon is stopped too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    originals = read_originals(options.data or DATA)
    queries = choose_words([one.body for one in originals], options.watches).queries
    mailbox = Mailbox()
    server = Controller(mailbox, hostname="127.0.0.1", port=find_free_port())
    server.start()
    print(
        "| | articles | reported | messages | p50 s | p95 s | p99 s | max s | page asked for after, s | load |"
    )
    print("| --- " * 10 + "|", flush=True)
    with tempfile.TemporaryDirectory() as name, Press(make_pages(originals)) as press:
        folder = Path(name) / "conf.d"
        folder.mkdir()
        sites = range(options.sources)
        write_config(folder, press, queries, sites=sites, port=server.port, every=options.every)
        command = [sys.executable, "-m", "watchword", "--config", str(folder), "run"]
        log = (options.log or Path(name) / "log.txt").open("wb")
        with log, subprocess.Popen(command, stdout=log, stderr=log, cwd=_ROOT) as daemon:
            try:
                run(options, press, mailbox, folder)
            finally:
                daemon.send_signal(signal.SIGTERM)
    server.stop()


def run(options: argparse.Namespace, press: Press, mailbox: Mailbox, folder: Path) -> None:
    """Publish, first alone and then with the wave, and print both rows."""
    sites = range(options.sources)
    first = [press.publish(site) for site in sites]
    wait_for(lambda: len(press.served_at) == len(first), "first visits")
    # what the first visits leave to do must not count
    publish_steadily(press, sites, rate=options.rate, until=_timer(2 * options.every))
    quiet = publish_steadily(press, sites, rate=options.rate, until=_timer(options.seconds))

    new = range(options.sources, options.sources + options.wave)
    backfill = [press.publish(site) for site in new for _ in range(options.entries)]
    (folder / "wave.toml").write_text(_write_sources(press, new, 'backfill = "3650d"'))
    wait_for(lambda: any(page in press.served_at for page in backfill), "the wave")
    until = _timer(_PATIENCE_SECONDS)
    busy = publish_steadily(press, sites, rate=options.rate, until=lambda: until() or len(press.list_asked(backfill)) >= len(backfill))  # fmt: skip
    asked = press.list_asked(backfill)
    wait = 2 * options.every
    publish_steadily(press, sites, rate=options.rate, until=_timer(wait))
    time.sleep(wait)
    show("quiet", quiet, press, mailbox)
    show("with the wave", busy, press, mailbox)
    print(f"the wave: {len(asked)} of {len(backfill)} pages, {max(asked) - min(asked):.0f} s")


def _timer(seconds: float) -> Any:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


if __name__ == "__main__":
    main()
