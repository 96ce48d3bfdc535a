"""Readers of the web pages while the daemon works: the real server on the same database, and several readers."""

import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bench.soak.daemon import Running
from bench.week.faults.hands import Hands
from bench.week.judging.messages import TOKEN

# people with the web pages open at the same time
_READER_COUNT = 3
# pause between two pages of one reader
_LOOK_SECONDS = 0.8
_OPEN_SECONDS = 45.0
_ANSWER_SECONDS = 30.0
_SEARCH = "/search?q="
# searches for watched words, and the most visited pages
_PATHS = (
    "/",
    f"{_SEARCH}drones",
    "/watchword/sources",
    f"{_SEARCH}power+cut",
    "/watchword/matches",
    f"{_SEARCH}referendum",
    "/watchword/stories",
)


def read_pages(hands: Hands, seconds: float) -> str:
    """Read web pages all the time, and get a page each time. Then kill the server, which must come back."""
    found, over = Counter[str](), threading.Event()
    with _serve(hands) as (pages, url):
        if not url:
            hands.week.troubles.append("the web pages did not open")
            return ""
        readers = [threading.Thread(target=_read, args=(url, n, found, over)) for n in range(_READER_COUNT)]  # fmt: skip
        for reader in readers:
            reader.start()
        hands.last(seconds)
        over.set()
        for reader in readers:
            reader.join(_ANSWER_SECONDS)
        if not _is_served_again(hands, pages, url):
            hands.week.troubles.append("killed web pages were not served again")
    wrong = {what: count for what, count in found.items() if what not in {"200", "found"}}
    hands.week.troubles += [f"web pages: {count} times {what}" for what, count in wrong.items()]
    return f"{found['200']} pages, {found['found']} of them with articles found by a watched word" if found["found"] else ""  # fmt: skip


@contextmanager
def _serve(hands: Hands) -> Iterator[tuple[Running, str]]:
    """Run ``watchword browse``; yield its processes, and its address, empty if it does not open."""
    week = hands.week
    pages = Running(week.running.config.parent, database=week.running.database)
    pages.log = pages.log.with_name("pages.txt")
    pages.start("--port", "0", command="browse")
    try:
        hands.wait(lambda: bool(_find_url(pages)), _OPEN_SECONDS)
        yield pages, _find_url(pages)
    finally:
        pages.stop()
        pages.clear()


def _find_url(pages: Running) -> str:
    found = re.search(r"Web pages: (http\S+)", pages.output())
    return found[1].rstrip("/") if found else ""


def _is_served_again(hands: Hands, pages: Running, url: str) -> bool:
    for one in pages.processes("datasette"):
        subprocess.run(["kill", "-9", str(one.pid)], check=False)
    return hands.wait(lambda: _open(f"{url}/")[0] == "200", _OPEN_SECONDS)


def _read(url: str, number: int, found: Counter[str], over: threading.Event) -> None:
    """Read one page after the other; count answers by their code, and searches that found something."""
    at = number * 2
    while not over.is_set():
        path = _PATHS[at % len(_PATHS)]
        code, text = _open(f"{url}{path}")
        found[code if code == "200" else f"{code} for {path}"] += 1
        if code == "200" and "search" in path and TOKEN.search(text):
            found["found"] += 1
        at += 1
        over.wait(_LOOK_SECONDS)


def _open(url: str) -> tuple[str, str]:
    """Return the status of an answer, or what went wrong, and its text."""
    began = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=_ANSWER_SECONDS) as answer:
            return str(answer.status), answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return str(error.code), ""
    except OSError as error:
        return f"no answer after {time.monotonic() - began:.0f} s ({error})", ""
