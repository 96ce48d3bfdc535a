"""A stop waits for what is being received, and for nothing else."""

import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from crawler.storage.file.database import open_for_reading
from tests.daemon.processes.test_signals import Scene, wait_for
from tests.fakes import FakeSite

BODY = b"<p>" + b"Ferry and pilot met at the quay. " * 40 + b"</p>"


class SlowFeed:
    """A server whose feed has begun and is not over yet; robots.txt is missing.

    begun  set once the first half of the feed was sent
    """

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        item = "<item><title>Ferry {0}</title><link>{1}/{0}</link><guid>{0}</guid></item>"
        items = [item.format(number, self.url).encode() for number in range(4)]
        feed = b"<rss version='2.0'><channel><title>Quay</title>%s</channel></rss>"
        feed %= b"".join(items)
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with closing(connection):
                if b"robots" in connection.recv(4096):
                    connection.sendall(
                        b"HTTP/1.1 404 None\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                    continue
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(feed)}\r\n\r\n"
                connection.sendall(head.encode() + feed[:40])
                self.begun.set()
                self.may_end.wait(30)
                connection.sendall(feed[40:])

    def close(self) -> None:
        self.may_end.set()
        self._server.close()


@pytest.fixture
def slow_feed() -> Iterator[SlowFeed]:
    feed = SlowFeed()
    yield feed
    feed.close()


@pytest.fixture
def scene(tmp_path: Path, site: FakeSite) -> Iterator[Scene]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        found = Scene(tmp_path, site, server)
        yield found
        found.is_over.set()


def measure_stop(log: str) -> float:
    """Return the seconds between the two lines about the end."""
    times = re.findall(r"(\S+)Z INFO watchword.daemon daemon stopp", log)
    began, ended = map(datetime.fromisoformat, times)
    return (ended - began).total_seconds()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_requests_that_wait_out_their_pause_hold_up_no_stop(
    scene: Scene, site: FakeSite, number: signal.Signals
) -> None:
    text = scene.config.read_text()
    scene.config.write_text(text.replace('delay = "0s"', 'delay = "60s"'))
    with scene.running((), ("run",)) as running:
        # its robots.txt; the feed itself is a minute away
        wait_for(lambda: bool(site.asked) or running.has_ended)

        assert running.end(number) == 0, scene.log.read_text()

    log = scene.log.read_text()
    assert measure_stop(log) < 3, log
    assert "did not end in time" not in log
    assert "1 visit was cut short; nothing is lost: the next start visits" in log


def test_a_site_that_says_nothing_holds_up_no_stop(scene: Scene) -> None:
    scene.fall_silent()
    with scene.running((), ("run",)) as running:
        wait_for(lambda: scene.called.is_set() or running.has_ended)

        assert running.end(signal.SIGINT) == 0, scene.log.read_text()

    assert measure_stop(scene.log.read_text()) < 3, scene.log.read_text()


def test_a_stop_while_the_crawl_process_starts_waits_for_nothing(scene: Scene) -> None:
    with scene.running((), ("run",)) as running:
        wait_for(lambda: scene.has_said("daemon started") or running.has_ended)

        assert running.end(signal.SIGINT) == 0, scene.log.read_text()

    log = scene.log.read_text()
    assert measure_stop(log) < 2, log
    assert "Stopped. No visit was cut short." in log


def test_an_answer_that_has_begun_is_received_to_its_end(scene: Scene, slow_feed: SlowFeed) -> None:
    text = scene.config.read_text()
    scene.config.write_text(text.replace(scene.url, slow_feed.url))
    with scene.running((), ("run",)) as running:
        wait_for(lambda: slow_feed.begun.is_set() or running.has_ended)
        # later than a silent site would be waited for
        threading.Timer(1.5, slow_feed.may_end.set).start()

        assert running.end(signal.SIGINT) == 0, scene.log.read_text()

    with closing(open_for_reading(scene.folder / "w.db")) as connection:
        (count,) = connection.execute("SELECT count(*) FROM entries").fetchone()
    assert count == 4
